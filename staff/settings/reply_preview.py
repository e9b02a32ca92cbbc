"""A reply as patients will read it, rendered by the code that sends it, and how many SMS segments it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from intake.errors import IntakeError
from intake.practice_settings import Mistake, MistakenError, Value, read_setting, setting_of, with_settings
from intake.practices import Practice
from staff.settings.form_values import is_same
from staff.settings.mistakes import explain_at_field, locate_mistake
from tasks.notification.escalation_policy import pages_nobody
from templates.replies import Occasion, render_reply, standard_words
from templates.segments import count_segments, outside_gsm7
from templates.simple_words import problem_of

_WHEN = {True: "While you are open", False: "While you are closed"}


@dataclass(frozen=True, slots=True)
class PreviewedText:
    """A reply as the first text to a patient.

    Attributes:
        when: the hours at which it goes out, in words.
        text: what the patient reads.
        segments: how many segments are sent and billed.
        odd: the characters outside GSM-7, which turn the text into UCS-2.
    """

    when: str
    text: str
    segments: int
    odd: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReplyPreview:
    """What the page shows below the wording of a reply.

    Attributes:
        texts: what patients read; empty if there is a problem.
        problem: why the wording cannot be used; empty if it can.
        is_standard: whether it is the standard wording.
    """

    texts: tuple[PreviewedText, ...]
    problem: str
    is_standard: bool


def preview_wording(practice: Practice, name: str, typed: str, hours: Mapping[bool, datetime]) -> ReplyPreview:
    """Preview a reply in the wording that is being typed, at the hours that `hours_to_try` found."""
    key = f"replies.{name}"
    setting, typed = setting_of(type(practice), key), typed.strip()
    wording: Value = None if is_same(setting, typed, standard_words(name)) else typed or None
    try:
        if isinstance(wording, str) and not is_same(setting, wording, read_setting(practice, key)):
            _require_simple(key, wording)
        texts = preview_reply(with_settings(practice, {key: wording}), name, hours)
    except MistakenError as error:
        return ReplyPreview((), explain_at_field(type(practice), error.mistakes[0]), wording is None)
    except IntakeError as error:
        return ReplyPreview((), explain_at_field(type(practice), locate_mistake(error)), wording is None)
    return ReplyPreview(tuple(texts), "", wording is None)


def preview_reply(practice: Practice, name: str, hours: Mapping[bool, datetime]) -> list[PreviewedText]:
    """Return a reply while the practice is open and while it is closed, or once if that makes no difference.

    Raises:
        IntakeError: it cannot be rendered.
    """
    can_page = not pages_nobody(practice, None)
    texts = {
        is_open: render_reply(name, practice, Occasion(at, is_first=True, can_page=can_page))
        for is_open, at in hours.items()
    }
    if len(set(texts.values())) == 1:
        return [_measure("At any hour", next(iter(texts.values())))]
    return [_measure(_WHEN[is_open], text) for is_open, text in texts.items()]


def _require_simple(key: str, wording: str) -> None:
    problem = problem_of(wording)
    if problem:
        raise MistakenError([Mistake(key, problem)])


def _measure(when: str, text: str) -> PreviewedText:
    return PreviewedText(when, text, count_segments(text), tuple(outside_gsm7(text)))
