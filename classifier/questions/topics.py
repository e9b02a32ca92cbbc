"""Tell which question of the starter set a text asks: a linear model over its vector, its words, and their letters.

The vector knows English only. Words and letters know what patients write in Spanish, and misspellings.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from classifier.text.normalise import without_accents

NO_TOPIC: Final = "-"
"""Stands for the topic of a text that asks none of the questions."""
VECTOR_WEIGHT: Final = 3.0
"""The length of the vector beside the grams' when a text is weighed."""
GRAM_WEIGHT: Final = 1.5

_WORD = re.compile(r"[a-z0-9']+")
_GREETING = re.compile(r"^(?:hi|hey|hello|good (?:morning|afternoon|evening))(?: there)?[,.! ]+")
# What people type on a phone, as the encoder knows it.
_SPELLED_OUT: Final = {
    "u": "you", "ur": "your", "r": "are", "ya": "you", "yall": "you", "y'all": "you", "pls": "please", "plz": "please",
    "appt": "appointment", "appts": "appointments", "thx": "thanks", "w": "with", "n": "and", "tmrw": "tomorrow",
    "2day": "today", "hrs": "hours", "hr": "hour", "sat": "saturday", "sun": "sunday", "mon": "monday",
    "tues": "tuesday", "wed": "wednesday", "thurs": "thursday", "fri": "friday", "wk": "week", "ins": "insurance",
    "dr": "doctor", "docs": "doctors", "info": "information", "rx": "prescription", "min": "minutes",
    "mins": "minutes", "addr": "address", "addy": "address", "bc": "because", "cuz": "because", "abt": "about",
    "2": "to", "4": "for", "im": "i am", "whats": "what is", "wheres": "where is", "gonna": "going to",
    "wanna": "want to", "guys": "", "bcbs": "blue cross blue shield",
}  # fmt: skip
_LETTERS: Final = (3, 4, 5)

Numbers = NDArray[np.float32]


def spell_out(text: str) -> str:
    """Return a question without its greeting, in lower case, with the abbreviations of text messages spelled out."""
    text = _GREETING.sub("", text.lower().replace("’", "'"))
    return " ".join(_WORD.sub(lambda word: _SPELLED_OUT.get(word[0], word[0]), text).split())


def list_grams(question: str) -> Iterator[str]:
    """Yield the words of a spelled-out question, its pairs of words, and runs of letters, some of them repeatedly."""
    words = _WORD.findall(without_accents(question))
    yield from words
    yield from (f"{first} {second}" for first, second in pairwise(words))
    for word in words:
        padded = f"_{word}_"
        for size in _LETTERS:
            yield from (padded[start : start + size] for start in range(len(padded) - size + 1))


@dataclass(frozen=True, slots=True)
class TopicModel:
    """The weights of the linear model.

    Attributes:
        topics: The keys of the starter set, and `NO_TOPIC`, in the order of the columns.
        places: The row of each gram.
        rarity: How much each gram counts.
        gram_weights: One row for each gram.
        vector_weights: One row for each number of a vector.
        bias: What each topic starts with.
    """

    topics: tuple[str, ...]
    places: Mapping[str, int]
    rarity: Numbers
    gram_weights: NDArray[np.float16]
    vector_weights: Numbers
    bias: Numbers

    def weigh(self, question: str, vector: Numbers) -> dict[str, float]:
        """Return the probability of each topic for a spelled-out question, of which they are together 1."""
        rows, values = place_grams(question, self.places, self.rarity)
        scores = VECTOR_WEIGHT * vector @ self.vector_weights + self.bias
        scores = scores + values @ self.gram_weights[rows].astype(np.float32)
        raised = np.exp(scores - scores.max())
        return dict(zip(self.topics, (raised / raised.sum()).tolist(), strict=True))

    def to_bytes(self) -> bytes:
        """Return the content of the file that `from_bytes` reads."""
        content = io.BytesIO()
        np.savez_compressed(
            content,
            topics=np.array(self.topics),
            grams=np.array(list(self.places)),
            rarity=self.rarity,
            gram_weights=self.gram_weights,
            vector_weights=self.vector_weights,
            bias=self.bias,
        )
        return content.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> TopicModel:
        """Read a model that `to_bytes` wrote."""
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return cls(
                tuple(map(str, arrays["topics"])),
                {gram: place for place, gram in enumerate(map(str, arrays["grams"]))},
                arrays["rarity"],
                arrays["gram_weights"],
                arrays["vector_weights"],
                arrays["bias"],
            )


def place_grams(question: str, places: Mapping[str, int], rarity: Numbers) -> tuple[Sequence[int], Numbers]:
    """Return the rows of a question's known grams, each once, and their values, as long together as `GRAM_WEIGHT`."""
    rows = sorted({places[gram] for gram in list_grams(question) if gram in places})
    values = rarity[rows]
    length = float(np.linalg.norm(values))
    return rows, values * np.float32(GRAM_WEIGHT / (length or 1.0))
