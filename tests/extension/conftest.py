"""What the tests in the copy stand on."""

from __future__ import annotations

import pytest

from classifier import Classifier
from tests.classifier import tiny_model


@pytest.fixture(scope="session")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    """A model that knows the copy's intents, as the shipped one does not."""
    return Classifier.load(tiny_model.write(tmp_path_factory.mktemp("model") / "tiny"))
