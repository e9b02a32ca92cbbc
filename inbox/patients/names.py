"""Patients' names as they are looked up: without accents, capitals, and punctuation, and hashed with a key.

What the index leaks to someone who has the database but no key is in docs/adr/0023-patient-records.md.
"""

from __future__ import annotations

import re
import unicodedata

_SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv", "md", "phd"})


def normalise_name(name: str) -> str:
    """Return a name's words in lower case, without accents and punctuation, such as `zoe o neill`."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(character for character in plain if not unicodedata.combining(character))
    return " ".join(re.findall(r"[^\W_]+", letters.replace("'", "").replace("\u2019", "")))


def last_name_of(name: str) -> str:
    """Return the normalized last name: what stands before a comma, else the last word that isn't a suffix."""
    before, comma, _ = name.partition(",")
    if comma and normalise_name(before):
        name = before
        words = normalise_name(name).split()
        return " ".join(words) if len(words) == 1 else words[-1]
    words = normalise_name(name).split()
    while len(words) > 1 and words[-1] in _SUFFIXES:
        words.pop()
    return words[-1] if words else ""


def ordered_name(name: str) -> str:
    """Return a normalized full name, first name first: `Rivera, Maria` is `maria rivera`."""
    last, comma, first = name.partition(",")
    is_turned = comma and normalise_name(first) and normalise_name(first) not in _SUFFIXES
    return normalise_name(f"{first} {last}" if is_turned else name)


def name_value(practice: str, name: str) -> str:
    """Return what the index of a full name is made of; no two practices share it."""
    return f"full name\n{practice}\n{ordered_name(name)}"


def last_name_value(practice: str, name: str) -> str:
    """Return what the index of a last name is made of; no two practices share it."""
    return f"last name\n{practice}\n{last_name_of(name)}"
