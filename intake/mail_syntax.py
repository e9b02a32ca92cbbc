"""What a mail's headers look like, on the way in as on the way out."""

from __future__ import annotations

import re

MESSAGE_ID = re.compile(r"<[!-;=?-~]{3,250}>")
REPLY_MARK = re.compile(r"re\s*(?:\[\d+\])?:", re.IGNORECASE)


def subject_beside(subject: str | None, text: str) -> str:
    """Return a subject that is to be shown beside a text; empty if the text begins with it."""
    return "" if not subject or text.casefold().startswith(subject.casefold()) else subject


def default_subject(name: str) -> str:
    """Return the subject of an email that continues none.

    Args:
        name: what the practice's emails call it.
    """
    return f"Your message to {name}"
