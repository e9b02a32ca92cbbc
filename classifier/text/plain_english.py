"""Whether a transcription reads as English that somebody said, whatever it is about.

Twilio hears English in any language. What it makes of Spanish is English words that nobody says in this order, so the
small words that hold a sentence together are missing or stand where they cannot.
"""

from __future__ import annotations

import re

LEAST_JOINTS = 2
_BEFORE_NOUN = "about|for|of|to|with|in|on|at|from"
_OWNED = "the|my|your|our|his|her|a|an|this|that|some"
_WHO = r"i|we|he|she|they|it|my \w+"
_DONE = (
    "am|was|were|have|had|has|need|want|wanted|would|will|can|could|lost|got|get|think|forgot|left|missed|misplaced|took"
    "|take|saw|see|said|called|received|know|dont|didnt|cant|havent|never|just|also|do|did|is"
)
_ASKED = (
    "(?:can|could|would|do|did|is|are|what|when|where|how|who) (?:i|you|we|he|she|they|it|the|my|your|someone|somebody)"
)
_CALLING = (
    "(?:calling|phoning|leaving|returning|checking|wondering|asking|looking|trying|hoping)"
    " (?:about|to|for|from|if|because|in|on|a|your|you|the)"
)
_AGAIN = r"(?:its|this is) \w+(?: \w+)? (?:again|calling|from)"
_SETTLED = (
    "(?:never ?mind|disregard|forget)(?: about)? (?:the|my|that|this|it|what)|never ?mind|no need to|figured it out"
    "|(?:im|were|all) (?:all )?set|(?:call|text) (?:me|us|him|her) back"
)
_JOINTS = re.compile(
    rf"\b(?:(?:{_BEFORE_NOUN}) (?:{_OWNED}) \w{{2,}}|(?:{_WHO}) (?:{_DONE})|{_ASKED}|{_CALLING}|{_AGAIN}|{_SETTLED})\b",
    re.IGNORECASE,
)
_THANKS = re.compile(r"\b(?:thank you|thanks)\b", re.IGNORECASE)
_FEW_WORDS = 16
_APOSTROPHES = re.compile(r"['’]")
_SHORT = re.compile(r"\bi(?:m|ve|d|ll)\b", re.IGNORECASE)


def reads_as_english(text: str) -> bool:
    """Return whether at least two pairs of words join as they do in English: "about the", "I lost", "calling to".

    In a short message, thanks count as one: whoever speaks another language may end a long one with them, too.
    """
    plain = _SHORT.sub("i have", _APOSTROPHES.sub("", text))
    is_thankful = len(plain.split()) <= _FEW_WORDS and _THANKS.search(plain) is not None
    return len(_JOINTS.findall(plain)) + is_thankful >= LEAST_JOINTS
