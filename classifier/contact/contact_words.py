"""Hear who shares the phone that they write from, or writes from somebody else's, in wordings that no table has.

A linear model over words, pairs of words, and runs of letters, in the form of `classifier.questions.topics` without a
vector. What the tables in `signs/` find is certain; this finds twice as much, and is sometimes wrong. So what it hears
keeps the automatic answers of a day back and is told to staff, and marks no number.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Final

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from classifier.contact.heard_contact import HeardContact
from classifier.errors import ModelError
from classifier.folders import MODELS
from classifier.network.model_bundle import CALIBRATION, read_contents
from classifier.questions.topics import NO_TOPIC, Numbers, TopicModel, spell_out

CONTACT: Final = MODELS / "contact"
"""The folder that ships with the program."""
WORDS: Final = "words.npz"
"""The weights of the linear model."""
LONGEST: Final = 500
"""How many characters are read: in a letter, few of the words are about the phone."""
NO_VECTOR: Final[Numbers] = np.zeros(0, dtype=np.float32)


class ContactCalibration(BaseModel):
    """The least probability of both kinds together at which a message counts, as calibration found it."""

    model_config = ConfigDict(strict=True, frozen=True)

    least: Annotated[float, Field(gt=0, le=1)]


@dataclass(frozen=True, slots=True)
class ContactWords:
    """The weights, and the least probability that counts."""

    model: TopicModel
    least: float

    def hear(self, text: str) -> HeardContact | None:
        """Return what a message seems to say of the phone it comes from, None if nothing.

        Args:
            text: Any string.
        """
        shares = weigh_contact(self.model, text)
        if sum(shares.values()) < self.least:
            return None
        return max(shares, key=lambda kind: shares[kind])


def weigh_contact(model: TopicModel, text: str) -> dict[HeardContact, float]:
    """Return the probability of each kind; what is left is that it says nothing of that."""
    shares = model.weigh(spell_out(text[:LONGEST]), NO_VECTOR)
    return {HeardContact(kind): share for kind, share in shares.items() if kind != NO_TOPIC}


@cache
def load_contact_words(folder: Path = CONTACT) -> ContactWords:
    """Return the model after verifying its files, read once per process.

    Raises:
        ModelError: A file is missing, altered, or unusable; the message names it.
    """
    _, contents = read_contents(folder, (WORDS, CALIBRATION))
    try:
        least = ContactCalibration.model_validate_json(contents[CALIBRATION]).least
    except ValidationError:
        raise ModelError(f"{folder / CALIBRATION} is not a calibration: install the program again") from None
    return ContactWords(TopicModel.from_bytes(contents[WORDS]), least)
