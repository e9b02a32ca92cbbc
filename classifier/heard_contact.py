"""Say what a message tells of the phone or mailbox that it comes from: by the tables first, else by the model."""

from __future__ import annotations

from functools import lru_cache

from classifier.contact_words import HeardContact, load_contact_words
from classifier.other_writers import is_other_writer
from classifier.unsafe_contact import UnsafeContact, read_unsafe_contact, says_safe


@lru_cache(maxsize=2)  # several steps ask it of one message
def hear_contact(text: str, *, by_tables: bool = False) -> HeardContact | None:
    """Return why an answer to a message may reach somebody else than the patient, None if nothing says so.

    What makes the phone itself unsafe is not of this kind: see `classifier.unsafe_contact`. The model, which is
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
    return None if by_tables or says_safe(text) else load_contact_words().hear(text)
