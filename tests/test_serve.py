"""`posbot serve` as it is run: a process of its own, asked over HTTP and Telegram, and ended by signals."""

# ruff: noqa: D103 - the name of a test is the sentence it proves

from __future__ import annotations

import asyncio
import json
import re
import signal
import socket
from typing import TYPE_CHECKING

import httpx

from bot.store.store import Store
from bot.store.taught import Taught, TaughtKind
from tests.conftest import TODAY
from tests.fakes.botapi import TOKEN, BotApi, Fault
from tests.fakes.served import PATIENCE, ROOT, free_port, served, start, until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fakes.served import Served

NOWHERE = "http://127.0.0.1:9/bot"


def talking_to(api: BotApi, **more: str) -> dict[str, str]:
    """The settings of a service whose Telegram is the double."""
    return {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_BASE": api.base_url, **more}


async def ended(folder: Path, **settings: str) -> tuple[int, list[str]]:
    """Start a service that cannot start: its exit code, and the lines of its log."""
    process = await start(folder, folder / "log", **settings)
    async with asyncio.timeout(PATIENCE):
        await process.communicate()
    assert process.returncode is not None
    return process.returncode, (folder / "log").read_text("utf-8").splitlines()


async def test_without_a_token_it_serves_the_web_and_says_what_to_set(tmp_path: Path) -> None:
    async with served(tmp_path) as service:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", service.address)
        told = "\n".join(service.told).replace(service.address, "http://127.0.0.1:8080/")
        assert f"```text\n{told}\n```" in (ROOT / "README.md").read_text("utf-8")
        status, body = await service.ready()
        assert (status, body["status"], body["updates"], body["database"]) == (200, "ok", "off", "ok")
        page = await service.http.get("/")
        assert (page.status_code, "text/html" in page.headers["content-type"]) == (200, True)
        reply = (await service.http.post("/api/ask", json={"q": "what is pos 02"})).json()
        assert reply["codes"] == ["02"]
        assert 'outcome="answer"' in await service.metrics()
        assert await service.end() == 0
        assert (tmp_path / "posbot.db").is_file()


async def test_by_polling_it_answers_counts_and_ends_on_ctrl_c(tmp_path: Path) -> None:
    async with BotApi() as api:
        api.fail("getMe", Fault.dropped())
        await api.say("pos 10")
        async with served(tmp_path, **talking_to(api)) as service:
            await api.until(lambda: bool(api.sent))
            assert api.sent[0]["text"].startswith("POS 10")
            body = await service.until(lambda status, body: status == 200)
            assert body["updates"] == "ok"
            await api.confirmed()
            metrics = await service.metrics()
            assert 'posbot_updates_total{kind="message"} 1.0' in metrics
            assert 'posbot_update_outcomes_total{outcome="answered"} 1.0' in metrics
            assert await service.end(signal.SIGINT) == 0


async def test_by_webhook_it_answers_what_telegram_delivers(tmp_path: Path) -> None:
    port = free_port()
    webhook = {
        "TELEGRAM_WEBHOOK_URL": f"http://127.0.0.1:{port}/telegram",
        "TELEGRAM_WEBHOOK_SECRET": "made-up-secret",
        "POSBOT_PORT": str(port),
    }
    async with BotApi() as api, served(tmp_path, **talking_to(api, **webhook)) as service:
        await service.until(lambda status, body: status == 200)
        await api.say("pos 10")
        await api.until(lambda: bool(api.sent))
        await api.confirmed()
        stranger = await service.http.post("/telegram", json={"update_id": 1})
        assert stranger.status_code == 403
        assert 'route="/telegram"' in await service.metrics()
        assert await service.end() == 0


async def test_while_telegram_cannot_be_reached_http_is_served_and_readiness_is_red(tmp_path: Path) -> None:
    async with served(tmp_path, TELEGRAM_BOT_TOKEN=TOKEN, TELEGRAM_API_BASE=NOWHERE) as service:
        status, body = await service.ready()
        assert (status, body["status"], body["updates"]) == (503, "fails", "fails")
        assert (await service.http.get("/healthz")).status_code == 200
        assert (await service.http.get("/codes/10")).status_code == 200
        assert await service.end() == 0
    assert TOKEN not in service.log


async def test_a_refused_token_ends_it_with_one_plain_line_without_it(tmp_path: Path) -> None:
    async with BotApi() as api:
        code, log = await ended(tmp_path, **talking_to(api, TELEGRAM_BOT_TOKEN="1:wrong-and-secret"))
    (line,) = log
    assert code == 2
    assert line.startswith("posbot: Telegram refused the bot token: check TELEGRAM_BOT_TOKEN")
    assert "wrong-and-secret" not in line


async def test_what_it_cannot_start_with_is_told_in_one_plain_line(tmp_path: Path) -> None:
    team = tmp_path / "team"
    team.mkdir()
    (team / "extra.toml").write_text("", "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        wrong = {
            "POSBOT_PORT": ({"POSBOT_PORT": port}, f"port {port} of 127.0.0.1 is in use"),
            "POSBOT_HOST": ({"POSBOT_HOST": "192.0.2.1"}, "of 192.0.2.1 cannot be served on"),
            "knowledge": ({"POSBOT_KNOWLEDGE": str(team)}, "the knowledge cannot be used: extra.toml"),
            "folder": ({"DATABASE_URL": "sqlite+aiosqlite:////no/such/folder/x.db"}, "the folder /no/such/folder"),
            "server": ({"DATABASE_URL": "postgresql+psycopg://u:s3cret@127.0.0.1:9/x"}, "cannot be reached"),
            "settings": (
                {"TELEGRAM_WEBHOOK_URL": "http://x", "POSBOT_RETENTION_DAYS": "0"},
                "TELEGRAM_WEBHOOK_SECRET is needed",
            ),
        }
        for name in wrong:
            (tmp_path / name).mkdir()
        found = await asyncio.gather(*(ended(tmp_path / name, **settings) for name, (settings, _) in wrong.items()))
    for (code, log), (_, sentence) in zip(found, wrong.values(), strict=True):
        (line,) = log
        assert code == 2
        assert line.startswith("posbot: ")
        assert sentence in line
        assert "s3cret" not in line


def team_file(folder: Path, phrase: str) -> None:
    """Write what a team calls POS 11."""
    (folder / "codes").mkdir(exist_ok=True)
    (folder / "codes" / "11.toml").write_text(f'code = "11"\naliases = ["{phrase}"]\n', "utf-8")


async def version(service: Served) -> str:
    """The knowledge in force, by the metrics."""
    found = re.search(r'posbot_knowledge_info\{.*version="(\w+)"', await service.metrics())
    assert found
    return found[1]


async def test_sighup_reads_the_knowledge_anew_and_keeps_the_old_one_where_it_is_faulty(tmp_path: Path) -> None:
    team = tmp_path / "team"
    team.mkdir()
    team_file(team, "the blue house")
    async with served(tmp_path, POSBOT_KNOWLEDGE=str(team)) as service:

        async def lead() -> list[str]:
            codes: list[str] = (await service.http.post("/api/ask", json={"q": "pos for the red barn"})).json()["codes"]
            return codes

        before = await version(service)

        async def changed() -> bool:
            return await version(service) != before

        assert await lead() == []
        team_file(team, "the red barn")
        service.process.send_signal(signal.SIGHUP)
        await until(changed)
        assert await lead() == ["11"]
        (team / "codes" / "11.toml").write_text('code = "11"\ncolour = "red"\n', "utf-8")
        service.process.send_signal(signal.SIGHUP)
        body = await service.until(lambda _, body: body["knowledge"] == "degraded")
        assert body["status"] == "degraded"
        assert await lead() == ["11"]
        assert await service.end() == 0
    (line,) = [line for line in service.log.splitlines() if "the old knowledge stays in force" in line]
    assert "codes/11.toml:colour: unknown key" in line


async def test_off_loopback_pages_want_a_password_and_health_does_not(tmp_path: Path) -> None:
    async with served(tmp_path, POSBOT_HOST="0.0.0.0") as service:  # noqa: S104 - what is tested
        assert "POSBOT_WEB_PASSWORD" in service.told[0]
        for path in ("/", "/codes", "/codes/10"):
            page = await service.http.get(path)
            assert (page.status_code, "POSBOT_WEB_PASSWORD" in page.text) == (403, True)
        asked = await service.http.post("/api/ask", json={"q": "pos 10"})
        assert (asked.status_code, "POSBOT_WEB_PASSWORD" in asked.json()["error"]) == (403, True)
        for path in ("/healthz", "/readyz", "/metrics"):
            assert (await service.http.get(path)).status_code == 200


async def test_it_serves_from_postgresql_and_goes_on_without_it(tmp_path: Path, postgres_url: str) -> None:
    async with BotApi() as api, served(tmp_path, **talking_to(api, DATABASE_URL=postgres_url)) as service:
        await api.say("pos 10")
        await api.until(lambda: bool(api.sent))
        body = await service.until(lambda status, body: status == 200)
        assert body["database"] == "ok"
        assert await service.end() == 0


async def test_what_was_taught_is_in_force_from_the_first_answer_after_a_restart(tmp_path: Path) -> None:
    store = Store(f"sqlite+aiosqlite:///{tmp_path}/posbot.db")
    await store.start()
    await store.taught.add(Taught(kind=TaughtKind.ALIAS, phrase="the red barn", code="11", day=TODAY, by="somebody"))
    await store.close()
    async with served(tmp_path, POSBOT_DESK_PASSWORD="made-up") as service:
        reply = await service.http.post("/api/ask", json={"q": "pos for the red barn"})
        assert reply.json()["codes"] == ["11"]
        assert (await service.http.get("/desk/sign-in")).status_code == 200
        assert await service.end() == 0


# What never shows

PLANTED = ("Planted", "casey", "Casey", "19500304", "S3CR3T", "Q7WORDS", TOKEN)
"""Of a person: names and what was written. Of the service: its secrets."""


async def provoke(service: Served, api: BotApi) -> None:
    """Give every part something that goes wrong, with words that must not show."""
    api.fail("sendMessage", Fault(400, "Bad Request: Planted Q7WORDS"), Fault.too_many(0), Fault.dropped())
    await api.say("Jane Planted dob 19500304 Q7WORDS seen by video, pos?")
    await api.push({"update_id": 900, "message": {"text": "Planted Q7WORDS", "from": "Casey"}})
    await api.push(["Planted Q7WORDS"])
    await api.say("/start Planted")
    await api.say("pos 10 Planted")
    http = service.http
    basic = httpx.BasicAuth("Planted", "S3CR3T-web")
    await http.post("/api/ask", json={"q": "Jane Planted Q7WORDS"}, auth=basic)
    await http.post("/api/ask", content=b'{"q": "Planted', headers={"content-type": "application/json"}, auth=basic)
    await http.post("/api/ask", json={"q": "x"}, auth=httpx.BasicAuth("Planted", "Q7WORDS"))
    await http.get("/codes/Planted?q=Q7WORDS", auth=basic, headers={"user-agent": "Planted", "referer": "/Q7WORDS"})
    await http.post("/telegram", content=b"Planted", headers={"x-telegram-bot-api-secret-token": "Q7WORDS"})
    await http.request("PLANTED", "/Planted")
    with socket.create_connection(("127.0.0.1", http.base_url.port or 0)) as raw:
        raw.sendall(b"GET /Planted Q7WORDS HTTP/9\r\nPlanted\r\n\r\n")
        raw.shutdown(socket.SHUT_WR)
        await asyncio.to_thread(raw.recv, 1000)


async def test_words_names_and_secrets_show_nowhere_not_even_at_debug(tmp_path: Path) -> None:
    secrets = {
        "POSBOT_WEB_PASSWORD": "S3CR3T-web",
        "POSBOT_DESK_PASSWORD": "S3CR3T-desk",
        "POSBOT_SECRET_KEY": "S3CR3T-key",
        "POSBOT_HOST": "0.0.0.0",  # noqa: S104 - so that passwords are asked for
        "POSBOT_LOG_LEVEL": "debug",
        "PYTHONASYNCIODEBUG": "1",
        "PYTHONDEVMODE": "1",
    }
    async with BotApi() as api, served(tmp_path, **talking_to(api, **secrets)) as service:
        await provoke(service, api)
        await api.until(lambda: len(api.sent) >= 3)
        await api.confirmed()
        metrics = await service.metrics()
        assert await service.end() == 0
        assert service.process.stdout
        out = (await service.process.stdout.read()).decode()
    assert "BadRequest" in service.log
    shown = "\n".join([*service.told, out, service.log, metrics])
    assert [word for word in PLANTED if word in shown] == []


async def test_every_line_of_the_log_is_json_with_the_update_it_is_about(tmp_path: Path) -> None:
    async with BotApi() as api, served(tmp_path, **talking_to(api, POSBOT_LOG_LEVEL="debug")) as service:
        api.fail("sendMessage", Fault(400, "Bad Request: no"))
        await api.push({"update_id": 42, "message": api.message("pos 10")})
        await api.confirmed()
        await service.http.get("/codes")
        assert await service.end() == 0
    lines = [json.loads(line) for line in service.log.splitlines()]
    assert lines
    assert all({"time", "level", "logger", "message"} <= set(line) for line in lines)
    assert [line for line in lines if line.get("update") == 42]
    assert [line for line in lines if "request" in line]
