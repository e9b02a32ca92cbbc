"""What training minimises."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from classifier.understanding import INTENTS, LABELS
from training.dataset import UNKNOWN
from training.recipe import Distillation

URGENT_COLUMN = len(LABELS)


def objective(
    logits: Tensor,
    targets: Tensor,
    label_smoothing: float,
    teacher: Tensor | None = None,
    distillation: Distillation | None = None,
) -> Tensor:
    """Return the loss of one batch.

    The cross-entropy of the label, plus the binary cross-entropy of the urgency where the network has that
    output. With a teacher, a share of both is taken from the teacher's answers instead of the labels; where a
    label or an urgency is unknown the teacher's answer is all there is.

    Args:
        logits: A row a message, with the columns of `training.outputs.output_names`.
        targets: A row a message: index of the label and urgency, each `UNKNOWN` where nobody has said.
        label_smoothing: Probability mass spread evenly over the labels.
        teacher: The teacher's logits for the same messages, of the same shape.
        distillation: How the teacher is listened to; needed with `teacher`.
    """
    screened = logits.shape[1] > len(INTENTS)
    classes = logits[:, : len(LABELS)] if screened else logits
    loss = _label_loss(classes, targets[:, 0], label_smoothing)
    if screened:
        loss = loss + _urgency_loss(logits[:, URGENT_COLUMN], targets[:, 1])
    if teacher is None or distillation is None:
        return loss
    taught = _taught_loss(classes, teacher[:, : classes.shape[1]], distillation.temperature)
    if screened:
        taught = taught + _taught_urgency_loss(logits[:, URGENT_COLUMN], teacher[:, URGENT_COLUMN])
    return (1 - distillation.weight) * loss + distillation.weight * taught


def _label_loss(classes: Tensor, labels: Tensor, label_smoothing: float) -> Tensor:
    if not (labels != UNKNOWN).any():
        return classes.sum() * 0
    return functional.cross_entropy(classes, labels, ignore_index=UNKNOWN, label_smoothing=label_smoothing)


def _urgency_loss(urgency: Tensor, targets: Tensor) -> Tensor:
    known = targets != UNKNOWN
    if not known.any():
        return urgency.sum() * 0
    return functional.binary_cross_entropy_with_logits(urgency[known], targets[known].to(urgency.dtype))


def _taught_loss(classes: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    # Times the temperature squared, so that the gradient does not shrink with it (Hinton et al. 2015, section 2).
    said = functional.log_softmax(classes / temperature, dim=1)
    meant = functional.softmax(teacher / temperature, dim=1)
    return functional.kl_div(said, meant, reduction="batchmean") * temperature**2


def _taught_urgency_loss(urgency: Tensor, teacher: Tensor) -> Tensor:
    return functional.binary_cross_entropy_with_logits(urgency, torch.sigmoid(teacher))
