"""Numbers and characters as people say them, in English and in Spanish."""

from __future__ import annotations

import re
from random import Random

from training.data.number_words import ENGLISH_DIGITS, SPANISH_DIGITS, number_words

_CODE_WORDS = {
    "A": ("apple", "Alpha", "Adam"), "B": ("boy", "Bravo", "Bob"), "C": ("cat", "Charlie"), "D": ("dog", "Delta"),
    "E": ("Edward", "Echo", "elephant"), "F": ("Frank", "Foxtrot"), "G": ("George", "Golf"), "H": ("Henry", "Hotel"),
    "I": ("Ida", "India"), "J": ("John", "Juliet"), "K": ("kite", "Kilo"), "L": ("Larry", "Lima"),
    "M": ("Mary", "Mike"), "N": ("Nancy", "November"), "O": ("orange", "Oscar"), "P": ("party", "pencil", "Papa"),
    "Q": ("queen", "Quebec"), "R": ("river", "Romeo"), "S": ("Sam", "Sierra"), "T": ("Tom", "Tango"),
    "U": ("umbrella", "Uniform"), "V": ("Victor",), "W": ("William", "Whiskey"), "X": ("x-ray",),
    "Y": ("yellow", "Yankee"), "Z": ("zebra", "Zulu"),
}  # fmt: skip
_TWICE = re.compile(r"\b([A-Z]) \1\b(?! (?:as in|like|for))")
_COMPOUND = re.compile(
    r"\b(twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety) "
    r"(one|two|three|four|five|six|seven|eight|nine|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)\b"
)
_PAUSES = (" ", " ", " ", ", ", ", ", " uh ", " um ", "... ", " and then ", " dash ", " then ")
_PAUSES_SPANISH = (" ", " ", " ", ", ", ", ", " este ", " eh ", " guion ", " y luego ")


def digit_words(digits: str, rng: Random, *, spanish: bool = False) -> str:
    """Say digits one by one, sometimes with "double", "triple", or "doble"; other characters stay."""
    words = SPANISH_DIGITS if spanish else ENGLISH_DIGITS
    zero = "cero" if spanish else rng.choice(("zero", "oh", "oh", "o"))
    doubled = rng.random() < 0.2
    times = {2: "doble", 3: "triple"} if spanish else {2: "double", 3: "triple"}
    said: list[str] = []
    place = 0
    while place < len(digits):
        character = digits[place]
        run = len(digits[place:]) - len(digits[place:].lstrip(character))
        word = (zero if character == "0" else words[int(character)]) if character.isdigit() else character
        if doubled and character.isdigit() and run in (2, 3):
            said.append(f"{times[run]} {word}")
            place += run
        else:
            said.append(word)
            place += 1
    return " ".join(said)


def pair_words(digits: str, rng: Random, *, spanish: bool = False) -> str:
    """Say digits two by two, as in "twelve oh five eighty three"."""
    said: list[str] = []
    for start in range(len(digits) % 2, len(digits), 2):
        first, second = digits[start], digits[start + 1]
        if first == "0":
            said.append(digit_words(first + second, rng, spanish=spanish))
        else:
            said.append(number_words(int(first + second), spanish=spanish))
    head = [digit_words(digits[0], rng, spanish=spanish)] if len(digits) % 2 else []
    return " ".join([*head, *said])


def said_groups(groups: list[str], rng: Random, *, spanish: bool = False) -> str:
    """Say groups of digits and letters, with pauses or words between them."""
    pauses = _PAUSES_SPANISH if spanish else _PAUSES
    pause = rng.choice(pauses)
    say = rng.choice((digit_words, digit_words, digit_words, pair_words))
    out = ""
    for number, group in enumerate(groups):
        plain = group.isdigit()
        word = say(group, rng, spanish=spanish) if plain else digit_words(group, rng, spanish=spanish)
        out += (rng.choice((pause, pause, pause, rng.choice(pauses))) if number else "") + word
    return out


def spelled_letters(word: str, rng: Random) -> str:
    """Spell a word, as in "G A R C I A", "G-A-R, C-I-A", or "G as in George A R C I A"."""
    letters = [letter for letter in word.upper() if letter.isalpha()]
    form = rng.randrange(8)
    if form == 0:
        separator = rng.choice(("-", "-", ".", ", "))
        text = separator.join(letters)
        return text.lower() if rng.random() < 0.5 else text
    if form == 1 and len(letters) > 4:
        middle = len(letters) // 2
        return f"{' '.join(letters[:middle])}, {' '.join(letters[middle:])}"
    if form in (2, 5):
        link = rng.choice(("as in", "as in", "like", "for"))
        for place in rng.sample(range(len(letters)), min(len(letters), rng.randint(1, 3))):
            code = _CODE_WORDS.get(letters[place])
            letters[place] += f" {link} {rng.choice(code)}" if code else ""
    text = " ".join(letters)
    if form == 4:
        text = _TWICE.sub(lambda found: f"{rng.choice(('double', 'two'))} {found[1]}", text)
    return text.lower() if rng.random() < 0.5 else text


def hyphenated(words: str, rng: Random) -> str:
    """Write numbers such as "seventy-four" with their hyphens, or all without."""
    return _COMPOUND.sub(r"\1-\2", words) if rng.random() < 0.2 else words


def code_word(letter: str, rng: Random) -> str:
    """Say which letter is meant, as in "W as in William"; the letter alone if it has no usual word."""
    words = _CODE_WORDS.get(letter.upper())
    return f"{letter} as in {rng.choice(words)}" if words else letter
