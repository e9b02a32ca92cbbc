"""The history of a practice's settings: who changed what and when, and what undoing it would restore."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.models import AuditEntry, SettingVersion, StaffMember
from inbox.practices.common_questions import read_questions
from inbox.practices.setting_versions import (
    Change,
    Standing,
    changes_of,
    list_versions,
    read_standing_at,
    versions_since,
)
from intake.practice_settings import Override, read_setting, setting_of
from intake.practices import Practice
from staff import display
from staff.settings.changes import Situation, load_situation, overrides_without
from staff.settings.form_values import display_value, is_same

VERSIONS_SHOWN = 20
_QUESTION_ACTIONS = {"question_saved": "saved", "question_deleted": "removed the answer to"}


@dataclass(frozen=True, slots=True)
class HistoryChange:
    """A change to one setting, for people.

    Attributes:
        name: the setting's name on the page.
        before: its value before the change.
        after: its value after the change.
        restored: its value after undoing the version; empty if that is the value before.
    """

    name: str
    before: str
    after: str
    restored: str


@dataclass(frozen=True, slots=True)
class VersionEntry:
    """A version in the history."""

    version: int
    who: str
    at: str
    undoes: int | None
    changes: list[HistoryChange]
    can_be_undone: bool


@dataclass(frozen=True, slots=True)
class QuestionChange:
    """A change to a common question: who made it, when, what it was, and the question's title."""

    who: str
    at: str
    did: str
    title: str


def read_history(session: Session, file: Practice, before: int | None) -> dict[str, Any]:
    """Return the contents of the history page.

    Args:
        session: an open transaction.
        file: the practice in the practices file.
        before: only versions with a smaller number; None for all.
    """
    situation = load_situation(session, file)
    versions = list_versions(session, file.slug, before, VERSIONS_SHOWN)
    return {
        "practice": situation.practice,
        "token": situation.token,
        "entries": _entries(session, situation, versions),
        "questions": [] if before else _question_changes(session, situation.practice),
        "older": versions[-1].version if versions and versions[-1].version > 1 else None,
    }


def _question_changes(session: Session, practice: Practice) -> list[QuestionChange]:
    """Return who last changed the answers to common questions, the newest first; the trail does not hold the words."""
    titles = {question.key: question.title for question in read_questions(session, practice.slug)}
    query = (
        select(AuditEntry, StaffMember.name)
        .join(StaffMember, StaffMember.id == AuditEntry.staff_id)
        .where(AuditEntry.subject == f"settings:{practice.slug}", AuditEntry.action.in_(_QUESTION_ACTIONS))
        .order_by(AuditEntry.id.desc())
        .limit(VERSIONS_SHOWN)
    )
    return [
        QuestionChange(
            who=name,
            at=display.clock(entry.at, practice.time_zone),
            did=_QUESTION_ACTIONS[entry.action],
            title=titles.get(str(entry.detail.get("question")), "a question that was deleted"),
        )
        for entry, name in session.execute(query)
    ]


def entries_since(session: Session, situation: Situation, version: int) -> list[VersionEntry]:
    """Return the entries after a version, the oldest first."""
    return _entries(session, situation, versions_since(session, situation.file.slug, version))


def _entries(session: Session, situation: Situation, versions: Iterable[SettingVersion]) -> list[VersionEntry]:
    slug = situation.file.slug
    return [_entry(situation, version, read_standing_at(session, slug, version.version - 1)) for version in versions]


def _entry(situation: Situation, version: SettingVersion, before: Standing) -> VersionEntry:
    left = overrides_without(situation, version, before)
    return VersionEntry(
        version=version.version,
        who=version.member.name,
        at=display.clock(version.created_at, situation.practice.time_zone),
        undoes=version.undoes,
        changes=[_change(situation.file, key, change, left.get(key)) for key, change in changes_of(version).items()],
        can_be_undone=left != situation.standing.overrides,
    )


def _change(file: Practice, key: str, change: Change, left: Override | None) -> HistoryChange:
    """Describe a change; `left` is the override that undoing it would leave."""
    setting = setting_of(type(file), key)
    after = display_value(setting, change.after)
    if change.before == change.after:
        after = f"{after} (kept; the practices file had {display_value(setting, change.file)})"
    restored = left.value if left else read_setting(file, key)
    return HistoryChange(
        name=setting.name,
        before=display_value(setting, change.before),
        after=after,
        restored="" if is_same(setting, restored, change.before) else display_value(setting, restored),
    )
