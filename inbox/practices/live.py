"""The practices with managers' current settings applied, kept up to date in every running process."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

import structlog
from sqlalchemy.exc import SQLAlchemyError

from inbox.practices.setting_versions import Standing, newest_versions, read_standing
from inbox.storage.database import Database
from intake.errors import IntakeError
from intake.practice_settings import merge_what_fits
from intake.practices import Practice, Practices
from intake.shared_addresses import owners_of, without_others

log = structlog.get_logger(__name__)


class LivePractices:
    """The practices, refreshed as managers change settings.

    Attributes:
        file: the practices as the file describes them.
    """

    def __init__(self, database: Database, file: Practices) -> None:
        """Start with the file's values, until the first refresh."""
        self.file = file
        self._database = database
        self._current = file
        self._versions: dict[str, int] = {}
        self._looked_at = float("-inf")
        self._looking = threading.Lock()

    @property
    def current(self) -> Practices:
        """The practices as they were at the last refresh."""
        return self._current

    def refresh(self, older_than: float = 0.0, *, wait: bool = False) -> None:
        """Apply new changes. If the database is unreachable, keep the current values.

        If another thread is already refreshing, return at once.

        Args:
            older_than: do nothing if the last refresh was less than this many seconds ago.
            wait: wait for another thread instead, then look again.
        """
        if time.monotonic() - self._looked_at < older_than or not self._looking.acquire(blocking=wait):
            return
        try:
            self._look()
        except (SQLAlchemyError, IntakeError) as error:
            log.warning("settings_not_read", error=type(error).__name__)
        finally:
            self._looked_at = time.monotonic()
            self._looking.release()

    def _look(self) -> None:
        with self._database.read() as session:
            versions = newest_versions(session)
            if versions == self._versions:
                return
            standings = {slug: read_standing(session, slug) for slug in versions}
        self._current = Practices(_practices_now(self.file.all, standings), self.file.all)
        self._versions = versions
        log.info("settings_read", versions=versions)


def _practices_now(file: Sequence[Practice], standings: Mapping[str, Standing]) -> list[Practice]:
    """Return the practices with what fits of their changes; none has a number or an address of another."""
    merged = [_practice_now(practice, standings.get(practice.slug)) for practice in file]
    owners = owners_of(file, merged)
    for place, practice in enumerate(file):
        standing = standings.get(practice.slug, Standing())
        own, wrong = without_others(practice.slug, standing.overrides, owners)
        for key in wrong:
            log.error("setting_of_another_practice", practice=practice.slug, version=standing.version, key=key)
        if wrong:
            merged[place] = _practice_now(practice, replace(standing, overrides=own))
    return merged


def _practice_now(practice: Practice, standing: Standing | None) -> Practice:
    if standing is None:
        return practice
    merged, mistakes = merge_what_fits(practice, standing.overrides)
    for mistake in mistakes:
        log.error("setting_not_usable", practice=practice.slug, version=standing.version, key=mistake.key)
    return merged
