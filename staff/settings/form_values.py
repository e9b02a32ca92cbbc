"""Setting values in forms: how a value is shown, how it is typed, and how a form is read back."""

from __future__ import annotations

from collections.abc import Sequence

from werkzeug.datastructures import MultiDict

from intake.practice_settings import Setting, Value, as_written_today, list_settings, read_setting
from intake.practices import TEXT_PREFIX, Practice
from intake.setting_editors import EditorKind
from staff.settings.typed_values import read_typed, show_typed
from tasks.notification.targets import key_of
from tasks.routing import ROUTES
from templates.replies import standard_words

KEPT = ".kept"  # ends the name of the field with the addresses that a team keeps
OPENS, CLOSES, CLOSED = ".opens", ".closes", ".closed"  # end the names of a day's fields
STANDARD = "standard"  # the button that brings back the standard wording of a reply


def practice_settings(practice: Practice) -> list[Setting]:
    """Return every setting that the page has for a practice."""
    return list_settings(type(practice), teams_of(practice))


def teams_of(practice: Practice) -> list[str]:
    """Return the teams of the default routing, then any other teams of the practice."""
    return list(dict.fromkeys([*(team for team, _ in ROUTES.values()), *practice.teams]))


def read_changes(form: MultiDict[str, str], opened: Practice) -> dict[str, Value]:
    """Return the values in a form that differ from the page it was sent from.

    Args:
        form: the form.
        opened: the practice as the page showed it, so that changes by others in the meantime are not undone.
    """
    found = {}
    for setting in practice_settings(opened):
        key = setting.key
        if key in form:
            before = read_setting(opened, key)
            known = before if isinstance(before, list) else []
            value = None if form.get(STANDARD) == key else parse_value(setting, form, known)
            if not is_same(setting, value, before):
                found[key] = value
    return found


def parse_value(setting: Setting, form: MultiDict[str, str], known: Sequence[str]) -> Value:
    """Parse what was typed for a setting.

    Args:
        setting: the setting, which the form has a field for.
        form: the form.
        known: the addresses that the form may keep, or the hours that the page showed.
    """
    typed = form.get(setting.key, "").replace("\r\n", "\n").strip()
    match setting.editor.kind:
        case EditorKind.ADDRESSES:
            kept = form.getlist(setting.key + KEPT)
            return [
                *(address for address in known if key_of(address) in kept),
                *read_typed(EditorKind.ADDRESSES, typed),
            ]
        case EditorKind.FLAG:
            return "yes" in form.getlist(setting.key)
        case EditorKind.HOURS if setting.key + OPENS in form:
            return pick_hours(form, setting.key, is_open=bool(known))
        case EditorKind.HOURS | EditorKind.TIMES | EditorKind.DATES as kind:
            return list(read_typed(kind, typed))
        case EditorKind.SPAN as kind if typed:
            return str(read_typed(kind, typed))
        case EditorKind.REPLY if is_same(setting, typed, standard_words(setting.path[-1])):
            return None
        case EditorKind.NUMBER if typed:
            return _parse_number(typed)
        case _:
            return typed or None


def pick_hours(form: MultiDict[str, str], key: str, *, is_open: bool) -> list[str]:
    """Return the hours of a day as chosen with time pickers.

    Whoever changes a day need not change two things: marking an open day as closed closes it whatever its times are,
    and filling in the times of a closed day opens it.

    Args:
        form: the form.
        key: the day's setting.
        is_open: whether the page showed hours.
    """
    hours = [f"{opens}-{closes}" for opens, closes in picked_times(form, key) if opens or closes]
    return [] if key + CLOSED in form and is_open else hours


def picked_times(form: MultiDict[str, str], key: str) -> list[tuple[str, str]]:
    """Return the times in a day's pickers, in pairs, empty ones included."""
    return list(zip(form.getlist(key + OPENS), form.getlist(key + CLOSES), strict=False))


def format_value(setting: Setting, value: Value) -> str:
    """Return a value as it is typed."""
    match setting.editor.kind:
        case EditorKind.REPLY if value is None:
            return standard_words(setting.path[-1])
        case EditorKind.ADDRESSES:
            return ""  # existing addresses are kept or removed by checkboxes; only new ones are typed
        case EditorKind.FLAG:
            return "yes" if value else "no"
        case _ if value is None:
            return ""
        case EditorKind.SPAN as kind:
            return show_typed(kind, str(value))
        case kind if isinstance(value, list):
            return ", ".join(show_typed(kind, item) for item in value)
        case EditorKind.NUMBER:
            return str(value).removesuffix(".0")
        case _:
            return str(value)


def display_value(setting: Setting, value: Value) -> str:
    """Return a value for people, without the passwords in addresses."""
    if value is None or value == []:
        return setting.editor.empty
    if setting.editor.kind is EditorKind.ADDRESSES and isinstance(value, list):
        return ", ".join(describe_addresses(value).values())
    if setting.editor.kind is EditorKind.CHOICE:
        value = as_written_today(setting.key, value)
        return next((option.words for option in setting.editor.options if option == value), str(value))
    return format_value(setting, value)


def is_same(setting: Setting, first: Value, second: Value) -> bool:
    """Return whether two values mean the same; in a reply, blank lines and the spacing in a line make no difference."""
    if setting.editor.kind is EditorKind.REPLY and isinstance(first, str) and isinstance(second, str):
        return _words_by_line(first) == _words_by_line(second)
    return first == second


def describe_addresses(addresses: Sequence[str]) -> dict[str, str]:
    """Return addresses as managers may see them, by their stable short keys."""
    if all(address.startswith(TEXT_PREFIX) for address in addresses):
        return {key_of(address): address for address in addresses}
    from tasks.notification.addresses import describe_address  # slow to import, and few pages need it

    return {key_of(address): describe_address(address) for address in addresses}


def _words_by_line(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines() if line.strip()]


def _parse_number(typed: str) -> Value:
    try:
        return float(typed)
    except ValueError:
        return typed  # the check of the practice refuses it in its own words
