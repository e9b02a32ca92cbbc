from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.embedded_redis import EmbeddedRedis
from intake.settings import Settings
from tests.e2e.processes import Processes
from tests.standins.hook import HookReceiver


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    """Starts real processes, and leaves none behind."""
    folder = tmp_path / "processes"
    folder.mkdir()
    with Processes(folder) as started:
        yield started


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    """A Redis that this test may stop and start again."""
    server = EmbeddedRedis(tmp_path / "redis")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def quick_settings(settings: Settings) -> Settings:
    """Settings of a service that looks for unfinished work every second."""
    return settings.model_copy(update={"reconcile_every_seconds": 1})


@pytest.fixture
def hook() -> Iterator[HookReceiver]:
    """Where a team of staff is told."""
    with HookReceiver() as receiver:
        yield receiver
