"""Finds messages that a human must see within minutes, from the tables of danger signs in `signs/`.

A certain sign is an emergency whatever the network makes of the message. An ambiguous sign, or two weak signs of
different topics close together, make one only if the network agrees. A message that only cries for help, as `cries.py`
knows them, is a certain one, and so are a reading that is critical by its number, as `critical_numbers.py` knows them,
and a fever in somebody who cannot fight it (`at_risk.py`).

The screen only raises a message's priority. It is not a diagnosis, it does not replace a person, and it finds only
dangers that are written in words it knows.

A sign does not count if it is denied ("no chest pain"), or if its own clause says that it is long past ("a stroke in
2011") or only talked about ("read that it can cause"), or its sentence that it is over ("cleared up"). A clause begins
at a comma, and also where another subject or verb begins, because people write without commas: "my dad is unresponsive
he had a stent put in last year", "how much is a visit cant breathe". What is said in another clause sets no certain
sign aside; it makes one ambiguous at most. A certain sign of self-harm or of an ingestion is set aside only if it is
denied, or if its own clause says that it is past: people who say that they want to die often say in the same breath
that they were fine, that it is an old thought or that they are joking.

A certain sign of another danger counts as ambiguous if it is told as a story: with a date or a place in a life ("in
August", "as a young man"), or with what came of it in its own or the next sentence ("the medics came"). One of an
ingestion counts so only for its date: who has taken too much often feels fine. A date in another clause is no story if
the clause of the sign is in the present.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain

from classifier.outputs import Language
from classifier.rules.at_risk import load_risks
from classifier.rules.cries import cry_language
from classifier.rules.critical_numbers import load_finders
from classifier.rules.danger_signs import Guards, SignTable, load_tables
from classifier.rules.denials import denies_on_form
from classifier.text.normalise import normalised, without_accents
from classifier.text.shortening import shorten_text
from intake.vocabulary import DangerKind

_SENTENCE_END = re.compile(r"[!?;¿¡]+|\.+(?!\d)")
_CLAUSE_END = re.compile(r"[,;:]")

# How many characters before or after a sign the words that rule it out may be; voicemail has no periods.
_NEAR = 60

# The same for the words that tell of a sign as a story, which may stand in the next sentence.
_TOLD_NEAR = 100

# In a message of no more characters, a sign without a verb is news ("arm numb speech slurred"), in a letter an old ill.
_TELEGRAM = 160

# In a letter of more characters, a number may be one of many that its writer looks back on.
_NOTE = 400

# How many characters may lie between two weak signs that count together. A long letter has two of them somewhere.
_PAIR_REACH = 120


@dataclass(frozen=True, slots=True)
class Screening:
    """What the words of a message say about danger.

    Attributes:
        certain: The kind of an emergency that is one whatever the network says.
        possible: The kind of an emergency that is one only if the network agrees; None if there is a certain one.
        language: The language of the words that say so; None if no words do.
    """

    certain: DangerKind | None = None
    possible: DangerKind | None = None
    language: Language | None = field(default=None, compare=False)


def screen_text(text: str) -> Screening:
    """Return which dangers a message may be about. Of several kinds, the first in the order of `DangerKind` wins.

    Args:
        text: Any string.
    """
    if denies_on_form(text):
        return Screening()
    sentences = break_sentences(text)
    words = frozenset(sentences.split())
    tables = [table for table in load_tables() if not table.common_words or not table.common_words.isdisjoint(words)]
    told: dict[DangerKind, Language] = {}
    for kind, language, is_story in _certain_signs(tables, sentences):
        if not is_story:
            return Screening(certain=kind, language=language)
        told.setdefault(kind, language)
    if cry := cry_language(text):
        return Screening(certain=DangerKind.OTHER, language=cry)
    return _possible_screening(tables, told, sentences)


def is_urgent(text: str) -> bool:
    """Return whether a message may need a human within minutes: it has a certain or a possible danger."""
    return screen_text(text) != Screening()


def read_if_urgent(text: str) -> str | None:
    """Return as much of a text of any length as is read, if that may need a human within minutes; None of any other."""
    read, _ = shorten_text(text)
    return read if is_urgent(read) else None


def break_sentences(text: str) -> str:
    """Return a message in the spelling that the signs are written for, with a line for each sentence."""
    return _SENTENCE_END.sub("\n", without_accents(normalised(text)))


def _certain_signs(tables: list[SignTable], sentences: str) -> Iterator[tuple[DangerKind, Language, bool]]:
    """Find the certain signs lazily, in the order of the kinds: the kind, the language, and whether it is only told."""
    for kind in DangerKind:
        for table in tables:
            if kind in table.certain:
                for sign in counting_signs(table.certain[kind], table.guards, sentences, certain=kind):
                    yield kind, table.language, is_told(sign, table.guards, kind, sentences)
    yield from _critical_readings(sentences)
    yield from _risky_fevers(sentences)


def _critical_readings(sentences: str) -> Iterator[tuple[DangerKind, Language, bool]]:
    """Find the readings that are critical by their number, lazily: certain signs, or in letters ambiguous ones."""
    kind = DangerKind.OTHER
    for finder in load_finders():
        for reading in finder.readings_in(sentences):
            if _counts(_Place(sentences, reading, finder.guards, _NEAR), finder.guards, kind):
                is_story = len(sentences) > _NOTE or is_told(reading, finder.guards, kind, sentences)
                yield kind, finder.language, is_story


def _risky_fevers(sentences: str) -> Iterator[tuple[DangerKind, Language, bool]]:
    """Find the fevers of people who cannot fight what causes them, lazily: certain signs, or ambiguous ones if told."""
    kind = DangerKind.OTHER
    for risk in load_risks():
        for fever in risk.fevers_in(sentences):
            place = _Place(sentences, fever, risk.guards, _NEAR)
            if _counts(place, risk.guards, kind):
                # The date may be that of the treatment: "transplant in March, temp 101".
                is_story = place.is_narrated and is_told(fever, risk.guards, kind, sentences)
                yield kind, risk.language, is_story or risk.was.search(sentences) is not None


def _possible_screening(tables: list[SignTable], told: dict[DangerKind, Language], sentences: str) -> Screening:
    """Return the first kind of danger that is told, or of which there is an ambiguous sign or a pair of weak ones."""
    for kind in DangerKind:
        if kind in told:
            return Screening(possible=kind, language=told[kind])
        for table in tables:
            if _has_ambiguous(table, kind, sentences) or _has_pair(table, kind, sentences):
                return Screening(possible=kind, language=table.language)
    return Screening()


def _has_ambiguous(table: SignTable, kind: DangerKind, sentences: str) -> bool:
    """Return whether an ambiguous sign of a kind of danger counts."""
    if kind not in table.ambiguous:
        return False
    return any(True for _ in counting_signs(table.ambiguous[kind], table.guards, sentences))


def _has_pair(table: SignTable, kind: DangerKind, sentences: str) -> bool:
    """Return whether two weak signs of a kind of danger, but of different topics, count and are close together."""
    if kind not in table.weak:
        return False
    last_seen: dict[int | None, int] = {}
    for sign in counting_signs(table.weak[kind], table.guards, sentences):
        topic = sign.lastindex
        if any(other != topic and sign.start() - end <= _PAIR_REACH for other, end in last_seen.items()):
            return True
        last_seen[topic] = sign.end()
    return False


def counting_signs(
    expression: re.Pattern[str], guards: Guards, sentences: str, *, certain: DangerKind | None = None
) -> Iterator[re.Match[str]]:
    """Find the signs that nothing near them sets aside, lazily.

    Args:
        expression: What finds the signs.
        guards: What sets a sign aside.
        sentences: A message, from `break_sentences`.
        certain: What the signs are about, if they are certain ones: less sets these aside.
    """
    sign = expression.search(sentences)
    while sign:
        counts = _counts(_Place(sentences, sign, guards, _NEAR), guards, certain)
        if counts:
            yield sign
        # A sign that was set aside may have hidden another that begins within it.
        sign = expression.search(sentences, sign.end() if counts else sign.start() + 1)


class _Place:
    """A sign among the words of its sentence that are near it, and its own clause among them."""

    def __init__(self, sentences: str, sign: re.Match[str], guards: Guards, near: int) -> None:
        self.before = sentences[max(0, sign.start() - near) : sign.start()].rpartition("\n")[2]
        self.sign = sign.group()
        self.after = sentences[sign.end() : sign.end() + near].partition("\n")[0]
        self.sentence = f"{self.before}{self.sign}{self.after}"
        self._guards = guards
        self._start, self._end = len(self.before), len(self.before) + len(self.sign)

    @cached_property
    def _subjects(self) -> list[re.Match[str]]:
        return list(self._guards.subject.finditer(self.sentence))

    @cached_property
    def _starts(self) -> list[int]:
        """Where clauses with a subject or a verb of their own begin."""
        return [found.start() for found in chain(self._subjects, self._guards.verb.finditer(self.sentence))]

    @cached_property
    def _borders(self) -> list[int]:
        """Where the clauses of the sentence begin."""
        return sorted(chain([0], self._starts, (found.end() for found in _CLAUSE_END.finditer(self.sentence))))

    @cached_property
    def clause(self) -> tuple[int, int]:
        """Where the sign's own clause begins and ends in the sentence."""
        start = max(border for border in self._borders if border <= self._start)
        end = min((border for border in self._borders if border >= self._end), default=len(self.sentence))
        return start, end

    @property
    def has_subject(self) -> bool:
        """Whether the sign begins with a subject of its own."""
        return any(found.start() <= self._start < found.end() for found in self._subjects)

    @property
    def has_verb(self) -> bool:
        """Whether the sign begins a clause with its verb."""
        return self._start in self._borders and self._start > 0

    @property
    def is_present(self) -> bool:
        """Whether the sign's own clause is in the present."""
        return self._guards.present.search(self.sentence, *self.clause) is not None

    @property
    def is_narrated(self) -> bool:
        """Whether the sign's own clause is in the past, and in nothing but the past."""
        return not self.is_present and self.governs(self._guards.narrated) is not None

    def governs(self, guard: re.Pattern[str]) -> re.Match[str] | None:
        """Return what of a guard stands in the sign's own clause."""
        return guard.search(self.sentence, *self.clause)

    def is_in_another_clause(self, found: re.Match[str]) -> bool:
        """Return whether something found in the sentence stands in another clause, which has a subject or a verb."""
        start, end = self.clause
        if found.end() > start and found.start() < end:
            return False
        own = max(border for border in self._borders if border <= found.start())
        return own in self._starts


