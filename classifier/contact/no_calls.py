"""Tell who asks not to be reached by phone: "answer me here and not on the phone", "por favor no me llamen".

It is no sign of danger, so nothing falls silent. It only goes with a number that the same message holds.
"""

from __future__ import annotations

import re
from typing import Final

from classifier.text.normalise import normalised, without_accents

_NOT: Final = r"(?:do not|dont|please not|never|rather than|instead of|not)"
_ASKED: Final = re.compile(
    rf"\b{_NOT} (?:answer |reply |contact me |reach me |write )?(?:on|by|over|via|to|through) (?:the |my |this )?"
    r"(?:phone|cell(?:phone)?|telephone|text|mobile)\b"
    r"|\b(?:do not|dont|never) (?:ever )?(?:call|phone|text|txt)\b(?: (?:me|us|this|that|my|here|or|and)\b|[.!,;]|$)"
    r"|\bno (?:phone calls|calls)\b"
    r"|\bno (?:me |nos )?(?:llam\w+|texte\w*|hable\w* por telefono)"
    r"|\b(?:no|nunca) (?:me \w+ )?(?:por|al) (?:telefono|celular)\b"
)


def asks_no_calls(text: str) -> bool:
    """Return whether a message asks not to be called or texted.

    Args:
        text: Any string.
    """
    return _ASKED.search(without_accents(normalised(text))) is not None
