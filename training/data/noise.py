"""Typing noise: the mistakes of hurried writers and of speech recognition.

Noise preserves the meaning of a message, and so its label: no word is removed or replaced with a different one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from random import Random

_NEIGHBORS = {
    "a": "qs", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo",
    "j": "hk", "k": "jl", "l": "k", "m": "n", "n": "bm", "o": "ip", "p": "o", "q": "w", "r": "et",
    "s": "ad", "t": "ry", "u": "yi", "v": "cb", "w": "qe", "x": "zc", "y": "tu", "z": "x",
}  # fmt: skip
_SHORTENED = {
    "you": ("u",), "your": ("ur",), "are": ("r",), "please": ("pls", "plz"), "thanks": ("thx", "tks"),
    "thank you": ("ty",), "appointment": ("appt", "apt"), "appointments": ("appts",),
    "because": ("bc", "cuz"), "with": ("w", "w/"), "without": ("w/o",), "before": ("b4",),
    "tomorrow": ("tmrw", "tmr", "2moro"), "tonight": ("2nite", "tonite"), "to": ("2",), "for": ("4",),
    "and": ("n", "&"), "insurance": ("ins", "insur"), "about": ("abt",), "doctor": ("dr", "doc"),
    "minutes": ("min", "mins"), "week": ("wk",), "weeks": ("wks",), "month": ("mo",), "months": ("mos",),
    "year": ("yr",), "years": ("yrs",), "people": ("ppl",), "okay": ("ok", "k"), "going to": ("gonna",),
    "want to": ("wanna",), "have to": ("gotta",), "something": ("smth",), "see": ("c",),
    "through": ("thru",), "though": ("tho",), "know": ("kno",), "patient": ("pt",), "message": ("msg",),
    "prescription": ("rx", "script"), "right now": ("rn",), "want": ("wnt",), "number": ("#", "num"),
    "today": ("2day",), "great": ("gr8",), "should": ("shld",), "would": ("wld",), "could": ("cld",),
    "cannot": ("cant",), "just": ("jst",),
}  # fmt: skip
_SHORTENED_PATTERN = re.compile(
    rf"\b({'|'.join(sorted(map(re.escape, _SHORTENED), key=len, reverse=True))})\b", re.IGNORECASE
)
_WORD = re.compile(r"[A-Za-z]{3,}")
_FILLERS = ("um", "uh", "like", "you know", "so", "okay so", "I mean", "well")
_OPENINGS = ("hi", "hello", "hey", "hi there", "good morning", "hey there", "hello there", "hi all")
_CLOSINGS = ("thanks", "thank you", "thx", "ty", "thanks so much", "thank you!", "appreciate it")


def add_noise(text: str, channel: str, rng: Random) -> str:
    """Return the message as a hurried writer or a speech recognizer might have written it.

    Args:
        text: A rendered message, not blank.
        channel: `voicemail` gets speech-recognition noise; all other channels get typing noise.
        rng: The random generator for every choice.
    """
    changes = _SPOKEN if channel == "voicemail" else _WRITTEN
    chosen = [change for change, share in changes if rng.random() < share]
    for change in chosen or [rng.choice(changes)[0]]:
        changed = change(text, rng)
        # A message that consists only of punctuation must not become empty.
        text = changed if changed.strip() else text
    return text


def add_noise_to_parts(parts: Sequence[str], channel: str, rng: Random, *, spanish: bool = False) -> list[str]:
    """Return a message in parts as `add_noise` might return it whole: words, and values at every second place.

    Values change only in case and in apostrophes. A Spanish message gets no English words.
    """
    noisy = list(parts)
    changes = _SPOKEN if channel == "voicemail" else _WRITTEN
    for change, share in changes:
        if rng.random() >= share or (spanish and change in _IN_ENGLISH):
            continue
        if change in _EVERYWHERE:
            places: Iterable[int] = range(len(noisy))
        elif change in _AT_AN_END:
            places = (0,) if change is _opening else (len(noisy) - 1,)
        else:
            places = [place for place in range(0, len(noisy), 2) if rng.random() < 1 / 2]
        for place in places:
            if noisy[place].strip() or change in _AT_AN_END:
                changed = change(noisy[place], rng)
                noisy[place] = changed if place % 2 == 0 or changed.strip() else noisy[place]
    return noisy


def _typos(text: str, rng: Random) -> str:
    words = list(_WORD.finditer(text))
    count = min(len(words), 1 + len(words) // rng.choice((6, 10, 16)))
    for word in sorted(rng.sample(words, count), key=lambda match: -match.start()):
        text = text[: word.start()] + _mistyped(word[0], rng) + text[word.end() :]
    return text


def _mistyped(word: str, rng: Random) -> str:
    at = rng.randrange(1, len(word))
    return rng.choice(
        (
            word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :],
            word[:at] + word[at + 1 :],
            word[:at] + word[at] + word[at:],
            word[:at] + rng.choice(_NEIGHBORS[word[at].lower()]) + word[at + 1 :],
        )
    )


def _shortenings(text: str, rng: Random) -> str:
    share = rng.choice((0.3, 0.6, 0.9))

    def shortened(match: re.Match[str]) -> str:
        return rng.choice(_SHORTENED[match[0].lower()]) if rng.random() < share else match[0]

    return _SHORTENED_PATTERN.sub(shortened, text)


def _no_apostrophes(text: str, rng: Random) -> str:
    return text.replace("'", rng.choice(("", "", "\N{RIGHT SINGLE QUOTATION MARK}")))


def _no_punctuation(text: str, rng: Random) -> str:
    return re.sub(r"[.,!?;:](?=\s|$)", "", text)


def _run_on(text: str, rng: Random) -> str:
    return re.sub(r"[.!?;]\s+", rng.choice((" ", ", ", "... ", "\n", " and ")), text)


def _repeated_punctuation(text: str, rng: Random) -> str:
    return re.sub(r"[!?]", lambda match: match[0] * rng.randint(1, 3), text)


def _lower(text: str, rng: Random) -> str:
    return text.lower()


def _upper(text: str, rng: Random) -> str:
    return text.upper()


def _lost_space(text: str, rng: Random) -> str:
    spaces = [match.start() for match in re.finditer(r"(?<=[a-z]) (?=[a-z])", text)]
    if not spaces:
        return text
    at = rng.choice(spaces)
    return text[:at] + text[at + 1 :]


def _opening(text: str, rng: Random) -> str:
    return f"{rng.choice(_OPENINGS)}{rng.choice((' ', ', ', '! ', '. '))}{text}"


def _closing(text: str, rng: Random) -> str:
    return f"{text}{rng.choice((' ', '. ', ', ', chr(10)))}{rng.choice(_CLOSINGS)}"


def _fillers(text: str, rng: Random) -> str:
    words = text.split(" ")
    for _ in range(1 + len(words) // 20):
        words.insert(rng.randrange(len(words)), rng.choice(_FILLERS))
    return " ".join(words)


def _repeated_words(text: str, rng: Random) -> str:
    words = text.split(" ")
    at = rng.randrange(len(words))
    length = rng.randint(1, 2)
    return " ".join(words[: at + length] + words[at:])


_Change = Callable[[str, Random], str]
_WRITTEN: tuple[tuple[_Change, float], ...] = (
    (_shortenings, 0.3),
    (_opening, 0.08),
    (_closing, 0.08),
    (_typos, 0.45),
    (_run_on, 0.2),
    (_no_punctuation, 0.25),
    (_no_apostrophes, 0.3),
    (_repeated_punctuation, 0.1),
    (_lost_space, 0.12),
    (_lower, 0.3),
    (_upper, 0.04),
)
_SPOKEN: tuple[tuple[_Change, float], ...] = (
    (_fillers, 0.35),
    (_repeated_words, 0.25),
    (_opening, 0.1),
    (_no_punctuation, 0.45),
    (_no_apostrophes, 0.15),
    (_lower, 0.3),
)
_EVERYWHERE = (_no_apostrophes, _lower, _upper)
_AT_AN_END = (_opening, _closing)
_IN_ENGLISH = (_opening, _closing, _fillers, _shortenings)
