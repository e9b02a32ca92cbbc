"""Recognize who speaks of a phone that others see, from the parts of such a sentence in `signs/unsafe_contact.toml`.

People say this in endless ways: who reads, follows, uses, or lends a phone, and what they ask for because of it. So the
table has the parts, and the combinations that count are here. Parts belong together if they stand in one sentence with
few words between them, in any order, and nothing there denies it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum, auto
from functools import cache, lru_cache
from itertools import pairwise, product
from typing import Final, NamedTuple

from classifier.folders import SIGNS
from classifier.rules.danger_signs import read_alternatives

TABLE: Final = SIGNS / "unsafe_contact.toml"
PARTS: Final = "parts"
"""The entry of the table that has the parts."""

_FARTHEST: Final = 3
"""How many words at most stand between two parts that belong together."""
_MOST_OF_A_PART: Final = 12
"""How often a part is looked at in one sentence, so that hostile text stays cheap."""


class PhoneSign(Enum):
    """What a message says of the phone it comes from, or asks for because of it.

    It is not the patient's; others have a part in it; somebody sees what comes; nothing must come here; nothing
    must come at all; the patient comes or calls instead; a wish for caution, or for another way; that somebody must not
    learn of something; or what people rather keep to themselves.
    """

    NOT_THEIR_OWN = auto()
    NOT_ALONE = auto()
    SEEN = auto()
    NOT_HERE = auto()
    NO_ANSWER = auto()
    MYSELF = auto()
    CAUTION = auto()
    ELSEWHERE = auto()
    SECRET = auto()
    TOPIC = auto()


_WATCHED: Final = (
    *(
        ("who", "reads", "phone"),
        ("me", "reads", "phone"),
        ("me", "takes", "phone"),
        ("who", "takes", "phone"),
        ("who", "reads", "sent"),
        ("who", "follows"),
        ("who", "learns", "contact"),
        ("mirrored",),
    ),
)
"""The parts that together say that somebody reads the phone."""
_SIGNS: Final = {
    PhoneSign.NOT_THEIR_OWN: (("on", "theirs"), ("lent",)),
    PhoneSign.NOT_ALONE: (
        *(("shared",), ("exposed",), ("mirrored",), ("kin", "follows"), ("who", "follows")),
        *((who, what, "phone") for who in ("who", "kin") for what in ("reads", "takes", "uses")),
    ),
    PhoneSign.SEEN: (("who", "reads", "object"), ("kin", "reads", "object"), ("who", "takes", "object")),
    PhoneSign.NOT_HERE: (("plea", "here"), ("not_here",)),
    PhoneSign.NO_ANSWER: (("plea",),),
    PhoneSign.MYSELF: (("myself",),),
    PhoneSign.CAUTION: (("careful",),),
    PhoneSign.ELSEWHERE: (("elsewhere",), ("call_plea",)),
    PhoneSign.SECRET: (("secret",),),
    PhoneSign.TOPIC: (("topic",),),
}
"""The parts that together make each sign."""
_SET_ASIDE_BY: Final = {
    "reads": "denied",
    "takes": "denied",
    "uses": "denied",
    "follows": "denied",
    "who": "asked",
    "kin": "asked",
}
"""What sets a part aside that stands right before it."""


class _Span(NamedTuple):
    """Where a part stands in a sentence."""

    name: str
    start: int
    end: int


def find_watched(sentences: str) -> Iterator[int]:
    """Yield where it ends that somebody reads the phone, or follows what is done with it.

    Args:
        sentences: the message, from `break_sentences`.
    """
    start = 0
    for line in sentences.split("\n"):
        spans = _find_parts(line)
        yield from (start + end for names in _WATCHED for end in _ends_of(names, spans, line))
        start += len(line) + 1


def read_phone_signs(sentences: str) -> frozenset[PhoneSign]:
    """Return what a message says of the phone it comes from, or asks for because of it.

    Args:
        sentences: the message, from `break_sentences`.
    """
    found: set[PhoneSign] = set()
    for line in sentences.split("\n"):
        spans = _find_parts(line)
        found |= {sign for sign, groups in _SIGNS.items() if any(_stand(names, spans, line) for names in groups)}
    return frozenset(found)


@lru_cache(maxsize=8)  # a sentence is asked for both
def _find_parts(line: str) -> Mapping[str, list[_Span]]:
    return {name: list(_spans_of(name, pattern, line)) for name, pattern in load_parts().items()}


def _spans_of(name: str, pattern: re.Pattern[str], line: str) -> Iterator[_Span]:
    for number, found in enumerate(pattern.finditer(line)):
        if number == _MOST_OF_A_PART:
            return
        yield _Span(name, found.start(), found.end())


def _stand(names: Iterable[str], spans: Mapping[str, list[_Span]], line: str) -> bool:
    return next(_ends_of(names, spans, line), None) is not None


def _ends_of(names: Iterable[str], spans: Mapping[str, list[_Span]], line: str) -> Iterator[int]:
    """Yield where a combination of parts ends, for each place where it stands."""
    for chosen in product(*(spans[name] for name in names)):
        ordered = sorted(chosen, key=lambda span: span.start)
        are_near = all(_is_near(first, second, line) for first, second in pairwise(ordered))
        if are_near and not any(_is_set_aside(span, spans, line) for span in ordered):
            yield ordered[-1].end


def _is_near(first: _Span, second: _Span, line: str) -> bool:
    return first.end <= second.start and len(line[first.end : second.start].split()) <= _FARTHEST


def _is_set_aside(span: _Span, spans: Mapping[str, list[_Span]], line: str) -> bool:
    """Return whether what a part says is denied right before it, or only asked about."""
    name = _SET_ASIDE_BY.get(span.name)
    return name is not None and any(
        before.end <= span.start and len(line[before.end : span.start].split()) <= 1 for before in spans[name]
    )


@cache
def load_parts() -> dict[str, re.Pattern[str]]:
    """Return the compiled parts, read once per process."""
    return {name: re.compile(rf"\b(?:{words})(?!\w)") for name, words in read_alternatives(TABLE)[PARTS].items()}
