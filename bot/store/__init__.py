"""What is remembered: claims on updates, what chats have set, votes, redacted misses, what was taught."""

import sys
from types import ModuleType


class _Unused(ModuleType):
    """Stands for a module of a library that nothing here uses; every name in it is None."""

    def __getattr__(self, name: str) -> None:
        if name.startswith("__"):
            raise AttributeError(name)


# The store writes its statements itself. SQLAlchemy's asyncio extension would import the whole object mapper for its
# sessions: six and a half megabytes and a tenth of a second of every start.
for _part in ("session", "scoping"):
    sys.modules.setdefault(f"sqlalchemy.ext.asyncio.{_part}", _Unused(_part))
