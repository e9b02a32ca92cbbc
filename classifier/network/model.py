"""Classify messages with an ONNX network, its tokenizer, its calibration and two screens of rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from classifier.errors import ModelError
from classifier.network import model_bundle
from classifier.network.danger_words import DangerWords, load_danger_words
from classifier.network.decoding import Outputs, Thresholds, danger_kind, danger_language, triage_level
from classifier.network.loading import load_tokenizer, open_session
from classifier.network.second_intents import (
    DOUBTFUL,
    SecondIntentWeights,
    parts_evidence,
    second_chances,
    whole_evidence,
)
from classifier.outputs import INTENTS, LANGUAGES, Language
from classifier.rules import acknowledgement
from classifier.rules.cries import plea_language
from classifier.rules.danger_signs import load_tables
from classifier.rules.losses import find_loss
from classifier.rules.plain_words import tells_of_breach
from classifier.rules.remarks import cries_out
from classifier.rules.screen import Screening, is_urgent, screen_text
from classifier.text import windows
from classifier.text.excerpt import Excerpt, choose_windows
from classifier.text.helplines import without_helplines
from classifier.text.message_parts import split_parts
from classifier.text.normalise import well_formed
from classifier.text.shortening import shorten_text
from classifier.understanding import SecondIntent, Understanding, decide_disposition
from intake.vocabulary import DangerKind, Disposition, TriageLevel

# The intent of a message without readable text. Its confidence of 0 sends the message to a person.
UNREADABLE_INTENT = "existing_patient_question"

UNREACHABLE = 1.01
"""A threshold above every confidence."""

UNCALIBRATED_ALARM = 0.085
"""The least probability of an emergency that raises an alarm by itself in a language without thresholds of its own.

