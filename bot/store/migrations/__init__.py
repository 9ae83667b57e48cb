"""How the tables came to be, step by step; Alembic runs the steps a database lacks."""

REVISIONS = ("0001",)
"""Every step, the latest last; listed so that a database in order is known without loading Alembic."""
