from __future__ import annotations

from pathlib import Path

import pytest

from classifier import Classifier
from tests.classifier import tiny_model


@pytest.fixture
def model_folder(tmp_path: Path) -> Path:
    """A valid model folder that a test may spoil."""
    return tiny_model.write(tmp_path / "model")


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    """The tiny model, loaded."""
    return Classifier.load(tiny_model.write(tmp_path_factory.mktemp("tiny")))
