"""A reply as patients will read it, by the code that sends it, and how many SMS segments it takes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from intake.practices import Practice
from templates.replies import Occasion, hours_to_try, render_reply
from templates.segments import count_segments, outside_gsm7

_WHEN = {True: "While you are open", False: "While you are closed"}


@dataclass(frozen=True, slots=True)
class Preview:
    """A reply at one kind of hour, as the first text to a patient.

    Attributes:
        when: the hour, in words.
        text: what the patient reads.
        segments: how many it is sent and billed as.
        odd: the characters that turn it from GSM-7 into UCS-2; none, when it stays in GSM-7.
    """

    when: str
    text: str
    segments: int
    odd: tuple[str, ...]


def preview(practice: Practice, name: str, moment: datetime) -> list[Preview]:
    """Return a reply while the practice is open and while it is closed, or once where that makes no difference.

    Raises:
        IntakeError: it cannot be rendered.
    """
    hours = hours_to_try(practice, moment)
    texts = {is_open: render_reply(name, practice, Occasion(at, is_first=True)) for is_open, at in hours.items()}
    if len(set(texts.values())) == 1:
        return [_preview("At every hour", next(iter(texts.values())))]
    return [_preview(_WHEN[is_open], text) for is_open, text in texts.items()]


def _preview(when: str, text: str) -> Preview:
    return Preview(when, text, count_segments(text), tuple(outside_gsm7(text)))
