"""In an emergency a member opens another practice's conversations for an hour: recorded, and told to its admins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from inbox.models import AuditEntry, Conversation, EmergencyAccess, Role, now
from inbox.practices.live import LivePractices
from intake.practices import load_practices
from intake.settings import Settings
from tasks.mail.accounts import announce_emergency
from tests.staff.accounts.dying_mail import WorkerDiedError, with_dying_mail
from tests.staff.conftest import Browser, Console
from tests.standins.smtp import Fault, SmtpStandIn, Stage
from tests.world import PRACTICES_TOML
from web.services import attach, services_of

TEXT = "My chest feels tight and my left arm is numb"
FORM = {"name": "Harbor Dental", "reason": "Their nurse is out, and a patient called us about chest pain."}
ALLOWING = PRACTICES_TOML + "\n[practice.access]\nemergency_access = true\n"


@pytest.fixture
def console(settings: Settings, console_of: Callable[[Settings], Console]) -> Console:
    """Two practices, of which the second allows emergency access and has one conversation."""
    settings.practices_file.write_text(ALLOWING)
    console = console_of(settings)
    console.text(TEXT, to="+12025550180")
    return console


def recorded(console: Console) -> list[tuple[str, str | None, bool]]:
    kinds = ("emergency_access", "emergency_ended", "emergency_reviewed", "viewed", "listed")
    return [
        (entry.action, entry.practice, bool(entry.detail.get("emergency")))
        for entry in console.rows(AuditEntry)
        if entry.action in kinds
    ]


def test_whoever_helps_out_takes_over_for_the_moment_and_the_conversation_stays_the_practices(console: Console) -> None:
    dana = console.sign_in()
    dana.post("/staff/emergency", data=FORM)

    assert dana.post("/staff/conversations/1/take-over").status_code == 303

    [conversation] = console.rows(Conversation)
    assert conversation.staff_took_over_at is not None
    assert conversation.assigned_to is None


def test_a_member_opens_another_practices_conversation_for_a_reason_and_an_hour(console: Console) -> None:
    dana = console.sign_in()
    assert dana.get("/staff/conversations/1").status_code == 404
    answer = dana.post("/staff/emergency", data=FORM)
    assert answer.headers["Location"] == "/staff/?practice=other"

    assert TEXT in dana.get("/staff/").text
    assert TEXT in dana.get("/staff/conversations/1").text
    assert recorded(console) == [
        ("emergency_access", "other", False),
        ("listed", None, True),
        ("viewed", "other", True),
        ("listed", None, True),  # beside it
    ]
    with console.edit() as session:
        session.query(EmergencyAccess).one().expires_at = now()
    assert dana.get("/staff/conversations/1").status_code == 404
    assert TEXT not in dana.get("/staff/").text


def test_it_can_be_given_back_early(console: Console) -> None:
    dana = console.sign_in()
    dana.post("/staff/emergency", data=FORM)
    dana.post("/staff/emergency/end")

    assert dana.get("/staff/conversations/1").status_code == 404


def test_it_gives_no_rights_beyond_conversations(console: Console) -> None:
    dana = console.sign_in(Role.ADMIN)
    dana.post("/staff/emergency", data=FORM)

    assert dana.get("/staff/settings/other").status_code == 404
    assert dana.post("/staff/conversations/1/hold", data={"hold": "place"}).status_code == 403
    assert dana.get("/staff/conversations/1/fhir.json").status_code == 403
    assert dana.post("/staff/conversations/1/found", data={"found": "1.0"}).status_code == 403
    assert "Foreign" not in dana.get("/staff/accounts").text


def test_it_opens_no_patient_record_and_shows_no_name_from_one(console: Console) -> None:
    place = "/staff/conversations/1/patient"
    colleague = console.sign_in(practices=["other"])
    assert colleague.post(place, data={"name": "Maria Rivera", "use": "address"}).status_code == 303
    dana = console.sign_in(Role.ADMIN)
    dana.post("/staff/emergency", data=FORM)

    assert {dana.get(path).status_code for path in ("/staff/patients/other", "/staff/patients/other/1")} == {404}
    assert dana.get(place).status_code == 403
    for path, form in (
        (place, {"name": "Maria Rivera", "record": "1"}),
        (f"{place}/search", {"wanted": "Maria"}),
        ("/staff/conversations/1/found/1", {"found": "1.0"}),
    ):
        assert dana.post(path, data=form).status_code == 403, path
    for page in ("/staff/", "/staff/conversations/1"):
        assert TEXT in dana.get(page).text
        assert "Maria" not in dana.get(page).text
    results = dana.post("/staff/search", data={"wanted": "Maria Rivera"}).headers["Location"]
    assert TEXT not in dana.get(results).text
    assert (
        TEXT in colleague.get(colleague.post("/staff/search", data={"wanted": "Maria Rivera"}).headers["Location"]).text
    )


@pytest.mark.parametrize(
    "change", [{"name": "Harbour Dentist"}, {"name": "Maple Street"}, {"name": ""}, {"reason": "urgent"}]
)
def test_a_request_without_a_practice_that_allows_it_or_a_reason_opens_nothing(
    console: Console, change: dict[str, str]
) -> None:
    dana = console.sign_in()

    assert dana.post("/staff/emergency", data=FORM | change).status_code == 400
    assert console.rows(EmergencyAccess) == []


def test_a_practice_that_does_not_allow_it_is_not_opened(
    settings: Settings, console_of: Callable[[Settings], Console]
) -> None:
    console = console_of(settings)
    console.text(TEXT, to="+12025550180")
    dana = console.sign_in()

    assert dana.post("/staff/emergency", data=FORM).status_code == 400
    assert dana.get("/staff/conversations/1").status_code == 404


def test_the_reason_is_encrypted(console: Console) -> None:
    console.sign_in().post("/staff/emergency", data=FORM)
    with console.database.read() as session:
        raw = bytes(session.connection().exec_driver_sql("SELECT reason FROM emergency_accesses").scalar_one())

    assert b"nurse" not in raw


def test_administrators_of_the_practice_are_told_on_every_page_until_one_has_reviewed_it(console: Console) -> None:
    console.sign_in(name="Dana Reyes").post("/staff/emergency", data=FORM)
    admin, elsewhere = console.sign_in(Role.ADMIN, ["other"]), console.sign_in(Role.ADMIN)
    assert "Emergency access was used." in admin.get("/staff/account").text
    assert "Emergency access was used." not in elsewhere.get("/staff/account").text
    assert "Dana Reyes" in admin.get("/staff/accounts/emergency").text
    assert FORM["reason"] in admin.get("/staff/accounts/emergency").text

    assert elsewhere.post("/staff/accounts/emergency/1").status_code == 404
    assert admin.post("/staff/accounts/emergency/1").status_code == 303
    assert "Emergency access was used." not in admin.get("/staff/account").text
    assert recorded(console)[-1] == ("emergency_reviewed", "other", False)


def test_administrators_of_the_practice_get_mail_without_a_word_about_patients(
    settings: Settings, console_of: Callable[[Settings], Console]
) -> None:
    settings.practices_file.write_text(ALLOWING)
    with SmtpStandIn() as mail:
        console = console_of(settings.model_copy(update={"smtp_url": mail.url}))
        admin = console.add_member(Role.ADMIN, ["other"])
        console.add_member(Role.STAFF, ["other"])
        console.sign_in(name="Dana Reyes").post("/staff/emergency", data=FORM)
        console.work()

        [sent] = mail.mails
    assert [sent.recipient] == [admin.email]
    body = sent.text
    assert "Dana Reyes has opened emergency access" in body
    assert "chest pain" not in body


def test_each_administrator_gets_word_once_although_jobs_and_workers_are_lost(
    settings: Settings, console_of: Callable[[Settings], Console]
) -> None:
    settings.practices_file.write_text(ALLOWING)
    with SmtpStandIn() as mail:
        console = console_of(settings.model_copy(update={"smtp_url": mail.url}))
        admins = [console.add_member(Role.ADMIN, ["other"]) for _ in range(2)]
        console.sign_in(name="Dana Reyes").post("/staff/emergency", data=FORM)
        console.redis.flushall()  # the job is lost
        with pytest.raises(WorkerDiedError):
            announce_emergency(with_dying_mail(console.context), 1)
        assert console.reconcile() == 0, "the other attempt may still be at it"

        mail.faults.push(Fault.answer(Stage.RCPT, 451))
        let_pass(console, timedelta(minutes=2))
        console.reconcile()
        assert len(mail.mails) == 1, "one is busy"
        let_pass(console, timedelta(minutes=2))
        console.reconcile()
        assert console.reconcile() == 0

    assert sorted(sent.recipient for sent in mail.mails) == sorted(admin.email for admin in admins)


def let_pass(console: Console, duration: timedelta) -> None:
    with console.edit() as session:
        session.get_one(EmergencyAccess, 1).announce_again_at -= duration


def test_a_disabled_member_loses_it(console: Console) -> None:
    dana: Browser = console.sign_in()
    dana.post("/staff/emergency", data=FORM)
    assert dana.member is not None
    console.sign_in(Role.ADMIN).post(f"/staff/accounts/{dana.member.id}/disable")

    assert console.rows(EmergencyAccess)[0].expires_at <= now()


def test_a_practice_that_turns_it_off_ends_the_access_that_is_open(console: Console) -> None:
    dana = console.sign_in()
    dana.post("/staff/emergency", data=FORM)
    assert dana.get("/staff/conversations/1").status_code == 200

    console.settings.practices_file.write_text(PRACTICES_TOML)
    services = services_of(console.app)
    live = LivePractices(services.database, load_practices(console.settings.practices_file))
    attach(console.app, replace(services, live=live))
    assert dana.get("/staff/conversations/1").status_code == 404
