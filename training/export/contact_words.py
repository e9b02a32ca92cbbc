"""Fit, calibrate, and export what hears who shares the phone that they write from.

Each writer is held out in turn: the model that the others' lines give weighs the writer's lines and ordinary messages
of the corpus, by writers of whom it has seen nothing. One threshold is chosen for all, and the model that ships knows
every writer's lines.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from classifier.contact.contact_words import LONGEST, WORDS, ContactCalibration, weigh_contact
from classifier.contact.heard_contact import HeardContact
from classifier.network.model_bundle import CALIBRATION
from classifier.questions.topics import NO_TOPIC, TopicModel, spell_out
from training.data.contact import ContactLine, read_contact_lines
from training.data.corpus import CORPUS, read_corpus
from training.data.dataset import render_all
from training.export.model_folder import begin_folder, replace_folder, write_contents
from training.fit.question_topics import fit_topics

WRONGLY_HEARD: Final = 0.003
"""In how many ordinary messages something may be heard: of those that are heard first, a quarter says it in truth."""
_COUNTED: Final = 3
"""How often a line counts that only shares words with those that keep an answer back: ordinary messages have few."""
_FITTED: Final = 6000
_MEASURED: Final = 15_000
_SEED: Final = 3


@dataclass(frozen=True, slots=True)
class ContactScores:
    """What the model weighs that knows nothing of the writer: each line's kinds, and all ordinary messages' sums."""

    lines: tuple[tuple[ContactLine, dict[HeardContact, float]], ...]
    ordinary: tuple[float, ...]

    def choose_least(self) -> float:
        """Return the least probability at which ordinary messages are heard as seldom as they may be."""
        return round(float(np.quantile(self.ordinary, 1 - WRONGLY_HEARD)), 3)


def score_unseen(corpus: Path = CORPUS) -> ContactScores:
    """Weigh each writer's lines, and ordinary messages, with models that have seen nothing of these writers."""
    lines = read_contact_lines(corpus)
    fitted, measured = _ordinary_messages(corpus)
    scored: list[tuple[ContactLine, dict[HeardContact, float]]] = []
    ordinary: list[float] = []
    for writer in sorted({line.writer for line in lines}):
        model = _fit([line for line in lines if line.writer != writer], fitted)
        scored += ((line, weigh_contact(model, line.text)) for line in lines if line.writer == writer)
        ordinary += (sum(weigh_contact(model, text).values()) for text in measured)
    return ContactScores(tuple(scored), tuple(ordinary))


def export_contact_words(folder: Path, corpus: Path = CORPUS) -> ContactScores:
    """Write the folder of the model, which replaces the one that is there.

    Returns:
        What it was calibrated by.
    """
    scores = score_unseen(corpus)
    fitted, measured = _ordinary_messages(corpus)
    model = _fit(read_contact_lines(corpus), [*fitted, *measured])
    arriving = begin_folder(folder)
    (arriving / WORDS).write_bytes(model.to_bytes())
    calibration = ContactCalibration(least=scores.choose_least())
    (arriving / CALIBRATION).write_text(calibration.model_dump_json(indent=2) + "\n", encoding="utf-8")
    write_contents(arriving, "contact", WORDS)
    replace_folder(folder, arriving)
    return scores


def _fit(lines: Sequence[ContactLine], ordinary: Sequence[str]) -> TopicModel:
    counted = [line for line in lines for _ in range(1 if line.kind else _COUNTED)]
    texts = [spell_out(text[:LONGEST]) for text in (*(line.text for line in counted), *ordinary)]
    kinds = [*(line.kind or NO_TOPIC for line in counted), *[NO_TOPIC] * len(ordinary)]
    return fit_topics(texts, np.zeros((len(texts), 0), dtype=np.float32), [str(kind) for kind in kinds])


def _ordinary_messages(corpus: Path) -> tuple[list[str], list[str]]:
    """Return messages to fit and others to measure with; no file of the corpus has some of both."""
    messages = [message for message in read_corpus(corpus) if message.language != "other"]
    texts = list(render_all(messages, _SEED))
    halves: tuple[list[str], list[str]] = ([], [])
    for place in np.random.default_rng(_SEED).permutation(len(messages)):
        halves[zlib.crc32(messages[place].source.encode()) % 2].append(texts[place])
    return halves[0][:_FITTED], halves[1][:_MEASURED]
