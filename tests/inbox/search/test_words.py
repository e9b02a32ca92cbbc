"""Which words a search finds: capitals, accents, and punctuation do not count, and the last word may be a beginning."""

from __future__ import annotations

import unicodedata

import pytest

from inbox.search.words import find_places, is_found, read_wanted, stems_of, wanted_stems, words_of_texts
from staff.conversations.excerpt import cut_excerpt

TEXTS = {
    "bill": "I got a bill for $382 — Mom's copay should be $35.",
    "pain": "¿Puedo pedir una cita MAÑANA? El niño tiene mucho dolor de muelas",
    "number": "+12025550131",
    "call": "Please call (202) 555-0142 or 12025550143",
    "name": "Zoë O’Neill-Ng",
    "address": "Ann.Lee+new@example.com",
    "decomposed": unicodedata.normalize("NFD", "Café crème"),
}


@pytest.mark.parametrize(
    ("typed", "found"),
    {
        "BILL copay": {"bill"},
        "copay bill": {"bill"},
        "moms": {"bill"},
        "mom's": {"bill"},
        "382": {"bill"},
        "38": set(),
        "manana": {"pain"},
        "Mañana, niño!": {"pain"},
        "nin": {"pain"},
        "dolor mue": {"pain"},
        "mue dolor": set(),
        "el": {"pain"},
        "ng": {"name"},
        "oneill zoe": {"name"},
        "cafe crem": {"decomposed"},
        "ann.lee+new@example.com": {"address"},
        "(202) 555-0131": {"number"},
        "2025550131": {"number"},
        "+1 202 555 0131": {"number"},
        "5550131": {"number"},
        "555-0131": {"number"},
        "0131": {"number"},
        "202": {"number", "call"},
        "202-555-0142": {"call"},
        "202 555 0143": {"call"},
        "bill parking": set(),
    }.items(),
)
def test_a_text_is_found_by_all_its_words_however_they_are_written(typed: str, found: set[str]) -> None:
    wanted = read_wanted(typed)
    words = {name: words_of_texts([text]) for name, text in TEXTS.items()}

    assert {name for name in TEXTS if is_found(wanted, words[name])} == found
    # what is found is always a candidate, as the index holds the stems that are looked up
    assert all(set(wanted_stems(wanted)) <= stems_of(words[name]) for name in found)


@pytest.mark.parametrize("typed", ["", "%", " . ", "***"])
def test_a_search_without_a_word_looks_for_nothing(typed: str) -> None:
    assert not read_wanted(typed)


def test_a_huge_text_cannot_fill_the_index() -> None:
    words = words_of_texts([" ".join(f"word{number}x" for number in range(50_000))])

    assert len(stems_of(words)) < 4000
    assert max(map(len, words_of_texts(["a" * 10_000]))) == 64


def test_an_excerpt_shows_what_was_found() -> None:
    text = "Hello there,\n\nI have been your patient for years and my MUÉLAS hurt. " + "Please help. " * 20
    pieces = cut_excerpt(text, find_places(read_wanted("muelas hurt"), text))

    assert [words for words, is_hit in pieces if is_hit] == ["MUÉLAS", "hurt"]
    shown = "".join(words for words, _ in pieces)
    assert shown.endswith("…")
    assert shown.startswith("…years and my MUÉLAS hurt. Please")
    assert len(shown) <= 142
    assert cut_excerpt("Short", ()) == (("Short", False),)
    assert cut_excerpt("", ()) == ()


def test_an_excerpt_is_the_part_with_most_of_the_words() -> None:
    text = "My doctor said to write. " + "I have a question. " * 8 + "Is Doctor Patel in?"
    shown = "".join(words for words, _ in cut_excerpt(text, find_places(read_wanted("doctor patel"), text)))

    assert shown == "…question. Is Doctor Patel in?"
