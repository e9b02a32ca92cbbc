"""What was changed of a practice's settings over its practices file: versions that are only ever added."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inbox.models import SettingVersion
from intake.practice_settings import Override, Value


@dataclass(frozen=True, slots=True)
class Change:
    """What a version changed of one setting: what held before, what holds since, and what the file said then."""

    before: Value
    after: Value
    file: Value


@dataclass(frozen=True, slots=True)
class Standing:
    """How a practice's settings stand.

    Attributes:
        version: number of the newest version, 0 before the first.
        overrides: what holds in the place of the file's values, by setting.
    """

    version: int = 0
    overrides: Mapping[str, Override] = field(default_factory=dict)


def newest_versions(session: Session) -> dict[str, int]:
    """Return the number of each practice's newest version; practices without any are left out."""
    query = select(SettingVersion.practice, func.max(SettingVersion.version)).group_by(SettingVersion.practice)
    return {row[0]: row[1] for row in session.execute(query)}


def read_standing(session: Session, practice: str) -> Standing:
    """Return how a practice's settings stand now."""
    return _standing(next(iter(list_versions(session, practice, None, 1)), None))


def read_standing_at(session: Session, practice: str, version: int) -> Standing:
    """Return how they stood after a version; without such a version, they were the file's."""
    return _standing(find_version(session, practice, version))


def find_version(session: Session, practice: str, version: int) -> SettingVersion | None:
    """Return one version."""
    query = select(SettingVersion).where(SettingVersion.practice == practice, SettingVersion.version == version)
    return session.scalar(query)


def list_versions(session: Session, practice: str, before: int | None, limit: int) -> Sequence[SettingVersion]:
    """Return versions, the newest first.

    Args:
        session: an open transaction.
        practice: whose.
        before: only those with a smaller number, None for all.
        limit: how many at most.
    """
    query = select(SettingVersion).where(SettingVersion.practice == practice)
    query = query.order_by(SettingVersion.version.desc()).limit(limit)
    return session.scalars(query if before is None else query.where(SettingVersion.version < before)).all()


def versions_since(session: Session, practice: str, version: int) -> Sequence[SettingVersion]:
    """Return what came after a version, the oldest first."""
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
        session: an open transaction that writes.
        practice: whose settings they are.
        standing: how they stand with it, its number included.
        changes: what it changed, by setting.
        staff_id: who did.
        undoes: number of the version that it takes back, if any.

    Raises:
        IntegrityError: somebody else wrote a version of this number meanwhile.
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
    """Return what a version changed, by setting."""
    return {key: Change(**change) for key, change in json.loads(version.changes).items()}


def _standing(version: SettingVersion | None) -> Standing:
    if version is None:
        return Standing()
    overrides = {key: Override(**one) for key, one in json.loads(version.overrides).items()}
    return Standing(version.version, overrides)


def _write(values: Mapping[str, Override] | Mapping[str, Change]) -> str:
    return json.dumps({key: asdict(value) for key, value in values.items()}, ensure_ascii=False)
