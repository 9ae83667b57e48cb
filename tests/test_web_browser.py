"""The web channel in a real browser: what people do on it, how quick it is, and whether everybody can use it."""

from __future__ import annotations

import re
from contextlib import contextmanager
from statistics import median
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from bot.channels.flood import Flood
from tests import browsers
from tests.conftest import NAMES
from tests.fakes import site

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

    from bot.channels.web.web import Web
    from bot.core.engine import Engine
    from bot.store.memory import Memory

pytestmark = pytest.mark.skipif(browsers.installed() is None, reason=browsers.MISSING)

PHONE: ViewportSize = {"width": 390, "height": 844}
SMALL: ViewportSize = {"width": 360, "height": 740}
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
PAGES = (
    "/",
    "/?pick=10",
    "/?pick=02%2B10",
    "/?q=pos+for+nursing+home+visit",
    "/?q=pt+in+car+on+video",
    "/find",
    "/find/pxf",
    "/codes",
    "/codes?status=all",
    "/codes/02",
    "/codes/93",
    "/compare/31/32",
    "/changes",
    "/privacy",
    "/nowhere",
)
EACH_KIND = (
    "/",
    "/?pick=10",
    "/?q=pos+for+nursing+home+visit",
    "/find",
    "/codes",
    "/codes/02",
    "/compare/31/32",
    "/changes",
)
"""One page of each kind, for what takes long to look over."""
WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
"""The rules of the guidelines that everybody is held to."""
SERIOUS = {"serious", "critical"}
REFUSED = re.compile(r"Failed to load resource: the server responded with a status of (401|404|429) ")
"""What a browser says of a wrong password, a page that is not there and a client that asks too fast: all on purpose."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests."""
    with browsers.chromium() as started:
        yield started


@pytest.fixture(scope="module")
def web(engine: Engine) -> Web:
    """The site's parts."""
    return site.web(engine, flood=Flood(burst=10_000))


@pytest.fixture(scope="module")
def address(web: Web) -> Iterator[str]:
    """Where the site is served."""
    with site.serving(web) as served:
        yield served


