"""What patients do at a bad moment, and what goes wrong with keys, floods, look-ups, and mail."""

from __future__ import annotations

import time

from faults.configuration import PRACTICE
from faults.emails import email_from, post_email
from faults.kinds.registry import fault
from faults.service import Service
from faults.texts import Sort, Text
from inbox.contact.consent import is_opted_out
from inbox.storage.database import Database
from intake.encryption import Keyring
from intake.settings import Settings
from tests.standins.smtp.faults import Fault as MailFault
from tests.standins.smtp.faults import Stage
from tests.standins.twilio import Fault
from tests.world import ENCRYPTION_KEY, OTHER_KEY

PROMPT_SECONDS = 20.0
ROLLING_RESTART_SECONDS = 30.0
FLOOD = 200


@fault("each webhook ten times at once")
def ten_copies(service: Service) -> None:
    """Hand every text over by ten requests at the same moment."""
    service.send(service.write(8), copies=10, threads=20)
    service.fault_is_over()


@fault("STOP between receiving and sending")
def stop_before_sending(service: Service) -> None:
    """Have Twilio refuse for a while, and the patients text STOP meanwhile."""
    service.twilio.faults.push(Fault.answer(429, times=None))
    texts = service.text(6, urgent=0, opted_out=0)
    service.wait_for(lambda: len(service.twilio.requests) >= len(texts), "the first attempts")
    leaving = texts[:4]
    service.stop_texts(text.patient for text in leaving)
    for text in leaving:
        text.sort = Sort.OPTED_OUT
    service.twilio.faults.clear()
    service.fault_is_over()


@fault("STOP flood, 200 in a minute")
def stop_flood(service: Service) -> None:
    """Send 100 texts from one number, then STOP 100 times."""
    number = service.patients.new_number()
    service.send([Text(Sort.CHATTER, number, "ok") for _ in range(FLOOD // 2)])
    taken = [text for text in service.texts if text.accepted_at is not None]
    service.texts[:] = taken  # a limit on chatter is no fault
    stops = [Text(Sort.CHATTER, number, "STOP") for _ in range(FLOOD // 2)]
    service.send(stops)
    refused = sum(text.accepted_at is None for text in stops)
    service.require(refused == 0, f"STOP was refused {refused} times of {len(stops)}")
    with service.database.read() as session:
        service.require(is_opted_out(session, PRACTICE, number), "the patient is not opted out")
    service.text(4)
    service.fault_is_over()


@fault("key rotation under a worker with the old key only")
def rotate_keys(service: Service) -> None:
    """Give web a new key that workers do not have yet; patients whose answer is under way text STOP."""
    new = service.settings.model_copy(update={"encryption_keys": f"{OTHER_KEY},{ENCRYPTION_KEY}"})
    service.pause_workers()
    leaving = service.text(8, urgent=0, opted_out=0)
    staying = service.text(4, urgent=0, opted_out=0)
    _replace_web(service, new)
    service.database.close()
    service.database = Database(new.database_url, Keyring(new.encryption_keys))
    service.stop_texts(text.patient for text in leaving)
    for text in leaving:
        text.sort = Sort.OPTED_OUT
    service.resume_workers()
    # those who leave are first in the queue, so that their answers were due when the last one is sent
    service.happens(lambda: service.is_answered(staying), ROLLING_RESTART_SECONDS)
    service.kill_workers()
    service.start_workers(new)
    service.fault_is_over()


@fault("Lookup hangs")
def lookup_hangs(service: Service) -> None:
    """Leave look-ups unanswered while 6 voicemails and then texts arrive."""
    service.twilio.hang_lookups()
    for _ in range(6):
        call = service.ring(service.patients.new_number())
        call.report_transcription("I need to reschedule my appointment next Tuesday to Thursday please")
        service.texts.append(Text(Sort.VOICEMAIL, call.from_, "", call.recording_sid))
    texts = [text for text in service.text(8) if text.patient not in service.opted_out_at]
    service.require(
        service.happens(lambda: service.is_answered(texts), PROMPT_SECONDS),
        f"texts waited over {PROMPT_SECONDS:.0f} s behind Lookup",
    )
    service.twilio.answer_lookups()
    service.fault_is_over()


@fault("notification service hangs")
def hook_hangs(service: Service) -> None:
    """Have the on-call team's service answer nothing until other patients are answered."""
    service.hook.hang()
    service.send(service.write(0, urgent=4, opted_out=0))
    texts = [text for text in service.text(10, urgent=0) if text.patient not in service.opted_out_at]
    service.require(
        service.happens(lambda: service.is_answered(texts), PROMPT_SECONDS),
        f"texts waited over {PROMPT_SECONDS:.0f} s behind the notification service",
    )
    service.hook.answer_again()
    service.fault_is_over()


@fault("notification service answers 500")
def hook_fails(service: Service) -> None:
    """Refuse the first three notices."""
    service.hook.fail_next(3)
    service.text(6, urgent=6)
    service.fault_is_over()


@fault("mail server away")
def mail_away(service: Service) -> None:
    """Drop the first 30 connections to the mail server while emails and texts arrive."""
    for _ in range(30):
        service.smtp.faults.push(MailFault.drop(Stage.GREETING))
    _send_emails(service, 6)
    service.text(6)
    time.sleep(2)
    service.smtp.faults.clear()
    service.fault_is_over()


@fault("mail server drops its answer")
def mail_unsure(service: Service) -> None:
    """Take two emails on and drop the connection before saying so."""
    for _ in range(2):
        service.smtp.faults.push(MailFault.drop(Stage.CONTENT, accept=True))
    _send_emails(service, 6)
    service.text(4)
    service.fault_is_over()


def _send_emails(service: Service, number: int) -> None:
    for index in range(number):
        email = email_from(f"patient{index}@mail.example")
        post_email(email, service.port)
        service.texts.append(email)


def _replace_web(service: Service, settings: Settings) -> None:
    assert service.web is not None
    service.web.stop()
    service.start_web(settings)
