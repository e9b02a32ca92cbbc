"""Redacting names in a message: replace clear names, and reject the message if it may contain others."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

_WORD = r"[^\W\d_](?:[^\W\d_]|['-](?=[^\W\d_]))*\.?"
_NAME = r"(?-i:[^\W\d_a-z](?:[^\W\d_]|['-](?=[^\W\d_]))*\.?)"
_NAMES = rf"{_NAME}(?:\s+{_NAME}){{0,3}}"
_SLOT = re.compile(r"\{[a-z0-9_]+\}")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words that appear where a name could, in lower case.
_NO_NAME = _words(
    """
    a about after again all an and any anyone are as asking at available back be because been both but
    by bye calling can cannot cant could day did do does doing done dont doctor dr even ever everybody
    everyone everything first folks for forward from fine get getting going gonna good got great guys
    had has have having he hello help her here hers hey hi him his home how i if in insane interested is
    it its just kind kindly know last late later like looking lot lots ma'am madam making many may me
    miss more morning mother mr mrs ms much my name need needing never new next no not now of office ok
    okay on once one only or our out over pain patient patients people please possible practice put
    really regarding ridiculous running said says scheduled see seeing sick since sir so some someone
    soon sorry still such sure team than thank thanks that the their them then there these they this
    those time to today tomorrow tonight too trying unacceptable unless until up urgent us very visit
    waiting was way we were what when where which who why will wish with wondering would writing wrong
    y'all yall yes yesterday yet you your yours about's
    """
)

# Capitalized words inside a sentence that are not names of people.
_CAPITALISED = _words(
    """
    i monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat
    sun january february march april may june july august september october november december jan feb
    mar apr jun jul aug sep sept oct nov dec english spanish christmas thanksgiving easter halloween new
    year years eve labor memorial day independence dr doctor nurse mr mrs ms miss pa np ok okay google
    internet zoom mychart portal uber lyft walgreens cvs walmart costco rite aid tylenol advil motrin
    aleve ibuprofen benadryl zyrtec claritin flonase amoxicillin augmentin prednisone lisinopril
    metformin ozempic wegovy mounjaro zoloft prozac lexapro xanax adderall botox accutane invisalign
    novocaine lasik pap covid flu tdap mri ct er icu ppo hmo hsa fsa eob iud ivf pcp adhd thanks thank
    regards best sincerely cheers hi hello hey dear yes no please
    """
)

# Names that are also words: replaced only where they are written as names.
_WORDS_TOO = _words(
    """
    art august autumn bill bob chance charity chip christian daisy dawn day dean drew eve faith frank
    gene grace grant guy harmony heather holly hope iris ivy jack jade jean jewel joy june lane long
    major mark may melody mercy mike miles olive pat patience pearl penny pierce price ray rich rob
    robin rose ruby sandy short sky skip stormy summer sunny sue taylor trey violet wade ward will wills
    young
    """
)

_SURE = re.compile(
    rf"(\b(?:my (?:full )?name is|my name's|the name is|name is|name's|names|(?:full |patient |last |first )?name:"
    rf"|under the name(?: of)?|last name(?: is)?|first name(?: is)?|named)\s+)({_WORD}(?:\s+{_WORD}){{0,3}})",
    re.IGNORECASE,
)
_I_AM = r"this is|it's|its|it is|i'm|i am|im"
_INTRODUCED = re.compile(
    rf"(\b(?:{_I_AM}|here is|speaking with|spoke (?:to|with)|talked (?:to|with))\s+)({_NAMES})", re.IGNORECASE
)
_CALLING = re.compile(
    rf"(\b(?:{_I_AM})\s+)({_WORD}(?:\s+{_WORD}){{0,2}}?)(?=,?\s+(?:calling|speaking|again|here)\b)", re.IGNORECASE
)
_HERE = re.compile(rf"(^|[.!?,]\s+)({_WORD}(?:\s+{_WORD})?)(?=\s+here\b)", re.IGNORECASE)
_TITLE = re.compile(rf"(\b(?:dr|doctor|doc|nurse|np|pa)\b\.?\s+)({_NAMES}|(?!(?:s|is|was)\b){_WORD})", re.IGNORECASE)
_POLITE = re.compile(rf"(\b(?:mr|mrs|ms|miss|mister)\b\.?\s+)({_NAMES}|{_WORD})", re.IGNORECASE)
_RELATIVE = re.compile(
    rf"(\b(?:son|daughter|wife|husband|mom|mother|dad|father|kid|child|baby|brother|sister|partner|grandson|niece|nephew"
    rf"|granddaughter|grandmother|grandma|grandfather|grandpa|aunt|uncle|boyfriend|girlfriend|fiance|friend)"
    rf"(?:'s name is|,)?\s+)({_NAMES})",
    re.IGNORECASE,
)
_GREETED = re.compile(rf"(\b(?:hi|hello|hey|dear|good (?:morning|afternoon|evening))\s+)({_NAMES})", re.IGNORECASE)
_FAREWELL = r"thanks|thank you|thx|ty|regards|best|sincerely|cheers|love|respectfully|take care"
_SIGNED = re.compile(rf"((?:\b(?:{_FAREWELL})[\s,.!]+|\n\s*|-+\s*))({_WORD}(?:\s+{_WORD}){{0,2}})\s*$", re.IGNORECASE)
_ENDS = re.compile(rf"([.!?]\s+)({_NAMES})\s*$")
_INITIAL = re.compile(r"\b[A-Z]\.\s+$")
_BEGINS = re.compile(r"(?:^|[.!?:;\n*>]|\s-|,\s*\n)\s*$")
_TOKEN = re.compile(_WORD)


def replace_names(text: str, known: Collection[str]) -> str | None:
    """Replace names with slots.

    Args:
        text: a message whose numbers and addresses have already been replaced with slots.
        known: the patient's own names.

    Returns:
        None if a remaining word could be a name.
    """
    for name in known:
        text = _replace_known(text, name)
    for pattern, slot in (
        (_SURE, "full_name"),
        (_CALLING, "full_name"),
        (_INTRODUCED, "full_name"),
        (_TITLE, "provider_name"),
        (_POLITE, "last_name"),
        (_RELATIVE, "relative_name"),
        (_GREETED, "first_name"),
        (_HERE, "first_name"),
        (_SIGNED, "full_name"),
        (_ENDS, "full_name"),
    ):
        text = pattern.sub(_give(slot), text)
    return None if _may_name(text) else text


def _give(slot: str) -> Callable[[re.Match[str]], str]:
    def put(match: re.Match[str]) -> str:
        words = re.split(r"(\s+)", match[2])
        taken = 0
        while taken < len(words) and _is_name(words[taken], is_first=taken == 0, shape=words[0]):
            taken += 2
        if not taken:
            return match[0]
        before = match.string[match.start() : match.start(2)]
        after = match.string[match.end(2) : match.end()]
        return before + f"{{{slot}}}" + "".join(words[max(taken - 1, 0) :]) + after

    return put


def _is_name(word: str, *, is_first: bool, shape: str) -> bool:
    bare = word.rstrip(".").lower()
    if bare in _NO_NAME or (bare in _CAPITALISED and bare not in _WORDS_TOO) or bare.removesuffix("'s") in _NO_NAME:
        return False
    return is_first or word[:1].isupper() == shape[:1].isupper()


def _replace_known(text: str, name: str) -> str:
    parts = [part for part in re.findall(_WORD, name) if len(part) > 1]
    if len(parts) > 1:
        text = re.sub(r"\b" + r"\s+".join(map(re.escape, parts)) + r"\b", "{full_name}", text, flags=re.IGNORECASE)
    for number, part in enumerate(parts):
        slot = "{last_name}" if number and number == len(parts) - 1 else "{first_name}"
        written = part.capitalize() if part.lower() in _WORDS_TOO | _NO_NAME else f"(?i:{re.escape(part)})"
        text = re.sub(rf"\b{written}\b", slot, text)
    return text


def _may_name(text: str) -> bool:
    """Return whether a word that looks like a name remains, or whether the text's style makes names unrecognizable."""
    rest = _SLOT.sub(lambda slot: " " * len(slot[0]), text)
    letters = [c for c in rest if c.isalpha()]
    if letters and not any(c.islower() for c in letters):
        return True
    if any(ord(c) > 0x24F for c in letters):  # names in other scripts are not recognized
        return True
    return any(_is_suspicious(rest, token) for token in _TOKEN.finditer(rest))


def _is_suspicious(text: str, token: re.Match[str]) -> bool:
    word = token[0].rstrip(".")
    if not word[:1].isupper() or word.lower().removesuffix("'s").partition("'")[0] in _CAPITALISED:
        return False
    is_acronym = word.isupper() and 1 < len(word) <= 5
    before = text[: token.start()]
    return not is_acronym and (_BEGINS.search(before) is None or _INITIAL.search(before) is not None)
