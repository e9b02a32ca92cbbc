"""The wording of a notification: a title and a body, and one short text for phones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from classifier.insurance.field_words import FIELD_WORDS
from classifier.insurance.missing import BillingFields
from intake.channels import CHANNELS
from intake.vocabulary import NotificationReason, words_of
from tasks.notification.models import AlarmBundle, AnyNotice, Digest, Notice, describe
from tasks.routing.way_to_patient import NO_REPLY

LONGEST_QUOTE = 500
MOST_CODES = 12
UNSAFE = "Do not text or call the patient's number: they said it is not safe."
OPTED_OUT = "The patient opted out of texts and got no reply."
CALL_THEM = "Call them."


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of a notification.

    Attributes:
        title: one line.
        body: the text below the title.
        text: title and body as one short text.
        is_alarm: whether somebody has to acknowledge it.
    """

    title: str
    body: str = field(repr=False)
    text: str = field(repr=False)
    is_alarm: bool = False


def word(notice: AnyNotice, public_url: str) -> Wording:
    """Return the words of a notification, a bundle of them, or a digest."""
    match notice:
        case Digest():
            return _word_digest(notice, public_url)
        case AlarmBundle():
            return _word_bundle(notice, public_url)
        case Notice():
            return _word_notice(notice, public_url)


def _word_notice(notice: Notice, public_url: str) -> Wording:
    title = f"[{notice.priority}] {describe(notice.reason)} at {notice.practice}"
    if notice.escalation_id is None:
        link, answer = f"{public_url}/staff/conversations/{notice.conversation_id}", ""
    else:
        link = f"{public_url}/staff/escalations/{notice.escalation_id}"
        answer = f" Reply ACK {notice.code} to acknowledge."
    warning = (f" {UNSAFE}" if notice.unsafe else "") + (f" {NO_REPLY}. {notice.way}" if notice.way else "")
    if notice.opted_out:
        warning += f" {OPTED_OUT}" if notice.unsafe else f" {OPTED_OUT} {CALL_THEM}"
    quote = "" if notice.text is None else f"\n\n{_shorten(notice.text)}"
    facts = "" if notice.billing is None else _word_facts(notice.billing)
    body = f"{_recipient(notice.team)}{warning}{facts} View it: {link}"
    text = f"{title}.{warning}{facts}{answer} {link}{quote}"
    return Wording(title, body + quote, text, is_alarm=notice.escalation_id is not None)


def _word_facts(fields: BillingFields) -> str:
    """Return one sentence on what a billing question states and lacks, without any value."""
    present, missing = (", ".join(FIELD_WORDS[name] for name in names) for names in (fields.present, fields.missing))
    parts = [*([f"gives {present}"] if present else []), *([f"lacks {missing}"] if missing else [])]
    return f" The message {' and '.join(parts)}." if parts else ""


def _word_bundle(bundle: AlarmBundle, public_url: str) -> Wording:
    number = bundle.channels.total()
    kind = CHANNELS[next(iter(bundle.channels))].words.lower() if len(bundle.channels) == 1 else "message"
    unseen = "unacknowledged " if bundle.reason == NotificationReason.ESCALATION else ""
    title = f"[urgent] {number} more {unseen}urgent {kind}s at {bundle.practice}"
    link = f"{public_url}/staff/"
    codes = " ".join(bundle.codes[:MOST_CODES]) + ("…" if number > MOST_CODES else "")
    warning = _warn_of_unsafe(bundle.unsafe)
    return Wording(
        title,
        f"{_recipient(bundle.team)}{warning} View them: {link}",
        f"{title}.{warning} Reply ACK and a code to acknowledge one: {codes}. {link}",
        is_alarm=True,
    )


def _warn_of_unsafe(codes: Sequence[str]) -> str:
    """Return one sentence on the alarms of a bundle whose patient must not be contacted; all of them are named."""
    if not codes:
        return ""
    whose = "the patient" if len(codes) == 1 else "the patients"
    return f" Do not text or call {whose} of {' '.join(codes)}: they said it is not safe."


def _word_digest(digest: Digest, public_url: str) -> Wording:
    number = digest.reasons.total()
    title = f"[{digest.priority}] {number} {'message' if number == 1 else 'messages'} at {digest.practice}"
    counted = ", ".join(f"{describe(reason)}: {count}" for reason, count in sorted(digest.reasons.items()))
    link = f"{public_url}/staff/?team={digest.team}"
    body = f"{_recipient(digest.team)} {counted}. View them: {link}"
    return Wording(title, body, f"{title}. {counted}. {link}")


def _recipient(team: str | None) -> str:
    return "For you." if team is None else f"Team: {words_of(team)}."


def _shorten(text: str) -> str:
    return text if len(text) <= LONGEST_QUOTE else text[:LONGEST_QUOTE] + "…"
