"""The chat's texts that a practice may word are those of the widget."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from intake.vocabulary import ChatText, Language
from templates import chat
from templates.chat_texts import EMERGENCY, STANDARD, chat_strings, chat_text
from tests.templates.test_replies import practice

WIDGET = (Path(chat.__file__).parent / "widget.js").read_text("utf-8")
BLOCKS = {language: WIDGET.partition(f"\n  {language}: {{")[2].partition("\n  },")[0] for language in ("en", "es")}


def in_widget(language: str, key: str) -> str:
    (text,) = re.findall(rf'^    {key}: ("(?:[^"\\]|\\.)*"),$', BLOCKS[language], re.MULTILINE)
    return str(json.loads(text))


@pytest.mark.parametrize("text", ChatText)
def test_the_standard_words_are_those_of_the_widget(text: ChatText) -> None:
    language, _, key = text.partition(".")

    assert STANDARD[text] == in_widget(language, key)


@pytest.mark.parametrize("language", EMERGENCY)
def test_the_words_about_emergencies_are_those_of_the_widget(language: Language) -> None:
    assert EMERGENCY[language] == in_widget(language, "emergency")


def test_a_chat_without_automatic_replies_promises_none() -> None:
    in_english = "A person will answer during office hours."
    in_spanish = "Una persona le responderá cuando estemos abiertos."
    shadow = practice(auto_reply="off")

    assert chat_strings(shadow) == {"en": {"replyTime": in_english}, "es": {"replyTime": in_spanish}}
    assert chat_text(shadow, ChatText.EN_REPLY_TIME, "") == in_english
    assert chat_strings(practice()) == {}


def test_a_practices_own_words_about_when_it_answers_stay() -> None:
    own = practice(auto_reply="off", chat={"strings": {"en": {"replyTime": "We answer on weekdays.", "send": "Go"}}})

    assert chat_strings(own)["en"] == {"replyTime": "We answer on weekdays.", "send": "Go"}
