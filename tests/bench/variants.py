"""Seeded variants: the same question put otherwise must get the same answer, and a phrase of a code that code."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.core.knowledge import built_in, load
from bot.core.placement import TELEHEALTH
from bot.core.scoring import Label
from bot.core.text import fold, words
from tests.bench import rivals
from tests.bench.edits import EDITS
from tests.bench.labelled import DEV, TODAY, WRITTEN, tuned

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence

    from bot.core.knowledge import Knowledge
    from bot.core.models import Reply

SHOWN = 4
"""Examples printed of each kind of edit."""
WORST = 25
"""Phrases printed of those that most often miss their code."""
_DRAWS = 60
"""Questions tried for one to which an edit applies."""

HERE = (
    "{}",
    "pos for {}",
    "what is the place of service for a {}",
    "pt seen in person at a {}, which pos",
    "we went to the {} to see a patient. what pos code do i use?",
    "patient seen at {}, what goes in box 24b",
    "dr visited resident in {}",
)
"""Frames for a phrase of a place, seen there in person."""
REMOTE = ("video visit, patient at a {}", "pt was at {} for telehealth, 02 or 10?")
"""Frames for a phrase of a place, the patient seen there by video."""
TELE = ("{}", "pos for {}", "what place of service do i use for {}?", "billing a {} visit, which pos")
"""Frames for a phrase of the telehealth codes themselves."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A question put otherwise."""

    kind: str
    label: Label
    text: str

    @property
    def changed(self) -> Label:
        """The labelled question with the other wording."""
        return Label(self.label.id, self.text, self.label.kind, context=self.label.context)


def edited(labels: Sequence[Label], known: Container[str], seed: int, count: int) -> Iterator[Variant]:
    """So many edited questions, or fewer where an edit applies to few; the same for the same seed."""
    seen: set[tuple[str, str]] = set()
    for number in range(count):
        kind = list(EDITS)[number % len(EDITS)]
        chance = random.Random(f"{seed} {number} {kind}")  # noqa: S311 - a repeatable sample, no secret
        for _ in range(_DRAWS):
            label = chance.choice(labels)
            text = EDITS[kind](chance, label.q)
            another = kind.startswith("typo") and _another_word(label.q, text, known)
            if text != label.q and not another and (label.id, text) not in seen:
                seen.add((label.id, text))
                yield Variant(kind, label, text)
                break


def _another_word(before: str, after: str, known: Container[str]) -> bool:
    """Whether a typo happens to make another English word: then it isn't one."""
    return any(word in known for word in {*words(fold(after))} - {*words(fold(before))})


@dataclass(frozen=True, slots=True)
class Framed:
    """A phrase of a code in a question that means that code."""

    frame: str
    phrase: str
    code: str
    wanted: frozenset[str]
    """The codes of the right answer, any of which may lead."""

    @property
    def label(self) -> Label:
        """As a question."""
        return Label(self.phrase, self.frame.format(self.phrase), "describe")


def framed(knowledge: Knowledge, seed: int, count: int) -> list[Framed]:
    """So many questions from phrases drawn from the seed, each phrase in all its frames."""
    phrases = [(code, phrase) for code, record in knowledge.codes.items() for phrase in record.aliases]
    random.Random(f"{seed} phrases").shuffle(phrases)  # noqa: S311 - a repeatable sample, no secret
    return [one for code, phrase in phrases for one in _frames(knowledge, code, phrase)][:count]


def _frames(knowledge: Knowledge, code: str, phrase: str) -> Iterator[Framed]:
    own, by_video = frozenset({code}), frozenset(knowledge.codes[code].by_video)
    if code in TELEHEALTH:
        yield from (Framed(frame, phrase, code, own) for frame in TELE)
        return
    yield from (Framed(frame, phrase, code, own) for frame in HERE)
    yield from (Framed(frame, phrase, code, by_video) for frame in REMOTE)


def essence(reply: Reply) -> tuple[str, str | None, frozenset[str]]:
    """What a reply comes down to: its outcome, its lead, and what it offers."""
    lead = reply.codes[0] if reply.codes else None
    return reply.outcome.value, lead, frozenset(choice.code for choice in reply.choices)


def run(*, seed: int, count: int) -> None:
    """Print how many variants are answered as they should, half of them edits and half frames."""
    knowledge = load([built_in()])
    answer = rivals.ours(knowledge, TODAY)
    _report_edits(answer, edited(tuned([DEV, *WRITTEN]), knowledge.words, seed, count // 2))
    print()
    _report_frames(answer, framed(knowledge, seed, count - count // 2))


def _report_edits(answer: rivals.Answer, variants: Iterable[Variant]) -> None:
    asked: Counter[str] = Counter()
    changed: dict[str, list[str]] = defaultdict(list)
    for one in variants:
        asked[one.kind] += 1
        before, after = essence(answer(one.label)), essence(answer(one.changed))
        if before != after:
            changed[one.kind].append(f"    {one.label.id} {one.text!r}: {_told(before)} became {_told(after)}")
    print(f"{'edits of tuned questions':66}{'asked':>7}{'same':>8}")
    for kind in sorted(asked, key=lambda kind: -len(changed[kind]) / asked[kind]):
        print("\n".join([_row(kind, asked[kind], len(changed[kind])), *changed[kind][:SHOWN]]))
    print(_row("all edits", asked.total(), sum(map(len, changed.values()))))


def _report_frames(answer: rivals.Answer, questions: Iterable[Framed]) -> None:
    asked: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    by_phrase: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in questions:
        asked[one.frame] += 1
        outcome, lead, offered = essence(answer(one.label))
        if lead not in one.wanted:
            missed[one.frame] += 1
            by_phrase[one.code, one.phrase].append(_told((outcome, lead, offered)))
    print(f"{'phrases of the knowledge in frames':66}{'asked':>7}{'right':>8}")
    for frame in sorted(asked, key=lambda frame: -missed[frame] / asked[frame]):
        print(_row(frame, asked[frame], missed[frame]))
    print(_row("all frames", asked.total(), missed.total()))
    print(f"worst phrases, of {len(by_phrase)} that missed in any frame")
    for (code, phrase), told in sorted(by_phrase.items(), key=lambda pair: (-len(pair[1]), pair[0]))[:WORST]:
        print(f"    {code} {phrase!r} missed in {len(told)}: {', '.join(told)}")


def _told(given: tuple[str, str | None, frozenset[str]]) -> str:
    outcome, lead, offered = given
    return " ".join(filter(None, (outcome, lead, "/".join(sorted(offered)))))


def _row(name: str, asked: int, missed: int) -> str:
    return f"{name:66}{asked:>7}{100 * (asked - missed) / asked:>7.1f}%"
