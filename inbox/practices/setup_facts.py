"""What the database knows about whether a practice is set up: what arrived, what was tested, and the last backup."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from inbox.models import (
    AuditEntry,
    CommonQuestion,
    Conversation,
    Delivery,
    Message,
    PracticeSetup,
    SetupSighting,
    SetupTest,
    SetupTestKind,
    SightingKind,
    StaffMember,
    StaffPractice,
)

SIMULATED = "0" * 12
"""What the ids of simulated texts and calls start with, after their two letters; Twilio's are random."""
SEEN_AGAIN_AFTER = timedelta(days=1)
TESTS_READ = 200


@dataclass(frozen=True, slots=True)
class SetupFacts:
    """What is known of one practice.

    Attributes:
        text_at: when Twilio last delivered a text or a voicemail, None if never.
        callback_at: about when Twilio last reported a status, likewise.
        chat: when and on which site a chat last began, likewise.
        backup_at: when the service was last backed up, likewise.
        tests: the latest test of each kind and target.
        answers: how many common questions have an answer.
        signed_in: how many of the members who may sign in have done so.
        invited: how many have not.
        text: the latest test text to a phone of the staff, None if there is none.
    """

    text_at: datetime | None
    callback_at: datetime | None
    chat: tuple[datetime, str] | None
    backup_at: datetime | None
    tests: Mapping[tuple[SetupTestKind, str], SetupTest]
    answers: int = 0
    signed_in: int = 0
    invited: int = 0
    text: Delivery | None = None


def read_facts(session: Session, practice: str) -> SetupFacts:
    """Return what is known of a practice."""
    callback = session.get(SetupSighting, (practice, SightingKind.STATUS_CALLBACK))
    chat = session.get(SetupSighting, (practice, SightingKind.CHAT))
    text = (
        select(Message.received_at)
        .join(Conversation)
        .where(
            Conversation.practice == practice,
            Message.provider == "twilio",
            Message.provider_id.not_like(f"__{SIMULATED}%"),
        )
        .order_by(Message.id.desc())
        .limit(1)
    )
    backup = (
        select(AuditEntry.at)
        .where(AuditEntry.subject == "backup", AuditEntry.action == "backed_up")
        .order_by(AuditEntry.id.desc())
        .limit(1)
    )
    answers = select(func.count()).where(CommonQuestion.practice == practice, CommonQuestion.answer != "")
    members = select(StaffMember.id).where(
        StaffMember.practices.any(StaffPractice.practice == practice), StaffMember.disabled_at.is_(None)
    )
    tests = select(SetupTest).where(SetupTest.practice == practice).order_by(SetupTest.id.desc()).limit(TESTS_READ)
    subjects = [f"staff:{member}" for member in session.scalars(members)]
    entered = select(func.count(AuditEntry.subject.distinct())).where(
        AuditEntry.subject.in_(subjects), AuditEntry.action == "signed_in"
    )
    signed_in = session.scalar(entered) or 0
    latest = session.scalars(tests).all()
    texted = next((test for test in latest if test.kind == SetupTestKind.TEXT), None)
    return SetupFacts(
        text_at=session.scalar(text),
        callback_at=callback.last_at if callback else None,
        chat=(chat.last_at, chat.origin or "") if chat else None,
        backup_at=session.scalar(backup),
        tests={(SetupTestKind(test.kind), test.target): test for test in reversed(latest)},
        answers=session.scalar(answers) or 0,
        signed_in=signed_in,
        invited=len(subjects) - signed_in,
        text=session.get(Delivery, int(texted.target), options=[joinedload(Delivery.conversation)]) if texted else None,
    )


def note_sighting(
    session: Session, practice: str, kind: SightingKind, moment: datetime, origin: str | None = None
) -> None:
    """Note that another system reached a practice; once a day is enough for the same one."""
    seen = session.get(SetupSighting, (practice, kind))
    if seen is not None:
        if seen.origin != origin or moment - seen.last_at > SEEN_AGAIN_AFTER:
            seen.origin, seen.last_at = origin, moment
        return
    try:
        with session.begin_nested():
            session.add(SetupSighting(practice=practice, kind=kind, origin=origin, last_at=moment))
    except IntegrityError:
        return  # someone else noted it just now


def is_unseen(session: Session, practice: str) -> bool:
    """Return whether the checklist is shown after sign-in, as nobody has seen it yet."""
    setup = session.get(PracticeSetup, practice)
    return setup is not None and setup.hidden_at is None


def note_seen(session: Session, practice: str, moment: datetime) -> None:
    """Note that the checklist was seen."""
    setup = session.get(PracticeSetup, practice)
    if setup is not None and setup.hidden_at is None:
        setup.hidden_at = moment
