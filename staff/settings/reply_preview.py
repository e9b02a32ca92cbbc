"""A reply as patients will read it, rendered by the code that sends it, and how many texts it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from intake.errors import IntakeError
from intake.practice_settings import MistakenError, Value, read_setting, setting_of, with_settings
from intake.practices import Practice
from intake.vocabulary import Language, find_reply
from staff.settings.form_values import format_value, is_same, read_wording
from staff.settings.mistakes import explain_at_field, locate_mistake
from staff.settings.wordings import explain_wording
from tasks.notification.escalation_policy import why_unpaged
from templates.replies import SAMPLE_ANSWER, SAMPLE_ANSWER_ES, Occasion, render_reply
from templates.segments import count_segments, outside_gsm7

_WHEN = {True: "While you are open", False: "While you are closed"}


@dataclass(frozen=True, slots=True)
class PreviewedText:
    """A reply as the first text to a patient.

    Attributes:
        when: the hours at which it goes out, in words.
        text: what the patient reads.
        length: how many texts it is sent and billed as, in words.
        odd: the characters with which a text holds only 70 characters.
    """

    when: str
    text: str
    length: str
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
    current = read_setting(practice, key)
    wording: Value = current
    is_changed = not is_same(setting, typed, format_value(setting, current))
    if is_changed:
        wording, problem = read_wording(setting, typed)
        problem = problem or (explain_wording(practice, setting, wording) if wording else "")
        if problem:
            return ReplyPreview((), f"{setting.label}: {problem}", is_standard=False)
    try:
        shown = with_settings(practice, {key: wording}) if is_changed else practice  # checking takes a millisecond
        texts = preview_reply(shown, name, hours)
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
    can_page = why_unpaged(practice, None, ()) is None
    answer = SAMPLE_ANSWER_ES if find_reply(name).language is Language.ES else SAMPLE_ANSWER
    texts = {
        is_open: render_reply(name, practice, Occasion(at, is_first=True, can_page=can_page, answer=answer))
        for is_open, at in hours.items()
    }
    if len(set(texts.values())) == 1:
        return [_measure("At any hour", next(iter(texts.values())))]
    return [_measure(_WHEN[is_open], text) for is_open, text in texts.items()]


def count_texts(text: str) -> str:
    """Return how many texts a text is sent and billed as, in words."""
    segments = count_segments(text)
    return "1 text" if segments == 1 else f"{segments} texts long"


def _measure(when: str, text: str) -> PreviewedText:
    return PreviewedText(when, text, count_texts(text), tuple(outside_gsm7(text)))