def _counts(place: _Place, guards: Guards, certain: DangerKind | None) -> bool:
    """Return whether nothing near a sign sets it aside."""
    if _is_denied(place, guards):
        return False
    past = place.governs(guards.past)
    is_past = past is not None and not guards.present.search(place.sentence, past.end(), place.clause[1])
    if certain in (DangerKind.SELF_HARM, DangerKind.INGESTION):
        return not is_past or place.governs(guards.now) is not None
    if place.governs(guards.spoken_of) and not guards.happening.search(place.before + place.sign):
        return False
    if certain:
        return not (is_past and not guards.now.search(place.sentence)) and not place.governs(guards.over)
    if _is_over(place, guards):
        return False
    if not is_past and not place.is_present:
        is_past = guards.past.search(place.sentence) is not None
    return not is_past or guards.now.search(place.sentence) is not None


def _is_denied(place: _Place, guards: Guards) -> bool:
    """Return whether a denial right before a sign holds for it: it does not reach into the next clause."""
    if guards.denied.search(place.before):
        return True
    if place.has_subject:
        return False
    if guards.denied_verb.search(place.before):
        return True
    return not place.has_verb and guards.denied_noun.search(place.before) is not None


def is_told(sign: re.Match[str], guards: Guards, kind: DangerKind, sentences: str) -> bool:
    """Return whether a certain sign is told as a story, so that it is no more than an ambiguous one.

    Args:
        sign: The sign.
        guards: What its table looks for around it.
        kind: What it is about. An intent to die is never a story, an ingestion only for its date.
        sentences: The message, from `break_sentences`.
    """
    if kind is DangerKind.SELF_HARM:
        return False
    place = _Place(sentences, sign, guards, _TOLD_NEAR)
    rest = sentences[sign.end() : sign.end() + 2 * _TOLD_NEAR].partition("\n")[2]
    next_sentence = rest.strip().partition("\n")[0][:_TOLD_NEAR]
    if kind is DangerKind.OTHER:
        if guards.ended.search(f"{place.sign}{place.after}\n{next_sentence}") or _is_over(place, guards):
            return True
        if place.is_narrated and guards.past.search(place.sentence) and not guards.now.search(place.sentence):
            return True
    if guards.now.search(place.sentence):
        return False
    if place.is_present:
        return place.governs(guards.told) is not None
    is_brief = len(sentences) <= _TELEGRAM and not place.is_narrated
    return guards.told.search(next_sentence) is not None or any(
        not (is_brief and place.is_in_another_clause(told)) for told in guards.told.finditer(place.sentence)
    )


def _is_over(place: _Place, guards: Guards) -> bool:
    """Return whether the sentence of a sign says that it is over: "was fine, and now" says that it has begun."""
    if guards.over.search(place.sign + place.after[:_NEAR]):
        return True
    is_over_before = guards.over.search(place.before[-_NEAR:]) is not None
    return is_over_before and not place.is_present and not guards.now.search(place.before + place.sign)
