"""The loss that training minimizes."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from training.data.targets import UNKNOWN
from training.fit.output_columns import ColumnGroup, column_groups
from training.recipe import Distillation


def training_loss(
    logits: Tensor,
    targets: Tensor,
    label_smoothing: float,
    teacher: Tensor | None = None,
    distillation: Distillation | None = None,
) -> Tensor:
    """Return the loss of one batch: the weighted sum of the losses of the groups of columns.

    A group's loss is the cross-entropy of what is known about the messages, part of which a teacher's answers replace
    if there is a teacher. Where nobody knows a message's target, only the teacher counts.

    Args:
        logits: One row per message, with the columns of `training.fit.output_columns.output_names`.
        targets: One row per message, from `training.data.targets.targets_of`; `UNKNOWN` where nobody knows.
        label_smoothing: Probability mass spread evenly over the labels.
        teacher: The teacher's logits for the same messages, with the same shape; NaN where it has not seen one.
        distillation: How to weigh the teacher's answers; required with `teacher`.
    """
    total = logits.sum() * 0
    for number, group in enumerate(column_groups(logits.shape[1])):
        answers, wanted = logits[:, group.columns], targets[:, group.targets]
        loss = _known_loss(group, answers, wanted, 0.0 if number else label_smoothing)
        if teacher is not None and distillation is not None:
            taught = _taught_loss(group, answers, teacher[:, group.columns], distillation.temperature)
            loss = (1 - distillation.weight) * loss + distillation.weight * taught
        total = total + group.weight * loss
    return total


def _known_loss(group: ColumnGroup, answers: Tensor, wanted: Tensor, label_smoothing: float) -> Tensor:
    known = wanted != UNKNOWN
    if not known.any():
        return answers.sum() * 0
    if group.exclusive:
        return functional.cross_entropy(answers, wanted[:, 0], ignore_index=UNKNOWN, label_smoothing=label_smoothing)
    return functional.binary_cross_entropy_with_logits(answers[known], wanted[known].to(answers.dtype))


def _taught_loss(group: ColumnGroup, answers: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    seen = ~teacher.isnan().any(dim=1)
    if not seen.any():
        return answers.sum() * 0
    answers, teacher = answers[seen] / temperature, teacher[seen] / temperature
    # The squared temperature keeps the gradient from shrinking with it (Hinton et al. 2015, section 2).
    if group.exclusive:
        student, shares = functional.log_softmax(answers, dim=1), functional.softmax(teacher, dim=1)
        return functional.kl_div(student, shares, reduction="batchmean") * temperature**2
    return functional.binary_cross_entropy_with_logits(answers, torch.sigmoid(teacher)) * temperature**2
