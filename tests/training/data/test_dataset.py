from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tokenizers import Tokenizer

from classifier import INTENTS
from classifier.outputs import LABELS
from intake.vocabulary import DangerKind, TriageLevel
from tests.training.conftest import third_party_warnings_ignored
from tests.training.lazy import Lazy
from training.data.corpus import CorpusMessage
from training.data.targets import UNKNOWN, targets_of

if TYPE_CHECKING:
    import torch

    from training.data.dataset import Collate, FixedMessages, FreshMessages, join_messages, load_tokenizer, truncate_ids
else:
    torch = Lazy("torch")
    Collate = Lazy("training.data.dataset", "Collate")
    FixedMessages = Lazy("training.data.dataset", "FixedMessages")
    FreshMessages = Lazy("training.data.dataset", "FreshMessages")
    join_messages = Lazy("training.data.dataset", "join_messages")
    load_tokenizer = Lazy("training.data.dataset", "load_tokenizer")
    truncate_ids = Lazy("training.data.dataset", "truncate_ids")

EMERGENCY, SAME_DAY, ROUTINE = TriageLevel
MESSAGES = [
    CorpusMessage("{full_name} would like to be seen", "new_patient_inquiry", "dental", "sms", "intents"),
    CorpusMessage(
        "a bill for {amount} from {date}, why? " * 10, "billing_inquiry", "dental", "email", "intents", level=ROUTINE
    ),
]


def message(label: str | None = "complaint", level: TriageLevel | None = ROUTINE, **known: Any) -> CorpusMessage:
    return CorpusMessage(known.pop("text", "words"), label, "dental", "sms", "voices", level=level, **known)


# ---- what a network should say


def test_the_targets_are_label_language_level_dangers_and_every_intent_asked_for() -> None:
    targets = targets_of(message("price_shopper", SAME_DAY, language="es", also="billing_inquiry"))
    assert targets == [LABELS.index("price_shopper"), 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 1]


def test_a_message_without_an_intent_asks_for_none() -> None:
    targets = targets_of(message("praise"))
    assert targets[0] == LABELS.index("praise")
    assert targets[-7:] == [0] * 7


@pytest.mark.parametrize(
    ("danger", "expected"),
    [(DangerKind.SELF_HARM, [1, 0]), (DangerKind.INGESTION, [0, 1]), (DangerKind.OTHER, [0, 0])],
)
def test_the_danger_of_an_emergency_has_a_column_or_none(danger: DangerKind, expected: list[int]) -> None:
    assert targets_of(message(level=EMERGENCY, danger=danger))[2:5] == [0, *expected]


def test_what_nobody_has_judged_is_unknown_but_the_language_is_always_known() -> None:
    assert targets_of(message(None, EMERGENCY, danger=DangerKind.OTHER)) == [UNKNOWN, 0, 0, 0, 0] + [UNKNOWN] * 7
    unread = targets_of(message("complaint", None, language="other"))
    assert unread[:5] == [LABELS.index("complaint"), 2, UNKNOWN, UNKNOWN, UNKNOWN]
    assert UNKNOWN not in unread[5:]


# ---- two messages in one


def test_joined_messages_say_both_one_after_the_other() -> None:
    first, second = message("billing_inquiry", text="a bill"), message("price_shopper", text="a price")
    joined = join_messages(first, second, ". also ")
    assert joined.text == "a bill. also a price"
    assert (joined.label, joined.also) == ("billing_inquiry", "price_shopper")


@pytest.mark.parametrize(
    ("first", "second", "label", "also"),
    [
        ("billing_inquiry", "complaint", "complaint", "billing_inquiry"),
        ("clinical_concern", "complaint", "complaint", "clinical_concern"),
        ("billing_inquiry", "clinical_concern", "clinical_concern", "billing_inquiry"),
        ("complaint", "complaint", "complaint", None),
        ("acknowledgement", "billing_inquiry", "billing_inquiry", None),
        ("billing_inquiry", "out_of_scope", "billing_inquiry", None),
        ("person", "complaint", "complaint", None),
        ("praise", "out_of_scope", "praise", None),
        (None, "complaint", None, None),
        ("complaint", None, None, None),
        (None, None, None, None),
    ],
)
def test_a_complaint_comes_first_then_a_concern_then_the_first_intent(
    first: str | None, second: str | None, label: str | None, also: str | None
) -> None:
    joined = join_messages(message(first), message(second), " ")
    assert joined.label == label
    if label is not None:
        assert joined.also == also


@pytest.mark.parametrize(("first", "second"), [("complaint", "praise"), ("praise", "complaint")])
def test_a_second_intent_survives_beside_a_message_without_one(first: str, second: str) -> None:
    earlier, later = (
        message(label, also="price_shopper" if label == "complaint" else None) for label in (first, second)
    )
    joined = join_messages(earlier, later, " ")
    assert (joined.label, joined.also) == ("complaint", "price_shopper")


