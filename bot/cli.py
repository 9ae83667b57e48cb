"""The `posbot` command. What a call does not use is imported only where it is used, so that it starts at once."""

from __future__ import annotations

import io
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from bot.core.errors import KnowledgeError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.core.engine import Engine

DAY = click.DateTime(formats=["%Y-%m-%d"])


def main() -> None:
    """Run the command; a fault of use is one plain line on standard error and exit 2."""
    try:
        sys.exit(posbot.main(prog_name="posbot", standalone_mode=False))
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(2)
    except click.ClickException as error:
        _fail(error.format_message())
    except click.Abort:
        sys.exit(130)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="posbot")
def posbot() -> None:
    """Place of Service codes for medical billing: what they mean, which one fits, what they do to a telehealth claim."""


@posbot.command()
@click.argument("question", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the reply object as JSON.")
@click.option("--jsonl", is_flag=True, help="Read a JSON object a line, print a reply object a line.")
@click.option("--on", type=DAY, metavar="YYYY-MM-DD", help="Date of service.")
@click.option("--payer", metavar="NAME", help="Payer, for example Aetna.")
def ask(question: str | None, as_json: bool, jsonl: bool, on: datetime | None, payer: str | None) -> None:  # noqa: FBT001 - click passes flags by name
    """Answer one QUESTION, or with --jsonl any number of them."""
    from bot.channels import terminal  # noqa: PLC0415

    if jsonl == (question is not None):
        raise click.UsageError(
            'give one question in quotes, or --jsonl and questions on standard input; for example: posbot ask "pos 10"'
        )
    engine = _engine(_folders())
    if jsonl:
        out = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", errors="backslashreplace")
        terminal.answer_lines(engine, sys.stdin.buffer, out, date.today())
    else:
        terminal.answer_once(
            engine, question or "", today=date.today(), on=on.date() if on else None, payer=payer, as_json=as_json
        )


@posbot.command()
def chat() -> None:
    """Talk in this terminal; reads piped lines too."""
    from bot.channels import terminal  # noqa: PLC0415

    terminal.chat(_engine(_folders()), date.today())


@posbot.command()
@click.argument("folders", nargs=-1, metavar="[DIR ...]", type=click.Path(path_type=Path))
@click.option(
    "--base", type=click.Path(path_type=Path), metavar="DIR", help="Folder in place of the built-in knowledge."
)
def check(folders: tuple[Path, ...], base: Path | None) -> None:
    """Validate knowledge: the built-in and POSBOT_KNOWLEDGE, or DIRs laid over the built-in."""
    from bot.core.check import check as faults_in  # noqa: PLC0415
    from bot.core.knowledge import built_in, layers_from  # noqa: PLC0415

    layers = [base or built_in(), *folders] if folders or base else layers_from(_folders())
    faults = faults_in(layers)
    for fault in faults:
        click.echo(str(fault))
    if faults:
        sys.exit(1)
    click.echo(f"no faults in {len(layers)} folder{'s' if len(layers) > 1 else ''}", err=True)


@posbot.command(name="eval")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--on", type=DAY, metavar="YYYY-MM-DD", help="The day it pretends is today.")
@click.option(
    "--min-right", type=click.FloatRange(0, 100), metavar="P", help="Exit 1 when fewer than P percent are right."
)
def evaluate(file: Path, on: datetime | None, min_right: float | None) -> None:
    """Measure accuracy on labelled questions (JSON lines)."""
    from bot.channels import evaluation  # noqa: PLC0415

    try:
        right = evaluation.run(_engine(_folders()), file, on.date() if on else date.today())
    except evaluation.LabelError as error:
        _fail(str(error))
    if min_right is not None and 100 * right < min_right:
        sys.exit(1)


class WithSettings(click.Command):
    """A command whose help lists every setting."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """Write the settings under the options."""
        from bot.service.settings import described  # noqa: PLC0415

        with formatter.section("Settings, from the environment or a .env file"):
            formatter.write_dl([(name, f"{meaning} (default: {default})") for name, default, meaning in described()])


@posbot.command(cls=WithSettings)
def serve() -> None:
    """Run the hosted service: the web chat, and Telegram with TELEGRAM_BOT_TOKEN set.

    SIGTERM and SIGINT end it once what is in hand is answered; SIGHUP has it read the knowledge anew.
    """
    from bot.service.environment import SettingsError  # noqa: PLC0415
    from bot.service.errors import StartError  # noqa: PLC0415
    from bot.service.settings import load_settings  # noqa: PLC0415

    try:
        settings = load_settings()
        from bot.service.run import run  # noqa: PLC0415 - not for settings that will not do

        run(settings)
    except (SettingsError, StartError) as error:
        _fail(str(error))


@posbot.command()
@click.option("--probe", is_flag=True, help="Only ask the running service how it is.")
def doctor(probe: bool) -> None:  # noqa: FBT001 - click passes flags by name
    """Look over settings, knowledge, database, token, group privacy and webhook; exit 1 if something fails."""
    if probe:
        from bot.service.probe import probe as findings_of_service  # noqa: PLC0415

        findings = findings_of_service()
    else:
        import asyncio  # noqa: PLC0415

        from bot.service.doctor import examine  # noqa: PLC0415

        findings = asyncio.run(examine())
    for finding in findings:
        click.echo(finding.line)
    if any(finding.fails for finding in findings):
        sys.exit(1)


@posbot.command()
def migrate() -> None:
    """Bring the database up to date; `posbot serve` does so by itself when it starts."""
    from bot.service import keeping  # noqa: PLC0415

    _keep(keeping.migrate)


@posbot.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Copy the SQLite database into FILE, while the service may be running."""
    from bot.service import keeping  # noqa: PLC0415

    _keep(lambda: keeping.back_up(file))


@posbot.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(file: Path) -> None:
    """Put a backup in place of the SQLite database; stop the service first."""
    from bot.service import keeping  # noqa: PLC0415

    _keep(lambda: keeping.restore(file))


def _keep(work: Callable[[], str]) -> None:
    """Do something with the store and tell of it."""
    from bot.service.environment import SettingsError  # noqa: PLC0415
    from bot.store.errors import StoreError  # noqa: PLC0415

    try:
        click.echo(work())
    except (SettingsError, StoreError) as error:
        _fail(str(error))


def _folders() -> str | None:
    """POSBOT_KNOWLEDGE without the other settings, whose check takes longer than an answer."""
    from bot.service.environment import SettingsError, knowledge_folders  # noqa: PLC0415

    try:
        return knowledge_folders()
    except SettingsError as error:
        _fail(str(error))


def _engine(folders: str | None) -> Engine:
    """The engine over the built-in knowledge and these folders."""
    from bot.service.loading import engine_over, told_of_faults  # noqa: PLC0415

    try:
        return engine_over(folders)
    except KnowledgeError as error:
        _fail(told_of_faults(error))


def _fail(sentence: str) -> NoReturn:
    """One plain line on standard error, exit 2."""
    click.echo(f"posbot: {sentence}", err=True)
    sys.exit(2)
