"""Understands patients' messages: text in, `Understanding` out. Needs nothing else of the product."""

from classifier.errors import ModelError
from classifier.model import Classifier, ModelInfo
from classifier.understanding import INTENTS, Disposition, Understanding, disposition

__all__ = [
    "INTENTS",
    "Classifier",
    "Disposition",
    "ModelError",
    "ModelInfo",
    "Understanding",
    "disposition",
]
