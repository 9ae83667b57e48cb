"""Pages to look up: every value has one, every fact of them comes from the knowledge, and links lead somewhere."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

import pytest

from bot.channels.web.catalog import Catalog, Wanted
from bot.channels.web.timeline import Stretch, drawing
from bot.core.dates import in_us, us
from bot.core.schema import Sure
from tests import web_screens
from tests.conftest import NAMES, TODAY, UNASSIGNED
from tests.fakes import site
from tests.screenshots import SCREENS
from tests.test_web import PART, client, words

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx

    from bot.core.engine import Engine
    from bot.core.knowledge import Knowledge


@pytest.fixture
async def browser(engine: Engine) -> AsyncIterator[httpx.AsyncClient]:
    """A browser at an open site."""
    async with client(site.web(engine)) as opened:
        yield opened


@pytest.fixture(scope="session")
def catalog(engine: Engine) -> Catalog:
    """All values on the day of the facts."""
    return Catalog.of(engine.knowledge, engine.views(TODAY))


def found(catalog: Catalog, **wanted: str) -> list[str]:
    """The codes that a search finds."""
    return [row.code for row in catalog.search(Wanted.of(wanted))]


class TestCatalog:
    """The list of codes."""

    def test_every_value_is_in_it_once(self, catalog: Catalog) -> None:
        """Ninety-nine values, each under its official name."""
        assert found(catalog, status="all") == [f"{number:02d}" for number in range(1, 100)]
        assert found(catalog, status="unassigned") == UNASSIGNED
        assert {row.code: row.name for row in catalog.rows if row.is_assigned} == NAMES

    @pytest.mark.parametrize(
        ("search", "first"),
        [
            ("22", "22"),
            ("pos 31", "31"),
            ("Office", "11"),
            ("nursing home", "31"),
            ("off campus", "19"),
            ("methadone", "58"),
            ("telehealth at home", "10"),
            ("2", "02"),
            ("URGENT", "20"),
        ],
    )
    def test_a_search_finds_by_number_name_and_phrase(self, catalog: Catalog, search: str, first: str) -> None:
        """The best comes first."""
        assert found(catalog, q=search)[0] == first

    def test_an_unassigned_number_is_found_whatever_the_filter(self, catalog: Catalog) -> None:
        """Whoever types it wants to know."""
        assert found(catalog, q="93") == ["93"]

    def test_filters_narrow_it_down(self, catalog: Catalog, knowledge: Knowledge) -> None:
        """By rate and by what a patient there means for telehealth."""
        assert found(catalog, telehealth="itself") == ["02", "10"]
        assert found(catalog, telehealth="10") == ["12"]
        assert set(found(catalog, telehealth="either")) == {
            code for code, record in knowledge.codes.items() if len(record.by_video) > 1
        }
        rates = [found(catalog, rate=rate) for rate in ("facility", "nonfacility", "none")]
        assert sorted(code for codes in rates for code in codes) == sorted(NAMES)
        assert found(catalog, q="hospital", rate="nonfacility", status="unassigned") == []

    def test_a_filter_that_is_none_counts_nothing(self, catalog: Catalog) -> None:
        """A mangled link still shows the list."""
        assert found(catalog, rate="free", status="old", telehealth="x") == found(catalog)

    async def test_the_page_works_by_its_address_alone(self, browser: httpx.AsyncClient) -> None:
        """Search and filters are ordinary fields, and keep what was chosen."""
        answer = await browser.get("/codes", params={"q": "hospital", "rate": "facility"})
        assert 'value="hospital"' in answer.text
        assert '<option value="facility" selected>' in answer.text
        assert 'href="/codes/21"' in answer.text
        assert 'href="/codes/11"' not in answer.text

    async def test_the_script_gets_the_rows_alone(self, browser: httpx.AsyncClient) -> None:
        """By the same rules."""
        part = await browser.get("/codes", params={"q": "zzzz"}, headers=PART)
        assert words(part).startswith("No code fits.")
        assert "<html" not in part.text


class TestCode:
    """The page of one value."""

    @pytest.mark.parametrize("code", sorted(NAMES))
    async def test_everything_known_is_on_it(self, browser: httpx.AsyncClient, knowledge: Knowledge, code: str) -> None:
        """Name, meaning, rate, telehealth notes in force, neighbours, settings and every source with its day."""
        said = words(await browser.get(f"/codes/{code}"))
        record = knowledge.codes[code]
        for note in (*record.meaning, *record.rate, *record.telehealth, *record.note):
            if note.holds(TODAY) and note.sure is not Sure.UNVERIFIED and note.payer in {"all", "medicare"}:
                assert " ".join(in_us(note.text).split()) in said
                assert all(knowledge.sources[name].title in said for name in note.sources)
        for row in record.confused:
            assert row.decides in said
            assert NAMES[row.code] in said
        assert said.startswith(f"POS {code} - {NAMES[code]} - posbot")
        assert all(setting in said for setting in record.settings)
        assert "checked 11/23/2026" in said

    @pytest.mark.parametrize("code", [UNASSIGNED[0], UNASSIGNED[-1], "93"])
    async def test_an_unassigned_value_says_so(self, browser: httpx.AsyncClient, code: str) -> None:
        """With its source and the codes beside it."""
        answer = await browser.get(f"/codes/{code}")
        assert answer.status_code == 200
        assert f"POS {code} - unassigned" in words(answer)
        assert ("is a modifier" in words(answer)) == (code == "93")

    @pytest.mark.parametrize("value", ["00", "100", "2", "x1", "%20", "\u0662\u0660", "01%2F..", "\u00b2\u00b2"])
    async def test_what_is_no_value_gets_one_sentence(self, browser: httpx.AsyncClient, value: str) -> None:
        """Status 404."""
        answer = await browser.get(f"/codes/{value}")
        assert answer.status_code == 404

    async def test_it_can_be_seen_as_on_a_day(self, browser: httpx.AsyncClient) -> None:
        """With the name and the meaning of that day; a day that is none is told so."""
        then = await browser.get("/codes/02", params={"on": "2021-06-01"})
        before = await browser.get("/codes/10", params={"on": "2021-06-01"})
        wrong = await browser.get("/codes/10", params={"on": "then"})
        assert words(then).startswith("POS 02 - Telehealth - posbot")
        assert "As on 6/1/2021" in words(then)
        assert "POS 10 did not exist on 6/1/2021" in words(before)
        assert wrong.status_code == 422

    async def test_a_follow_up_leans_on_the_page(self, browser: httpx.AsyncClient) -> None:
        """The field at its end asks about the code."""
        shown = await browser.get("/codes/31")
        about = re.findall(r'name="about" value="([^"]+)"', shown.text)[0]
        answer = await browser.post("/", data={"q": "by video?", "about": about}, headers=PART)
        assert "02" in words(answer)

    async def test_the_history_names_every_name_and_rate(
        self, browser: httpx.AsyncClient, knowledge: Knowledge
    ) -> None:
        """In the drawing and in words."""
        said = words(await browser.get("/codes/02"))
        for name in knowledge.codes["02"].name:
            assert f"{us(name.from_ or TODAY)}" in said
            assert name.text in said


class TestCompare:
    """Two codes side by side."""

    @pytest.mark.parametrize("pair", [("02", "10"), ("10", "02"), ("31", "32"), ("01", "99")])
    async def test_any_two_codes_stand_side_by_side(self, browser: httpx.AsyncClient, pair: tuple[str, str]) -> None:
        """Both names, and what decides where it is known."""
        said = words(await browser.get("/compare/{}/{}".format(*pair)))
        assert all(NAMES[code] in said for code in pair)
        assert ("Only the patient's place decides." in said) == (set(pair) == {"02", "10"})

    async def test_the_form_leads_to_a_pair(self, browser: httpx.AsyncClient) -> None:
        """And to the code itself where both are one."""
        chosen = await browser.get("/compare", params={"one": "11", "other": "22"})
        same = await browser.get("/compare/11/11")
        assert (chosen.status_code, chosen.headers["location"]) == (303, "/compare/11/22")
        assert (same.status_code, same.headers["location"]) == (303, "/codes/11")

    @pytest.mark.parametrize("path", ["/compare/02/28", "/compare/02/2", "/compare?one=02&other=", "/compare"])
    async def test_what_is_no_pair_is_not_found(self, browser: httpx.AsyncClient, path: str) -> None:
        """One sentence."""
        answer = await browser.get(path)
        assert answer.status_code == 404
        assert "can be compared" in words(answer)


class TestChanges:
    """What changed."""

    async def test_every_code_with_a_known_start_is_on_it(
        self, browser: httpx.AsyncClient, knowledge: Knowledge
    ) -> None:
        """And every later name."""
        said = words(await browser.get("/changes"))
        for code, record in knowledge.codes.items():
            if record.name[0].from_:
                assert f"{code} {record.name[0].text}" in said
            for earlier, _ in zip(record.name, record.name[1:], strict=False):
                assert f"called {earlier.text}." in said

    async def test_every_dated_telehealth_rule_is_on_it(self, browser: httpx.AsyncClient, knowledge: Knowledge) -> None:
        """Its words without the date they open with, and its date."""
        said = words(await browser.get("/changes"))
        for note in knowledge.topics["telehealth-timeline"].note[1:]:
            assert in_us(note.text)[-40:] in said
            assert note.brief is None or note.brief in said

    async def test_nothing_is_told_that_no_row_holds(self, browser: httpx.AsyncClient, knowledge: Knowledge) -> None:
        """Every date on the page stands in the knowledge."""
        said = words(await browser.get("/changes"))
        dates = {f"{month}/{day}/{year}" for month, day, year in re.findall(r"\b(\d+)/(\d+)/(\d{4})\b", said)}
        rows = [
            *(row for record in knowledge.codes.values() for row in (*record.name, *record.rate)),
            *(note for topic in knowledge.topics.values() for note in topic.note),
        ]
        known = {us(day) for row in rows for day in (row.from_, row.until) if day}
        told = " ".join(in_us(note.text) for topic in knowledge.topics.values() for note in topic.note)
        told += " ".join(in_us(rate.text) for record in knowledge.codes.values() for rate in record.rate)
        assert {day for day in dates - known if day not in told} == {us(knowledge.newest)}


class TestDrawing:
    """Time as a drawing."""

    def test_bars_stand_where_their_days_are(self) -> None:
        """In percent of whole years; open ends reach the edge."""
        drawn = drawing(
            [
                (
                    "One",
                    [
                        Stretch("a", "x", date(2020, 1, 1), date(2021, 12, 31)),
                        Stretch("b", "x", date(2022, 1, 1), None),
                    ],
                )
            ],
            date(2023, 12, 31),
        )
        bars = drawn.lanes[0].bars
        assert (drawn.ticks[0], len(drawn.ticks)) == ((2019, 0.0), 5)
        assert [bar.y for bar in bars] == [20, 20]
        assert bars[0].x == pytest.approx(20, abs=0.1)
        assert bars[0].x + bars[0].width == pytest.approx(bars[1].x, abs=0.02)
        assert bars[1].x + bars[1].width == 100
        assert drawn.today == pytest.approx(100, abs=0.1)

    def test_what_overlaps_stands_below(self) -> None:
        """In rows of its own."""
        both = [Stretch("a", "x", date(2020, 1, 1), None), Stretch("b", "x", date(2021, 1, 1), None)]
        bars = drawing([("One", both)], TODAY).lanes[0].bars
        assert bars[0].y < bars[1].y

    def test_an_unknown_start_is_seen_before_its_end(self) -> None:
        """Some years of it."""
        bars = drawing([("One", [Stretch("a", "x", None, date(2015, 12, 31))])], TODAY).lanes[0].bars
        assert bars[0].x == 0
        assert bars[0].width > 10

    def test_an_empty_lane_is_left_out(self) -> None:
        """With its heading."""
        assert drawing([("One", []), ("Two", [Stretch("a", "x", None, None)])], TODAY).lanes[0].title == "Two"


async def test_every_link_leads_somewhere(browser: httpx.AsyncClient) -> None:
    """From page to page, as far as our own links go; finder steps and codes are tested on their own."""
    seen, waiting = set(), ["/"]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = await browser.get(path)
        assert answer.status_code == 200, path
        if answer.headers["content-type"].startswith("text/html") and path.count("/") == 1:
            waiting += re.findall(r'(?:href|src)="(/[^"#]*)"', answer.text.replace("&amp;", "&"))
    assert len(seen) > 60


def test_the_pictures_show_the_site_as_it_is_now() -> None:
    """Renew stale ones with `python -m tests.web_screens`; none weighs more than it should."""
    assert web_screens.DIGEST.read_text("utf-8").strip() == web_screens.digest()
    for name in web_screens.PICTURES:
        assert (SCREENS / f"{name}.png").stat().st_size < web_screens.LARGEST