@contextmanager
def opened(browser: Browser, address: str, **settings: object) -> Iterator[Page]:
    """Open a page of which every complaint, and every request to elsewhere, is a fault."""
    context: BrowserContext = browser.new_context(**({"viewport": DESKTOP} | settings))  # type: ignore[arg-type]
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda said: faults.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda sent: None if sent.url.startswith(address) else faults.append(sent.url))
    page.goto(address)
    yield page
    context.close()
    assert [fault for fault in faults if not REFUSED.match(fault)] == []


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A page on a desktop."""
    with opened(browser, address) as shown:
        yield shown


def serious_faults(
    browser: Browser, address: str, scheme: str, *rules: str, size: ViewportSize = PHONE
) -> list[tuple[str, str]]:
    """What axe-core finds serious on a page with everything unfolded: the rule and the start of the element."""
    context = browser.new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(address)
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    found = Axe().run(page, options={"runOnly": list(rules or WCAG), "resultTypes": ["violations"]})
    context.close()
    return [
        (each["id"], node["html"][:120])
        for each in found.response["violations"]
        for node in each["nodes"]
        if each["impact"] in SERIOUS
    ]


def ask(page: Page, words: str) -> None:
    """Type a question and wait for one more answer than there was."""
    before = page.locator(".turn").count()
    page.get_by_label("Your question").fill(words)
    page.get_by_role("button", name="Ask", exact=True).click()
    page.locator(".turn").nth(before).wait_for()


def last(page: Page) -> str:
    """What the last turn says."""
    return page.locator(".turn").last.inner_text()


class TestTalking:
    """The chat."""

    def test_a_question_is_answered_in_place(self, page: Page) -> None:
        """No page is loaded, the question leaves the field, and the screen reader hears the answer."""
        page.evaluate("window.same = true")
        ask(page, "pt at home on the phone")
        assert "Telehealth Provided in Patient's Home" in last(page)
        assert page.evaluate("window.same")
        assert page.get_by_label("Your question").input_value() == ""
        expect(page.locator("#status")).to_contain_text("POS 10")

    def test_the_conversation_stays_and_is_leaned_on(self, page: Page) -> None:
        """A follow-up stands below what it follows."""
        ask(page, "snf resident on video")
        ask(page, "and at home?")
        assert page.locator(".turn").count() == 2
        assert "Telehealth Provided in Patient's Home" in last(page)

    def test_did_you_mean_is_a_button_and_a_number(self, page: Page) -> None:
        """Both choose; focus goes to the answer of a button."""
        ask(page, "pos for nursing home visit")
        page.get_by_role("button", name="Skilled Nursing Facility").click()
        page.locator(".turn").nth(1).wait_for()
        assert "POS 31" in last(page)
        assert page.evaluate("document.activeElement.className") == "answer"
        ask(page, "pos for nursing home visit")
        ask(page, "1")
        assert "Nursing Facility" in last(page)

    def test_looks_unfold_one_at_a_time(self, page: Page) -> None:
        """More, modifiers, payers and sources of the code."""
        ask(page, "pos 10")
        for name in ("More on 10", "Modifiers", "Sources"):
            page.locator(".turn summary").get_by_text(name, exact=True).click()
            expect(page.locator(".looks details[open]")).to_have_count(1)
        assert page.get_by_role("link", name="AAFP: Medicare telehealth in 2025").is_visible()

    def test_a_payer_can_be_picked_after_the_answer_and_before_the_question(self, page: Page) -> None:
        """By button and by list."""
        ask(page, "pos 10")
        page.locator(".turn summary").get_by_text("Payers").click()
        page.get_by_role("button", name="Aetna").click()
        page.locator(".turn").nth(1).wait_for()
        assert "Aetna" in last(page)
        page.get_by_label("Payer").select_option(label="Cigna")
        ask(page, "pos 02")
        assert "Cigna" in last(page)

    def test_the_date_of_service_is_heeded(self, page: Page) -> None:
        """And shown with the answer."""
        page.get_by_label("Date of service").fill("2021-06-01")
        ask(page, "pos 02")
        assert "Date of service 6/1/2021" in last(page)

    def test_comparing_leads_to_the_page_of_both(self, page: Page) -> None:
        """In the conversation first."""
        ask(page, "pos 10")
        page.get_by_role("button", name="Compare with 02").click()
        page.locator(".turn").nth(1).wait_for()
        page.get_by_role("link", name="side by side").click()
        page.wait_for_url("**/compare/**")
        assert page.locator(".pair .card").count() == 2

    def test_thumbs_thank_in_place(self, page: Page, web: Web) -> None:
        """A thumb down asks for its reason first."""
        memory: Memory = web.memory  # type: ignore[assignment]
        memory.votes.clear()
        ask(page, "is 22 facility")
        page.get_by_role("button", name="Yes, this helped").click()
        expect(page.locator(".thanks")).to_have_text(["Thank you, noted."])
        ask(page, "is 11 facility")
        page.get_by_label("No, this did not help").click()
        page.get_by_role("button", name="Hard to read").click()
        expect(page.locator(".thanks")).to_have_text(["Thank you, noted."] * 2)
        assert [(vote.is_up, vote.reason) for vote in memory.votes.values()] == [(True, None), (False, "Hard to read")]
        assert len({chat for chat, _, _ in memory.votes}) == 1

    def test_the_code_is_copied(self, browser: Browser, address: str) -> None:
        """Alone, as it goes on a claim."""
        with opened(browser, address, permissions=["clipboard-read", "clipboard-write"]) as page:
            ask(page, "pos 02")
            page.get_by_role("button", name="Copy 02").click()
            page.get_by_role("button", name="Copied").wait_for()
            assert page.evaluate("navigator.clipboard.readText()") == "02"

    def test_a_refusal_is_told_in_place(self, page: Page, web: Web) -> None:
        """And the question stays to be sent again."""
        open_to_all, web.flood = web.flood, Flood(burst=0)
        try:
            ask(page, "pos 11")
        finally:
            web.flood = open_to_all
        assert "Please wait a moment" in last(page)
        assert page.get_by_label("Your question").input_value() == "pos 11"

    def test_everything_can_be_done_by_keyboard(self, page: Page) -> None:
        """From the field to the answer's looks and back."""
        page.keyboard.type("pos 10")
        page.keyboard.press("Enter")
        page.locator(".turn").wait_for()
        expect(page.locator(".turn .code")).to_have_text("10")
        summary = page.locator(".looks summary").first
        summary.focus()
        page.keyboard.press("Enter")
        assert page.locator(".looks details[open]").count() == 1


