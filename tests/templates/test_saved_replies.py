"""Saved replies: which variables they may have, and what stands for what is not known."""

from __future__ import annotations

import pytest

from intake.practices import Practice
from intake.vocabulary import Language
from templates.saved_replies import (
    BLANKS,
    VARIABLES,
    Reader,
    fill_variables,
    find_blanks,
    find_wrong_variable,
    first_name_of,
    known_values,
    show_variables,
    tidy_variables,
)
from tests.templates.test_replies import EVENING, FULL, PLAIN

MARIA = Reader("Maria", "Dana Reyes")
EVERYTHING = " · ".join(f"{{{{ {name} }}}}" for name in VARIABLES)


def fill(text: str, reader: Reader = MARIA, language: Language = Language.EN, **practice: object) -> str:
    return fill_variables(text, known_values(Practice.model_validate(FULL | practice), EVENING, language, reader))


def test_variables_are_filled_with_what_the_practice_and_the_conversation_know() -> None:
    text = "Hi {{ first_name }}, this is {{ my_name }}. Book: {{ links.scheduling }} or call {{ phone }}."

    assert fill(text) == (
        "Hi Maria, this is Dana Reyes. Book: https://maple-street.example/book-a-visit or call (202) 555-0100."
    )
    assert fill("Abrimos {{ next_opening }}.", language=Language.ES) == "Abrimos mañana a las 8:00 AM."


def test_what_is_not_known_is_a_blank_and_never_a_brace() -> None:
    text = fill_variables(EVERYTHING, known_values(Practice.model_validate(PLAIN), EVENING, Language.EN, Reader()))

    assert find_wrong_variable(EVERYTHING) == ""
    assert set(find_blanks(text)) == set(BLANKS.values()) - {BLANKS["practice.name"], BLANKS["phone"]}
    assert not set("{}") & set(text)
    assert "None" not in text


@pytest.mark.parametrize(
    ("text", "blanks"),
    [
        ("Hi [patient name], we are open [our hours].", ["[patient name]", "[our hours]"]),
        ("We moved you to [date].", ["[date]"]),
        ("Bring form [3] (or [ ]).", []),
        ("See you ___ at ____.", ["___", "____"]),
        ("It is $___.", ["___"]),
        ("At https://maple.example/our___forms or first__name", []),
    ],
)
def test_words_in_square_brackets_and_lines_to_write_on_are_blanks(text: str, blanks: list[str]) -> None:
    assert find_blanks(text) == blanks


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hi {{ first_name }}, we called.", "Hi, we called."),
        ("Good morning {{ first_name }}!\nWe called.", "Good morning!\nWe called."),
        ("¡Hola {{ first_name }}!", "¡Hola!"),
        ("We called.\n\nDear {{ first_name }}:", "We called.\n\nDear:"),
        ("Please bring {{ first_name }}.", "Please bring [first name]."),
        ("{{ first_name }}, we called.", "[first name], we called."),
    ],
)
def test_a_greeting_does_without_a_name_that_is_not_known(text: str, expected: str) -> None:
    assert fill(text, Reader()) == expected


@pytest.mark.parametrize("name", VARIABLES)
def test_every_variable_is_written_in_words_and_comes_back_as_it_was(name: str) -> None:
    stored = f"Hi {{{{ {name} }}}}, see you [day and time]."
    shown = show_variables(stored)

    assert not set("{}_") & set(shown)
    assert "[day and time]" in shown
    assert tidy_variables(shown) == stored


@pytest.mark.parametrize(
    "typed",
    [
        *("[first name]", "[First  Name]", "[FIRST NAME]"),
        *("{first_name}", "{{first_name}}", "{{  First_Name }}", "{ first_name }"),
    ],
)
def test_a_variable_may_be_typed_carelessly(typed: str) -> None:
    assert tidy_variables(f"Hi {typed}, hello {{nobody}}") == "Hi {{ first_name }}, hello {nobody}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Hi [frist name]", "[frist name] is not a word we know; did you mean [first name]?"),
        ("Pay at the [Payment links].", "[Payment links] is not a word we know; did you mean [payment link]?"),
        ("Hi {{ frist_name }}", "{{ frist_name }} is not a word we know; did you mean [first name]?"),
        ("Hola {{ apellido }}", "{{ apellido }} is not a word we know. Use one of these: [first name], [my name], "),
        ("{% if is_open %}Open{% endif %}", "Patients would read { and } as they are."),
        ("{{ first_name|upper }}", "Patients would read { and } as they are."),
        ("{# never sent #}", "Patients would read { and } as they are."),
        ("A smile :-}", "Patients would read { and } as they are."),
    ],
)
def test_mistyped_words_and_anything_in_braces_are_refused(text: str, said: str) -> None:
    assert find_wrong_variable(tidy_variables(text)).startswith(said)


@pytest.mark.parametrize("blank", ["[last name]", "[patient name]", "[price]", "[day and time]", "[otra fecha]", "___"])
def test_a_blank_of_ones_own_is_no_mistake(blank: str) -> None:
    assert find_wrong_variable(tidy_variables(f"It is {blank}.")) == ""


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("Maria Rivera", "Maria"),
        ("Rivera, Ana-Lucía", "Ana-Lucía"),
        ("Sam O’Neill, Jr.", "Sam"),
        ("Dr. Robin Hood", "Robin"),
        ("Mr. Lee", ""),
        ("D'Angelo", "D'Angelo"),
        ("https://evil.example win a prize", ""),
        ("evil.example Rivera", ""),
        ("Rivera, bit.ly/prize", ""),
        ("{{ phone }}", ""),
        ("(202) 555-0123", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_the_first_name_is_a_word_of_letters(name: str | None, first: str) -> None:
    assert first_name_of(name) == first
