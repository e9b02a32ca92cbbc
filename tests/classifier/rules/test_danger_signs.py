"""The tables of danger signs: every sign has examples, and a mistake in a table names the sign."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from classifier.errors import DangerSignError
from classifier.rules.danger_signs import TABLES, Guards, Level, Sign, SignTable, compile_table, load_tables, read_signs
from classifier.rules.screen import Screening, break_sentences, counting_signs, is_told, screen_text
from intake.vocabulary import DangerKind

EXAMPLES = tomllib.loads(Path(__file__).with_name("danger_sign_examples.toml").read_text(encoding="utf-8"))
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in TABLES}
FILES = {sign.id: file for file, text in TEXTS.items() for sign in read_signs(text, file)}
SIGNS = {sign.id: sign for file, text in TEXTS.items() for sign in read_signs(text, file)}

GOOD = """
[fragments]
whose = ['my', 'her']
throat = '{whose} throat'

[guards]
denied = ['not that ']
denied_verb = ['not ']
denied_noun = ['no ']
subject = ['he']
verb = ['took']
present = ['is']
narrated = ['was']
past = ['years ago']
told = ['as a child']
ended = ['medics came']
now = ['now']
over = ['gone']
spoken_of = ['read that']
happening = ['i have']

[airway]
why = "A closing airway."

[airway.certain.throat-closing]
what = "The throat is closing."
patterns = ['{throat} is closing']

