"""What of a message goes into its notice: its text if the practice allows it, and the kinds of facts it states."""

from __future__ import annotations

from collections.abc import Sequence

from classifier.entities.entity import Entity
from classifier.insurance import assemble_record
from classifier.insurance.missing import BillingFields, billing_fields
from classifier.redaction import redact
from intake.vocabulary import Intent, NoticeText
from tasks.understanding.entities import beginning_of


def quote_for(setting: NoticeText, text: str, entities: Sequence[Entity] | None) -> str | None:
    """Return what a notice quotes of a message; an ellipsis ends it where not all of the message was read.

    Args:
        setting: whether the team's notices contain text.
        text: the message.
        entities: its entities; None if nobody has looked for them, and then nothing is quoted with them replaced.
    """
    match setting:
        case NoticeText.FULL:
            return text
        case NoticeText.REDACTED if entities is not None:
            read = beginning_of(text)
            return redact(read, entities) + ("" if read == text else " …")
        case _:
            return None


def facts_for(reason: str, text: str, entities: Sequence[Entity] | None) -> BillingFields | None:
    """Return which facts a notice about a billing question names; None for any other notice."""
    if reason != Intent.BILLING_INQUIRY or entities is None:
        return None
    return billing_fields(assemble_record(text, entities))
