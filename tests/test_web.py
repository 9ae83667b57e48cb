"""The web channel over HTTP: pages without a script, parts for the script, access, and what surrounds them."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import httpx
import pytest
from starlette.requests import Request

from bot.channels.web.access import CLOSED
from bot.channels.web.clients import client_of
from bot.channels.web.routes import routes
from tests.fakes import site

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.channels.answering import Answered
    from bot.channels.web.web import Web
    from bot.core.engine import Engine
    from bot.store.memory import Memory

OWN = {"sec-fetch-site": "same-origin"}
PART = {"posbot-part": "1"} | OWN


class Clock:
    """A clock that stands still until told."""

    def __init__(self) -> None:
        """Begin somewhere."""
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """The clock of the site."""
    return Clock()


@pytest.fixture
def web(engine: Engine, clock: Clock) -> Web:
    """An open site."""
    return site.web(engine, clock=clock)


def client(of: Web, address: str = "127.0.0.1") -> httpx.AsyncClient:
    """A browser that keeps cookies and follows nowhere."""
    transport = httpx.ASGITransport(site.application(of), client=(address, 5000))
    return httpx.AsyncClient(transport=transport, base_url="http://posbot.test")


@pytest.fixture
async def browser(web: Web) -> AsyncIterator[httpx.AsyncClient]:
    """A browser at the open site."""
    async with client(web) as opened:
        yield opened


def words(answer: httpx.Response) -> str:
    """What a page says, without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", answer.text)).split())


def hidden(answer: httpx.Response, name: str) -> str:
    """The value of a hidden field; of several the last."""
    return str(re.findall(rf'name="{name}" value="([^"]*)"', answer.text)[-1])


class TestChat:
    """Asking without a script."""

    async def test_a_posted_question_gets_a_whole_page_with_the_answer(self, browser: httpx.AsyncClient) -> None:
        """The page holds the question, the code, its official name, its rate and a source."""
        answer = await browser.post("/", data={"q": "pt at home on the phone"}, headers=OWN)
        said = words(answer)
        assert answer.status_code == 200
        assert said.startswith("POS 10 - posbot")
        for part in ("pt at home on the phone", "Telehealth Provided in Patient's Home", "Nonfacility rate", "Source:"):
            assert part in said

    async def test_a_follow_up_leans_on_the_answer_before(self, browser: httpx.AsyncClient) -> None:
        """What the page brings back are codes only, and they are enough."""
        first = await browser.post("/", data={"q": "snf resident on video"}, headers=OWN)
        about = hidden(first, "about")
        then = await browser.post("/", data={"q": "and at home?", "about": about}, headers=OWN)
        assert about.startswith("02")
        assert "POS 10" in words(then)

    async def test_a_follow_up_comes_too_late_after_ten_minutes(self, browser: httpx.AsyncClient, clock: Clock) -> None:
        """Then the question stands alone."""
        first = await browser.post("/", data={"q": "pos 31"}, headers=OWN)
        clock.now += 601
        late = await browser.post("/", data={"q": "by video?", "about": hidden(first, "about")}, headers=OWN)
        alone = await browser.post("/", data={"q": "by video?"}, headers=OWN)
        assert words(late).partition("Knowledge")[0] == words(alone).partition("Knowledge")[0]

    async def test_a_forged_memory_is_no_memory(self, browser: httpx.AsyncClient) -> None:
        """A signature that is not ours changes nothing."""
        answer = await browser.post("/", data={"q": "by video?", "about": "31.abc.def"}, headers=OWN)
        assert answer.status_code == 200

    async def test_a_choice_is_made_by_button_and_by_number(self, browser: httpx.AsyncClient) -> None:
        """Both lead to the code that was offered."""
        asked = await browser.post("/", data={"q": "pos for nursing home visit"}, headers=OWN)
        assert 'name="pick" value="31"' in asked.text
        by_number = await browser.post("/", data={"q": "2", "about": hidden(asked, "about")}, headers=OWN)
        by_button = await browser.post("/", data={"pick": "31"}, headers=OWN)
        assert words(by_number).startswith("POS 31")
        assert words(by_button).startswith("POS 31")

    async def test_payer_and_date_of_service_are_heeded(self, browser: httpx.AsyncClient) -> None:
        """The answer is that of the day and names the payer, and the form keeps both."""
        dated = await browser.post("/", data={"q": "pos 02", "on": "2021-06-01"}, headers=OWN)
        paid = await browser.post("/", data={"q": "pos 10", "payer": "aetna"}, headers=OWN)
        assert "Date of service 6/1/2021" in words(dated)
        assert 'value="2021-06-01"' in dated.text
        assert '<option value="aetna" selected>' in paid.text
        assert "Aetna" in words(paid).partition("Source:")[0]

    async def test_a_link_asks_by_words_or_by_codes(self, browser: httpx.AsyncClient) -> None:
        """Both are ordinary pages to share."""
        assert words(await browser.get("/", params={"q": "02 vs 10"})).startswith("POS 02 and 10")
        assert words(await browser.get("/", params={"pick": "02+10"})).startswith("POS 02 and 10")

    async def test_the_script_gets_the_turn_alone(self, browser: httpx.AsyncClient) -> None:
        """A part of the page, no more."""
        part = await browser.post("/", data={"q": "pos 11"}, headers=PART)
        assert part.text.lstrip().startswith("<article")

    async def test_what_somebody_types_is_shown_as_text(self, browser: httpx.AsyncClient) -> None:
        """Markup of theirs stays words."""
        answer = await browser.post("/", data={"q": "<script>alert(1)</script> pos 11"}, headers=OWN)
        assert "<script>alert" not in answer.text
        assert "&lt;script&gt;alert(1)" in answer.text

    @pytest.mark.parametrize("form", [{"q": "pos 10", "on": "soon"}, {"pick": "zz"}, {"pick": "-"}])
    async def test_a_form_nobody_could_send_is_told_so(self, browser: httpx.AsyncClient, form: dict[str, str]) -> None:
        """One sentence, status 422."""
        answer = await browser.post("/", data=form, headers=OWN)
        assert answer.status_code == 422
        assert "again" in words(answer)

    async def test_too_many_questions_from_one_address_are_held_off(self, web: Web) -> None:
        """One client cannot keep the others waiting."""
        web.flood.burst = 2
        async with client(web) as busy, client(web, "10.1.1.1") as other:
            statuses = [(await busy.post("/", data={"q": "pos 11"}, headers=OWN)).status_code for _ in range(3)]
            assert statuses == [200, 200, 429]
            assert (await other.post("/", data={"q": "pos 11"}, headers=OWN)).status_code == 200

    async def test_listeners_hear_of_questions(self, web: Web, browser: httpx.AsyncClient) -> None:
        """Questions count, presses do not."""
        heard: list[Answered] = []
        web.answering.listeners.append(heard.append)
        await browser.post("/", data={"q": "pos 11"}, headers=OWN)
        await browser.post("/", data={"pick": "11"}, headers=OWN)
        assert [each.channel for each in heard] == ["web"]


