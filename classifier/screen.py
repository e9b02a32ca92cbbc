"""Finds messages that a human must see within minutes, from the tables of danger signs in `signs/`.

A certain sign is an emergency whatever the network makes of the message. An ambiguous sign, or two weak signs of
different topics close together, make one only if the network agrees.

The screen only raises a message's priority. It is not a diagnosis, it does not replace a person, and it finds only
dangers that are written in words it knows.

A sign does not count if its own sentence denies it ("no chest pain"), or says that it is long past ("a stroke in
2011"), over ("cleared up") or only talked about ("read that it can cause"). A certain sign of self-harm or of an
ingestion is set aside only if it is denied, or if its own clause goes on to say that it is past: people who say that
they want to die often say in the same breath that they were fine, that it is an old thought or that they are joking.

A certain sign of another danger counts as ambiguous if it is told as a story: with a date or a place in a life ("in
August", "as a young man"), or with what came of it in its own or the next sentence ("the medics came"). One of an
ingestion counts so only for its date: who has taken too much often feels fine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from classifier.danger_signs import Guards, SignTable, load_tables
from classifier.normalise import normalised, without_accents
from intake.vocabulary import DangerKind

_SENTENCE_END = re.compile(r"[!?;¿¡]+|\.+(?!\d)")
_CLAUSE_END = re.compile(r"[,;:]")

# How many characters before or after a sign the words that rule it out may be; voicemail has no periods.
_NEAR = 60

# The same for the words that tell of a sign as a story, which may stand in the next sentence.
_TOLD_NEAR = 100

# How many characters may lie between two weak signs that count together. A long letter has two of them somewhere.
_PAIR_REACH = 120


@dataclass(frozen=True, slots=True)
class Screening:
    """What the words of a message say about danger.

    Attributes:
        certain: The kind of an emergency that is one whatever the network says.
        possible: The kind of an emergency that is one only if the network agrees; None if there is a certain one.
    """

    certain: DangerKind | None = None
    possible: DangerKind | None = None


def screen_text(text: str) -> Screening:
    """Return which dangers a message may be about. Of several kinds, the first in the order of `DangerKind` wins.

    Args:
        text: Any string.
    """
    sentences = break_sentences(text)
    words = frozenset(sentences.split())
    tables = [table for table in load_tables() if not table.common_words or not table.common_words.isdisjoint(words)]
    certain, told = _certain_kinds(tables, sentences)
    if certain:
        return Screening(certain=certain)
    return Screening(possible=_possible_kind(tables, told, sentences))


def is_urgent(text: str) -> bool:
    """Return whether a message may need a human within minutes: it has a certain or a possible danger."""
    return screen_text(text) != Screening()


def break_sentences(text: str) -> str:
    """Return a message in the spelling that the signs are written for, with a line for each sentence."""
    return _SENTENCE_END.sub("\n", without_accents(normalised(text)))


def _certain_kinds(tables: list[SignTable], sentences: str) -> tuple[DangerKind | None, set[DangerKind]]:
    """Return the first kind of danger, in the order of the vocabulary, with a certain sign, and kinds only told of."""
    told: set[DangerKind] = set()
    for kind in DangerKind:
        for table in tables:
            if kind not in table.certain:
                continue
            explicit = kind is not DangerKind.OTHER
            for sign in counting_signs(table.certain[kind], table.guards, sentences, explicit=explicit):
                if not is_told(sign, table.guards, kind, sentences):
                    return kind, told
                told.add(kind)
    return None, told


def _possible_kind(tables: list[SignTable], told: set[DangerKind], sentences: str) -> DangerKind | None:
    """Return the first kind of danger that is told, or of which there is an ambiguous sign or a pair of weak ones."""
    for kind in DangerKind:
        if kind in told or any(
            _has_ambiguous(table, kind, sentences) or _has_pair(table, kind, sentences) for table in tables
        ):
            return kind
    return None


def _has_ambiguous(table: SignTable, kind: DangerKind, sentences: str) -> bool:
    """Return whether an ambiguous sign of a kind of danger counts."""
    if kind not in table.ambiguous:
        return False
    return any(True for _ in counting_signs(table.ambiguous[kind], table.guards, sentences, explicit=False))


def _has_pair(table: SignTable, kind: DangerKind, sentences: str) -> bool:
    """Return whether two weak signs of a kind of danger, but of different topics, count and are close together."""
    if kind not in table.weak:
        return False
    last_seen: dict[int | None, int] = {}
    for sign in counting_signs(table.weak[kind], table.guards, sentences, explicit=False):
        topic = sign.lastindex
        if any(other != topic and sign.start() - end <= _PAIR_REACH for other, end in last_seen.items()):
            return True
        last_seen[topic] = sign.end()
    return False


def counting_signs(
    expression: re.Pattern[str], guards: Guards, sentences: str, *, explicit: bool
) -> Iterator[re.Match[str]]:
    """Find the signs that nothing near them sets aside, lazily.

    Args:
        expression: What finds the signs.
        guards: What sets a sign aside.
        sentences: A message, from `break_sentences`.
        explicit: Whether only a denial, or a past in its own clause, sets such a sign aside.
    """
    sign = expression.search(sentences)
    while sign:
        counts = _counts(sentences, sign, guards, explicit=explicit)
        if counts:
            yield sign
        # A sign that was set aside may have hidden another that begins within it.
        sign = expression.search(sentences, sign.end() if counts else sign.start() + 1)


def _counts(sentences: str, sign: re.Match[str], guards: Guards, *, explicit: bool) -> bool:
    """Return whether nothing near a sign sets it aside."""
    before = sentences[max(0, sign.start() - _NEAR) : sign.start()].rpartition("\n")[2]
    after = sentences[sign.end() : sign.end() + _NEAR].partition("\n")[0]
    if guards.denied.search(before):
        return False
    if explicit:
        around = sign.group() + _CLAUSE_END.split(after)[0]
    else:
        around = f"{before}{sign.group()}{after}"
        if _is_over(before, sign.group(), after, guards) or _is_spoken_of(before, sign.group(), after, guards):
            return False
    return not guards.past.search(around) or bool(guards.now.search(around))


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
    before = sentences[max(0, sign.start() - _TOLD_NEAR) : sign.start()].rpartition("\n")[2]
    own, _, rest = sentences[sign.end() : sign.end() + 2 * _TOLD_NEAR].partition("\n")
    sentence = f"{before}{sign.group()}{own[:_TOLD_NEAR]}"
    next_sentence = rest.strip().partition("\n")[0][:_TOLD_NEAR]
    if kind is DangerKind.OTHER and guards.ended.search(f"{sign.group()}{own[:_TOLD_NEAR]}\n{next_sentence}"):
        return True
    return bool(guards.told.search(f"{sentence}\n{next_sentence}")) and not guards.now.search(sentence)


def _is_over(before: str, sign: str, after: str, guards: Guards) -> bool:
    """Return whether the sentence of a sign says that it is over: "was fine, and now" says that it has begun."""
    return bool(guards.over.search(sign + after)) or (
        bool(guards.over.search(before)) and not guards.now.search(before + sign)
    )


def _is_spoken_of(before: str, sign: str, after: str, guards: Guards) -> bool:
    """Return whether the clause of a sign only talks about it, and does not say that it is happening."""
    clause = _CLAUSE_END.split(before)[-1] + sign + _CLAUSE_END.split(after)[0]
    return bool(guards.spoken_of.search(clause)) and not guards.happening.search(before + sign)
