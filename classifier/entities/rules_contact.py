"""Rules for what reaches a person: email and web addresses, phone numbers, streets."""

from __future__ import annotations

import ipaddress
import re
from typing import Final

import phonenumbers

from classifier.entities.patterns import LIKELY, pattern
from classifier.entities.spoken import DIGITS, TENS, write_code
from intake.vocabulary import EntityKind

_LABEL = r"[\w%+-]{1,64}"
_TOP = (
    r"(?:com|org|net|edu|gov|mil|io|health|care|clinic|dental|info|biz|me|us|co|app|dev|example|test|mx|es|ca|uk|tv|ai)"
)
_SAID = r"(?:[\w-]{1,40}(?: (?:dot|punto|underscore|dash|guion|guion bajo) [\w-]{1,40}){0,4})"
_SEPARATOR = r"[ .\-]{0,3}"
_SAID_DIGIT = "(?:" + "|".join((*DIGITS, "double", "triple", "doble", "hundred", r"\d{1,4}")) + ")"
_TENS = "|".join(TENS)
_CALL = r"(?:call|phone|cell|number|text|tel|telephone|mobile|reach me|fax|at|on|is|telefono|celular|numero|al|line)"
_STREET = (
    r"(?:street|str|st|avenue|ave|boulevard|blvd|road|rd|lane|ln|highway|hwy|parkway|pkwy|terrace|ter|circle|cir"
    r"|(?-i:Drive|Dr|Way|Court|Ct|Place|Pl|Square|Sq|Trail|Trl|Loop|Run|Path|Pass|Point|Cove|Row|Crossing|Ridge|Hill"
    r"|Hills|Plaza|Alley)|drive|dr|court|ct)"
)
_NO_STREET = re.compile(
    r"\b(?:at|on|my|the|to|and|for|in|mg|from|with|w|min|minutes?|hours?|hrs?|days?|weeks?|months?|years?|yrs?|miles?"
    r"|times|sessions?|visits?|pills?|people|kids)\b|[a-z]{3}\. [a-z]",
    re.IGNORECASE,
)
_UNIT = r"(?:,?\s{0,2}(?:apartment|apt|unit|suite|ste|floor|fl|#)\.?\s{0,2}#?[\w-]{1,6})?"
_CALLE = r"(?:calle|avenida|av|camino|carrera|paseo|calzada)"


def _is_phone(value: str) -> bool:
    number = value if value.lstrip().startswith("+") else f"+1{re.sub(r'[^0-9]', '', value).removeprefix('1')}"
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return False


def _is_said_phone(value: str) -> bool:
    if value.isascii() and not re.search(r"[a-z]|^\D*\d(?:\D+\d)*\D*$", value, re.IGNORECASE):
        return False
    if re.search(r"\d\d o \d\d", value, re.IGNORECASE):
        return False
    written = write_code(value)
    return written.isdecimal() and len(written) in (7, 10, 11) and (len(written) != 11 or written.startswith("1"))


