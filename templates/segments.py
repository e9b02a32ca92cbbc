"""Counting the SMS segments of a text (3GPP TS 23.038 and 23.040).

In the GSM 7-bit alphabet, a single segment has 160 characters, and each of several has 153. Any other character turns
the whole text into UCS-2, with 70 and 67 characters.
"""

from __future__ import annotations

_BASIC = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = set("^{}\\[~]|€")  # two septets each
_LAST_OF_UCS2 = 0xFFFF  # characters beyond it take two units


def is_gsm7(text: str) -> bool:
    """Return whether every character is in the GSM 7-bit alphabet or its extension."""
    return not outside_gsm7(text)


def outside_gsm7(text: str) -> list[str]:
    """Return the distinct characters that turn a text into UCS-2."""
    return [character for character in dict.fromkeys(text) if character not in _BASIC and character not in _EXTENDED]


def count_segments(text: str) -> int:
    """Return the number of segments that a text is sent and billed as, at least 1; segments never split a character."""
    if is_gsm7(text):
        sizes = [2 if character in _EXTENDED else 1 for character in text]
        single, several = 160, 153
    else:
        sizes = [2 if ord(character) > _LAST_OF_UCS2 else 1 for character in text]
        single, several = 70, 67
    if sum(sizes) <= single:
        return 1
    segments, room = 1, several
    for size in sizes:
        if size > room:
            segments, room = segments + 1, several
        room -= size
    return segments
