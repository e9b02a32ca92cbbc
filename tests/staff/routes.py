"""Every route of the console, and rows of every kind for two practices to put into their addresses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.routing import RequestRedirect, Rule

from inbox.accounts.members import add_member
from inbox.attachments.rows import Kept, keep_contents, take_contents
from inbox.conversations.tags import add_tag
from inbox.conversations.undo import standing_of
from inbox.models import (
    Attachment,
    AttachmentKind,
    AttachmentState,
    Conversation,
    Delivery,
    EmergencyAccess,
    Escalation,
    Message,
    Note,
    Passkey,
    Review,
    ReviewReason,
    Role,
    SavedView,
    StaffMember,
    StaffSession,
    Undo,
    UndoKind,
    Voicemail,
    now,
)
from inbox.patients.book import Details, add_address, create_patient, link_conversation
from inbox.patients.record_merging import merge_patients
from inbox.practices.setting_versions import Change, Standing, add_version
from inbox.replies.saved import Owner, ReplyWords, write_reply
from intake.practice_settings import Override
from tests.staff.conftest import Browser, Console
from tests.standins.twilio import ACCOUNT_SID
from tests.world import DEMO_NUMBER

OWN, FOREIGN = "demo", "other"
NUMBERS = {OWN: DEMO_NUMBER, FOREIGN: "+12025550180"}
PATIENTS = {OWN: "+12025550123", FOREIGN: "+12025550144"}
NAMES = {OWN: "Marigold Ownpatient", FOREIGN: "Xanthippe Foreignpatient"}
RECORDINGS = {OWN: f"RE{'ab' * 16}", FOREIGN: f"RE{'cd' * 16}"}
WORDS = {OWN: "marzipan", FOREIGN: "zanzibar"}
NOBODYS_ID = 987654

# A form that every route with a row in its address can do something with, so that none refuses it before it looks for
# the row.
FORM = {
    "text": "We will call you back.",
    "tried": "What are your hours?",
    "then": "waiting",
    "form_id": "0123456789abcdef0123456789abcdef",
    "seen": "",
    "note": "Called back.",
    "state": "waiting",
    "outcome": "reached",
    "to": "me",
    "hold": "place",
    "until": "tomorrow",
    "do": "close",
    "density": "compact",
    "label": "complaint",
    "reason": "wrong_patient",
    "reply": "complaint",
    "role": "staff",
    "practices": "demo",
    "title": "Contact lenses",
    "phrasings": "do you sell contacts\ncan i buy contacts\nwhere are contacts sold",
    "answer": "At the desk.",
    "name": "Nora Newly",
    "new_address": "(202) 555-0166",
    "how": "by_phone",
    "what": "on_call",
    "other": "1",
    "wanted": "Marigold",
    "address": "1",
    "tag": "tagwords",
    "level": "routine",
    "unsafe": "yes",
    "sure": "yes",
    "team": "billing",
    "patient": NAMES[OWN],
}
# Whoever has no account gets these and nothing else.
OPEN = {
    *("sign_in.static", "sign_in.sign_in", "sign_in.second_factor", "staff"),
    *("passkeys.begin_signing_in", "passkeys.sign_in", "links.set_new_password", "links.forgot_password"),
    *("oidc.begin", "oidc.finish", "first_admin.show_form", "first_admin.make_account"),
}
SIGNS_OUT = ("sign_in.sign_out", "account.end_all_sessions")
# What stands in addresses of the RQ dashboard, which shows no practice's rows, to administrators alone.
OF_QUEUES: Mapping[str, Any] = {
    "instance_number": 0,
    "queue_name": "messages",
    "registry_name": "failed",
    "per_page": 8,
    "order": "asc",
    "page": 1,
    "job_id": "0c6d0c4e-5b0e-4d0e-9f0e-000000000000",
    "filename": "css/main.css",
}
IS_OF_QUEUES = "rq_dashboard."
NO_ROWS: Mapping[str, Any] = {
    **OF_QUEUES,
    "settings_page": "automatic-replies",
    "version": "0123456789abcdef",
    "starter": "booked",
}
"""The variable parts of addresses that name no row of a practice."""


@dataclass(frozen=True)
class Call:
    """One way to ask a route.

    Attributes:
        rule: the route.
        method: how it is asked.
        address: with every variable part filled in.
        foreign: the part that belongs to another practice or to nobody, None when there is none.
    """

    rule: Rule = field(repr=False)
    method: str
    address: str
    foreign: str | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.address} ({self.rule.endpoint})"

    def ask(self, browser: Browser, **options: Any) -> requests.Response:
        """Asks it, with an empty form unless one is given; of a stream, only the beginning is awaited."""
        answer = browser.request(self.method, self.address, stream=True, **options)
        if answer.headers.get("Content-Type", "").startswith("text/event-stream"):
            answer.close()
        else:
            assert answer.content is not None
        return answer


@dataclass
class World:
    """A console, and ids of one row of every kind for each practice.

    Attributes:
        console: the service.
        ids: by practice, by the name that the variable part of an address has.
    """

    console: Console
    ids: dict[str, dict[str, Any]]

    def calls(self) -> Iterator[Call]:
        """Every route and method, with rows of one's own."""
        for rule, method in self.routes():
            address = _address(rule, self._own(rule))
            if self._is_served(address, method):
                yield Call(rule, method, address)

    def foreign_calls(self) -> Iterator[tuple[Call, Call]]:
        """Every route and method, for each variable part: with another practice's row, and with one that nobody has."""
        for rule, method in self.routes():
            for name in rule.arguments - set(NO_ROWS):
                yield (
                    Call(rule, method, _address(rule, self._own(rule) | {name: self.ids[FOREIGN][name]}), name),
                    Call(rule, method, _address(rule, self._own(rule) | {name: _nobodys(self.ids[OWN][name])}), name),
                )

    def routes(self) -> Iterator[tuple[Rule, str]]:
        """Every route under `/staff` with each of its methods."""
        for rule in self.console.app.url_map.iter_rules():
            if rule.rule == "/staff" or rule.rule.startswith("/staff/"):
                for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                    yield rule, method

    def role_of(self, call: Call) -> Role | None:
        """Which role a route is open to."""
        return getattr(self.console.app.view_functions[call.rule.endpoint], "open_to", None)

    def _is_served(self, address: str, method: str) -> bool:
        """Whether an address is not merely another spelling, which leads to the route that is asked for itself."""
        try:
            self.console.app.url_map.bind("").match(address, method)
        except RequestRedirect:
            return False
        return True

    def _own(self, rule: Rule) -> dict[str, Any]:
        known = dict(NO_ROWS) | self.ids[OWN]
        for name in rule.arguments:
            assert name in known, f"{rule.rule}: say in tests/staff/routes.py which row <{name}> stands for"
        return {name: known[name] for name in rule.arguments}


