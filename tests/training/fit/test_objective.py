from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from classifier import INTENTS
from classifier.understanding import LABELS
from tests.training.conftest import third_party_warnings_ignored
from training.recipe import Distillation

if TYPE_CHECKING:
    import torch
    from torch.nn import functional

    from training.data.dataset import UNKNOWN
    from training.fit.objective import URGENT_COLUMN, training_loss

OUTPUTS = len(LABELS) + 1
TAUGHT = Distillation(teacher="teacher.toml", temperature=2.0, weight=1.0, readings=1)


@pytest.fixture(scope="module", autouse=True)
def libraries() -> None:
    """Import these where the tests run: they take seconds, and every test process collects this module."""
    global torch, functional, UNKNOWN, URGENT_COLUMN, training_loss
    with third_party_warnings_ignored():
        import torch
        from torch.nn import functional

        from training.data.dataset import UNKNOWN
        from training.fit.objective import URGENT_COLUMN, training_loss


def logits(columns: int = OUTPUTS, seed: int = 0) -> torch.Tensor:
    return torch.randn(4, columns, generator=torch.Generator().manual_seed(seed)).requires_grad_()


def targets(*rows: tuple[int, int]) -> torch.Tensor:
    return torch.tensor(rows)


def test_a_network_of_intents_alone_is_judged_by_its_labels() -> None:
    said = logits(len(INTENTS))
    labels = targets((0, 0), (3, UNKNOWN), (6, 1), (2, 0))
    assert training_loss(said, labels, 0.1) == functional.cross_entropy(said, labels[:, 0], label_smoothing=0.1)


def test_label_and_urgency_count_alike() -> None:
    said = logits()
    labels = targets((0, 0), (3, 1), (10, 1), (2, 0))
    label_loss = functional.cross_entropy(said[:, :-1], labels[:, 0])
    urgency_loss = functional.binary_cross_entropy_with_logits(said[:, -1], labels[:, 1].float())
    assert torch.isclose(training_loss(said, labels, 0.0), label_loss + urgency_loss)


def test_what_nobody_has_said_teaches_nothing() -> None:
    said = logits()
    training_loss(said, targets((0, UNKNOWN), (UNKNOWN, 1), (5, 0), (UNKNOWN, UNKNOWN)), 0.05).backward()
    assert said.grad is not None
    assert torch.all(said.grad[0, URGENT_COLUMN] == 0)
    assert torch.all(said.grad[1, :URGENT_COLUMN] == 0)
    assert torch.all(said.grad[3] == 0)
    assert torch.all(said.grad[2] != 0)


def test_a_batch_of_which_nothing_is_known_costs_nothing_and_can_be_learned_from() -> None:
    said = logits()
    loss = training_loss(said, targets(*[(UNKNOWN, UNKNOWN)] * 4), 0.05)
    loss.backward()
    assert loss == 0
    assert said.grad is not None
    assert torch.all(said.grad == 0)


def test_a_pupil_that_says_what_its_teacher_says_has_no_more_to_learn_from_it() -> None:
    said = logits()
    training_loss(said, targets(*[(UNKNOWN, UNKNOWN)] * 4), 0.0, said.detach().clone(), TAUGHT).backward()
    assert said.grad is not None
    assert said.grad.abs().max() < 1e-6


@pytest.mark.parametrize("columns", [len(INTENTS), OUTPUTS])
def test_the_teacher_is_heard_where_nobody_has_said_anything(columns: int) -> None:
    said = logits(columns)
    training_loss(said, targets(*[(UNKNOWN, UNKNOWN)] * 4), 0.0, logits(columns, seed=1).detach(), TAUGHT).backward()
    assert said.grad is not None
    assert torch.all(said.grad != 0)


def test_the_weight_divides_the_loss_between_labels_and_teacher() -> None:
    said, teacher = logits(), logits(seed=1).detach()
    labels = targets((0, 0), (3, 1), (10, 1), (2, 0))
    alone, taught = training_loss(said, labels, 0.0), training_loss(said, labels, 0.0, teacher, TAUGHT)
    both = training_loss(said, labels, 0.0, teacher, TAUGHT.model_copy(update={"weight": 0.25}))
    assert torch.isclose(both, 0.75 * alone + 0.25 * taught)


@pytest.mark.parametrize("temperature", [1.0, 4.0])
def test_a_flatter_comparison_pulls_about_as_hard(temperature: float) -> None:
    said = logits()
    distillation = TAUGHT.model_copy(update={"temperature": temperature})
    training_loss(said, targets(*[(UNKNOWN, UNKNOWN)] * 4), 0.0, logits(seed=1).detach(), distillation).backward()
    assert said.grad is not None
    assert 0.1 < said.grad[:, :URGENT_COLUMN].norm() < 1.0
