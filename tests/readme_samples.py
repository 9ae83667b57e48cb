"""The sample replies shown in README.md, made by the program itself.

A comment before a block says how it is made: `<!-- sample: posbot ask "..." -->` for the full form of a reply,
`<!-- sample: echo "..." | posbot chat -->` for the short form that a chat shows.
`python -m tests.readme_samples` writes them anew; a test says when they are stale.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from click.testing import CliRunner

from bot.service.settings import described

README = Path(__file__).parents[1] / "README.md"

_SAMPLE = re.compile(
    r"(?P<mark><!-- sample: (?P<command>[^\n]+?) -->\n```text\n)(?P<shown>.*?)(?P<end>\n```\n)", re.DOTALL
)


def run(command: str) -> str:
    """What a marked command prints, away from any setting of this machine."""
    from bot.cli import posbot  # noqa: PLC0415 - the marks can be read where the command cannot start

    settings = dict.fromkeys(("POSBOT_KNOWLEDGE", "TELEGRAM_BOT_TOKEN", "POSBOT_LOG_LEVEL", "POSBOT_LOG_FORMAT"))
    runner = CliRunner(env={**settings, "COLUMNS": "100", "NO_COLOR": "1"})
    match shlex.split(command):
        case ["posbot", *arguments]:
            result = runner.invoke(posbot, arguments)
        case ["echo", line, "|", "posbot", *arguments]:
            result = runner.invoke(posbot, arguments, input=line + "\n")
        case _:
            message = f"{command} is neither posbot nor echo into posbot"
            raise ValueError(message)
    if result.exit_code or not result.stdout.strip():
        message = f"{command} ended with {result.exit_code}: {result.output}"
        raise RuntimeError(message)
    return "\n".join(line.rstrip() for line in result.stdout.strip().splitlines())


def samples(text: str) -> dict[str, str]:
    """Every marked command with what the text shows for it."""
    return {found["command"]: found["shown"] for found in _SAMPLE.finditer(text)}


SETTINGS = re.compile(r"(<!-- settings: start -->\n).*(<!-- settings: end -->)", re.DOTALL)


def settings_table() -> str:
    """Every setting as a row."""
    rows = [f"| `{name}` | {_code(default)} | {_code(meaning)} |" for name, default, meaning in described()]
    return "\n".join(["| name | default | meaning |", "| --- | --- | --- |", *rows, ""])


def _code(text: str) -> str:
    """Addresses and other words of the machine set as code."""
    return re.sub(
        r"(?<!`)((?:https?|sqlite|postgresql)\S*//[^\s;,]+|X-Forwarded-For|(?<![.\w])/desk|0\.0\.0\.0)", r"`\1`", text
    )


def with_settings(text: str) -> str:
    """The text with the settings as the program has them now."""
    return SETTINGS.sub(lambda found: found[1] + settings_table() + found[2], text)


def renewed(text: str) -> str:
    """The text with every sample and the settings as they are now."""
    return with_settings(_SAMPLE.sub(lambda found: found["mark"] + run(found["command"]) + found["end"], text))


if __name__ == "__main__":
    README.write_text(renewed(README.read_text("utf-8")), "utf-8")
