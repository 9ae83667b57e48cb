"""The engine: decides what a question wants and answers it, asks back, or declines.

Rules decide first, likeness of words second. Numbers are never fuzzy.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from bot.core import several
from bot.core.answers import NOT_UNDERSTOOD, Answers
from bot.core.cards import Cards, with_end, with_notice
from bot.core.finder import Finder
from bot.core.language import Languages
from bot.core.lexicon import PLACES, Kind
from bot.core.likeness import CLEAR, FLOOR, Likeness
from bot.core.models import Intent, Match, Outcome
from bot.core.patients import LEAVE_OUT, PatientData
from bot.core.placement import HOME, MOST_CHOICES, TELEHEALTH, Placement
from bot.core.placing import Placer
from bot.core.reading import Reader, Reading, follow
from bot.core.scene import Way
from bot.core.text import CLAUSE, LONGEST
from bot.core.trust import trusted
from bot.core.views import Views

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date

    from bot.core.knowledge import Knowledge
    from bot.core.lexicon import Span
    from bot.core.models import Question, Reply
    from bot.core.numbers import Number
    from bot.core.schema import Payer

FEW_WORDS = 4
"""Words of a topic's phrase below which a place named beside it decides."""
LONG_TOPIC = 3
"""Words of a topic's phrase from which it outweighs a modifier named in passing."""
REMEMBERED = 12
"""Earlier questions that a follow-up may lean on."""
SHORT = 5
"""Words of content up to which a bare number is taken for a code."""
FEW = 9
"""Words of content up to which a message may be a follow-up."""
DAYS_KEPT = 64
"""Pairs of day and payer whose cards are kept drawn; most questions are about today."""
DEFINITION = "what-is-pos"
INSTITUTIONAL = "institutional-claim"
READING_MODIFIER = "26"
"""A modifier where a reading is told and a code beside it, else the military facility."""
POS_OR_MODIFIER = "pos-not-modifier"
LEADING_ZERO = "two-digits"
NOT_TELEHEALTH = "not-telehealth"
IN_PERSON_CODES = {"11", "12", "19", "22"}
"""Codes that went with modifier 95 on Medicare claims through 2023."""
ENDED = "An in-person code with modifier 95 was Medicare's rule through 12/31/2023. Since then the patient's place decides: at home 10, elsewhere 02."
WORTH_ASKING = 0.25
"""Evidence from which a code is worth offering where none can be named."""
SETTLED = 0.84
"""Strength from which a scene decides between codes the asker names."""


