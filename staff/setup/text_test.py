"""Texting a phone of the staff from the setup checklist, as a reply goes out, so that Twilio's report on it counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from inbox.contact.consent import is_opted_out
from inbox.models import (
    Conversation,
    ConversationState,
    Delivery,
    PatientAddress,
    SetupTest,
    SetupTestKind,
    SetupTestState,
)
from inbox.models.column_types import keyring
from inbox.patients.conversations import conversations_of
from intake.errors import IntakeError
from intake.phone import normalise
from intake.practices import Practice, Practices
from intake.vocabulary import SETUP_TEXT, Channel, Language, Medium
from staff.conversations.reply import FORM_ID
from staff.setup.progress import TooManyTestsError, is_too_often
from tasks.delivery.outbox import add_delivery
from tasks.queues.queue import AfterCommit
from templates.replies import stop_wording

MOST_TEXTS = 5
MOST_TEXTS_A_DAY = 20
TOO_MANY_TODAY = f"{MOST_TEXTS_A_DAY} test texts went out in the last 24 hours, which is the most. Try again tomorrow."
OUT_OF_DATE = "This page is out of date. Try again."
NO_SENDER = "The practice has no number to text from."
NO_NUMBER = "Enter a phone number such as (202) 555-0123."
OWN = "This is a practice’s own number. Enter the number of your phone."
STOPPED = "This number opted out of texts. Text START from it to the practice, then try again."
KNOWN = (
    "This number is in the inbox or on a patient’s record, where a test would be taken for a message to the patient."
    " Enter another, or answer it in the inbox: the report on that counts, too."
)


@dataclass(frozen=True, slots=True)
class TextTest:
    """A text to a phone as asked for: its number as typed, by which form, and by whom."""

    phone: str = field(repr=False)
    form_id: str
    staff_id: int


@dataclass(frozen=True, slots=True)
class TextTestOutcome:
    """What became of the request: why it was refused, or the test and its jobs; neither if the form came before."""

    problem: str = ""
    test_id: int | None = None
    after_commit: AfterCommit = field(default_factory=AfterCommit)


def add_text_test(
    session: Session, practices: Practices, practice: Practice, asked: TextTest, moment: datetime
) -> TextTestOutcome:
    """Put a test text into the outbox, in a conversation that holds nothing but such texts and is closed.

    Args:
        session: an open write transaction.
        practices: all practices, whose own numbers are refused.
        practice: the practice that texts.
        asked: the request.
        moment: the current time, aware.

    Raises:
        TooManyTestsError: the practice tested too much lately.
        IntegrityError: the same number is being texted by somebody else.
    """
    if not FORM_ID.fullmatch(asked.form_id):
        return TextTestOutcome(OUT_OF_DATE)
    if practice.texts_from is None:
        return TextTestOutcome(NO_SENDER)
    try:
        number = normalise(asked.phone)
    except IntakeError:
        return TextTestOutcome(NO_NUMBER)
    known = session.scalar(select(Conversation.patient_index).join(Delivery).where(Delivery.form_id == asked.form_id))
    if known is not None:
        return TextTestOutcome("" if known in keyring().indexes(number) else OUT_OF_DATE)
    if problem := _why_not_test(session, practices, practice.slug, number):
        return TextTestOutcome(problem)
    if is_too_often(session, practice.slug, moment) or is_too_often(
        session, practice.slug, moment, kind=SetupTestKind.TEXT, most=MOST_TEXTS
    ):
        raise TooManyTestsError
    day = timedelta(days=1)
    if is_too_often(session, practice.slug, moment, kind=SetupTestKind.TEXT, most=MOST_TEXTS_A_DAY, within=day):
        return TextTestOutcome(TOO_MANY_TODAY)
    delivery = Delivery(
        conversation_id=_find_conversation(session, practice.slug, number).id,
        reply=SETUP_TEXT,
        medium=Medium.SMS,
        sender=practice.texts_from,
        body=f"{practice.name}: This is a test text for our staff. No reply needed. {stop_wording(Language.EN)}",
        staff_id=asked.staff_id,
        form_id=asked.form_id,
    )
    after_commit = add_delivery(session, delivery)
    test = SetupTest(
        practice=practice.slug,
        kind=SetupTestKind.TEXT,
        target=str(delivery.id),
        staff_id=asked.staff_id,
        state=SetupTestState.ACCEPTED,
        created_at=moment,
    )
    session.add(test)
    session.flush()
    return TextTestOutcome(test_id=test.id, after_commit=after_commit)


def _why_not_test(session: Session, practices: Practices, practice: str, number: str) -> str:
    if practices.is_own(number):
        return OWN
    if is_opted_out(session, practice, number):
        return STOPPED
    is_recorded = exists().where(
        PatientAddress.practice == practice, PatientAddress.patient_index.in_(keyring().indexes(number))
    )
    others = exists().where(Delivery.conversation_id == Conversation.id, Delivery.reply != SETUP_TEXT)
    is_anyones = Conversation.last_message_id.is_not(None) | (Conversation.channel != Channel.SMS) | others
    is_in_inbox = exists().where(conversations_of(practice, number), is_anyones)
    return KNOWN if session.scalar(select(is_recorded | is_in_inbox)) else ""


def _find_conversation(session: Session, practice: str, number: str) -> Conversation:
    """Return the conversation of earlier tests with a number, or begin one."""
    found = session.scalars(select(Conversation).where(conversations_of(practice, number)).with_for_update()).first()
    if found is None:
        found = Conversation(
            practice=practice,
            channel=Channel.SMS,
            patient_address=number,
            patient_index=keyring().index(number),
            state=ConversationState.CLOSED,
        )
        session.add(found)
        session.flush()
    return found
