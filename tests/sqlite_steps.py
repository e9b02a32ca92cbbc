"""Counting what SQLite does for something: the steps of its virtual machine, which no machine makes slower."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

STEPS = 100


@contextmanager
def count_steps(engine: Engine, count: Callable[[Connection], None]) -> Iterator[None]:
    """Calls a function with the connection at every hundredth step of each transaction that begins meanwhile.

    Skips the test where PostgreSQL is used, which counts no steps.
    """
    if engine.dialect.name != "sqlite":
        pytest.skip("only SQLite counts its steps")

    def begin(connection: Connection) -> None:
        def step() -> int:
            count(connection)
            return 0

        driver: Any = connection.connection.driver_connection
        driver.set_progress_handler(step, STEPS)

    event.listen(engine, "begin", begin)
    try:
        yield
    finally:
        event.remove(engine, "begin", begin)


def is_reading(connection: Connection) -> bool:
    """Tells whether a connection's transaction only reads."""
    return bool(connection.get_execution_options().get("read_only"))
