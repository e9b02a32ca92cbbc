"""The practices with managers' current settings applied, kept up to date in every running process."""

from __future__ import annotations

import threading
import time

import structlog
from sqlalchemy.exc import SQLAlchemyError

from inbox.database import Database
from inbox.setting_versions import Standing, newest_versions, read_standing
from intake.errors import IntakeError
from intake.practice_settings import merge_what_fits
from intake.practices import Practice, Practices

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

    def refresh(self, older_than: float = 0.0) -> None:
        """Apply new changes. If the database is unreachable, keep the current values.

        If another thread is already refreshing, return at once.

        Args:
            older_than: do nothing if the last refresh was less than this many seconds ago.
        """
        if time.monotonic() - self._looked_at < older_than or not self._looking.acquire(blocking=False):
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
        self._current = Practices([_practice_now(practice, standings.get(practice.slug)) for practice in self.file.all])
        self._versions = versions
        log.info("settings_read", versions=versions)


def _practice_now(practice: Practice, standing: Standing | None) -> Practice:
    if standing is None:
        return practice
    merged, mistakes = merge_what_fits(practice, standing.overrides)
    for mistake in mistakes:
        log.error("setting_not_usable", practice=practice.slug, version=standing.version, key=mistake.key)
    return merged