class TestVotes:
    """Thumbs."""

    async def test_a_thumb_and_a_reason_are_kept_with_the_codes(self, web: Web, browser: httpx.AsyncClient) -> None:
        """One vote a session and answer: the last."""
        answer = await browser.post("/", data={"q": "is 22 facility"}, headers=OWN)
        signed = hidden(answer, "vote")
        up = await browser.post("/vote", data={"vote": signed, "thumb": "up"}, headers=OWN)
        down = await browser.post("/vote", data={"vote": signed, "thumb": "2"}, headers=PART)
        memory: Memory = web.memory  # type: ignore[assignment]
        assert "Thank you, noted." in words(up)
        assert words(down) == "Thank you, noted."
        assert [(vote.is_up, vote.reason, vote.codes) for vote in memory.votes.values()] == [
            (False, "Out of date", ("22",))
        ]

    @pytest.mark.parametrize("thumb", ["", "down", "0", "9", "\u00b2"])
    async def test_a_thumb_nobody_could_give_is_refused(self, browser: httpx.AsyncClient, thumb: str) -> None:
        """One sentence, status 422."""
        answer = await browser.post("/", data={"q": "is 22 facility"}, headers=OWN)
        given = await browser.post("/vote", data={"vote": hidden(answer, "vote"), "thumb": thumb}, headers=OWN)
        assert given.status_code == 422

    async def test_a_forged_vote_is_refused(self, browser: httpx.AsyncClient) -> None:
        """Only answers of ours are voted on."""
        given = await browser.post("/vote", data={"vote": "1 22 rate.a.b", "thumb": "up"}, headers=OWN)
        assert given.status_code == 422


