"""How much work SQLite does, which it counts itself: a measure of what is read that no machine's speed changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

# PostgreSQL counts nothing like it, and reads a small table as a whole: what counts steps runs on SQLite in every run.
ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@contextmanager
def counted_steps(engine: Engine) -> Iterator[Counter[str]]:
    """Count how many hundred steps SQLite takes, by whether their transaction is `reading` or `writing`."""
    steps: Counter[str] = Counter()

    def begin(connection: Connection) -> None:
        kind = "reading" if connection.get_execution_options().get("read_only") else "writing"

        def count() -> int:
            steps[kind] += 1
            return 0

        driver: Any = connection.connection.driver_connection
        driver.set_progress_handler(count, 100)

    event.listen(engine, "begin", begin)
    try:
        yield steps
    finally:
        event.remove(engine, "begin", begin)
