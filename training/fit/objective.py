"""The loss that training minimizes."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from classifier.understanding import INTENTS, LABELS
from training.data.dataset import UNKNOWN
from training.recipe import Distillation

URGENT_COLUMN = len(LABELS)


def training_loss(
    logits: Tensor,
    targets: Tensor,
    label_smoothing: float,
    teacher: Tensor | None = None,
    distillation: Distillation | None = None,
) -> Tensor:
    """Return the loss of one batch.

    It is the cross-entropy of the label, part of which a teacher's answers replace if there is a teacher, plus the
    binary cross-entropy of the urgency if the network has that output. A person's label for urgency takes precedence:
    the teacher's answer counts only for messages without one.

    Args:
        logits: One row per message, with the columns of `training.fit.output_columns.output_names`.
        targets: One row per message: index of the label and urgency, each `UNKNOWN` if nobody labeled it.
        label_smoothing: Probability mass spread evenly over the labels.
        teacher: The teacher's logits for the same messages, with the same shape.
        distillation: How to weigh the teacher's answers; required with `teacher`.
    """
    screened = logits.shape[1] > len(INTENTS)
    classes = logits[:, : len(LABELS)] if screened else logits
    loss = _label_loss(classes, targets[:, 0], label_smoothing)
    if teacher is not None and distillation is not None:
        teaching = _taught_loss(classes, teacher[:, : classes.shape[1]], distillation.temperature)
        loss = (1 - distillation.weight) * loss + distillation.weight * teaching
    if screened:
        taught = None if teacher is None else torch.sigmoid(teacher[:, URGENT_COLUMN])
        loss = loss + _urgency_loss(logits[:, URGENT_COLUMN], targets[:, 1], taught)
    return loss


def _label_loss(classes: Tensor, labels: Tensor, label_smoothing: float) -> Tensor:
    if not (labels != UNKNOWN).any():
        return classes.sum() * 0
    return functional.cross_entropy(classes, labels, ignore_index=UNKNOWN, label_smoothing=label_smoothing)


def _urgency_loss(urgency: Tensor, targets: Tensor, taught: Tensor | None) -> Tensor:
    known = targets != UNKNOWN
    wanted = targets.to(urgency.dtype)
    if taught is not None:
        wanted, known = torch.where(known, wanted, taught), torch.ones_like(known)
    if not known.any():
        return urgency.sum() * 0
    return functional.binary_cross_entropy_with_logits(urgency[known], wanted[known])


def _taught_loss(classes: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    # The squared temperature keeps the gradient from shrinking with it (Hinton et al. 2015, section 2).
    student = functional.log_softmax(classes / temperature, dim=1)
    teacher_shares = functional.softmax(teacher / temperature, dim=1)
    return functional.kl_div(student, teacher_shares, reduction="batchmean") * temperature**2
