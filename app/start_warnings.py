"""What whoever starts the web server or a worker is warned of, once for all."""

from __future__ import annotations

import click

from app.env_check import warn_of_misspelled_settings
from app.file_check import warn_if_file_is_open
from app.paging_check import warn_if_nobody_is_paged, warn_of_lost_practices
from app.redis_check import warn_if_redis_is_away, warn_if_redis_is_open
from inbox.storage.database import Database
from intake.practices import Practices
from intake.settings import Settings


def warn_at_start(database: Database, file: Practices, settings: Settings) -> None:
    """Print a warning on stderr of each thing that is unwise.

    Args:
        database: the service's database; what it knows is left out if it cannot be read.
        file: the practices as their file describes them.
        settings: the settings.
    """
    warn_if_nobody_is_paged(database, file, settings, _say)
    warn_of_lost_practices(database, file, _say)
    warn_if_redis_is_open(settings.redis_url, _say)
    warn_if_redis_is_away(settings.redis_url, _say)
    warn_if_file_is_open(settings.practices_file, _say)
    warn_of_misspelled_settings(_say)


def _say(line: str) -> None:
    click.echo(line, err=True)
