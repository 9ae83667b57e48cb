"""What surrounds the bot: the wheel, the lock files, the image, the README and the one script that checks them all."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from email import message_from_string
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests import readme_samples, screenshots

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
LOCKS = ("requirements.lock", "requirements-dev.lock")

Pins = dict[str, list[Requirement]]
"""What a lock file names, by project; a project may stand there once for each Python."""


def run(*command: str, cwd: Path, **settings: str) -> str:
    """Run a command without the settings of this machine; what it printed."""
    bare = {
        name: value for name, value in os.environ.items() if not name.startswith(("POSBOT_", "TELEGRAM_", "PYTHON"))
    }
    done = subprocess.run(command, cwd=cwd, env=bare | settings, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


# The wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as a release would build it; no network is needed."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), cwd=ROOT)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_carries_the_code_and_all_knowledge(wheel: Path) -> None:
    """Every file of bot and knowledge is inside the package, and nothing else."""
    ours = {
        *(f"bot/{path.relative_to(ROOT / 'bot').as_posix()}" for path in tracked(ROOT / "bot")),
        *(f"bot/knowledge/{path.relative_to(ROOT / 'knowledge').as_posix()}" for path in tracked(ROOT / "knowledge")),
    }
    with zipfile.ZipFile(wheel) as archive:
        carried = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert carried == ours


def test_the_wheel_says_what_it_needs(wheel: Path) -> None:
    """Name, Python and licence arrive in the metadata."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = message_from_string(archive.read(name).decode("utf-8"))
    assert metadata["Name"] == "posbot"
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["License-Expression"] == "MIT"


def test_the_installed_wheel_answers_from_another_folder(wheel: Path, tmp_path: Path) -> None:
    """Away from the checkout the bot reads the knowledge it carries, answers, and leaves no file behind."""
    installed, elsewhere = tmp_path / "installed", tmp_path / "elsewhere"
    elsewhere.mkdir()
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--no-deps", "--no-index")
    run(*pip, "--target", str(installed), str(wheel), cwd=elsewhere)

    where = "import bot.core.knowledge as knowledge; print(knowledge.built_in())"
    read = run(sys.executable, "-c", where, cwd=elsewhere, PYTHONPATH=str(installed))
    assert Path(read.strip()) == installed / "bot" / "knowledge"

    reply = run(sys.executable, "-m", "bot", "ask", "what is pos 02", cwd=elsewhere, PYTHONPATH=str(installed))
    said = " ".join(reply.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split())
    assert "02" in said
    assert "Telehealth Provided Other than in Patient's Home" in said
    assert list(elsewhere.iterdir()) == []


# The lock files


def pins(name: str) -> Pins:
    """What a lock file names."""
    found: Pins = {}
    for line in (ROOT / name).read_text("utf-8").splitlines():
        if line and line[0] not in " #":
            pin = Requirement(line.removesuffix("\\").strip())
            found.setdefault(canonicalize_name(pin.name), []).append(pin)
    return found


def version_of(pin: Requirement) -> str:
    """The one version a pin admits."""
    (only,) = pin.specifier
    assert only.operator == "=="
    return only.version


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_file_names_exact_versions_with_hashes(name: str) -> None:
    """Each entry has one version and its hashes."""
    entries = re.split(r"\n(?=[a-z0-9])", (ROOT / name).read_text("utf-8"))
    for entry in entries:
        assert re.match(r"[a-z0-9._-]+==[\w.!+-]+( ; [^\\]+)? \\\n", entry), entry[:80]
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry[:80]


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_file_names_no_address(name: str) -> None:
    """Where packages come from is the business of whoever installs them."""
    text = (ROOT / name).read_text("utf-8")
    assert not {"/", "@"} & set(text)
    assert set(re.findall(r"--[a-z-]+", text)) == {"--hash"}


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("requirements.lock", PROJECT["dependencies"]),
        ("requirements-dev.lock", PROJECT["dependencies"] + PROJECT["optional-dependencies"]["test"]),
    ],
)
def test_a_lock_file_holds_what_the_project_asks_for(name: str, wanted: list[str]) -> None:
    """Every dependency is locked, within the range that pyproject.toml gives."""
    locked = pins(name)
    for requirement in map(Requirement, wanted):
        versions = [version_of(pin) for pin in locked.get(canonicalize_name(requirement.name), [])]
        assert versions, f"{requirement.name} is not in {name}"
        assert all(version in requirement.specifier for version in versions), f"{requirement} is {versions} in {name}"


def test_tests_run_on_what_the_image_runs_on() -> None:
    """The development lock holds the very pins of the other one."""
    wide = pins("requirements-dev.lock")
    assert {name: pin for name, pin in pins("requirements.lock").items() if wide.get(name) != pin} == {}


# The image


def steps() -> list[str]:
    """The Dockerfile's instructions, a line each, without comments."""
    bare = re.sub(r"^\s*#.*\n", "", DOCKERFILE, flags=re.MULTILINE)
    return [line for line in re.sub(r"\\\n\s*", " ", bare).splitlines() if line.strip()]


