"""Names in `.env` that look like a setting."""

from __future__ import annotations

import pytest

from app.env_check import find_misspelled
from intake.settings import Settings


@pytest.mark.parametrize(
    ("name", "meant"),
    [("TWILIO_ACCOUNT_SIDD", "TWILIO_ACCOUNT_SID"), ("REQIRE_TLS", "REQUIRE_TLS"), ("smtp_ulr", "SMTP_URL")],
)
def test_a_misspelled_setting_is_found(name: str, meant: str) -> None:
    assert find_misspelled([name]) == [(name, meant)]


def test_settings_and_the_names_of_other_programs_are_left_alone() -> None:
    own = [name.upper() for name in Settings.model_fields]

    assert find_misspelled([*own, "POSTGRES_PASSWORD", "TZ", "COMPOSE_PROJECT_NAME", "NODE_ENV"]) == []
