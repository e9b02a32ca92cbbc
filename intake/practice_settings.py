"""The settings of a practice that managers can change while the service runs, on top of the practices file.

A setting has the same name as in the file: `hours.mon`, `links.pay`, `replies.complaint`, `teams.billing.notify`. Its
value is plain JSON, whether it comes from the file or from the console. Which settings there are, and what they are
called, follows from the fields of `Practice` that carry an `Editor`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from intake.errors import IntakeError
from intake.practices import Location, Practice, TeamSettings, explain_mistakes
from intake.setting_editors import Editor, EditorKind, SettingGroup
from intake.vocabulary import NoticeText, words_of

Row = dict[str, str | int | None]
"""A row of a list such as the escalation, or of the routing table; its fields have the names of the practices file."""

Value = str | float | bool | list[str] | list[Row] | Row | None
Model = type[Practice]


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting that managers can edit.

    Attributes:
        path: the steps to it in the practices file, such as `("hours", "mon")`.
        label: its name next to its siblings, such as `Monday`.
        editor: how it is edited.
        default: its value where the practice has none.
        team: the team that it belongs to; None if it belongs to the practice.
    """

    path: tuple[str, ...]
    label: str
    editor: Editor
    default: Value = None
    team: str | None = None

    @property
    def key(self) -> str:
        """Its name in the practices file, such as `hours.mon`."""
        return ".".join(self.path)

    @property
    def name(self) -> str:
        """Its name on its own, such as `Hours: Monday`."""
        if self.team is None:
            return f"{self.editor.group.noun}: {self.label}"
        return f"{words_of(self.team)} {self.editor.group.noun.lower()}: {self.label[0].lower()}{self.label[1:]}"


@dataclass(frozen=True, slots=True)
class Override:
    """A value from the console that applies instead of the file's.

    Attributes:
        value: the value that applies.
        file: the file's value when the override was made.
    """

    value: Value
    file: Value


@dataclass(frozen=True, slots=True)
class Conflict:
    """A setting that was edited in the file after it was changed on the console.

    Attributes:
        key: the setting.
        file: the file's value now.
        own: the value from the console, which applies.
    """

    key: str
    file: Value
    own: Value


@dataclass(frozen=True, slots=True)
class Mistake:
    """A value that cannot be used.

    Attributes:
        key: the setting with the mistake; None if no single setting is to blame.
        words: what is wrong, as in `intake practice check`.
        item: the position in a list, from 1.
        part: the field of a row; empty if it is not in a row, or about all of it.
    """

    key: str | None
    words: str
    item: int | None = None
    part: str = ""


class MistakenError(IntakeError):
    """Settings that a practice cannot have.

    Attributes:
        mistakes: every mistake that was found.
    """

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("; ".join(f"{mistake.key}: {mistake.words}" for mistake in mistakes))
        self.mistakes = mistakes


def list_settings(model: Model, teams: Iterable[str]) -> list[Setting]:
    """Return every setting of a practice with these teams, in the order of the fields."""
    names = tuple(teams)
    return [setting for head, field in model.model_fields.items() for setting in _settings_in(head, field, names)]


def find_setting(model: Model, key: str) -> Setting | None:
    """Return the setting with this key, if there is one."""
    return _setting_at(model, _path(model, key))


def setting_of(model: Model, key: str) -> Setting:
    """Return the setting with this key; one that a past release had is shown under its key."""
    return find_setting(model, key) or Setting((key,), key, Editor(SettingGroup.OTHER, EditorKind.LINE))


def read_setting(practice: Practice, key: str) -> Value:
    """Return a practice's value for a setting; None or an empty list if it has none."""
    path = _path(type(practice), key)
    found: Any = practice.model_dump(mode="json", include={path[0]})
    for step in path:
        found = found.get(step) if isinstance(found, dict) else None
    if found is None:
        return setting_of(type(practice), key).default
    return found  # type: ignore[no-any-return]


def with_settings(practice: Practice, values: Mapping[str, Value]) -> Practice:
    """Return a practice with other values, checked like the practices file.

    Raises:
        MistakenError: some values cannot be used.
    """
    model, data = type(practice), practice.model_dump(mode="json")
    for key, value in values.items():
        _put_value(data, _path(model, key), value, setting_of(model, key).editor)
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise MistakenError(
            [Mistake(_key(model, place), words, _item(place)) for place, words in explain_mistakes(error)]
        ) from None


def merge_what_fits(practice: Practice, overrides: Mapping[str, Override]) -> tuple[Practice, list[Mistake]]:
    """Return the practice of the file with the overrides that still fit it.

    An edit of the file can make an override unusable. Then the file's value applies, and the mistake is returned.
    """
    try:
        return with_settings(practice, {key: override.value for key, override in overrides.items()}), []
    except MistakenError as error:
        wrong = {mistake.key for mistake in error.mistakes}
        fitting = {key: override for key, override in overrides.items() if key not in wrong}
        if len(fitting) == len(overrides):
            return _merge_one_by_one(practice, overrides)
        merged, others = merge_what_fits(practice, fitting)
        return merged, error.mistakes + others


