"""Versions of a practice's settings, which override its practices file and are never changed or deleted."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inbox.models import SettingVersion
from intake.practice_settings import Override, Value

_VERSIONS = SettingVersion.__table__.c
# Each job and many a request begin with this; of the table, as that takes a third of the time that objects take.
_NEWEST = select(_VERSIONS.practice, func.max(_VERSIONS.version)).group_by(_VERSIONS.practice)


@dataclass(frozen=True, slots=True)
class Change:
    """A change to one setting: its value before and after, and the file's value at the time."""

    before: Value
    after: Value
    file: Value


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of a practice's settings.

    Attributes:
        version: the number of the newest version, 0 if there is none.
        overrides: the values that replace the file's, by setting.
    """

    version: int = 0
    overrides: Mapping[str, Override] = field(default_factory=dict)


def newest_versions(session: Session) -> dict[str, int]:
    """Return the number of each practice's newest version, omitting practices without versions."""
    return {row[0]: row[1] for row in session.connection().execute(_NEWEST)}


def read_standing(session: Session, practice: str) -> Standing:
    """Return the current state of a practice's settings."""
    return _standing(next(iter(list_versions(session, practice, None, 1)), None))


def read_standing_at(session: Session, practice: str, version: int) -> Standing:
    """Return the state of a practice's settings after a version; without that version, the file's values."""
    return _standing(find_version(session, practice, version))


def find_version(session: Session, practice: str, version: int) -> SettingVersion | None:
    """Return one version."""
    query = select(SettingVersion).where(SettingVersion.practice == practice, SettingVersion.version == version)
    return session.scalar(query)


def list_versions(session: Session, practice: str, before: int | None, limit: int) -> Sequence[SettingVersion]:
    """Return versions, newest first.

    Args:
        session: an open transaction.
        practice: the practice's slug.
        before: return only versions with a smaller number, None for all.
        limit: the maximum number of versions.
    """
    query = select(SettingVersion).where(SettingVersion.practice == practice)
    query = query.order_by(SettingVersion.version.desc()).limit(limit)
    return session.scalars(query if before is None else query.where(SettingVersion.version < before)).all()


def versions_since(session: Session, practice: str, version: int) -> Sequence[SettingVersion]:
    """Return the versions after a version, oldest first."""
    later = select(SettingVersion).where(SettingVersion.practice == practice, SettingVersion.version > version)
    return session.scalars(later.order_by(SettingVersion.version)).all()


def add_version(
    session: Session,
    practice: str,
    standing: Standing,
    changes: Mapping[str, Change],
    *,
    staff_id: int,
    undoes: int | None = None,
) -> None:
    """Add a version.

    Args:
        session: an open write transaction.
        practice: the practice's slug.
        standing: the state with this version, including its number.
        changes: the changes, by setting.
        staff_id: the manager who made them.
        undoes: the number of the version that it undoes, if any.

    Raises:
        IntegrityError: someone else added a version with this number first.
    """
    version = SettingVersion(
        practice=practice,
        version=standing.version,
        staff_id=staff_id,
        undoes=undoes,
        overrides=_write(standing.overrides),
        changes=_write(changes),
    )
    session.add(version)
    session.flush()


def changes_of(version: SettingVersion) -> dict[str, Change]:
    """Return the changes of a version, by setting."""
    return {key: Change(**change) for key, change in json.loads(version.changes).items()}


def _standing(version: SettingVersion | None) -> Standing:
    if version is None:
        return Standing()
    overrides = {key: Override(**override) for key, override in json.loads(version.overrides).items()}
    return Standing(version.version, overrides)


def _write(values: Mapping[str, Override] | Mapping[str, Change]) -> str:
    return json.dumps({key: asdict(value) for key, value in values.items()}, ensure_ascii=False)
