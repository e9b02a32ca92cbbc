"""The short codes by which staff acknowledge one alarm by text: making, reading, and answering them."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

ALPHABET = "34679CFHJKMNPRTWXY"
"""No characters that look alike (0 O Q D, 1 I L, 2 Z, 5 S, 8 B, G 6, U V), and no vowels, so that no code is a word."""

SHORTEST, LONGEST = 3, 8
_TRIES = 20
_MOST_LISTED = 20
_ACK = re.compile(r"\W*ack(?:nowledged?)?\b(.*)", re.IGNORECASE | re.DOTALL)
_JOINED = re.compile(r"\W*ack((?=\w*\d)\w{3,8})\W*", re.IGNORECASE)  # "ACK4F7"


@dataclass(frozen=True, slots=True)
class TextedAck:
    """What became of an acknowledgment by text.

    Attributes:
        ended: the codes of the alarms that it ended.
        wrong: the codes in it that no open alarm has.
        still_open: the codes of the other open alarms that its sender was told of.
        conversations: the conversations whose alarms it ended.
        others: the codes of the practice's open alarms that its sender was not told of.
        later: the codes of new alarms about what came later from the same patients, of which its sender was not told.
    """

    ended: tuple[str, ...]
    wrong: tuple[str, ...]
    still_open: tuple[str, ...]
    conversations: tuple[int, ...]
    others: tuple[str, ...] = ()
    later: tuple[str, ...] = ()


def make_code(taken: Collection[str], choose: Callable[[str], str] = secrets.choice) -> str:
    """Return a new code; while many are taken, codes grow longer.

    Args:
        taken: the codes of the practice's open alarms.
        choose: picks one character of the alphabet.
    """
    length = SHORTEST
    while True:
        for _ in range(_TRIES):
            code = "".join(choose(ALPHABET) for _ in range(length))
            if code not in taken:
                return code
        length = min(length + 1, LONGEST)


def read_acknowledgement(text: str) -> tuple[str, ...] | None:
    """Return the codes in a text that acknowledges alarms, in capitals; None if the text is about something else.

    Any text that begins with "ack", "acknowledge", or "acknowledged" counts. What follows is taken for codes, so that
    a mistyped one is answered and not filed as a patient's message.
    """
    joined = _JOINED.fullmatch(text)
    if joined is not None:
        return (joined[1].upper(),)
    found = _ACK.fullmatch(text)
    return None if found is None else tuple(re.findall(r"\w+", found[1].upper()))


def answer_acknowledgement(ack: TextedAck) -> str:
    """Return the words that answer an acknowledgment by text."""
    said = []
    if ack.ended:
        said.append(f"You acknowledged {_list(ack.ended)}.")
    if ack.later:
        whose = (
            "A later page about the same patient is" if len(ack.later) == 1 else "Later pages about these patients are"
        )
        said.append(f"{whose} still open: {_list(ack.later)}.")
    if ack.wrong:
        said.append(f"No open alarm has the code {_list(ack.wrong)}; someone may have acknowledged it already.")
    if ack.still_open:
        number = len(ack.still_open)
        are_open = "1 urgent message is still open" if number == 1 else f"{number} urgent messages are open"
        said.append(f"{are_open}: {_list(ack.still_open)}. Reply ACK and a code, such as ACK {ack.still_open[0]}.")
    if said or not ack.others:
        return " ".join(said) or "You have no urgent messages."
    number = len(ack.others)
    are_open = "1 urgent message is open" if number == 1 else f"{number} urgent messages are open"
    return (
        f"{are_open}, but you were not paged: {_list(ack.others)}. Reply ACK and a code, such as ACK {ack.others[0]}."
    )


def _list(codes: Sequence[str]) -> str:
    more = f" and {len(codes) - _MOST_LISTED} more" if len(codes) > _MOST_LISTED else ""
    return ", ".join(codes[:_MOST_LISTED]) + more
