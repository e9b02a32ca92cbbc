"""A whole service in this process, console included, for attacks from outside."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from app.embedded_redis import EmbeddedRedis
from classifier import Classifier
from inbox.storage.database import Database
from intake.encryption import Keyring
from intake.settings import load_settings
from tests.staff.conftest import Console
from tests.standins.twilio import ACCOUNT_SID, AUTH_TOKEN, TwilioStandIn
from tests.world import DEMO_NUMBER, ENCRYPTION_KEY, PRACTICES_TOML

EMAIL_SECRET: Final = "a password of the mail service"
PUBLIC_URL: Final = "https://intake.example.com"


@contextmanager
def running_service() -> Iterator[Console]:
    """Run a service, which takes each client's address from X-Forwarded-For, so that limits don't end the attack."""
    standin = TwilioStandIn(numbers=(DEMO_NUMBER,))
    with tempfile.TemporaryDirectory(prefix="intake-security-") as name, standin as twilio:
        folder = Path(name)
        (folder / "practices.toml").write_text(PRACTICES_TOML)
        database = Database(f"sqlite:///{folder / 'intake.db'}", Keyring(ENCRYPTION_KEY))
        database.migrate()
        redis = EmbeddedRedis(folder / "redis")
        redis.start()
        try:
            settings = load_settings(
                _env_file=None,
                database_url=database.url,
                redis_url=redis.url,
                secret_key="a secret for attacks only",
                encryption_keys=ENCRYPTION_KEY,
                public_url=PUBLIC_URL,
                practices_file=folder / "practices.toml",
                models_dir=folder / "models",
                twilio_account_sid=ACCOUNT_SID,
                twilio_auth_token=AUTH_TOKEN,
                twilio_api_base_url=twilio.url,
                email_webhook_secret=EMAIL_SECRET,
                trusted_proxies=1,
            )
            with Console(settings, Classifier.load(), twilio) as console:
                yield console
        finally:
            redis.stop()
            database.close()
