"""Playing a patient: a correctly signed request to a running server, and what came back."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import click

from app.commands.run import data_dir_option
from intake.errors import IntakeError
from intake.service_files import settings_of_running_service

if TYPE_CHECKING:
    from app.told_staff import Telling
    from inbox.models import Message
    from inbox.storage.database import Database
    from intake.practices import Practice
    from intake.settings import Settings

WAIT_SECONDS = 20.0


@click.group()
def simulate() -> None:
    """Play a patient with a running server."""


@simulate.command()
@click.argument("text")
@click.option("--from", "sender", default="+12025550123", show_default=True, help="The patient's number.")
@click.option("--to", "recipient", help="The number to text. Default: the first practice's.")
@click.option("--url", help="Address of the server. Default: PUBLIC_URL.")
@data_dir_option
def sms(text: str, sender: str, recipient: str | None, url: str | None, data_dir: Path) -> None:
    """Text TEXT to a practice as a patient would, and show the reply.

    The request is signed the way Twilio signs it. It uses the server's settings and database, so run it on the same
    machine.
    """
    from inbox.practices.setup_facts import SIMULATED
    from inbox.storage.database import Database
    from intake import phone
    from intake.encryption import Keyring

    settings = settings_of_running_service(data_dir)
    practice, number = _recipient(settings, recipient)
    message_sid = f"SM{SIMULATED}{secrets.token_hex(10)}"
    form = {
        "MessageSid": message_sid,
        "AccountSid": settings.twilio_account_sid or f"AC{'0' * 32}",
        "From": phone.normalise(sender),
        "To": number,
        "Body": text,
        "NumMedia": "0",
        "NumSegments": "1",
        "ApiVersion": "2010-04-01",
    }
    _post(settings, url or settings.public_url, "/twilio/sms", form)
    _show_answer(Database(settings.database_url, Keyring(settings.encryption_keys)), message_sid, practice, settings)


@simulate.command()
@click.argument("text")
@click.option(
    "--from", "sender", default="+12025550123", show_default=True, help="The patient's number, or `anonymous`."
)
@click.option("--to", "recipient", help="The number to call. Default: the first practice's.")
@click.option(
    "--no-transcription", is_flag=True, help="Let the transcription fail, so TEXT is recorded but not understood."
)
@click.option("--url", help="Address of the server. Default: PUBLIC_URL.")
@data_dir_option
def voicemail(
    text: str, sender: str, recipient: str | None, no_transcription: bool, url: str | None, data_dir: Path
) -> None:
    """Leave TEXT as a voicemail, and show what the caller hears and the reply.

    The requests are signed the way Twilio signs them. They use the server's settings and database, so run this on the
    same machine.
    """
    from inbox.practices.setup_facts import SIMULATED
    from inbox.storage.database import Database
    from intake.encryption import Keyring

    settings = settings_of_running_service(data_dir)
    practice, number = _recipient(settings, recipient)
    account = settings.twilio_account_sid or f"AC{'0' * 32}"
    recording_sid = f"RE{SIMULATED}{secrets.token_hex(10)}"
    call = {
        "CallSid": f"CA{SIMULATED}{secrets.token_hex(10)}",
        "AccountSid": account,
        "From": sender,
        "To": number,
        "CallStatus": "ringing",
        "Direction": "inbound",
        "ApiVersion": "2010-04-01",
    }
    recording = {
        "RecordingSid": recording_sid,
        "RecordingUrl": f"https://api.twilio.com/2010-04-01/Accounts/{account}/Recordings/{recording_sid}",
        "RecordingDuration": "12",
    }
    transcription = {"TranscriptionSid": f"TR{secrets.token_hex(16)}"} | (
        {"TranscriptionStatus": "failed"}
        if no_transcription
        else {"TranscriptionStatus": "completed", "TranscriptionText": text}
    )
    base = url or settings.public_url
    _show_twiml(_post(settings, base, "/twilio/voice", call))
    _show_twiml(_post(settings, base, "/twilio/voice/recorded", call | recording | {"Digits": "#"}))
    without_numbers = {name: call[name] for name in ("CallSid", "AccountSid")}
    _post(settings, base, "/twilio/voice/recording", without_numbers | recording | {"RecordingStatus": "completed"})
    _post(settings, base, "/twilio/voice/transcription", call | recording | transcription)
    _show_answer(Database(settings.database_url, Keyring(settings.encryption_keys)), recording_sid, practice, settings)


@simulate.command()
@click.argument("text")
@click.option("--practice", "key", help="The practice's widget key. Default: that of the first practice with a chat.")
@click.option("--url", help="Address of the server. Default: PUBLIC_URL.")
@data_dir_option
def chat(text: str, key: str | None, url: str | None, data_dir: Path) -> None:
    """Type TEXT into a practice's chat as a patient would, and show the reply.

    The reply comes over the event stream, as in a browser. The rest comes from the server's database, so run this on
    the same machine.
    """
    from app.commands.chat_client import ChatClient
    from inbox.storage.database import Database
    from intake.encryption import Keyring
    from webhooks.browser.origins import origin_of

    settings = settings_of_running_service(data_dir)
    practice = _practice_with_chat(settings, key)
    client = ChatClient(url or settings.public_url, origin_of(settings.public_url), str(practice.widget_key))
    entry = client.send(text)
    said = client.wait_for_answer(entry)
    database = Database(settings.database_url, Keyring(settings.encryption_keys))
    tellings = _show_decision(database, _chat_message(database, client.conversation, entry), practice, settings)
    for reply in [f"[shown] {words}" for words in said] or [f"none from {practice.name}"]:
        click.echo(f"reply          {reply}")
    _fail_if_lost(tellings)


def _show_twiml(twiml: str) -> None:
    from xml.etree import ElementTree  # the server's own answer

    for verb in ElementTree.fromstring(twiml):  # noqa: S314  # nosec B314
        if verb.tag == "Record":
            click.echo("caller speaks  (after the tone)")
            return  # what follows is for callers who say nothing
        if verb.tag == "Say":
            click.echo(f"caller hears   {verb.text}")


def _recipient(settings: Settings, recipient: str | None) -> tuple[Practice, str]:
    from intake import phone
    from intake.practices import load_practices

    practices = load_practices(settings.practices_file)
    if recipient is None:
        for practice in practices.all:
            if practice.numbers_in_use:
                return practice, practice.numbers_in_use[0]
        raise IntakeError("no practice has a number to text: add phone_numbers to the practices file")
    number = phone.normalise(recipient)
    found = practices.for_text(None, number)
    if found is None:
        raise IntakeError(f"no practice has the number {number}: see phone_numbers in the practices file")
    return found, number


def _practice_with_chat(settings: Settings, key: str | None) -> Practice:
    from intake.practices import load_practices

    practices = load_practices(settings.practices_file)
    for practice in practices.all:
        if practice.widget_key and key in (None, practice.widget_key):
            return practice
    if key is None:
        raise IntakeError("no practice has a chat: add a widget_key to the practices file")
    raise IntakeError(f"no practice has the widget key {key}: see widget_key in the practices file")


def _post(settings: Settings, base: str, path: str, form: dict[str, str]) -> str:
    """Post a signed form and return the answer's body."""
    from twilio.request_validator import RequestValidator

    if settings.twilio_auth_token is None:
        raise IntakeError("TWILIO_AUTH_TOKEN is not set, so the request cannot be signed")
    signature = RequestValidator(settings.twilio_auth_token).compute_signature(settings.public_url + path, form)
    request = Request(  # noqa: S310
        base.rstrip("/") + path, urlencode(form).encode(), {"X-Twilio-Signature": signature}
    )
    try:
        with urlopen(request, timeout=10) as response:  # noqa: S310  # nosec B310
            return str(response.read().decode())
    except HTTPError as error:
        raise IntakeError(f"the server answered {error.code}: {error.read().decode()[:300].strip()}") from None
    except (URLError, OSError, ValueError):
        raise IntakeError(f"no server answers at {base}: start it with `intake up`") from None


