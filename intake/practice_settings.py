"""The settings of a practice that can be changed while the service runs, over what the practices file says.

A setting is named as in the file: `hours.mon`, `links.pay`, `replies.complaint`, `teams.billing.notify`. Its value is
plain JSON, and the same whether the file or the console said it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from intake.errors import IntakeError
from intake.practices import WEEKDAYS, Links, Location, Practice, TeamSettings, explain_one
from intake.vocabulary import INTENTS, REPLY_NAMES

Value = str | float | bool | list[str] | None

HOURS = (*(f"hours.{day}" for day in WEEKDAYS), "closed_on")
LINKS = tuple(f"links.{name}" for name in Links.model_fields)
REPLIES = tuple(f"replies.{name}" for name in REPLY_NAMES)
THRESHOLDS = ("review_threshold", *(f"thresholds.{name}" for name in INTENTS), "review_sample", "review_reply_hours")
TEAM_FIELDS = tuple(TeamSettings.model_fields)
_NO_TEAM: dict[str, Value] = TeamSettings().model_dump(mode="json")
_BY_NAME = ("replies", "thresholds")  # what has a value only for the names that are given one


@dataclass(frozen=True, slots=True)
class Override:
    """A value that holds in the place of the file's.

    Attributes:
        value: what holds.
        file: what the file said when it was chosen.
    """

    value: Value
    file: Value


@dataclass(frozen=True, slots=True)
class Conflict:
    """A setting that the file was changed in since it was changed over the file.

    Attributes:
        key: which.
        file: what the file says now.
        own: what holds.
    """

    key: str
    file: Value
    own: Value


@dataclass(frozen=True, slots=True)
class Mistake:
    """A value that cannot be used.

    Attributes:
        key: the setting that it is in, None when it cannot be said.
        words: what `intake practice check` says of it.
    """

    key: str | None
    words: str


class MistakenError(IntakeError):
    """Settings that a practice cannot have.

    Attributes:
        mistakes: every one that was found.
    """

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("; ".join(mistake.words for mistake in mistakes))
        self.mistakes = mistakes


def team_keys(team: str) -> tuple[str, ...]:
    """Return the names of a team's settings."""
    return tuple(f"teams.{team}.{field}" for field in TEAM_FIELDS)


def read_setting(practice: Practice, key: str) -> Value:
    """Return what a practice has for a setting; None, or an empty list, where it has nothing."""
    found: Any = practice.model_dump(mode="json")
    path = _path(key)
    for step in path:
        found = found.get(step) if found else None
    if found is None and path[0] == "teams":
        return _NO_TEAM[path[2]]
    if found is None and path[0] == "hours":
        return []
    return found  # type: ignore[no-any-return]


def with_settings(practice: Practice, values: Mapping[str, Value]) -> Practice:
    """Return a practice with other values, checked as the practices file is.

    Raises:
        MistakenError: they cannot be used.
    """
    data = practice.model_dump(mode="json")
    for key, value in values.items():
        _put(data, _path(key), value)
    try:
        return Practice.model_validate(data)
    except ValidationError as error:
        found = explain_one(error, practice.slug)
        raise MistakenError([Mistake(_key(location), words) for location, words in found]) from None


def merge_what_fits(practice: Practice, overrides: Mapping[str, Override]) -> tuple[Practice, list[Mistake]]:
    """Return the practice of the file with what holds in the place of some of its values.

    The file may have changed so that a value does not fit any more: then the file's holds, and the mistake is
    returned. Where it cannot be said which value that is, the file's hold in the place of all.
    """
    try:
        return with_settings(practice, {key: override.value for key, override in overrides.items()}), []
    except MistakenError as error:
        wrong = {mistake.key for mistake in error.mistakes}
        fitting = {key: override for key, override in overrides.items() if key not in wrong}
        if len(fitting) == len(overrides):
            return practice, error.mistakes
        merged, others = merge_what_fits(practice, fitting)
        return merged, error.mistakes + others


def conflicts(practice: Practice, overrides: Mapping[str, Override]) -> list[Conflict]:
    """Return the settings of which the file says something else now than when they were changed."""
    found = [(key, read_setting(practice, key), override) for key, override in overrides.items()]
    return [
        Conflict(key, file, override.value)
        for key, file, override in found
        if file not in (override.file, override.value)
    ]


def _path(key: str) -> tuple[str, ...]:
    head, _, rest = key.partition(".")
    if head != "teams":
        return tuple(key.split("."))
    team, _, field = rest.rpartition(".")  # the name of a team may have dots of its own
    return head, team, field


def _key(location: Location) -> str | None:
    names = [step for step in location if isinstance(step, str)]
    if not names:
        return None
    return ".".join(names[: {"teams": 3, "hours": 2, "links": 2, "replies": 2, "thresholds": 2}.get(names[0], 1)])


def _put(data: dict[str, Any], path: tuple[str, ...], value: Value) -> None:
    *parents, last = path
    for step in parents:
        data = data.setdefault(step, {})
    if value is None and parents and parents[0] in _BY_NAME:
        data.pop(last, None)
    else:
        data[last] = value
