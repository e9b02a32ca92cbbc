"""Settings from the environment, all checked before anything starts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from intake.errors import IntakeError
from intake.made_token import make_token
from intake.settings import Settings, load_settings
from tests.world import ENCRYPTION_KEY, OTHER_KEY

COMPLETE = {
    "DATABASE_URL": "sqlite:////var/lib/intake/intake.db",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "SECRET_KEY": "a secret for tests only",
    "ENCRYPTION_KEYS": ENCRYPTION_KEY,
    "PUBLIC_URL": "https://intake.example.com",
    "PRACTICES_FILE": "practices.toml",
}
TWILIO = {"TWILIO_ACCOUNT_SID": "AC" + "0" * 32, "TWILIO_AUTH_TOKEN": "swordfish"}


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Hides the variables and the `.env` file of whoever runs the tests."""
    monkeypatch.setattr(os, "environ", {})
    monkeypatch.chdir(tmp_path)


def load(**changes: str | None) -> Settings:
    given = {name: value for name, value in (COMPLETE | changes).items() if value is not None}
    os.environ.update(given)
    return load_settings()


def refusal(**changes: str | None) -> str:
    with pytest.raises(IntakeError) as refused:
        load(**changes)
    return str(refused.value)


# ---- where they come from


def test_a_complete_environment_is_enough() -> None:
    settings = load()

    assert settings.public_url == "https://intake.example.com"
    assert settings.practices_file == Path("practices.toml")
    assert settings.model_dir is None
    assert settings.twilio_api_base_url == "https://api.twilio.com"
    assert not settings.sends_texts


def test_the_environment_wins_over_the_file_and_values_over_both(tmp_path: Path) -> None:
    lines = {"PUBLIC_URL": "https://file.example", "SENTRY_DSN": "https://key@sentry.example/1", "MODEL_DIR": "file"}
    (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in lines.items()))
    os.environ.update(COMPLETE | {"MODEL_DIR": "environment"})

    settings = load_settings(public_url="https://value.example")

    assert settings.sentry_dsn == "https://key@sentry.example/1"
    assert settings.model_dir == Path("environment")
    assert settings.public_url == "https://value.example"


def test_a_variable_of_somebody_else_is_ignored() -> None:
    assert load(INTAKE_FAVOURITE_COLOUR="blue").public_url == "https://intake.example.com"


# ---- what is missing


@pytest.mark.parametrize("name", COMPLETE)
def test_a_missing_variable_is_named(name: str) -> None:
    message = refusal(**{name: None})

    assert f"{name} is missing" in message
    assert [variable for variable in COMPLETE if f"{variable} is missing" in message] == [name]


def test_all_that_is_missing_is_named_at_once() -> None:
    message = refusal(**dict.fromkeys(COMPLETE))

    assert "\n" not in message
    assert all(f"{name} is missing" in message for name in COMPLETE)


@pytest.mark.parametrize("name", ["MODEL_DIR", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "SENTRY_DSN"])
def test_an_empty_variable_that_is_not_needed_is_as_good_as_none(name: str) -> None:
    assert getattr(load(**{name: ""}), name.lower()) is None


@pytest.mark.parametrize("name", COMPLETE)
def test_an_empty_variable_that_is_needed_is_missing(name: str) -> None:
    assert f"{name} is missing" in refusal(**{name: ""})


@pytest.mark.parametrize("name", ["MODELS_DIR", "TWILIO_API_BASE_URL", "TRUSTED_PROXIES", "DEMO_MODE"])
def test_an_empty_variable_with_a_usual_value_has_it(name: str) -> None:
    assert load(**{name: ""}) == load(**{name: None})


def test_an_empty_variable_leaves_the_value_of_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PUBLIC_URL=https://file.example\n")

    assert load(PUBLIC_URL="").public_url == "https://file.example"


