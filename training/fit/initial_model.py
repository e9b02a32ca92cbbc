"""The model that training starts from."""

from __future__ import annotations

import json
from pathlib import Path

from transformers import AutoModelForSequenceClassification, PreTrainedModel

from training.fit.warm_start import warm_start
from training.recipe import Architecture


def load_initial_model(checkpoint: Path, architecture: Architecture, outputs: tuple[str, ...]) -> PreTrainedModel:
    """Load a checkpoint as a classifier with a new head.

    Args:
        checkpoint: Folder of a Hugging Face encoder.
        architecture: The dropout, and whether to convert a BERT to a DeBERTa first.
        outputs: Names of the head's outputs, in order.

    Raises:
        RecipeError: Only a BERT with absolute positions can be converted to a DeBERTa.
    """
    if architecture.relative_positions:
        return warm_start(checkpoint, architecture, outputs)
    return load_classifier(checkpoint, architecture, outputs)


def load_classifier(checkpoint: Path, architecture: Architecture, outputs: tuple[str, ...]) -> PreTrainedModel:
    """Load a checkpoint as it is; its head is kept if it has as many outputs, and new otherwise.

    Args:
        checkpoint: Folder of a Hugging Face encoder or classifier.
        architecture: The dropout.
        outputs: Names of the head's outputs, in order.
    """
    known = json.loads((checkpoint / "config.json").read_text(encoding="utf-8"))
    pooler = {"pooler_dropout": architecture.hidden_dropout} if "pooler_dropout" in known else {}
    model: PreTrainedModel = AutoModelForSequenceClassification.from_pretrained(
        checkpoint,
        id2label=dict(enumerate(outputs)),
        label2id={name: column for column, name in enumerate(outputs)},
        num_labels=len(outputs),
        hidden_dropout_prob=architecture.hidden_dropout,
        attention_probs_dropout_prob=architecture.attention_dropout,
        **pooler,
    )
    return model