def test_the_first_intents_of_two_messages_come_before_their_second_ones() -> None:
    joined = join_messages(message("complaint", also="price_shopper"), message("billing_inquiry"), " ")
    assert (joined.label, joined.also) == ("complaint", "billing_inquiry")


def test_beside_an_unlabeled_message_no_intent_is_known_to_be_missing() -> None:
    assert targets_of(join_messages(message("complaint"), message(None), " "))[5:] == [UNKNOWN] * 7


def test_joined_with_a_review_it_may_ask_for_more_than_is_known() -> None:
    review = replace(message("complaint"), may_ask_more=True)
    for pair in ((review, message("price_shopper")), (message("price_shopper"), review)):
        mentions = dict(zip(INTENTS, targets_of(join_messages(*pair, " "))[-7:], strict=True))
        assert (mentions["complaint"], mentions["price_shopper"], mentions["billing_inquiry"]) == (1, 1, UNKNOWN)


@pytest.mark.parametrize(
    ("first", "second", "level"),
    [
        (ROUTINE, SAME_DAY, SAME_DAY),
        (EMERGENCY, ROUTINE, EMERGENCY),
        (SAME_DAY, EMERGENCY, EMERGENCY),
        (ROUTINE, ROUTINE, ROUTINE),
        (None, EMERGENCY, EMERGENCY),
        (SAME_DAY, None, None),
        (None, ROUTINE, None),
        (None, None, None),
    ],
)
def test_the_more_urgent_level_holds_and_an_unknown_one_may_be_any(
    first: TriageLevel | None, second: TriageLevel | None, level: TriageLevel | None
) -> None:
    earlier, later = (
        message(level=known, danger=DangerKind.OTHER if known is EMERGENCY else None) for known in (first, second)
    )
    joined = join_messages(earlier, later, " ")
    assert joined.level is level
    assert joined.danger is (DangerKind.OTHER if level is EMERGENCY else None)


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize(
    ("first", "second", "danger"),
    [
        (DangerKind.SELF_HARM, DangerKind.OTHER, DangerKind.SELF_HARM),
        (DangerKind.SELF_HARM, DangerKind.INGESTION, DangerKind.SELF_HARM),
        (DangerKind.INGESTION, DangerKind.OTHER, DangerKind.INGESTION),
        (DangerKind.INGESTION, None, DangerKind.INGESTION),
    ],
)
def test_of_two_dangers_the_first_in_the_vocabulary_holds(
    first: DangerKind, second: DangerKind | None, danger: DangerKind, swapped: bool
) -> None:
    kinds = (second, first) if swapped else (first, second)
    earlier, later = (message(level=EMERGENCY if kind else ROUTINE, danger=kind) for kind in kinds)
    assert join_messages(earlier, later, " ").danger is danger


# ---- the datasets


@pytest.fixture(scope="module")
def tokenizer(compact_base: Path) -> Tokenizer:
    return load_tokenizer(compact_base)


def fresh(tokenizer: Tokenizer, messages: Sequence[CorpusMessage] = MESSAGES, **changes: Any) -> FreshMessages:
    usual: dict[str, Any] = {"seed": 1, "noise": 0.5, "joined": 0.0, "max_tokens": 64}
    return FreshMessages(messages, tokenizer, **(usual | changes))


def test_the_tokenizer_neither_cuts_nor_pads(tokenizer: Tokenizer) -> None:
    assert tokenizer.truncation is None
    assert tokenizer.padding is None
    assert len(tokenizer.encode("word " * 900).ids) == 902


def test_every_epoch_has_fresh_values_and_a_resumed_one_has_the_same(tokenizer: Tokenizer) -> None:
    messages, resumed = fresh(tokenizer), fresh(tokenizer)
    epochs = []
    for epoch in range(3):
        messages.epoch = epoch
        epochs.append([messages.message(index)[1] for index in range(2)])
    assert len({texts[0] for texts in epochs}) == len({texts[1] for texts in epochs}) == 3
    resumed.epoch = 2
    assert [resumed.message(index)[1] for index in range(2)] == epochs[2]


def test_an_example_is_the_text_s_tokens_and_what_is_known_about_it(tokenizer: Tokenizer) -> None:
    messages = fresh(tokenizer)
    assert messages[0]["input_ids"] == tokenizer.encode(messages.message(0)[1]).ids
    assert [messages[place]["targets"] for place in range(2)] == [targets_of(known) for known in MESSAGES]
    fixed = FixedMessages([message(None, None)], tokenizer, seed=1, max_tokens=64)[0]
    assert fixed["targets"] == targets_of(message(None, None))


# ---- joined messages


def many(count: int = 600) -> list[CorpusMessage]:
    """Return messages of every intent in two languages, none of which contains another."""
    return [message(INTENTS[n % 7], text=f"<{n}>", language="es" if n % 3 == 0 else "en") for n in range(count)]


