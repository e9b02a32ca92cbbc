"""The table of danger signs: every sign has examples, and a mistake in the table names the sign."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from classifier.danger_signs import TABLE, Sign, compile_signs, read_signs
from classifier.errors import DangerSignError
from classifier.urgency import find_kinds, split_sentences

EXAMPLES = tomllib.loads(Path(__file__).with_name("danger_sign_examples.toml").read_text(encoding="utf-8"))
SIGNS = {sign.id: sign for sign in read_signs(TABLE.read_text(encoding="utf-8"))}

GOOD = """
[fragments]
whose = ['my', 'her']
throat = '{whose} throat'

[airway]
why = "A closing airway."

[airway.red.throat-closing]
what = "The throat is closing."
patterns = ['{throat} is closing']

[airway.amber.hives]
what = "Hives."
patterns = ['hives']
"""


def is_raised(sign: Sign, text: str) -> bool:
    compiled = compile_signs([sign])
    expressions = compiled.red if sign.level == "red" else compiled.amber
    return list(find_kinds(expressions, split_sentences(text))) == [sign.kind]


def refusal(table: str) -> str:
    with pytest.raises(DangerSignError) as refused:
        compile_signs(read_signs(table))
    return str(refused.value)


# ---- the table that ships


def test_every_sign_has_examples_and_every_example_a_sign() -> None:
    assert set(EXAMPLES) == set(SIGNS)


@pytest.mark.parametrize("name", SIGNS)
def test_a_sign_is_raised_by_its_examples_and_not_by_what_looks_alike(name: str) -> None:
    examples = EXAMPLES[name]
    assert examples["raised_by"]
    assert examples["not_raised_by"]

    assert [text for text in examples["raised_by"] if not is_raised(SIGNS[name], text)] == []
    assert [text for text in examples["not_raised_by"] if is_raised(SIGNS[name], text)] == []


@pytest.mark.parametrize("name", SIGNS)
def test_every_pattern_is_a_regular_expression_by_itself(name: str) -> None:
    for pattern in SIGNS[name].patterns:
        assert not re.compile(pattern).fullmatch(""), f"{pattern} finds nothing at all everywhere"


# ---- how a table is read


def test_fragments_are_filled_in_and_signs_keep_their_order() -> None:
    closing, hives = read_signs(GOOD)

    assert closing == Sign(
        "throat-closing", "airway", "red", "The throat is closing.", ("(?:my|her) throat is closing",)
    )
    assert (hives.id, hives.level) == ("hives", "amber")


def test_a_line_break_in_a_pattern_is_dropped() -> None:
    table = GOOD.replace("['hives']", "['''hives\n    |welts''']")

    assert read_signs(table)[1].patterns == ("hives|welts",)


def test_what_stands_around_a_pattern_decides_whether_it_is_found() -> None:
    entry = (
        "{ unless_preceded_by = ['no '], pattern = 'hives', unless_followed_by = ' gone', "
        "only_if_followed_by = '.* now' }"
    )
    sign = read_signs(GOOD.replace("'hives'", entry))[1]

    assert is_raised(sign, "hives and welts now")
    assert not is_raised(sign, "hives and welts")
    assert not is_raised(sign, "hives gone now")
    assert not is_raised(sign, "it is no hives now")


@pytest.mark.parametrize(
    ("good", "bad", "complaint"),
    [
        pytest.param("{throat} is", "{thraot} is", "sign throat-closing: unknown fragment {thraot}", id="fragment"),
        pytest.param(
            "'{whose} throat'", "'{who} throat'", "fragment throat: unknown fragment {who}", id="fragment in a fragment"
        ),
        pytest.param(
            "['hives']", "['(hives']", "sign hives: not a regular expression (missing ), unterminated", id="pattern"
        ),
        pytest.param('what = "Hives."', "", "sign hives: what is missing", id="missing what"),
        pytest.param("patterns = ['hives']", "", "sign hives: patterns is missing", id="missing patterns"),
        pytest.param("['hives']", "[7]", "sign hives: 7 must be a table with pattern, ", id="pattern of another type"),
        pytest.param("['hives']", "[]", "sign hives: patterns must be a list and not empty", id="no pattern"),
        pytest.param(
            "['hives']", "['']", "sign hives: '' must be a table with pattern, unless_preceded_by", id="empty pattern"
        ),
        pytest.param("['hives']", "'hives'", "sign hives: patterns must be a list and not empty", id="no list"),
        pytest.param(
            "'hives'",
            "{ pattern = 'hives', unless_folowed_by = ' gone' }",
            "sign hives: unknown key unless_folowed_by; known are pattern, ",
            id="unknown key",
        ),
        pytest.param(
            "airway.amber.hives",
            "airway.amber.throat-closing",
            "sign throat-closing: the id is used in airway and again in airway",
            id="id used at two levels",
        ),
        pytest.param(
            "airway.amber.hives", "airway.red.throat-closing", "danger_signs.toml: Cannot declare", id="id used twice"
        ),
        pytest.param("amber", "yellow", "kind airway: unknown level yellow; a sign is red or amber", id="level"),
        pytest.param('why = "A closing airway."', "", "kind airway: why is missing", id="missing why"),
        pytest.param("patterns = [", "patterns = ", "danger_signs.toml: ", id="not TOML"),
    ],
)
def test_a_mistake_in_the_table_names_the_sign(good: str, bad: str, complaint: str) -> None:
    assert good in GOOD

    message = refusal(GOOD.replace(good, bad))

    assert message.startswith("danger_signs.toml: ")
    assert complaint in message