def _merge_one_by_one(practice: Practice, overrides: Mapping[str, Override]) -> tuple[Practice, list[Mistake]]:
    """Return the practice with each override that fits it and those before it, where no single one is to blame.

    What fits only beside a later one is tried again once that one applies.
    """
    merged = practice
    values: dict[str, Value] = {}
    refused = dict.fromkeys(overrides, "")
    before = len(refused) + 1
    while len(refused) < before:
        before = len(refused)
        for key in list(refused):
            tried = values | {key: overrides[key].value}
            try:
                merged = with_settings(practice, tried)
            except MistakenError as error:
                refused[key] = error.mistakes[0].words
            else:
                values = tried
                del refused[key]
    return merged, [Mistake(key, words) for key, words in refused.items()]


def find_conflicts(practice: Practice, overrides: Mapping[str, Override]) -> list[Conflict]:
    """Return the settings that the file has a new and different value for since they were changed."""
    found = [(key, read_setting(practice, key), override) for key, override in overrides.items()]
    return [
        Conflict(key, file, override.value)
        for key, file, override in found
        if file not in (as_written_today(key, override.file), as_written_today(key, override.value))
    ]


def as_written_today(key: str, value: Value) -> Value:
    """Return a value that an earlier release may have stored as this one writes it."""
    return NoticeText.of(value) if key.endswith(".include_text") else value  # type: ignore[return-value]


@lru_cache(maxsize=1000)  # one page asks hundreds of times, also for keys that somebody makes up
def _setting_at(model: Model, path: tuple[str, ...]) -> Setting | None:
    teams = path[1:-1]
    return next((setting for setting in list_settings(model, teams) if setting.path == path), None)


def _settings_in(head: str, field: FieldInfo, teams: tuple[str, ...]) -> Iterator[Setting]:
    """Yield the settings in one field of a practice."""
    editor, nested = _editor_of(field), _nested_model(field)
    if editor is not None and editor.members:
        default: Value = [] if editor.kind is EditorKind.HOURS else None
        yield from (Setting((head, member), member.words, editor, default) for member in editor.members)
    elif editor is not None:
        yield Setting((head,), editor.label, editor)
    elif nested is not None:
        for team in teams if _is_by_team(field) else (None,):
            parents = (head,) if team is None else (head, team)
            for name, editor in _nested_editors(nested):
                if editor.members:
                    members = [(member.split("."), member.words) for member in editor.members]
                    yield from (Setting((*parents, name, *steps), words, editor) for steps, words in members)
                else:
                    yield Setting((*parents, name), editor.label, editor, _defaults(nested)[name], team)


def _nested_editors(nested: type[BaseModel]) -> list[tuple[str, Editor]]:
    found = [(name, _editor_of(field)) for name, field in nested.model_fields.items()]
    return [(name, editor) for name, editor in found if editor is not None]


def _editor_of(field: FieldInfo) -> Editor | None:
    return next((item for item in field.metadata if isinstance(item, Editor)), None)


def _nested_model(field: FieldInfo) -> type[BaseModel] | None:
    """Return the model of a field, or of the values of a dictionary."""
    kind = get_args(field.annotation)[-1] if _is_by_team(field) else field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _is_by_team(field: FieldInfo) -> bool:
    """Return whether a field is a dictionary of teams, whose names are up to the practice."""
    values = get_args(field.annotation)[-1:] if get_origin(field.annotation) is dict else ()
    return any(isinstance(kind, type) and issubclass(kind, TeamSettings) for kind in values)


@cache
def _defaults(nested: type[BaseModel]) -> dict[str, Value]:
    return nested().model_dump(mode="json")


def _path(model: Model, key: str) -> tuple[str, ...]:
    head, _, rest = key.partition(".")
    if head in model.model_fields and _is_by_team(model.model_fields[head]) and "." in rest:
        team, _, name = rest.rpartition(".")  # the name of a team may contain dots
        return head, team, name
    return tuple(key.split("."))


def _key(model: Model, location: Location) -> str | None:
    """Return the setting that a location is in; the location itself where managers can edit nothing."""
    names = [step for step in location if isinstance(step, str) and step != "[key]"]
    keys = [".".join(names[:length]) for length in range(len(names), 0, -1)]
    return next((key for key in keys if find_setting(model, key)), keys[0] if keys else None)


def _item(location: Location) -> int | None:
    return next((step + 1 for step in reversed(location) if isinstance(step, int)), None)


def _put_value(data: dict[str, Any], path: tuple[str, ...], value: Value, editor: Editor) -> None:
    *parents, last = path
    holders = [data]
    for step in parents:
        holders.append(holders[-1].setdefault(step, {}))
    if value is not None or not editor.members:
        holders[-1][last] = value
        return
    holders[-1].pop(last, None)
    if len(parents) > 2 and not holders[-1]:  # such as the texts of the chat in one language
        holders[-2].pop(parents[-1])
