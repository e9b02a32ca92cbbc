"""The contents of the settings page: its sections, forms and fields, derived from the settings of the practice."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from flask import current_app
from werkzeug.datastructures import MultiDict

from intake.practice_settings import Conflict, Mistake, Setting, Value, read_setting, setting_of
from intake.setting_editors import EditorKind, SettingGroup, SettingPage
from intake.vocabulary import REPLY_FAMILIES, Language, find_reply, reply_in, words_of
from staff.settings.changes import Situation
from staff.settings.day_editor import DayEditor, edit_days
from staff.settings.day_rows import CLOSED_ON, DAY_SETTINGS, DAYS, read_rows
from staff.settings.escalation_editor import EscalationEditor, edit_escalation
from staff.settings.form_values import (
    KEPT,
    describe_addresses,
    display_value,
    format_value,
    picked_times,
    practice_settings,
    teams_of,
)
from staff.settings.mistakes import explain_at_field, explain_elsewhere
from staff.settings.number_rows import NUMBER, SURE, NumberRow, edit_lines
from staff.settings.reply_preview import ReplyPreview, preview_wording
from staff.settings.route_rows import RouteEditor, edit_route
from staff.settings.section_preview import SectionPreview, preview_section
from staff.settings.time_zones import zone_choices
from tasks.notification.targets import is_usable, key_of
from templates.replies import hours_to_try
from web.services import services_of


@dataclass(frozen=True, slots=True)
class SettingField:
    """A setting on the page.

    Attributes:
        setting: the setting.
        typed: the text in the field.
        is_own: whether it was changed here, so that the file's value does not apply.
        problem: why what was typed cannot be used; empty if it can.
        is_unsaved: whether it shows what was typed in a form that was refused.
        addresses: of a list of addresses, those that the team has, as managers may see them, by short key.
        kept: the short keys of those that stay.
        unreached: the short keys of those to which nothing can be sent.
        hours: of a day, the times in its pickers, in pairs; at least two pairs.
        escalation: of the escalation, its rows and whom they can name.
        numbers: of the numbers, their rows.
        days: of the closed days, the rows of all holidays and special days.
        route: of a kind of message, the choices.
        zones: of the time zone, the choices by the heading of their group.
        language: of a reply, its language.
        preview: of a reply, how patients read it.
    """

    setting: Setting
    typed: str
    is_own: bool
    problem: str = ""
    addresses: Mapping[str, str] | None = None
    kept: tuple[str, ...] = ()
    unreached: frozenset[str] = frozenset()
    is_unsaved: bool = False
    hours: tuple[tuple[str, str], ...] = ()
    escalation: EscalationEditor | None = None
    numbers: tuple[NumberRow, ...] = ()
    days: DayEditor | None = None
    route: RouteEditor | None = None
    zones: Mapping[str, Mapping[str, str]] | None = None
    language: Language | None = None
    preview: ReplyPreview | None = None

    @property
    def key(self) -> str:
        """The name of the field in its form."""
        return self.setting.key

    @property
    def kind(self) -> str:
        """How the setting is edited, which names the macro that draws it."""
        return self.setting.editor.kind

    @property
    def dom_id(self) -> str:
        """The id of the field in the page."""
        return dom_id_of(self.key)

    @property
    def has_template(self) -> bool:
        """Whether its wording has parts of a template that have no words."""
        return "{" in self.typed and not self.problem

    @property
    def places(self) -> dict[str, str]:
        """What in it cannot be saved, by the ids of its inputs in the page."""
        contacts = self.escalation.rows if self.escalation else ()
        rows = [(f"contact {number}", row.problems) for number, row in enumerate(contacts, start=1)]
        rows += [(row.shown or "new number", row.problems) for row in self.numbers]
        rows += [(row.words, row.problems) for row in (self.days.all if self.days else ())]
        name = HOLIDAYS if self.days else self.setting.name
        found = {self.dom_id: name} if self.problem else {}
        return found | {
            f"{self.dom_id}-{number}-{part}": f"{name}, {words}"
            for number, (words, problems) in enumerate(rows, start=1)
            for part in problems
        }


@dataclass(frozen=True, slots=True)
class FieldBlock:
    """Neighboring fields that share an editor, and so its hint and example."""

    fields: tuple[SettingField, ...]

    @property
    def hint_id(self) -> str:
        """The id of the hint in the page; empty without a hint."""
        editor = self.fields[0].setting.editor
        has_hint = editor.hint or editor.example or editor.kind is EditorKind.ADDRESSES
        return f"{self.fields[0].dom_id}-hint" if has_hint else ""


@dataclass(frozen=True, slots=True)
class SettingForm:
    """A form: of a team, of a reply in both languages, or of all other settings in a section.

    Attributes:
        title: what it is about; empty if it is the section's only form of many settings.
        dom_id: its id in the page.
        blocks: its fields.
        is_previewed: whether its wording was only to be shown, and not to be saved.
        heading: what stands above it and those that follow; empty if it stands under the one before.
    """

    title: str
    dom_id: str
    blocks: tuple[FieldBlock, ...]
    is_previewed: bool = False
    heading: str = ""

    @property
    def is_reply(self) -> bool:
        """Whether it is the form of a reply."""
        return self.fields[0].preview is not None

    @property
    def fields(self) -> list[SettingField]:
        """All its fields."""
        return [field for block in self.blocks for field in block.fields]


@dataclass(frozen=True, slots=True)
class PageSection:
    """A section of the page."""

    group: SettingGroup
    forms: tuple[SettingForm, ...]
    preview: SectionPreview | None = None


@dataclass(frozen=True, slots=True)
class UnsavedForm:
    """A form that was not saved.

    Attributes:
        form: what the browser sent.
        values: the changed values in it.
        mistakes: why they cannot be used.
    """

    form: MultiDict[str, str]
    values: Mapping[str, Value]
    mistakes: tuple[Mistake, ...] = ()


_HEADINGS = {f"replies.{reply_in(Language.EN, names[0])}": heading for heading, names in REPLY_FAMILIES.items()}
FEWEST_PAIRS = 2
"""How many times a day can open, if it does not open more often already."""
PREVIEW = "preview"
"""The button that only shows how patients would read a reply."""
HOLIDAYS = "Holidays and special days"
"""What the page calls the rows that three settings share."""
NOTHING_UNSAVED = UnsavedForm(MultiDict(), {})


def build_sections(
    situation: Situation, unsaved: UnsavedForm, moment: datetime, page: SettingPage
) -> list[PageSection]:
    """Return the sections of a page, and any other that has something unsaved.

    Args:
        situation: the settings.
        unsaved: a form to show again.
        moment: when the page is shown.
        page: which page.
    """
    pages = {page, *(setting_of(type(situation.file), key).editor.group.page for key in unsaved.values)}
    settings = [setting for setting in practice_settings(situation.practice) if setting.editor.group.page in pages]
    by_group = {group: [item for item in settings if item.editor.group is group] for group in SettingGroup}
    hours = hours_to_try(situation.practice, moment)
    return [
        PageSection(
            group,
            tuple(_forms(situation, unsaved, members, hours, moment)),
            preview_section(situation.practice, group, hours),
        )
        for group, members in by_group.items()
        if members
    ]


def dom_id_of(key: str) -> str:
    """Return the id of a setting's field in the page."""
    return "s-" + re.sub(r"[\W_]", "-", key)


