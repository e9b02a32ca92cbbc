"""Numbers and codes as people say them, in English and Spanish: "w eight eight two", "twenty five hundred"."""

from __future__ import annotations

import re
from typing import Final

_UNITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_UNITS_ES = ["cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"]
_TEENS = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
_TEENS_ES = ["diez", "once", "doce", "trece", "catorce", "quince", "dieciseis", "diecisiete", "dieciocho", "diecinueve"]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_TENS_ES = ["veinte", "treinta", "cuarenta", "cincuenta", "sesenta", "setenta", "ochenta", "noventa"]
_HUNDREDS_ES = "ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos"

DIGITS: Final = {
    **{word: value for words in (_UNITS, _UNITS_ES) for value, word in enumerate(words)},
    "oh": 0, "o": 0, "un": 1, "una": 1,
}  # fmt: skip
"""The words for the digits from 0 to 9."""
_LONGER = {
    **{word: value for words in (_TEENS, _TEENS_ES) for value, word in enumerate(words, start=10)},
    **{word: value * 10 for words in (_TENS, _TENS_ES) for value, word in enumerate(words, start=2)},
    **{f"veinti{word}": 20 + value for value, word in enumerate(_UNITS_ES) if value},
    "veintiun": 21, "fourty": 40,
}  # fmt: skip
_HUNDREDS = {**{word: value * 100 for value, word in enumerate(_HUNDREDS_ES.split(), start=1)}, "cien": 100}
TENS: Final = (*_TEENS, *_TENS)
"""The English words for 10 to 19, and for 20, 30, and so on."""
NUMBERS: Final = {**DIGITS, **_LONGER, **_HUNDREDS, "hundred": 100, "thousand": 1000, "mil": 1000, "grand": 1000}
"""The words that numbers are made of."""
_REPEATS = {"double": 2, "triple": 3, "doble": 2}
_LINKS = {"like", "for", "de"}
PAUSES: Final = frozenset((
    "dash", "hyphen", "guion", "uh", "um", "and", "then", "luego", "este", "eh", "slash", "diagonal",
    "space", "point", "dot"
))  # fmt: skip
"""Words between the parts of a code that are not part of it."""
_EXPLAINED = re.compile(r"\b([a-z]) as in [a-z]{1,20}[,.;:]+ (?=\1\b)")
"""A letter that is explained before the code begins with it: "K as in kite, K 9021"."""
_REPEATED: Final = 3
"""The fewest words that are a start, and no part of the code that happens to come twice."""
_LONGEST_START: Final = 12
_TOKEN = re.compile(r"[a-z]+|\d+")


def write_code(said: str) -> str:
    """Return a code in capital letters and digits, as in "W882" for "w eight eight two".

    Args:
        said: The code in plain characters (see `fold`), written or spoken.
    """
    tokens = _said_once(_TOKEN.findall(_EXPLAINED.sub("", said.lower())))
    written: list[str] = []
    place = 0
    while place < len(tokens):
        piece, place = _next_piece(tokens, place, is_after_letter=bool(written) and written[-1].isalpha())
        written.append(piece)
    return "".join(written)


def _said_once(tokens: list[str]) -> list[str]:
    """Return the words of a code without a start that is repeated, as in "r zero one r zero one eight eight"."""
    for length in range(_REPEATED, min(len(tokens) // 2, _LONGEST_START) + 1):
        if len(tokens[0]) == 1 and tokens[0].isalpha() and tokens[:length] == tokens[length : 2 * length]:
            return tokens[length:]
    return tokens


def _next_piece(tokens: list[str], place: int, *, is_after_letter: bool) -> tuple[str, int]:
    """Return what the tokens at a place stand for, and the place after them."""
    word, following = tokens[place], tokens[place + 1 : place + 3]
    if word == "as" and following[:1] == ["in"]:
        return "", place + 3
    if word in _LINKS and is_after_letter and following and following[0] not in NUMBERS:
        return "", place + 2
    if word in PAUSES or (word == "y" and following[:1] == ["luego"]):
        return "", place + 1
    if word in _REPEATS and following:
        digit = DIGITS.get(following[0])
        shown = following[0].upper() if digit is None else str(digit)
        return shown * _REPEATS[word], place + 2
    if word in DIGITS and len(following) and following[0] == "hundred":
        return f"{DIGITS[word]}00", place + 2
    if word in _LONGER:
        value = _LONGER[word]
        rest = [other for other in following if other != "y"][:1]
        if value >= 20 and value % 10 == 0 and rest and DIGITS.get(rest[0], 0) > 0:
            return str(value + DIGITS[rest[0]]), place + (3 if following[0] == "y" else 2)
        return str(value), place + 1
    if word in _HUNDREDS:
        return str(_HUNDREDS[word]), place + 1
    return str(DIGITS[word]) if word in DIGITS else word.upper(), place + 1


def read_number(words: list[str]) -> int | None:
    """Return the whole number that lower-case words say, as in "three eighty two"; None if they say none."""
    total = current = 0
    found = False
    for word in words:
        if word in ("and", "y", "a"):
            continue
        value = int(word) if word.isdecimal() else NUMBERS.get(word)
        if value is None:
            return None
        found = True
        if value == 1000:
            total, current = total + max(current, 1) * 1000, 0
        elif word == "hundred":
            current = max(current, 1) * 100
        elif word in ("oh", "o", "zero") and current >= 10:
            current *= 100
        elif value >= 10 and value < 100 and 0 < current < 100:
            current = current * 100 + value
        else:
            current += value
    return total + current if found else None