# ---- what is wrong


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://intake:swordfish@database/intake"),
        ("DATABASE_URL", "sqlite:intake.db"),
        ("DATABASE_URL", "intake.db"),
        ("REDIS_URL", "http://:swordfish@redis:6379"),
        ("REDIS_URL", "127.0.0.1:6379"),
        ("SECRET_KEY", "swordfish"),
        ("ENCRYPTION_KEYS", " , "),
        ("ENCRYPTION_KEYS", "swordfish"),
        ("ENCRYPTION_KEYS", "schwertfisché"),
        ("PUBLIC_URL", "intake.example.com"),
        ("PUBLIC_URL", "ftp://intake.example.com"),
        ("PUBLIC_URL", "https://"),
        ("PUBLIC_URL", "https://intake.example.com/?key=swordfish"),
        ("PUBLIC_URL", "https://intake.example.com/#swordfish"),
        ("PUBLIC_URL", "https://[swordfish"),
        ("TWILIO_API_BASE_URL", "api.twilio.com"),
        ("UNDO_SECONDS", "-1"),
        ("UNDO_SECONDS", "61"),
        ("SETTLE_AFTER_SECONDS", "swordfish"),
        ("SETTLE_AFTER_SECONDS", "-1"),
        ("SETTLE_AFTER_SECONDS", "59.9"),
        ("SETTLE_AFTER_SECONDS", "nan"),
        ("SETTLE_AFTER_SECONDS", "inf"),
        ("RECONCILE_EVERY_SECONDS", "0"),
        ("RECONCILE_EVERY_SECONDS", "1.5"),
        ("TRUSTED_PROXIES", "-1"),
        ("TRUSTED_PROXIES", "127.0.0.1"),
        ("DEMO_MODE", "swordfish"),
    ],
)
def test_a_wrong_variable_is_named_and_its_value_is_not_repeated(name: str, value: str) -> None:
    message = refusal(**{name: value})

    assert f"{name}: " in message
    assert "swordfish" not in message
    assert "\n" not in message


def test_a_search_that_could_come_during_the_send_is_refused_with_the_least_wait() -> None:
    assert "SETTLE_AFTER_SECONDS: expected at least 60, the longest that a send takes" in refusal(
        SETTLE_AFTER_SECONDS="10"
    )


def test_the_wrong_one_of_several_keys_is_counted() -> None:
    message = refusal(ENCRYPTION_KEYS=f"{ENCRYPTION_KEY},swordfish,{OTHER_KEY}")

    assert "ENCRYPTION_KEYS: key 2 is not a Fernet key; make one with `intake keys new`" in message
    assert ENCRYPTION_KEY not in message


def test_an_account_needs_its_token() -> None:
    message = refusal(TWILIO_ACCOUNT_SID="AC" + "0" * 32)

    assert "TWILIO_ACCOUNT_SID is set but TWILIO_AUTH_TOKEN is not" in message


def test_an_account_needs_its_own_token_and_not_one_that_intake_made_up() -> None:
    assert not load(TWILIO_AUTH_TOKEN=make_token()).sends_texts

    message = refusal(**TWILIO | {"TWILIO_AUTH_TOKEN": make_token()})

    assert "TWILIO_AUTH_TOKEN was made up by Intake, so Twilio would refuse it" in message
    assert "Auth Token" in message


@pytest.mark.parametrize(
    ("sid", "said"),
    [
        ("SK" + "0" * 32, "this is the SID of an API key"),
        ("AC123", "expected the Account SID"),
        ("AC" + "g" * 32, "expected the Account SID"),
        ("PN" + "0" * 32, "expected the Account SID"),
    ],
    ids=["api-key", "short", "not-hex", "number"],
)
def test_an_account_is_named_by_its_account_sid(sid: str, said: str) -> None:
    message = refusal(**TWILIO | {"TWILIO_ACCOUNT_SID": sid})

    assert f"TWILIO_ACCOUNT_SID: {said}" in message
    assert "AC and 32 digits and letters" in message
    assert sid not in message


def test_made_up_patients_are_not_texted_from_an_account() -> None:
    message = refusal(**TWILIO, DEMO_MODE="1")

    assert "DEMO_MODE plays patients with made-up numbers; unset it, or TWILIO_ACCOUNT_SID" in message


def test_an_account_and_its_token_send_texts() -> None:
    assert load(**TWILIO).sends_texts


def test_a_token_alone_checks_signatures_and_sends_nothing() -> None:
    assert not load(TWILIO_AUTH_TOKEN="swordfish").sends_texts