def _is_ip(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


RULES: Final = (
    pattern("email", EntityKind.EMAIL,
        rf"(?<![\w.%+-]){_LABEL}(?:\.{_LABEL}){{0,6}}@[\w-]{{1,63}}(?:\.[\w-]{{1,63}}){{0,6}}"),
    pattern(
        "said_email",
        EntityKind.EMAIL,
        rf"(?<![\w-]){_SAID} (?:at|arroba) [\w-]{{1,40}}(?: [\w-]{{1,20}})?(?: (?:dot|punto) [\w-]{{1,40}}){{1,4}}",
    ),
    pattern("url", EntityKind.URL, r"(?<![\w@])(?:https?://|www\.)[^\s<>\"']{1,500}(?<![.,;:!?)])"),
    pattern(
        "domain",
        EntityKind.URL,
        rf"(?<![\w@.-])[\w-]{{1,63}}(?:\.[\w-]{{1,63}}){{0,5}}\.{_TOP}(?:/[^\s<>\"',;]{{0,300}}(?<![.!?)]))?(?![\w.@-])",
        lambda value: not re.fullmatch(r"[\d.]+\.\w+", value),
    ),
    pattern(
        "said_url",
        EntityKind.URL,
        rf"(?<![\w-])(?:[\w-]{{1,40}} (?:dot|punto) ){{1,4}}{_TOP}\b(?: (?:slash|diagonal) [\w-]{{1,40}}){{0,3}}",
    ),
    pattern("ip", EntityKind.ID, r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\d)", _is_ip),
    pattern("ip6", EntityKind.ID, r"(?<![\w:])[0-9a-f]{1,4}:(?:[0-9a-f]{0,4}:){1,6}[0-9a-f]{1,4}(?![\w:])", _is_ip),
    pattern("handle", EntityKind.ID, r"(?<![\w.@%+-])@[a-z_][\w.]{1,29}(?<!\.)(?![\w@])", confidence=LIKELY),
    pattern("phone_abroad", EntityKind.PHONE, r"(?<![\w-])\+\d(?:[ ().\-]{0,2}\d){7,14}(?!\d)", _is_phone),
    pattern(
        "phone",
        EntityKind.PHONE,
        rf"(?<![\w.$-])(?:\+?1[ .\-]{{0,2}})?(?:\(\d{{3}}\) ?"
        rf"|\d{{3}}[ ./\-]{{0,3}})\d{{3}}{_SEPARATOR}\d{{4}}(?![\w]|-\d)",
        _is_phone,
    ),
    pattern("phone_local", EntityKind.PHONE, r"(?<![\w.$/-])[2-9]\d{2}[.\-]\d{4}(?![\w/]|-\d)"),
    pattern("phone_cued", EntityKind.PHONE, rf"\b{_CALL}:? (?P<value>[2-9]\d{{2}} \d{{4}})(?![\w/]"
        rf"|-\d)", confidence=LIKELY),
    pattern(
        "said_phone",
        EntityKind.PHONE,
        rf"(?<![\w'-])(?=\w)(?:{_SAID_DIGIT}|{_TENS})(?:[ ,.\-]{{1,4}}(?:(?:uh|um|dash|and then|and|then"
        rf"|y luego) )?(?:{_SAID_DIGIT}|{_TENS})){{2,12}}(?![\w'])",
        _is_said_phone,
    ),
    pattern("extension", EntityKind.PHONE, r"\b(?:ext|extension|exten)\b\.?:? {0,2}(?P<value>\d{2,6})(?!\w)"),
    pattern("extension", EntityKind.PHONE, r"(?<=\d\d\d\d)[ ,]{0,2}x ?(?P<value>\d{2,6})(?!\w)"),
    pattern("box", EntityKind.ADDRESS, r"\bp\.?\s?o\.?\s?box\s{1,3}\d{1,6}"),
    pattern(
        "street",
        EntityKind.ADDRESS,
        rf"(?<![\w$./-])\d{{1,6}}[a-z]? (?:[nsew]\.? |north |south |east "
        rf"|west )?(?:[a-z0-9][\w'.]{{0,20}} ){{1,4}}?{_STREET}\b\.?{_UNIT}",
        lambda value: not _NO_STREET.search(value),
        LIKELY,
    ),
    pattern("calle", EntityKind.ADDRESS,
        rf"\b{_CALLE}\.? (?:[a-z][\w'.]{{0,20}} ){{1,4}}?\d{{1,6}}\b{_UNIT}", None, LIKELY),
    pattern("unit", EntityKind.ADDRESS, r"\b(?:apartment|apt|apto)\b\.?(?: is| es|:)? {0,2}#?"
        r"(?P<value>\d{1,5}[a-z]?|(?!(?-i:[aeioy]) [a-z])[a-z]\d{0,3})(?!\w)", None, LIKELY),
    pattern("state_zip", EntityKind.ADDRESS, r"(?-i:\b[A-Z]{2}) \d{5}(?:-\d{4})?(?![\w-])"),
    pattern("zip", EntityKind.ADDRESS, r"\bzip(?: ?code)?(?: is|:)? {0,2}(?P<value>\d{5}(?:-\d{4})?)(?![\w-])"),
    pattern("codigo_postal", EntityKind.ADDRESS, r"\bcodigo postal(?: es|:)? {0,2}(?P<value>\d{5})(?![\w-])"),
)  # fmt: skip
