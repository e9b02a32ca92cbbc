"""What became of every text, counted from the database and from what Twilio took on; and what must not be."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from faults.recovery import LONGEST_WAIT_SECONDS
from faults.service import Service
from faults.texts import ANSWERED, STAFF_NUMBER, Sort
from inbox.models import Delivery, Escalation, Message, Notification, NotificationState
from intake.vocabulary import REPLIES, NotificationReason, ReplyName
from tasks.routing.silence import UNANSWERED

_CONFIRMATIONS = frozenset(str(reply) for reply in REPLIES if reply.name is ReplyName.OPT_OUT)
_LINK = re.compile(r"/staff/(conversations|escalations)/(\d+)")


@dataclass(frozen=True, slots=True)
class Counts:
    """One row of the table.

    Attributes:
        texts: texts that patients sent.
        stored: of these, how many are in the database.
        classified: how many were understood, or handed to a person because they cannot be.
        unanswered: patients who got fewer answers than they should have.
        answered: patients who got what they should have.
        doubled: patients who got more.
        told_of_unanswered: of the unanswered, for how many staff were told that the answer did not arrive.
        opted_out_texted: patients who were texted after they had opted out.
        urgent_untold: urgent texts that no member of staff was told of in time.
        slowest_telling: seconds until staff were told of the urgent text that took longest; None if of none.
        recovery: seconds until everything was done; None if it never was.
        breaches: what else went wrong.
    """

    texts: int
    stored: int
    classified: int
    unanswered: int
    answered: int
    doubled: int
    told_of_unanswered: int
    opted_out_texted: int
    urgent_untold: int
    slowest_telling: float | None
    recovery: float | None
    breaches: tuple[str, ...] = ()


def find_breaches(counts: Counts) -> list[str]:
    """Return everything in a row that harms a patient."""
    harms = {
        "not stored": counts.texts - counts.stored,
        "not classified": counts.stored - counts.classified,
        "unanswered, and nobody was told": counts.unanswered - counts.told_of_unanswered,
        "answered twice": counts.doubled,
        "opted out and texted": counts.opted_out_texted,
        "urgent and nobody was told in time": counts.urgent_untold,
    }
    found = [f"{number} {harm}" for harm, number in harms.items() if number > 0]
    return [*found, *_overlong(counts.recovery), *counts.breaches]


def _overlong(recovery: float | None) -> list[str]:
    """Return what is wrong with how long it took; what outlasts the time that is moved on waited for something else."""
    if recovery is None:
        return ["never finished"]
    return ["took all the time that it was given"] if recovery >= LONGEST_WAIT_SECONDS else []


def count(service: Service, recovery: float | None) -> Counts:
    """Count what became of the texts of a service."""
    with service.database.read() as session:
        sids = [text.sid for text in service.texts]
        stored = {message.provider_id: message for message in _of_sids(session, sids)}
        answers = _answers(service, session)
        expected: Counter[str] = Counter()
        for text in service.texts:
            expected[text.patient] += text.sort in ANSWERED
        expected.update(patient for patient, _ in service.staff_replies)
        uncounted = {text.patient for text in service.texts if text.sort is Sort.CHATTER}
        surplus = {patient: answers[patient] - wanted for patient, wanted in expected.items() if wanted}
        missing = {patient for patient, number in surplus.items() if number < 0}
        told = {message.conversation.patient_address for message in stored.values() if _staff_know(session, message)}
        telling = _seconds_to_tell(service, session, stored)
        return Counts(
            texts=len(service.texts),
            stored=len(stored),
            classified=sum(_is_understood(session, message) for message in stored.values()),
            unanswered=len(missing),
            answered=sum(number == 0 for number in surplus.values()),
            doubled=sum(
                answers[patient] > wanted for patient, wanted in expected.items() if patient not in uncounted
            ) - _texted_against_their_will(service, expected, answers),
            told_of_unanswered=len(missing & told),
            opted_out_texted=len(_texted_after_opt_out(service, session)),
            urgent_untold=sum(seconds is None or seconds > service.urgent_within for seconds in telling),
            slowest_telling=max((seconds for seconds in telling if seconds is not None), default=None),
            recovery=recovery,
            breaches=(*service.breaches, *_wrong_staff_replies(service)),
        )  # fmt: skip


def _texted_against_their_will(service: Service, expected: Mapping[str, int], answers: Mapping[str, int]) -> int:
    """Return how many patients without an expected answer got one because they had opted out: counted by themselves."""
    return sum(
        patient in service.opted_out_at and not wanted and answers[patient] > 0 for patient, wanted in expected.items()
    )


def _of_sids(session: Session, sids: Iterable[str]) -> list[Message]:
    wanted = set(sids)
    return [message for message in session.scalars(select(Message)) if message.provider_id in wanted]


def _confirmations(session: Session) -> frozenset[str]:
    """Return the bodies that confirm an opt-out."""
    return frozenset(session.scalars(select(Delivery.body).where(Delivery.reply.in_(_CONFIRMATIONS))))


def _answers(service: Service, session: Session) -> Counter[str]:
    """Count what each patient was sent, except confirmations of an opt-out."""
    confirmations = _confirmations(session)
    answers = Counter(sent.to for sent in service.twilio.sent if sent.body not in confirmations)
    answers.update(mail.recipient for mail in service.smtp.mails)
    return answers


def _wrong_staff_replies(service: Service) -> list[str]:
    sent = Counter((sent.to, sent.body) for sent in service.twilio.sent)
    wrong = sum(sent[reply] != 1 for reply in service.staff_replies)
    return [f"{wrong} staff replies not sent once"] if wrong else []


def _texted_after_opt_out(service: Service, session: Session) -> set[str]:
    confirmations = _confirmations(session)
    return {
        sent.to
        for sent in service.twilio.sent
        if sent.body not in confirmations and service.opted_out_at.get(sent.to, sent.at) < sent.at
    }


def _is_understood(session: Session, message: Message) -> bool:
    if message.handled_at is None or message.decision is None:
        return False
    return bool(
        message.classification
        or message.keyword
        or _was_told(session, message, NotificationReason.UNPROCESSED, *UNANSWERED)
    )


def _staff_know(session: Session, message: Message) -> bool:
    """Return whether staff were told that an answer could not be sent or made."""
    reasons = [reason for reason in NotificationReason if reason is not NotificationReason.ESCALATION]
    return _was_told(session, message, *reasons)


def _was_told(session: Session, message: Message, *reasons: str) -> bool:
    query = select(Notification.id).where(
        Notification.message_id == message.id,
        Notification.reason.in_(reasons),
        Notification.state == NotificationState.SENT,
    )
    return session.scalar(query.limit(1)) is not None


def _seconds_to_tell(service: Service, session: Session, stored: Mapping[str, Message]) -> list[float | None]:
    """Return for each urgent text how long it took until staff were told, None if they never were."""
    told = _first_told(service, session)
    found: list[float | None] = []
    for text in service.texts:
        if text.sort is Sort.URGENT:
            message = stored.get(text.sid)
            at = told.get(message.conversation_id) if message else None
            found.append(None if at is None else service.elapsed.between(text.sent_at, at))
    return found


def _first_told(service: Service, session: Session) -> dict[int, float]:
    """Return when staff first heard of each conversation, by the notification service or by text."""
    notices = [*service.hook.told, *((sent.at, sent.body) for sent in service.twilio.sent if sent.to == STAFF_NUMBER)]
    told: dict[int, float] = {}
    for at, words in sorted(notices):
        for kind, number in _LINK.findall(words):
            conversation_id = int(number)
            if kind == "escalations":
                conversation_id = session.get_one(Escalation, conversation_id).message.conversation_id
            told.setdefault(conversation_id, at)
    return told
