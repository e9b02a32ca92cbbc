"""What a member can put into a reply.

Their own saved replies, the practice's, the starter set, the practice's answers, and the standard ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from inbox.contact.chat_contact import has_number
from inbox.models import Conversation, Patient, SavedReply
from inbox.practices.common_questions import read_questions
from inbox.replies.saved import Owner, ReplyWords, read_replies_of, split_starters
from intake.practices import Practice
from intake.vocabulary import KEYWORD_REPLIES, Intent, Language, Medium, ReplyName, reply_in, words_of
from staff.auth.access import Member
from templates.opening_hours import HOURS_QUESTIONS, fill_hours
from templates.replies import Occasion, render_for_patient
from templates.saved_replies import Reader, fill_variables, first_name_of, known_values

STANDARD = tuple(
    name for name in (*Intent, *ReplyName) if name not in (*KEYWORD_REPLIES, ReplyName.COMMON_QUESTION, ReplyName.ROBOT)
)


@dataclass(frozen=True, slots=True)
class QuickReply:
    """A text that goes into the reply box.

    Attributes:
        key: what a form calls it.
        name: what it is found by.
        group: the heading that it stands under: whose it is, or its topic.
        language: the language of the text.
        words: the text for this patient.
        twin: the text in the other language, empty for none.
        find: further words that it is found by.
    """

    key: str
    name: str
    group: str
    language: Language
    words: str = field(repr=False)
    twin: str = field(default="", repr=False)
    find: str = ""


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
    is_text = medium is Medium.SMS
    values = {
        kind: known_values(practice, moment, kind, reader, is_text=is_text) for kind in (Language.EN, Language.ES)
    }

    def fill(words: SavedReply | ReplyWords) -> dict[Language, str]:
        texts = {Language.EN: words.text, Language.ES: words.text_es or ""}
        return {kind: fill_variables(text, values[kind]) for kind, text in texts.items() if text}

    members, practices = Owner(staff_id=member.id), Owner(practice=practice.slug)
    saved = read_replies_of(session, [members, practices])
    own, starters = split_starters(saved[practices])
    found = [
        _in(language, fill(reply), f"saved-{reply.id}", reply.name, group)
        for group, replies in (("Yours", saved[members]), ("Practice", own))
        for reply in replies
    ]
    found += [
        _in(language, fill(kept.words), f"starter-{kept.key}", kept.words.name, kept.starter.topic, kept.starter.find)
        for kept in starters
        if not kept.is_hidden
    ]
    for question in read_questions(session, practice.slug):
        if question.answer:
            is_of_hours = question.key in HOURS_QUESTIONS
            answers = {Language.EN: question.answer, Language.ES: question.answer_es}
            said = {
                kind: fill_hours(answer, practice, moment, kind, is_text=is_text, is_of_hours=is_of_hours)
                for kind, answer in answers.items()
                if answer
            }
            found.append(_in(language, said, f"answer-{question.key}", question.title, "Common questions"))
    occasion = Occasion(moment, is_first=False, is_text=is_text, has_phone=has_number(conversation))
    return [*found, *_standard_replies(practice, occasion, language)]


def _in(
    language: Language, texts: Mapping[Language, str], key: str, name: str, group: str, find: str = ""
) -> QuickReply:
    """Return a reply with its text in the patient's language first, as far as there is one."""
    first, other = Language.EN, Language.ES
    if language is Language.ES and texts.get(Language.ES):
        first, other = other, first
    return QuickReply(key, name, group, first, texts[first], texts.get(other, ""), find)


def _standard_replies(practice: Practice, occasion: Occasion, language: Language) -> Iterator[QuickReply]:
    """Yield the practice's automatic replies, as starting points."""
    for name in STANDARD:
        reply = reply_in(language, name)
        words = render_for_patient(reply, practice, occasion)[0]
        yield QuickReply(reply, words_of(reply), "Automatic replies", reply.language, words)


def first_name(conversation: Conversation, records: Sequence[Patient]) -> str:
    """Return the patient's first name: that of the only record, else as the conversation has it."""
    names = {first_name_of(patient.name) for patient in records} or {first_name_of(conversation.patient_name)}
    return names.pop() if len(names) == 1 else ""
