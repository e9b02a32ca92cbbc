"""What a message says by its words alone, before anything is known of its sender."""

from __future__ import annotations

from dataclasses import fields

import pytest

from tasks.routing.words import Words, read_words

SHARED = "my mama reads mine at supper so no texts"


def said(text: str, *, has_media: bool = False, in_chat: bool = False) -> set[str]:
    """The names of what a message says."""
    words = read_words(text, has_media=has_media, in_chat=in_chat)
    return {field.name for field in fields(Words) if getattr(words, field.name)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Can I move my visit to Tuesday?", set()),
        ("hello? anyone there", {"nudge"}),
        ("are you a robot?", {"asks_robot", "language"}),
        ("PERSON", {"language"}),
        ("my lawyer will contact you about this bill", {"is_dispute", "is_legal"}),
        ("please help me", {"plea"}),
        ("It's safe to text me now.", {"says_safe"}),
        ("this is her husband, what did she want?", {"other_writer"}),
        (SHARED, {"is_shared"}),
    ],
)
def test_words_say_what_they_say(text: str, expected: set[str]) -> None:
    assert said(text) == expected


def test_a_picture_may_say_more_than_a_message_that_only_asks_again() -> None:
    assert said("hello? anyone there", has_media=True) == set()


def test_a_shared_phone_is_heard_in_a_chat_too() -> None:
    assert said(SHARED, in_chat=True) == {"is_shared"}


@pytest.mark.parametrize(("text", "language"), [("Persona.", "es"), ("a person", "en")])
def test_a_person_is_asked_for_in_a_language(text: str, language: str) -> None:
    assert read_words(text, has_media=False, in_chat=False).language == language
