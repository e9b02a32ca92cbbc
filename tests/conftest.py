"""What the tests stand on: a real Redis, a real database, the real model, and Twilio's stand-in."""

from __future__ import annotations

import fcntl
import functools
import gc
import importlib.metadata
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import hypothesis
import pytest
import redis.utils
from xdist.remote import Producer

from app.embedded_redis import EmbeddedRedis
from classifier import Classifier
from inbox.storage.database import Database
from intake.encryption import Keyring
from intake.settings import Settings, load_settings
from tests.bytecode import keep_bytecode, rewrite_once
from tests.compiled_templates import share_compiled_templates
from tests.distribution import UnitScheduling, place_of
from tests.postgres_server import postgres, postgres_database
from tests.service import Service
from tests.standins.s3 import S3StandIn
from tests.standins.smtp import SmtpStandIn
from tests.standins.twilio import ACCOUNT_SID, AUTH_TOKEN, TwilioStandIn
from tests.statements import share_compiled_statements
from tests.world import ENCRYPTION_KEY, PRACTICES_TOML

__all__ = ["postgres", "postgres_database"]

MEMORY = Path("/dev/shm")
ROOM_BYTES = 2 * 1024**3
_in_memory = pytest.StashKey[tempfile.TemporaryDirectory[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run choose what the tests store messages in."""
    parser.addoption("--database", choices=("sqlite", "postgres"), default="sqlite", help="what holds the messages")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Keep the tests from waiting for the disk, torch from waiting for itself, and all from compiling things again.

    Temporary files are in memory if there is room: each SQLite commit calls fsync. Torch gets one thread, as the test
    processes fill every core: with more, most of its CPU time goes into threads that spin while they wait. No example
    of a property has a deadline.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a shell's background, and inherited by every process
        signal.signal(signal.SIGINT, signal.default_int_handler)
    hypothesis.settings.register_profile("untimed", deadline=None)
    hypothesis.settings.load_profile("untimed")
    share_compiled_statements()
    share_compiled_templates()
    redis.utils.get_lib_version = cache(redis.utils.get_lib_version)  # parsed from its metadata for each connection
    keep_bytecode()
    # every new connection to Redis and every server asks, and each answer is parsed from a file
    importlib.metadata.version = functools.cache(importlib.metadata.version)
    gc.disable()  # until all tests are collected
    if config.option.basetemp is None and _is_usable(MEMORY):
        config.stash[_in_memory] = tempfile.TemporaryDirectory(dir=MEMORY, prefix="intake-tests-")
        config.option.basetemp = f"{config.stash[_in_memory].name}/files"


def pytest_unconfigure(config: pytest.Config) -> None:
    """Free that memory."""
    if _in_memory in config.stash:
        config.stash[_in_memory].cleanup()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config) -> None:
    """Do once what each test process would do at its start."""
    rewrite_once(config)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> UnitScheduling | None:
    """Distribute the tests by what they share."""
    if config.option.dist != "loadfile":
        return None
    config.option.loadscopereorder = False
    return UnitScheduling(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with what takes longest."""
    items.sort(key=lambda item: place_of(item.nodeid))


def pytest_collection_finish() -> None:
    """Refuse to have every test process import torch.

    Raises:
        pytest.UsageError: a module has imported it.
    """
    if "torch" in sys.modules:
        raise pytest.UsageError("collecting the tests imported torch: import what needs it by `tests.training.lazy`")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """Collect garbage from now on, more rarely than usual, and not among modules and tests, which all stay."""
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    gc.enable()


def _is_usable(folder: Path) -> bool:
    """Return whether files fit in there, and programs that tests write can run there."""
    if not os.access(folder, os.W_OK) or os.statvfs(folder).f_flag & os.ST_NOEXEC:
        return False
    return shutil.disk_usage(folder).free >= ROOM_BYTES


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis server of this test process's own, on a unix socket."""
    server = EmbeddedRedis(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server.url
    server.stop()


@pytest.fixture
def empty_redis(redis_url: str) -> Iterator[redis.Redis]:
    """A client of that server, with nothing in it."""
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
        yield client


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A freshly migrated database, to copy; the first test process that needs it makes it for all."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    path = folder / "migrated.db"
    with (folder / "migrated.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            database = Database(f"sqlite:///{path.with_suffix('.part')}", Keyring(ENCRYPTION_KEY))
            database.migrate()
            database.close()
            path.with_suffix(".part").rename(path)
    return path


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Database:
    """An empty database, of the kind that the test (`ON_SQLITE`) or `--database` names."""
    kind = getattr(request, "param", request.config.option.database)
    empty: Database = request.getfixturevalue(f"{kind}_database")
    return empty


@pytest.fixture
def sqlite_database(migrated_file: Path, tmp_path: Path) -> Iterator[Database]:
    """An empty database."""
    path = tmp_path / "intake.db"
    shutil.copy(migrated_file, path)
    opened = Database(f"sqlite:///{path}", Keyring(ENCRYPTION_KEY))
    yield opened
    opened.close()


@pytest.fixture
def twilio() -> Iterator[TwilioStandIn]:
    """Twilio's REST API, for the numbers of the test practices."""
    with TwilioStandIn(numbers=("+15005550006", "+12025550180")) as standin:
        yield standin
        assert standin.violations == []


@pytest.fixture(scope="session")
def s3() -> Iterator[S3StandIn]:
    """An S3-compatible server, for all tests that leave it running."""
    with S3StandIn() as running:
        yield running


@pytest.fixture
def smtp() -> Iterator[SmtpStandIn]:
    """A mail server, which must have no reason to refuse anything."""
    with SmtpStandIn() as running:
        yield running
        assert running.refusals == []


@pytest.fixture(scope="session")
def common_settings(redis_url: str) -> Settings:
    """What the settings of all tests have in common, read and checked once."""
    return load_settings(
        _env_file=None,
        database_url="sqlite:///",
        practices_file=Path(),
        redis_url=redis_url,
        secret_key="a secret for tests only",
        encryption_keys=ENCRYPTION_KEY,
        public_url="https://intake.example.com",
        twilio_account_sid=ACCOUNT_SID,
        twilio_auth_token=AUTH_TOKEN,
        notice_hosts="127.0.0.1, 127.0.0.2",
        reconcile_every_seconds=1,
        undo_seconds=0,
    )


@pytest.fixture
def settings(
    common_settings: Settings, database: Database, empty_redis: redis.Redis, twilio: TwilioStandIn, tmp_path: Path
) -> Settings:
    """Settings of a service that sends its texts to the stand-in."""
    practices_file = tmp_path / "practices.toml"
    practices_file.write_text(PRACTICES_TOML)
    own = {
        "database_url": database.url,
        "practices_file": practices_file,
        "models_dir": tmp_path / "models",
        "attachments_dir": tmp_path / "attachments",
        "twilio_api_base_url": twilio.url,
    }
    return common_settings.model_copy(update=own)


@pytest.fixture(scope="session")
def classifier() -> Classifier:
    """The shipped model."""
    return Classifier.load()


@pytest.fixture
def service(settings: Settings, classifier: Classifier, twilio: TwilioStandIn) -> Iterator[Service]:
    """The web application on a real socket and a worker that works when told to, in this process."""
    with Service(settings, classifier, twilio) as running:
        yield running