def test_the_given_share_of_messages_is_joined_with_another(tokenizer: Tokenizer) -> None:
    messages = fresh(tokenizer, many(), joined=0.25, noise=0.0)
    parts = [messages.message(index)[0].text.count("<") for index in range(len(messages))]
    assert sum(part > 1 for part in parts) / len(parts) == pytest.approx(0.25, abs=0.05)
    assert sum(part > 2 for part in parts) / len(parts) == pytest.approx(0.25**2, abs=0.03)


def test_no_message_is_joined_unless_asked_for(tokenizer: Tokenizer) -> None:
    messages = fresh(tokenizer, many(), joined=0.0)
    assert [messages.message(index)[0] for index in range(len(messages))] == many()


def test_a_message_is_joined_within_its_language_before_or_after_the_other(tokenizer: Tokenizer) -> None:
    messages, languages = fresh(tokenizer, many(), joined=0.5, noise=0.0), {m.text: m.language for m in many()}
    first, joined_with = [], 0
    for index, own in enumerate(many()):
        found, text = messages.message(index)
        parts = [part for part in languages if part in found.text]
        assert own.text in found.text
        assert {languages[part] for part in parts} == {own.language} == {found.language}
        assert all(part in text for part in parts)
        if len(parts) > 1:
            joined_with += 1
            first.append(found.text.startswith(own.text))
    assert joined_with > 200
    assert 0.3 < sum(first) / len(first) < 0.7


def test_a_joined_message_is_known_by_both_and_keeps_its_partner_in_every_epoch(tokenizer: Tokenizer) -> None:
    messages = fresh(tokenizer, many(), joined=0.9, noise=0.0)
    before = [messages.message(index)[0] for index in range(50)]
    assert [messages[index]["targets"] for index in range(50)] == [targets_of(known) for known in before]
    assert any(known.also for known in before)
    messages.epoch = 1
    assert [messages.message(index)[0] for index in range(50)] == before


# ---- the teacher's answers


def test_a_message_takes_its_own_row_of_what_the_teacher_answered(tokenizer: Tokenizer) -> None:
    answers = np.arange(52, dtype=np.float32).reshape(2, 26)
    messages = fresh(tokenizer, teacher=answers)
    assert np.array_equal(messages[1]["teacher"], answers[1])
    assert "teacher" not in fresh(tokenizer)[0]


def test_the_teacher_has_answered_nothing_about_a_joined_message(tokenizer: Tokenizer) -> None:
    answers = np.ones((600, 26), dtype=np.float32)
    messages = fresh(tokenizer, many(), joined=0.5, teacher=answers)
    for index, own in enumerate(many()[:100]):
        alone = messages.message(index)[0].text == own.text
        assert np.isnan(messages[index]["teacher"]).all() == (not alone)
        assert np.isnan(messages[index]["teacher"]).any() == (not alone)


# ---- tokens


def test_a_sentencepiece_checkpoint_gives_a_tokenizer_of_the_same_kind(tiny_deberta: Path) -> None:
    with third_party_warnings_ignored():
        tokenizer = load_tokenizer(tiny_deberta)
    tokens = tokenizer.encode("complaint to dental").tokens
    assert (tokens[0], tokens[-1]) == ("[CLS]", "[SEP]")
    assert "".join(tokens[1:-1]).replace("▁", " ").strip() == "complaint to dental"
    assert tokenizer.truncation is None
    assert tokenizer.padding is None


def test_a_long_message_is_cut_and_keeps_its_closing_token(tokenizer: Tokenizer) -> None:
    ids = fresh(tokenizer)[1]["input_ids"]
    assert len(ids) == 64
    assert tokenizer.id_to_token(ids[-1]) == "[SEP]"
    assert truncate_ids([1, 2, 3], 3) == [1, 2, 3]


def test_validation_messages_never_change_and_come_longest_first(tokenizer: Tokenizer) -> None:
    first, second = (FixedMessages(MESSAGES, tokenizer, seed=1, max_tokens=64) for _ in range(2))
    assert [first[0], first[1]] == [second[0], second[1]]
    assert len(first) == 2
    assert len(first[0]["input_ids"]) > len(first[1]["input_ids"])


def test_a_batch_is_padded_to_its_longest_message() -> None:
    answers, unread = np.ones(26, dtype=np.float32), np.full(26, np.nan, dtype=np.float32)
    first, second = targets_of(MESSAGES[0]), targets_of(MESSAGES[1])
    batch = Collate(9)(
        [
            {"input_ids": [5, 6], "targets": first, "teacher": answers},
            {"input_ids": [7, 8, 9], "targets": second, "teacher": unread},
        ]
    )
    assert torch.equal(batch["input_ids"], torch.tensor([[5, 6, 9], [7, 8, 9]]))
    assert torch.equal(batch["attention_mask"], torch.tensor([[1, 1, 0], [1, 1, 1]]))
    assert torch.equal(batch["labels"], torch.tensor([first, second]))
    assert torch.equal(batch["teacher"][0], torch.ones(26))
    assert batch["teacher"][1].isnan().all()
