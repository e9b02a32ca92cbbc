"""Which line for violence or abuse the reply to an emergency names in the place of 988."""

from __future__ import annotations

from sqlalchemy.orm import Session

from classifier.rules.plain_words import tells_of_child_abuse, tells_of_violence
from inbox.models import Message
from intake.vocabulary import Reply, ReplyName
from tasks.routing.decide import AFTERMATH
from tasks.routing.said_before import read_back
from templates.helplines import CHILD_ABUSE_LINE, VIOLENCE_LINE
from templates.replies import NAMES_PRIVATE_LINE


def find_private_line(session: Session, message: Message, reply: Reply) -> str:
    """Return the number of whom to talk to about violence that a message or one soon before it tells of, or nothing.

    Args:
        session: an open transaction.
        message: the message that is answered.
        reply: the reply to it.
    """
    if reply.name not in NAMES_PRIVATE_LINE:
        return ""
    if number := _line_for(message.text):
        return number
    if reply.name is ReplyName.URGENT:
        return ""
    return next(filter(None, map(_line_for, read_back(session, message, AFTERMATH))), "")


def _line_for(text: str) -> str:
    if tells_of_child_abuse(text):
        return CHILD_ABUSE_LINE
    return VIOLENCE_LINE if tells_of_violence(text) else ""