def build_world(console: Console) -> World:
    """Two practices that had the same day: a text that was understood and answered, a voicemail, and staff at work."""
    for practice in (OWN, FOREIGN):
        console.text(f"How much is a first visit? {WORDS[practice]}", from_=PATIENTS[practice], to=NUMBERS[practice])
    console.work()
    members = {
        OWN: console.sign_in(name="Own Colleague").member,
        FOREIGN: console.sign_in(practices=[FOREIGN], name="Foreign Colleague").member,
    }
    ids = {}
    for practice, member in members.items():
        assert member is not None
        words = WORDS[practice].encode()
        kept = keep_contents(console.database, console.context.files, words, words)
        with console.edit() as session:
            ids[practice] = _add_rows(session, practice, member, kept)
        console.twilio.audio[RECORDINGS[practice]] = b"a voice"
    return World(console, ids)


def _add_rows(session: Session, practice: str, member: StaffMember, kept: Kept) -> dict[str, Any]:
    conversation = session.scalars(select(Conversation).where(Conversation.practice == practice)).one()
    conversation.patient_name = NAMES[practice]
    message = session.scalars(select(Message).where(Message.conversation_id == conversation.id)).one()
    delivery = session.scalars(select(Delivery).where(Delivery.conversation_id == conversation.id)).first()
    assert delivery is not None
    note = Note(conversation_id=conversation.id, staff_id=member.id, text=f"Call back about {WORDS[practice]}")
    review = session.scalar(select(Review).where(Review.message_id == message.id)) or Review(
        message_id=message.id,
        practice=practice,
        reason=ReviewReason.LOW_CONFIDENCE,
        model_version="test",
        intent="billing_inquiry",
        confidence=0.4,
        threshold=0.6,
        sampling_rate=1.0,
    )
    escalation = Escalation(message_id=message.id, conversation_id=conversation.id, practice=practice, code="4F7")
    attachment = Attachment(
        message_id=message.id,
        position=0,
        state=AttachmentState.STORED,
        kind=AttachmentKind.PICTURE,
        content_type="image/jpeg",
        width=64,
        height=48,
    )
    drafted = Attachment(
        conversation_id=conversation.id,
        staff_id=member.id,
        position=0,
        state=AttachmentState.STORED,
        kind=AttachmentKind.PDF,
        content_type="application/pdf",
    )
    sid = RECORDINGS[practice]
    voicemail = Voicemail(
        call_sid=sid.replace("RE", "CA"),
        practice=practice,
        received_on=NUMBERS[practice],
        recording="recorded",
        recording_sid=sid,
        recording_url=f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT_SID}/Recordings/{sid}",
        recorded_at=now(),
        message_id=message.id,
    )
    reply = "replies.complaint"
    words = f"{{{{ practice.name }}}}: We are sorry about the {WORDS[practice]}."
    standing = Standing(1, {reply: Override(words, None)})
    add_version(session, practice, standing, {reply: Change(None, words, None)}, staff_id=member.id)
    session.add_all([note, review, escalation, voicemail, attachment, drafted])
    session.flush()
    take_contents(session, attachment, kept)
    nurse = f"{NAMES[practice]}’s nurse"
    colleague = add_member(session, f"{practice}@colleagues.example", nurse, Role.STAFF, [practice], None)
    passkey = Passkey(credential_id=f"key of {practice}", public_key="", name=f"Phone {WORDS[practice]}")
    colleague.passkeys.append(passkey)  # `sign_in_again` gives it to the member, who needs it to sign in from then on
    access = EmergencyAccess(
        staff_id=colleague.id, practice=practice, reason=f"Emergency {WORDS[practice]}", expires_at=now()
    )
    session.add(access)
    session.flush()
    patient = create_patient(session, practice, Details(NAMES[practice], notes=f"Asked about {WORDS[practice]}"))
    address = add_address(session, patient, PATIENTS[practice])
    assert address is not None
    link_conversation(session, patient, conversation)
    merge = merge_patients(session, patient, create_patient(session, practice, Details(NAMES[practice])), member.id)
    reply_words = ReplyWords(f"{WORDS[practice]} saved", f"We have {WORDS[practice]}.", f"Tenemos {WORDS[practice]}.")
    saved, own_saved = (
        write_reply(session, owner, None, reply_words)
        for owner in (Owner(practice=practice), Owner(staff_id=member.id))
    )
    add_tag(session, conversation, f"likes {WORDS[practice]}")
    undo = Undo(
        staff_id=member.id,
        conversation_id=conversation.id,
        kind=UndoKind.CLOSE,
        batch=practice,
        before=standing_of(conversation),
        after=standing_of(conversation),
        ended={"alarms": [], "notices": []},
        until=now(),
    )
    view = SavedView(staff_id=member.id, name=f"About {WORDS[practice]}", query="view=mine")
    session.add_all([undo, view])
    session.flush()
    its_session = session.scalars(select(StaffSession.id).where(StaffSession.staff_id == member.id)).one()
    return {
        "conversation_id": conversation.id,
        "message_id": message.id,
        "attachment_id": attachment.id,
        "file_id": drafted.id,
        "delivery_id": delivery.id,
        "note_id": note.id,
        "review_id": review.id,
        "escalation_id": escalation.id,
        "practice": practice,
        "slug": practice,
        "session_id": its_session,
        "staff_id": colleague.id,
        "passkey_id": passkey.id,
        "access_id": access.id,
        "patient_id": patient.id,
        "address_id": address.id,
        "merge_id": merge.id,
        "reply_id": saved.id,
        "own_reply_id": own_saved.id,
        "filename": "console.css",
        "undo_id": undo.id,
        "view_id": view.id,
    }


def sign_in_again(world: World, practice: str, role: Role) -> Browser:
    """A browser of the member whose rows these are, with a role."""
    with world.console.edit() as session:
        its_session = session.get_one(StaffSession, world.ids[practice]["session_id"])
        session.get_one(StaffMember, its_session.staff_id).role = role
        member = session.get_one(StaffMember, its_session.staff_id)
        session.get_one(Passkey, world.ids[practice]["passkey_id"]).staff_id = world.ids[practice]["staff_id"]
    browser = world.console.let_in(member)
    with world.console.edit() as session:
        session.get_one(Passkey, world.ids[practice]["passkey_id"]).staff_id = member.id
    return browser


def _address(rule: Rule, values: dict[str, Any]) -> str:
    built = rule.build(values)
    assert built is not None, rule.rule
    return built[1]


def _nobodys(own: Any) -> Any:
    return NOBODYS_ID if isinstance(own, int) else "nobodys"
