"""Loading the inputs of `routing.decide()` for one message."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

from sqlalchemy import and_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from inbox.column_types import keyring
from inbox.consent import is_ambiguous, is_opted_out, is_spanish_keyword, is_stop_word
from inbox.models import Classification, Conversation, Delivery, DeliveryState, Keyword, LineType, Message
from inbox.opt_out_wording import OptOutWish, read_opt_out
from intake.channels import medium_for, traits_of
from intake.practices import Practice
from intake.vocabulary import DangerKind, Disposition, Language, Medium, TriageLevel
from tasks.message_language import decide_language, has_language
from tasks.person_words import person_language
from tasks.routing import Facts, can_be_answered
from tasks.unproven_numbers import unproven_number

if TYPE_CHECKING:
    import classifier.outputs
    from classifier import Understanding

NEVER_ARRIVED = (DeliveryState.FAILED, DeliveryState.SUPPRESSED)
# Built once, as building a statement takes longer than running it.
_LAST_LANGUAGE = (
    select(Classification.language)
    .join(Message, Message.id == Classification.message_id)
    .where(Message.conversation_id == bindparam("conversation"), Message.id < bindparam("message"))
    .order_by(Message.id.desc())
    .limit(1)
)
_REPLIES_SINCE = (
    select(func.count(Delivery.id))
    .join(Conversation)
    .where(
        or_(
            Conversation.id == bindparam("conversation"),
            and_(
                Conversation.practice == bindparam("practice"),
                Conversation.patient_index.in_(bindparam("indexes", expanding=True)),
            ),
        ),
        Delivery.message_id.is_not(None),
        Delivery.created_at >= bindparam("since", type_=Delivery.created_at.type),
        Delivery.state.not_in(NEVER_ARRIVED),
    )
)
_LATEST_REPLIES = (
    select(Delivery.reply, func.max(Delivery.created_at))
    .where(Delivery.conversation_id == bindparam("conversation"), Delivery.state.not_in(NEVER_ARRIVED))
    .group_by(Delivery.reply)
)


def settle_language(session: Session, message: Message, understanding: Understanding) -> Understanding:
    """Return what the model understood, in the conversation's language if the message has no words of any.

    An emergency keeps the language that the model reads in it.
    """
    if understanding.urgent or has_language(message.text):
        return understanding
    language = decide_language(message.text, understanding.language, _last_language(session, message))
    return replace(understanding, language=cast("classifier.outputs.Language", str(language)))


def gather_facts(
    session: Session,
    message: Message,
    understanding: Understanding | Classification | None,
    practice: Practice,
    default_threshold: float,
    moment: datetime,
) -> Facts:
    """Load the inputs of `routing.decide()` for one message.

    Args:
        session: an open transaction.
        message: the message.
        understanding: the result of the model and the screens, fresh or stored; None if the message needs no model.
        practice: the practice whose thresholds apply.
        default_threshold: the model's threshold for this intent, used if the practice sets none.
        moment: the current time, aware.
    """
    conversation = message.conversation
    address = conversation.patient_address or ""
    facts = Facts(
        intent="",
        confidence=0.0,
        threshold=practice.threshold_for("", default_threshold),
        language=_language_without_model(session, message) if understanding is None else understanding.language,
        keyword=Keyword(message.keyword) if message.keyword else None,
        keyword_changed_consent=message.keyword_changed_consent,
        keyword_answered=message.keyword_answered,
        keyword_ambiguous=is_ambiguous(message.text),
        keyword_in_words=message.keyword == Keyword.STOP and not _is_keyword(message),
        may_opt_out=message.keyword is None and read_opt_out(message.text) is not OptOutWish.NONE,
        replies_by_text=medium_of(conversation) is Medium.SMS,
        opted_out=is_opted_out(session, conversation.practice, address),
        can_be_answered=can_be_answered(medium_of(conversation), address, LineType(conversation.line_type)),
        unproven_number=unproven_number(session, conversation, moment),
        staff_active=conversation.staff_took_over_at is not None,
        unheard=is_unheard(message),
        replies_last_hour=_replies_since(session, conversation, moment - timedelta(hours=1)),
        reply_ages=_reply_ages(session, conversation, moment),
    )
    if understanding is None:
        return facts
    language = person_language(message.text)
    return replace(
        facts,
        intent=understanding.intent,
        confidence=understanding.confidence,
        threshold=practice.threshold_for(understanding.intent, default_threshold),
        triage=TriageLevel(understanding.triage),
        danger=DangerKind(understanding.danger) if understanding.danger else None,
        language=language or facts.language,
        disposition=Disposition.PERSON
        if language is not None
        else _disposition(message, Disposition(understanding.disposition)),
        praise=understanding.praise and not message.media,
        partly_read=understanding.partly_read,
        also=_other_intents(understanding),
    )


def _is_keyword(message: Message) -> bool:
    return traits_of(message.conversation.channel).takes_keywords and is_stop_word(message.text)


def _disposition(message: Message, disposition: Disposition) -> Disposition:
    """Return a message's disposition; thanks that come with a picture may say something."""
    is_thanks_alone = disposition is not Disposition.ACKNOWLEDGEMENT or not message.media
    return disposition if is_thanks_alone else Disposition.ROUTE


def _other_intents(understanding: Understanding | Classification) -> tuple[str, ...]:
    if isinstance(understanding, Classification):
        return tuple(other["intent"] for other in understanding.also)
    return tuple(other.intent for other in understanding.also)


def _language_without_model(session: Session, message: Message) -> str:
    """Return the language of a keyword, or else the one that the patient last wrote in."""
    if message.keyword and is_spanish_keyword(message.text):
        return Language.ES
    return _last_language(session, message) or Language.EN


def _last_language(session: Session, message: Message) -> str | None:
    """Return the language of the newest message before this one that the model has read."""
    return session.scalar(_LAST_LANGUAGE, {"conversation": message.conversation_id, "message": message.id})


def _replies_since(session: Session, conversation: Conversation, since: datetime) -> int:
    """Count the automatic replies to this patient's address, across channels."""
    values = {
        "conversation": conversation.id,
        "practice": conversation.practice,
        "indexes": keyring().indexes(conversation.patient_address or ""),
        "since": since,
    }
    return session.scalar(_REPLIES_SINCE, values) or 0


def _reply_ages(session: Session, conversation: Conversation, moment: datetime) -> dict[str, timedelta]:
    found = session.execute(_LATEST_REPLIES, {"conversation": conversation.id})
    return {reply: moment - latest for reply, latest in found}


def medium_of(conversation: Conversation) -> Medium:
    """Return the medium of replies in a conversation."""
    return medium_for(conversation.channel, conversation.patient_address)


def needs_no_model(message: Message) -> bool:
    """Return whether the model is not needed: the message is a keyword or an unheard voicemail."""
    return message.keyword is not None or is_unheard(message)


def is_unheard(message: Message) -> bool:
    """Return whether a message lacks the text that its channel needs, such as a voicemail without a transcription."""
    return traits_of(message.conversation.channel).needs_text and not message.text
