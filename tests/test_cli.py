"""The `posbot` command as a person or a program runs it: a real process, in a folder of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import DATA, NAMES, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REPLY_KEYS: dict[str, type] = {
    "id": object,
    "question": str,
    "outcome": str,
    "intent": str,
    "codes": list,
    "suggestions": list,
    "confidence": float,
    "match": str,
    "text": str,
    "short": str,
    "sources": list,
    "as_of": str,
}
"""The reply object of the contract, with the type of each value."""
OUTCOMES = {"answer", "clarify", "decline"}
INTENTS = {
    *("code", "describe", "compare", "rate", "modifier", "telehealth", "denial", "claim_form", "date", "topic"),
    *("unassigned", "invalid", "followup", "smalltalk", "out_of_scope"),
}
MATCHES = {"exact", "alias", "rule", "fuzzy", "none"}


@dataclass(frozen=True)
class Done:
    """How a run ended."""

    code: int
    out: str
    err: str

    @property
    def replies(self) -> list[Any]:
        """Standard output as a JSON object a line."""
        return [json.loads(line) for line in self.out.splitlines()]


class Command:
    """Runs `python -m bot` in a folder of its own, without the settings of this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *arguments: str | bytes, given: bytes | str = b"", **environment: str) -> Done:
        """Run to the end, with what is given on standard input."""
        bare = {
            name: value for name, value in os.environ.items() if not name.startswith(("POSBOT_", "TELEGRAM_", "PYTHON"))
        }
        done = subprocess.run(
            [sys.executable, "-B", "-m", "bot", *arguments],
            cwd=self.folder,
            env={**bare, "PYTHONPATH": str(ROOT), **environment},
            input=given.encode() if isinstance(given, str) else given,
            capture_output=True,
            timeout=60,
            check=False,
        )
        ended = Done(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8", "backslashreplace"))
        assert "Traceback" not in ended.err + ended.out
        return ended


@pytest.fixture
def posbot(tmp_path: Path) -> Iterator[Command]:
    """The command in an empty folder, in which it must leave nothing behind."""
    folder = tmp_path / "empty"
    folder.mkdir()
    yield Command(folder)
    assert list(folder.iterdir()) == []


def one_line(done: Done) -> str:
    """The one plain line a fault is told in, with exit code 2 and nothing on standard output."""
    assert (done.code, done.out) == (2, "")
    lines = done.err.splitlines()
    assert len(lines) == 1, done.err
    return lines[0]


def holds_contract(reply: Any) -> None:
    """Assert that a reply object has exactly the keys and types of the contract."""
    assert list(reply) == list(REPLY_KEYS)
    assert [key for key, kind in REPLY_KEYS.items() if not isinstance(reply[key], kind)] == []
    assert reply["outcome"] in OUTCOMES
    assert reply["intent"] in INTENTS
    assert reply["match"] in MATCHES
    assert 0 <= reply["confidence"] <= 1
    assert all(
        isinstance(code, str) and re.fullmatch(r"\d\d", code) for code in [*reply["codes"], *reply["suggestions"]]
    )
    for source in reply["sources"]:
        assert list(source) == ["title", "url", "checked"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", source["checked"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", reply["as_of"])


# ask


def test_ask_in_plain_text(posbot: Command) -> None:
    """One question prints one plain-text reply that leads with the code, and ends well."""
    done = posbot("ask", "pos 10")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"POS 10 - {NAMES['10']}\n")
    assert "\x1b" not in done.out


def test_ask_json(posbot: Command) -> None:
    """--json prints the reply object, answered for the date of service given."""
    done = posbot("ask", "--json", "--on", "2023-05-01", "pos 11")
    reply = json.loads(done.out)
    holds_contract(reply)
    assert (done.code, reply["outcome"], reply["codes"], reply["as_of"]) == (0, "answer", ["11"], "2023-05-01")
    assert reply["question"] == "pos 11"
    assert reply["sources"]


def test_ask_with_payer(posbot: Command) -> None:
    """--payer adds the payer's own rule."""
    done = posbot("ask", "--payer", "Cigna", "telehealth, patient at home")
    assert done.code == 0
    assert "Cigna" in done.out.split("Source:")[0]


