"""What the words of a message say by themselves, whatever the model takes it to be about and whatever came before."""

from __future__ import annotations

from dataclasses import dataclass

from classifier.contact.heard_contact import HeardContact, hear_contact
from classifier.contact.other_writers import is_other_writer
from classifier.contact.unsafe_contact import says_safe
from classifier.rules.cries import plea_language
from classifier.rules.nudges import is_nudge
from classifier.rules.plain_words import is_at_practice
from classifier.rules.remarks import fears_authorities, is_dispute, speaks_of_law
from classifier.rules.robot_questions import robot_language
from tasks.routing.person_words import person_language


@dataclass(frozen=True, slots=True)
class Words:
    """What the words of a message say.

    Attributes:
        nudge: whether it only asks again, or whether anybody is there.
        asks_robot: whether it only asks who answers, a person or a program.
        language: the language in which it asks that, or for a person; None if it does neither.
        is_dispute: whether it speaks of a bill in collections, or threatens to take something further.
        is_legal: whether it speaks of lawyers or of the law.
        fears: whether its sender fears the authorities.
        plea: whether it only begs for help.
        at_practice: whether its sender is at the practice.
        says_safe: whether it says that it is safe to write to its sender now.
        other_writer: whether somebody else seems to write from the patient's phone.
        is_shared: whether somebody else seems to see what is sent to the patient's phone or mailbox.
    """

    nudge: bool
    asks_robot: bool
    language: str | None
    is_dispute: bool
    is_legal: bool
    fears: bool
    plea: bool
    at_practice: bool
    says_safe: bool
    other_writer: bool
    is_shared: bool


def read_words(text: str, *, has_media: bool, in_chat: bool) -> Words:
    """Read what the words of a message say by themselves.

    Args:
        text: the message.
        has_media: whether a picture or file came with it, which may say more.
        in_chat: whether it was written in a chat, whose page its sender has open.

    Raises:
        ModelError: the files of the model that hears who else reads a phone are missing, altered, or unusable.
    """
    nudge = not has_media and is_nudge(text)
    of_robot = None if nudge or has_media else robot_language(text)
    heard = hear_contact(text, by_tables=of_robot is not None)
    # In a chat, "who is this?" alone is the patient's until a table says otherwise.
    may_be_another = not in_chat or is_other_writer(text)
    is_legal = speaks_of_law(text)
    return Words(
        nudge=nudge,
        asks_robot=of_robot is not None,
        language=person_language(text) or of_robot,
        is_dispute=is_dispute(text) or is_legal,
        is_legal=is_legal,
        fears=fears_authorities(text),
        plea=plea_language(text) is not None,
        at_practice=is_at_practice(text),
        says_safe=says_safe(text),
        other_writer=heard is HeardContact.OTHER_WRITER and may_be_another,
        is_shared=heard is HeardContact.SILENT,
    )
