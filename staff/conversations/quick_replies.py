"""What a member can put into a reply: their own saved replies, the practice's, its answers, and the standard ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from inbox.chat_contact import has_number
from inbox.common_questions import read_questions
from inbox.models import Conversation, Patient
from inbox.saved_replies import Owner, read_replies_of
from intake.practices import Practice
from intake.vocabulary import KEYWORD_REPLIES, Intent, Language, Medium, ReplyName, reply_in, words_of
from staff.auth.access import Member
from templates.opening_hours import HOURS_QUESTIONS, fill_hours
from templates.replies import Occasion, render_for_patient
from templates.saved_replies import Reader, fill_variables, first_name_of

STANDARD = tuple(
    name for name in (*Intent, *ReplyName) if name not in KEYWORD_REPLIES and name is not ReplyName.COMMON_QUESTION
)


@dataclass(frozen=True, slots=True)
class QuickReply:
    """A text that goes into the reply box.

    Attributes:
        key: what a form calls it.
        name: what it is found by.
        whose: whose it is, in display words.
        words: the text for this patient.
    """

    key: str
    name: str
    whose: str
    words: str = field(repr=False)


def read_quick_replies(
    session: Session,
    practice: Practice,
    reader: Reader,
    conversation: Conversation,
    medium: Medium,
    member: Member,
    language: Language,
    moment: datetime,
) -> list[QuickReply]:
    """Return what a member can put into a reply, in the patient's language as far as there is a text in it.

    Args:
        session: an open transaction.
        practice: the practice.
        reader: who reads and who writes it.
        conversation: the patient's conversation.
        medium: how the reply would be sent.
        member: the member who replies.
        language: the patient's language.
        moment: the current time, aware.
    """
    found: list[QuickReply] = []
    is_text = medium is Medium.SMS
    owners = {Owner(staff_id=member.id): "Yours", Owner(practice=practice.slug): "Practice"}
    for owner, replies in read_replies_of(session, list(owners)).items():
        for reply in replies:
            written_in = Language.ES if language is Language.ES and reply.text_es else Language.EN
            text = reply.text_es if written_in is Language.ES and reply.text_es else reply.text
            words = fill_variables(text, practice, moment, written_in, reader, is_text=is_text)
            found.append(QuickReply(f"saved-{reply.id}", reply.name, owners[owner], words))
    for question in read_questions(session, practice.slug):
        if question.answer:
            is_of_hours = question.key in HOURS_QUESTIONS
            answer = fill_hours(question.answer, practice, moment, language, is_text=is_text, is_of_hours=is_of_hours)
            found.append(QuickReply(f"answer-{question.key}", question.title, "Common question", answer))
    occasion = Occasion(moment, is_first=False, is_text=is_text, has_phone=has_number(conversation))
    return [*found, *_standard_replies(practice, occasion, language)]


def _standard_replies(practice: Practice, occasion: Occasion, language: str) -> Iterator[QuickReply]:
    """Yield the practice's automatic replies, as starting points."""
    for name in STANDARD:
        reply = reply_in(language, name)
        words = render_for_patient(reply, practice, occasion)[0]
        yield QuickReply(reply, words_of(reply), "Automatic reply", words)


def first_name(conversation: Conversation, records: Sequence[Patient]) -> str:
    """Return the patient's first name: that of the only record, else as the conversation has it."""
    names = {first_name_of(patient.name) for patient in records} or {first_name_of(conversation.patient_name)}
    return names.pop() if len(names) == 1 else ""