@pytest.mark.parametrize("question", ["pos 30", "", "snf"])
def test_ask_ends_well_whatever_the_outcome(posbot: Command, question: str) -> None:
    """A question that is declined or asked back is no failure of the command."""
    done = posbot("ask", question)
    assert (done.code, done.err) == (0, "")
    assert done.out.strip()


def test_ask_with_bytes_that_are_no_text(posbot: Command) -> None:
    """A question with broken bytes is answered, in plain text and as JSON that can be read."""
    done = posbot("ask", "--json", b"pos 10 \xff")
    assert done.code == 0
    assert json.loads(done.out)["codes"] == ["10"]


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["ask"], id="no question"),
        pytest.param(["ask", "--jsonl", "pos 10"], id="jsonl and a question"),
        pytest.param(["ask", "--on", "2023-13-01", "pos 10"], id="no such month"),
        pytest.param(["ask", "--frobnicate", "pos 10"], id="unknown option"),
        pytest.param(["frobnicate"], id="unknown command"),
        pytest.param(["eval", "no-such-file.jsonl"], id="no such file"),
        pytest.param(["eval", str(DATA / "dev_questions.jsonl"), "--min-right", "many"], id="share that is no number"),
    ],
)
def test_fault_of_use(posbot: Command, arguments: list[str]) -> None:
    """A fault of use is told in one plain line on standard error, with exit code 2."""
    assert one_line(posbot(*arguments)).strip()


def test_knowledge_that_cannot_be_used(posbot: Command, tmp_path: Path) -> None:
    """A broken knowledge folder stops every question with one line that names the file."""
    (tmp_path / "team").mkdir()
    (tmp_path / "team" / "extra.toml").write_text("")
    assert "extra.toml" in one_line(posbot("ask", "pos 10", POSBOT_KNOWLEDGE=str(tmp_path / "team")))


def test_bad_setting(posbot: Command) -> None:
    """A setting of the wrong kind is told in one line that names it."""
    assert "POSBOT_LOG_LEVEL" in one_line(posbot("serve", POSBOT_LOG_LEVEL="loud"))


def test_help_lists_the_commands(posbot: Command) -> None:
    """--help names every command."""
    done = posbot("--help")
    assert done.code == 0
    assert [
        name
        for name in ("ask", "chat", "check", "eval", "serve")
        if not re.search(rf"^ +{name} ", done.out, re.MULTILINE)
    ] == []


HEAVY = {
    *("aiohttp", "aiosqlite", "asyncio", "concurrent", "dotenv", "email", "http", "httpx", "importlib.metadata"),
    *("logging", "multiprocessing", "psycopg", "pydantic", "pydantic_core", "pydantic_settings", "rich", "socket"),
    *("sqlalchemy", "sqlite3", "ssl", "starlette", "subprocess", "telegram", "tempfile", "tomllib", "unittest"),
    *("uvicorn", "xml"),
}
"""What takes longer to import than a question to answer, and is not needed for it."""


@pytest.mark.parametrize("question", ["pos 10", "skilld nursng facilty pateint seen on vidoe", "what does Aetna want?"])
def test_ask_imports_nothing_heavy(posbot: Command, question: str) -> None:
    """One question starts nothing that only the service, a terminal or a check of the settings needs."""
    told = posbot("ask", question, PYTHONPROFILEIMPORTTIME="1").err
    imported = set(re.findall(r"^import time:.*\| +(\S+)$", told, re.MULTILINE))
    assert {"bot.core.engine", "msgspec"} <= imported
    assert {name for name in imported if not HEAVY.isdisjoint({name, name.split(".")[0]})} == set()


# ask --jsonl

