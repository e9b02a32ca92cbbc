"""Setting values in forms: how a value is shown, how it is typed, and how a form is read back."""

from __future__ import annotations

import re
from collections.abc import Sequence

from werkzeug.datastructures import MultiDict

from intake.practice_settings import Setting, Value, as_written_today, list_settings, read_setting
from intake.practices import MAIL_PREFIX, TEXT_PREFIX, Practice, is_plain_mail
from intake.setting_editors import EditorKind
from intake.vocabulary import ChatText
from staff.settings.day_rows import DAY_SETTINGS, DAYS, read_days
from staff.settings.escalation_rows import describe_row, read_rows, sort_rows
from staff.settings.number_rows import describe_line, read_lines
from staff.settings.route_rows import describe_route, plain_route, read_route
from staff.settings.time_zones import zone_words
from staff.settings.typed_values import NO_TIMES, STANDARD_COLOR, full_number, read_typed, show_number, show_typed
from tasks.notification.targets import key_of
from tasks.routing.table import ROUTES
from templates.chat_texts import STANDARD as CHAT_TEXTS
from templates.plain_words import read_words, show_words
from templates.replies import standard_words
from templates.voice_prompts import standard_prompt

KEPT = ".kept"  # ends the name of the field with the addresses that a team keeps
CHOSEN, NO_OWN_COLOR = ".chosen", ".standard"  # end the names of a color's fields
OPENS, CLOSES, CLOSED = ".opens", ".closes", ".closed"  # end the names of a day's fields
STANDARD = "standard"  # the button that brings back the standard wording of a reply


ONE_LINE = (EditorKind.LINE, EditorKind.SPEECH, EditorKind.CHAT_TEXT)
"""What is shown or spoken on one line, whatever line breaks it is typed with."""
CHAT_VALUES = {"{name}": "practice name", "{phone}": "our phone number"}
"""The values that a text of the chat can have, in its own braces and in words."""
WORDINGS = (EditorKind.REPLY, EditorKind.SPEECH, EditorKind.CHAT_TEXT)
"""What is worded by the practice, and has a standard wording otherwise."""


def standard_wording(setting: Setting) -> str:
    """Return the words of a reply, a greeting, or a text of the chat that apply if the practice has none of its own."""
    match setting.editor.kind:
        case EditorKind.SPEECH:
            return standard_prompt(setting.path[-1])
        case EditorKind.CHAT_TEXT:
            return CHAT_TEXTS[ChatText(".".join(setting.path[2:]))]
        case _:
            return standard_words(setting.path[-1])


def practice_settings(practice: Practice) -> list[Setting]:
    """Return every setting that the page has for a practice."""
    return list_settings(type(practice), teams_of(practice))


def show_wording(setting: Setting, wording: str) -> str:
    """Return a wording as people write it, with the practice's values in words."""
    if setting.editor.kind is not EditorKind.CHAT_TEXT:
        return show_words(wording)
    for brace, words in CHAT_VALUES.items():
        wording = wording.replace(brace, f"[{words}]")
    return wording


def read_wording(setting: Setting, typed: str) -> tuple[str | None, str]:
    """Return the wording that was typed, and why it cannot be used; that is empty if nothing is wrong so far.

    It is None if it is the standard one, and as it was typed if it cannot be used.
    """
    kind, problem = setting.editor.kind, ""
    wording = " ".join(typed.split()) if kind in ONE_LINE else typed
    if kind is EditorKind.CHAT_TEXT:
        for brace, words in CHAT_VALUES.items():
            wording = re.sub(rf"\[{words}\]", brace, wording, flags=re.IGNORECASE)
    else:
        wording, problem = read_words(wording)
    if problem:
        return typed, problem
    standard = standard_wording(setting)
    is_standard = is_same(setting, wording, standard) or is_same(setting, typed, show_wording(setting, standard))
    return (None if not wording or is_standard else wording), ""