class TestFinding:
    """The finder and the list."""

    def test_taps_lead_to_the_code_and_make_a_link(self, page: Page, address: str) -> None:
        """Each step is an address of its own; back goes back."""
        page.get_by_role("link", name="Find", exact=True).click()
        for label in ("In person", "Hospital", "Outpatient, off campus"):
            page.get_by_role("link", name=label, exact=True).click()
        page.get_by_role("heading", name="Off Campus-Outpatient Hospital").wait_for()
        assert page.url == f"{address}/find/pxf"
        page.get_by_role("link", name="Back", exact=True).click()
        page.get_by_role("heading", name="Where in the hospital").wait_for()

    def test_the_list_follows_what_one_types(self, page: Page, address: str) -> None:
        """Without loading a page, and without the words in the address."""
        page.goto(f"{address}/codes")
        page.get_by_label("Search").press_sequentially("dialysis")
        page.get_by_text("End-Stage Renal Disease Treatment Facility").wait_for()
        expect(page.locator(".codes li")).not_to_have_count(len(NAMES))
        page.get_by_label("Medicare rate").select_option("facility")
        page.get_by_text("No code fits").or_(page.locator(".badge.facility").first).wait_for()
        assert page.url == f"{address}/codes"


class TestWithoutScript:
    """Everything works without a script."""

    def test_ask_follow_up_choose_and_vote(self, browser: Browser, address: str) -> None:
        """By plain forms."""
        with opened(browser, address, java_script_enabled=False) as page:
            ask(page, "snf resident on video")
            assert "POS 02" in page.title()
            page.get_by_label("Your question").fill("and at home?")
            page.get_by_role("button", name="Ask", exact=True).click()
            assert "POS 10" in page.title()
            page.get_by_label("Your question").fill("pos for nursing home visit")
            page.get_by_role("button", name="Ask", exact=True).click()
            page.get_by_role("button", name="Skilled Nursing Facility").click()
            assert "POS 31" in page.title()
            page.locator("summary").get_by_text("More on 31").click()
            page.get_by_label("No, this did not help").click()
            page.get_by_role("button", name="Out of date").click()
            page.get_by_text("Thank you, noted.").wait_for()

    def test_the_list_has_a_button(self, browser: Browser, address: str) -> None:
        """It is not needed where there is a script."""
        with opened(browser, address, java_script_enabled=False) as page:
            page.goto(f"{address}/codes")
            page.get_by_label("Search").fill("dialysis")
            page.get_by_role("button", name="Show").click()
            assert page.locator(".codes li").count() < 10


class TestSigningIn:
    """Where others than this machine can reach the site."""

    def test_the_password_leads_to_the_page_that_was_wanted(self, browser: Browser, engine: Engine) -> None:
        """A wrong one is told so beside the field; the page has no serious fault either."""
        with (
            site.serving(site.web(engine, is_loopback=False, password="open sesame")) as address,
            opened(browser, address) as page,
        ):
            page.goto(f"{address}/codes/02")
            page.get_by_label("Password").fill("guess")
            page.get_by_role("button", name="Sign in").click()
            page.get_by_text("That is not the password.").wait_for()
            assert serious_faults(browser, page.url, "light") == []
            page.get_by_label("Password").fill("open sesame")
            page.get_by_role("button", name="Sign in").click()
            page.get_by_role("heading", name=NAMES["02"], exact=True).wait_for()
            page.get_by_role("button", name="Sign out").click()
            page.get_by_label("Password").wait_for()


