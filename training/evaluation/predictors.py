"""The models that are compared in an evaluation: the served model, its full-precision original and the baseline."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer
from tqdm.auto import tqdm

from classifier import Classifier
from classifier.network.decoding import Outputs
from classifier.rules.screen import screen_text
from training.data.corpus import CorpusMessage
from training.data.splitting import Split
from training.evaluation.metrics import ComparedPredictions, Names, Predictions
from training.export.calibrate import Floats, best_intents
from training.export.model_folder import NETWORK
from training.export.predict import predict_logits
from training.fit.baseline import fit_baseline
from training.recipe import Recipe
from training.run_folder import RunFolder


class Predictors:
    """The served model, its full-precision original and the baseline."""

    def __init__(self, recipe: Recipe, split: Split, run: RunFolder) -> None:
        """Load the networks of an exported run, and train the baseline on the same messages.

        Raises:
            ModelError: The exported model folder was altered.
        """
        self.classifier = Classifier.load(run.model)
        self.outputs = Outputs(self.classifier.info.labels)
        self._int8 = run.model / NETWORK
        self._fp32 = run.folded
        self._tokenizer = Tokenizer.from_file(str(run.model / "tokenizer.json"))
        self._max_tokens = recipe.data.max_tokens
        self._baseline = fit_baseline(split.train, recipe.seed)

    def predict(self, messages: Sequence[CorpusMessage], texts: Sequence[str], task: str) -> Predictions:
        """Classify messages, rendered as `texts`, with the served model, one at a time."""
        understood = [self.classifier.classify([text])[0] for text in tqdm(texts, desc=f"{task}, served")]
        logits = self._logits(self._int8, texts, f"{task}, int8")
        return Predictions(messages, understood, logits, [screen_text(text) for text in texts])

    def compare(self, predictions: Predictions, texts: Sequence[str], task: str) -> ComparedPredictions:
        """Classify the messages that have an intent with the other models as well."""
        chosen = predictions.in_scope
        kept = [text for text, has_intent in zip(texts, chosen, strict=True) if has_intent]
        return ComparedPredictions(
            predictions.only(chosen),
            fp32=self._best(self._logits(self._fp32, kept, f"{task}, fp32")),
            int8=self._best(predictions.logits[chosen]),
            baseline=np.array(self._baseline.predict(kept), dtype=object),
        )

    def _logits(self, network: Path, texts: Sequence[str], task: str) -> Floats:
        return predict_logits(network, self._tokenizer, texts, self._max_tokens, task)

    def _best(self, logits: Floats) -> Names:
        return best_intents(self.outputs, self.outputs.probabilities(logits, 1.0))