STREAM: list[tuple[bytes, dict[str, Any] | None]] = [
    (b'{"q": "pos 10", "id": 1}', {"id": 1, "codes": ["10"]}),
    (b"", None),
    (b'{"q": "pos 11", "id": "a b"}', {"id": "a b", "codes": ["11"]}),
    (b"   \t", None),
    (b'{"q": "pos 12"}', {"id": None, "codes": ["12"]}),
    (b'{"q": "pos 13", "id": null}', {"id": None, "codes": ["13"]}),
    (b'{"q": "pos 14", "id": [1, {"x": 2}]}', {"id": [1, {"x": 2}], "codes": ["14"]}),
    (b'{"q": "pos 15", "id": {"a": 1.5}}', {"id": {"a": 1.5}, "codes": ["15"]}),
    (b'{"q": "pos 16", "id": true}', {"id": True, "codes": ["16"]}),
    (b"not json", {"id": None, "error": str}),
    (b'["pos 10"]', {"id": None, "error": str}),
    (b'"pos 10"', {"id": None, "error": str}),
    (b"null", {"id": None, "error": str}),
    (b'{"id": 7}', {"id": 7, "error": str}),
    (b'{"q": 10, "id": 8}', {"id": 8, "error": str}),
    (b'{"q": null, "id": 9}', {"id": 9, "error": str}),
    (b'{"q": "pos 10", "id": 10, "on": "2023-13-01"}', {"id": 10, "error": str}),
    (b'{"q": "pos 10", "id": 11, "on": 5}', {"id": 11, "error": str}),
    (b'{"q": "pos 10", "id": 12, "context": "pos 11"}', {"id": 12, "error": str}),
    (b'{"q": "pos 10", "id": 13, "context": [1]}', {"id": 13, "error": str}),
    (b'{"q": "pos 10", "id": 14, "payer": 3}', {"id": 14, "error": str}),
    (b'{"q": "caf\xe9"}', {"id": None, "error": str}),
    (b'{"q": "pos 17", "id": "\xc3\xa9\xf0\x9f\x99\x82"}', {"id": "\u00e9\U0001f642", "codes": ["17"]}),
    (b'{"q": "", "id": 15}', {"id": 15, "outcome": "decline"}),
    (b'{"q": "pos 22", "id": 16, "on": "2015-05-01"}', {"id": 16, "as_of": "2015-05-01"}),
    (b'{"q": "and at home?", "id": 17, "context": ["snf resident on video"]}', {"id": 17, "codes": ["10"]}),
    (b'{"q": "pos 20", "id": 18, "context": [], "payer": null, "on": null}', {"id": 18, "codes": ["20"]}),
    (b'{"q": "pos 24", "id": 19, "extra": 1}\r', {"id": 19, "codes": ["24"]}),
    (b'{"q": "pos 30", "id": 20}', {"id": 20, "outcome": "decline", "intent": "unassigned"}),
]
"""Lines of a stream, each with what its reply holds; blank lines get none."""


def test_jsonl_stream(posbot: Command) -> None:
    """Every line gets its reply in order with its id, blank lines none, and a bad line one sentence while the rest go on."""
    done = posbot("ask", "--jsonl", given=b"\n".join(line for line, _ in STREAM))
    wanted = [reply for _, reply in STREAM if reply is not None]
    assert (done.code, done.err) == (0, "")
    assert len(done.replies) == len(wanted)
    for given, want in zip(done.replies, wanted, strict=True):
        assert given["id"] == want["id"]
        if "error" in want:
            assert list(given) == ["id", "error"]
            assert re.fullmatch(r"[A-Z\"'].*\.", given["error"])
        else:
            holds_contract(given)
            assert {key: given[key] for key in want} == want


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b'{"q": "pos 10 \\ud800", "id": 1}', id="lone surrogate in the question"),
        pytest.param(b'{"q": "pos 10", "id": "\\udfff"}', id="lone surrogate in the id"),
        pytest.param(b'{"q": "pos 10", "id": ' + b"9" * 5000 + b"}", id="endless number"),
        pytest.param(b"[" * 200_000, id="endless brackets"),
        pytest.param(b'{"q": "pos 10", "id": NaN}', id="no number"),
        pytest.param(b'{"q": "\\u0000pos 10", "id": 1}', id="zero character"),
    ],
)
def test_jsonl_survives_a_strange_line(posbot: Command, line: bytes) -> None:
    """A line no ordinary client sends gets a reply or an error that is valid JSON, and the next line is answered."""
    done = posbot("ask", "--jsonl", given=line + b'\n{"q": "pos 11", "id": 2}\n')
    assert done.code == 0
    first, second = (json.loads(text, parse_constant=pytest.fail) for text in done.out.splitlines())
    assert "error" in first or first["codes"] == ["10"]
    assert (second["id"], second["codes"]) == (2, ["11"])


