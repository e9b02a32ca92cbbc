"""What a patient writes after a reply was scheduled: what of it holds the reply, and on which channels."""

from __future__ import annotations

from typing import Any

import pytest

from inbox.conversations.written_since import WrittenSince, find_news, is_news, newest_message
from inbox.incoming.inbound import RecordedMessage, record_message
from inbox.models import Conversation, Decision, Delivery, now
from inbox.patients.book import Details, add_address, create_patient
from inbox.storage.database import Database
from intake.vocabulary import Channel, Intent, Route, SenderDoubt
from tests.inbox.conftest import inbound
from tests.world import PATIENT

OTHER = "+12025550177"


@pytest.mark.parametrize(
    ("route", "doubt", "holds"),
    [
        pytest.param(Intent.APPOINTMENT_REQUEST, None, True, id="a request"),
        pytest.param(Route.BEREAVEMENT, None, True, id="a death"),
        pytest.param(Route.REVIEW, None, True, id="not sure"),
        pytest.param(Route.PRAISE, None, True, id="praise"),
        pytest.param(Route.OPT_IN, None, True, id="START after STOP"),
        pytest.param(None, None, True, id="not decided yet"),
        pytest.param(Route.REVIEW, SenderDoubt.UNVERIFIED, True, id="maybe not the patient"),
        pytest.param(Route.ACKNOWLEDGEMENT, None, False, id="thanks"),
        pytest.param(Route.AUTO_REPLY, None, False, id="a phone's own answer"),
        pytest.param(Route.REVIEW, SenderDoubt.BOUNCE, False, id="a mail server's report"),
        pytest.param(Route.REVIEW, SenderDoubt.STAFF, False, id="a colleague's mail"),
    ],
)
def test_all_but_thanks_and_programs_is_news(route: str | None, doubt: SenderDoubt | None, holds: bool) -> None:
    assert is_news(route, doubt) is holds


def write(database: Database, route: str | None = Route.REVIEW, **values: Any) -> RecordedMessage:
    """Let a patient write a message that was routed in some way."""
    recorded = record_message(database, inbound(**values))
    if route is not None:
        with database.write() as session:
            session.add(Decision(message_id=recorded.message_id, route=route, why="as the test says"))
    return recorded


def schedule(database: Database) -> int:
    """Schedule a reply in the first conversation, and return its id."""
    with database.write() as session:
        conversation = session.get_one(Conversation, 1)
        reply = Delivery(
            conversation_id=conversation.id,
            reply="staff",
            sender="+15005550006",
            body="See you Tuesday at 3!",
            scheduled_for=now(),
            seen_up_to=newest_message(session, conversation),
        )
        session.add(reply)
        session.flush()
        return reply.id


def news(database: Database) -> dict[int, WrittenSince]:
    with database.read() as session:
        conversation = session.get_one(Conversation, 1)
        return find_news(session, conversation, session.query(Delivery).order_by(Delivery.id).all())


def test_what_came_before_is_no_news_and_each_reply_has_its_own_before(database: Database) -> None:
    write(database)
    first = schedule(database)
    assert news(database) == {}

    written = write(database)
    second = schedule(database)
    write(database, Route.ACKNOWLEDGEMENT)

    assert news(database) == {first: WrittenSince(written.message_id, 1)}
    assert second != first


def test_a_message_that_nobody_has_read_yet_counts_until_it_turns_out_to_be_thanks(database: Database) -> None:
    write(database)
    reply = schedule(database)
    unread = write(database, None)
    assert set(news(database)) == {reply}

    with database.write() as session:
        session.add(Decision(message_id=unread.message_id, route=Route.ACKNOWLEDGEMENT, why="as the test says"))
    assert news(database) == {}


def test_a_voicemail_from_the_same_number_counts_and_other_patients_do_not(database: Database) -> None:
    write(database)
    reply = schedule(database)
    write(database, patient_address=OTHER)
    write(database, practice="other")
    assert news(database) == {}

    called = write(database, channel=Channel.VOICEMAIL)

    assert news(database) == {reply: WrittenSince(called.message_id, called.conversation_id)}


def test_what_comes_from_another_address_of_the_same_record_counts_unless_several_share_the_number(
    database: Database,
) -> None:
    write(database)
    reply = schedule(database)
    with database.write() as session:
        maria = create_patient(session, "demo", Details("Maria Rivera"))
        for address in (PATIENT, OTHER):
            add_address(session, maria, address)
    other = write(database, patient_address=OTHER)
    assert news(database) == {reply: WrittenSince(other.message_id, other.conversation_id)}

    with database.write() as session:
        add_address(session, create_patient(session, "demo", Details("Jo Rivera")), PATIENT)
    assert news(database) == {}
