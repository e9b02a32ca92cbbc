"""What a patient's number agreed to or opted out of, by whom, and when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, String, literal, select, union_all
from sqlalchemy.orm import Session

from inbox.contact.consent import number_of
from inbox.contact.text_permission import GivenConsent
from inbox.models import AuditEntry, Conversation, Keyword, Message, PatientAddress, TextConsent
from inbox.patients.conversations import conversations_of
from intake.channels import traits_of
from intake.vocabulary import ConsentHow, OptOutMistake
from staff import display
from staff.audit.words import words_of_action
from staff.conversations.people import NOBODY, names_of

SHOWN = 20
_BY_STAFF = ("opted_out", "opt_out_undone", "consent_recorded")
_BY_PATIENT = {Keyword.STOP: "The patient opted out of texts", Keyword.START: "The patient opted in to texts"}


@dataclass(frozen=True, slots=True)
class ConsentChange:
    """One change, in display words."""

    what: str
    shown_at: str


def read_consent_history(
    session: Session,
    conversation: Conversation,
    zone: str,
    others: Iterable[int],
    known: Mapping[int, str],
) -> list[ConsentChange]:
    """Return the changes in all of the patient's conversations with the practice, newest first.

    Args:
        session: an open transaction.
        conversation: one of them.
        zone: the practice's time zone.
        others: the other conversations from the same address.
        known: the names of members that are known already, by id.
    """
    number, ids = number_of(conversation), [conversation.id]
    if number is not None and number == conversation.patient_address:
        ids += others
    elif number is not None:
        ids += session.scalars(
            select(Conversation.id).where(
                conversations_of(conversation.practice, number), Conversation.id != conversation.id
            )
        )
    return _newest([*_by_patient(session, ids), *_by_staff(session, _subjects(ids), known)], zone)


def read_number_history(
    session: Session, address: PatientAddress, given: Iterable[GivenConsent], zone: str
) -> list[ConsentChange]:
    """Return the changes of a number on a patient's record, newest first.

    Args:
        session: an open transaction.
        address: the number.
        given: the consents that came with it in the record's chats and forms.
        zone: the practice's time zone.
    """
    own = conversations_of(address.practice, address.patient_address)
    ids = list(session.scalars(select(Conversation.id).where(own)))
    subjects = [*_subjects(ids), f"patient_address:{address.id}"]
    agreed = [
        (consent.given_at, f"The patient agreed to texts {traits_of(consent.channel).consents}") for consent in given
    ]
    return _newest([*agreed, *_by_keyword(session, ids), *_by_staff(session, subjects, NOBODY)], zone)


def _newest(found: list[tuple[datetime, str]], zone: str) -> list[ConsentChange]:
    newest = sorted(found, key=lambda change: change[0], reverse=True)[:SHOWN]
    return [ConsentChange(what, display.clock(at, zone)) for at, what in newest]


def _subjects(ids: list[int]) -> list[str]:
    return [f"conversation:{row_id}" for row_id in ids]


def _by_patient(session: Session, ids: list[int]) -> list[tuple[datetime, str]]:
    """Return what patients agreed to in forms and chats, and their keywords."""
    given = select(TextConsent.given_at, literal(None, String)).where(TextConsent.conversation_id.in_(ids))
    found: Iterable[Any] = session.execute(union_all(given, _keywords_in(ids)))
    return [(at, _BY_PATIENT[Keyword(word)] if word else "The patient agreed to texts") for at, word in found]


def _by_keyword(session: Session, ids: list[int]) -> list[tuple[datetime, str]]:
    return [(at, _BY_PATIENT[Keyword(word)]) for at, word in session.execute(_keywords_in(ids)) if word]


def _keywords_in(ids: list[int]) -> Select[datetime, Keyword | None]:
    return select(Message.received_at, Message.keyword).where(
        Message.conversation_id.in_(ids), Message.keyword.in_(_BY_PATIENT)
    )


def _by_staff(session: Session, subjects: list[str], known: Mapping[int, str]) -> list[tuple[datetime, str]]:
    query = select(AuditEntry).where(AuditEntry.subject.in_(subjects), AuditEntry.action.in_(_BY_STAFF))
    entries = session.scalars(query).all()
    names = names_of(session, [entry.staff_id for entry in entries], known)
    changed = [entry for entry in entries if entry.detail.get("changed") is not False]
    return [(entry.at, _describe(entry, names.get(entry.staff_id or 0, "Someone"))) for entry in changed]


def _describe(entry: AuditEntry, who: str) -> str:
    reason = entry.detail.get("reason")
    why = f": {OptOutMistake(reason).words.lower()}" if reason in set(OptOutMistake) else ""
    if entry.action == "consent_recorded":
        why = f": {ConsentHow(entry.detail['how']).words.lower()}"
    return f"{who} {words_of_action(entry.action)}{why}"
