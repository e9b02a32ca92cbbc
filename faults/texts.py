"""What patients send: who they are, what they write, and what should come of it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from enum import Enum

from tests.standins.twilio.messages import new_sid

ORDINARY_TEXTS = (
    "got a bill for $382 for my visit on 4/12 but my copay should only be $35, what's the rest?",
    "Hi, I'm new to the area and looking for a family doctor. Do you take new patients?",
    "I need to reschedule my appointment next Tuesday to Thursday afternoon please",
    "How much does a physical cost if I pay cash, no insurance?",
)
URGENT_TEXT = "My husband has crushing chest pain and can't breathe"
STAFF_NUMBER = "+12025550199"


class Sort(Enum):
    """What kind of text it is, as far as the counts go."""

    ORDINARY = "ordinary"
    URGENT = "urgent"
    OPTED_OUT = "opted out"  # a question of a patient who wants no texts
    VOICEMAIL = "voicemail"
    EMAIL = "email"
    STOP = "stop"
    POISON = "poison"  # ends each worker that reads it
    CHATTER = "chatter"  # answered or not, as the practice's limits have it


ANSWERED = frozenset({Sort.ORDINARY, Sort.URGENT, Sort.VOICEMAIL, Sort.EMAIL})


@dataclass(slots=True)
class Text:
    """One message from a patient.

    Attributes:
        sort: what kind it is.
        patient: the number it comes from.
        body: what it says.
        sid: the provider's id for it.
        sent_at: when the patient sent it.
        accepted_at: when the service took it on; None if it never did.
    """

    sort: Sort
    patient: str = field(repr=False)
    body: str = field(repr=False)
    sid: str = field(default_factory=lambda: new_sid("SM"))
    sent_at: float = 0.0
    accepted_at: float | None = None


class Patients:
    """Makes up patients, each with a number of their own."""

    def __init__(self) -> None:
        """Begin with the first number."""
        self._numbers = itertools.count(1000)

    def new_number(self) -> str:
        """Return a number that nobody else has."""
        return f"+1202555{next(self._numbers)}"

    def write(self, ordinary: int, urgent: int = 0, opted_out: int = 0) -> list[Text]:
        """Return texts in a mixed order, the same in every run."""
        texts = [self._ask(Sort.ORDINARY, number) for number in range(ordinary)]
        for sort, count in ((Sort.URGENT, urgent), (Sort.OPTED_OUT, opted_out)):
            for number in range(count):
                texts.insert((number + 1) * len(texts) // (count + 1), self._ask(sort, number))
        return texts

    def _ask(self, sort: Sort, number: int) -> Text:
        body = URGENT_TEXT if sort is Sort.URGENT else ORDINARY_TEXTS[number % len(ORDINARY_TEXTS)]
        return Text(sort, self.new_number(), body)
