"""What in an email somebody else wrote: no number there is the sender's."""

from __future__ import annotations

import re
from collections.abc import Sequence

_MARKED = re.compile(r"^[ \t]*>.*$", re.MULTILINE)
_HEADER = re.compile(
    r"^[ \t]*(?:On [^\n]{4,200}(?:\n[^\n]{1,200})?\swrote:|El [^\n]{4,200}(?:\n[^\n]{1,200})?\sescribió:"
    r"|(?:From|De): [^\n]*\n(?:[^\n]+\n){0,3}?(?:Sent|Date|To|Subject|Enviado(?: el)?|Fecha|Para|Asunto):"
    r"|-{2,} *(?:Forwarded message|Original Message|Mensaje reenviado|Mensaje original) *-{2,}"
    r"|Begin forwarded message:|Inicio del mensaje reenviado:)",
    re.IGNORECASE | re.MULTILINE,
)
_FORWARDED = re.compile(r"(?:\[[^\]\n]{0,40}\]\s*){0,3}(?:fwd?|rv|enc|reenv[ií]o?)\s*:", re.IGNORECASE)
_GOES_ON = re.compile(r"\s*>")
_MOST_SIGNATURE_LINES = 12


def find_quoted(text: str) -> Sequence[tuple[int, int]]:
    """Return where an email's text quotes or forwards another: from where to where, each.

    Of what a program quotes without marking its lines, nobody knows where it ends, so that all below counts as quoted.
    """
    quoted = [found.span() for found in _MARKED.finditer(text)]
    for header in _HEADER.finditer(text):
        if not _GOES_ON.match(text, header.end()):
            return [*quoted, (header.start(), len(text))]
        quoted.append(header.span())
    if not quoted and _FORWARDED.match(text):
        return [(0, len(text))]
    return quoted


def is_quoted(place: int, quoted: Sequence[tuple[int, int]]) -> bool:
    """Return whether a place is in what is quoted."""
    return any(start <= place < end for start, end in quoted)


def signature_in(trimmed: str) -> str:
    """Return the signature among what was left out of an email, which may quote another; empty if there is none.

    Args:
        trimmed: what was left out, as `webhooks.email` stores it beside the text.
    """
    own = list(trimmed)
    for start, end in find_quoted(trimmed):
        own[start:end] = ["\n" if character == "\n" else " " for character in trimmed[start:end]]
    lines = [line.strip() for line in "".join(own).splitlines() if line.strip()]
    return "\n".join(lines) if len(lines) <= _MOST_SIGNATURE_LINES else ""
