"""Decide which phone numbers are a payer's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from classifier.insurance import normalize
from classifier.insurance.mentions import Mention
from classifier.insurance.policies import is_old
from intake.vocabulary import EntityKind

_PAYER_CALLS = re.compile(
    r"\b(?:this is|it'?s|habla|soy|le llama) \{NAME\} (?:\w+ ){0,4}(?:from|at|with|de) \{CARRIER\}"
)
_TOLL_FREE: Final = ("800", "888", "877", "866", "855", "844", "833")
_OWN_PHONE = re.compile(
    r"\b(?:call me|text me|reach me|my (?:cell|phone|number|mobile|home)|me at|mi (?:celular|telefono|numero)"
    r"|i'?m at|llamen?me"
    r"|callback|back at|mine is|fax(?: is|:)?(?= ?$))[^.\n{]{0,20}$|(?:^|[.!?;\n] ?)\{NAME\}[^.\n{]{0,20}$",
    re.IGNORECASE,
)
_FAX = re.compile(
    r"\bfax(?:es|ed|ing)?(?: number| no\.?)?(?: to| it to| at| is| de ellos es| es)?[: ]{1,2}$|\b(?:by|via"
    r"|por) fax (?:at|to|al) $"
)
"""A number that takes letters, at which nobody answers."""
_PAYER_PHONE = re.compile(
    r"\b(?:adjusters?|payer|insur\w+|provider|providers|line|reviews?|(?:on|of) (?:the|my) card(?! please)"
    r"|card (?:says|has)|ref|claims|rep|their|agent|agente|ajustador"
    r"|representative|ph|pa phone|pa|"
    r"aseguradora|seguro|carrier|plan|authorization|auth|benefits|eligibility|doctor|doctors|they"
    r"|gave me a number)\b|\bcall \{CARRIER\}",
    re.IGNORECASE,
)


def payer_phones(mentions: Sequence[Mention], marked: str) -> list[Mention]:
    """Return the phone numbers of insurers; those for faxes only where there is no other.

    Args:
        mentions: What the message mentions.
        marked: The message as `mark_text` returns it.
    """
    found = [mention for mention in mentions if is_payer_phone(mention, marked)]
    return [mention for mention in found if _FAX.search(mention.before) is None] or found


def is_payer_phone(mention: Mention, marked: str = "") -> bool:
    """Return whether a phone number is an insurer's.

    Args:
        mention: The number.
        marked: The message as `mark_text` returns it.
    """
    if mention.kind is not EntityKind.PHONE or is_old(mention):
        return False
    digits = normalize.normal_phone(mention.value)
    if len(digits) < 7:
        return False
    if _PAYER_CALLS.search(marked):
        return True
    if _FAX.search(mention.before):
        return digits.startswith(_TOLL_FREE)
    if _OWN_PHONE.search(mention.before):
        return False
    if re.match(r" and do the auth| to auth", mention.after):
        return True
    return digits.startswith(_TOLL_FREE) or _PAYER_PHONE.search(mention.before[-60:]) is not None


def is_payers(mention: Mention) -> bool:
    """Return whether a phone number is an insurer's even in a message that names nothing else of an insurance."""
    return (
        is_payer_phone(mention)
        and re.search(
            r"\b(?:adjuster|payer|claims?"
            r"|insur\w+)\b",
            mention.before,
        )
        is not None
    )
