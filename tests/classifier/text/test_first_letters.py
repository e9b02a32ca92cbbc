"""Joining expressions by their first letters: the result finds what any of them finds, and nothing else."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.text.first_letters import join_patterns, split_first_letter

PATTERNS = [
    "fever",
    "(?:my|her) throat",
    "(?:very |so )?sick",
    "(?:no|not) (?:well|fine)|ill",
    "[123] days",
    r"\d+ hours",
    r"(?<!almost )(?:fainted|fell)\b",
    "(?:a|b(?:c|d))e",
    r"x[|)]y|z\|w",
    "s?ome",
]
WORDS = [
    "fever",
    "my",
    "her",
    "throat",
    "very",
    "so",
    "sick",
    "no",
    "not",
    "well",
    "fine",
    "ill",
    "1",
    "2",
    "days",
    "22",
]
WORDS += ["hours", "almost", "fainted", "fell", "ae", "bce", "be", "x|y", "x)y", "z|w", "some", "ome"]


@given(st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join))
def test_the_joined_expression_matches_where_any_of_the_patterns_does(text: str) -> None:
    apart = re.compile(rf"\b(?:{'|'.join(PATTERNS)})")
    joined = re.compile(rf"\b(?:{join_patterns(PATTERNS)})")

    assert [match.start() for match in joined.finditer(text)] == [match.start() for match in apart.finditer(text)]


@pytest.mark.parametrize(
    ("pattern", "letters"),
    [
        ("fever", "f"),
        ("(?:my|her) throat", "mh"),
        ("(?:very |so )?sick", "vs"),
        ("(?<!almost )(?:fainted|hurt)", "fh"),
        ("[ab]c", "ab"),
    ],
)
def test_the_first_letters_of_a_pattern_are_found(pattern: str, letters: str) -> None:
    assert set(split_first_letter(pattern) or {}) == set(letters)


@pytest.mark.parametrize("pattern", [r"\d+ hours", "s?ome", "(?:a)*b", ".ever", "[^a]b", ""])
def test_a_pattern_that_hides_its_first_letters_stays_whole(pattern: str) -> None:
    assert split_first_letter(pattern) is None


@pytest.mark.parametrize("pattern", ["(?:fever", "(?:a|(?:b)c"])
def test_a_group_without_an_end_is_an_error_of_the_expression(pattern: str) -> None:
    with pytest.raises(re.error, match="unterminated"):
        join_patterns([pattern])
