"""Text in, `Understanding` out: an ONNX network, its tokenizer, its calibration and the two screens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from classifier import acknowledgement, model_bundle, urgency, windows
from classifier.decoding import Outputs, Thresholds, is_alarming
from classifier.errors import ModelError
from classifier.normalise import well_formed
from classifier.understanding import Understanding, disposition

# The intent named where nothing could be read; the confidence of 0 sends the message to a person whatever it is.
UNREADABLE_INTENT = "existing_patient_question"


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What is installed.

    Attributes:
        name: What the model is for.
        version: 12 hexadecimal digits.
        created: ISO date or time of the export.
        path: The folder it was loaded from.
        base_model: The checkpoint that training started from.
        labels: What the network's output stands for, in order: the seven intents, and whatever else it knows.
        max_tokens: The most tokens read at once; longer texts are read in windows.
        window_overlap: Tokens that neighbouring windows share.
        thresholds: Where what the network is sure of becomes what is done about it.
        file_sizes: Bytes of each file the manifest lists.
    """

    name: str
    version: str
    created: str
    path: Path
    base_model: str
    labels: tuple[str, ...]
    max_tokens: int
    window_overlap: int
    thresholds: Thresholds
    file_sizes: dict[str, int]

    @property
    def review_threshold(self) -> float:
        """The least confidence, 0–1, acted on without a person, where an intent has none of its own."""
        return self.thresholds.review


class Classifier:
    """Reads patients' messages. Load once, share between threads, never use after a fork."""

    def __init__(self, info: ModelInfo, session: onnxruntime.InferenceSession, tokenizer: Tokenizer) -> None:
        """Use `Classifier.load`, which verifies the files first."""
        self.info = info
        self._outputs = Outputs(info.labels)
        self._session = session
        self._tokenizer = tokenizer
        self._start, self._end = tokenizer.encode("").ids
        self._unknown = tokenizer.token_to_id("[UNK]")
        self._padding = tokenizer.token_to_id("[PAD]")

    @classmethod
    def load(cls, path: Path | str | None = None, threads: int = 1) -> Classifier:
        """Load a model folder after verifying every file in it.

        Args:
            path: The model folder; the one shipped with the package by default.
            threads: Threads that share the work on one batch; at least 1.

        Raises:
            ModelError: The folder or one of its files is missing, altered or unusable; the message names it.
        """
        home = model_bundle.DEFAULT_FOLDER if path is None else Path(path)
        manifest = model_bundle.read_manifest(home)
        contents = {name: model_bundle.read_file(home, name, record) for name, record in manifest.files.items()}
        settings = model_bundle.read_settings(home, contents[model_bundle.CONFIG], contents[model_bundle.CALIBRATION])
        tokenizer = _tokenizer(home, contents[model_bundle.TOKENIZER])
        session = _session(home, contents[model_bundle.NETWORK], threads)
        _check_network(home, session, len(settings.labels))
        info = ModelInfo(
            name=manifest.name,
            version=manifest.version,
            created=manifest.created,
            path=home,
            base_model=settings.base_model,
            labels=settings.labels,
            max_tokens=settings.max_tokens,
            window_overlap=settings.window_overlap,
            thresholds=settings.thresholds,
            file_sizes={name: record.size for name, record in manifest.files.items()},
        )
        return cls(info, session, tokenizer)

    def classify(self, texts: Sequence[str]) -> list[Understanding]:
        """Understand messages.

        A network whose activations are scaled over a whole batch, which those of DeBERTa are not, may differ in a
        confidence by a few hundredths with the company a text is read in; for one by itself it is always the same.

        Args:
            texts: Any strings of any length; longer ones are read in overlapping windows, whole.

        Returns:
            One understanding for each text, in the same order.
        """
        of_texts = [self._windows(text) for text in texts]
        found = [window for of_text in of_texts for window in of_text]
        rows = np.empty((len(found), len(self.info.labels)))
        for positions in windows.batches([len(window) for window in found]):
            rows[positions] = self._logits([found[position] for position in positions])
        ends = np.cumsum([len(of_text) for of_text in of_texts], dtype=np.int64)
        return [
            self._understanding(text, rows[end - len(of_text) : end], list(of_text.values()))
            for text, of_text, end in zip(texts, of_texts, ends, strict=True)
        ]

    def _windows(self, text: str) -> dict[tuple[int, ...], int]:
        """Return the text's distinct windows, special tokens added, each with the tokens it stands for."""
        tokens = self._tokenizer.encode(well_formed(text), add_special_tokens=False).ids
        # Emoji and other signs the vocabulary lacks: the network would only be guessing.
        if all(token == self._unknown for token in tokens):
            return {}
        weights: dict[tuple[int, ...], int] = {}
        # A text of one thing over and over is read once: 100,000 full stops would else keep a worker for minutes.
        for window in windows.cut(tokens, self.info.max_tokens - 2, self.info.window_overlap):
            ids = (self._start, *window, self._end)
            weights[ids] = weights.get(ids, 0) + len(window)
        return weights

    def _logits(self, batch: Sequence[Sequence[int]]) -> NDArray[np.float64]:
        longest = max(map(len, batch))
        ids = np.full((len(batch), longest), self._padding, dtype=np.int64)
        mask = np.zeros((len(batch), longest), dtype=np.int64)
        for row, tokens in enumerate(batch):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        (logits,) = self._session.run(["logits"], {"input_ids": ids, "attention_mask": mask})
        result: NDArray[np.float64] = logits.astype(np.float64)
        return result

    def _understanding(self, text: str, logits: NDArray[np.float64], weights: Sequence[int]) -> Understanding:
        outputs, thresholds = self._outputs, self.info.thresholds
        rows = outputs.probabilities(logits, thresholds.temperature)
        if len(rows):
            combined = windows.combine(rows, weights, outputs.labels, thresholds.review)
            shares = outputs.intent_shares(combined)
            intent, confidence = outputs.intents[int(shares.argmax())], float(shares.max())
        else:
            combined, shares = np.zeros(len(outputs.labels)), np.full(len(outputs.intents), 1 / len(outputs.intents))
            intent, confidence = UNREADABLE_INTENT, 0.0
        language = outputs.language(combined) if len(rows) else "en"
        # What the network makes of a danger in another language is a guess: there the signs decide alone.
        urgencies = outputs.urgency(logits) if len(rows) and language == "en" else None
        # One window with a danger in it is enough.
        urgency_found = None if urgencies is None else float(urgencies.max())
        urgent = is_alarming(urgency_found, urgency.is_urgent(text), thresholds)
        acknowledged = not urgent and self._is_acknowledgement(text, combined)
        decided = disposition(confidence, acknowledged, thresholds.review_of(intent))
        return Understanding(
            intent=intent,
            confidence=confidence,
            probabilities=dict(zip(outputs.intents, map(float, outputs.given_an_intent(shares)), strict=True)),
            urgent=urgent,
            acknowledgement=acknowledged,
            language=language,
            needs_review=decided == "review",
            disposition=decided,
            model_version=self.info.version,
        )

    def _is_acknowledgement(self, text: str, probabilities: NDArray[np.float64]) -> bool:
        outputs = self._outputs
        sure = (
            outputs.probability_of("acknowledgement", probabilities) >= self.info.thresholds.acknowledgement
            and outputs.labels[int(probabilities.argmax())] == "acknowledgement"
        )
        # What is long says something, whatever the network makes of it.
        return (sure and len(text) <= acknowledgement.MAX_CHARACTERS) or acknowledgement.is_acknowledgement(text)


