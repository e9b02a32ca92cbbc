"""Testing a practice's setup: a notice to one address of a team, or an email to the member who asked for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from sqlalchemy.orm import Session

from inbox.contact.consent import is_opted_out_for_sure
from inbox.models import SetupTest, SetupTestKind, SetupTestState, StaffMember, now
from inbox.storage.key_registry import lacks_keys
from intake.practices import TEXT_PREFIX, Practice
from intake.vocabulary import Medium
from tasks.carriers.protocol import Accepted, NotSent, Outcome, OutgoingMessage, Postponed, Refused
from tasks.notification.render import Wording
from tasks.notification.targets import key_of, tested_addresses
from tasks.queues.queue import AfterCommit

if TYPE_CHECKING:
    from tasks.context import Context

log = structlog.get_logger(__name__)

GONE, OPTED_OUT, MISSING_KEY = "gone", "opted out", "missing key"
LONGEST_OUTCOME = 40


def run_setup_test(context: Context, test_id: int) -> AfterCommit:
    """Send a test, and note what became of it; a test is sent once and not retried, as someone waits for the answer."""
    with context.database.write() as session:
        test = session.get(SetupTest, test_id, with_for_update=True)
        if test is None or test.state != SetupTestState.WAITING:
            return AfterCommit()
        practice = context.practices.by_slug(test.practice)
        kind, team, target = test.kind, test.team, test.target
        email = session.get_one(StaffMember, test.staff_id).email
        address = tested_addresses(practice, team).get(target) if practice is not None and team is not None else None
        obstacle = _find_obstacle(session, practice, address)
    if practice is None or obstacle:
        outcome: Outcome = Refused(obstacle or GONE)
    elif kind == SetupTestKind.EMAIL:
        outcome = _send_email(context, practice, email, test_id)
    else:
        outcome = Refused(GONE) if address is None else _send_notice(context, practice, address)
    with context.database.write() as session:
        test = session.get_one(SetupTest, test_id)
        test.state = SetupTestState.ACCEPTED if isinstance(outcome, Accepted) else SetupTestState.FAILED
        test.outcome, test.finished_at = code_of(outcome), now()
    log.info("setup_tested", test_id=test_id, kind=str(kind), state=str(test.state), outcome=test.outcome)
    return AfterCommit()


def code_of(outcome: Outcome) -> str | None:
    """Return why a test failed, in a word; None if it was accepted."""
    match outcome:
        case Accepted():
            return None
        case NotSent():
            return "not sent"
        case Postponed():
            return "postponed"
        case _:
            return outcome.code[:LONGEST_OUTCOME]


def mail_key(server: str, sender: str) -> str:
    """Return the short key of what a test email tests: a mail server, and the address that a practice sends from."""
    return key_of(f"{server} {sender}")


def _find_obstacle(session: Session, practice: Practice | None, address: str | None) -> str:
    """Return why nothing may be texted to an address, empty if it may."""
    if practice is None or address is None or not address.startswith(TEXT_PREFIX):
        return ""
    if lacks_keys(session):
        return MISSING_KEY
    return OPTED_OUT if is_opted_out_for_sure(session, practice.slug, address.removeprefix(TEXT_PREFIX)) else ""


def _send_notice(context: Context, practice: Practice, address: str) -> Outcome:
    title = f"Test notice from Intake at {practice.name}"
    body = "Notices reach you here. This was only a test: nobody needs an answer."
    return context.notifier.send(Wording(title, body, f"{title}. {body}"), address, practice)


def _send_email(context: Context, practice: Practice, to: str, test_id: int) -> Outcome:
    return context.senders[Medium.EMAIL].send(
        OutgoingMessage(
            delivery_id=None,
            to=to,
            sender=practice.email or "",
            body="Email from Intake works. This was only a test, which you asked for on the setup checklist.",
            sending_at=now(),
            from_name=practice.sender_name,
            subject=f"Test email from Intake at {practice.name}",
            staff_mail=f"test-{test_id}",
        )
    )