class Engine:
    """Answers questions from one knowledge; holds no state between questions."""

    def __init__(self, knowledge: Knowledge) -> None:
        """Build everything that questions are answered from."""
        self.knowledge = knowledge
        self._languages = Languages(knowledge)
        self._reader = Reader(knowledge)
        self._patients = PatientData(self._reader.real_words)
        self._placer = Placer(knowledge)
        self._splitter = several.Splitter(self._reader)
        self._likeness = Likeness(knowledge, knowledge.vocabulary.filler)
        self.finder = Finder(knowledge.finder)
        self._cards = lru_cache(maxsize=DAYS_KEPT)(partial(Cards, knowledge))

    def warm(self) -> None:
        """Make now what is otherwise made when first needed."""
        for _ in self.warming():
            pass

    def warming(self) -> Iterator[None]:
        """Warm piece by piece, nearly all of them a matter of a millisecond: a service does so between its answers."""
        yield from self._likeness.warming()
        yield from self._reader.warming()

    def answer(self, question: Question) -> Reply:
        """Answer, ask back or decline; never raises, whatever the text."""
        reply = self._languages.answered(question, self._answer)
        if len(question.text) > LONGEST:
            reply = with_notice(reply, f"Your message was cut to its first {LONGEST:,} characters.")
        if self._patients.is_in(question.text):
            reply = with_end(reply, LEAVE_OUT)
        return replace(reply, id=question.id, question=question.text)

    def views(self, today: date, on: date | None = None, payer: str | None = None) -> Views:
        """Further looks at codes, for a date of service and a payer of the knowledge."""
        return Views(self.knowledge, self._cards(today, on or today, payer))

    def payer(self, name: str) -> Payer | None:
        """The payer that people call so, slips mended; None where no rules of such a one were read."""
        return self.knowledge.payers.get(self._reader.payer(name) or "")

    def is_put(self, text: str, today: date) -> bool:
        """Whether words said to nobody in particular put a question about codes, and do not only mention a place."""
        reading = self._reader.read(text, today)
        named = any(number.marked for number in reading.numbers) or bool(_SPEAKS_OF_CODES & set(reading.scene.tokens))
        asked = named or reading.asks("compare", "which", "modifier", "rate", "denial")
        return asked or ("?" in text and reading.way.remote and bool(reading.scene.patient_spots))

    # What a phrase means, asked before one is taught

    def holds_patient_data(self, text: str) -> bool:
        """Whether a text looks like it holds data of a patient."""
        return self._patients.is_in(text)

    def names_code(self, text: str) -> bool:
        """Whether a text names a code by its number."""
        numbers = self._reader.read(text, self.knowledge.newest).numbers
        return any(number.two_digits and (number.marked or number.value in self.knowledge.codes) for number in numbers)

    def named_by(self, phrase: str) -> list[Span]:
        """What a phrase names as a whole, first what is written just so."""
        scene = self._reader.read(phrase, self.knowledge.newest).scene
        whole = [span for span in scene.spans if len(span.positions) == len(scene.tokens)]
        return sorted(whole, key=lambda span: span.entry.tokens != scene.tokens)

    def own_words(self, phrase: str) -> tuple[list[str], bool]:
        """The words of a phrase that are more than filler and than talk of people, ways and what is asked.

        And whether all of them are words that the knowledge or everybody uses.
        """
        scene = self._reader.read(phrase, self.knowledge.newest).scene
        talk = {at for span in scene.spans if span.group in _TALK or span.kind in _ASKING for at in span.positions}
        own = self._likeness.content([token for at, token in enumerate(scene.tokens) if at not in talk])
        return own, all(word in self._reader.lexicon.words or word in self._reader.real_words for word in own)

    def _answer(self, question: Question) -> Reply:
        """The reply to a question in English, in the light of those before it."""
        before: tuple[Reading, Reply] | None = None
        for text in question.context[-REMEMBERED:]:
            turn = self._turns(replace(question, text=text), before)[-1]
            told = before[0].told if before else ()
            before = replace(turn[0], told=(*told, *turn[1].codes[:1])[-2:]), turn[1]
        turns = self._turns(question, before)
        if len(turns) == 1:
            return turns[0][1]
        replies = [reply for _, reply in turns[: several.MOST]]
        return several.joined(question.text, replies, more=len(turns) > several.MOST)

    def _turns(self, question: Question, before: tuple[Reading, Reply] | None) -> list[tuple[Reading, Reply]]:
        """The questions of one message, answered one by one; taken as one question where a part is not understood."""
        turns: list[tuple[Reading, Reply]] = []
        for part in self._splitter.split(question.text, question.today)[: several.MOST + 1]:
            earlier = before if not turns else turns[-1] if part.leans else None
            asked = question if part.text == question.text else replace(question, text=part.text)
            turns.append(self._turn(asked, earlier))
        understood = all(reply.confidence > NOT_UNDERSTOOD for _, reply in turns)
        return turns if len(turns) == 1 or understood else [self._turn(question, before)]

    def _turn(self, question: Question, before: tuple[Reading, Reply] | None) -> tuple[Reading, Reply]:
        """One question of a conversation, read in the light of the one before."""
        reading = self._reader.read(question.text, question.today, question.payer)
        if reading.way is Way.UNSAID and reading.scene.patient_spots and set(self._codes(reading)) & set(TELEHEALTH):
            reading = replace(reading, scene=replace(reading.scene, way=Way.TELEHEALTH))
        if before is not None and self._follows(reading):
            telling = reading.scene.flags
            reading = self._with_signs(follow(before[0], reading, before[1].codes), telling)
            if before[1].intent is Intent.DENIAL:
                reading = replace(reading, denied=self._denial_numbers(reading))
        day = question.on or (reading.service.day if reading.service else question.today)
        cards = self._cards(question.today, day, reading.payer)
        answers = Answers(self.knowledge, self._placer, cards, question, day, reading.payer)
        reply = self._decide(reading, answers)
        if reply.outcome is Outcome.ANSWER:
            reply = replace(reply, confidence=trusted(reply, reading, self._unread(reading)))
        return reading, reply

    def _with_signs(self, reading: Reading, telling: frozenset[str]) -> Reading:
        """What a follow-up tells of a place goes before the place told first: "they sleep there"."""
        told = self._reader.signed(reading.scene, telling)
        if not told or not reading.borrowed or reading.way.remote:
            return reading
        return replace(reading, borrowed=False, scene=replace(reading.scene, spots=tuple(told)))

    def _follows(self, reading: Reading) -> bool:
        """Whether a message leans on what was asked before: it is short and does not stand alone."""
        content = self._likeness.content(reading.scene.tokens)
        if any(number.marked for number in reading.numbers) and not reading.asks("followup"):
            return False
        stands = bool(reading.scene.spots) and reading.way is not Way.UNSAID
        opens = bool(reading.scene.spans) and any(
            span.kind is Kind.INTENT and span.value == "followup" and span.start == 0 for span in reading.scene.spans
        )
        return len(content) <= FEW and (opens or not stands)

    # What is asked, in the order in which it is ruled out.

    def _decide(self, reading: Reading, answers: Answers) -> Reply:
        steps: tuple[Callable[[Reading, Answers], Reply | None], ...] = (
            self._small_talk,
            self._out_of_scope,
            self._denial,
            self._no_code,
            self._then,
            self._not_telehealth,
            self._modifier,
            self._claim_form,
            self._compare,
            self._mended,
            self._rate,
            self._since_when,
            self._topic_first,
            self._numbered,
            self._payer,
            self._corrected,
            self._scene,
            self._topic,
            self._followed,
            self._alike,
            self._nearly,
        )
        for step in steps:
            reply = step(reading, answers)
            if reply is not None:
                return reply
        return answers.not_understood(self._understood(reading))

    def _small_talk(self, reading: Reading, answers: Answers) -> Reply | None:
        tokens = [token for token in reading.scene.tokens if token != CLAUSE]
        if not tokens:
            return answers.small_talk()
        if (
            reading.numbers
            or any(span.kind in PLACES or span.kind in _SUBJECTS for span in reading.scene.spans)
            or reading.subject
        ):
            return None
        covered = {at for span in reading.scene.spans if span.value == "smalltalk" for at in span.positions}
        cues = [at for at, token in enumerate(reading.scene.tokens) if token != CLAUSE and at in covered]
        rest = [token for at, token in enumerate(reading.scene.tokens) if token != CLAUSE and at not in covered]
        return answers.small_talk() if cues and not self._likeness.content(rest) else None

    def _out_of_scope(self, reading: Reading, answers: Answers) -> Reply | None:
        named_things = [
            set(span.positions) for span in reading.scene.spans if span.kind in PLACES or span.kind in _SUBJECTS
        ]
        outside = {
            at
            for span in reading.scene.spans
            if span.value == "out_of_scope" and not any(set(span.positions) <= thing for thing in named_things)
            for at in span.positions
        }
        if reading.asks("trick"):
            return answers.out_of_scope()
        if not outside and not reading.asks("other_subject", "trouble"):
            return None
        if (reading.subject or reading.way.remote) and reading.asks("modifier"):
            return None
        inside = {
            at
            for span in reading.scene.spans
            if span.kind in PLACES or span.kind in _SUBJECTS or (span.kind is Kind.GROUP and span.value in _WAYS)
            for at in span.positions
        }
        if _CALLED_POS.search(reading.folded) and not reading.scene.of(Kind.MODIFIER):
            return None
        marked = sum(2 for number in reading.numbers if number.marked and number.two_digits)
        called = 2 * ("place of service" in reading.folded) + 2 * ("pos code" in reading.folded)
        treated = reading.scene.has("patient", "inpatient", "interpretation") and not reading.asks("other_subject")
        elsewhere = reading.asks("other_subject") or (reading.asks("trouble") and not treated)
        if elsewhere and "pos" not in reading.scene.tokens and "place of service" not in reading.folded:
            return answers.out_of_scope()
        return answers.out_of_scope() if len(outside) >= len(inside - outside) + marked + called else None

    def _denial(self, reading: Reading, answers: Answers) -> Reply | None:
        named = reading.scene.of(Kind.DENIAL) or list(reading.denied) or self._listed_denials(reading)
        if not named:
            return None
        asked = reading.way.remote or self._codes(reading) or reading.asks("which", "should")
        placement = self._placer.place(reading.scene) if asked and reading.scene.spots else Placement()
        sure = len(placement.codes) == 1 and placement.strength >= SETTLED
        return answers.denials(named, reading, placement.codes if sure else ())

    def _denial_numbers(self, reading: Reading) -> tuple[str, ...]:
        """Bare numbers that are denial codes."""
        bare = [
            f"CARC {int(number.value)}" for number in reading.numbers if number.value.isdigit() and not number.marked
        ]
        return tuple(name for name in bare if name in self.knowledge.denials)

    def _listed_denials(self, reading: Reading) -> list[str]:
        """Denial codes told from places by one that cannot be a place, "5, 58, 171", or by where they are read."""
        named = self._denial_numbers(reading)
        telling = any(not number.two_digits for number in reading.numbers)
        on_paper = reading.asks("denial") and (telling or not _REMITTANCE.isdisjoint(reading.scene.tokens))
        return list(named) if (on_paper or (telling and len(named) > 1)) and len(named) == len(reading.numbers) else []

    def _then(self, reading: Reading, answers: Answers) -> Reply | None:
        """A telehealth visit before 2024: the rule of that day goes before all that is told of today."""
        other = reading.asks("meaning", "modifier", "claim_form") or reading.scene.of(Kind.MODIFIER)
        if other or not answers.before_split or not reading.way.remote:
            return None
        return answers.placed_then(self._placer.place(reading.scene), reading)

    def _no_code(self, reading: Reading, answers: Answers) -> Reply | None:
        """Numbers that are no code: unassigned, or not of two digits."""
        for number in reading.numbers:
            if number.two_digits and number.value in self.knowledge.codes:
                continue
            if number.two_digits and self._means_code(number, reading):
                return answers.unassigned(number.value, self._nearest(reading))
            if not number.two_digits and number.marked:
                return answers.invalid(number.value)
        return None

    def _nearest(self, reading: Reading) -> str | None:
        """The code the words beside an unassigned number point to."""
        return next((spot.span.value for spot in reading.scene.spots if spot.span.value in self.knowledge.codes), None)

    def _means_code(self, number: Number, reading: Reading) -> bool:
        """Whether a number is meant as a code: it is called one, or the question leaves no other reading."""
        if number.marked:
            return True
        if number.value in self.knowledge.modifiers and number.value not in self.knowledge.codes:
            return False
        content = self._likeness.content(reading.scene.tokens)
        if number.end - number.start < 2:
            return not content
        asked = reading.asks("meaning", "compare", "rate", "date", "which", "confirm")
        return len(content) <= SHORT or (asked and bool(reading.scene.spots))

    def _codes(self, reading: Reading) -> list[str]:
        """Assigned codes the question names, in order."""
        named = [
            number.value
            for number in reading.numbers
            if number.two_digits and number.value in self.knowledge.codes and self._means_code(number, reading)
        ]
        if READING_MODIFIER in named and self._reads_with_26(reading):
            named = [code for code in named if code != READING_MODIFIER]
        return list(dict.fromkeys(named))

    def _not_telehealth(self, reading: Reading, answers: Answers) -> Reply | None:
        """Portal messages, check-ins, monitoring: what looks remote but takes neither 02 nor 10."""
        named = any(topic == NOT_TELEHEALTH for topic, _ in self._topics(reading))
        return answers.topic(NOT_TELEHEALTH, codes=("11",)) if named else None

    def _modifier(self, reading: Reading, answers: Answers) -> Reply | None:
        told = self._told_modifiers(reading)
        if not told and not reading.asks("modifier"):
            return None
        codes = self._codes(reading)
        if codes and told and reading.asks("rate"):
            return answers.rates(codes, modifiers=told)
        placement = self._placer.place(reading.scene) if reading.way.remote else Placement()
        wanted = reading.asks("which") or _ASKED_FOR & set(reading.scene.tokens) or placement.codes == ("10",)
        named = told or [modifier for group, modifier in _CALLED_FOR.items() if reading.scene.has(group)]
        settled = [] if self._open(placement) or not wanted else list(placement.codes)
        if named == [READING_MODIFIER] and (wanted or not told):
            settled = list(self._placer.place(reading.scene).codes[:1])
        if set(codes) & IN_PERSON_CODES and told and set(told) <= {"93", "95"}:
            then = Placement((codes[0],)) if reading.asks("date") else placement or Placement(TELEHEALTH)
            return answers.placed(replace(then, why=ENDED), reading, premise=codes[0])
        described = named and not told
        return (None if described else self._modifier_topic(reading, answers, named, settled)) or self._modifiers(
            reading, answers, named, settled, placement
        )

    @staticmethod
    def _reads_with_26(reading: Reading) -> bool:
        """Whether a bare 26 is the modifier of a reading and not the military facility."""
        bare = any(number.value == READING_MODIFIER and not number.marked for number in reading.numbers)
        return bare and (reading.scene.has("interpretation") or not _SPLIT_BILL.isdisjoint(reading.scene.tokens))

    def _told_modifiers(self, reading: Reading) -> list[str]:
        """Modifiers asked about; one only described, as by "supervising doctor", is not where a visit is told."""
        spans = [span for span in reading.scene.spans if span.kind is Kind.MODIFIER]
        if self._reads_with_26(reading):
            return [READING_MODIFIER]
        if not reading.asks("modifier") and reading.scene.patient_spots:
            spans = [span for span in spans if {span.value.lower(), "modifier"} & set(span.entry.tokens)]
        return list(dict.fromkeys(span.value for span in spans))

    def _modifier_topic(self, reading: Reading, answers: Answers, named: list[str], settled: list[str]) -> Reply | None:
        """A subject among those of modifiers that says more than the modifiers' own cards."""
        codes = self._codes(reading)
        topic = self._best_topic(reading, "modifier")
        mixed_up = topic != POS_OR_MODIFIER or not (reading.scene.spots or (named and codes))
        if (
            topic
            and mixed_up
            and not settled
            and (not named or (topic != "modifiers-telehealth" and self._topics(reading)[0][1] > 1))
        ):
            return answers.topic(topic, codes=codes or None, intent=Intent.MODIFIER)
        long = [name for name, length in self._topics(reading) if length >= LONG_TOPIC]
        return answers.topic(long[0]) if long and not settled and not codes else None

    def _modifiers(
        self, reading: Reading, answers: Answers, named: list[str], settled: list[str], placement: Placement
    ) -> Reply | None:
        """The modifiers named or called for, with the code they go with where one is asked for."""
        codes = self._codes(reading)
        asked = reading.asks("which") or not _ASKED_FOR.isdisjoint(reading.scene.tokens)
        if named and len(codes) > 1:
            pairs = self.knowledge.modifiers[named[0]].pairs_with
            codes.sort(key=lambda code: code not in pairs)
        if named == ["95"] and reading.way is Way.PHONE:
            named = ["93", "95"]
        if named and asked and not settled and not codes:
            settled = list(self.knowledge.modifiers[named[0]].pairs_with[:1])
        if settled and codes and settled[0] not in codes:
            return answers.placed(placement, reading, premise=codes[0])
        if named:
            return answers.modifiers(named, settled or codes, placement, reading)
        if reading.way.remote or reading.subject:
            return answers.modifiers(_PAIRED.get(reading.way, ("95", "93")), settled or codes, placement, reading)
        return (
            answers.modifiers(("95", "93"), codes, placement, reading)
            if codes and set(codes) <= set(TELEHEALTH)
            else None
        )

    @staticmethod
    def _open(placement: Placement) -> bool:
        return len(placement.codes) != 1

    def _claim_form(self, reading: Reading, answers: Answers) -> Reply | None:
        if not reading.asks("claim_form"):
            topic = self._best_topic(reading, "claim_form")
        else:
            topic = self._best_topic(reading, "claim_form") or "claim-form"
        if topic is None:
            return None
        if self._codes(reading) and reading.asks("meaning") and not self._by_number(topic, reading):
            return None
        told = reading.asks("which") or (reading.way.remote and reading.scene.patient_spots)
        if reading.scene.spots and told and not reading.asks("form_where"):
            return None
        if reading.scene.spots and not reading.asks("claim_form"):
            return None
        called = [number.value for number in reading.numbers if number.marked and number.value in self.knowledge.codes]
        if topic == LEADING_ZERO:
            called = [number.value for number in reading.numbers if number.value in self.knowledge.codes]
        return answers.topic(topic, codes=called if len(called) == 1 else None, intent=Intent.CLAIM_FORM)

    def _compare(self, reading: Reading, answers: Answers) -> Reply | None:
        codes = self._codes(reading)
        if reading.subject and reading.asks("both") and len(reading.told) > 1:
            return answers.compare(reading.told)
        several = (
            reading.asks("compare", "which", "tell_apart")
            or _SEVERAL.search(reading.folded)
            or self._only_joined(reading)
        )
        if not several and len(codes) < 2:
            return None
        if len(codes) >= 2 and reading.asks("rate", "rate_word") and not reading.scene.spots:
            return None
        if len(codes) >= 2:
            return answers.compare(self._decided_first(codes, reading))
        if reading.asks("rate", "date") or codes or (self._tells_a_story(reading) and not self._sets_apart(reading)):
            return None
        sides = self._sides(reading)
        if len(sides) < 2 and reading.way.remote and reading.asks("compare") and self._only_home(reading):
            return answers.compare(TELEHEALTH)
        if len(sides) >= 2:
            return answers.compare(self._decided_first(sides, reading))
        open_ones = self._placer.place(reading.scene).ask if reading.asks("compare") else ()
        listed = len(open_ones) > 1 and not self._tells_a_story(reading) and reading.asks("tell_apart")
        return answers.compare(open_ones) if listed else None

    @staticmethod
    def _sets_apart(reading: Reading) -> bool:
        """Whether words are there that put one thing against another, as "different" and "same" alone do not."""
        cues = [span.entry.tokens for span in reading.scene.spans if span.value == "compare"]
        return any(not set(cue) <= _LIKENING for cue in cues)

    @staticmethod
    def _tells_a_story(reading: Reading) -> bool:
        """Whether one visit is told, in which several places do not make it a comparison."""
        return reading.way is not Way.UNSAID or bool(reading.subject) or reading.scene.has("patient", "provider")

    def _only_joined(self, reading: Reading) -> bool:
        """Whether the message is no more than two places side by side: "urgent care and ER", "CORF/IRF"."""
        short = len(self._likeness.content(reading.scene.tokens)) <= SHORT
        joined = "and" in reading.scene.tokens[1:-1] or ("/" in reading.folded and not self._unread(reading))
        return short and joined and not self._tells_a_story(reading)

    @staticmethod
    def _only_home(reading: Reading) -> bool:
        """Whether home, and not home, is all that is named: "telehealth codes for home and not home"."""
        spots = reading.scene.spots
        return any(spot.negated for spot in spots) and {spot.span.value for spot in spots} == {HOME}

    def _decided_first(self, codes: list[str], reading: Reading) -> list[str]:
        """The codes compared, the one the scene calls for first."""
        placement = self._placer.place(reading.scene)
        if len(placement.codes) == 1 and placement.strength >= SETTLED and placement.codes[0] in codes:
            return [placement.codes[0], *(code for code in codes if code != placement.codes[0])]
        return codes

    def _sides(self, reading: Reading) -> list[str]:
        """Codes of what stands on either side of "versus", "or", "and"."""
        tokens = list(reading.scene.tokens)
        cuts = [
            span
            for span in reading.scene.spans
            if span.kind is Kind.INTENT
            and span.value == "compare"
            and {"or", "versus", "against", "from", "than", "to", "compared"} & set(span.entry.tokens)
        ]
        marks = {at for span in cuts for at in span.positions}
        marks |= {at for at, token in enumerate(tokens) if token == "and"}  # noqa: S105 - a word, not a secret
        listed = reading.asks("compare", "tell_apart") or _SEVERAL.search(reading.folded) or self._only_joined(reading)
        least = 0.5 if listed else SETTLED
        sides: list[str] = ["22", "19"] if {"on_campus", "off_campus"} <= reading.scene.flags else []
        for variants in _completed(_segments(tokens, marks)):
            for segment in variants:
                codes = self._side(segment, least)
                if 1 <= len(codes) <= 2:
                    sides.extend(codes)
                    break
        distinct = list(dict.fromkeys(sides))
        return distinct if len(distinct) <= MOST_CHOICES else []

    def _side(self, segment: list[str], least: float) -> tuple[str, ...]:
        """Codes of one side of a comparison; a mere lead will do where it points to one code: "chopper or rig"."""
        scene = self._reader.scene_of(segment)
        found = self._placer.place(scene)
        leads = tuple(scene.of(Kind.HINT)) if not found and least < SETTLED else ()
        return (found.codes or found.ask) if found.strength >= least else leads if len(leads) == 1 else ()

    def _topic_first(self, reading: Reading, answers: Answers) -> Reply | None:
        """A topic named at length goes before codes and scenes."""
        found = self._topics(reading)
        if not found or (found[0][0] == DEFINITION and self._codes(reading)):
            return None
        topic, length = found[0]
        content = len(self._likeness.content(reading.scene.tokens)) or 1
        enough = length >= content or (topic == INSTITUTIONAL and length >= LONG_TOPIC)
        if self._codes(reading) and (not enough or reading.asks("meaning")):
            return None
        if self._by_number(topic, reading) or (topic == INSTITUTIONAL and length >= LONG_TOPIC):
            return answers.topic(topic)  # the hospital's own bill has no place of service, whatever the place
        placement = self._placer.place(reading.scene)
        if placement.match is Match.RULE and self._situation_settled(reading):
            return None
        if reading.scene.patient_spots and placement.codes and placement.strength >= SETTLED:
            return None
        settled = reading.scene.spots or (reading.way.remote and reading.scene.has("patient"))
        share = length / content
        if reading.scene.spots and length < FEW_WORDS:
            return None
        return answers.topic(topic) if share >= (0.75 if settled else 0.5) or (length >= 4 and not settled) else None

    @staticmethod
    def _by_number(topic: str, reading: Reading) -> bool:
        """Whether the topic is named by a number of its own, such as Q3014, which means nothing else."""
        named = {
            at
            for span in reading.scene.spans
            if span.kind is Kind.TOPIC and span.value == topic
            for at in span.positions
        }
        tokens = [reading.scene.tokens[at] for at in named]
        return any(len(token) > 3 and any(letter.isdigit() for letter in token) for token in tokens)

    @staticmethod
    def _situation_settled(reading: Reading) -> bool:
        """Whether somebody's place or standing is told, which outweighs a topic named in passing."""
        return bool(reading.scene.patient_spots) or not _STANDING.isdisjoint(reading.scene.flags)

    def _topics(self, reading: Reading) -> list[tuple[str, int]]:
        """Topics named, with the number of words naming them, most first."""
        found: dict[str, set[int]] = {}
        for span in reading.scene.spans:
            if span.kind is Kind.TOPIC:
                found.setdefault(span.value, set()).update(span.positions)
        return sorted(((topic, len(at)) for topic, at in found.items()), key=lambda pair: -pair[1])

    def _best_topic(self, reading: Reading, intent: str) -> str | None:
        return next(
            (topic for topic, _ in self._topics(reading) if self.knowledge.topics[topic].intent == intent), None
        )

    def _mended(self, reading: Reading, answers: Answers) -> Reply | None:
        """A claim that went wrong with a code that does not fit the visit: the right one, and how to mend it."""
        codes = self._codes(reading)
        if not codes or not reading.asks("denial") or not reading.scene.spots:
            return None
        placement = self._placer.place(reading.scene)
        sure = reading.way.remote or placement.strength >= SETTLED
        right = placement.codes or placement.ask
        wrong = (sure or placement.ask) and 1 <= len(right) <= 2 and set(right).isdisjoint(codes)
        return answers.placed(placement, reading, premise=codes[0]) if wrong else None

    def _rate(self, reading: Reading, answers: Answers) -> Reply | None:
        codes = self._codes(reading)
        if self._paid_in_passing(reading, codes) or (
            not reading.asks("rate")
            and not (codes and reading.asks("rate_word") and not reading.scene.spots)
            and not (_IS_IT_FACILITY.search(reading.folded) and reading.scene.spots)
        ):
            return None
        codes = codes or (list(reading.subject) if reading.borrowed else []) or self._rated_places(reading)
        if reading.subject and reading.asks("pays_more", "pays_less"):
            codes = [*reading.subject, *(code for code in codes if code not in reading.subject)]
        else:
            codes = self._by_rate(codes, reading, answers)
        codes = codes or list(reading.subject)
        if codes:
            return answers.rates(codes, [topic for topic, _ in self._topics(reading)])
        topic = self._best_topic(reading, "rate")
        return answers.topic(topic or "facility-nonfacility", intent=Intent.RATE)

    @staticmethod
    def _paid_in_passing(reading: Reading, codes: list[str]) -> bool:
        """Whether "pays" only belongs to the story: "county pays the motel, NP saw him in his room"."""
        told = reading.scene.has("patient", "provider") and bool(reading.scene.patient_spots) and not codes
        cues = {span.entry.tokens for span in reading.scene.spans if span.kind is Kind.INTENT and span.value == "rate"}
        told = told or reading.asks("denial")
        return told and cues <= _PAYING and not reading.asks("pays_more", "pays_less", "rate_word")

    def _rated_places(self, reading: Reading) -> list[str]:
        """Codes of the places whose rate is asked: both sides of an "or", else the one the scene takes."""
        sides = self._sides(reading) if reading.asks("compare") else []
        if len(sides) > 1:
            return self._decided_first(sides, reading)
        scene = reading.scene
        placement = self._placer.place(scene, self._likeness.scores(scene.tokens) if scene.spots else {})
        return list(placement.codes or placement.ask)

    @staticmethod
    def _by_rate(codes: list[str], reading: Reading, answers: Answers) -> list[str]:
        """The codes, the one that pays more (or less) first where that is asked."""
        first = {"pays_more": "nonfacility", "pays_less": "facility"}
        wanted = next((rate for cue, rate in first.items() if reading.asks(cue)), None)
        return sorted(codes, key=lambda code: answers.rate_of(code) != wanted) if wanted else codes

    def _since_when(self, reading: Reading, answers: Answers) -> Reply | None:
        """When a code began, or whether it may be used on a date."""
        codes = self._codes(reading)
        if reading.asks("date") and not reading.service:
            told = list(reading.subject[:1]) if reading.borrowed else []
            codes = codes or told or self._plainly_named(reading)
            return answers.since_when(codes) if codes else None
        if not codes or not answers.dated or reading.way.remote:
            return None
        return answers.on_date(codes[0]) if not self._situation(reading) or not answers.exists(codes[0]) else None

    def _plainly_named(self, reading: Reading) -> list[str]:
        """The one code a place, or "the street code", is named for, unless a topic says more of the question."""
        topics = self._topics(reading)
        if reading.way.remote or (topics and topics[0][1] > 1):
            return []
        called = [
            span.value
            for span in reading.scene.spans
            if span.kind is Kind.HINT and reading.scene.tokens[span.end : span.end + 1] == ("code",)
        ]
        return list(self._placer.place(reading.scene).codes[:1]) or called[:1]

    @staticmethod
    def _situation(reading: Reading) -> bool:
        """Whether a visit is described, rather than a code only named."""
        return reading.way.remote or bool(reading.scene.patient_spots)

    def _numbered(self, reading: Reading, answers: Answers) -> Reply | None:
        codes = self._codes(reading)
        if not codes:
            return None
        code = codes[0]
        placement = self._placer.place(reading.scene)
        if reading.way.remote and self._situation(reading) and not reading.asks("meaning"):
            return self._judged(code, placement, reading, answers)
        spots = [spot for spot in reading.scene.spots if not spot.negated]
        if not reading.asks("confirm"):  # "pos 22", "and 19?": a further code, not another name for the place
            spots = [spot for spot in spots if spot.span.entry.tokens != (spot.span.value,)]
        told = bool(spots) or not _STANDING.isdisjoint(reading.scene.flags)
        if len(placement.codes) == 1 and told and placement.strength >= SETTLED and code not in placement.codes:
            if self._describes_visit(reading):
                return answers.placed(placement, reading, premise=code)
            return answers.code(code, corrected=placement.codes[0])
        confirmed = code in placement.codes and bool(spots)
        return answers.code(code, confirmed=confirmed, about=self._about(code, reading))

    def _about(self, code: str, reading: Reading) -> list[str]:
        """The wider subject a telehealth code is asked about: "what does POS 02 mean for access to care"."""
        if code not in TELEHEALTH:
            return []
        wide = (name for name, length in self._topics(reading) if length > 1 and name != DEFINITION)
        return [name for name in wide if self.knowledge.topics[name].intent in {"topic", "telehealth"}][:1]

    def _judged(self, code: str, placement: Placement, reading: Reading, answers: Answers) -> Reply:
        """A code named for a telehealth situation: the right code leads, and the premise is corrected first."""
        topics = self._topics(reading)
        if topics and self._open(placement) and not placement.place and not reading.scene.patient_spots:
            return answers.topic(topics[0][0], codes=(code,))
        if placement.codes or placement.ask:
            return answers.placed(placement, reading, premise=code)
        return answers.code(code)

    @staticmethod
    def _describes_visit(reading: Reading) -> bool:
        if _EQUATED.search(reading.folded):
            return False
        people = reading.scene.has("patient", "provider", *_STANDING) or (
            reading.asks("use") and reading.asks("confirm", "which")
        )
        return people and not reading.asks("meaning")

    def _payer(self, reading: Reading, answers: Answers) -> Reply | None:
        """A payer named without a place: its rules lead."""
        named = [payer for payer in reading.scene.of(Kind.PAYER) if payer != "medicare"]
        if reading.scene.has("patient") and not reading.way.remote:
            return None  # the payer of a visit in person: its telehealth rules are not asked for
        return answers.payer() if named and not reading.scene.patient_spots else None

    def _scene(self, reading: Reading, answers: Answers) -> Reply | None:
        scene = reading.scene
        topic = self._topics(reading)
        if not scene.spots and not reading.way.remote and not _STATUS & scene.flags:
            hints = any(span.kind is Kind.HINT for span in scene.spans)
            if topic or not hints:
                return None
        likeness = self._likeness.scores(scene.tokens)
        placement = self._placer.place(scene, likeness, self._unread(reading))
        if not placement:
            return None
        if topic and topic[0][1] >= 2 and set(placement.codes) == set(TELEHEALTH) and not placement.place:
            return answers.topic(topic[0][0])
        beside = [name for name, length in topic if length >= 2 and name != placement.topic]
        return answers.placed(placement, reading, beside=beside[:1])

    def _unread(self, reading: Reading) -> int:
        """Words that mean something but belong to no phrase the knowledge knows."""
        read = {at for span in reading.scene.spans for at in span.positions}
        tokens = [token for at, token in enumerate(reading.scene.tokens) if at not in read]
        return len(self._likeness.content(tokens))

    def _topic(self, reading: Reading, answers: Answers) -> Reply | None:
        found = [name for name, _ in self._topics(reading)] or ["interpretation"] * reading.scene.has("interpretation")
        return answers.topic(found[0]) if found else None

    def _corrected(self, reading: Reading, answers: Answers) -> Reply | None:
        """A follow-up that sets the last answer right: "sorry, meant air not land"."""
        hinted = {span.value for span in reading.scene.spans if span.kind is Kind.HINT} & self._neighbours(reading)
        hinted = hinted if reading.way is Way.UNSAID and _STANDING.isdisjoint(reading.scene.flags) else set()
        turned = reading.borrowed and not reading.way.remote and (reading.asks("correction") or hinted)
        turned = turned or (reading.borrowed and reading.asks("other"))
        return self._followed(reading, answers) if turned else None

    def _followed(self, reading: Reading, answers: Answers) -> Reply | None:
        """A follow-up that names no place of its own: the neighbour of the last code its words point to."""
        if not reading.subject:
            return None
        if reading.asks("other"):
            return answers.code(self._other(reading.subject), intent=Intent.FOLLOWUP, confidence=0.85)
        neighbours = self._neighbours(reading)
        scores = self._likeness.scores(_affirmed(reading.scene.tokens))
        hinted = {span.value for span in reading.scene.spans if span.kind is Kind.HINT}
        ranked = sorted(neighbours & set(scores), key=lambda code: (code not in hinted, -scores[code], code))
        return answers.code(ranked[0], intent=Intent.FOLLOWUP, match=Match.FUZZY, confidence=0.75) if ranked else None

    def _neighbours(self, reading: Reading) -> set[str]:
        """Codes that the last answer's are mixed up with."""
        return {row.code for code in reading.subject for row in self.knowledge.codes[code].confused} - {
            *reading.subject
        }

    def _other(self, subject: tuple[str, ...]) -> str:
        """The other of a pair: the second code answered, the other telehealth code, or the nearest neighbour."""
        if subject[0] in TELEHEALTH:
            return next(code for code in TELEHEALTH if code != subject[0])
        confused = self.knowledge.codes[subject[0]].confused
        return subject[1] if len(subject) > 1 else confused[0].code if confused else subject[0]

    def _alike(self, reading: Reading, answers: Answers) -> Reply | None:
        """Last resort: rapidfuzz over the aliases, with a floor and a margin."""
        ranked = sorted(self._likeness.fuzzy(reading.scene.tokens).items(), key=lambda pair: -pair[1])
        if not ranked or ranked[0][1] < FLOOR:
            return None
        close = [code for code, score in ranked if ranked[0][1] - score < CLEAR][:MOST_CHOICES]
        if len(close) > 1:
            return answers.placed(Placement(ask=tuple(close), match=Match.FUZZY, strength=0.4), reading)
        return answers.placed(Placement((close[0],), match=Match.FUZZY, strength=ranked[0][1] / 120), reading)

    def _nearly(self, reading: Reading, answers: Answers) -> Reply | None:
        """Not enough to name a code: ask back with those the words point to, if they point anywhere."""
        weights = self._placer.weights(reading.scene, self._likeness.scores(reading.scene.tokens))
        ranked = sorted(weights.items(), key=lambda pair: (-pair[1], pair[0]))
        likely = [code for code, weight in ranked if weight >= WORTH_ASKING][:MOST_CHOICES]
        likely += [code for code, weight in ranked if len(likely) == 1 and 0 < weight < WORTH_ASKING][:1]
        guess = Placement(ask=tuple(likely), match=Match.FUZZY, strength=0.3)
        return answers.placed(guess, reading) if len(likely) > 1 else None

    def _understood(self, reading: Reading) -> list[str]:
        """Words of the question the knowledge knows, for the sentence that says what was understood."""
        known = self._reader.lexicon.words
        return [word for word in dict.fromkeys(self._likeness.content(reading.scene.tokens)) if word in known][:6]


