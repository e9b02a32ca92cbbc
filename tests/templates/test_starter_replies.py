"""The saved replies that a practice starts with: each can be sent as it is once its blanks are filled in."""

from __future__ import annotations

import re

import pytest

from inbox.replies.saved import ReplyWords, find_words_problem, tidy_words
from intake.practices import Practice
from intake.vocabulary import Language
from templates.saved_replies import Reader, fill_variables, find_blanks, known_values
from templates.segments import count_segments, is_gsm7
from templates.starter_replies import starter_replies
from tests.templates.test_replies import EVENING, FULL

STARTERS = starter_replies()
VARIABLE = re.compile(r"\{\{ [a-z_.]+ \}\}")


@pytest.mark.parametrize("key", STARTERS)
def test_every_starter_reply_keeps_the_rules_of_saved_replies_in_both_languages(key: str) -> None:
    starter = STARTERS[key]
    words = ReplyWords(starter.name, starter.text, starter.text_es)

    assert tidy_words(words.name, words.text, words.text_es) == words
    assert find_words_problem(words, []) == ("", "")
    assert sorted(VARIABLE.findall(words.text)) == sorted(VARIABLE.findall(words.text_es))
    assert len(find_blanks(words.text)) == len(find_blanks(words.text_es))
    for text, language in ((words.text, Language.EN), (words.text_es, Language.ES)):
        values = known_values(Practice.model_validate(FULL), EVENING, language, Reader("Maria", "Dana Reyes"))
        sent = fill_variables(text, values)
        assert find_blanks(sent) == find_blanks(text), "the rest is known of every practice"
        filled = re.sub(r"\[.*?\]", "Tuesday, December 8 at 10:30", sent)
        assert is_gsm7(filled), filled
        assert count_segments(filled) <= 2
        assert not re.search(r"\b(?:I|my|received|recibimos|yo|mi)\b", sent), "we, and no words of the machine's"


def test_their_names_are_different_and_their_topics_stand_together() -> None:
    starters = list(STARTERS.values())
    topics = [starter.topic for starter in starters]

    assert len({starter.name for starter in starters}) == len(starters) > 20
    assert sorted(topics, key=list(dict.fromkeys(topics)).index) == topics
