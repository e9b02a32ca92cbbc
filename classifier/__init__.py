"""Classifies patients' messages: text in, `Understanding` out. Of this repository it needs only `intake.vocabulary`."""

import os

# ONNX Runtime reports its use to its makers unless it is told not to before it is imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

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
