"""Rules for numbers whose form says what they are, and for amounts of money."""

from __future__ import annotations

from typing import Final

from classifier.entities.patterns import CERTAIN, LIKELY, any_of, pattern
from classifier.entities.spoken import NUMBERS
from intake.vocabulary import EntityKind

_MEDICARE_LETTER = "[ac-hjkmnp-rt-y]"
_MEDICARE_PLACE = "[ac-hjkmnp-rt-y0-9]"
_NUMBER = any_of(word for word in NUMBERS if len(word) > 1)
_MONEY = r"(?:dollars?|bucks|usd|dolares|pesos)\b"
_WHOLE = r"\d{1,3}(?:,\d{3}){1,3}|\d{1,7}"
_NOT_COUNTED = (
    r"(?![\w%/-]|[.,:]\d| %| ?(?:percent|days?|weeks?|months?|years?|times|visits?|sessions?|minutes?|hours?|people"
    r"|pm|am)\b)"
)
_EACH = r"(?:a|per|every|evry|each) (?:month|week|mo|wk|quadrant|visit|session|paycheck|2 weeks|2 wks|two weeks)\b"
_COMMON_CPT = (
    r"992(?:0[2-5]|1[1-5])|993[89][1-7]|908(?:32|34|37|46|47)|9079[12]|971(?:10|12|40|61|62|63|64)|97530|9894[0-2]"
    r"|920(?:02|04|12|14|15)|1110[24]|58970|58974"
)


def _passes_luhn(value: str) -> bool:
    digits = [int(digit) for digit in value if digit.isdecimal()]
    doubled = [digit if place % 2 == 0 else sum(divmod(digit * 2, 10)) for place, digit in enumerate(reversed(digits))]
    return 13 <= len(digits) <= 19 and sum(doubled) % 10 == 0


RULES: Final = (
    pattern("ssn", EntityKind.ID, r"(?<![\w.-])\d{3}([- ])\d{2}\1\d{4}(?![\w-])"),
    pattern(
        "ssn_cued",
        EntityKind.ID,
        r"\b(?:ssn|social(?: security)?(?: number)?|seguro social)(?: is|:|#| es){0,2} {0,2}(?P<value>\d{9}"
        r"|\d{4})(?!\w)",
    ),
    pattern(
        "last_four",
        EntityKind.ID,
        r"\b(?:last (?:four|4)(?: digits)?|(?:card|tarjeta)?,? ?(?:ending|ends|ending in|termina(?:da)?)"
        r"|\b(?:card|tarjeta|visa|mastercard|amex))"
        r"(?: in| with| of| is| are| my| the| social| card| en| digits|:){0,6} {0,2}(?P<value>\d{4})(?!\w)",
    ),
    pattern("card_number", EntityKind.ID, r"(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-])", _passes_luhn),
    pattern(
        "medicare_id",
        EntityKind.MEMBER_ID,
        rf"(?<![\w-])[1-9]{_MEDICARE_LETTER}{_MEDICARE_PLACE}\d[ -]?{_MEDICARE_LETTER}{_MEDICARE_PLACE}\d[ -]?"
        rf"{_MEDICARE_LETTER}{{2}}\d\d(?![\w-])",
    ),
    pattern("dental_code", EntityKind.CPT, r"(?<![\w-])d[0-9]\d{3}(?![\w-])", confidence=CERTAIN),
    pattern("supply_code", EntityKind.CPT, r"(?<![\w$#-])(?:[agj]\d{4}"
        r"|0\d{3}t)(?:-[a-z0-9]{2})?(?![\w-])", confidence=LIKELY),
    pattern("common_cpt", EntityKind.CPT, rf"(?<![\w.$#-])(?:{_COMMON_CPT})(?![\w]|-\d{{3}})", confidence=LIKELY),
    pattern("amount", EntityKind.AMOUNT, rf"(?<![\w$])\$ ?(?:{_WHOLE})(?:\.\d\d?)?k?(?!\w|,\d)"),
    pattern("amount_after", EntityKind.AMOUNT, rf"(?<![\w.$,-])(?:{_WHOLE})(?:\.\d\d?)?(?: ?\$| {_MONEY})"),
    pattern("amount_grand", EntityKind.AMOUNT, r"(?<![\w.$-])\d{1,3}(?:\.\d)? grand\b"),
    pattern(
        "amount_owed",
        EntityKind.AMOUNT,
        rf"\b(?:you|u|i|they|we) (?:owed?|paid|pay) (?:(?:you|u|me|them|back) )?(?P<value>\d{{2,4}}(?:\.\d\d)?"
        rf"|\d{{1,3}},\d{{3}}){_NOT_COUNTED}",
        confidence=LIKELY,
    ),
    pattern(
        "amount_each",
        EntityKind.AMOUNT,
        rf"(?<![\w.$,/-])\d{{2,4}}(?= {_EACH})",
        confidence=LIKELY,
    ),
    pattern(
        "amount_shared",
        EntityKind.AMOUNT,
        rf"\b(?:deductible|ded|copay|co-pay|coinsurance|specialist|deducible|copago)(?: is| es|:| of| de|'s)? "
        rf"(?P<value>\d{{2,4}}|\d{{1,3}},\d{{3}}){_NOT_COUNTED}",
        confidence=LIKELY,
    ),
    pattern(
        "amount_said",
        EntityKind.AMOUNT,
        rf"(?<![\w-])(?=\w)(?:a )?{_NUMBER}(?:[ -](?:and |y )?{_NUMBER}\b){{0,8}}"
        rf"(?: (?:{_MONEY}|grand\b)"
        rf"(?:(?: and| y| con) {_NUMBER}(?:[ -](?:y )?{_NUMBER}\b){{0,2}}(?: cents?| centavos?)?)?"
        rf"|(?<=[a-z])(?= {_EACH}))",
        lambda value: " " in value or "-" in value,
    ),
)  # fmt: skip
