"""Find entities with an ONNX network that labels tokens."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from classifier.entities.bundle import DEFAULT_FOLDER, EntityBundle
from classifier.entities.decoding import decode_entities, possible_places
from classifier.entities.entity import Entity, Places
from classifier.entities.labels import LABELS
from classifier.errors import ModelError
from classifier.network import model_bundle
from classifier.network.loading import load_tokenizer, open_session
from classifier.text import windows

Floats = NDArray[np.float64]

_SURROGATES = re.compile("[\ud800-\udfff]")
_PIECE: Final = 20_000
"""The most characters that are cut into tokens at once."""
_BREAK = re.compile(r"\s")
_SEARCHED: Final = 200


@dataclass(frozen=True, slots=True)
class Reading:
    """What the network says of a text.

    Attributes:
        entities: What it found, in the order of the text, without overlaps.
        possible: The places, in characters, that may belong to a value, whether it found one there or not.
    """

    entities: tuple[Entity, ...]
    possible: Places


class EntityTagger:
    """Finds entities in texts. Load it once, share it between threads, and never use it after a fork.

    Attributes:
        version: The version of the network, 12 hexadecimal digits.
    """

    def __init__(self, bundle: EntityBundle, session: onnxruntime.InferenceSession, tokenizer: Tokenizer) -> None:
        """Use `EntityTagger.load`, which verifies the files first."""
        self.version: Final = bundle.manifest.version
        self._config = bundle.config
        self._penalty = bundle.calibration.outside_penalty
        self._session = session
        self._tokenizer = tokenizer
        self._start, self._end = tokenizer.encode("").ids
        self._padding = tokenizer.token_to_id("[PAD]")

    @classmethod
    def load(cls, path: Path | str | None = None, threads: int = 1) -> Self:
        """Load a model folder after verifying every file in it.

        Args:
            path: The model folder; the one shipped with the package by default.
            threads: Threads that work on one batch; at least 1.

        Raises:
            ModelError: The folder or one of its files is missing, altered or unusable; the message names it.
        """
        home = DEFAULT_FOLDER if path is None else Path(path)
        bundle = EntityBundle(home)
        session = open_session(home, bundle.contents[model_bundle.NETWORK], threads)
        inputs = {node.name for node in session.get_inputs()}
        outputs = {node.name: node.shape for node in session.get_outputs()}
        shape = outputs.get("logits", [])
        if inputs != {"input_ids", "attention_mask"} or len(shape) != 3 or shape[-1] != len(LABELS):
            raise ModelError(
                f"{home / model_bundle.NETWORK} must take input_ids and attention_mask and give logits for "
                f"{len(LABELS)} labels of each token: export the model again"
            )
        return cls(bundle, session, load_tokenizer(home, bundle.contents[model_bundle.TOKENIZER]))

    def find(self, text: str) -> tuple[Entity, ...]:
        """Return the entities of a text, in its order, without overlaps: `read` without the rest."""
        return self.read(text).entities

    def read(self, text: str) -> Reading:
        """Return what the network says of a text, any string of any length."""
        ids, offsets = self.encode(text)
        logits = self.label_logits(ids)
        return Reading(decode_entities(text, offsets, logits, self._penalty), possible_places(offsets, logits))

    def encode(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """Return a text's tokens, without special ones, and the place of each in the text, in characters."""
        # One character for another, so that the places stay right.
        readable = _SURROGATES.sub("\ufffd", text)
        ids: list[int] = []
        offsets: list[tuple[int, int]] = []
        for start, end in cut_pieces(readable):
            encoding = self._tokenizer.encode(readable[start:end], add_special_tokens=False)
            ids += encoding.ids
            offsets += [(start + first, start + last) for first, last in encoding.offsets]
        return ids, offsets

    def label_logits(self, ids: Sequence[int]) -> Floats:
        """Return one row of logits for each token of a text.

        A long text is read in windows that overlap; of a token that two of them hold, the one counts in which it is
        farther from the edge.
        """
        logits = np.zeros((len(ids), len(LABELS)))
        if not ids:
            return logits
        places = windows.cut(len(ids), self._config.max_tokens - 2, self._config.window_overlap)
        # A repeated window is read once: otherwise 100,000 periods would keep a worker busy.
        found = {tuple(ids[place.start : place.stop]): place for place in places}
        texts = list(found)
        read: dict[tuple[int, ...], Floats] = {}
        for batch in windows.batches([len(text) + 2 for text in texts]):
            read.update(zip([texts[number] for number in batch], self._run([texts[n] for n in batch]), strict=True))
        for number, place in enumerate(places):
            rows = read[tuple(ids[place.start : place.stop])]
            start = place.start if number == 0 else (place.start + places[number - 1].stop) // 2
            logits[start : place.stop] = rows[start - place.start : len(place)]
        return logits

    def _run(self, batch: Sequence[Sequence[int]]) -> list[Floats]:
        longest = max(map(len, batch)) + 2
        ids = np.full((len(batch), longest), self._padding, dtype=np.int64)
        mask = np.zeros((len(batch), longest), dtype=np.int64)
        for row, tokens in enumerate(batch):
            ids[row, : len(tokens) + 2] = (self._start, *tokens, self._end)
            mask[row, : len(tokens) + 2] = 1
        (logits,) = self._session.run(["logits"], {"input_ids": ids, "attention_mask": mask})
        return [rows[1 : len(tokens) + 1].astype(np.float64) for rows, tokens in zip(logits, batch, strict=True)]


def cut_pieces(text: str) -> list[tuple[int, int]]:
    """Return the ends of the pieces in which a text is cut into tokens: between words, where there are any."""
    pieces: list[tuple[int, int]] = []
    start = 0
    while len(text) - start > _PIECE:
        end = start + _PIECE
        spaces = [match.start() for match in _BREAK.finditer(text, end - _SEARCHED, end)]
        end = spaces[-1] if spaces else end
        pieces.append((start, end))
        start = end
    return [*pieces, (start, len(text))]
