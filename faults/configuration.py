"""The settings of a service that is broken, and which workers it runs."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

from faults.emails import EMAIL_SECRET
from faults.postgres import postgres
from faults.standins import FaultyTwilio
from faults.template import migrated_file
from intake.settings import Settings, load_settings
from tests.e2e.processes import ROOT
from tests.standins.smtp import SmtpStandIn
from tests.standins.twilio import ACCOUNT_SID, AUTH_TOKEN
from tests.world import ENCRYPTION_KEY, PRACTICES_TOML

SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
PRACTICE = "demo"


def make_settings(
    folder: Path, database: str, told: str, redis_url: str, twilio: FaultyTwilio, smtp: SmtpStandIn
) -> Settings:
    """Make an empty database and a practices file, and return settings that name them and the stand-ins.

    Args:
        folder: where both go.
        database: what messages are stored in.
        told: whom the practice notifies, as lines of its table in TOML.
        redis_url: where Redis listens.
        twilio: the stand-in for Twilio.
        smtp: the stand-in for a mail server.
    """
    practices = folder / "practices.toml"
    slug = f'"{PRACTICE}"\n'
    practices.write_text(PRACTICES_TOML.replace(slug, f"{slug}{told}\n", 1))
    return load_settings(
        _env_file=None,
        database_url=_new_database(folder) if database == SQLITE else postgres().new_database(),
        redis_url=redis_url,
        secret_key="a secret for faults only",
        encryption_keys=ENCRYPTION_KEY,
        public_url="https://intake.example.com",
        practices_file=practices,
        models_dir=folder / "models",
        twilio_account_sid=ACCOUNT_SID,
        twilio_auth_token=AUTH_TOKEN,
        twilio_api_base_url=twilio.url,
        smtp_url=smtp.url,
        email_webhook_secret=EMAIL_SECRET,
        notice_hosts="127.0.0.1",
        reconcile_every_seconds=1,
    )


def worker_lines() -> list[list[str]]:
    """Return the options of each worker in the Procfile."""
    commands = [line.partition(":")[2] for line in (ROOT / "Procfile").read_text().splitlines()]
    words = [shlex.split(command) for command in commands]
    return [options for _, command, *options in words if command == "worker"]


def _new_database(folder: Path) -> str:
    shutil.copy(migrated_file(), folder / "intake.db")
    return f"sqlite:///{folder / 'intake.db'}"