def test_the_image_installs_only_what_is_locked() -> None:
    """Each pip install reads a lock file with hashes, or takes our own wheel without any index."""
    installs = [part for step in steps() for part in step.split("&&") if re.search(r"\bpip\b.* install\b", part)]
    assert len(installs) == 3
    for install in installs:
        words = install.split()
        if "--require-hashes" in words:
            assert words[-2:] in [["-r", name] for name in LOCKS]
        else:
            assert {"--no-deps", "--no-index"} <= {*words}
    assert not re.search(r"^ADD |curl|wget|apt-get|git clone", DOCKERFILE, re.MULTILINE)


def test_the_image_runs_unprivileged_and_can_be_watched() -> None:
    """Two stages, a numeric user who is not root, a health check, and SIGTERM to stop."""
    told = [step.split(maxsplit=1) for step in steps()]
    of = dict(told)  # the last one wins, which is the running stage's
    assert [rest.split()[0] for word, rest in told if word == "FROM"] == ["python:3.13-slim"] * 2
    assert int(of["USER"].split(":")[0]) > 0
    assert of["STOPSIGNAL"] == "SIGTERM"
    assert "CMD" in of["HEALTHCHECK"]
    assert (of["ENTRYPOINT"], of["CMD"]) == ('["posbot"]', '["serve"]')
    source = next(index for index, step in enumerate(steps()) if step.startswith("COPY bot"))
    assert all("requirements" not in step for step in steps()[source:])


# The README


def commands(heading: str) -> list[str]:
    """The lines of the shell blocks under a heading of the README, block by block."""
    section = re.split(r"^## ", README, flags=re.MULTILINE)
    (text,) = [part for part in section if part.startswith(heading + "\n")]
    return [block.strip() for block in re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)]


def test_two_commands_set_everything_up_and_ci_says_the_same() -> None:
    """What the README tells people to type is what .ci/run types."""
    setup, serve, _ = commands("Try it")
    (test,) = commands("Tests")
    script = [line.strip() for line in (ROOT / ".ci" / "run").read_text("utf-8").splitlines()]
    assert len(setup.splitlines()) == 2
    assert serve == ".venv/bin/posbot serve"
    for command in [*setup.splitlines(), *test.splitlines()]:
        assert command in script


def test_the_readme_lists_exactly_the_settings_there_are() -> None:
    """Names, defaults and meanings are those the program itself tells; renew them with `python -m tests.readme_samples`."""
    assert readme_samples.SETTINGS.search(README)
    assert readme_samples.with_settings(README) == README


@pytest.mark.parametrize("command", readme_samples.samples(README))
def test_a_sample_reply_is_what_the_program_prints(command: str) -> None:
    """Renew stale ones with `python -m tests.readme_samples`."""
    assert readme_samples.samples(README)[command] == readme_samples.run(command)


def test_the_readme_links_only_to_what_is_there() -> None:
    """Every relative link of the README leads to a file."""
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", README)
    assert links
    assert [link for link in links if not (ROOT / link).is_file()] == []


# The whole tree

PRIVATE = re.compile(
    r"py(?:pi)\.org|py(?:pi)\.python|files?\.python(?:hosted)|registry\.npm|[.]py(?:env)\b"
    r"|(?<![\w.*])/(?:work|farm|opt|root|home/\w+|Users/\w+)/"
)
"""Registry hosts and the paths of somebody's machine; none of them helps a reader."""

MADE = frozenset({"__pycache__", ".git", ".venv", "venv", "build", "dist", "htmlcov", "node_modules"})


def tracked(folder: Path) -> Iterator[Path]:
    """The files of a folder but those that tools make."""
    for path in sorted(folder.iterdir()):
        if path.name in MADE or path.name.endswith(("_cache", ".pyc", ".egg-info")) or path.name == ".hypothesis":
            continue
        if path.is_dir():
            yield from tracked(path)
        else:
            yield path


def private_lines(text: str) -> list[str]:
    """The lines that name a registry host or a machine's own path."""
    return [line.strip()[:120] for line in text.splitlines() if PRIVATE.search(line)]


def test_no_file_names_a_registry_or_a_machine() -> None:
    """The tree is the same wherever it is cloned."""
    own = {".env", ".coverage"}
    files = [path for path in tracked(ROOT) if path.name not in own and b"\0" not in path.read_bytes()]
    named = {path.relative_to(ROOT).as_posix(): private_lines(path.read_text("utf-8")) for path in files}
    assert {name: lines for name, lines in named.items() if lines} == {}


@pytest.mark.parametrize(
    "line", ["see https://py" + "pi.org/x", "cd /ro" + "ot/x", "at /home/" + "ann/x", "~/.py" + "env"]
)
def test_a_private_line_is_seen(line: str) -> None:
    """The check itself bites."""
    assert private_lines(line) == [line]


def test_the_pictures_show_cards_as_they_are_now() -> None:
    """Renew stale ones with `python -m tests.screenshots`; each is shown in the README."""
    assert screenshots.DIGEST.read_text("utf-8").strip() == screenshots.digest()
    assert all(f"tests/screens/{name}.png" in README for name in screenshots.pages())


@pytest.mark.skipif(screenshots.browser() is None, reason="no Chromium is installed")
def test_a_card_is_photographed_at_a_phones_width(tmp_path: Path) -> None:
    """The picture has the width of a phone and the height asked for."""
    file = tmp_path / "x.png"
    screenshots.photograph(screenshots.pages()["code"], 500, file, screenshots.browser() or "")
    width, height = (int.from_bytes(file.read_bytes()[at : at + 4]) for at in (16, 20))
    assert (width, height) == (screenshots.WIDTH * 1.5, 750)
