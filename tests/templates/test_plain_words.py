"""Templates as people write them: values and conditions in words."""

from __future__ import annotations

import re

import pytest

from intake.vocabulary import REPLIES
from templates.plain_words import CONDITIONS, VALUES, read_words, show_words
from templates.replies import standard_words
from templates.simple_words import ATTRIBUTES, NAMES, OF_ONE_REPLY
from templates.voice_prompts import standard_prompt

STANDARD = [*(standard_words(name) for name in REPLIES), *map(standard_prompt, ("greeting_open", "greeting_closed"))]


@pytest.mark.parametrize("template", STANDARD)
def test_every_standard_wording_can_be_read_by_someone_who_does_not_program(template: str) -> None:
    shown = show_words(template)

    assert not re.search(r"[{}%_]", shown)
    assert read_words(shown) == (re.sub(r"\s*\{%-", "{%", template), "")


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("{{ practice.name }}: call {{phone}}.", "[practice name]: call [our phone number]."),
        (
            "{% if is_open %}Now{% elif next_opening %}{{ next_opening }}{% else %}Soon{% endif %}",
            "[if we are open]Now[or if we know when we open next][when we open next][otherwise]Soon[end if]",
        ),
        ("{% if not is_open and on_call %}x{% endif %}", "[if we are closed and there is an on-call number]x[end if]"),
        ("We are closed {%- if on_call %} x{% endif %}", "We are closed[if there is an on-call number] x[end if]"),
    ],
)
def test_values_and_conditions_are_in_words(template: str, shown: str) -> None:
    assert show_words(template) == shown
    assert show_words(read_words(shown)[0]) == shown


@pytest.mark.parametrize(
    "template",
    [
        "{% for team in practice.teams %}{{ team }}{% endfor %}",
        "{{ practice.name|upper }}",
        "{% if is_open and (on_call or links.pay) %}x{% endif %}",
        "{% if is_open and on_call or links.pay %}x{% endif %}",
        "{# a remark #}{{ practice.phone }}",
    ],
)
def test_what_has_no_words_stays_as_it_is(template: str) -> None:
    assert read_words(show_words(template)) == (template, "")


def test_every_value_that_the_console_allows_has_words_or_is_a_condition() -> None:
    allowed = {*NAMES, *OF_ONE_REPLY, *(f"{head}.{name}" for head, names in ATTRIBUTES.items() for name in names)}

    assert allowed == {
        *VALUES.values(),
        *(name.removeprefix("not ") for name in CONDITIONS.values()),
    }


def test_case_spaces_and_apostrophes_do_not_matter() -> None:
    assert read_words("[Our  Phone\nnumber]") == ("{{ phone }}", "")
    assert read_words("[IF we have the patient's number]x[End if]") == ("{% if has_phone %}x{% endif %}", "")


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("We will call you at [phone].", "[phone] is not a word we know; did you mean [our phone number]?"),
        ("Pay at the [paymnet link].", "[paymnet link] is not a word we know; did you mean [payment link]?"),
        ("Sorry, {name}.", "{name} is not a word we know; did you mean [practice name]?"),
        ("[gossip]", "[gossip] is not a word we know; use the buttons, or write the words themselves"),
        ("[if we are open]Hello", "after [if we are open], write [end if] where the words for it end"),
        ("Hello[end if]", "before [end if], write [if …], such as [if we are open]"),
        ("Hello[otherwise]Bye", "before [otherwise], write [if …], such as [if we are open]"),
        ("[or if we are open]Bye", "before [or if we are open], write [if …]"),
        (
            "[if we are opened]x[end if]",
            "[if we are opened] is not a condition we know; did you mean [if we are open]?",
        ),
        (
            "[if we have the patients number]x[end if]",
            "is not a condition we know; did you mean [if we have the patient’s number]?",
        ),
    ],
)
def test_a_mistake_is_explained_in_plain_words(typed: str, problem: str) -> None:
    assert problem in read_words(typed)[1]