def find_words(practice: Practice, words: str) -> list[str]:
    """Return the names of the practice's own wordings that contain some words."""
    wordings = [setting for setting in practice_settings(practice) if setting.editor.kind in WORDINGS]
    return [setting.name for setting in wordings if words in str(read_setting(practice, setting.key) or "")]


def teams_of(practice: Practice) -> list[str]:
    """Return the teams of the default routing, then any other teams of the practice."""
    return list(dict.fromkeys([*(team for team, _ in ROUTES.values()), *practice.teams]))


def read_changes(form: MultiDict[str, str], opened: Practice) -> dict[str, Value]:
    """Return the values in a form that differ from the page it was sent from.

    Args:
        form: the form.
        opened: the practice as the page showed it, so that changes by others in the meantime are not undone.
    """
    found: dict[str, Value] = {}
    for setting in practice_settings(opened):
        key = setting.key
        if key in form and key not in DAY_SETTINGS:
            before = read_setting(opened, key)
            value = None if form.get(STANDARD) == key else parse_value(setting, form, before)
            if not is_same(setting, value, before):
                found[key] = value
    return found | read_days(form, opened) if DAYS in form else found


def parse_value(setting: Setting, form: MultiDict[str, str], before: Value) -> Value:
    """Parse what was typed for a setting.

    Args:
        setting: the setting, which the form has a field for.
        form: the form.
        before: the value that the page showed.
    """
    key = setting.key
    typed = form.get(key, "").replace("\r\n", "\n").strip()
    match setting.editor.kind:
        case kind if kind in WORDINGS and is_same(setting, typed, format_value(setting, before)):
            return before  # whatever its template is
        case EditorKind.ADDRESSES:
            known = [str(address) for address in before] if isinstance(before, list) else []
            kept = [address for address in known if key_of(address) in form.getlist(key + KEPT)]
            return [*kept, *read_typed(EditorKind.ADDRESSES, typed)]
        case EditorKind.FLAG:
            return "yes" in form.getlist(key)
        case EditorKind.HOURS if key + OPENS in form:
            return pick_hours(form, key, is_open=bool(before))
        case EditorKind.COLOR if key + CHOSEN in form:
            return pick_color(form, key)
        case EditorKind.STEPS:
            return sort_rows(read_rows(form, key))
        case EditorKind.NUMBERS:
            return read_lines(form, key)
        case EditorKind.ROUTE:
            return read_route(form, key, before)
        case _:
            return _parse_typed(setting, typed)


def pick_hours(form: MultiDict[str, str], key: str, *, is_open: bool) -> list[str]:
    """Return the hours of a day as chosen with time pickers.

    Whoever changes a day need not change two things: marking an open day as closed closes it whatever its times are,
    and filling in the times of a closed day opens it. One that is marked as open needs times.

    Args:
        form: the form.
        key: the day's setting.
        is_open: whether the page showed hours.
    """
    hours = [f"{opens}-{closes}" for opens, closes in picked_times(form, key) if opens or closes]
    if not (hours or is_open or key + CLOSED in form):
        return [NO_TIMES]
    return [] if key + CLOSED in form and is_open else hours


def pick_color(form: MultiDict[str, str], key: str) -> str | None:
    """Return the chosen color, None for the standard one.

    As with hours, one change is enough: marking the standard color takes it whatever the picker shows, and picking
    a color takes that one.

    Args:
        form: the form.
        key: the color's setting; its own field has the color that the page showed, if it was not the standard one.
    """
    chosen = form[key + CHOSEN].strip().lower()
    if key + NO_OWN_COLOR in form and (form[key] or chosen == STANDARD_COLOR):
        return None
    return chosen or None


def picked_times(form: MultiDict[str, str], key: str) -> list[tuple[str, str]]:
    """Return the times in a day's pickers, in pairs, empty ones included."""
    return list(zip(form.getlist(key + OPENS), form.getlist(key + CLOSES), strict=False))


