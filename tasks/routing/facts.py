"""Loading the inputs of `routing.decide()` for one message."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple, cast

from sqlalchemy import and_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from classifier.rules.acknowledgement import is_acknowledgement
from classifier.rules.aftermath import Update, read_update
from classifier.rules.asides import Aside, read_aside
from classifier.text.plain_english import reads_as_english
from inbox.contact.consent import is_ambiguous, is_info, is_spanish_keyword, is_stop_word, opt_out_of
from inbox.contact.opt_out_wording import OptOutWish, read_opt_out
from inbox.contact.quiet import kept_quiet_until
from inbox.contact.unsafe_contact import silences_robot
from inbox.models import (
    NEVER_ARRIVED,
    Classification,
    Conversation,
    Decision,
    Delivery,
    Keyword,
    LineType,
    Message,
)
from inbox.models.column_types import keyring
from inbox.patients.conversations import named_conversations
from inbox.storage.key_registry import lacks_keys
from intake.channels import is_vouched, medium_for, traits_of
from intake.practices import Practice
from intake.vocabulary import (
    SENT_IN_EMERGENCIES,
    DangerKind,
    Disposition,
    Intent,
    Language,
    Medium,
    Priority,
    Route,
    SenderDoubt,
    TriageLevel,
)
from tasks.routing.decide import AFTERMATH, Facts, can_be_answered, follows_emergency
from tasks.routing.follow_ups import FOLLOWS_WITHIN, Matter, find_matter, matter_of, may_follow
from tasks.routing.imminent_visits import is_visit_soon
from tasks.routing.remarks import find_remark, settle_praise
from tasks.routing.unproven_numbers import unproven_number
from tasks.routing.words import read_words
from tasks.understanding.message_language import decide_language, has_language

if TYPE_CHECKING:
    import classifier.outputs
    from classifier import Understanding

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
            named_conversations(),
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
_LAST_TOLD = (
    select(Decision.priority, Message.received_at)
    .join(Message, Message.id == Decision.message_id)
    .where(
        Message.conversation_id == bindparam("conversation"),
        Message.id < bindparam("message"),
        Decision.team.is_not(None),
        Decision.route != Route.PRAISE,  # which leaves what it follows as it is
    )
    .order_by(Message.id.desc())
    .limit(1)
)
_LAST_BY_STAFF = select(func.max(Delivery.created_at)).where(
    Delivery.conversation_id == bindparam("conversation"),
    Delivery.message_id.is_(None),
    Delivery.created_at <= bindparam("until", type_=Delivery.created_at.type),
    Delivery.state.not_in(NEVER_ARRIVED),
)
_EMERGENCIES_ELSEWHERE = (
    select(Conversation.danger, func.max(Delivery.created_at))
    .join(Message, Message.id == Conversation.last_message_id)
    .outerjoin(
        Delivery,
        and_(
            Delivery.conversation_id == Conversation.id,
            Delivery.reply.in_([str(reply) for reply in SENT_IN_EMERGENCIES]),
            Delivery.state.not_in(NEVER_ARRIVED),
        ),
    )
    .where(
        named_conversations(),
        Conversation.id != bindparam("conversation"),
        Conversation.triage == TriageLevel.EMERGENCY,
        Message.received_at > bindparam("since", type_=Message.received_at.type),
    )
    .group_by(Conversation.id, Conversation.danger)
    .order_by(Conversation.id)
)


class _Elsewhere(NamedTuple):
    """What the same number or address has open elsewhere: a danger, and if it was answered a short while ago."""

    danger: str | None = None
    is_open: bool = False
    is_answered: bool = False


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
        session: an open write transaction.
        message: the message.
        understanding: the result of the model and the screens, fresh or stored; None if the message needs no model.
        practice: the practice whose thresholds apply.
        default_threshold: the model's threshold for this intent, used if the practice sets none.
        moment: the current time, aware.
    """
    conversation = message.conversation
    address = conversation.patient_address or ""
    opt_out = opt_out_of(session, conversation.practice, address)
    transcribed = traits_of(conversation.channel).needs_text and not is_unheard(message)
    has_keys = not lacks_keys(session)
    flag = silences_robot(session, conversation, medium_of(conversation), moment, named=has_keys)
    facts = Facts(
        intent="",
        confidence=0.0,
        threshold=practice.threshold_for(understanding.intent if understanding else "", default_threshold),
        language=_language_without_model(session, message) if understanding is None else understanding.language,
        keyword=Keyword(message.keyword) if message.keyword else None,
        keyword_changed_consent=message.keyword_changed_consent,
        keyword_answered=message.keyword_answered,
        keyword_ambiguous=is_ambiguous(message.text),
        keyword_in_words=message.keyword == Keyword.STOP and not _is_keyword(message),
        keyword_claimed=not _proves_number(message),
        may_be_cry=message.keyword == Keyword.HELP and _may_be_cry(message),
        may_opt_out=may_opt_out(message),
        replies_by_text=medium_of(conversation) is Medium.SMS,
        in_chat=medium_of(conversation) is Medium.CHAT,
        opted_out=opt_out.is_out,
        opt_out_claimed=opt_out.is_claimed,
        can_be_answered=can_be_answered(medium_of(conversation), address, LineType(conversation.line_type)),
        unproven_number=unproven_number(session, conversation, moment),
        staff_active=conversation.staff_took_over_at is not None,
        unheard=is_unheard(message),
        transcribed=transcribed,
        reads_as_english=transcribed and reads_as_english(message.text),
        replies_last_hour=_replies_since(session, conversation, moment - timedelta(hours=1)),
        reply_ages=reply_ages_of(session, conversation, moment),
        unsafe=flag is not None,
        doubt=SenderDoubt(message.doubt) if message.doubt else None,
    )
    return facts if understanding is None else _understood(session, message, understanding, facts, practice, moment)


