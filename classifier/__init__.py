"""Classifies patients' messages: text in, `Understanding` out. Of this repository it needs only `intake.vocabulary`."""

from classifier.errors import ModelError
from classifier.model import Classifier, ModelInfo
from classifier.understanding import INTENTS, Mention, Understanding, decide_disposition

__all__ = [
    "INTENTS",
    "Classifier",
    "Mention",
    "ModelError",
    "ModelInfo",
    "Understanding",
    "decide_disposition",
]