def format_value(setting: Setting, value: Value) -> str:
    """Return a value as it is typed."""
    match setting.editor.kind:
        case kind if kind in WORDINGS and (value is None or isinstance(value, str)):
            return show_wording(setting, standard_wording(setting) if value is None else value)
        case EditorKind.ADDRESSES | EditorKind.STEPS | EditorKind.NUMBERS | EditorKind.ROUTE:
            return ""  # have fields of their own for what there is already
        case EditorKind.FLAG:
            return "yes" if value else "no"
        case _ if value is None:
            return ""
        case EditorKind.SPAN as kind:
            return show_typed(kind, str(value))
        case EditorKind.PHONE:
            return show_number(str(value))
        case kind if isinstance(value, list):
            return ", ".join(show_typed(kind, str(item)) for item in value)
        case EditorKind.NUMBER:
            return str(value).removesuffix(".0")
        case _:
            return str(value)


def display_value(setting: Setting, value: Value) -> str:
    """Return a value for people, without the passwords in addresses."""
    if value is None or value == []:
        return setting.editor.empty
    if setting.editor.kind is EditorKind.ADDRESSES and isinstance(value, list):
        return ", ".join(describe_addresses([str(address) for address in value]).values())
    if setting.editor.kind is EditorKind.STEPS and isinstance(value, list):
        return ", ".join(describe_row(row) for row in value if isinstance(row, dict))
    if setting.editor.kind is EditorKind.NUMBERS and isinstance(value, list):
        return ", ".join(describe_line(row) for row in value if isinstance(row, dict))
    if setting.editor.kind is EditorKind.ROUTE:
        return describe_route(setting.path[-1], value)
    if setting.editor.kind is EditorKind.ZONE:
        return zone_words(str(value))
    if setting.editor.kind is EditorKind.CHOICE:
        value = as_written_today(setting.key, value)
        return next((option.words for option in setting.editor.options if option == value), str(value))
    return format_value(setting, value)


def is_same(setting: Setting, first: Value, second: Value) -> bool:
    """Return whether two values mean the same; spacing within a line and blank lines make no difference."""
    if setting.editor.kind is EditorKind.REPLY and isinstance(first, str) and isinstance(second, str):
        return _words_by_line(first) == _words_by_line(second)
    if setting.editor.kind in ONE_LINE and isinstance(first, str) and isinstance(second, str):
        return first.split() == second.split()
    if setting.editor.kind is EditorKind.COLOR and isinstance(first, str) and isinstance(second, str):
        return first.lower() == second.lower()
    if setting.editor.kind is EditorKind.ROUTE:
        route = setting.path[-1]
        return plain_route(route, first) == plain_route(route, second)
    return first == second


def describe_addresses(addresses: Sequence[str]) -> dict[str, str]:
    """Return addresses as managers may see them, by their stable short keys: numbers and email addresses as such."""
    return {key_of(address): _describe_address(address) for address in addresses}


def _describe_address(address: str) -> str:
    if address.startswith(TEXT_PREFIX):
        return show_number(address.removeprefix(TEXT_PREFIX))
    if is_plain_mail(address):
        return address.removeprefix(MAIL_PREFIX)
    from tasks.notification.addresses import describe_address  # slow to import, and few pages need it

    return describe_address(address)


def _words_by_line(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines() if line.strip()]


def _parse_typed(setting: Setting, typed: str) -> Value:
    """Parse what was typed for a setting with a single field."""
    match setting.editor.kind:
        case EditorKind.HOURS | EditorKind.TIMES as kind:
            return list(read_typed(kind, typed))
        case EditorKind.EMAILS as kind:
            return list(read_typed(kind, typed))
        case EditorKind.SPAN | EditorKind.EMAIL as kind if typed:
            return str(read_typed(kind, typed))
        case kind if kind in WORDINGS:
            return read_wording(setting, typed)[0]
        case kind if kind in ONE_LINE:
            return " ".join(typed.split()) or None
        case EditorKind.NUMBER if typed:
            return _parse_number(typed)
        case EditorKind.PHONE if typed:
            return full_number(typed) or typed
        case _:
            return typed or None


def _parse_number(typed: str) -> Value:
    try:
        return float(typed)
    except ValueError:
        return typed  # the check of the practice refuses it in its own words