def _understood(
    session: Session,
    message: Message,
    understanding: Understanding | Classification,
    facts: Facts,
    practice: Practice,
    moment: datetime,
) -> Facts:
    """Return the facts of a message with what the model and its words say, in the light of what came before."""
    conversation = message.conversation
    words = read_words(message.text, has_media=bool(message.media), in_chat=facts.in_chat)
    elsewhere = _find_elsewhere(session, conversation, moment)
    is_aftermath = (elsewhere.is_answered or follows_emergency(facts.reply_ages)) and not message.media
    update = read_update(message.text) if is_aftermath else None
    aside = read_aside(message.text) if is_aftermath and update is None else None
    remark = find_remark(message, medium_of(conversation))
    is_owed = _is_owed_helplines(message, facts, says_safe=words.says_safe)
    is_unsure = understanding.confidence < facts.threshold or understanding.disposition == Disposition.OUT_OF_SCOPE
    is_settled_by_words = update not in (None, Update.THANKS) or aside in (Aside.QUESTION, Aside.FINE)
    is_worsening = is_aftermath and understanding.triage == TriageLevel.SAME_DAY
    is_taken_back = is_aftermath and remark == Route.WRONG_NUMBER
    is_followed = is_unsure or words.nudge or is_settled_by_words or is_worsening or is_owed or is_taken_back
    disposition = _disposition(message, Disposition(understanding.disposition), is_aftermath=is_aftermath)
    disposition, praise = settle_praise(message, disposition, praise=understanding.praise)
    if is_owed:
        disposition, praise = Disposition.OUT_OF_SCOPE, False
    danger = conversation.danger or elsewhere.danger
    is_kept_quiet = not words.says_safe and kept_quiet_until(session, conversation, moment) is not None
    return replace(
        facts,
        intent=understanding.intent,
        confidence=understanding.confidence,
        triage=TriageLevel(understanding.triage),
        danger=DangerKind(understanding.danger) if understanding.danger else None,
        language=words.language or facts.language,
        disposition=Disposition.PERSON if words.language is not None else disposition,
        praise=praise,
        remark=remark,
        is_dispute=words.is_dispute,
        is_legal=words.is_legal,
        fears=words.fears,
        waits_with=_waits_with(conversation),
        follows=_followed_by(session, message, nudge=words.nudge) if is_followed else None,
        nudge=words.nudge,
        plea=words.plea,
        clinical_share=understanding.probabilities.get(Intent.CLINICAL_CONCERN, 0.0),
        partly_read=understanding.partly_read,
        also=_other_intents(understanding),
        visit_soon=is_visit_soon(message.text, practice, message.received_at),
        update=update,
        aside=aside,
        raised=DangerKind(danger) if danger else None,
        asks_robot=words.asks_robot,
        owed_helplines=is_owed,
        at_practice=words.at_practice,
        other_writer=words.other_writer,
        quiet=not facts.in_chat and (words.is_shared or is_kept_quiet),
        is_shared=words.is_shared,
        alarm_open=conversation.triage == TriageLevel.EMERGENCY or elsewhere.is_open,
        answered_elsewhere=elsewhere.is_answered,
    )


