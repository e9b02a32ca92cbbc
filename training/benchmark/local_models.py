"""Models that run on this machine, timed one message at a time."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

from classifier import INTENTS, Classifier, ModelError
from training.benchmark.contender import Prediction
from training.benchmark.errors import BenchmarkError
from training.data.splitting import read_split
from training.recipe import load_recipe

_RECIPE = Path(__file__).parents[1] / "recipes" / "accurate.toml"
_LONGEST_INPUT_TOKENS = 256


class _Local:
    workers = 1

    def close(self) -> None:
        """Do nothing; there are no resources to release."""


class ClassifierFolder(_Local):
    """A model folder of this project."""

    def __init__(self, folder: str) -> None:
        """Load the model.

        Raises:
            BenchmarkError: The folder is missing or damaged.
        """
        try:
            self._classifier = Classifier.load(folder)
        except ModelError as error:
            raise BenchmarkError(str(error)) from error
        self.identity = f"local {self._classifier.info.version}"

    def predict(self, text: str) -> Prediction:
        """Predict the intent of one message."""
        return _timed(lambda: self._classifier.classify([text])[0].intent)


class HuggingFaceCheckpoint(_Local):
    """A sequence classifier from a folder or the Hugging Face hub; truncates texts to 256 tokens."""

    def __init__(self, name: str) -> None:
        """Load the model.

        Raises:
            BenchmarkError: It does not exist, or its labels are not the intents.
        """
        from transformers import AutoModelForSequenceClassification, AutoTokenizer

        try:
            self._tokenizer = AutoTokenizer.from_pretrained(name)  # type: ignore[no-untyped-call]
            self._model = AutoModelForSequenceClassification.from_pretrained(name).eval()
        except (OSError, ValueError) as error:
            raise BenchmarkError(
                f"transformers cannot load {name!r}: name a folder or a hub model with a tokenizer and a classifier"
            ) from error
        config = self._model.config
        self._labels: dict[int, str] = {index: label.lower() for index, label in config.id2label.items()}
        if set(self._labels.values()) != set(INTENTS):
            found = ", ".join(self._labels.values())
            raise BenchmarkError(f"the labels of {name!r} are {found}: expected {', '.join(INTENTS)}")
        self.identity = f"hf {name} {getattr(config, '_commit_hash', None) or _digest_of_folder(Path(name))}"

    def predict(self, text: str) -> Prediction:
        """Predict the intent of one message."""
        return _timed(lambda: self._labels[self._best(text)])

    def _best(self, text: str) -> int:
        import torch

        inputs = self._tokenizer(text, truncation=True, max_length=_LONGEST_INPUT_TOKENS, return_tensors="pt")
        with torch.inference_mode():
            return int(self._model(**inputs).logits.argmax())


class Baseline(_Local):
    """Logistic regression on TF-IDF, trained on the corpus's training messages on first use."""

    def __init__(self, corpus: Path) -> None:
        """Read the corpus.

        Raises:
            CorpusError: It cannot be read.
        """
        self._recipe = load_recipe(_RECIPE)
        split = read_split(self._recipe, corpus)
        # Filter after splitting: the split depends on all messages, and must be the one the models are trained on.
        self._train = [message for message in split.train if message.label in INTENTS]
        content = repr([(message.text, message.label) for message in self._train])
        self.identity = f"baseline {hashlib.sha256(content.encode()).hexdigest()}"

    def predict(self, text: str) -> Prediction:
        """Predict the intent of one message."""
        pipeline = self._pipeline
        return _timed(lambda: str(pipeline.predict([text])[0]))

    @cached_property
    def _pipeline(self) -> Any:
        from training.fit.baseline import fit_baseline

        return fit_baseline(self._train, self._recipe.seed)


def _timed(read: Callable[[], str]) -> Prediction:
    began = time.perf_counter()
    intent = read()
    return Prediction(intent, time.perf_counter() - began)


def _digest_of_folder(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        digest.update(path.name.encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
