"""Everything that the environment decides, read once and checked before anything starts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, DotEnvSettingsSource, EnvSettingsSource, SettingsConfigDict

from intake.bucket_place import DEFAULT_REGION, BucketPlace, parse_bucket
from intake.errors import IntakeError
from intake.key_sources import resolve_keys
from intake.loopback import is_loopback_name
from intake.made_token import REFUSED, is_made_token
from intake.mail_listening import MailDoor, MailProtocol, check_door, parse_address, parse_peers, parse_server_names
from intake.mail_server import parse_mail_server
from intake.notice_hosts import parse_notice_hosts
from intake.oidc_rights import parse_rights
from intake.transport_security import plain_database, plain_redis

ENV_FILE = Path(".env")
SHORTEST_SECRET = 16
_ACCOUNT_SID = re.compile(r"AC[0-9a-fA-F]{32}")
LONGEST_SEND_SECONDS = 60  # a worker abandons a send after this long


class Settings(BaseSettings):
    """The service's settings, one environment variable each (see `.env.example`); an empty variable is unset."""

    model_config = SettingsConfigDict(
        env_file=ENV_FILE, env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    database_url: str = Field(repr=False, description="SQLAlchemy address of the database")
    redis_url: str = Field(repr=False, description="where Redis listens")
    secret_key: str = Field(min_length=SHORTEST_SECRET, repr=False, description="signs tokens and cookies")
    encryption_keys: str = Field(
        repr=False, description="Fernet keys, comma-separated; the first encrypts, all decrypt"
    )
    public_url: str = Field(description="the address that Twilio and browsers use")
    practices_file: Path = Field(description="the practices this service answers for")
    secret_key_fallbacks: str | None = Field(
        default=None, repr=False, description="earlier SECRET_KEYs, comma-separated, which only verify"
    )
    secret_key_file: Path | None = Field(default=None, description="a file to read SECRET_KEY from")
    secret_key_command: str | None = Field(default=None, repr=False, description="a command that prints SECRET_KEY")
    encryption_keys_file: Path | None = Field(default=None, description="a file to read ENCRYPTION_KEYS from")
    encryption_keys_command: str | None = Field(
        default=None, repr=False, description="a command that prints ENCRYPTION_KEYS"
    )
    model_dir: Path | None = Field(default=None, description="an intent model that is used whatever is activated")
    models_dir: Path = Field(default=Path("var/models"), description="where the models that can be activated are kept")
    attachments_dir: Path = Field(
        default=Path("var/attachments"), description="where the files of attachments are kept, encrypted"
    )
    attachments_bucket: str | None = Field(
        default=None, description="an S3-compatible bucket that they are kept in instead"
    )
    attachments_s3_endpoint: str | None = Field(default=None, description="address of its service, unless it is AWS")
    attachments_s3_region: str = Field(default=DEFAULT_REGION, description="region of the bucket")
    attachments_s3_key_id: str | None = Field(default=None, description="ID of the access key of the bucket")
    attachments_s3_secret: str | None = Field(default=None, repr=False, description="secret of that access key")
    attachments_s3_secret_file: Path | None = Field(
        default=None, description="a file to read ATTACHMENTS_S3_SECRET from"
    )
    attachments_s3_secret_command: str | None = Field(
        default=None, repr=False, description="a command that prints ATTACHMENTS_S3_SECRET"
    )
    twilio_account_sid: str | None = Field(default=None, description="account that texts are sent from")
    twilio_auth_token: str | None = Field(default=None, repr=False, description="checks signatures, sends texts")
    twilio_api_base_url: str = Field(default="https://api.twilio.com", description="Twilio's REST API")
    smtp_url: str | None = Field(default=None, repr=False, description="mail server that email goes out through")
    notice_hosts: str = Field(
        default="", description="IP addresses inside the network that staff notices may go to, comma-separated"
    )
    email_webhook_secret: str | None = Field(
        default=None, min_length=16, repr=False, description="password of the webhook that email comes in by"
    )
    mail_listen: str | None = Field(default=None, description="HOST:PORT that raw mail is taken in at")
    mail_protocol: MailProtocol = Field(default="lmtp", description="what is spoken there: lmtp or smtp")
    mail_peers: str = Field(default="127.0.0.1, ::1", description="IP addresses and networks that may connect to it")
    mail_certificate_file: Path | None = Field(default=None, description="certificate for STARTTLS, with its chain")
    mail_key_file: Path | None = Field(default=None, description="key of that certificate, if in a file of its own")
    mail_trusted_servers: str = Field(
        default="", description="mail servers whose Authentication-Results are believed, comma-separated"
    )
    mail_largest_bytes: int = Field(
        default=36 * 1024 * 1024, ge=64 * 1024, le=100 * 1024 * 1024, description="largest mail"
    )
    oidc_issuer: str | None = Field(default=None, description="identity provider for single sign-on")
    oidc_client_id: str | None = Field(default=None, description="who this service is to the identity provider")
    oidc_client_secret: str | None = Field(
        default=None, repr=False, description="proves this service to the identity provider"
    )
    oidc_claim: str = Field(default="groups", description="claim of the identity provider that decides about rights")
    oidc_rights: str | None = Field(
        default=None, description="what each value of the claim allows, such as nurses=staff:maple-street"
    )
    sentry_dsn: str | None = Field(default=None, repr=False, description="where errors are reported")
    metrics_token: str | None = Field(
        default=None, min_length=16, repr=False, description="what Prometheus proves itself with at /metrics"
    )
    settle_after_seconds: float = Field(
        default=LONGEST_SEND_SECONDS,
        allow_inf_nan=False,
        description="how long after an unanswered send began Twilio's message list is first searched",
    )
    reconcile_every_seconds: int = Field(
        default=5, ge=1, description="how often a worker looks for unfinished messages and deliveries"
    )
    undo_seconds: int = Field(
        default=8,
        ge=0,
        le=60,
        description="how long staff can undo what they sent, closed, transferred, snoozed, or labeled",
    )
    backup_key: str | None = Field(default=None, repr=False, description="encrypts backups; not one of ENCRYPTION_KEYS")
    trusted_proxies: int = Field(default=0, ge=0, description="proxies in front that write X-Forwarded-For")
    require_tls: bool = Field(
        default=False, description="whether Redis and PostgreSQL on other machines must be reached with TLS"
    )
    demo_mode: bool = Field(default=False, description="whether the page at / has a phone to play a patient with")

    @model_validator(mode="before")
    @classmethod
    def _fetch_keys(cls, given: dict[str, Any]) -> dict[str, Any]:
        return resolve_keys(given)

    @field_validator("database_url")
    @classmethod
    def _name_a_driver(cls, value: str) -> str:
        return name_driver(value)

    @field_validator("redis_url")
    @classmethod
    def _known_redis_scheme(cls, value: str) -> str:
        if not value.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("expected redis://HOST:PORT/0, rediss://… or unix://PATH")
        return value

    @field_validator("encryption_keys")
    @classmethod
    def _are_fernet_keys(cls, value: str) -> str:
        keys = _separate(value)
        if not keys:
            raise ValueError("expected at least one key; make one with `intake keys new`")
        for number, key in enumerate(keys, start=1):
            try:
                Fernet(key)
            except ValueError:
                raise ValueError(f"key {number} is not a Fernet key; make one with `intake keys new`") from None
        return ",".join(keys)

    @field_validator("secret_key_fallbacks")
    @classmethod
    def _are_long_enough(cls, value: str | None) -> str | None:
        if any(len(key) < SHORTEST_SECRET for key in _separate(value or "")):
            raise ValueError(f"expected earlier keys of at least {SHORTEST_SECRET} characters, separated by commas")
        return value

    @field_validator("settle_after_seconds")
    @classmethod
    def _outlasts_every_send(cls, value: float) -> float:
        if value < LONGEST_SEND_SECONDS:
            raise ValueError(
                f"expected at least {LONGEST_SEND_SECONDS}, the longest that a send takes; a text that is looked for"
                " while it is being sent could go out twice"
            )
        return value

    @field_validator("twilio_account_sid")
    @classmethod
    def _is_of_an_account(cls, value: str | None) -> str | None:
        if value is None or _ACCOUNT_SID.fullmatch(value):
            return value
        if value.startswith("SK"):
            raise ValueError(
                "this is the SID of an API key; expected the Account SID, which is AC and 32 digits and letters, and"
                " its Auth Token"
            )
        raise ValueError("expected the Account SID of Twilio's console, which is AC and 32 digits and letters a to f")

    @field_validator("smtp_url")
    @classmethod
    def _is_a_mail_server(cls, value: str | None) -> str | None:
        if value is not None:
            parse_mail_server(value)
        return value

    @field_validator("mail_listen")
    @classmethod
    def _is_an_address(cls, value: str | None) -> str | None:
        if value is not None:
            parse_address(value)
        return value

    @field_validator("mail_peers")
    @classmethod
    def _are_networks(cls, value: str) -> str:
        parse_peers(value)
        return value

    @field_validator("notice_hosts")
    @classmethod
    def _are_ip_addresses(cls, value: str) -> str:
        parse_notice_hosts(value)
        return value

    @field_validator("public_url", "twilio_api_base_url")
    @classmethod
    def _is_a_base_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
            raise ValueError("expected an address such as https://intake.example.com")
        return value.rstrip("/")

    @field_validator("public_url")
    @classmethod
    def _is_encrypted(cls, value: str) -> str:
        if value.startswith("http://") and not is_loopback_name(urlsplit(value).hostname or ""):
            raise ValueError(
                "expected https://, because patients' messages and staff passwords go there; http:// is only for this"
                " machine, such as http://127.0.0.1:8000"
            )
        return value

    @field_validator("oidc_issuer")
    @classmethod
    def _is_a_safe_issuer(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        is_local = parts.scheme == "http" and is_loopback_name(parts.hostname or "")
        if not parts.netloc or not (parts.scheme == "https" or is_local):
            raise ValueError("expected the https address of the identity provider, such as https://id.example.com")
        return value.rstrip("/")

    @field_validator("oidc_rights")
    @classmethod
    def _are_rights(cls, value: str | None) -> str | None:
        if value is not None:
            parse_rights(value)
        return value

    @model_validator(mode="after")
    def _identity_provider_is_complete(self) -> Settings:
        needed = {
            "OIDC_ISSUER": self.oidc_issuer,
            "OIDC_CLIENT_ID": self.oidc_client_id,
            "OIDC_CLIENT_SECRET": self.oidc_client_secret,
            "OIDC_RIGHTS": self.oidc_rights,
        }
        missing = [name for name, value in needed.items() if value is None]
        if 0 < len(missing) < len(needed):
            raise ValueError(f"single sign-on needs all of {', '.join(needed)}; {', '.join(missing)} is missing")
        return self

    @model_validator(mode="after")
    def _bucket_is_complete(self) -> Settings:
        parse_bucket(vars(self))
        return self

    @model_validator(mode="after")
    def _takes_mail_in_safely(self) -> Settings:
        if self.mail_door is not None:
            check_door(self.mail_door)
        return self

    @model_validator(mode="after")
    def _account_needs_its_token(self) -> Settings:
        if self.twilio_account_sid and not self.twilio_auth_token:
            raise ValueError("TWILIO_ACCOUNT_SID is set but TWILIO_AUTH_TOKEN is not; set both or neither")
        if self.twilio_account_sid and is_made_token(self.twilio_auth_token or ""):
            raise ValueError(REFUSED)
        return self

    @model_validator(mode="after")
    def _a_demo_texts_nobody(self) -> Settings:
        if self.demo_mode and self.twilio_account_sid:
            raise ValueError("DEMO_MODE plays patients with made-up numbers; unset it, or TWILIO_ACCOUNT_SID")
        return self

    @model_validator(mode="after")
    def _crosses_no_network_in_the_clear(self) -> Settings:
        if self.require_tls and plain_redis(self.redis_url):
            raise ValueError(
                "REDIS_URL crosses a network unencrypted, but REQUIRE_TLS is set; use rediss://HOST:PORT/0"
            )
        if self.require_tls and plain_database(self.database_url):
            raise ValueError(
                "DATABASE_URL crosses a network unencrypted, but REQUIRE_TLS is set; add ?sslmode=verify-full (or"
                " require, which doesn't check the certificate)"
            )
        return self

    @property
    def secret_keys(self) -> tuple[str, ...]:
        """The keys of tokens and cookies: the first signs, all verify."""
        return self.secret_key, *_separate(self.secret_key_fallbacks or "")

    @property
    def bucket(self) -> BucketPlace | None:
        """The bucket that pictures and files are kept in, if not in `attachments_dir`."""
        return parse_bucket(vars(self))

    @property
    def mail_door(self) -> MailDoor | None:
        """Where raw mail is taken in, if anywhere."""
        if self.mail_listen is None:
            return None
        host, port = parse_address(self.mail_listen)
        return MailDoor(
            host=host,
            port=port,
            protocol=self.mail_protocol,
            peers=parse_peers(self.mail_peers),
            largest=self.mail_largest_bytes,
            trusted=parse_server_names(self.mail_trusted_servers),
            certificate=self.mail_certificate_file,
            key=self.mail_key_file,
        )

    @property
    def sends_texts(self) -> bool:
        """Whether Twilio credentials are there; without them texts are printed, not sent."""
        return self.twilio_account_sid is not None


def name_driver(database_url: str) -> str:
    """Return the address of a database with the driver that SQLAlchemy must use.

    Raises:
        ValueError: it is not the address of a database that the service can use.
    """
    for prefix in ("postgres://", "postgresql://"):
        if database_url.startswith(prefix):
            return "postgresql+psycopg://" + database_url.removeprefix(prefix)
    if not database_url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ValueError("expected sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME")
    return database_url


def load_settings(**values: object) -> Settings:
    """Read the settings from the environment and `.env`, the environment first.

    Args:
        values: settings that win over both, by field name.

    Raises:
        IntakeError: one or more variables are missing or wrong; the message names each.
    """
    try:
        return Settings(**values)  # type: ignore[arg-type]
    except ValidationError as error:
        raise IntakeError("the settings are not usable: " + "; ".join(_explain(error))) from None


def given_settings(*env_files: Path) -> dict[str, Any]:
    """Return the settings that are set, by field name and unchecked, even if others are missing.

    Args:
        env_files: Files to read if they exist; a later file wins, and the environment wins over all.
    """
    in_files = DotEnvSettingsSource(Settings, env_file=env_files, dotenv_filtering="only_existing")
    return in_files() | EnvSettingsSource(Settings)()


def _separate(keys: str) -> list[str]:
    return [key.strip() for key in keys.split(",") if key.strip()]


def _explain(error: ValidationError) -> list[str]:
    lines = []
    for problem in error.errors(include_url=False, include_input=False, include_context=False):
        name = str(problem["loc"][0]).upper() if problem["loc"] else ""
        if problem["type"] == "missing":
            description = Settings.model_fields[name.lower()].description
            lines.append(f"{name} is missing ({description})")
        else:
            message = problem["msg"].removeprefix("Value error, ")
            lines.append(f"{name}: {message}" if name else message)
    return lines
