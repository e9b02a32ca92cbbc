"""What the plainest words of a message settle by themselves, from the tables in `signs/plain.toml`."""

from __future__ import annotations

import re
from functools import cache
from typing import Final, NamedTuple

from classifier.folders import SIGNS
from classifier.rules.danger_signs import read_alternatives
from classifier.rules.screen import break_sentences
from intake.vocabulary import DangerKind

TABLE: Final = SIGNS / "plain.toml"


_OWN_DEATH: Final = re.compile(
    r"\b(?:myself|me too|then me|and me|suicide|suicidal|end (?:it|my life)|die|dying|dead|herself|himself|themselves"
    r"|matarme|mi vida|morir\w*|suicid\w+|yo tambien|despues yo|matarse)\b"
)


class _Words(NamedTuple):
    """What finds something, and what right before it takes it back."""

    reports: re.Pattern[str]
    set_aside: re.Pattern[str]


def tells_of_swallowing(text: str) -> bool:
    """Return whether somebody swallowed, licked or took too much of a medicine or a chemical."""
    return _is_found(load_words()["swallowed"], text)


def tells_of_mistaken_dose(text: str) -> bool:
    """Return whether a medicine was taken or given twice or for something else by mistake, and nobody speaks of dying.

    Whoever took all their own pills "by accident" may want to die, and is not believed.
    """
    return _is_found(load_words()["mistake"], text) and not _OWN_DEATH.search(break_sentences(text))


def tells_of_violence(text: str) -> bool:
    """Return whether somebody hurts, threatens, hunts, or locks in somebody else."""
    return _is_found(load_words()["violence"], text) or tells_of_child_abuse(text)


def tells_of_injury(text: str) -> bool:
    """Return whether somebody cannot breathe, fell, or hit their head, and nobody speaks of dying."""
    return _is_found(load_words()["bodily"], text) and not speaks_of_dying(text)


def speaks_of_dying(text: str) -> bool:
    """Return whether a message has words of dying, of a farewell, of the means, or of not wanting to go on."""
    return _is_found(load_words()["own"], text)


def tells_of_child_abuse(text: str) -> bool:
    """Return whether somebody hurts a child, or the writer, who is one."""
    return _is_found(load_words()["abuse"], text)


def is_at_practice(text: str) -> bool:
    """Return whether what a message tells of happens in the practice's building or right outside."""
    return _is_found(load_words()["place"], text)


def kind_of_threat(text: str) -> DangerKind | None:
    """Return what a threat to kill or hurt somebody else is: self-harm if the writer's own death is spoken of, too.

    Returns:
        None if nobody is threatened.
    """
    if not _is_found(load_words()["threat"], text):
        return None
    return DangerKind.SELF_HARM if _OWN_DEATH.search(break_sentences(text)) else DangerKind.OTHER


def tells_of_breach(text: str) -> bool:
    """Return whether somebody's results or records went to somebody else."""
    return _is_found(load_words()["breach"], text)


def needs_today(text: str) -> bool:
    """Return whether a mouth does not stop bleeding, or an allergy is reported before a medicine is given."""
    return _is_found(load_words()["today"], text)


def tells_of_worsening(text: str) -> bool:
    """Return whether a symptom goes on or gets worse, also without a word for it ("it's worse now")."""
    return _is_found(load_words()["worse"], text)


def _is_found(words: _Words, text: str) -> bool:
    sentences = break_sentences(text)
    return any(
        not words.set_aside.search(sentences[: report.start()].rpartition("\n")[2])
        for report in words.reports.finditer(sentences)
    )


@cache
def load_words() -> dict[str, _Words]:
    """Return the compiled words, read once per process."""
    return {
        name: _Words(re.compile(rf"\b(?:{lists['reports']})"), re.compile(rf"\b(?:{lists['set_aside']})$"))
        for name, lists in read_alternatives(TABLE).items()
    }
