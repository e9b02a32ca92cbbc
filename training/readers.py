"""Everything that reads the same messages in an evaluation: the served model, its original, the baseline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tqdm.auto import tqdm

from classifier import Classifier, Understanding
from classifier.reading import Outputs
from classifier.understanding import INTENTS
from classifier.urgency import is_urgent
from training.baseline import fit_baseline
from training.calibrate import Flags, Floats
from training.corpus import Message, Split
from training.dataset import render_all
from training.export import NETWORK
from training.predict import predict
from training.recipe import Recipe
from training.run_folder import RunFolder

Names = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Read:
    """Messages, what is known of them, and what the served model said.

    Attributes:
        messages: The messages, not rendered.
        understood: What the classifier said of each, as it is served.
        logits: What its network said of each, a row a message.
        has_sign: Whether the danger signs find one in each.
    """

    messages: Sequence[Message]
    understood: Sequence[Understanding]
    logits: Floats
    has_sign: Flags

    @property
    def expected(self) -> Names:
        """The right label of each message, or None where nobody has said."""
        return np.array([message.label for message in self.messages], dtype=object)

    @property
    def intents(self) -> Names:
        """The intent that the served model names for each."""
        return np.array([one.intent for one in self.understood], dtype=object)

    @property
    def confidence(self) -> Floats:
        """Its calibrated confidence, 0 to 1."""
        return np.array([one.confidence for one in self.understood], dtype=np.float64)

    @property
    def in_scope(self) -> Flags:
        """Which messages are known to have an intent."""
        return np.array([message.label in INTENTS for message in self.messages], dtype=bool)

    def only(self, chosen: Flags) -> Read:
        """Return the chosen messages."""
        places = np.flatnonzero(chosen).tolist()
        return replace(
            self,
            messages=[self.messages[place] for place in places],
            understood=[self.understood[place] for place in places],
            logits=self.logits[chosen],
            has_sign=self.has_sign[chosen],
        )


@dataclass(frozen=True, slots=True)
class Compared:
    """Messages with an intent, and what the other readers said about them.

    Attributes:
        read: What the served model said.
        fp32: The intents that its original in full precision names.
        int8: Those that its network names, each text cut to one window as for `fp32`.
        baseline: Those that the baseline names.
    """

    read: Read
    fp32: Names
    int8: Names
    baseline: Names


class Readers:
    """The exported model, its full-precision original and the baseline, ready to read messages."""

    def __init__(self, recipe: Recipe, split: Split, run: RunFolder) -> None:
        """Load the networks of an exported run, and train the baseline on the messages it was trained on.

        Raises:
            ModelError: The exported model folder was altered.
        """
        self.classifier = Classifier.load(run.model)
        self.outputs = Outputs(self.classifier.info.labels)
        self._int8 = run.model / NETWORK
        self._fp32 = run.folded
        self._tokenizer = Tokenizer.from_file(str(run.model / "tokenizer.json"))
        self._max_tokens = recipe.data.max_tokens
        learned = [message for message in split.train if message.label in INTENTS]
        labels = [str(message.label) for message in learned]
        self._baseline = fit_baseline(render_all(learned, recipe.seed), labels, recipe.seed)

    def read(self, messages: Sequence[Message], texts: Sequence[str], task: str) -> Read:
        """Read messages, rendered as `texts`, with the served model, one at a time."""
        understood = [self.classifier.classify([text])[0] for text in tqdm(texts, desc=f"{task}, served")]
        logits = self._logits(self._int8, texts, f"{task}, int8")
        return Read(messages, understood, logits, np.array([is_urgent(text) for text in texts], dtype=bool))

    def compare(self, read: Read, texts: Sequence[str], task: str) -> Compared:
        """Read with the other readers what the served model has read, leaving out what has no intent."""
        chosen = read.in_scope
        kept = [text for text, has_intent in zip(texts, chosen, strict=True) if has_intent]
        return Compared(
            read.only(chosen),
            fp32=self._best(self._logits(self._fp32, kept, f"{task}, fp32")),
            int8=self._best(read.logits[chosen]),
            baseline=np.array(self._baseline.predict(kept), dtype=object),
        )

    def _logits(self, network: Path, texts: Sequence[str], task: str) -> Floats:
        return predict(network, self._tokenizer, texts, self._max_tokens, task)

    def _best(self, logits: Floats) -> Names:
        rows = self.outputs.probabilities(logits, 1.0)
        return np.array([self.outputs.intents[int(self.outputs.intent_shares(row).argmax())] for row in rows], object)
