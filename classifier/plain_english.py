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
_JOINTS = re.compile(
    rf"\b(?:(?:{_BEFORE_NOUN}) (?:{_OWNED}) \w{{2,}}|(?:{_WHO}) (?:{_DONE})|{_ASKED}|{_CALLING})\b", re.IGNORECASE
)
_APOSTROPHES = re.compile(r"['’]")
_SHORT = re.compile(r"\bi(?:m|ve|d|ll)\b", re.IGNORECASE)


def reads_as_english(text: str) -> bool:
    """Return whether at least two pairs of words join as they do in English: "about the", "I lost", "calling to"."""
    plain = _SHORT.sub("i have", _APOSTROPHES.sub("", text))
    return len(_JOINTS.findall(plain)) >= LEAST_JOINTS