class TestForEverybody:
    """Looks and access."""

    @pytest.mark.parametrize("path", EACH_KIND)
    def test_no_serious_fault_for_who_cannot_see_the_page(self, browser: Browser, address: str, path: str) -> None:
        """By axe-core, with everything unfolded."""
        assert serious_faults(browser, address + path, "light") == []

    @pytest.mark.parametrize("path", ["/?pick=02%2B10", "/codes/10"])
    def test_colours_can_be_told_apart_in_the_dark(self, browser: Browser, address: str, path: str) -> None:
        """By axe-core's rule for contrast."""
        assert serious_faults(browser, address + path, "dark", "color-contrast") == []

    @pytest.mark.full
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize("size", [SMALL, DESKTOP], ids=["360 px", "desktop"])
    @pytest.mark.parametrize("path", PAGES)
    def test_no_serious_fault_on_any_page(
        self, browser: Browser, address: str, path: str, size: ViewportSize, scheme: str
    ) -> None:
        """By all rules of axe-core, on every page, size and scheme."""
        assert serious_faults(browser, address + path, scheme, size=size) == []

    def test_no_page_scrolls_sideways_on_a_small_phone(self, browser: Browser, address: str) -> None:
        """Unfolded too."""
        wide = []
        with opened(browser, address, viewport=SMALL) as page:
            for path in PAGES:
                page.goto(address + path)
                page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
                if page.evaluate("document.documentElement.scrollWidth") > SMALL["width"]:
                    wide.append(path)
        assert wide == []

    def test_dark_is_dark_and_light_is_light(self, browser: Browser, address: str) -> None:
        """As the device wants it."""
        grounds = []
        for scheme in ("light", "dark"):
            with opened(browser, address, color_scheme=scheme) as page:
                ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
                grounds.append(sum(map(int, re.findall(r"\d+", ground))))
        assert grounds[0] > 700
        assert grounds[1] < 100

    def test_the_page_can_be_installed(self, page: Page, address: str) -> None:
        """The manifest names icons that are there."""
        manifest = page.request.get(f"{address}/manifest.webmanifest")
        assert manifest.headers["content-type"] == "application/manifest+json"
        for icon in manifest.json()["icons"]:
            assert page.request.get(address + icon["src"]).headers["content-type"] == icon["type"]


class TestQuick:
    """Weight and speed."""

    def test_the_first_page_is_light(self, browser: Browser, address: str) -> None:
        """Everything it loads stays under 60 KB over the wire."""
        context = browser.new_context(viewport=PHONE)
        page = context.new_page()
        wire = context.new_cdp_session(page)
        sizes: list[float] = []
        wire.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
        wire.send("Network.enable")
        page.goto(address, wait_until="networkidle")
        context.close()
        assert len(sizes) >= 3
        assert sum(sizes) < 60_000

    def test_an_answer_comes_within_a_tenth_of_a_second(self, browser: Browser, address: str) -> None:
        """From the click until it stands on the page, at the median."""
        with opened(browser, address, reduced_motion="reduce") as page:
            took = page.evaluate(
                """async (questions) => {
                    const took = [];
                    const form = document.getElementById("ask");
                    for (const question of questions) {
                        form.elements.q.value = question;
                        const before = document.querySelectorAll(".turn").length;
                        const answered = new Promise((done) => new MutationObserver((_, self) => {
                            if (document.querySelectorAll(".turn").length > before) { self.disconnect(); done(); }
                        }).observe(document.getElementById("conversation"), { childList: true }));
                        const start = performance.now();
                        form.querySelector("button").click();
                        await answered;
                        await new Promise(requestAnimationFrame);
                        took.push(performance.now() - start);
                    }
                    return took;
                }""",
                ["pos 10", "02 vs 10", "pt at home on the phone", "why M77", "is 22 facility"] * 4,
            )
        assert median(took) < 100
