"""Why the wording of a reply or a greeting cannot be used, for those who do not program."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from inbox.models import now
from intake.practice_settings import Setting
from intake.practices import Practice
from intake.setting_editors import EditorKind
from intake.vocabulary import ReplyName, words_of
from staff.settings.form_values import read_wording
from templates.plain_words import CONDITIONS, VALUES, show_words
from templates.replies import find_unset, known_value, moments_to_try
from templates.simple_words import problem_of

_OF_ONE_REPLY = {
    "answer": ReplyName.COMMON_QUESTION,
    "seen_by": ReplyName.FOLLOW_UP,
    "is_clinical": ReplyName.FOLLOW_UP,
}
_OF_MESSAGES = ("can_reach", "has_phone", "can_page", *_OF_ONE_REPLY)
"""What depends on a message, so that callers cannot hear it."""
_SAMPLES = {"answer": "your answer to the common question", "seen_by": "our front desk"}
"""What stands on the page for a value that depends on a message."""


@dataclass(frozen=True, slots=True)
class KnownValue:
    """A value that a wording can name.

    Attributes:
        words: how it is written.
        shown: what patients read; empty if it is not set.
        only: the reply that alone can have it; None if all can.
    """

    words: str
    shown: str
    only: ReplyName | None = None


@dataclass(frozen=True, slots=True)
class KnownCondition:
    """A condition that a wording can have: its words, and the reply that alone can have it; None if all can."""

    words: str
    only: ReplyName | None = None


def list_values(practice: Practice, moment: datetime) -> list[KnownValue]:
    """Return the values that a wording can name, in the order of their buttons."""
    shown = {name: _SAMPLES.get(name) or known_value(practice, moment, name) for name in VALUES.values()}
    return [KnownValue(words, shown[name], _OF_ONE_REPLY.get(name)) for words, name in VALUES.items()]


def list_conditions() -> list[KnownCondition]:
    """Return the conditions that a wording can have, in the order of their buttons."""
    found = ((words, name.removeprefix("not ")) for words, name in CONDITIONS.items())
    return [KnownCondition(words, _OF_ONE_REPLY.get(name)) for words, name in found]


def explain_wording(practice: Practice, setting: Setting, wording: str) -> str:
    """Return why a new wording cannot be used, empty if nothing is wrong so far.

    Args:
        practice: the practice, whose values the wording may name.
        setting: whose wording it is.
        wording: the template, or what was typed if that could not be read.
    """
    problem = read_wording(setting, wording)[1] or problem_of(wording)
    if problem:
        return problem
    if setting.editor.kind is EditorKind.SPEECH:
        for name in _OF_MESSAGES:
            if found := _find_use(name, wording):
                return f"{show_words(found)} depends on a message, and callers have sent none: leave it out"
    for name, reply in _OF_ONE_REPLY.items():
        found = _find_use(name, wording)
        if found and setting.path[-1].removesuffix("_es") != reply:
            return f"{show_words(found)} is for the reply “{words_of(reply)}” only: leave it out"
    unset = find_unset(setting.path[-1], wording, practice, moments_to_try(practice, now()))
    if not unset:
        return ""
    words = next(words for words, name in VALUES.items() if name == unset)
    return f"[{words}] is not known at every hour, so it needs other words then. {_guard(words, unset)}"


def _find_use(name: str, wording: str) -> str:
    """Return the value or condition of a template that names something, empty if none does."""
    found = re.search(rf"\{{\{{[^{{}}]*\b{name}\b[^{{}}]*\}}\}}|\{{%[^{{}}]*\b{name}\b[^{{}}]*%\}}", wording)
    return found[0] if found else ""


def _guard(words: str, name: str) -> str:
    shown = show_words(f"{{% if {name} %}}")
    return f"Write {shown} before the sentence that has [{words}], and [end if] after it"