def _show_answer(database: Database, message_sid: str, practice: Practice, settings: Settings) -> None:
    message = _wait_until_handled(database, message_sid)
    tellings = _show_decision(database, message, practice, settings)
    _show_reply(database, message, practice)
    _fail_if_lost(tellings)


def _show_decision(database: Database, message: Message, practice: Practice, settings: Settings) -> Sequence[Telling]:
    """Show what was understood and decided, and return what became of telling staff."""
    if message.classification:
        found = message.classification
        also = "".join(f", also {other['intent']} ({other['confidence']:.2f})" for other in found.also)
        click.echo(f"understood as  {found.intent} ({found.confidence:.2f}){also}")
        danger = f" ({found.danger})" if found.danger else ""
        click.echo(f"triage         {found.triage}{danger}, language {found.language}")
    if message.decision is None:
        return ()
    from app.told_staff import read_tellings

    decision = message.decision
    click.echo(f"routed as      {decision.route}: {decision.why}")
    tellings = read_tellings(database, message, _as_set_now(database, practice, settings), settings, WAIT_SECONDS)
    click.echo(f"staff told     {'; '.join(telling.words for telling in tellings) or 'nobody'}")
    return tellings


def _as_set_now(database: Database, practice: Practice, settings: Settings) -> Practice:
    """Return the practice with managers' settings applied, as workers see it."""
    from inbox.practices.live import LivePractices
    from intake.practices import load_practices

    live = LivePractices(database, load_practices(settings.practices_file))
    live.refresh()
    return live.current.by_slug(practice.slug) or practice