def list_problems(sections: Iterable[PageSection]) -> dict[str, str]:
    """Return which fields cannot be saved, by their ids in the page; each says why itself."""
    return {
        dom_id: place
        for section in sections
        for form in section.forms
        for field in form.fields
        for dom_id, place in field.places.items()
    }


def explain_unlisted(situation: Situation, unsaved: UnsavedForm) -> list[str]:
    """Return the mistakes in an unsaved form that none of its changed fields is to blame for."""
    model = type(situation.file)
    return [explain_elsewhere(model, mistake) for mistake in unsaved.mistakes if mistake.key not in unsaved.values]


def explain_unusable(situation: Situation) -> list[str]:
    """Return why some changes no longer fit the practices file."""
    return [explain_elsewhere(type(situation.file), mistake) for mistake in situation.unusable]


def describe_conflicts(situation: Situation) -> list[dict[str, str]]:
    """Return the conflicts with the practices file, for people."""
    return [_describe_conflict(setting_of(type(situation.file), found.key), found) for found in situation.conflicts]


def _describe_conflict(setting: Setting, conflict: Conflict) -> dict[str, str]:
    return {
        "key": conflict.key,
        "name": setting.name,
        "file": display_value(setting, conflict.file),
        "own": display_value(setting, conflict.own),
    }


