"""Settings read alone, for calls that need no other and not what checks them all (bot/service/settings.py)."""

from __future__ import annotations

import os
from pathlib import Path


class SettingsError(Exception):
    """The settings cannot be used; one plain line names everything wrong."""


def knowledge_folders(env_file: Path | None = Path(".env")) -> str | None:
    """POSBOT_KNOWLEDGE as the settings have it.

    Raises SettingsError where there is a file that cannot be read.
    """
    return one_setting("POSBOT_KNOWLEDGE", env_file)


def one_setting(wanted: str, env_file: Path | None = Path(".env")) -> str | None:
    """One setting unchecked, as it is written: the environment outweighs the file, an empty value is none.

    Raises SettingsError where there is a file that cannot be read.
    """
    for values in (os.environ, written(env_file)):
        for name, value in values.items():
            if name.upper() == wanted and value:
                return value
    return None


def written(env_file: Path | None) -> dict[str, str | None]:
    """What a .env file holds, nothing where there is none; raises SettingsError where it cannot be read."""
    if env_file is None or not env_file.is_file():
        return {}
    from dotenv import dotenv_values  # noqa: PLC0415 - slow to import, and most have no such file

    try:
        return dotenv_values(env_file, encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise SettingsError(f"{env_file} cannot be read as UTF-8 text") from None
