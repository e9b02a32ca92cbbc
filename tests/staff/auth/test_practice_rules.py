"""What a practice demands of whoever signs in: a second factor, and signing in again after idle time."""

from __future__ import annotations

from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import update

from inbox.accounts.members import IDLE_ENDS
from inbox.models import Passkey, StaffMember, StaffSession, now
from intake.practices import Practice, load_practices
from intake.settings import Settings
from staff.auth.access import idle_limit
from tests.staff.auth.test_account import new_secret
from tests.staff.conftest import PASSWORD, Browser, Console, StartConsole

SECOND_FACTOR = "access = { require_second_factor = true }"
IDLE = "access = { idle_minutes = 15 }"


def idle_for(console: Console, minutes: float) -> None:
    with console.edit() as session:
        session.execute(update(StaffSession).values(last_seen_at=now() - timedelta(minutes=minutes)))


def test_without_the_second_factor_that_a_practice_requires_nothing_of_a_patient_is_seen(
    start_console: StartConsole,
) -> None:
    console = start_console(SECOND_FACTOR)
    console.text("How much is a first visit?")
    dana = console.sign_in()
    for path in ("/staff/", "/staff/conversations/1", "/staff/review", "/staff/messages/1/recording"):
        answer = dana.get(path)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/staff/account"), path
    assert dana.post("/staff/search", data={"wanted": "visit"}).status_code == 403
    assert "requires two-step sign-in" in dana.get("/staff/account").text
    assert "alarms.js" not in dana.get("/staff/account").text  # it would take the way to this page for a sign-out

    code = pyotp.TOTP(new_secret(dana)).now()
    assert dana.post("/staff/account/authenticator", data={"password": PASSWORD, "code": code}).status_code == 200
    assert dana.get("/staff/conversations/1").status_code == 200
    assert "alarms.js" in dana.get("/staff/account").text


def test_a_passkey_is_a_second_factor_too(start_console: StartConsole) -> None:
    console = start_console(SECOND_FACTOR)
    dana = console.sign_in()
    assert dana.member is not None
    with console.edit() as session:
        key = Passkey(credential_id="key", public_key="", name="Phone")
        stored = session.get_one(StaffMember, dana.member.id)
        stored.passkeys.append(key)

    assert dana.get("/staff/").status_code == 200


def test_other_practices_do_not_require_it(start_console: StartConsole) -> None:
    assert start_console(SECOND_FACTOR).sign_in(practices=["other"]).get("/staff/").status_code == 200


@pytest.mark.parametrize(
    ("practices", "minutes", "stays"),
    [(["demo"], 14, True), (["demo"], 16, False), (["demo", "other"], 16, False), (["other"], 16, True)],
)
def test_an_idle_member_is_signed_out_after_the_strictest_practices_time(
    start_console: StartConsole, practices: list[str], minutes: int, stays: bool
) -> None:
    console = start_console(IDLE)
    dana = console.sign_in(practices=practices)
    idle_for(console, minutes)

    assert (dana.get("/staff/account").status_code == 200) == stays


def test_of_several_limits_the_strictest_counts_and_none_lengthens_a_session(settings: Settings) -> None:
    demo = load_practices(settings.practices_file).require("demo")

    def limited(minutes: int | None) -> Practice:
        return demo.model_copy(update={"access": demo.access.model_copy(update={"idle_minutes": minutes})})

    assert idle_limit([limited(60), limited(15), limited(None)]) == timedelta(minutes=15)
    assert idle_limit([limited(None)]) == idle_limit([limited(24 * 60)]) == idle_limit([]) == IDLE_ENDS


def test_a_page_that_is_open_keeps_nobody_signed_in_but_a_person_who_types_does(start_console: StartConsole) -> None:
    console = start_console(IDLE)
    dana: Browser = console.sign_in()
    for by, is_kept in (("live", False), ("activity", True)):
        idle_for(console, 14)
        dana.get("/staff/alarms", headers={"X-Requested-With": by})
        [row] = console.rows(StaffSession)
        assert (now() - row.last_seen_at < timedelta(minutes=1)) == is_kept