def _forms(
    situation: Situation,
    unsaved: UnsavedForm,
    settings: Iterable[Setting],
    hours: Mapping[bool, datetime],
    moment: datetime,
) -> Iterable[SettingForm]:
    for (title, name), members in groupby(settings, key=_form_of):
        blocks = tuple(
            FieldBlock(tuple(_field(situation, unsaved, setting, hours, moment) for setting in block))
            for _, block in groupby(members, key=lambda setting: setting.editor)
        )
        first = blocks[0].fields[0]
        is_previewed = unsaved.form.get(PREVIEW) == first.key
        yield SettingForm(title, re.sub(r"\W", "-", name), blocks, is_previewed, _HEADINGS.get(first.key, ""))


def _form_of(setting: Setting) -> tuple[str, str]:
    """Return the title and the name of the form that a setting is in."""
    if setting.team is not None:
        return words_of(setting.team), ".".join(setting.path[:-1])
    if setting.editor.kind is EditorKind.REPLY:
        name = find_reply(setting.path[-1]).name
        return name.words, f"replies.{name}"
    return "", f"{setting.editor.group}.form"


def _field(
    situation: Situation, unsaved: UnsavedForm, setting: Setting, hours: Mapping[bool, datetime], moment: datetime
) -> SettingField:
    key, kind = setting.key, setting.editor.kind
    value = read_setting(situation.practice, key)
    is_unsaved = key in unsaved.values
    proposed = unsaved.values.get(key, value)
    shows_typed = (
        is_unsaved and key in unsaved.form and proposed is not None and kind not in (EditorKind.FLAG, EditorKind.COLOR)
    )
    mistakes = [mistake for mistake in unsaved.mistakes if mistake.key == key]
    problems = [explain_at_field(type(situation.file), mistake) for mistake in mistakes if not mistake.part]
    settings = services_of(current_app).settings

    def reaches(address: str) -> bool:
        return is_usable(situation.practice, address, settings, situation.stopped)

    addresses, unreached = None, frozenset[str]()
    if kind is EditorKind.ADDRESSES and isinstance(value, list):
        addresses = describe_addresses([str(address) for address in value])
        unreached = frozenset(key_of(str(address)) for address in value if not reaches(str(address)))
    escalation = None
    if kind is EditorKind.STEPS and isinstance(proposed, list):
        escalation = edit_escalation(situation.practice, unsaved.values, proposed, mistakes, reaches)
    numbers: tuple[NumberRow, ...] = ()
    if kind is EditorKind.NUMBERS and isinstance(proposed, list):
        typed, sure = unsaved.form.getlist(key + NUMBER), unsaved.form.getlist(key + SURE)
        numbers = edit_lines(situation.practice, proposed, mistakes, typed, sure, situation.unused)
    days = None
    if key == CLOSED_ON:
        today = moment.astimezone(ZoneInfo(situation.practice.time_zone)).date()
        rows = read_rows(unsaved.form) if DAYS in unsaved.form else None
        days = edit_days(situation.practice, today, rows, mistakes)
    route = None
    if kind is EditorKind.ROUTE:
        route = edit_route(setting.path[-1], proposed, situation.practice, teams_of(situation.practice))
    shown = unsaved.form[key] if shows_typed else format_value(setting, proposed)
    problem = "; ".join(problems) if is_unsaved else ""
    language, preview = None, None
    if kind is EditorKind.REPLY:
        language = find_reply(setting.path[-1]).language
        preview = preview_wording(situation.practice, setting.path[-1], shown, hours)
        if problem:  # which is said once
            preview = replace(preview, texts=(), problem=problem)
    return SettingField(
        setting,
        typed=shown,
        is_own=any(each in situation.standing.overrides for each in (DAY_SETTINGS if days else (key,))),
        problem=problem,
        addresses=addresses,
        kept=tuple(unsaved.form.getlist(key + KEPT)) if is_unsaved else tuple(addresses or ()),
        unreached=unreached,
        is_unsaved=is_unsaved,
        hours=_pairs(unsaved, key, proposed) if kind is EditorKind.HOURS else (),
        escalation=escalation,
        numbers=numbers,
        days=days,
        route=route,
        zones=zone_choices(str(proposed)) if kind is EditorKind.ZONE else None,
        language=language,
        preview=preview,
    )


def _pairs(unsaved: UnsavedForm, key: str, hours: Value) -> tuple[tuple[str, str], ...]:
    """Return the times in a day's pickers: what was chosen if the form was refused, otherwise its hours."""
    chosen = picked_times(unsaved.form, key) if key in unsaved.values and hours else []
    stored = [str(span).partition("-") for span in hours] if isinstance(hours, list) else []
    pairs = chosen or [(opens, closes) for opens, _, closes in stored]
    return (*pairs, *[("", "")] * (FEWEST_PAIRS - len(pairs)))