# ---- forms that are accepted


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgres://u:p@host/intake", "postgresql+psycopg://u:p@host/intake"),
        ("postgresql://u:p@host/intake", "postgresql+psycopg://u:p@host/intake"),
        ("postgresql+psycopg://u:p@host/intake", "postgresql+psycopg://u:p@host/intake"),
        ("sqlite:///intake.db", "sqlite:///intake.db"),
    ],
)
def test_a_database_is_addressed_with_its_driver(given: str, used: str) -> None:
    assert load(DATABASE_URL=given).database_url == used


@pytest.mark.parametrize("url", ["redis://host:6379/0", "rediss://host:6380/1", "unix:///tmp/redis.sock"])
def test_redis_is_addressed_in_one_of_its_ways(url: str) -> None:
    assert load(REDIS_URL=url).redis_url == url


def test_keys_may_be_spaced_and_end_with_a_comma() -> None:
    assert load(ENCRYPTION_KEYS=f" {ENCRYPTION_KEY} , {OTHER_KEY}, ").encryption_keys == f"{ENCRYPTION_KEY},{OTHER_KEY}"


def test_an_address_is_kept_without_its_last_slash() -> None:
    assert load(PUBLIC_URL="https://example.com/intake/").public_url == "https://example.com/intake"


# ---- secrets


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "swordfish, sixteen or more"),
        ("ENCRYPTION_KEYS", OTHER_KEY),
        ("TWILIO_AUTH_TOKEN", "swordfish"),
        ("SENTRY_DSN", "https://swordfish@sentry.example/1"),
        ("DATABASE_URL", "postgresql://intake:swordfish@database/intake"),
        ("REDIS_URL", "redis://:swordfish@redis:6379/0"),
    ],
)
def test_a_secret_is_not_shown(name: str, value: str) -> None:
    settings = load(**{name: value})

    assert "swordfish" not in repr(settings)
    assert "swordfish" not in str(settings)
    assert OTHER_KEY not in repr(settings)


def test_a_secret_is_not_shown_when_another_variable_is_wrong() -> None:
    database = "postgresql://intake:swordfish@database/intake"
    message = refusal(PUBLIC_URL="wrong", DATABASE_URL=database, SENTRY_DSN="swordfish", **TWILIO)

    assert "PUBLIC_URL" in message
    assert "swordfish" not in message
    assert ENCRYPTION_KEY not in message


def test_settings_cannot_be_changed_once_read() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load().public_url = "https://elsewhere.example"


@pytest.mark.parametrize("host", ["intake.example.com", "192.168.1.5", "10.0.0.1:8000", "localhost.example.com"])
def test_nobody_outside_this_machine_uses_the_service_without_encryption(host: str) -> None:
    assert "PUBLIC_URL: expected https://" in refusal(PUBLIC_URL=f"http://{host}")
    assert load(PUBLIC_URL=f"https://{host}").public_url == f"https://{host}"


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "intake.localhost", "[::1]:8000", "127.9.9.9"])
def test_on_this_machine_http_will_do(host: str) -> None:
    assert load(PUBLIC_URL=f"http://{host}").public_url == f"http://{host}"


# ---- raw email


def test_nothing_listens_for_email_unless_it_is_set() -> None:
    assert load().mail_door is None


def test_email_is_taken_by_lmtp_from_this_machine_alone_at_first() -> None:
    door = load(MAIL_LISTEN="127.0.0.1:2424").mail_door

    assert door is not None
    assert (door.host, door.port, door.protocol) == ("127.0.0.1", 2424, "lmtp")
    assert door.admits("127.0.0.1")
    assert door.admits("::1")
    assert door.admits("::ffff:127.0.0.1")
    assert not door.admits("10.0.0.5")
    assert not door.admits("")
    assert not door.must_encrypt


@pytest.mark.parametrize("value", ["2424", "127.0.0.1", "127.0.0.1:x", ":2424", "127.0.0.1:99999"])
def test_an_address_to_listen_on_that_is_none_is_refused(value: str) -> None:
    assert "MAIL_LISTEN: expected HOST:PORT" in refusal(MAIL_LISTEN=value)


