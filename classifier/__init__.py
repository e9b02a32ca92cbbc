"""Classifies patients' messages: text in, `Understanding` out. Of this repository it needs only `intake.vocabulary`.

What is exported here is imported when it is first used: it needs the model's libraries, and the web server, which reads
entities and insurance records, does without them.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

# ONNX Runtime reports its use to its makers unless it is told not to before it is imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

if TYPE_CHECKING:
    from classifier.errors import ModelError
    from classifier.network.model import Classifier, ModelInfo
    from classifier.understanding import INTENTS, SecondIntent, Understanding, decide_disposition

__all__ = [
    "INTENTS",
    "Classifier",
    "ModelError",
    "ModelInfo",
    "SecondIntent",
    "Understanding",
    "decide_disposition",
]
_MODULES = {"ModelError": "errors", "Classifier": "network.model", "ModelInfo": "network.model"}


def __getattr__(name: str) -> Any:
    """Import what is exported."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"classifier.{_MODULES.get(name, 'understanding')}"), name)
