"""Whoever runs Redis without a password on another machine is told so."""

from __future__ import annotations

import pytest

from app.redis_check import WARNING, is_open, warn_if_redis_is_open


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