def _tokenizer(home: Path, content: bytes) -> Tokenizer:
    try:
        tokenizer = Tokenizer.from_buffer(content)
    # The library raises plain Exception, whatever is wrong.
    except Exception as error:
        raise ModelError(
            f"{home / model_bundle.TOKENIZER} is not a tokenizer this program can read: {error}"
        ) from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    if not is_bert_like(tokenizer):
        raise ModelError(
            f"{home / model_bundle.TOKENIZER} must put one token before and one after a text and have [UNK] and [PAD], "
            "as BERT's does: export the model again"
        )
    return tokenizer


def is_bert_like(tokenizer: Tokenizer) -> bool:
    """Tell whether a tokenizer puts one token before and one after a text, and has [UNK] and [PAD]."""
    special = tokenizer.encode("").ids
    return len(special) == 2 and None not in map(tokenizer.token_to_id, ("[UNK]", "[PAD]"))


def _session(home: Path, content: bytes, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Waiting threads would burn the cores that the web server and the database need.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Fatal messages only: its warnings go straight to stderr, and what matters is raised.
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    # The library has an exception for each kind of failure and no common base but Exception.
    except Exception as error:
        raise ModelError(f"{home / model_bundle.NETWORK} cannot be loaded by ONNX Runtime: {error}") from error


def _check_network(home: Path, session: onnxruntime.InferenceSession, labels: int) -> None:
    inputs = {node.name for node in session.get_inputs()}
    outputs = {node.name: node.shape for node in session.get_outputs()}
    if inputs != {"input_ids", "attention_mask"} or outputs.get("logits", [None])[-1] != labels:
        raise ModelError(
            f"{home / model_bundle.NETWORK} must take input_ids and attention_mask and give logits for {labels} "
            "labels: export the model again"
        )
