"""A practice whose emergencies page nobody is warned about at the start and by `intake practice check`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from app.exits import NOBODY_PAGED
from app.paging_check import warn_if_nobody_is_paged, warn_of_lost_practices
from inbox.accounts.members import add_member
from inbox.contact.consent import record_consent
from inbox.incoming.inbound import record_message
from inbox.models import Escalation, Role, now
from inbox.practices.setting_versions import Change, Standing, add_version
from inbox.storage.database import Database
from intake.practice_settings import Override
from intake.practices import load_practices
from intake.settings import Settings
from tests.app.command import complete, intake
from tests.inbox.conftest import inbound
from tests.standins.twilio import ACCOUNT_SID, AUTH_TOKEN
from tests.world import PRACTICES_TOML

PAGED = PRACTICES_TOML.replace(
    'slug = "demo"\n', 'slug = "demo"\nteams = { on_call = { notify = ["sms:+12025550112"] } }\n'
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "practices.toml"
    path.write_text(PRACTICES_TOML)
    return path


def warnings_of(database: Database, file: Path, settings: Settings) -> list[str]:
    said: list[str] = []
    with capture_logs() as logged:
        warn_if_nobody_is_paged(database, load_practices(file), settings, said.append)
    assert [entry["practice"] for entry in logged if entry["event"] == "nobody_is_paged"] == [
        line.split(" at ")[1].split(":")[0] for line in said
    ]
    return said


def test_each_such_practice_is_logged_and_printed_at_the_start(
    database: Database, file: Path, settings: Settings
) -> None:
    said = warnings_of(database, file, settings)

    assert [line[:60] for line in said] == [
        "Warning: nobody is paged for emergencies at demo: its on_cal",
        "Warning: nobody is paged for emergencies at other: its on_ca",
    ]
    assert all("teams.on_call.notify" in line for line in said)


def test_practices_that_have_data_and_are_not_in_the_file_are_named_open_alarms_first(
    database: Database, file: Path
) -> None:
    said: list[str] = []
    warn_of_lost_practices(database, load_practices(file), said.append)
    assert said == []
    record_message(database, inbound(practice="a-typo"))
    message_id = record_message(database, inbound(practice="removed")).message_id
    with database.write() as session:
        alarm = {"message_id": message_id, "conversation_id": 2, "practice": "removed", "code": "A1"}
        session.add(Escalation(**alarm, next_step_at=now()))

    with capture_logs() as logged:
        warn_of_lost_practices(database, load_practices(file), said.append)

    assert [(entry["practice"], entry["open_alarms"]) for entry in logged] == [("removed", 1), ("a-typo", 0)]
    assert "lacks practices that have data: removed (1 open alarm), a-typo." in said[0]


def test_a_check_of_the_file_names_them_too(database: Database, file: Path, tmp_path: Path) -> None:
    record_message(database, inbound(practice="removed"))

    done = intake(
        "practice", "check", str(file), folder=tmp_path, environment=complete(tmp_path, DATABASE_URL=database.url)
    )

    assert "lacks practices that have data: removed." in done.err


def test_one_with_an_address_is_not(database: Database, file: Path, settings: Settings) -> None:
    file.write_text(PAGED)

    assert len(warnings_of(database, file, settings)) == 1


def test_a_phone_counts_only_if_texts_can_be_sent(database: Database, file: Path, settings: Settings) -> None:
    file.write_text(PAGED)
    without = settings.model_copy(update={"twilio_account_sid": None})

    (demo, _other) = warnings_of(database, file, without)
    assert "no carrier is set for them. Set TWILIO_ACCOUNT_SID" in demo


def test_a_phone_that_texted_stop_pages_nobody(database: Database, file: Path, settings: Settings) -> None:
    file.write_text(PAGED)
    with database.write() as session:
        record_consent(session, "demo", "+12025550112", opted_out=True)

    (demo, _other) = warnings_of(database, file, settings)
    assert "every on-call phone texted STOP. Text START from each to the practice" in demo


def test_an_address_that_a_manager_set_in_the_console_counts(
    database: Database, file: Path, settings: Settings
) -> None:
    file.write_text(PAGED.replace('"sms:+12025550112"', ""))
    key, address = "teams.on_call.notify", ["sms:+12025550112"]
    with database.write() as session:
        standing = Standing(1, {key: Override(address, [])})
        member = add_member(session, "dana@maple.example", "Dana Reyes", Role.MANAGER, ["demo"], "long enough to take")
        add_version(session, "demo", standing, {key: Change([], address, [])}, staff_id=member.id)

    assert [line for line in warnings_of(database, file, settings) if " demo:" in line] == []


def check(file: Path, settings_here: str = "") -> tuple[int, list[str]]:
    """Checks a file in its own folder with these settings; returns the status and the practices that page nobody."""
    (file.parent / ".env").write_text(settings_here)
    done = intake("practice", "check", file.name, folder=file.parent)
    return done.status, re.findall(r"nobody is paged for emergencies at (\w+)", done.err)


def test_practice_check_warns_and_says_so_by_its_status(file: Path) -> None:
    assert check(file) == (NOBODY_PAGED, ["demo", "other"])


def test_practice_check_is_silent_about_one_that_pages_somebody(file: Path) -> None:
    file.write_text(PAGED)
    assert check(file) == (NOBODY_PAGED, ["other"])

    file.write_text(
        PAGED.replace('slug = "other"\n', 'slug = "other"\nteams = { on_call = { notify = ["sms:+12025550113"] } }\n')
    )
    assert check(file) == (0, [])


def test_practice_check_counts_a_phone_only_if_this_service_can_text(file: Path) -> None:
    file.write_text(PAGED)

    assert check(file, f"SECRET_KEY=only-for-tests\nTWILIO_AUTH_TOKEN={AUTH_TOKEN}\n") == (3, ["demo", "other"])
    assert check(file, f"TWILIO_ACCOUNT_SID={ACCOUNT_SID}\nTWILIO_AUTH_TOKEN={AUTH_TOKEN}\n") == (3, ["other"])
