"""The history of a practice's settings, for people: who changed what and when, and what undoing it would bring."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from inbox.models import SettingVersion
from inbox.setting_versions import Standing, changes_of, list_versions, read_standing_at, versions_since
from intake.practice_settings import read_setting
from intake.practices import Practice
from staff import display
from staff.settings.changes import Situation, look, overrides_without
from staff.settings.fields import full_name_of, is_same, say

VERSIONS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Told:
    """One setting in a version, for people."""

    name: str
    key: str
    before: str
    after: str
    put_back: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One version of the history."""

    version: int
    who: str
    at: str
    undoes: int | None
    told: list[Told]
    can_be_undone: bool


def read_history(session: Session, file: Practice, before: int | None) -> dict[str, Any]:
    """Return what the page of the history shows.

    Args:
        session: an open transaction.
        file: the practice of the practices file.
        before: only versions with a smaller number, None for all.
    """
    situation = look(session, file)
    versions = list_versions(session, file.slug, before, VERSIONS_SHOWN)
    return {
        "practice": situation.practice,
        "token": situation.token,
        "entries": _tell(session, situation, versions),
        "older": versions[-1].version if versions and versions[-1].version > 1 else None,
    }


def tell_since(session: Session, situation: Situation, version: int) -> list[Entry]:
    """Tell what was changed after a version, the oldest first."""
    return _tell(session, situation, versions_since(session, situation.file.slug, version))


def _tell(session: Session, situation: Situation, versions: Iterable[SettingVersion]) -> list[Entry]:
    return [_entry(situation, one, read_standing_at(session, situation.file.slug, one.version - 1)) for one in versions]


def _entry(situation: Situation, version: SettingVersion, before: Standing) -> Entry:
    put_back = overrides_without(situation, version, before)
    told = []
    for key, change in changes_of(version).items():
        file = read_setting(situation.file, key)
        then = put_back[key].value if key in put_back else file
        after = say(key, change.after)
        if change.before == change.after:
            after = f"{after} (kept; the practices file said {say(key, change.file)})"
        differs = "" if is_same(key, then, change.before) else say(key, then)
        told.append(Told(full_name_of(key), key, say(key, change.before), after, differs))
    return Entry(
        version=version.version,
        who=version.member.name,
        at=display.clock(version.created_at, situation.practice.time_zone),
        undoes=version.undoes,
        told=told,
        can_be_undone=put_back != situation.standing.overrides,
    )