class TestSurroundings:
    """What holds for every page."""

    async def test_other_sites_cannot_press_our_buttons(self, browser: httpx.AsyncClient) -> None:
        """Told by Sec-Fetch-Site, else by Origin; a program that sends neither is no browser."""
        form = {"q": "pos 11"}
        refused = ({"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "http://evil.test"})
        for headers in (*refused, {"origin": "null"}, {"origin": "http://[bad"}):
            assert (await browser.post("/", data=form, headers=headers)).status_code == 403
        for headers in ({"sec-fetch-site": "same-origin"}, {"origin": "http://posbot.test"}, {}):
            assert (await browser.post("/", data=form, headers=headers)).status_code == 200

    async def test_every_answer_binds_the_browser(self, browser: httpx.AsyncClient) -> None:
        """Faults too."""
        for path in ("/", "/find", "/nowhere", "/static/posbot.css", "/openapi.json"):
            headers = (await browser.get(path)).headers
            assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
            assert headers["x-content-type-options"] == "nosniff"

    async def test_a_page_that_is_not_there_says_so(self, browser: httpx.AsyncClient) -> None:
        """Status 404 and a way back."""
        answer = await browser.get("/nowhere")
        assert answer.status_code == 404
        assert "There is no such page here." in words(answer)

    async def test_a_huge_form_is_refused(self, browser: httpx.AsyncClient) -> None:
        """Before it is read."""
        answer = await browser.post("/", data={"q": "x" * 300_000}, headers=OWN)
        assert answer.status_code == 413

    async def test_a_fault_of_ours_is_an_apology(
        self, web: Web, browser: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        """One sentence for the asker, and nothing they wrote for the log."""

        def fail(_answered: Answered) -> None:
            raise RuntimeError("secret words")

        web.answering.listeners.append(fail)
        answer = await browser.post("/", data={"q": "secret words"}, headers=OWN)
        assert answer.status_code == 500
        assert "Something went wrong on my side." in words(answer)
        assert "RuntimeError" in caplog.text
        assert "secret words" not in caplog.text


class TestAccess:
    """Where others than this machine can reach the site."""

    async def test_without_a_password_everything_is_closed(self, engine: Engine) -> None:
        """One sentence that names the setting."""
        async with client(site.web(engine, is_loopback=False)) as browser:
            for path in ("/", "/find", "/sign-in"):
                answer = await browser.get(path)
                assert answer.status_code == 403
                assert CLOSED in words(answer)
            assert (await browser.get("/openapi.json")).json() == {"error": CLOSED}
            api = await browser.post("/api/ask", json={"q": "pos 10"})
            assert (api.status_code, api.json()) == (403, {"error": CLOSED})

    async def test_the_password_opens_the_pages(self, engine: Engine) -> None:
        """The sign-in page leads back to where somebody wanted to go."""
        async with client(site.web(engine, is_loopback=False, password="open sesame")) as browser:
            first = await browser.get("/find/vh")
            assert (first.status_code, first.headers["location"]) == (303, "/sign-in?to=/find/vh")
            wrong = await browser.post("/sign-in", data={"password": "sesame", "to": "/find/vh"}, headers=OWN)
            assert wrong.status_code == 401
            right = await browser.post("/sign-in", data={"password": "open sesame", "to": "/find/vh"}, headers=OWN)
            assert (right.status_code, right.headers["location"]) == (303, "/find/vh")
            assert (await browser.get("/find/vh")).status_code == 200

    @pytest.mark.parametrize("to", ["//evil.test", "https://evil.test", "/\\evil.test", "/a\r\nb", ""])
    async def test_signing_in_leads_nowhere_else(self, engine: Engine, to: str) -> None:
        """Not to another site."""
        async with client(site.web(engine, is_loopback=False, password="open sesame")) as browser:
            right = await browser.post("/sign-in", data={"password": "open sesame", "to": to}, headers=OWN)
            assert right.headers["location"] == "/"

    async def test_signing_out_takes_the_cookie_back(self, engine: Engine) -> None:
        """The next page asks for the password again."""
        async with client(site.web(engine, is_loopback=False, password="open sesame")) as browser:
            await browser.post("/sign-in", data={"password": "open sesame"}, headers=OWN)
            assert "Sign out" in words(await browser.get("/"))
            await browser.post("/sign-out", headers=OWN)
            assert (await browser.get("/")).status_code == 303

    @pytest.mark.parametrize(("proto", "proxies", "secure"), [("https", ("127.0.0.1",), True), ("https", (), False)])
    async def test_behind_a_trusted_https_proxy_cookies_are_secure(
        self, engine: Engine, proto: str, proxies: tuple[str, ...], secure: bool
    ) -> None:
        """Browsers then send them by HTTPS only."""
        web = site.web(engine, is_loopback=False, password="open sesame", trusted_proxies=proxies)
        async with client(web) as browser:
            headers = OWN | {"x-forwarded-proto": proto}
            answer = await browser.post("/sign-in", data={"password": "open sesame"}, headers=headers)
            cookie = answer.headers["set-cookie"].lower()
            assert ("; secure" in cookie) == secure
            assert "httponly" in cookie
            assert "samesite=lax" in cookie

    async def test_a_new_password_signs_everybody_out(self, engine: Engine) -> None:
        """The cookie stands for the password it was given for."""
        web = site.web(engine, is_loopback=False, password="open sesame")
        async with client(web) as browser:
            await browser.post("/sign-in", data={"password": "open sesame"}, headers=OWN)
            assert (await browser.get("/")).status_code == 200
            web.password = "other"
            assert (await browser.get("/")).status_code == 303

    async def test_guessing_is_throttled(self, engine: Engine) -> None:
        """Then even the right password has to wait; other clients do not."""
        web = site.web(engine, is_loopback=False, password="open sesame")
        async with client(web, "10.0.0.1") as guesser, client(web, "10.0.0.2") as other:
            statuses = []
            for _ in range(11):
                answer = await guesser.post("/sign-in", data={"password": "guess"}, headers=OWN)
                statuses.append(answer.status_code)
            assert statuses == [401] * 10 + [429]
            late = await guesser.post("/sign-in", data={"password": "open sesame"}, headers=OWN)
            assert late.status_code == 429
            assert int(late.headers["retry-after"]) > 0
            fine = await other.post("/sign-in", data={"password": "open sesame"}, headers=OWN)
            assert fine.status_code == 303

    async def test_the_api_takes_the_password_by_http_basic(self, engine: Engine) -> None:
        """Without it, a challenge."""
        async with client(site.web(engine, is_loopback=False, password="open sesame")) as program:
            bare = await program.post("/api/ask", json={"q": "pos 10"})
            assert bare.status_code == 401
            assert bare.headers["www-authenticate"].startswith("Basic ")
            assert set(bare.json()) == {"error"}
            wrong = await program.post("/api/ask", json={"q": "pos 10"}, auth=("any", "guess"))
            assert wrong.status_code == 401
            right = await program.post("/api/ask", json={"q": "pos 10"}, auth=("any", "open sesame"))
            assert right.json()["codes"] == ["10"]

    async def test_only_trusted_proxies_name_the_client(self, engine: Engine) -> None:
        """What others write into the forwarded-for header counts nothing."""
        web = site.web(engine, trusted_proxies=("10.0.0.0/8",))
        web.flood.burst = 1
        forwarded = {"x-forwarded-for": "1.2.3.4, 192.0.2.7, 10.0.0.9"}
        async with client(web, "10.0.0.1") as proxied, client(web, "192.0.2.7") as direct:
            assert (await proxied.post("/api/ask", json={"q": "x"}, headers=forwarded)).status_code == 200
            assert (await direct.post("/api/ask", json={"q": "x"})).status_code == 429
            assert (await direct.post("/api/ask", json={"q": "x"}, headers=forwarded)).status_code == 429


@pytest.mark.parametrize(
    ("peer", "forwarded", "who"),
    [
        ("192.0.2.7", "1.2.3.4", "192.0.2.7"),
        ("10.0.0.1", "1.2.3.4, 192.0.2.7, 10.0.0.9", "192.0.2.7"),
        ("10.0.0.1", "10.0.0.8, 10.0.0.9", "10.0.0.8"),
        ("10.0.0.1", "unknown, x", "10.0.0.1"),
        ("::ffff:10.0.0.1", "2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:3::4", "", "2001:db8:1:2::/64"),
        ("", "", ""),
    ],
)
def test_who_asks_is_told_by_trusted_proxies_only(peer: str, forwarded: str, who: str) -> None:
    """The nearest address that is no trusted proxy's; an office's IPv6 addresses count as one."""
    scope = {
        "type": "http",
        "client": (peer, 1) if peer else None,
        "headers": [(b"x-forwarded-for", forwarded.encode())],
    }
    assert client_of(Request(scope), ("10.0.0.0/8",)) == who


async def test_the_routes_are_one_mount_that_goes_last(web: Web) -> None:
    """A service puts its own addresses before it."""
    assert len(routes(web)) == 1