_EQUATED = re.compile(r"\b\d\d\s*(?:is|means|=|equals|stands)\s")
_ASKED_FOR = {"code", "pos", "place"}
_LIKENING = {"different", "differ", "same", "instead", "distinct", "thing", "as"}
_IS_IT_FACILITY = re.compile(
    r"^(?:so\s+)?(?:is|are|does)\b.*\b(?:facility|fac|nonfacility|non[- ]?fac(?:ility)?)\W*(?:or (?:not|non\S*)\W*)?$"
)
"""Whether the facility rate applies, as in "is a dialysis center facility?"."""
_SPLIT_BILL = {
    "read",
    "reading",
    "interp",
    "interpretation",
    "global",
    "component",
    "tc",
    "machine",
    "equipment",
    "tracing",
}
"""Words of tests whose reading is billed apart."""
_SPEAKS_OF_CODES = {"pos", "modifier"}
_REMITTANCE = {"eob", "era", "remit", "co", "carc", "remittance"}
_PAYING = {("pay",), ("paid",), ("pay", "the")}
_CALLED_POS = re.compile(r"\b(?:pos|place of service)\W{0,3}\d\d?\b")
_SEVERAL = re.compile(r"\bcodes\b|\b1\s?[).]|\bwhat separates\b|\bseparate\b")
_ASKING = {Kind.INTENT, Kind.IDIOM}
_TALK = {"telehealth", "video", "phone", "in_person", "patient", "provider", "companion", "negation"}
"""Groups of words that are said of any visit."""
_SUBJECTS = {Kind.TELE, Kind.TOPIC, Kind.MODIFIER, Kind.DENIAL, Kind.HINT}
_STANDING = {"inpatient", "observation", "part_a", "no_part_a", "not_admitted"}
_WAYS = {"telehealth", "video", "phone"}
_STATUS = {"inpatient", "observation", "part_a", "provider_based", "interpretation"}
_CALLED_FOR = {"interpretation": "26", "stroke": "G0", "stored": "GQ", "supervision": "FR", "method_two": "GT"}
"""The modifier that what is told of a service calls for, by group of the vocabulary."""
_PAIRED = {Way.PHONE: ("93",), Way.VIDEO: ("95",)}


def _affirmed(tokens: Sequence[str]) -> list[str]:
    """The words that are not denied: in "air not land", air."""
    return [token for at, token in enumerate(tokens) if not at or tokens[at - 1] not in {"not", "no"}]


def _completed(segments: list[list[str]]) -> Iterator[list[list[str]]]:
    """Each side as it stands, else with the word it shares with the others: "psych inpatient vs partial"."""
    for segment in segments:
        opened, closed = [segments[0][0], *segment], [*segment, segments[-1][-1]]
        yield [segment] if len(segments) < 2 else [segment, opened, closed]


def _segments(tokens: list[str], marks: set[int]) -> list[list[str]]:
    """Runs of words between marks and clause ends."""
    runs: list[list[str]] = [[]]
    for at, token in enumerate(tokens):
        if at in marks or token == CLAUSE:
            runs.append([])
        else:
            runs[-1].append(token)
    return [run for run in runs if run]
