"""Fit, calibrate, and export what doubts the network's weak alarms by the words of a message.

It is fitted to the messages that the network was fitted to, so both are judged by the same writers of whom neither has
seen anything. Only there is it known how often the network is unsure of a message that a stranger wrote.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from classifier import Classifier
from classifier.network.danger_words import PLACES, WEIGHTS, DangerCalibration, DangerWords, place_features
from classifier.network.model_bundle import CALIBRATION
from intake.vocabulary import TriageLevel
from training.data.corpus import CORPUS, CorpusMessage
from training.data.dataset import render_all
from training.data.splitting import VALIDATION_SEED, read_split
from training.export.model_folder import begin_folder, replace_folder, write_contents
from training.recipe import Recipe

MOST_LOST: Final = 0.002
"""The largest share of the validation messages' emergencies that may be lost to it."""
_BARS: Final = tuple(step / 1000 for step in range(5, 45, 5))
_LEAST_TEXTS: Final = 3
"""In how many texts a feature must occur to count."""
_STRENGTH: Final = 150.0
_LARGEST: Final = 127
_OUTLIERS: Final = 1e-4
"""The share of the weights that are cut off, so that the others keep their differences in 8 bits."""
_SEED: Final = 7


@dataclass(frozen=True, slots=True)
class Doubted:
    """A validation message as it is served without the words, and with them.

    Attributes:
        message: The message.
        before: Its level, as the network and the danger signs have it.
        after: The same, with weak alarms doubted.
    """

    message: CorpusMessage
    before: TriageLevel
    after: TriageLevel


def export_danger_words(folder: Path, recipe: Recipe, corpus: Path = CORPUS) -> tuple[DangerWords, list[Doubted]]:
    """Write the folder of the model, which replaces the one that is there.

    Args:
        folder: The folder.
        recipe: The recipe of the served network, whose validation writers are held out here, too.
        corpus: The training messages.

    Returns:
        The model, and what became of each validation message.
    """
    split = read_split(recipe, corpus)
    fitted = [message for message in dict.fromkeys(split.train) if message.level is not None]
    words = fit_danger_words(
        list(render_all(fitted, _SEED)), [message.level is TriageLevel.EMERGENCY for message in fitted]
    )
    chosen, doubted = choose_harmless(words, [message for message in split.validation if message.level is not None])
    arriving = begin_folder(folder)
    (arriving / WEIGHTS).write_bytes(chosen.to_bytes())
    calibration = DangerCalibration(harmless=chosen.harmless)
    (arriving / CALIBRATION).write_text(calibration.model_dump_json(indent=2) + "\n", encoding="utf-8")
    write_contents(arriving, "danger", WEIGHTS)
    replace_folder(folder, arriving)
    return chosen, doubted


def fit_danger_words(texts: Sequence[str], dangerous: Sequence[bool]) -> DangerWords:
    """Fit the model, which finds nothing harmless yet.

    Args:
        texts: Messages, some of them dangerous.
        dangerous: Which are.
    """
    placed = [place_features(text) for text in texts]
    counted = Counter(place for places in placed for place in places.tolist())
    kept = np.array(sorted(place for place, count in counted.items() if count >= _LEAST_TEXTS), dtype=np.int64)
    rarity = np.log((1 + len(texts)) / (1 + np.array([counted[place] for place in kept.tolist()]))) + 1
    fitted = LogisticRegression(C=_STRENGTH, solver="liblinear", random_state=_SEED).fit(
        _table(placed, kept, rarity / rarity.mean()), np.array(dangerous)
    )
    weights = fitted.coef_[0] * rarity / rarity.mean()
    scale = float(np.quantile(np.abs(weights), 1 - _OUTLIERS)) / _LARGEST
    small = np.clip(np.rint(weights / scale), -_LARGEST, _LARGEST)
    small[small == 0] = np.where(weights[small == 0] < 0, -1, 1)  # 0 says that a feature is unknown
    full = np.zeros(PLACES, dtype=np.int8)
    full[kept] = small.astype(np.int8)
    return DangerWords(full, scale, float(fitted.intercept_[0]), harmless=0.0)


def _table(placed: Sequence[NDArray[np.int64]], kept: NDArray[np.int64], values: NDArray[np.float64]) -> csr_matrix:
    column_of = np.full(PLACES, -1)
    column_of[kept] = np.arange(len(kept))
    columns = [found[found >= 0] for found in (column_of[places] for places in placed)]
    counts = np.array([len(found) for found in columns])
    data = np.concatenate([values[found] / max(len(found), 1) ** 0.5 for found in columns])
    ends = np.concatenate(([0], np.cumsum(counts)))
    return csr_matrix((data, np.concatenate(columns), ends), shape=(len(placed), len(kept)))


def choose_harmless(words: DangerWords, validation: Sequence[CorpusMessage]) -> tuple[DangerWords, list[Doubted]]:
    """Return the model with the highest bar that loses few enough emergencies, and what it makes of each message."""
    of_emergencies = sum(message.level is TriageLevel.EMERGENCY for message in validation)
    candidates = [words, *(replace(words, harmless=bar) for bar in _BARS)]
    judged = zip(candidates, doubt_alarms(candidates, validation), strict=True)
    best = next(judged)  # which finds nothing harmless, and loses none
    for candidate, doubted in judged:
        if sum(map(is_lost, doubted)) > MOST_LOST * of_emergencies:
            break
        best = candidate, doubted
    return best


def doubt_alarms(models: Sequence[DangerWords], messages: Sequence[CorpusMessage]) -> list[list[Doubted]]:
    """Return what becomes of messages without a model of the words, and with each of these."""
    texts = list(render_all(messages, VALIDATION_SEED))
    served = Classifier.load(doubts_alarms=False)
    before = [found.triage for found in served.classify(texts)]
    alarms = [place for place, level in enumerate(before) if level is TriageLevel.EMERGENCY]
    doubted = []
    for words in models:
        served.danger_words = words
        after = dict(zip(alarms, served.classify([texts[place] for place in alarms]), strict=True))
        levels = [after[place].triage if place in after else level for place, level in enumerate(before)]
        doubted.append([Doubted(message, *pair) for message, *pair in zip(messages, before, levels, strict=True)])
    return doubted


def is_lost(line: Doubted) -> bool:
    """Return whether an emergency is no longer one."""
    is_emergency = line.message.level is TriageLevel.EMERGENCY
    return is_emergency and line.before is TriageLevel.EMERGENCY and line.after is not TriageLevel.EMERGENCY
