"""Removing everything that could identify a patient from a message, so that a model may be trained on the rest.

Values are replaced with the slots of the training corpus, such as `{phone}`. Patterns cannot recognize every name, so
a message that still contains anything like a name or a personal number is not used at all. Losing many good messages
is better than using one that identifies a patient.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from inbox.name_redaction import replace_names

_SLOT = re.compile(r"\{[a-z0-9_]+\}")
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY = r"(?:[12][0-9]|3[01]|0?[1-9])"
_DAY_IN_WORDS = r"(?:(?:twenty|thirty)[ -])?[a-z]+(?:st|nd|rd|th)"
_YEAR = r"(?:,?\s+(?:of\s+)?(?:19|20)\d\d|,?\s+'\d\d)"
_DATE = "|".join(
    (
        rf"(?:19|20)\d\d[-/.](?:0?[1-9]|1[0-2])[-/.]{_DAY}",
        rf"(?:0?[1-9]|1[0-2])[-/.]{_DAY}[-/.](?:\d{{4}}|\d\d)",
        rf"(?:0?[1-9]|1[0-2])/{_DAY}",
        rf"{_MONTH}\s+(?:the\s+)?(?:{_DAY}(?:st|nd|rd|th)?|{_DAY_IN_WORDS})\b(?:{_YEAR})?",
        rf"{_DAY}(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH}(?:{_YEAR})?",
        rf"the\s+{_DAY}(?:st|nd|rd|th)",
    )
)
_DIGIT = "(?:zero|oh|one|two|three|four|five|six|seven|eight|nine)"
_NUMBER = (
    "(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen"
    "|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|and)"
)
_CODE_AFTER = r"(?=[a-z-]*\d)[a-z0-9][a-z0-9-]{2,}"
_STREET = (
    r"(?:street|st|avenue|ave|blvd|boulevard|road|rd|lane|ln|highway|hwy|parkway|pkwy|terrace|circle|(?-i:Drive|Dr|Way"
    r"|Court|Ct|Place|Pl|Square|Trail|Loop|Run|Path|Pass|Point|Cove|Row|Crossing|Ridge|Hill|Hills))"
)
_UNIT = r"(?:min|hour|hr|day|week|wk|month|year|yr|mg|ml|pill|time|people|kid|lb|pound|page|%)"
_FLAT = r"(?:,?\s*(?:apt|unit|suite|ste|#)\.?\s*[\w-]+)?"
_BORN = r"\b(?:dob|d\.o\.b\.?|birth ?da(?:y|te)|date of birth|born)\b"
_CARRIERS = (
    "aetna|ambetter|anthem|blue cross(?: blue shield)?|blue shield|bcbs|centene|cigna|davis vision|delta dental|eyemed"
    "|florida blue|geha|guardian|healthfirst|highmark|humana|kaiser(?: permanente)?|medicaid|medicare|metlife|molina"
    "|optum|premera|regence|tricare|uhc|united ?healthcare|vsp|wellcare"
)


def _identifier(words: str, slot: str) -> tuple[re.Pattern[str], str]:
    """Return a rule for an identifier that is recognized by the words before it."""
    between = r"(?:\s*(?:id|number|numbers|no|num|is|was|of|#|:|-|\.))*\s*"
    return re.compile(rf"(\b(?:{words})\b{between}){_CODE_AFTER}", re.IGNORECASE), rf"\1{{{slot}}}"


def _value(pattern: str, slot: str) -> tuple[re.Pattern[str], str]:
    return re.compile(pattern, re.IGNORECASE), f"{{{slot}}}"


# Order matters: long, certain patterns come before those that could match a part of them.
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    _value(r"\b(?:https?://|www\.)\S+|\b[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|edu|gov|io|health)/\S*", "url"),
    _value(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)*", "email"),
    _value(r"\b[\w-]+(?: (?:dot|underscore|dash) [\w-]+)* at [\w-]+(?: dot [\w-]+)+", "email"),
    _value(r"\b[\w-]+(?: dot [\w-]+)+(?: slash [\w-]+)*", "url"),
    _value(r"(?<![\d-])\d{3}[- ]\d{2}[- ]\d{4}(?![\d-])", "ssn"),
    (re.compile(rf"({_BORN}(?:\s*(?:is|on|:|-))*\s*)(?:{_DATE})", re.IGNORECASE), r"\1{dob}"),
    _value(rf"(?<![\w/.-])(?:{_DATE})(?![\w/-])", "date"),
    (re.compile(rf"(\b(?:on|from|of|since|dated)\s+)(?:0?[1-9]|1[0-2])-{_DAY}(?![\w/-])", re.IGNORECASE), r"\1{date}"),
    _value(rf"(?<![\w/.-])(?:0?[1-9]|1[0-2])-(?:1[3-9]|2[0-9]|3[01])(?![\w/-])(?!\s*{_UNIT})", "date"),
    (re.compile(r"(\b(?:last (?:four|4)|social)\b[\w\s,:]{0,25}?)\b\d{4}\b", re.IGNORECASE), r"\1{ssn_last4}"),
    _value(r"(?<![\w-])\+\d[\d\s().-]{7,}\d(?!\d)", "phone"),
    _value(r"(?<![\w-])(?:1[\s.-]?)?(?:\(\d{3}\)\s?|\d{3}[\s.-]?)\d{3}[\s.-]?\d{4}(?![\w-])", "phone"),
    _value(r"(?<![\w-])\d{3}[\s.-]\d{4}(?![\w-])", "phone"),
    _value(rf"\b(?:{_DIGIT}[\s,.-]+){{6,}}{_DIGIT}\b", "phone"),
    _value(r"\$\s?\d[\d,]*(?:\.\d\d?)?k?", "amount"),
    _value(r"\b\d[\d,]*(?:\.\d\d)?(?:\$|\s?(?:dollars?|bucks|usd)\b)", "amount"),
    _value(rf"\b(?:{_NUMBER}[\s-]+)+(?:dollars?|bucks)\b", "amount"),
    _identifier("member|subscriber", "member_id"),
    _identifier("group|grp", "group_number"),
    _identifier("claim", "claim_number"),
    _identifier("policy", "policy_number"),
    _identifier("invoice|statement|bill", "invoice_number"),
    _identifier("account|acct", "account_number"),
    _identifier("mrn|chart|medical record|patient", "mrn"),
    _identifier("license|licence", "license_number"),
    _identifier("cpt|code|procedure", "cpt_code"),
    _value(r"\bp\.?\s?o\.?\s?box\s+\d+", "address"),
    _value(rf"\b\d{{1,6}}\s+(?:[nsew]\.?\s+)?(?:[a-z0-9][\w'.]*\s+){{1,4}}?{_STREET}\b\.?{_FLAT}", "address"),
    _value(r"\b\d{1,6}\s+(?:[a-z][\w'.]*\s+){1,4}?(?:apt|unit|suite|ste)\.?\s*#?\s*\d[\w-]*", "address"),
    (re.compile(r"\b[A-Z]{2}\s+\d{5}(?:-\d{4})?\b"), "{state} {zip}"),
    (re.compile(r"(\bzip(?:\s*code)?(?:\s*(?:is|:))*\s*)\d{5}(?:-\d{4})?\b", re.IGNORECASE), r"\1{zip}"),
    _value(rf"\b(?:{_CARRIERS})\b", "carrier"),
)  # fmt: skip

_YEAR_ALONE = re.compile(r"\b(?:19|20)\d\d\b")
_MEASURED = re.compile(r"\b\d{4}\s?(?:mg|mcg|ml|iu|calories|cal|steps)\b|\b\d{2,3}/\d{2,3}\b", re.IGNORECASE)
_DIGITS = re.compile(r"\d{4}|\d(?:[ ./-]?\d){4}")
_DIGIT_WORDS = re.compile(rf"\b(?:{_DIGIT}[\s,.-]+){{3,}}{_DIGIT}\b", re.IGNORECASE)
_CODE = re.compile(r"\b(?=\w*[a-z])(?=\w*\d\w*\d\w*\d)(?!\d+(?:mg|mcg|ml|iu|am|pm|lbs?|th)\b)\w+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Known:
    """What a conversation's record contains about its patient.

    Attributes:
        names: the names that the patient gave.
        numbers: phone numbers, in any format.
        emails: email addresses.
    """

    names: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()


def redact(text: str, known: Known) -> str | None:
    """Replace everything that could identify a person with the slots of the training corpus.

    Args:
        text: the patient's message.
        known: what the record contains about the patient.

    Returns:
        None if what remains could still identify a person, or if nothing remains.
    """
    plain = _plain(text)
    for pattern, slot in (*_of_patient(known), *_RULES):
        plain = pattern.sub(slot, plain)
    named = replace_names(plain, known.names)
    if named is None or not _SLOT.sub("", named).strip() or _has_number(named):
        return None
    return named


def _plain(text: str) -> str:
    """Normalize what could hide a value: unusual letters and digits, invisible characters, and braces."""
    seen = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
    straight = seen.replace("’", "'").replace("‘", "'").replace("‐", "-").replace("‑", "-").replace("–", "-")
    return straight.replace("{", "(").replace("}", ")")


def _of_patient(known: Known) -> Iterator[tuple[re.Pattern[str], str]]:
    for email in known.emails:
        yield re.compile(re.escape(email), re.IGNORECASE), "{email}"
    for number in known.numbers:
        digits = re.sub(r"\D", "", number)[-10:]
        if len(digits) >= 7:
            yield re.compile(r"(?:\+?1[\s().-]*)?\(?" + r"[\s().-]*".join(digits)), "{phone}"


def _has_number(text: str) -> bool:
    """Return whether digits remain that are neither a year nor a quantity."""
    rest = _MEASURED.sub("", _YEAR_ALONE.sub("", _SLOT.sub("", text)))
    return any(pattern.search(rest) for pattern in (_DIGITS, _DIGIT_WORDS, _CODE)) or "@" in rest