def test_email_does_not_cross_a_network_in_the_clear() -> None:
    assert "set MAIL_CERTIFICATE_FILE" in refusal(MAIL_LISTEN="0.0.0.0:25", MAIL_PROTOCOL="smtp")
    assert load(MAIL_LISTEN="[::]:25", MAIL_CERTIFICATE_FILE="mail.pem").mail_door is not None


def test_who_may_connect_is_a_list_of_networks() -> None:
    assert "MAIL_PEERS: expected IP addresses or networks" in refusal(MAIL_PEERS="mx.maple.example")


def test_nobody_is_believed_about_senders_where_anybody_may_connect() -> None:
    open_to_all = {"MAIL_LISTEN": "127.0.0.1:2424", "MAIL_PEERS": "0.0.0.0/0"}

    assert load(**open_to_all).mail_door is not None
    assert "who could write these servers' results" in refusal(**open_to_all, MAIL_TRUSTED_SERVERS="mx.maple.example")


# ---- the bucket of pictures and files

BUCKET = {
    "ATTACHMENTS_BUCKET": "maple-street-pictures",
    "ATTACHMENTS_S3_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "ATTACHMENTS_S3_SECRET": "swordfish",
}


def test_pictures_are_kept_in_a_folder_unless_a_bucket_is_named() -> None:
    assert load().bucket is None
    assert load(ATTACHMENTS_S3_REGION="eu-central-1").bucket is None


def test_a_bucket_is_at_aws_unless_an_endpoint_is_named() -> None:
    bucket = load(**BUCKET).bucket

    assert bucket is not None
    assert (bucket.name, bucket.endpoint, bucket.region) == ("maple-street-pictures", None, "us-east-1")
    assert "swordfish" not in repr(bucket) + repr(load(**BUCKET))


@pytest.mark.parametrize(
    "endpoint", ["https://s3.example.com", "https://s3.example.com:9000/", "http://127.0.0.1:9000"]
)
def test_a_bucket_can_be_at_any_service_over_tls_or_on_this_machine(endpoint: str) -> None:
    bucket = load(**BUCKET, ATTACHMENTS_S3_ENDPOINT=endpoint).bucket

    assert bucket is not None
    assert bucket.endpoint == endpoint.rstrip("/")


@pytest.mark.parametrize("missing", BUCKET)
def test_a_bucket_that_is_half_set_stops_the_start(missing: str) -> None:
    assert f"; {missing} is missing; to keep pictures" in refusal(**(BUCKET | {missing: None}))


def test_an_endpoint_without_a_bucket_stops_the_start() -> None:
    assert f"{', '.join(BUCKET)} is missing" in refusal(ATTACHMENTS_S3_ENDPOINT="https://s3.example.com")


@pytest.mark.parametrize("name", ["ab", "Maple", "maple_street", "s3://maple", "maple/pictures", "-maple", "m" * 64])
def test_what_no_bucket_is_called_is_refused(name: str) -> None:
    assert "ATTACHMENTS_BUCKET is no name of a bucket" in refusal(**(BUCKET | {"ATTACHMENTS_BUCKET": name}))


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        ("http://s3.example.com", "expected https://"),
        ("http://10.0.0.5:9000", "expected https://"),
        ("ftp://127.0.0.1", "expected https://"),
        ("s3.example.com", "the address of the service alone"),
        ("https://s3.example.com/maple-street-pictures", "the address of the service alone"),
        ("https://key:secret@s3.example.com", "the address of the service alone"),
    ],
)
def test_pictures_cross_no_network_in_the_clear(endpoint: str, words: str) -> None:
    message = refusal(**BUCKET, ATTACHMENTS_S3_ENDPOINT=endpoint)

    assert "ATTACHMENTS_S3_ENDPOINT" in message
    assert words in message
    assert "swordfish" not in message


def test_the_buckets_secret_comes_from_a_file_that_nobody_else_reads(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("swordfish\n")
    file.chmod(0o600)
    settings = load(**(BUCKET | {"ATTACHMENTS_S3_SECRET": None, "ATTACHMENTS_S3_SECRET_FILE": str(file)}))

    assert settings.bucket is not None
    assert settings.bucket.secret == "swordfish"
