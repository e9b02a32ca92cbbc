"""Where email goes out, as the settings name it."""

from __future__ import annotations

import pytest

from intake.errors import IntakeError
from intake.mail_server import Encryption, MailServer, parse_mail_server
from intake.settings import Settings, load_settings
from tests.world import ENCRYPTION_KEY


def load(**values: str) -> Settings:
    given = {
        "database_url": "sqlite:////var/lib/intake/intake.db",
        "redis_url": "redis://127.0.0.1:6379/0",
        "secret_key": "a secret for tests only",
        "encryption_keys": ENCRYPTION_KEY,
        "public_url": "https://intake.example.com",
        "practices_file": "practices.toml",
    }
    return load_settings(_env_file=None, **(given | values))


@pytest.mark.parametrize(
    ("url", "server"),
    [
        (
            "smtp://maple:swordfish@mail.example:2525",
            MailServer("mail.example", 2525, Encryption.STARTTLS, "maple", "swordfish"),
        ),
        ("smtp://mail.example", MailServer("mail.example", 587, Encryption.STARTTLS)),
        ("smtp://mail.example/", MailServer("mail.example", 587, Encryption.STARTTLS)),
        ("smtps://mail.example", MailServer("mail.example", 465, Encryption.TLS)),
        ("smtps://127.0.0.1", MailServer("127.0.0.1", 465, Encryption.TLS)),
        ("smtp://localhost:25", MailServer("localhost", 25, Encryption.NONE)),
        ("smtp://127.0.0.5:25", MailServer("127.0.0.5", 25, Encryption.NONE)),
        ("smtp://[::1]:25", MailServer("::1", 25, Encryption.NONE)),
        ("smtp://10.0.0.1:25", MailServer("10.0.0.1", 25, Encryption.STARTTLS)),
        (
            "smtp://apikey:a%40b%2Fc%3A@mail.example",
            MailServer("mail.example", 587, Encryption.STARTTLS, "apikey", "a@b/c:"),
        ),
    ],
)
def test_an_address_names_host_port_encryption_and_user(url: str, server: MailServer) -> None:
    assert parse_mail_server(url) == server


@pytest.mark.parametrize(
    "url",
    [
        "mail.example",
        "mail.example:587",
        "https://mail.example",
        "smtp://",
        "smtp://:587",
        "smtp://mail.example:port",
        "smtp://mail.example:99999",
        "smtp://mail.example/inbox",
        "smtp://mail.example?tls=no",
        "smtp://maple@mail.example",
        "smtp://:swordfish@mail.example",
        "smtp://[::1",
        "smtp://" + "x" * 64 + ".example",
    ],
)
def test_an_address_of_another_form_stops_the_start_and_is_not_shown(url: str) -> None:
    with pytest.raises(IntakeError) as refused:
        load(smtp_url=url)

    message = str(refused.value)
    assert "SMTP_URL: expected smtp://USER:PASSWORD@HOST:587 or smtps://USER:PASSWORD@HOST:465" in message
    assert "swordfish" not in message


def test_the_password_is_never_shown() -> None:
    settings = load(smtp_url="smtp://maple:swordfish@mail.example", email_webhook_secret="herring and swordfish")

    assert "swordfish" not in repr(parse_mail_server(settings.smtp_url or ""))
    assert "swordfish" not in repr(settings)


def test_email_is_optional_in_both_directions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMTP_URL", "")
    monkeypatch.setenv("EMAIL_WEBHOOK_SECRET", "")
    settings = load()

    assert settings.smtp_url is None
    assert settings.email_webhook_secret is None


def test_a_password_that_could_be_guessed_is_refused() -> None:
    with pytest.raises(IntakeError, match="EMAIL_WEBHOOK_SECRET"):
        load(email_webhook_secret="swordfish")
