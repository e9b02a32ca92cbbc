"""Every slot: how its value is chosen and written, and what kind of entity it is."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from intake.vocabulary import EntityKind
from training.data.corpus import CORPUS, read_lines
from training.data.spans import dates, names, numbers, places
from training.data.spans.numbers import draw_code, write_code
from training.data.spans.setting import SpanSetting, read_values

KINDS: Final = Path("slots.toml")
"""The kinds of the slots, in the corpus folder."""


@dataclass(frozen=True, slots=True)
class Slot:
    """How the value of a slot comes about.

    Attributes:
        draw: Chooses a value.
        write: Writes it in one of its forms; None if it is written as it was chosen.
    """

    draw: Callable[[SpanSetting], Any]
    write: Callable[[Any, SpanSetting], str] | None = None


def _code(*patterns: str) -> Slot:
    return Slot(draw_code(*patterns), write_code)


def _digits(*patterns: str) -> Slot:
    return Slot(draw_code(*patterns), numbers.write_short)


def _named(*found: str) -> Slot:
    return Slot(lambda setting: setting.rng.choice(found), _write_brand)


def _carrier(setting: SpanSetting) -> str:
    groups = ("misspelled",) if setting.one_in(12) else ("health", "health", "dental_vision")
    return _common("carriers", setting, groups)


def _plan(setting: SpanSetting) -> str:
    return _common("plans", setting, ("plans",))


def _common(name: str, setting: SpanSetting, groups: tuple[str, ...]) -> str:
    """Return a value that everybody knows, of which none is held out."""
    return setting.rng.choice(read_values(setting.values.corpus, name)[setting.rng.choice(groups)])


def _employer(setting: SpanSetting) -> str:
    if setting.one_in(3):
        return setting.values.draw(setting.faker("en_US", "en_US", "en_GB", "es_MX").company)
    return setting.values.pick("employers", setting.rng)


def _write_brand(value: str, setting: SpanSetting) -> str:
    rng = setting.rng
    if (setting.casual and rng.random() < 0.75) or rng.random() < 0.06:
        return value.lower()
    return value.upper() if rng.random() < 0.02 else value


def _cpt_code(setting: SpanSetting) -> str:
    rng = setting.rng
    pattern = rng.choice(
        ("99###", "9####", "####0", "#####", "1####", "D####", "D####", "D#1#0", "J####", "G0###", "A####", "0###T")
    )
    code = draw_code(pattern)(setting)
    return f"{code}-{rng.choice(('25', '59', 'GP', '95', 'LT', 'RT', '76'))}" if setting.one_in(15) else code


def _ip_address(setting: SpanSetting) -> str:
    rng = setting.rng
    if setting.one_in(4):
        return f"2001:db8::{rng.randint(1, 65535):x}"
    network = rng.choice(
        (
            "203.0.113",
            "198.51.100",
            "192.0.2",
            "10.0.0",
            "192.168.1",
            f"{rng.randint(11, 223)}.{rng.randint(0, 255)}.{rng.randint(0, 255)}",
        )
    )
    return f"{network}.{rng.randint(1, 254)}"


SLOTS: Final[dict[str, Slot]] = {
    "first_name": Slot(names.first_name),
    "last_name": Slot(names.last_name),
    "full_name": Slot(names.full_name),
    "provider_name": Slot(names.provider_name),
    "relative_name": Slot(names.relative_name),
    "spelled_name": Slot(names.spelled_name),
    "dob": Slot(dates.draw_birth_date, dates.write_birth_date),
    "old_age": Slot(lambda setting: setting.rng.randint(90, 106), dates.write_old_age),
    "date": Slot(dates.draw_date, dates.write_date),
    "phone": Slot(numbers.draw_phone, numbers.write_phone),
    "fax": Slot(numbers.draw_phone, numbers.write_phone),
    "payer_phone": Slot(numbers.draw_toll_free, numbers.write_phone),
    "extension": _digits("##", "###", "###", "####", "####", "#####", "1##", "2##"),
    "email": Slot(places.draw_email, places.write_email),
    "address": Slot(places.draw_address, places.write_address),
    "unit": Slot(places.draw_unit, places.write_unit),
    "city": Slot(places.write_city),
    "state": Slot(places.write_state),
    "zip": Slot(places.write_zip),
    "mrn": _code(
        "######", "#######", "########", "MRN######", "M#######", "##-##-##", "#####", "MR-####-###", "P#####"
    ),
    "account_number": _code(
        "#####", "######", "########", "??-#####", "A######", "####-####", "#########", "ACC-#####", "####", "???####"
    ),
    "invoice_number": _code(
        "#####", "######", "INV-#####", "INV######", "2026-####", "####", "R-#####", "IN#######", "####-##"
    ),
    "ssn": Slot(numbers.draw_ssn, numbers.write_ssn),
    "ssn_last4": _digits("####"),
    "card_last4": _digits("####"),
    "card_number": _code(
        "4### #### #### ####", "5###-####-####-####", "4###############", "37## ###### #####", "6011 #### #### ####"
    ),
    "license_number": _code(
        "?#######", "########", "??######", "?###-####-####", "#########", "DL #######", "?##-##-####"
    ),
    "member_id": _code(
        "???#########",
        "W#########",
        "##########",
        "?########",
        "###-##-####A",
        "W#### #####",
        "H########",
        "U#######",
        "XYZ###?#####",
        "???###?#####",
        "YZP#########",
        "#########",
        "############",
        "#########01",
        "###########-00",
        "??#######",
        "W##########",
        "A########-01",
        "K#######",
        "DD#######",
        "1#######01",
        "R########",
    ),
    "policy_number": _code(
        "?#########",
        "#########",
        "POL-######",
        "???#######",
        "###-#######",
        "##-???-######",
        "P-#######",
        "#### ### ###",
    ),
    "medicare_id": Slot(numbers.draw_medicare_id, write_code),
    "medicaid_id": _code(
        "??#####?", "########?", "9##########", "9 ### ### ###", "##########", "9#######?", "#########?"
    ),
    "group_number": _code(
        "######",
        "#####",
        "G######",
        "##-#####",
        "#######-0##",
        "########",
        "GRP-#####",
        "####",
        "0###-###",
        "??####",
        "7######",
        "#######",
        "??##?",
    ),
    "claim_number": _code(
        "##########",
        "CLM#######",
        "2026#######",
        "?##########",
        "####-####-##",
        "E#########",
        "0#########-00#",
        "###-#####-##",
        "CL-######",
        "WC-######",
        "2026-WC-####",
        "##-####?###",
        "####?####",
        "APL-######",
        "2####### ####",
        "???########",
    ),
    "auth_number": _code(
        "A########",
        "2#########",
        "PA-#####",
        "REF00#####",
        "AUTH######",
        "######",
        "RF-#####",
        "#-########",
        "?#######",
    ),
    "rx_bin": _code("0#####", "61####", "######"),
    "rx_pcn": _named(
        "ADV",
        "A4",
        "9999",
        "MEDDADV",
        "CTRXMEDD",
        "PCS",
        "HZRX",
        "CHM",
        "03200000",
        "MCAIDADV",
        "OHARX",
        "IRX",
        "ASPROD1",
    ),
    "rx_group": _code("RX####", "RXGRP##", "???##", "####?", "RX??####", "???RX#"),
    "rx_number": _code("#######", "#######-0#", "? #######", "######", "########", "#####-###", "RX#######"),
    "handle": Slot(places.draw_handle, places.write_handle),
    "device_serial": _code(
        "SN########",
        "??####-##",
        "##?#######",
        "?-######",
        "########",
        "???-#####",
        "23##########",
        "A####?",
        "??########",
    ),
    "ip_address": Slot(_ip_address),
    "vin_or_plate": _code(
        "???-####", "#???###", "?? ####", "??? ####", "1?????##???######", "#??###", "???##?", "5???#####?#######"
    ),
    "carrier": Slot(_carrier, _write_brand),
    "medicare": _named(
        "Medicare",
        "Medicare",
        "Medicare",
        "medicare",
        "Medicare Part B",
        "Original Medicare",
        "Medicair",
        "medi care",
        "traditional Medicare",
    ),
    "medicaid": _named(
        "Medicaid",
        "Medicaid",
        "medicaid",
        "Medi-Cal",
        "medi-cal",
        "Medi Cal",
        "AHCCCS",
        "MassHealth",
        "Apple Health",
        "TennCare",
        "SoonerCare",
        "Medi-cal",
        "medicade",
        "Health First Colorado",
        "Husky",
        "KanCare",
    ),
    "auto_carrier": _named(
        "State Farm",
        "Geico",
        "GEICO",
        "Progressive",
        "Allstate",
        "USAA",
        "Farmers",
        "Liberty Mutual",
        "Nationwide",
        "Travelers",
        "Esurance",
        "AAA",
        "The General",
        "Mercury",
        "Amica",
        "Erie",
        "Root",
        "Safeco",
        "American Family",
        "Infinity",
        "Kemper",
    ),
    "comp_carrier": _named(
        "The Hartford",
        "Travelers",
        "Sedgwick",
        "State Fund",
        "Zurich",
        "Liberty Mutual",
        "Broadspire",
        "Gallagher Bassett",
        "AmTrust",
        "Texas Mutual",
        "SAIF",
        "Pinnacol",
        "Chubb",
        "CorVel",
        "Employers",
        "L&I",
        "ESIS",
        "BWC",
    ),
    "plan": Slot(_plan, _write_brand),
    "amount": Slot(numbers.draw_amount, numbers.write_amount),
    "cpt_code": Slot(_cpt_code, write_code),
    "employer": Slot(_employer, _write_brand),
    "url": Slot(places.draw_url, places.write_url),
}
"""Every slot that can be filled."""


@cache
def read_kinds(corpus: Path = CORPUS) -> dict[str, EntityKind]:
    """Return the kind of each slot.

    Raises:
        CorpusError: The table cannot be read.
    """
    table = tomllib.loads("\n".join(read_lines(corpus / KINDS)))
    return {slot: EntityKind(kind) for kind, slots in table.items() for slot in slots}
