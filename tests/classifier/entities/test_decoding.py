from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from classifier.entities.decoding import Floats, best_labels, decode_entities
from classifier.entities.labels import KINDS, LABELS, first_column
from classifier.network.decoding import softmax_rows
from intake.vocabulary import EntityKind

NAME = first_column(EntityKind.NAME)
DOB = first_column(EntityKind.DOB)


def logits(*rows: dict[int, float]) -> Floats:
    made = np.zeros((len(rows), len(LABELS)))
    for place, row in enumerate(rows):
        for column, value in row.items():
            made[place, column] = value
    return made


def is_allowed(before: int, label: int) -> bool:
    return label == 0 or label % 2 == 1 or before in (label, label - 1)


def test_every_kind_has_two_labels() -> None:
    assert len(LABELS) == 1 + 2 * len(KINDS)
    assert LABELS[first_column(EntityKind.CPT)] == "B-CPT"
    assert LABELS[first_column(EntityKind.CPT) + 1] == "I-CPT"


def test_a_value_does_not_start_in_its_middle() -> None:
    found = best_labels(logits({0: 9}, {NAME + 1: 9, NAME: 8}, {NAME + 1: 9}))
    assert found.tolist() == [0, NAME, NAME + 1]


def test_a_value_keeps_the_kind_that_fits_all_of_it_best() -> None:
    found = best_labels(logits({NAME: 5}, {DOB + 1: 4, NAME + 1: 3.5}, {NAME + 1: 5}))
    assert found.tolist() == [NAME, NAME + 1, NAME + 1]


@given(arrays(np.float64, (3, 5), elements=st.floats(-6, 6)))
def test_no_allowed_path_is_better_than_the_one_that_is_found(columns: Floats) -> None:
    rows = np.full((3, len(LABELS)), -30.0)
    rows[:, :5] = columns
    scores = np.log(softmax_rows(rows))
    found = best_labels(rows).tolist()
    assert all(is_allowed(before, label) for before, label in zip([0, *found], found, strict=False))

    def value(path: tuple[int, ...]) -> float:
        return float(sum(scores[place, label] for place, label in enumerate(path)))

    allowed = [
        path
        for path in product(range(5), repeat=3)
        if all(is_allowed(before, label) for before, label in zip((0, *path), path, strict=False))
    ]
    assert value(tuple(found)) >= max(map(value, allowed)) - 1e-9


def test_a_given_and_a_family_name_side_by_side_are_one_value_as_sure_as_its_least_sure_part() -> None:
    sure, unsure = {NAME: 9.0}, {NAME: 4.0, 0: 3.0}
    (alone,) = decode_entities("Lopez", [(0, 5)], logits(unsure), 0.0)
    (entity,) = decode_entities("Maria Lopez", [(0, 5), (5, 11)], logits(sure, unsure), 0.0)
    assert (entity.start, entity.end, entity.confidence) == (0, 11, alone.confidence)
    assert entity.confidence < 0.9


def test_what_is_only_punctuation_is_nothing() -> None:
    assert decode_entities("??", [(0, 1), (1, 2)], logits({NAME: 9}, {NAME + 1: 9}), 0.0) == ()
