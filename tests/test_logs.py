"""Log lines tell what happened and to which request, and never what somebody wrote or must keep to themselves."""

# ruff: noqa: D103 - the name of a test is the sentence it proves

from __future__ import annotations

import io
import json
import logging
import sys
import threading
import warnings
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from bot.service import logs
from bot.service.logs import LOUD, told_of

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "4242:planted-token"
WORDS = "Jane Planted, born 3/4/1950"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Where the log goes; afterwards everything is as it was before."""
    root, names = logging.getLogger(), [logging.getLogger(name) for name in LOUD]
    before = (root.level, list(root.handlers), logging.raiseExceptions, [each.level for each in names])
    hooks = (sys.excepthook, sys.unraisablehook, threading.excepthook)
    yield io.StringIO()
    sys.excepthook, sys.unraisablehook, threading.excepthook = hooks
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
    root.setLevel(before[0])
    root.handlers[:], logging.raiseExceptions = before[1], before[2]
    for each, level in zip(names, before[3], strict=True):
        each.setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    """What was logged as JSON."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def fail(words: str) -> None:
    """Raise with somebody's words, from another fault that quotes them too."""
    try:
        int(words)
    except ValueError as error:
        raise KeyError(words) from error


def test_a_line_is_json_with_time_weight_and_origin(stream: io.StringIO) -> None:
    logs.start_logging("info", None, stream=stream)
    logging.getLogger("bot.channels").info("connected to %s", "Telegram")
    (line,) = lines(stream)
    assert (line["level"], line["logger"], line["message"]) == ("info", "bot.channels", "connected to Telegram")
    assert line["time"].endswith("Z")


def test_on_a_console_a_line_is_for_people(stream: io.StringIO) -> None:
    logs.start_logging("info", "console", stream=stream)
    logging.getLogger("bot.channels").warning("connected")
    assert "warning" in stream.getvalue()
    assert "connected" in stream.getvalue()
    assert "{" not in stream.getvalue()


def test_what_is_bound_to_an_answer_is_on_each_of_its_lines(stream: io.StringIO) -> None:
    logs.start_logging("info", "json", stream=stream)
    with structlog.contextvars.bound_contextvars(update=42):
        logging.getLogger("bot.channels").info("one")
    logging.getLogger("bot.channels").info("two")
    assert [line.get("update") for line in lines(stream)] == [42, None]


def test_lines_below_the_level_are_left_out(stream: io.StringIO) -> None:
    logs.start_logging("warning", "json", stream=stream)
    logging.getLogger("bot.channels").info("one")
    logging.getLogger("bot.channels").warning("two")
    assert [line["message"] for line in lines(stream)] == ["two"]


def test_an_exception_is_told_by_class_and_places_with_those_behind_it(stream: io.StringIO) -> None:
    logs.start_logging("info", "json", stream=stream)
    try:
        fail(WORDS)
    except KeyError:
        logging.getLogger("bot.channels").exception("an answer failed")
    (line,) = lines(stream)
    assert line["message"].startswith("an answer failed: KeyError at test_logs.py:")
    assert ", after ValueError at test_logs.py:" in line["message"]
    assert "Planted" not in stream.getvalue()


def test_an_exception_that_came_of_itself_is_told_once() -> None:
    error = ValueError(WORDS)
    error.__cause__ = KeyError(WORDS)
    error.__cause__.__cause__ = error
    assert told_of(error) == "ValueError, after KeyError"
    assert told_of(None) == "no exception"


@pytest.mark.parametrize("name", [*LOUD, "telegram.ext.ExtBot", "aiosqlite", "psycopg.pool", "py.warnings", "bottle"])
def test_other_libraries_are_told_of_by_kind_and_only_where_something_is_wrong(stream: io.StringIO, name: str) -> None:
    logs.start_logging("debug", "json", stream=stream)
    logger = logging.getLogger(name)
    logger.debug("got %s", WORDS)
    logger.info("POST https://api.example.org/bot%s/sendMessage", TOKEN)
    logger.error("could not handle %s", WORDS, stack_info=True)
    try:
        fail(WORDS)
    except KeyError as error:
        logger.error(str(error), exc_info=error)  # noqa: TRY400 - a library's own way
    first, second = lines(stream)
    assert first["message"] == f"{name} reports a fault"
    assert second["message"].startswith(f"{name} reports a fault: KeyError at test_logs.py:")
    assert not [word for word in (TOKEN, "Planted", "1950") if word in stream.getvalue()]


def test_known_secrets_are_struck_out_of_our_own_lines(stream: io.StringIO) -> None:
    logs.start_logging("debug", "json", {TOKEN, "4242:planted", "pos", ""}, stream)
    logging.getLogger("bot.service").info("pos: %s and 4242:planted", f"x{TOKEN}x")
    assert lines(stream)[0]["message"] == "pos: x<secret>x and <secret>"


def test_a_line_that_cannot_be_made_prints_nothing_of_what_should_have_gone_into_it(
    stream: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.start_logging("debug", "json", stream=stream)
    logging.getLogger("bot.service").info("%s %s", WORDS)  # noqa: PLE1206 - on purpose
    logging.getLogger("bot.service").info("%(name)d", {"name": WORDS})
    assert [line["message"] for line in lines(stream)] == ["a log line could not be made"] * 2
    assert capsys.readouterr().err == ""


def test_warnings_and_what_nobody_caught_are_told_without_their_words(
    stream: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.start_logging("info", "json", stream=stream)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn(WORDS, stacklevel=1)
    try:
        fail(WORDS)
    except KeyError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    thread = threading.Thread(target=fail, args=(WORDS,))
    thread.start()
    thread.join()
    told = [line["message"] for line in lines(stream)]
    assert told[0] == "py.warnings reports a fault"
    assert told[1].startswith("ended by KeyError at test_logs.py")
    assert told[2].startswith("a thread ended by KeyError at threading.py")
    assert "Planted" not in stream.getvalue() + capsys.readouterr().err


def test_what_goes_through_structlog_itself_is_told_the_same_way(stream: io.StringIO) -> None:
    logs.start_logging("info", "json", {TOKEN}, stream)
    structlog.get_logger("bot.service").info(f"taught {TOKEN}", phrase=WORDS)
    assert lines(stream)[0]["message"] == "taught <secret>"
    assert "Planted" not in stream.getvalue()
