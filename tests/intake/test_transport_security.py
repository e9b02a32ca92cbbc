"""REQUIRE_TLS lets nothing of a patient cross a network in the clear."""

from __future__ import annotations

import pytest

from tests.intake.test_settings import empty_environment, load, refusal

__all__ = ["empty_environment"]


@pytest.mark.parametrize(
    "url",
    [
        "redis://redis.internal:6379/0",
        "redis://:swordfish@10.0.0.5:6379/0",
        "redis://[2001:db8::1]:6379/0",
        "redis://127.0.0.1.swordfish.example/0",
        "rediss://redis.internal:6380/0?ssl_cert_reqs=none",
        "rediss://redis.internal:6380/0?ssl_cert_reqs=optional",
    ],
)
def test_redis_on_another_machine_needs_tls(url: str) -> None:
    message = refusal(REQUIRE_TLS="1", REDIS_URL=url)

    assert "REDIS_URL crosses a network unencrypted" in message
    assert "swordfish" not in message


@pytest.mark.parametrize(
    "url",
    [
        "rediss://redis.internal:6380/0",
        "unix:///run/redis.sock",
        "redis://127.0.0.1:6379/0",
        "redis://localhost/0",
        "redis://[::1]:6379/0",
    ],
)
def test_redis_with_tls_or_on_this_machine_is_accepted(url: str) -> None:
    assert load(REQUIRE_TLS="1", REDIS_URL=url).redis_url == url


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://intake:swordfish@database/intake",
        "postgresql://intake@database/intake?sslmode=prefer",
        "postgresql://intake@database/intake?sslmode=allow",
        "postgresql://intake@/intake?host=database",
        "postgresql://intake@127.0.0.1,database/intake",
        "postgresql://intake@localhost/intake?hostaddr=10.0.0.5",
    ],
)
def test_postgresql_on_another_machine_needs_tls(url: str) -> None:
    message = refusal(REQUIRE_TLS="1", DATABASE_URL=url)

    assert "DATABASE_URL crosses a network unencrypted" in message
    assert "swordfish" not in message


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://intake@database/intake?sslmode=verify-full",
        "postgresql://intake@database:5433/intake?sslmode=require",
        "postgresql://intake@127.0.0.1:5432/intake",
        "postgresql://intake@[::1]:5432/intake",
        "postgresql:///intake?host=/run/postgresql",
        "postgresql:///intake",
        "sqlite:////var/lib/intake/intake.db",
    ],
)
def test_a_database_with_tls_or_on_this_machine_is_accepted(url: str) -> None:
    assert load(REQUIRE_TLS="1", DATABASE_URL=url)


def test_without_the_setting_a_private_network_may_do_without() -> None:
    assert load(REDIS_URL="redis://redis.internal:6379/0", DATABASE_URL="postgresql://intake@database/intake")
