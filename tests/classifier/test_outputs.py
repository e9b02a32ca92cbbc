"""Which columns a network may have, and how each group of them becomes probabilities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier import INTENTS
from classifier.network.decoding import Outputs
from classifier.outputs import (
    ALL_COLUMNS,
    DANGER_COLUMNS,
    LABELS,
    LANGUAGE_COLUMNS,
    LEVEL_COLUMNS,
    MENTION_COLUMNS,
    check_columns,
)

GROUPS = (LANGUAGE_COLUMNS, LEVEL_COLUMNS, DANGER_COLUMNS, MENTION_COLUMNS)


def logits_of(names: tuple[str, ...] | list[str], **large: float) -> np.ndarray:
    """Return one row of logits, 0 but for the named columns (`__` stands for a colon)."""
    row = np.zeros((1, len(names)))
    for name, value in large.items():
        row[0, names.index(name.replace("__", ":"))] = value
    return row


def test_this_project_trains_eleven_labels_and_four_groups() -> None:
    assert ALL_COLUMNS == (
        "new_patient_inquiry", "existing_patient_question", "appointment_request", "billing_inquiry",
        "clinical_concern", "complaint", "price_shopper", "acknowledgement", "out_of_scope", "person", "praise",
        "language:en", "language:es", "language:other",
        "triage:emergency", "triage:same_day", "triage:routine",
        "danger:self_harm", "danger:ingestion",
        "mention:new_patient_inquiry", "mention:existing_patient_question", "mention:appointment_request",
        "mention:billing_inquiry", "mention:clinical_concern", "mention:complaint", "mention:price_shopper",
    )  # fmt: skip


@given(st.permutations(ALL_COLUMNS), st.sets(st.sampled_from(GROUPS)), st.sets(st.sampled_from(LABELS[len(INTENTS) :])))
def test_a_network_has_every_intent_and_any_labels_and_whole_groups_in_any_order(
    names: list[str], groups: set[tuple[str, ...]], labels: set[str]
) -> None:
    wanted = {*INTENTS, *labels, *(name for group in groups for name in group)}
    check_columns([name for name in names if name in wanted])


@pytest.mark.parametrize(
    "names",
    [
        (),
        INTENTS[1:],
        (*INTENTS, "spam"),
        (*INTENTS, "urgent"),
        (*INTENTS, INTENTS[0]),
        (*INTENTS, "person", "person"),
        (*ALL_COLUMNS, "language:fr"),
    ],
)
def test_a_missing_unknown_or_repeated_column_is_refused(names: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"must be the intents new_patient_inquiry, .* and at most acknowledgement, "):
        check_columns(names)


@pytest.mark.parametrize("missing", [name for group in GROUPS for name in group])
def test_a_group_with_a_column_missing_is_refused_by_its_columns(missing: str) -> None:
    (group,) = (group for group in GROUPS if missing in group)
    with pytest.raises(ValueError, match=f"must have all of {', '.join(group)}, or none of them"):
        check_columns([name for name in ALL_COLUMNS if name != missing])


@given(st.permutations(ALL_COLUMNS))
def test_the_columns_are_found_wherever_they_are(names: list[str]) -> None:
    outputs = Outputs(names)
    logits = logits_of(
        names, complaint=5.0, language__es=9.0, triage__same_day=9.0, danger__ingestion=9.0, mention__price_shopper=9.0
    )

    (row,) = outputs.probabilities(logits, 1.0)
    languages, levels, dangers, mentions = (
        read(logits) for read in (outputs.languages, outputs.levels, outputs.dangers, outputs.mentions)
    )

    assert outputs.labels[int(row.argmax())] == "complaint"
    assert outputs.intents[int(outputs.intent_shares(row).argmax())] == "complaint"
    assert languages is not None
    assert languages[0].argmax() == 1
    assert levels is not None
    assert levels[0].argmax() == 1
    assert dangers is not None
    assert dangers[0].tolist() == pytest.approx([0.5, 1.0], abs=1e-3)
    assert mentions is not None
    assert mentions[0].argmax() == INTENTS.index("price_shopper")


def test_labels_languages_and_levels_each_sum_to_1_and_dangers_and_mentions_do_not() -> None:
    outputs = Outputs(ALL_COLUMNS)
    logits = np.random.default_rng(3).normal(0, 3, (5, len(ALL_COLUMNS)))

    sums = [outputs.probabilities(logits, 2.0).sum(axis=1)]
    sums += [np.asarray(read(logits)).sum(axis=1) for read in (outputs.languages, outputs.levels)]

    assert np.allclose(sums, 1)
    alone = logits.copy()
    alone[:, ALL_COLUMNS.index("danger:self_harm")] += 5
    before, after = np.asarray(outputs.dangers(logits)), np.asarray(outputs.dangers(alone))
    assert (after[:, 0] > before[:, 0]).all()
    assert (after[:, 1] == before[:, 1]).all()


def test_the_temperature_is_for_the_labels_alone() -> None:
    outputs = Outputs(ALL_COLUMNS)
    logits = logits_of(ALL_COLUMNS, complaint=4.0, triage__emergency=4.0)

    warm = outputs.probabilities(logits, 2.0)[0, LABELS.index("complaint")]

    assert warm == pytest.approx(np.exp(2) / (np.exp(2) + len(LABELS) - 1))
    assert np.asarray(outputs.levels(logits))[0, 0] == pytest.approx(np.exp(4) / (np.exp(4) + 2))


def test_given_an_intent_the_intents_share_everything() -> None:
    outputs = Outputs(ALL_COLUMNS)
    (row,) = outputs.probabilities(logits_of(ALL_COLUMNS, complaint=2.0, out_of_scope=4.0), 1.0)

    shares = outputs.given_an_intent(outputs.intent_shares(row))

    assert outputs.intent_shares(row).sum() < 0.2
    assert shares.sum() == pytest.approx(1)
    assert outputs.intents[int(shares.argmax())] == "complaint"


def test_a_network_of_intents_alone_knows_nothing_else() -> None:
    outputs, logits = Outputs(INTENTS), np.eye(1, len(INTENTS))

    assert outputs.labels == outputs.intents == INTENTS
    found = (outputs.languages(logits), outputs.levels(logits), outputs.dangers(logits), outputs.mentions(logits))
    assert found == (None, None, None, None)
