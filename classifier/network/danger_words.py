"""Doubt a weak alarm of the network where the words alone are those of a harmless message (ADR 31).

A linear model over words, pairs and triples of them, and runs of letters. So that it needs no vocabulary, a feature's
place is its checksum. It never raises an alarm, and never sees a message with a danger sign.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from classifier.errors import ModelError
from classifier.folders import MODELS
from classifier.network.model_bundle import CALIBRATION, read_contents
from classifier.text.normalise import normalised, without_accents

DANGER: Final = MODELS / "danger"
"""The folder that ships with the program."""
WEIGHTS: Final = "weights.npz"
PLACES: Final = 1 << 22
"""How many places a checksum has: of 330,000 features, few share one."""
LONGEST: Final = 1000
"""How many characters a message may have: in a letter, the danger may be one clause among many harmless ones."""
LEAST_KNOWN: Final = 20
"""How many features of a message must have been seen in training, about three words, and at least half of all."""

_WORD: Final = re.compile(r"[a-z0-9]+")
_LETTERS: Final = (3, 4, 5)


class DangerCalibration(BaseModel):
    """The probability of an emergency, judging by the words, below which a message is harmless."""

    model_config = ConfigDict(strict=True, frozen=True)

    harmless: Annotated[float, Field(ge=0, lt=1)]


@dataclass(frozen=True, slots=True)
class DangerWords:
    """The weights of the model.

    Attributes:
        weights: One for each place, 0 where no feature that was seen in training has it.
        scale: What a weight of 1 adds to the score of a message with one feature.
        bias: What the score starts with.
        harmless: The probability below which a message is harmless.
    """

    weights: NDArray[np.int8]
    scale: float
    bias: float
    harmless: float

    def weigh(self, text: str) -> float:
        """Return the probability of an emergency, 0–1, judging by the words alone.

        Args:
            text: Any string.
        """
        return self._weigh(self.weights[place_features(text)])

    def _weigh(self, found: NDArray[np.int8]) -> float:
        known = max(int(np.count_nonzero(found)), 1)
        score = self.bias + self.scale * float(found.sum(dtype=np.int64)) / known**0.5
        return float(1 / (1 + np.exp(-score)))

    def is_harmless(self, text: str) -> bool:
        """Return whether the words of a message are those of a harmless one.

        Args:
            text: Any string.
        """
        if len(text) > LONGEST:
            return False
        found = self.weights[place_features(text)]
        known = int(np.count_nonzero(found))
        is_read = known >= max(LEAST_KNOWN, len(found) / 2)
        return is_read and self._weigh(found) < self.harmless

    def to_bytes(self) -> bytes:
        """Return the content of the file that `from_bytes` reads."""
        content = io.BytesIO()
        np.savez_compressed(content, weights=self.weights, scale=np.float64(self.scale), bias=np.float64(self.bias))
        return content.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes, harmless: float) -> DangerWords:
        """Read weights that `to_bytes` wrote.

        Raises:
            ValueError: The content is something else.
        """
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
                read = cls(arrays["weights"], float(arrays["scale"]), float(arrays["bias"]), harmless)
        except (zipfile.BadZipFile, KeyError, EOFError) as error:
            raise ValueError(str(error)) from None
        if read.weights.shape != (PLACES,) or read.weights.dtype != np.int8:
            raise ValueError(f"the weights are {read.weights.dtype} {read.weights.shape}")
        return read


def place_features(text: str) -> NDArray[np.int64]:
    """Return the places of a message's features, each once, in ascending order.

    Args:
        text: Any string.
    """
    features = set(_list_features(without_accents(normalised(text))))
    places = (zlib.crc32(feature.encode()) % PLACES for feature in features)
    return np.unique(np.fromiter(places, dtype=np.int64, count=len(features)))


def _list_features(text: str) -> Iterator[str]:
    words = _WORD.findall(text)
    yield from words
    yield from (f"{first} {second}" for first, second in pairwise(words))
    yield from (" ".join(three) for three in zip(words, words[1:], words[2:], strict=False))
    for word in set(words):
        padded = f"_{word}_"
        for size in _LETTERS:
            yield from (f"#{padded[start : start + size]}" for start in range(len(padded) - size + 1))


@cache
def load_danger_words(folder: Path = DANGER) -> DangerWords:
    """Return the model after verifying its files, read once per process.

    Raises:
        ModelError: A file is missing, altered, or unusable; the message names it.
    """
    _, contents = read_contents(folder, (WEIGHTS, CALIBRATION))
    try:
        harmless = DangerCalibration.model_validate_json(contents[CALIBRATION]).harmless
    except ValidationError:
        raise ModelError(f"{folder / CALIBRATION} is not a calibration: install the program again") from None
    try:
        return DangerWords.from_bytes(contents[WEIGHTS], harmless)
    except ValueError:
        raise ModelError(f"{folder / WEIGHTS} holds no weights: install the program again") from None
