"""Fit the linear model that tells which question of the starter set a text asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Final

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression

from classifier.questions.topics import VECTOR_WEIGHT, Numbers, TopicModel, list_grams, place_grams
from training.data.questions import QuestionExample

_LEAST_TEXTS: Final = 3
"""In how many texts a gram must occur to count."""
_MOST_GRAMS: Final = 30_000
_STRENGTH: Final = 10.0
_ROUNDS: Final = 60
_SHORT: Final = 100
"""A question of at most this many characters is fitted a second time, in a frame."""
_OPENINGS: Final = (
    "hi ", "hello ", "hey ", "good morning ", "hi there i was wondering, ", "quick question, ", "um hi ",
    "hi i'm a new patient, ", "i was just calling to ask, ", "yes hi, ", "can you tell me ", "sorry to bother you, ",
    "just wondering, ", "i have an appointment next week, ", "first time coming in, ", "ok so ",
)  # fmt: skip
_ENDINGS: Final = (" thanks", " thank you", " please", " pls", " thx", " thank you bye", " just curious", " ty!", "")
_SPANISH_OPENINGS: Final = (
    "hola ", "buenas tardes ", "buenos días ", "disculpe ", "una pregunta ", "hola quería saber ", "oiga ",
    "soy paciente nuevo ",
)  # fmt: skip
_SPANISH_ENDINGS: Final = (" gracias", " por favor", " porfa", " x favor", "")
_SPANISH_WORDS: Final = frozenset(
    ("que", "el", "la", "los", "para", "por", "con", "una", "tienen", "puedo", "aceptan", "hay", "cita", "donde", "mi")
)


def add_frames(questions: Sequence[QuestionExample], seed: int) -> list[QuestionExample]:
    """Return questions with their short ones once more: with a greeting, thanks, and sometimes a slip of the finger."""
    short = [question for question in questions if len(question.text) <= _SHORT]
    framed = [QuestionExample(question.topic, _frame(question.text, Random(f"{seed}/{place}")))  # noqa: S311 - not a secret
              for place, question in enumerate(short)]  # fmt: skip
    return [*questions, *framed]


def _frame(text: str, rng: Random) -> str:
    is_spanish = len(_SPANISH_WORDS & set(text.lower().split())) > 0 or any(letter in text for letter in "áéíóúñ¿")
    openings, endings = (_SPANISH_OPENINGS, _SPANISH_ENDINGS) if is_spanish else (_OPENINGS, _ENDINGS)
    text = rng.choice(openings) + text if rng.random() < 0.8 else text
    text += rng.choice(endings) if rng.random() < 0.6 else ""
    if rng.random() < 0.3 and len(text) > 8:
        place = rng.randrange(1, len(text) - 2)
        swapped = text[place + 1] + text[place]
        text = text[:place] + rng.choice((text[place + 1], swapped)) + text[place + 2 :]
    return text


def fit_topics(questions: Sequence[str], vectors: Numbers, topics: Sequence[str]) -> TopicModel:
    """Fit the model.

    Args:
        questions: Spelled-out texts.
        vectors: Their vectors.
        topics: What they ask.
    """
    grams = [set(list_grams(question)) for question in questions]
    counted = Counter(gram for found in grams for gram in found)
    frequent = sorted(
        (gram for gram, count in counted.items() if count >= _LEAST_TEXTS), key=lambda gram: (-counted[gram], gram)
    )
    places = {gram: place for place, gram in enumerate(frequent[:_MOST_GRAMS])}
    rarity = np.array([1 + np.log((1 + len(questions)) / (1 + counted[gram])) for gram in places], dtype=np.float32)
    table = hstack([csr_matrix(VECTOR_WEIGHT * vectors), _gram_table(questions, places, rarity)]).tocsr()
    fitted = LogisticRegression(C=_STRENGTH, max_iter=_ROUNDS, tol=1e-3).fit(table, np.array(topics))
    weights = fitted.coef_.T
    size = vectors.shape[1]
    return TopicModel(
        tuple(map(str, fitted.classes_)),
        places,
        rarity,
        weights[size:].astype(np.float16),
        weights[:size].astype(np.float32),
        fitted.intercept_.astype(np.float32),
    )


def _gram_table(questions: Sequence[str], places: dict[str, int], rarity: Numbers) -> csr_matrix:
    rows: list[int] = []
    columns: list[int] = []
    values: list[float] = []
    for number, question in enumerate(questions):
        found, weights = place_grams(question, places, rarity)
        rows += [number] * len(found)
        columns += found
        values += weights.tolist()
    return csr_matrix((values, (rows, columns)), shape=(len(questions), len(places)), dtype=np.float32)
