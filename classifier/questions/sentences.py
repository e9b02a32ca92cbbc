"""Turn a question into a vector, so that questions that ask the same are close: a sentence encoder in ONNX.

The network pools the tokens, moves what is common to all messages out of the way, and normalizes, so that the product
of two vectors is the cosine of their angle. It knows English only.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from tokenizers import Tokenizer

from classifier.errors import ModelError
from classifier.folders import MODELS
from classifier.network.loading import open_session
from classifier.network.model_bundle import CALIBRATION, NETWORK, TOKENIZER, read_contents
from classifier.questions.topics import TopicModel
from classifier.text.normalise import well_formed

SENTENCES: Final = MODELS / "sentences"
"""The folder of the encoder that ships with the program."""

_MAX_TOKENS = 64
PHRASINGS: Final = "phrasings.npz"
"""The vectors of the starter set's phrasings, so that no worker computes them."""
TOPICS: Final = "topics.npz"
"""The linear model that tells which question of the starter set a text asks."""
_NEEDED = (NETWORK, TOKENIZER, CALIBRATION, PHRASINGS, TOPICS)

Vector = NDArray[np.float32]


class MatchThresholds(BaseModel):
    """When a question counts as one of the practice's, as calibration found it.

    Attributes:
        topic: The least probability of a question of the starter set.
        similarity: The least similarity to the phrasings of a question of the practice's own.
        margin: How much closer the topic must be than the next one.
        nearest: How many of a topic's phrasings count: its similarity is their mean.
    """

    model_config = ConfigDict(strict=True, frozen=True)

    topic: Annotated[float, Field(gt=0, le=1)]
    similarity: Annotated[float, Field(gt=0, le=1)]
    margin: Annotated[float, Field(ge=0, le=1)]
    nearest: Annotated[int, Field(ge=1)]


@dataclass(frozen=True, slots=True)
class EncoderInfo:
    """The encoder: its version, which changes with every export, and the thresholds calibrated with it."""

    version: str
    thresholds: MatchThresholds


class SentenceEncoder:
    """Encodes questions. Load it once, share it between threads, and never use it after a fork."""

    def __init__(
        self,
        info: EncoderInfo,
        session: onnxruntime.InferenceSession,
        tokenizer: Tokenizer,
        known: Mapping[str, Vector],
        topics: TopicModel,
    ) -> None:
        """Use `SentenceEncoder.load`, which verifies the files first."""
        self.info = info
        self.topics = topics
        self._session = session
        self._tokenizer = tokenizer
        self._known = known

    @classmethod
    def load(cls, folder: Path = SENTENCES) -> SentenceEncoder:
        """Load an encoder after verifying its files.

        Raises:
            ModelError: A file is missing, altered, or unusable; the message names it.
        """
        version, contents = read_contents(folder, _NEEDED)
        try:
            thresholds = MatchThresholds.model_validate_json(contents[CALIBRATION])
        except ValidationError:
            raise ModelError(f"{folder / CALIBRATION} is not a calibration: install the program again") from None
        return cls(
            EncoderInfo(version, thresholds),
            open_session(folder, contents[NETWORK], threads=1),
            read_tokenizer(contents[TOKENIZER]),
            _read_vectors(contents[PHRASINGS]),
            TopicModel.from_bytes(contents[TOPICS]),
        )

    def encode(self, texts: Sequence[str]) -> Vector:
        """Return one unit vector for each text, in the same order.

        Each text is encoded by itself, because the network scales its activations over a whole batch.
        """
        if not texts:
            return np.empty((0, 0), dtype=np.float32)
        return np.stack([self._known[text] if text in self._known else self._encode_one(text) for text in texts])

    def _encode_one(self, text: str) -> Vector:
        ids = np.array([self._tokenizer.encode(well_formed(text)).ids], dtype=np.int64)
        feeds = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
        vector: Vector = self._session.run(None, feeds)[0][0]
        return vector


def _read_vectors(content: bytes) -> dict[str, Vector]:
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        vectors = arrays["vectors"].astype(np.float32)
        return dict(zip(map(str, arrays["texts"]), vectors, strict=True))


def read_tokenizer(content: bytes) -> Tokenizer:
    """Return a tokenizer that cuts texts at the length that the encoder reads."""
    tokenizer = Tokenizer.from_buffer(content)
    tokenizer.no_padding()
    tokenizer.enable_truncation(_MAX_TOKENS)
    return tokenizer