def _find_elsewhere(session: Session, conversation: Conversation, moment: datetime) -> _Elsewhere:
    """Return what emergency the patient's number or address has on another channel: a voicemail before a text."""
    values = {
        "conversation": conversation.id,
        "practice": conversation.practice,
        "indexes": keyring().indexes(conversation.patient_address or ""),
        "since": moment - FOLLOWS_WITHIN,
    }
    found = session.execute(_EMERGENCIES_ELSEWHERE, values).all() if conversation.patient_address else []
    if not found:
        return _Elsewhere()
    danger, _ = found[-1]
    is_answered = any(at is not None and moment - at < AFTERMATH for _, at in found)
    return _Elsewhere(danger, is_open=True, is_answered=is_answered)


def _is_owed_helplines(message: Message, facts: Facts, *, says_safe: bool) -> bool:
    """Return whether a patient says that it is safe now whose emergency nobody answered, as it was not."""
    conversation = message.conversation
    is_lifted = conversation.safe_until is not None and not facts.unsafe and says_safe
    return is_lifted and conversation.triage == TriageLevel.EMERGENCY and not follows_emergency(facts.reply_ages)


def _waits_with(conversation: Conversation) -> str | None:
    """Return the team that owes the patient an answer, None if nobody does or it can wait."""
    can_wait = conversation.priority is None or conversation.priority <= Priority.LOW
    return None if can_wait else conversation.team


def _followed_by(session: Session, message: Message, *, nudge: bool) -> Matter | None:
    """Return the matter that a message follows, if it says nothing of its own; who only asks again may ask late."""
    conversation = message.conversation
    if not may_follow(conversation):
        return None
    at = message.received_at
    values = {"conversation": conversation.id, "message": message.id}
    told, told_at = session.execute(_LAST_TOLD, values).one_or_none() or (None, None)
    if nudge:
        return matter_of(conversation, told)
    asked_at = session.scalar(_LAST_BY_STAFF, {"conversation": conversation.id, "until": at})
    return find_matter(conversation, told, told_at, asked_at, at)


def _proves_number(message: Message) -> bool:
    """Return whether whoever sent a message surely has the number that it is about."""
    conversation = message.conversation
    has_number = (conversation.patient_address or "").startswith("+")
    return has_number and is_vouched(conversation.channel, message.doubt)


def _may_be_cry(message: Message) -> bool:
    """Return whether a lone word for help may be meant, rather than the command that lists how to stop texts.

    A patient who writes in Spanish, who cries it out, or who has written of an emergency that nobody has answered.
    """
    is_loud = "!" in message.text and not is_info(message.text)
    return is_loud or is_spanish_keyword(message.text) or message.conversation.triage == TriageLevel.EMERGENCY


def may_opt_out(message: Message) -> bool:
    """Return whether a message may ask for no more texts, and opted nobody out by itself."""
    if message.keyword is not None:
        return False
    by_text = traits_of(message.conversation.channel).takes_keywords
    return read_opt_out(message.text, by_text=by_text) is not OptOutWish.NONE


def _is_keyword(message: Message) -> bool:
    return traits_of(message.conversation.channel).takes_keywords and is_stop_word(message.text)


def _disposition(message: Message, disposition: Disposition, *, is_aftermath: bool) -> Disposition:
    """Return a message's disposition; thanks that come with a picture may say something.

    Soon after an emergency, only what is thanks by its very words needs no answer: "I'll call later" may put off help.
    """
    if disposition is not Disposition.ACKNOWLEDGEMENT:
        return disposition
    if is_aftermath and not is_acknowledgement(message.text):
        return Disposition.OUT_OF_SCOPE
    return Disposition.ROUTE if message.media else disposition


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


def reply_ages_of(session: Session, conversation: Conversation, moment: datetime) -> dict[str, timedelta]:
    """Return the time since each reply was last sent in a conversation."""
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
