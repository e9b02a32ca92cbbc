"""Whoever runs Redis without a password on another machine is told so."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
import redis

from app.embedded_redis import EmbeddedRedis
from app.redis_check import WARNING, is_open, warn_if_redis_is_away, warn_if_redis_is_open


@pytest.mark.parametrize(
    "url",
    [
        "unix:///run/intake/redis.sock",
        "redis://localhost:6379/0",
        "redis://127.0.0.1/0",
        "redis://[::1]:6379",
        "redis:///0",
        "redis://:hunter2@redis.internal:6379/0",
        "rediss://intake:hunter2@10.0.0.5/0",
        "redis://redis.internal/0?password=hunter2",
    ],
)
def test_a_redis_on_this_machine_or_with_a_password_is_fine(url: str) -> None:
    assert not is_open(url)


@pytest.mark.parametrize(
    "url",
    [
        "redis://redis:6379/0",
        "redis://10.0.0.5:6379/0",
        "rediss://redis.internal/0",
        "redis://intake@redis.internal/0",
        "redis://:@redis.internal/0",
        "redis://0.0.0.0/0",
        "redis://localhost.evil.example/0",
    ],
)
def test_one_on_another_machine_without_a_password_is_not(url: str) -> None:
    assert is_open(url)


def test_the_warning_names_the_setting_and_not_its_value() -> None:
    said: list[str] = []
    warn_if_redis_is_open("redis://intake@redis.internal/0", said.append)
    warn_if_redis_is_open("redis://localhost/0", said.append)

    assert said == [f"Warning: {WARNING}"]
    assert "REDIS_URL" in WARNING
    assert "redis.internal" not in said[0]


def test_a_redis_that_does_not_answer_is_named_without_its_password() -> None:
    said: list[str] = []
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # and does not listen
        place = f"127.0.0.1:{bound.getsockname()[1]}"
        warn_if_redis_is_away(f"redis://:hunter2@{place}/0", said.append)
    warn_if_redis_is_away("unix:///no/such/redis.sock?password=hunter2", said.append)

    assert [line.partition(". ")[0] for line in said] == [
        f"Warning: Redis at {place} does not answer",
        "Warning: Redis at /no/such/redis.sock does not answer",
    ]
    assert all("messages are stored" in line for line in said)


def test_a_redis_that_refuses_the_password_is_named(redis_url: str) -> None:
    said: list[str] = []
    warn_if_redis_is_away(redis_url, said.append)
    warn_if_redis_is_away(f"{redis_url}{'&' if '?' in redis_url else '?'}username=nobody&password=hunter2", said.append)

    [line] = said
    assert "refuses the password of REDIS_URL" in line
    assert "hunter2" not in line


def test_a_redis_that_refuses_to_write_is_named_with_the_reason(tmp_path: Path) -> None:
    server, said = EmbeddedRedis(tmp_path), list[str]()
    server.start()
    try:
        with redis.Redis.from_url(server.url) as client:
            client.execute_command("REPLICAOF", "127.0.0.1", "1")
        warn_if_redis_is_away(server.url, said.append)
    finally:
        server.stop()

    [line] = said
    assert "refuses work (READONLY: it is a replica: REDIS_URL must name the primary). Until that is put right" in line
