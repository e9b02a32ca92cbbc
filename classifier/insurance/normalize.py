"""Write the values of an insurance record in one form each."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from classifier.entities.dates import read_date
from classifier.entities.folding import fold
from classifier.entities.spoken import read_number, write_code

_AMOUNT = re.compile(r"(\d[\d,]*(?:\.\d+)?) ?(k\b|grand)?")
_CENTS = re.compile(r"\b(?:dollars?|bucks|dolares|pesos)\b(?: and| y| con)? ?(.*?)(?: cents?| centavos?)?$")
_WORD = re.compile(r"[a-z]+|\d+")
_SPELLED: Final = 3
"""How many letters spell a name."""
_MONEY_WORDS = {"dollar", "dollars", "bucks", "dolares", "pesos", "usd"}


def normal_code(said: str) -> str:
    """Return a number or code in capital letters and digits, without spaces and hyphens."""
    return write_code(fold(said).text)


def normal_cpt(said: str) -> str:
    """Return a procedure code without its modifier."""
    return normal_code(said)[:5]


def normal_phone(said: str) -> str:
    """Return the digits of a phone number, without the country code 1."""
    digits = re.sub(r"[^0-9]", "", normal_code(said))
    return digits[1:] if len(digits) == 11 and digits.startswith("1") else digits


def normal_amount(said: str) -> str | None:
    """Return an amount with two decimals, as in "240.00"; None if it is none."""
    plain = fold(said).text.lower()
    written = _AMOUNT.search(plain)
    if written:
        amount = Decimal(written[1].replace(",", "").rstrip(".")) * (1000 if written[2] else 1)
        return f"{amount:.2f}" if len(written[1]) <= 12 else None
    tail = _CENTS.search(plain)
    cents = read_number(_WORD.findall(tail[1])) if tail else None
    words = [word for word in _WORD.findall(plain[: tail.start()] if tail else plain) if word not in _MONEY_WORDS]
    whole = read_number(words)
    return None if whole is None else f"{whole}.{(cents or 0) % 100:02d}"


def normal_name(said: str) -> str:
    """Return a name with single spaces."""
    return " ".join(said.split())


def normal_person(said: str) -> str:
    """Return a person's name once: without the letters that spell it, and without a first name that is repeated."""
    words = said.split()
    if len(words) > 1 and len(words[0]) > 1 and words[0].casefold() == words[1].casefold():
        del words[0]
    spelled = len(words)
    while spelled and len(words[spelled - 1].strip("-,.")) == 1:
        spelled -= 1
    letters = fold("".join(word.strip("-,.") for word in words[spelled:])).text.casefold()
    names = [fold(word).text.casefold() for word in words[:spelled]]
    if len(letters) >= _SPELLED and any(name.startswith(letters) or letters.startswith(name) for name in names):
        words = words[:spelled]
    return " ".join(words)


def normal_date(said: str) -> str | None:
    """Return a date in ISO 8601; None if it cannot be read."""
    return read_date(said)


def normal_birth_date(said: str) -> str | None:
    """Return a birth date in ISO 8601; None if it cannot be read."""
    return read_date(said, is_birth=True)
