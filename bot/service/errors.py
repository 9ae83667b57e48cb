"""Why the service cannot start."""


class StartError(Exception):
    """The service cannot start; one plain sentence says why and what to do."""
