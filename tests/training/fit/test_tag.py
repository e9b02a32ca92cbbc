from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.training.lazy import Lazy

if TYPE_CHECKING:
    import torch

    from training.fit.tag import tagging_loss, tagging_scores
else:
    torch = Lazy("torch")
    tagging_loss = Lazy("training.fit.tag", "tagging_loss")
    tagging_scores = Lazy("training.fit.tag", "tagging_scores")


def test_a_missed_value_costs_more_than_a_token_too_many() -> None:
    weights = torch.tensor([0.5, 1.0, 1.0])
    says_outside = torch.tensor([[[4.0, 0.0, 0.0], [4.0, 0.0, 0.0]]])
    says_inside = torch.tensor([[[0.0, 4.0, 0.0], [0.0, 4.0, 0.0]]])
    labels = torch.tensor([[0, 1]])
    assert tagging_loss(says_outside, labels, weights) > tagging_loss(says_inside, labels, weights)


def test_padding_and_special_tokens_do_not_count() -> None:
    logits = torch.tensor([[[9.0, 0.0], [0.0, 9.0]]])
    loss = tagging_loss(logits, torch.tensor([[0, -100]]), torch.ones(2))
    assert float(loss) == pytest.approx(0.0, abs=1e-3)


def test_a_token_of_the_wrong_kind_is_found_but_lowers_the_score() -> None:
    labels = np.array([[-100, 1, 2, 0, 3]])
    right = tagging_scores(np.array([[0, 1, 2, 0, 3]]), labels)
    other = tagging_scores(np.array([[0, 1, 2, 0, 5]]), labels)
    missed = tagging_scores(np.array([[0, 1, 2, 0, 0]]), labels)
    assert right["score"] == 1.0
    assert other["recall"] == 1.0
    assert other["kinds"] == pytest.approx(2 / 3)
    assert missed["recall"] == pytest.approx(2 / 3)
    assert missed["f2"] < other["f2"]


def test_finding_nothing_scores_nothing() -> None:
    assert tagging_scores(np.zeros((1, 3), dtype=np.int64), np.array([[1, 2, 0]]))["score"] == 0.0
