"""Read the model folder of the entity network, which is made like that of the intent network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field, model_validator

from classifier.entities.labels import LABELS
from classifier.errors import ModelError
from classifier.folders import MODELS
from classifier.network import model_bundle
from classifier.network.model_bundle import BundleModel, ModelManifest

DEFAULT_FOLDER: Final = MODELS / "entities"
NAME: Final = "entities"
"""The manifest's name of an entity model."""


class EntityConfig(BundleModel):
    """How to feed the network and what its outputs are.

    Attributes:
        labels: The network's columns: `classifier.entities.labels.LABELS`.
        max_tokens: The most tokens the network reads at once, including the two special ones.
        window_overlap: Tokens that neighboring windows of a longer text share.
        base_model: The checkpoint that training started from.
    """

    labels: list[str]
    max_tokens: int
    window_overlap: int
    base_model: Annotated[str, Field(min_length=1)]

    @model_validator(mode="after")
    def _check(self) -> EntityConfig:
        if tuple(self.labels) != LABELS:
            raise ValueError("labels must be those of this program: install a model made for this version")
        if not 0 <= self.window_overlap < self.max_tokens - 2:
            raise ValueError("window_overlap must be from 0 to max_tokens - 3")
        return self


class EntityCalibration(BundleModel):
    """What calibration chose on the validation messages.

    Attributes:
        outside_penalty: What is subtracted from the logit of tokens outside of any value, so that less is missed.
    """

    outside_penalty: float


class EntityBundle:
    """A checked model folder.

    Attributes:
        home: The folder.
        manifest: Its table of contents.
        config: How to feed the network.
        calibration: What calibration chose.
        contents: The content of each file, by name.
    """

    def __init__(self, home: Path) -> None:
        """Read a folder and check every file in it.

        Raises:
            ModelError: The folder or one of its files is missing, altered, or of another kind of model.
        """
        self.home: Final = home
        self.manifest: Final[ModelManifest] = model_bundle.read_manifest(home)
        if self.manifest.name != NAME:
            raise ModelError(f"{home} holds the model {self.manifest.name!r}, expected {NAME!r}: check the path")
        self.contents: Final = {
            name: model_bundle.read_file(home, name, record) for name, record in self.manifest.files.items()
        }
        self.config: Final = model_bundle.validate_table(
            EntityConfig, self._table(model_bundle.CONFIG), home / model_bundle.CONFIG
        )
        self.calibration: Final = model_bundle.validate_table(
            EntityCalibration, self._table(model_bundle.CALIBRATION), home / model_bundle.CALIBRATION
        )

    def _table(self, name: str) -> dict[str, Any]:
        return model_bundle.parse_object(self.contents[name], self.home / name)