Most texts in such a language seem to hide something, so that the bars of English page for three of four bookings. A
person reads each of them in any case. Chosen on 240 messages in 16 languages, as `training/EXPERIMENTS.md` says.
"""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """The installed model.

    Attributes:
        name: What the model is for.
        version: 12 hexadecimal digits.
        created: ISO date or time of the export.
        path: The folder it was loaded from.
        base_model: The checkpoint that training started from.
        base_revision: Its commit on the Hugging Face hub, if it came from there.
        labels: The network's outputs, in order: every intent, and whatever else it knows.
        max_tokens: The most tokens read at once; longer texts are split into windows.
        window_overlap: Tokens that neighboring windows share.
        thresholds: For each language that the network was calibrated for, the probabilities at which the service acts
            on what it says; English always.
        confidences: For each of these languages, the deciles of the confidence on the validation messages, lowest and
            highest included; empty for models that were made without them.
        second_intents: How a second intent is weighed; None if the network's mentions alone decide.
        file_sizes: Bytes of each file the manifest lists.
    """

    name: str
    version: str
    created: str
    path: Path
    base_model: str
    base_revision: str | None
    labels: tuple[str, ...]
    max_tokens: int
    window_overlap: int
    thresholds: Mapping[str, Thresholds]
    confidences: Mapping[Language, Sequence[float]]
    second_intents: SecondIntentWeights | None
    file_sizes: dict[str, int]

    @property
    def review_threshold(self) -> float:
        """The least confidence, 0–1, acted on without a person, in English and for intents without one of their own."""
        return self.thresholds["en"].review

    def thresholds_in(self, language: Language) -> Thresholds:
        """Return the thresholds for a language.

        Those for English if the network was not calibrated for it, but with one bar for an alarm without a sign, and
        no lower one than `UNCALIBRATED_ALARM`.
        """
        if language in self.thresholds:
            return self.thresholds[language]
        english = self.thresholds["en"]
        alarm = max(english.emergency, UNCALIBRATED_ALARM)
        long = None if english.long_emergency is None else max(english.long_emergency, alarm)
        return replace(
            english,
            emergency=alarm,
            other_emergency=None,
            short_emergency=None,
            short_other_emergency=None,
            long_emergency=long,
        )

    def review_threshold_of(self, intent: str, language: Language) -> float:
        """Return the least confidence, 0–1, at which an intent is acted on without a person, in a language.

        It is above every confidence in a language that the network was not calibrated for.
        """
        return self.thresholds[language].review_of(intent) if language in self.thresholds else UNREACHABLE


@dataclass(frozen=True, slots=True)
class _Reading:
    """What is made of a message before its parts are read.

    Attributes:
        understanding: The result so far.
        thresholds: The thresholds of its language.
        evidence: What it says for each of `INTENTS` as a second one; None if nothing does.
        chances: How probable each is, judging by that.
    """

    understanding: Understanding
    thresholds: Thresholds
    evidence: NDArray[np.float64] | None = None
    chances: NDArray[np.float64] | None = None

    @property
    def first(self) -> int:
        return INTENTS.index(self.understanding.intent)

    @property
    def doubtful_evidence(self) -> NDArray[np.float64] | None:
        """The evidence if the parts may tell whether there is a second intent, else None."""
        if self.chances is None or self.understanding.partly_read:
            return None
        return self.evidence if np.delete(self.chances, self.first).max() >= DOUBTFUL else None


class Classifier:
    """Classifies patients' messages. Load it once, share it between threads, and never use it after a fork."""

    def __init__(
        self,
        info: ModelInfo,
        session: onnxruntime.InferenceSession,
        tokenizer: Tokenizer,
        danger_words: DangerWords | None = None,
    ) -> None:
        """Use `Classifier.load`, which verifies the files first."""
        self.info = info
        self.danger_words = danger_words
        self._outputs = Outputs(info.labels)
        self._session = session
        self._tokenizer = tokenizer
        self._start, self._end = tokenizer.encode("").ids
        self._unknown = tokenizer.token_to_id("[UNK]")
        self._padding = tokenizer.token_to_id("[PAD]")

    @classmethod
    def load(cls, path: Path | str | None = None, threads: int = 1, *, doubts_alarms: bool = True) -> Classifier:
        """Load a model folder after verifying every file in it.

        Args:
            path: The model folder; the one shipped with the package by default.
            threads: Threads that work on one batch; at least 1.
            doubts_alarms: Whether weak alarms are doubted where the words are those of a harmless message.

        Raises:
            ModelError: The folder or one of its files is missing, altered or unusable; the message names it.
        """
        home = model_bundle.DEFAULT_FOLDER if path is None else Path(path)
        manifest = model_bundle.read_manifest(home)
        contents = {name: model_bundle.read_file(home, name, record) for name, record in manifest.files.items()}
        config = model_bundle.read_config(home, contents[model_bundle.CONFIG])
        calibration = model_bundle.read_calibration(home, contents[model_bundle.CALIBRATION])
        tokenizer = load_tokenizer(home, contents[model_bundle.TOKENIZER])
        session = open_session(home, contents[model_bundle.NETWORK], threads)
        _check_network(home, session, len(config.labels))
        # Compile the danger signs now, not while the first patient waits.
        load_tables()
        danger_words = load_danger_words() if doubts_alarms else None
        info = ModelInfo(
            name=manifest.name,
            version=manifest.version,
            created=manifest.created,
            path=home,
            base_model=config.base_model,
            base_revision=config.base_revision,
            labels=tuple(config.labels),
            max_tokens=config.max_tokens,
            window_overlap=config.window_overlap,
            thresholds=calibration.thresholds(),
            confidences=dict(calibration.confidences),
            second_intents=calibration.second_intent_weights(),
            file_sizes={name: record.size for name, record in manifest.files.items()},
        )
        return cls(info, session, tokenizer, danger_words)

    def classify(self, texts: Sequence[str]) -> list[Understanding]:
        """Classify messages.

        If a network scales its activations over a whole batch, which DeBERTa does not, a confidence may change by a few
        hundredths with the other texts in the batch; for a text by itself it is always the same.

        Args:
            texts: Any strings of any length; of long ones, only part is read, as `classifier.text.excerpt` says.

        Returns:
            One `Understanding` for each text, in the same order.
        """
        texts = [without_helplines(text) for text in texts]
        shown = [shorten_text(well_formed(text)) for text in texts]
        screenings = [screen_text(text) for text, _ in shown]
        excerpts = [self._excerpt(*pair, screening) for pair, screening in zip(shown, screenings, strict=True)]
        found = self._read([list(excerpt.windows) for excerpt in excerpts])
        readings = [
            self._understand(text, logits, excerpt, screening)
            for text, logits, excerpt, screening in zip(texts, found, excerpts, screenings, strict=True)
        ]
        chances = self._second_chances([text for text, _ in shown], readings)
        return [
            replace(reading.understanding, also=_mentions(row, reading))
            for reading, row in zip(readings, chances, strict=True)
        ]

    def _read(self, texts: Sequence[Sequence[Sequence[int]]]) -> list[NDArray[np.float64]]:
        """Return the logits of the windows or parts of each text, one row for each."""
        pieces = [piece for text in texts for piece in text]
        rows = np.empty((len(pieces), len(self.info.labels)))
        for positions in windows.batches([len(piece) + 2 for piece in pieces]):
            rows[positions] = self._logits([pieces[position] for position in positions])
        ends = np.cumsum([len(text) for text in texts], dtype=np.int64)
        return [rows[end - len(text) : end] for text, end in zip(texts, ends, strict=True)]

    def _second_chances(self, texts: Sequence[str], readings: Sequence[_Reading]) -> list[NDArray[np.float64] | None]:
        """Return how probable each intent is as a second one, after reading the parts of the doubtful messages."""
        chances = [reading.chances for reading in readings]
        weights = self.info.second_intents
        if weights is None or weights.parts is None:
            return chances
        doubtful = {
            place: evidence
            for place, reading in enumerate(readings)
            if (evidence := reading.doubtful_evidence) is not None
        }
        parts = {place: found for place in doubtful if len(found := split_parts(texts[place])) > 1}
        for place, logits in zip(parts, self._read([self._cut(found) for found in parts.values()]), strict=True):
            reading = readings[place]
            shares = self._outputs.ordered_shares(self._outputs.probabilities(logits, reading.thresholds.temperature))
            evidence = np.hstack([doubtful[place], parts_evidence(shares, reading.first)])
            chances[place] = second_chances(evidence, weights.parts)
        return chances

    def _cut(self, parts: Sequence[str]) -> list[list[int]]:
        """Return the tokens of parts, of each as many as the network reads at once."""
        encodings = self._tokenizer.encode_batch(parts, add_special_tokens=False)
        return [encoding.ids[: self.info.max_tokens - 2] for encoding in encodings]

    def _excerpt(self, text: str, is_whole: bool, screening: Screening) -> Excerpt:
        """Return what the network reads of a text, of which the middle may be missing already."""
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        tokens = encoding.ids
        # Only emoji and other characters outside the vocabulary: the network would be guessing.
        if all(token == self._unknown for token in tokens):
            return Excerpt({}, is_whole)
        characters = encoding.offsets

        def has_sign(start: int, end: int) -> bool:
            return is_urgent(text[characters[start][0] : characters[end - 1][1]])

        length, overlap = self.info.max_tokens - 2, self.info.window_overlap
        excerpt = choose_windows(tokens, length, overlap, has_sign if screening.possible else None)
        return replace(excerpt, is_whole=is_whole and excerpt.is_whole)

    def _logits(self, batch: Sequence[Sequence[int]]) -> NDArray[np.float64]:
        longest = max(map(len, batch)) + 2
        ids = np.full((len(batch), longest), self._padding, dtype=np.int64)
        mask = np.zeros((len(batch), longest), dtype=np.int64)
        for row, tokens in enumerate(batch):
            ids[row, : len(tokens) + 2] = (self._start, *tokens, self._end)
            mask[row, : len(tokens) + 2] = 1
        (logits,) = self._session.run(["logits"], {"input_ids": ids, "attention_mask": mask})
        result: NDArray[np.float64] = logits.astype(np.float64)
        return result

    def _understand(self, text: str, logits: NDArray[np.float64], excerpt: Excerpt, screening: Screening) -> _Reading:
        if not len(logits):
            return _Reading(self._unreadable(text, excerpt, screening), self.info.thresholds["en"])
        weights = list(excerpt.windows.values())
        outputs = self._outputs
        language = self._language(outputs.languages(logits), weights, screening, text)
        thresholds = self.info.thresholds_in(language)
        rows = outputs.probabilities(logits, thresholds.temperature)
        combined = windows.combine(rows, weights, outputs.labels, thresholds.review)
        shares = outputs.intent_shares(combined)
        intent, confidence = outputs.intents[int(shares.argmax())], float(shares.max())
        levels, dangers = outputs.levels(logits), outputs.dangers(logits)
        triage = TriageLevel.EMERGENCY
        if not excerpt.has_unread_sign:
            is_harmless = None if self.danger_words is None else self.danger_words.is_harmless
            triage = triage_level(levels, screening, thresholds, text, dangers, is_harmless)
        danger = None
        if triage is TriageLevel.EMERGENCY:
            worst = 0 if levels is None else int(levels[:, 0].argmax())
            danger = danger_kind(None if dangers is None else dangers[worst], screening, text)
        dangerous = _must_be_read(screening, text)
        label = outputs.labels[int(combined.argmax())]
        surely = float(combined.max())
        understanding = Understanding(
            intent=intent,
            confidence=confidence,
            probabilities=dict(zip(outputs.intents, map(float, outputs.given_an_intent(shares)), strict=True)),
            triage=triage,
            danger=danger,
            language=language,
            disposition=find_loss(text)
            or (
                Disposition.REVIEW
                if not excerpt.is_whole
                else decide_disposition(
                    label=label,
                    acknowledgement=triage is not TriageLevel.EMERGENCY
                    and self._is_acknowledgement(text, label, surely, thresholds),
                    person=label == "person" and surely >= thresholds.person and not cries_out(text),
                    fitting=float(shares.sum()) >= thresholds.scope,
                    understood=confidence >= self.info.review_threshold_of(intent, language),
                    dangerous=dangerous,
                )
            ),
            model_version=self.info.version,
            praise=label == "praise" and surely >= thresholds.praise and not dangerous and not tells_of_breach(text),
            partly_read=not excerpt.is_whole,
        )
        return _Reading(understanding, thresholds, *self._weigh(logits, combined))

    def _weigh(
        self, logits: NDArray[np.float64], combined: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64] | None, NDArray[np.float64] | None]:
        """Return what a message says for each intent as a second one, and how probable each is."""
        mentions = self._outputs.mentions(logits)
        if mentions is None:
            return None, None
        # One window that asks for it is enough.
        strongest: NDArray[np.float64] = mentions.max(axis=0)
        if self.info.second_intents is None:
            return None, strongest
        evidence = whole_evidence(strongest, self._outputs.ordered_shares(combined[np.newaxis])[0])
        return evidence, second_chances(evidence, self.info.second_intents.whole)

    def _unreadable(self, text: str, excerpt: Excerpt, screening: Screening) -> Understanding:
        intents = self._outputs.intents
        triage = triage_level(None, screening, self.info.thresholds["en"], text)
        # An emoji that the network does not know may be all the thanks there is.
        acknowledged = triage is not TriageLevel.EMERGENCY and acknowledgement.is_acknowledgement(text)
        return Understanding(
            intent=UNREADABLE_INTENT,
            confidence=0.0,
            probabilities=dict.fromkeys(intents, 1 / len(intents)),
            triage=triage,
            danger=danger_kind(None, screening, text) if triage is TriageLevel.EMERGENCY else None,
            language=screening.language or "en",
            disposition=find_loss(text) or (Disposition.ACKNOWLEDGEMENT if acknowledged else Disposition.REVIEW),
            model_version=self.info.version,
            partly_read=not excerpt.is_whole,
        )

    def _language(
        self, rows: NDArray[np.float64] | None, weights: Sequence[int], screening: Screening, text: str
    ) -> Language:
        shares = None if rows is None else np.asarray(weights) @ rows / sum(weights)
        if found := danger_language(shares, screening, text):
            return found
        return "en" if shares is None else LANGUAGES[int(shares.argmax())]

    def _is_acknowledgement(self, text: str, label: str, surely: float, thresholds: Thresholds) -> bool:
        found = label == "acknowledgement" and surely >= thresholds.acknowledgement
        # A long message says something, whatever the network thinks, and so does one with a word of need.
        is_thanks = found and len(text) <= acknowledgement.MAX_CHARACTERS and not acknowledgement.asks_for_help(text)
        return is_thanks or acknowledgement.is_acknowledgement(text)


def _must_be_read(screening: Screening, text: str) -> bool:
    """Return whether the words tell of a danger, so that a person reads the message whatever else it seems to be."""
    is_named = screening.certain is not None or screening.possible is DangerKind.SELF_HARM
    return is_named or plea_language(text) is not None


def _mentions(chances: NDArray[np.float64] | None, reading: _Reading) -> tuple[SecondIntent, ...]:
    """Return the intents besides the main one that are probable enough, the surest first."""
    if chances is None:
        return ()
    found = [
        SecondIntent(name, chance)
        for name, chance in zip(INTENTS, map(float, chances), strict=True)
        if name != reading.understanding.intent and chance >= reading.thresholds.mention
    ]
    return tuple(sorted(found, key=lambda mention: -mention.confidence))


def _check_network(home: Path, session: onnxruntime.InferenceSession, labels: int) -> None:
    inputs = {node.name for node in session.get_inputs()}
    outputs = {node.name: node.shape for node in session.get_outputs()}
    if inputs != {"input_ids", "attention_mask"} or outputs.get("logits", [None])[-1] != labels:
        raise ModelError(
            f"{home / model_bundle.NETWORK} must take input_ids and attention_mask and give logits for {labels} "
            "labels: export the model again"
        )
