"""Say what a message tells of the phone or mailbox that it comes from: by the tables first, else by the model."""

from __future__ import annotations

from enum import StrEnum

from classifier.contact.other_writers import is_other_writer
from classifier.contact.unsafe_contact import UnsafeContact, read_unsafe_contact, says_safe


class HeardContact(StrEnum):
    """What a message seems to say of the phone or mailbox that it comes from.

    Somebody else sees or hears what is sent there, so that nothing automatic should be; or somebody else writes from
    the patient's phone and asks what it is about.
    """

    SILENT = "silent"
    OTHER_WRITER = "other_writer"


def hear_contact(text: str, *, by_tables: bool = False) -> HeardContact | None:
    """Return why an answer to a message may reach somebody else than the patient, None if nothing says so.

    What makes the phone itself unsafe is not of this kind: see `classifier.contact.unsafe_contact`. The model, which is
    sometimes wrong, is asked only where the tables find nothing.

    Args:
        text: Any string.
        by_tables: whether only the tables are asked.

    Raises:
        ModelError: The model's files are missing, altered, or unusable.
    """
    if is_other_writer(text):
        return HeardContact.OTHER_WRITER
    unsafe = read_unsafe_contact(text)
    if unsafe is not None:
        return HeardContact.SILENT if unsafe is UnsafeContact.REPLY else None
    if by_tables or says_safe(text):
        return None
    from classifier.contact.contact_words import load_contact_words  # NumPy, which the web server can do without

    return load_contact_words().hear(text)