def _fail_if_lost(tellings: Sequence[Telling]) -> None:
    """Fail if an emergency reached nobody, as it is this that a service is tried out for."""
    lost = [telling.team for telling in tellings if telling.is_lost]
    if lost:
        raise IntakeError(
            f"the emergency reached nobody at {', '.join(lost)}: see `staff told` above, and try the addresses with"
            " `intake practice check FILE --notify`"
        )


def _show_reply(database: Database, message: Message, practice: Practice) -> None:
    from sqlalchemy import select

    from inbox.models import Delivery

    with database.read() as session:
        delivery = session.scalar(select(Delivery).where(Delivery.message_id == message.id))
    if delivery is None:
        click.echo(f"reply          none from {practice.name}")
        return
    state = "not sent: no Twilio credentials" if delivery.state == "not_sent" else delivery.state
    click.echo(f"reply          [{state}] {delivery.body}")


def _chat_message(database: Database, conversation: str, entry: int) -> Message:
    from sqlalchemy import select
    from sqlalchemy.orm import joinedload

    from inbox.models import Conversation, Message

    query = (
        select(Message)
        .join(Message.conversation)
        .where(Conversation.public_id == conversation, Message.entry == entry)
        .options(joinedload(Message.classification), joinedload(Message.decision))
    )
    with database.read() as session:
        return session.scalars(query).one()


def _wait_until_handled(database: Database, message_sid: str) -> Message:
    from sqlalchemy import select
    from sqlalchemy.orm import joinedload

    from inbox.models import Delivery, DeliveryState, Message

    busy = (DeliveryState.PENDING, DeliveryState.SENDING)
    query = (
        select(Message)
        .where(Message.provider_id == message_sid)
        .options(joinedload(Message.classification), joinedload(Message.decision))
    )
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        with database.read() as session:
            message = session.scalar(query)
            if message is not None and message.handled_at is not None:
                waiting = select(Delivery.id).where(Delivery.message_id == message.id, Delivery.state.in_(busy))
                if session.scalar(waiting) is None:
                    return message
        time.sleep(0.05)
    raise IntakeError(
        f"the message is stored, but nothing came of it in {WAIT_SECONDS:.0f} seconds: is a worker running?"
    )
