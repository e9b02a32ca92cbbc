"""Whether it is safe to write somewhere, whichever conversation the words would go out from."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from inbox.contact.unsafe_contact import clear_unsafe, flag_on, is_silenced, set_unsafe
from inbox.models import Conversation, now
from inbox.models.column_types import keyring
from inbox.storage.database import Database
from intake.vocabulary import Channel, Medium
from tests.world import PATIENT

MAIL = "ann@example.com"
OTHER = "+12025550177"


def begin(session: Session, channel: Channel, address: str | None = None, **columns: Any) -> Conversation:
    index = keyring().index(address) if address else None
    row = Conversation(practice="demo", channel=channel, patient_address=address, patient_index=index, **columns)
    session.add(row)
    session.flush()
    return row


def flag(session: Session, channel: Channel, address: str | None = None, **how: Any) -> Conversation:
    """A conversation in which the patient or, with `by`, a member says that contact is not safe."""
    columns = {name: how.pop(name) for name in ("contact_phone", "contact_email") if name in how}
    row = begin(session, channel, address, **columns)
    set_unsafe(session, row, now(), **how)
    session.flush()
    return row


@pytest.mark.parametrize(
    ("asked", "medium", "silenced"),
    [
        pytest.param({"channel": Channel.CHAT, "contact_phone": PATIENT}, Medium.SMS, True, id="chat-by-text"),
        pytest.param({"channel": Channel.CHAT, "contact_email": MAIL}, Medium.EMAIL, True, id="chat-by-mail"),
        pytest.param({"channel": Channel.EMAIL, "contact_email": MAIL}, Medium.EMAIL, True, id="doubted-mail"),
        pytest.param({"channel": Channel.WEB_FORM, "address": PATIENT}, Medium.SMS, True, id="form"),
        pytest.param({"channel": Channel.CHAT, "contact_phone": PATIENT}, Medium.CHAT, False, id="open-page"),
        pytest.param({"channel": Channel.CHAT, "contact_phone": OTHER}, Medium.SMS, False, id="other-number"),
        pytest.param({"channel": Channel.CHAT}, Medium.SMS, False, id="no-number"),
    ],
)
def test_what_is_said_of_a_number_or_an_address_counts_wherever_something_would_go_there(
    database: Database, asked: dict[str, Any], medium: Medium, *, silenced: bool
) -> None:
    with database.write() as session:
        row = begin(session, **asked)
        for channel, address in ((Channel.SMS, PATIENT), (Channel.EMAIL, MAIL)):
            flag(session, channel, address)

        assert is_silenced(session, row, medium) is silenced


def test_what_staff_say_of_a_chat_counts_for_the_number_that_another_chat_names(database: Database) -> None:
    with database.write() as session:
        row = begin(session, Channel.CHAT, contact_phone=PATIENT)
        said = flag(session, Channel.CHAT, contact_phone=PATIENT, by=1)

        assert is_silenced(session, row, Medium.SMS)
        found = flag_on(session, row)
        assert (found and found.conversation_id) == said.id
        clear_unsafe(session, said)
        assert not is_silenced(session, row, Medium.SMS)


def test_what_nobody_proves_silences_its_own_conversation_alone(database: Database) -> None:
    with database.write() as session:
        row = begin(session, Channel.CHAT, contact_phone=PATIENT)
        said = flag(session, Channel.CHAT, contact_phone=PATIENT, alone=True, page=False)

        assert is_silenced(session, said, Medium.SMS)
        assert not is_silenced(session, said, Medium.CHAT)
        assert not is_silenced(session, row, Medium.SMS)
        assert flag_on(session, row) is None
