"""The file in which reviewed messages travel from the inbox to training: encrypted with the service's own key."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from intake.encryption import Keyring
from intake.errors import IntakeError
from intake.vocabulary import Intent, Language


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Reviewed(_Strict):
    """A message and the intent that a person gave it.

    Attributes:
        text: what the patient wrote, slots of the training corpus in the place of what could name anybody.
        intent: one of the seven.
        channel: how it came, such as `sms`.
        decided_at: when it was reviewed.
        language: what it is written in, as far as the service knows; None in format 1, which did not say.
        chance: the probability, above 0 and up to 1, that it was selected for review; None in format 1.
    """

    text: str = Field(repr=False)
    intent: Intent
    channel: str
    decided_at: AwareDatetime
    language: Language | None = None
    chance: float | None = Field(default=None, gt=0, le=1)


class ReviewsFile(_Strict):
    """Everything that was exported at once.

    Attributes:
        format: what the file holds of each message; 1 is read, too.
        exported_at: when.
        practices: how many practices agreed.
        messages: what may be trained on, oldest review first.
        left_out: how many reviews were not taken, as something in the message could name somebody.
        without_intent: how many were not taken, as the person chose none of the intents.
    """

    format: Literal[1, 2] = 2
    exported_at: AwareDatetime
    practices: int
    messages: tuple[Reviewed, ...]
    left_out: int
    without_intent: int


def seal(reviews: ReviewsFile, keyring: Keyring) -> bytes:
    """Return the encrypted file."""
    return keyring.encrypt(reviews.model_dump_json())


def unseal(content: bytes, keyring: Keyring) -> ReviewsFile:
    """Read an encrypted file.

    Raises:
        IntakeError: it was made with a key that is not among these, is no such file, or was altered.
    """
    try:
        return ReviewsFile.model_validate_json(keyring.decrypt(content.strip()))
    except IntakeError:
        raise IntakeError(
            "the reviews cannot be decrypted: give the file that `intake model export-reviews` wrote, and the"
            " ENCRYPTION_KEYS of the service that wrote it"
        ) from None
    except ValidationError:
        raise IntakeError(
            "the reviews were written by another version of this program: export them again with this one"
        ) from None
