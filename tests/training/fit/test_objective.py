"""The loss: each group of columns by what is known about it, and by what a teacher answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from classifier import INTENTS
from classifier.outputs import ALL_COLUMNS, DANGER_COLUMNS, LABELS, LANGUAGE_COLUMNS, LEVEL_COLUMNS, MENTION_COLUMNS
from intake.vocabulary import DangerKind, TriageLevel
from tests.training.lazy import Lazy
from training.data.corpus import CorpusMessage
from training.data.targets import UNKNOWN, targets_of
from training.fit.output_columns import SCREENING_GROUPS, column_groups, output_names
from training.recipe import Distillation

if TYPE_CHECKING:
    import torch
    from torch.nn import functional

    from training.fit.objective import training_loss
else:
    torch = Lazy("torch")
    functional = Lazy("torch.nn", "functional")
    training_loss = Lazy("training.fit.objective", "training_loss")

TAUGHT = Distillation(teacher="teacher.toml", temperature=2.0, weight=1.0, readings=1)
TARGETS = 12
MESSAGES = [
    CorpusMessage("", "complaint", "", "sms", "x", level=TriageLevel.EMERGENCY, danger=DangerKind.SELF_HARM),
    CorpusMessage("", "praise", "", "sms", "x", level=TriageLevel.ROUTINE, language="es"),
    CorpusMessage("", "billing_inquiry", "", "sms", "x", level=TriageLevel.SAME_DAY, also="price_shopper"),
    CorpusMessage("", "person", "", "sms", "x", level=TriageLevel.ROUTINE, language="other"),
]
LABEL, LANGUAGE, LEVEL, DANGER, MENTION = SCREENING_GROUPS


def logits(columns: int = len(ALL_COLUMNS), seed: int = 0) -> torch.Tensor:
    return torch.randn(4, columns, generator=torch.Generator().manual_seed(seed)).requires_grad_()


def targets(*messages: CorpusMessage) -> torch.Tensor:
    return torch.tensor([targets_of(message) for message in messages or MESSAGES])


def unknown() -> torch.Tensor:
    return torch.full((4, TARGETS), UNKNOWN)


def gradient(answers: torch.Tensor) -> torch.Tensor:
    assert answers.grad is not None
    return answers.grad


# ---- the groups


def test_the_groups_are_the_columns_in_order_and_leave_none_out() -> None:
    names = output_names(screens=True)
    assert [names[group.columns] for group in SCREENING_GROUPS] == [
        LABELS, LANGUAGE_COLUMNS, LEVEL_COLUMNS, DANGER_COLUMNS, MENTION_COLUMNS,
    ]  # fmt: skip
    assert sum(group.columns.stop - group.columns.start for group in SCREENING_GROUPS) == len(names)
    assert [group.exclusive for group in SCREENING_GROUPS] == [True, True, True, False, False]


def test_each_group_has_the_targets_of_its_columns() -> None:
    row = targets_of(MESSAGES[2])
    assert [row[group.targets] for group in SCREENING_GROUPS] == [
        [LABELS.index("billing_inquiry")], [0], [1], [0, 0], [0, 0, 0, 1, 0, 0, 1],
    ]  # fmt: skip
    assert SCREENING_GROUPS[-1].targets.stop == len(row) == TARGETS


def test_a_network_of_intents_alone_has_one_group() -> None:
    (group,) = column_groups(len(INTENTS))
    assert output_names(screens=False)[group.columns] == INTENTS


# ---- what is known


def test_a_network_of_intents_alone_is_judged_by_its_labels() -> None:
    answers = logits(len(INTENTS))
    labels = targets(*[CorpusMessage("", intent, "", "sms", "x") for intent in INTENTS[:4]])
    expected = functional.cross_entropy(answers, torch.arange(4), label_smoothing=0.1)
    assert training_loss(answers, labels, 0.1) == expected


def test_the_loss_is_the_weighted_sum_of_the_groups() -> None:
    answers, wanted = logits(), targets()
    cross, binary = functional.cross_entropy, functional.binary_cross_entropy_with_logits
    expected = (
        cross(answers[:, :11], wanted[:, 0])
        + 0.3 * cross(answers[:, 11:14], wanted[:, 1])
        + cross(answers[:, 14:17], wanted[:, 2])
        + 0.5 * binary(answers[:, 17:19], wanted[:, 3:5].float())
        + 4.0 * binary(answers[:, 19:26], wanted[:, 5:].float())
    )
    assert torch.isclose(training_loss(answers, wanted, 0.0), expected)


def test_only_the_labels_are_smoothed() -> None:
    answers = logits()
    training_loss(answers, targets(), 0.0).backward()
    plain = gradient(answers).clone()
    answers.grad = None
    training_loss(answers, targets(), 0.2).backward()
    assert (gradient(answers)[:, :11] != plain[:, :11]).all()
    assert torch.equal(gradient(answers)[:, 11:], plain[:, 11:])


def test_what_nobody_knows_teaches_nothing() -> None:
    answers = logits()
    unlabeled = CorpusMessage("", None, "", "sms", "x", level=TriageLevel.ROUTINE)
    unjudged = CorpusMessage("", "complaint", "", "sms", "x")
    training_loss(answers, targets(unlabeled, unjudged, *MESSAGES[2:]), 0.05).backward()
    slope = gradient(answers)
    for group in (LABEL, MENTION):
        assert (slope[0, group.columns] == 0).all()
        assert (slope[1, group.columns] != 0).all()
    for group in (LEVEL, DANGER):
        assert (slope[0, group.columns] != 0).all()
        assert (slope[1, group.columns] == 0).all()
    assert (slope[:, LANGUAGE.columns] != 0).all()
    assert (slope[2:] != 0).all()


def test_the_unknown_does_not_dilute_the_known() -> None:
    """Otherwise a batch of unlabeled messages would learn more slowly."""
    answers = logits()
    wanted = unknown()
    wanted[0] = targets()[0]
    assert torch.isclose(training_loss(answers, wanted, 0.0), training_loss(answers[:1], wanted[:1], 0.0))


def test_a_batch_of_which_nothing_is_known_costs_nothing_and_can_be_learned_from() -> None:
    answers = logits()
    loss = training_loss(answers, unknown(), 0.05)
    loss.backward()
    assert loss == 0
    assert (gradient(answers) == 0).all()


# ---- the teacher


def test_a_student_that_answers_what_its_teacher_answers_has_no_more_to_learn_from_it() -> None:
    answers = logits()
    training_loss(answers, unknown(), 0.0, answers.detach().clone(), TAUGHT).backward()
    assert gradient(answers).abs().max() < 1e-6


@pytest.mark.parametrize("columns", [len(INTENTS), len(ALL_COLUMNS)])
def test_the_teacher_counts_where_nobody_knows_anything(columns: int) -> None:
    answers = logits(columns)
    training_loss(answers, unknown(), 0.0, logits(columns, seed=1).detach(), TAUGHT).backward()
    assert (gradient(answers) != 0).all()


def test_the_weight_divides_the_loss_between_what_is_known_and_the_teacher() -> None:
    answers, teacher = logits(), logits(seed=1).detach()
    alone, taught = training_loss(answers, targets(), 0.0), training_loss(answers, targets(), 0.0, teacher, TAUGHT)
    both = training_loss(answers, targets(), 0.0, teacher, TAUGHT.model_copy(update={"weight": 0.25}))
    assert torch.isclose(both, 0.75 * alone + 0.25 * taught)


def test_a_message_that_the_teacher_has_not_seen_learns_from_what_is_known_alone() -> None:
    answers, teacher = logits(), logits(seed=1).detach()
    teacher[1] = torch.nan
    training_loss(answers, unknown(), 0.0, teacher, TAUGHT).backward()
    assert (gradient(answers)[1] == 0).all()
    assert (gradient(answers)[[0, 2, 3]] != 0).all()
    answers.grad = None
    half = TAUGHT.model_copy(update={"weight": 0.5})
    training_loss(answers, targets(), 0.0, teacher, half).backward()
    assert (gradient(answers)[1] != 0).all()


def test_a_message_that_the_teacher_has_not_seen_does_not_dilute_the_others() -> None:
    answers, teacher = logits(), logits(seed=1).detach()
    teacher[2:] = torch.nan
    loss = training_loss(answers, unknown(), 0.0, teacher, TAUGHT)
    assert torch.isclose(loss, training_loss(answers[:2], unknown()[:2], 0.0, teacher[:2], TAUGHT))


@pytest.mark.parametrize("make", [unknown, targets])
def test_a_batch_that_the_teacher_has_not_seen_at_all_is_no_error(make: Callable[[], torch.Tensor]) -> None:
    answers = logits()
    loss = training_loss(answers, make(), 0.0, torch.full_like(answers, torch.nan).detach(), TAUGHT)
    loss.backward()
    assert loss == 0
    assert not gradient(answers).isnan().any()


@pytest.mark.parametrize("temperature", [1.0, 4.0])
def test_a_flatter_comparison_pulls_about_as_hard(temperature: float) -> None:
    answers = logits()
    distillation = TAUGHT.model_copy(update={"temperature": temperature})
    training_loss(answers, unknown(), 0.0, logits(seed=1).detach(), distillation).backward()
    assert 0.1 < gradient(answers)[:, LABEL.columns].norm() < 1.0
