"""The list of everyday words, which the rules for names never take for one."""

from __future__ import annotations

from classifier.entities.rules_names import common_words, may_be_name
from tests.training.data.spans.entity_corpus import entity_messages
from training.data.corpus import CORPUS
from training.data.spans import common_words as making
from training.data.spans.setting import read_values


def test_words_that_stand_often_in_small_letters_are_listed_and_names_are_not() -> None:
    shipped = making.LIST.read_text(encoding="utf-8").split()
    first_names = {name.casefold() for group in read_values(CORPUS, "first_names").values() for name in group}

    assert shipped == sorted(set(shipped))
    assert {"told", "manana", "didn't"} <= common_words() == set(shipped)
    assert common_words().isdisjoint(first_names)


def test_the_list_is_made_from_the_training_messages() -> None:
    made = set(making.common_words(entity_messages()))

    assert len(made ^ common_words()) < 0.1 * len(made)  # messages come and go; the list need not follow each


def test_a_name_that_is_a_word_too_may_be_one() -> None:
    assert may_be_name("Grace")
    assert may_be_name("leo")
    assert not may_be_name("Manager")
    assert not may_be_name("Unbelievable")