[airway.weak.hives]
what = "Hives."
patterns = ['hives']
"""


_NOTHING = re.compile(r"(?!)")
NO_GUARDS = Guards(*(_NOTHING for _ in Guards._fields))


def is_raised(sign: Sign, guards: Guards, text: str) -> bool:
    expression = re.compile(rf"\b(?:{'|'.join(sign.patterns)})")
    certain = sign.danger if sign.level == "certain" else None
    sentences = break_sentences(text)
    return any(
        sign.level != "certain" or not is_told(found, guards, sign.danger, sentences)
        for found in counting_signs(expression, guards, sentences, certain=certain)
    )


def table_of(file: str) -> SignTable:
    """A shipped table; loading them takes a second, which collecting the tests should not."""
    return next(table for path, table in zip(TABLES, load_tables(), strict=True) if path.name == file)


def is_shipped_sign_raised(name: str, text: str) -> bool:
    return is_raised(SIGNS[name], table_of(FILES[name]).guards, text)


def read_good(table: str = GOOD) -> list[Sign]:
    return read_signs(table, "test.toml")


def refusal(table: str) -> str:
    with pytest.raises(DangerSignError) as refused:
        compile_table(table, "test.toml")
    return str(refused.value)


# ---- the tables that ship


def test_every_sign_has_examples_and_every_example_a_sign() -> None:
    assert set(EXAMPLES) == set(SIGNS)


def test_an_id_is_used_once_in_all_tables() -> None:
    assert len(SIGNS) == sum(len(read_signs(text, file)) for file, text in TEXTS.items())


@pytest.mark.parametrize("name", SIGNS)
def test_a_sign_is_raised_by_its_examples_and_not_by_what_looks_alike(name: str) -> None:
    examples = EXAMPLES[name]
    assert len(set(examples["raised_by"])) >= 2
    assert examples["not_raised_by"]

    assert [text for text in examples["raised_by"] if not is_shipped_sign_raised(name, text)] == []
    assert [text for text in examples["not_raised_by"] if is_shipped_sign_raised(name, text)] == []


@pytest.mark.parametrize("name", [name for name, sign in SIGNS.items() if sign.level != "weak"])
def test_the_screen_finds_what_raises_a_sign(name: str) -> None:
    for text in EXAMPLES[name]["raised_by"]:
        found = screen_text(text)

        assert found != Screening()
        if SIGNS[name].level == "certain":
            assert found.certain is not None


@pytest.mark.parametrize("name", SIGNS)
def test_every_pattern_is_a_regular_expression_by_itself(name: str) -> None:
    for pattern in SIGNS[name].patterns:
        assert not re.compile(pattern).fullmatch(""), f"{pattern} finds nothing at all everywhere"


@pytest.mark.parametrize("file", TEXTS)
def test_a_joined_expression_finds_what_its_patterns_find(file: str) -> None:
    table = table_of(file)
    signs = [sign for name, sign in SIGNS.items() if FILES[name] == file]
    levels: dict[Level, Mapping[DangerKind, re.Pattern[str]]] = {
        "certain": table.certain,
        "ambiguous": table.ambiguous,
        "weak": table.weak,
    }
    texts = [break_sentences(text) for examples in EXAMPLES.values() for key in examples for text in examples[key]]
    for level, kinds in levels.items():
        for kind, joined in kinds.items():
            patterns = [
                pattern for sign in signs if (sign.level, sign.danger) == (level, kind) for pattern in sign.patterns
            ]
            apart = re.compile(rf"\b(?:{'|'.join(patterns)})")
            for text in texts:
                assert bool(joined.search(text)) == bool(apart.search(text)), (level, kind, text)


# ---- how a table is read


def test_fragments_are_filled_in_and_signs_keep_their_order() -> None:
    closing, hives = read_good()

    assert closing == Sign(
        "throat-closing",
        "airway",
        "certain",
        DangerKind.OTHER,
        "The throat is closing.",
        ("(?:my|her) throat is closing",),
    )
    assert (hives.id, hives.level) == ("hives", "weak")


def test_the_danger_of_a_topic_is_that_of_its_signs_unless_a_sign_has_its_own() -> None:
    table = GOOD.replace("[airway]", "[airway]\ndanger = 'self_harm'").replace(
        '"Hives."', '"Hives."\ndanger = "ingestion"'
    )

    assert [sign.danger for sign in read_good(table)] == [DangerKind.SELF_HARM, DangerKind.INGESTION]


def test_a_class_that_excludes_characters_does_not_run_on_into_the_next_sentence() -> None:
    sign = read_good(GOOD.replace("'hives'", "'hives[^,]*now'"))[1]

    assert is_raised(sign, NO_GUARDS, "hives here now")
    assert not is_raised(sign, NO_GUARDS, "hives. now")


def test_a_line_break_in_a_pattern_is_dropped() -> None:
    table = GOOD.replace("['hives']", "['''hives\n    |welts''']")

    assert read_good(table)[1].patterns == ("hives|welts",)


def test_what_stands_around_a_pattern_decides_whether_it_is_found() -> None:
    entry = (
        "{ unless_preceded_by = ['no '], pattern = 'hives', unless_followed_by = ' gone', "
        "only_if_followed_by = '.* now' }"
    )
    sign = read_good(GOOD.replace("'hives'", entry))[1]

    assert is_raised(sign, NO_GUARDS, "hives and welts now")
    assert not is_raised(sign, NO_GUARDS, "hives and welts")
    assert not is_raised(sign, NO_GUARDS, "hives gone now")
    assert not is_raised(sign, NO_GUARDS, "it is no hives now")


def test_guards_hold_for_each_alternative_of_a_pattern() -> None:
    entry = "{ unless_preceded_by = ['no '], pattern = 'hives|welts', unless_followed_by = ' gone' }"
    sign = read_good(GOOD.replace("'hives'", entry))[1]

    assert not is_raised(sign, NO_GUARDS, "hives gone")
    assert not is_raised(sign, NO_GUARDS, "no welts")


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
            "airway.weak.hives",
            "airway.weak.throat-closing",
            "sign throat-closing: the id is used in airway and again in airway",
            id="id used at two levels",
        ),
        pytest.param(
            "airway.weak.hives", "airway.certain.throat-closing", "test.toml: Cannot declare", id="id used twice"
        ),
        pytest.param(
            "weak", "mild", "topic airway: unknown level mild; a sign is certain, ambiguous, weak", id="level"
        ),
        pytest.param('why = "A closing airway."', "", "topic airway: why is missing", id="missing why"),
        pytest.param("patterns = [", "patterns = ", "test.toml: ", id="not TOML"),
        pytest.param(
            'what = "Hives."',
            'what = "Hives."\ndanger = "fire"',
            "sign hives: unknown danger fire; known are self_harm, ingestion, other",
            id="danger",
        ),
        pytest.param("['hives']", "['(hives)']", "sign hives: write (?:…) instead of (…): (hives)", id="group"),
        pytest.param("now = ['now']", "", "guards: now is missing", id="missing guard"),
        pytest.param("['now']", "['(now']", "guards: not a regular expression (", id="guard"),
    ],
)
def test_a_mistake_in_the_table_names_the_sign(good: str, bad: str, complaint: str) -> None:
    assert good in GOOD

    message = refusal(GOOD.replace(good, bad))

    assert message.startswith("test.toml: ")
    assert complaint in message
