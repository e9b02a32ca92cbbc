"""Limits on automatic texts to numbers that nothing proves: where they may go, and how many forms may cause a day.

Anyone can type any number into a contact form. Without limits, a stranger makes the practice text numbers abroad whose
owners are paid for it ("SMS pumping"), each after a Lookup that costs as well.
"""

from __future__ import annotations

from dataclasses import dataclass

from intake.practices import Limits
from intake.vocabulary import Silence


@dataclass(frozen=True, slots=True)
class UnprovenNumber:
    """A number that a reply would be texted to although no text has come from it.

    Attributes:
        country: the country or territory that it belongs to; None if it belongs to none.
        texts_today: the texts that such numbers were sent in the past day; None if a carrier named this one.
    """

    country: str | None
    texts_today: int | None


def why_not_texted(number: UnprovenNumber, limits: Limits, *, is_emergency: bool) -> Silence | None:
    """Return why a number gets no automatic text, None if it may get one.

    The words for emergencies still go out when other replies no longer do, until as many again have been sent.

    Args:
        number: the number.
        limits: the practice's limits.
        is_emergency: whether the text says what to do in an emergency.
    """
    if number.country not in limits.text_countries:
        return Silence.FOREIGN
    most = limits.form_texts_per_day * (2 if is_emergency else 1)
    return Silence.CAPPED if number.texts_today is not None and number.texts_today >= most else None
