from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

import pytest
import structlog

from intake.logs import configure_logging


@pytest.fixture
def log_as_service() -> Iterator[Callable[[], None]]:
    """Logs in the service's own form from its call to the test's end; loggers that remembered it would outlive that."""
    before, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def begin() -> None:
        configure_logging()
        structlog.configure(cache_logger_on_first_use=False)

    yield begin
    structlog.configure(**before)
    root.handlers[:] = handlers
    root.setLevel(level)
