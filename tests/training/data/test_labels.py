from __future__ import annotations

from classifier import INTENTS
from training.data.corpus import CORPUS
from training.data.labels import AGES, CHANNELS, DEFINITIONS, NEIGHBORS, PRACTICES, TONES, labeling_guide


def test_every_intent_is_defined_and_has_neighbours_other_than_itself() -> None:
    assert tuple(DEFINITIONS) == INTENTS
    assert tuple(NEIGHBORS) == INTENTS
    for intent, neighbours in NEIGHBORS.items():
        assert set(neighbours) <= set(INTENTS) - {intent}


def test_the_kinds_of_messages_are_those_of_the_corpus() -> None:
    files = [path for intent in INTENTS for path in CORPUS.glob(f"*/{intent}.tsv")]
    rows = [line.split("\t") for path in files for line in path.read_text(encoding="utf-8").splitlines()]
    assert {path.parent.name for path in files} == set(PRACTICES)
    assert {row[0] for row in rows} <= set(CHANNELS)  # a channel may be younger than the corpus
    assert {row[1] for row in rows} == set(TONES)
    assert {row[2] for row in rows} == set(AGES)


def test_the_guide_names_every_intent() -> None:
    assert all(f"- {intent}: " in labeling_guide() for intent in INTENTS)
