"""How many SMS segments a text takes. Source: 3GPP TS 23.038, and Twilio's "What is a segment"."""

from __future__ import annotations

_GSM7_ONE_SEPTET = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM7_TWO_SEPTETS = frozenset("\f^{}\\[~]|€")
# (a text of one segment, each segment of a longer text, which loses room to a header)
_GSM7_SEPTETS = (160, 153)
_UCS2_UNITS = (70, 67)


def utf16_units(text: str) -> int:
    """Length as UTF-16 code units: an emoji counts two."""
    return len(text.encode("utf-16-le")) // 2


def segment_count(text: str) -> int:
    """Segments of a text, at least 1; a character pair is never split over two segments."""
    if all(character in _GSM7_ONE_SEPTET or character in _GSM7_TWO_SEPTETS for character in text):
        widths = [2 if character in _GSM7_TWO_SEPTETS else 1 for character in text]
        return _fill(widths, *_GSM7_SEPTETS)
    return _fill([utf16_units(character) for character in text], *_UCS2_UNITS)


def _fill(widths: list[int], alone: int, chained: int) -> int:
    if sum(widths) <= alone:
        return 1
    segments, used = 1, 0
    for width in widths:
        if used + width > chained:
            segments, used = segments + 1, 0
        used += width
    return segments
