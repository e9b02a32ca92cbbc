"""Finds messages that a human must see within minutes, from the table of danger signs (`danger_signs.toml`).

The screen only raises a message's priority. It is built to miss little: a false alarm costs someone a look, and a
miss may cost a life. It is not a diagnosis, it does not replace a person, and it finds only dangers that are written in
words it knows.

A red sign is enough by itself. An amber sign, common in harmless messages, counts only together with an amber sign of
another kind. A sign does not count if it is denied ("no chest pain"), long past ("a stroke in 2011"), over ("cleared
up") or only talked about ("read that it can cause").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from classifier.danger_signs import load_signs
from classifier.normalise import normalised

_SENTENCE_END = re.compile(r"[!?;]+|\.+(?!\d)")

# How many characters before or after a sign the words that rule it out may be; voicemail has no periods.
_NEAR = 60

# The sign is denied just before it ("not had any chest pain"), or as one of a list ("no fever, chills or chest pain").
_DENIED = re.compile(
    r"\b(?:no(?! one|body)|not(?! sure| feeling| doing| going| only| good| well| right)|isnt|arent|wasnt|without"
    r"|denie[sd]|denying|never|nor|instead of|(?:hasnt|havent|didnt|dont|doesnt)(?: have| had| got)?(?: any)?)"
    r" (?:(?!but |and |now )\w+ ){0,3}$"
    r"|\b(?:no|not|without) .{0,40}\b(?:or|nor) (?:\w+ )?$"
)
_PAST = re.compile(
    r"\b(?:in (?:19|20)\d\d|(?:years?|yrs?|months?|decades?) (?:ago|back)|in (?:the )?(?:spring|summer|fall|autumn"
    r"|winter)|(?:last|in) (?:year|month|summer|spring|fall|autumn|winter|january|february|march|april|june|july|august"
    r"|september|october|november|december)|as a (?:child|kid|teenager|teen|baby)|when i was|history of|used to"
    r"|long gone)\b"
)
_NOW = re.compile(
    r"\b(?:now|tonight|today|this (?:morning|afternoon|evening)|since (?:last night|this|yesterday)|again)\b"
)
_OVER = re.compile(
    r"\b(?:went away|gone (?:now|away)|its gone|cleared|resolved|healed|better now|was fine|turned out|back to normal"
    r"|been (?:fine|well|great|normal|completely normal)|ruled out|full recovery|recovered|calmed down|easing"
    r"|supposed to)\b"
)
_SPOKEN_OF = re.compile(
    r"\b(?:read (?:about|an? |online|that|on)|article|in case of|can (?:it )?cause|does \w+ (?:make|cause)|risks?"
    r"|prevention|awareness|helpline|hotline|novel|novelist|character|pamphlets?|leaflet|brochure|figure of speech"
    r"|do you (?:see|treat|offer)|haha|price gave|nearly killed|allergy (?:update|to)|my allergies|carr(?:y|ies)|chart"
    r"|on my record|is it true|(?:price|cost) (?:for|of)|how much (?:is|are|for|do|does|to)|was billed|coded)\b"
)
_CLAUSE_END = re.compile(r"[,;:]")
_HAPPENING = re.compile(r"\b(?:i have|i am having|im having|is having|are having|having an?)\b")


def is_urgent(text: str) -> bool:
    """Return whether a message may need a human within minutes.

    Args:
        text: Any string.
    """
    signs = load_signs()
    sentences = split_sentences(text)
    red = find_kinds(signs.red, sentences)
    amber = find_kinds(signs.amber, sentences)
    return next(red, None) is not None or sum(1 for _ in amber) >= 2


def split_sentences(text: str) -> list[str]:
    """Return the sentences of a message in the spelling that the signs are written for."""
    return _SENTENCE_END.split(normalised(text))


def find_kinds(expressions: Mapping[str, re.Pattern[str]], sentences: Sequence[str]) -> Iterator[str]:
    """Find the kinds of which the sentences hold a sign that counts, lazily.

    Args:
        expressions: For each kind, the expression that finds its signs.
        sentences: A message, from `split_sentences`.
    """
    for kind, expression in expressions.items():
        if any(_counts(sentence, sign) for sentence in sentences for sign in expression.finditer(sentence)):
            yield kind


def _counts(sentence: str, sign: re.Match[str]) -> bool:
    before = sentence[max(0, sign.start() - _NEAR) : sign.start()]
    around = before + sentence[sign.start() : sign.end() + _NEAR]
    if (
        _DENIED.search(before)
        or _OVER.search(around)
        or _is_spoken_of(before, sign.group(), sentence[sign.end() : sign.end() + _NEAR])
    ):
        return False
    return not _PAST.search(around) or bool(_NOW.search(around))


def _is_spoken_of(before: str, sign: str, after: str) -> bool:
    """Return whether the clause of a sign only talks about it, and does not say that it is happening."""
    clause = _CLAUSE_END.split(before)[-1] + sign + _CLAUSE_END.split(after)[0]
    return bool(_SPOKEN_OF.search(clause)) and not _HAPPENING.search(before + sign)