def test_jsonl_of_nothing(posbot: Command) -> None:
    """An empty stream ends well with nothing said."""
    assert posbot("ask", "--jsonl") == Done(0, "", "")


def test_jsonl_is_flushed_line_by_line(tmp_path: Path) -> None:
    """Each reply can be read before the next question is written."""
    with subprocess.Popen(
        [sys.executable, "-B", "-m", "bot", "ask", "--jsonl"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for code in ("10", "11"):
            process.stdin.write(json.dumps({"q": f"pos {code}"}) + "\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["codes"] == [code]
        process.stdin.close()
        assert process.wait(timeout=30) == 0


# chat


def test_chat_piped(posbot: Command) -> None:
    """Piped lines are a conversation: a number picks an offered choice, more tells the rest, a follow-up leans on what was asked."""
    done = posbot(
        "chat", given="patient seen in person at the snf\n1\nmore\npatient at home on video\nand at school?\n"
    )
    assert (done.code, done.err) == (0, "")
    offered = re.search(r"^1\. (\d\d) - ", done.out, re.MULTILINE)
    assert offered is not None
    after = done.out[offered.end() :]
    assert f"POS {offered[1]} - {NAMES[offered[1]]}" in after
    assert "Typical settings" in after
    assert re.search(r"^POS 10 - .+^POS 02 - ", after, re.MULTILINE | re.DOTALL)


def test_chat_number_without_a_list_is_a_question(posbot: Command) -> None:
    """A number typed when nothing was offered is a code to look up."""
    done = posbot("chat", given="02\n")
    assert done.out.startswith(f"POS 02 - {NAMES['02']}")


def test_chat_number_beyond_the_list_picks_nothing(posbot: Command) -> None:
    """A two-digit code typed at a list of choices is that code, not a choice."""
    done = posbot("chat", given="snf\n31\n")
    assert f"POS 31 - {NAMES['31']}" in done.out


@pytest.mark.parametrize(
    "given",
    [b"", b"\n\nmore\n1\n", b"\xff\xfe\npos 10\n"],
    ids=["nothing", "more and a number first", "no text"],
)
def test_chat_ends_well(posbot: Command, given: bytes) -> None:
    """Whatever is piped in, a conversation ends well at the end of its input."""
    done = posbot("chat", given=given)
    assert (done.code, done.err) == (0, "")
    assert ("POS 10" in done.out) == (b"pos 10" in given)


# check


def test_check_sound(posbot: Command) -> None:
    """Sound knowledge has nothing on standard output and exits 0."""
    done = posbot("check")
    assert (done.code, done.out) == (0, "")


def test_check_faults(posbot: Command, tmp_path: Path) -> None:
    """Every fault of the folders named is a line file:key: problem on standard output, and the exit code is 1."""
    one, two = tmp_path / "one", tmp_path / "two"
    (one / "codes").mkdir(parents=True)
    two.mkdir()
    (one / "codes" / "11.toml").write_text('code = "11"\ncolour = "red"\nsize = 3\n')
    (two / "extra.toml").write_text("")
    done = posbot("check", str(one), str(two))
    lines = done.out.splitlines()
    assert done.code == 1
    assert [line.split(": ")[0] for line in lines] == ["codes/11.toml:colour", "codes/11.toml:size", "extra.toml:"]
    assert str(tmp_path) not in done.out


def test_check_reads_the_setting(posbot: Command, tmp_path: Path) -> None:
    """Without folders named, those of POSBOT_KNOWLEDGE are checked."""
    (tmp_path / "team").mkdir()
    (tmp_path / "team" / "extra.toml").write_text("")
    done = posbot("check", POSBOT_KNOWLEDGE=str(tmp_path / "team"))
    assert (done.code, done.out.count("\n")) == (1, 1)


def test_check_with_another_base(posbot: Command, tmp_path: Path) -> None:
    """--base takes the place of the built-in knowledge: a copy is sound, an empty folder is not."""
    (tmp_path / "base").mkdir()
    assert posbot("check", "--base", str(ROOT / "knowledge")).code == 0
    assert posbot("check", "--base", str(tmp_path / "base")).code == 1


# eval


def test_eval_table(posbot: Command) -> None:
    """The table holds all, tuned and held out, each kind, and the misses; the shares of a row add up to the whole."""
    done = posbot("eval", str(DATA / "dev_questions.jsonl"), "--on", "2026-11-23")
    assert (done.code, done.err) == (0, "")
    rows = dict(re.findall(r"^(\w[\w ]*?)\s{2,}(\d+ .+)$", done.out, re.MULTILINE))
    assert list(rows)[:3] == ["all", "tuned", "held out"]
    counts = {name: int(row.split()[0]) for name, row in rows.items()}
    assert counts["all"] == counts["tuned"] + counts["held out"] == 274
    assert counts["all"] == sum(count for name, count in counts.items() if name not in {"all", "tuned", "held out"})
    for row in rows.values():
        shares = [float(share) for share in re.findall(r"([\d.]+)%", row)]
        assert abs(sum(shares[:4]) - 100) < 0.3


def test_eval_min_right(posbot: Command, tmp_path: Path) -> None:
    """--min-right exits 1 below the share asked for and 0 at it, and a miss is listed with what was wanted."""
    file = tmp_path / "labels.jsonl"
    rows = [
        {"id": "x1", "q": "pos 11", "kind": "code", "codes": ["11"]},
        {"id": "x2", "q": "pos 12", "kind": "code", "codes": ["99"], "must_not": ["12"]},
    ]
    file.write_text("\n".join(json.dumps(row) for row in rows))
    below, at = posbot("eval", str(file), "--min-right", "51"), posbot("eval", str(file), "--min-right", "50")
    assert (below.code, at.code) == (1, 0)
    assert re.search(r"^harm +x2 .*wanted 99, got 12$", at.out, re.MULTILINE)
    assert "x1" not in at.out


def test_eval_calibration(posbot: Command, tmp_path: Path) -> None:
    """Behind the misses stands how sure the answers were: a row a bin, the error, and the sure answers of all and held out."""
    file = tmp_path / "labels.jsonl"
    rows = [
        {"id": "x1", "q": "pos 11", "kind": "code", "codes": ["11"]},
        {"id": "x2", "q": "pos 12", "kind": "code", "codes": ["99"]},
        {"id": "x3", "q": "pos 13", "kind": "code", "codes": ["13"]},
    ]
    file.write_text("\n".join(json.dumps(row) for row in rows))
    shown = posbot("eval", str(file)).out.split("\nwrong ")[1].splitlines()[2:]
    assert shown[0].split() == ["confidence", "answers", "mean", "right", "soft"]
    assert shown[1].split() == ["0.9", "to", "1.0", "3", "0.980", "66.7%", "0.0%"]
    assert shown[2:] == [
        "expected calibration error: 0.313, held out 0.020",
        "answers given with 0.9 or more: 3, right 66.7 %",
        "held out, answers given with 0.9 or more: 1, right 100.0 %",
    ]


@pytest.mark.parametrize(
    "content", ["", "not json\n", '{"q": "pos 10"}\n', "[1]\n", '{"id": 1, "q": "x", "kind": "code", "codes": 3}\n']
)
def test_eval_of_something_else(posbot: Command, tmp_path: Path, content: str) -> None:
    """A file without labelled questions is told in one line that names it."""
    file = tmp_path / "labels.jsonl"
    file.write_text(content)
    assert "labels.jsonl" in one_line(posbot("eval", str(file)))


def test_eval_of_bytes_that_are_no_text(posbot: Command, tmp_path: Path) -> None:
    """A file that is not UTF-8 is told in one line."""
    file = tmp_path / "labels.jsonl"
    file.write_bytes(b"\xff\xfe\x00")
    assert "labels.jsonl" in one_line(posbot("eval", str(file)))
