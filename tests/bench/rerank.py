"""What a statistical model would add to the rules: naive Bayes over words, pairs of words and phrases found."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.core.knowledge import built_in, load
from bot.core.models import Intent, Match, Outcome
from bot.core.reading import Reader
from bot.core.scoring import Label, Mark, score
from tests.bench import rivals
from tests.bench.labelled import DEV, TODAY, WRITTEN, labels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bot.core.models import Reply

KEPT_OUT = {DEV.stem, "further_h", "further_i", "further_j", "unread"}
"""Files whose questions kept out of tuning (all, or each third) were never read; of the others too many were."""
SURE = (0.5, 0.9, 0.99)
"""How sure the model is from which it is followed."""
SMOOTHING = 0.3
NONE = "none"
"""Stands for a question that takes no code."""
WEAK = 0.8
"""Confidence below which an answer of the rules is open to being overruled."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A labelled question with what it shows and what the rules reply."""

    label: Label
    features: frozenset[str]
    reply: Reply

    @property
    def wanted(self) -> str:
        """The code it takes."""
        return self.label.codes[0] if self.label.codes else NONE


class Bayes:
    """Multinomial naive Bayes with additive smoothing, each feature counted once a question."""

    def __init__(self, asked: Sequence[Asked]) -> None:
        """Count."""
        self._classes = Counter(one.wanted for one in asked)
        self._seen: dict[str, Counter[str]] = defaultdict(Counter)
        for one in asked:
            self._seen[one.wanted].update(one.features)
        self._features = {feature for counts in self._seen.values() for feature in counts}

    def likeliest(self, features: Iterable[str]) -> tuple[str, float]:
        """The likeliest code and its probability."""
        known = self._features.intersection(features)
        logs: dict[str, float] = {}
        for wanted, many in self._classes.items():
            counts = self._seen[wanted]
            total = counts.total() + SMOOTHING * len(self._features)
            logs[wanted] = math.log(many) + sum(math.log((counts[one] + SMOOTHING) / total) for one in known)
        best = max(logs, key=logs.__getitem__)
        return best, 1 / sum(math.exp(log - logs[best]) for log in logs.values())


def run() -> None:
    """Train on what was read while tuning, count on what was kept out of it."""
    tuned, held = _questions()
    model = Bayes(tuned)
    guesses = {one.label.id: model.likeliest(one.features) for one in held}
    print(f"trained on {len(tuned)} questions, counted on {len(held)} kept out\n")
    print(f"{'':62}{'changed':>8}{'right':>8}{'wrong':>8}{'harmful':>9}")
    print(_row("rules alone", held, {}))
    for name, open_to in _USES.items():
        for least in SURE:
            print(_row(f"{name}, {least:.2f} sure", held, _changed(held, guesses, open_to, least)))
    print(_row("the model alone", held, {one.label.id: _told(one.reply, guesses[one.label.id][0]) for one in held}))


def _questions() -> tuple[list[Asked], list[Asked]]:
    """Those that were read while tuning, and those that were not."""
    knowledge = load([built_in()])
    reader, answer = Reader(knowledge), rivals.ours(knowledge, TODAY)
    parts: tuple[list[Asked], list[Asked]] = [], []
    for file in (DEV, *WRITTEN):
        for label in labels([file]):
            kept_out = file.stem == "unread" or (label.held_out and file.stem in KEPT_OUT)
            parts[kept_out].append(_asked(label, reader, answer(label)))
    return parts


def _changed(
    held: Sequence[Asked], guesses: dict[str, tuple[str, float]], open_to: Callable[[Reply], bool], least: float
) -> dict[str, Reply]:
    """Replies that the model sets its code in the lead of, by question."""
    changed: dict[str, Reply] = {}
    for one in held:
        code, sure = guesses[one.label.id]
        if sure >= least and code != NONE and one.reply.codes[:1] != (code,) and open_to(one.reply):
            changed[one.label.id] = _told(one.reply, code)
    return changed


_USES: dict[str, Callable[[Reply], bool]] = {
    "for what the rules decline": lambda reply: (
        reply.outcome is Outcome.DECLINE and reply.intent is Intent.OUT_OF_SCOPE
    ),
    "for what they ask back or match by likeness": lambda reply: (
        reply.outcome is Outcome.CLARIFY or reply.match is Match.FUZZY
    ),
    "for their weak answers": lambda reply: (
        reply.outcome is Outcome.ANSWER and reply.confidence < WEAK and bool(reply.codes)
    ),
    "for all places they answer": lambda reply: (
        reply.outcome is Outcome.ANSWER and reply.intent in {Intent.DESCRIBE, Intent.TELEHEALTH}
    ),
}


def _asked(label: Label, reader: Reader, reply: Reply) -> Asked:
    scene = reader.read(" ".join((*label.context, label.q)), TODAY).scene
    features = {
        *scene.tokens,
        *map(" ".join, pairwise(scene.tokens)),
        *(f"{span.kind}={span.value}" for span in scene.spans),
    }
    return Asked(label, frozenset(features), reply)


def _told(reply: Reply, code: str) -> Reply:
    """The reply with the model's code in the lead."""
    if code == NONE:
        return replace(reply, outcome=Outcome.DECLINE, codes=(), choices=())
    return replace(reply, outcome=Outcome.ANSWER, codes=(code,), choices=())


def _row(name: str, held: Sequence[Asked], changed: dict[str, Reply]) -> str:
    marks = Counter(score(one.label, changed.get(one.label.id, one.reply)).mark for one in held)
    shares = (marks[mark] / len(held) for mark in (Mark.RIGHT, Mark.WRONG, Mark.HARM))
    right, wrong, harm = (f"{share:.1%}" for share in shares)
    return f"{name:62}{len(changed):>8}{right:>8}{wrong:>8}{harm:>9}"
