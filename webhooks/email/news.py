"""What an email says that its text leaves out: a reply's subject that is new, and danger in what it quotes."""

from __future__ import annotations

import re

from classifier.rules.danger_part import from_danger_on
from classifier.rules.screen import screen_text
from classifier.text.helplines import without_helplines
from inbox.incoming.earlier_words import EarlierWords
from intake.mail_syntax import REPLY_MARK, default_subject
from webhooks.email.inbound_email import InboundEmail
from webhooks.email.text import with_subject

LOOKED_THROUGH = 10_000
LONGEST_PART = 1_000

_MARKS = re.compile(rf"(?:\s*(?:\[[^\]\n]{{0,40}}\]|{REPLY_MARK.pattern}))+\s*", re.IGNORECASE)
_WORDS = re.compile(r"[^\W_]+")
_SUBJECT_FIELD = re.compile(r"^[>*\s]*(?:subject|asunto):[>*\s]*", re.IGNORECASE)


def may_have_news(email: InboundEmail) -> bool:
    """Return whether an email says anything beside its text; if not, `add_news` needs no earlier words."""
    return bool(email.trimmed) or REPLY_MARK.match(email.subject) is not None


def add_news(email: InboundEmail, earlier: EarlierWords, sender_name: str) -> str:
    """Return an email's text with what it says beside that and nobody said before.

    People type "Re:" themselves, and change the subject of a reply. They also write below a quotation that their mail
    program did not mark, which is only told from it by what was sent and received before. Of that, only what holds a
    certain danger sign is added, as programs of others are quoted, too.

    Args:
        email: the email.
        earlier: what was written before between the practice and its sender.
        sender_name: what the practice's own emails call it.
    """
    text = email.text
    subject = _bare(email.subject)
    known = {_plain(_bare(other)) for other in (*earlier.subjects, default_subject(sender_name))}
    if REPLY_MARK.match(email.subject) and _plain(subject) not in known:
        text = with_subject(subject, "" if text == email.subject else text)
    part = _dangerous_part(email.trimmed, (*earlier.subjects, *earlier.texts, text))
    return f"{text}\n\n{part}" if part else text


def _dangerous_part(trimmed: str, said: tuple[str, ...]) -> str:
    """Return what was left out of an email from its danger on, if nobody said it before."""
    if not trimmed:
        return ""
    known = "\n".join(map(_plain, said))
    lines = [_SUBJECT_FIELD.sub("", line) for line in without_helplines(trimmed[:LOOKED_THROUGH]).split("\n")]
    news = "\n".join(line for line in lines if _plain(_bare(line)) not in known)
    if screen_text(news).certain is None:
        return ""
    return from_danger_on(news)[:LONGEST_PART]


def _bare(subject: str) -> str:
    marks = _MARKS.match(subject)
    return subject[marks.end() :] if marks else subject


def _plain(text: str) -> str:
    return " ".join(_WORDS.findall(text.casefold()))
