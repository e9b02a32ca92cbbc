"""Addresses and web addresses in the forms that people write and say them."""

from __future__ import annotations

from classifier.text.normalise import without_accents
from training.data.number_words import number_words
from training.data.spans.setting import SpanSetting
from training.data.spans.spoken import code_word, digit_words, pair_words, spelled_letters

_SUFFIXES = (
    "St", "St", "Street", "Street", "St.", "Ave", "Ave", "Avenue", "Ave.", "Rd", "Road", "Dr", "Drive", "Ln", "Lane",
    "Blvd", "Boulevard", "Ct", "Court", "Pl", "Place", "Way", "Cir", "Circle", "Ter", "Terrace", "Pkwy", "Parkway",
    "Hwy", "Trail", "Loop", "",
)  # fmt: skip
_SAID_SUFFIXES = (
    "street", "street", "avenue", "avenue", "road", "drive", "lane", "boulevard", "court", "place", "way", "circle",
    "terrace", "parkway", "trail", "",
)  # fmt: skip
_SAID_UNITS = ("apartment {}", "apartment {}", "unit {}", "apartment number {}", "suite {}", "lot {}", "trailer {}")
_DIRECTIONS = ("N", "S", "E", "W", "North", "South", "East", "West", "NW", "SE", "N.", "W.")
_UNITS = (
    "Apt {}",
    "Apt {}",
    "apt {}",
    "Apt. {}",
    "apartment {}",
    "#{}",
    "# {}",
    "Unit {}",
    "unit {}",
    "Ste {}",
    "Suite {}",
    "Lot {}",
)
_SPANISH_UNITS = ("apto {}", "apt {}", "departamento {}", "depto {}", "#{}", "unidad {}", "apartamento {}")
_HOSTS = (
    "gmail.com", "gmail.com", "yahoo.com", "hotmail.com", "outlook.com", "icloud.com", "aol.com", "comcast.net",
    "example.com", "example.org", "mail.example.com", "example.net", "protonmail.com",
)  # fmt: skip


def draw_address(setting: SpanSetting) -> str:
    """Choose a street address, perhaps with a unit."""
    rng, values = setting.rng, setting.values
    number = str(
        rng.choice((rng.randint(1, 99), rng.randint(100, 999), rng.randint(1000, 9999), rng.randint(10000, 19999)))
    )
    if rng.random() < 0.05:
        return f"{rng.choice(('PO Box', 'P.O. Box', 'Box', 'po box'))} {number}"
    if rng.random() < 0.12:
        street = values.draw(setting.faker("en_US").street_address)
        return street.replace("\n", " ")
    if setting.spanish and rng.random() < 0.6:
        street = values.pick("streets", rng, ("spanish",))
        way = rng.choice(("Calle", "calle", "Avenida", "Av.", "Camino", "Paseo", "Bulevar", "Callejón"))
        form = rng.choice((f"{way} {street} {number}", f"{number} {way} {street}", f"{way} {street} #{number}"))
        return f"{form}{_unit(setting, _SPANISH_UNITS)}"
    street = values.pick("streets", rng, ("english", "english", "english", "spanish"))
    direction = f"{rng.choice(_DIRECTIONS)} " if rng.random() < 0.2 else ""
    if rng.random() < 0.04:
        way = rng.choice(("County Road", "Highway", "State Route", "Hwy", "CR", "Rural Route"))
        return f"{number} {way} {rng.randint(1, 320)}"
    suffixes, units = (_SAID_SUFFIXES, _SAID_UNITS) if setting.spoken else (_SUFFIXES, _UNITS)
    return f"{number} {direction}{street} {rng.choice(suffixes)}".rstrip() + _unit(setting, units)


def _unit(setting: SpanSetting, forms: tuple[str, ...]) -> str:
    rng = setting.rng
    if "unit" in setting.slots or rng.random() < 0.65:
        return ""
    unit = draw_unit(setting)
    unit = write_unit(unit, setting) if setting.spoken else unit
    return f"{rng.choice((' ', ' ', ', '))}{rng.choice(forms).format(unit)}"


def draw_unit(setting: SpanSetting) -> str:
    """Choose the designator of a flat."""
    rng = setting.rng
    return rng.choice(
        (
            f"{rng.randint(1, 40)}",
            f"{rng.randint(1, 24)}{rng.choice('ABCD')}",
            f"{rng.randint(101, 990)}",
            rng.choice("ABCDEFG"),
            f"PH{rng.randint(1, 9)}",
        )
    )


def write_unit(value: str, setting: SpanSetting) -> str:
    """Write the designator of a flat."""
    rng = setting.rng
    if not setting.spoken or rng.random() < 0.4:
        return f"#{value}" if setting.one_in(8) else value.lower() if setting.casual else value
    if value.isdigit():
        return pair_words(value, rng, spanish=setting.spanish)
    return " ".join(
        [digit_words("".join(filter(str.isdigit, value)), rng), "".join(filter(str.isalpha, value))]
    ).strip()


def write_address(value: str, setting: SpanSetting) -> str:
    """Write a street address; its number may be said in words."""
    rng = setting.rng
    number, _, street = value.partition(" ")
    if setting.spoken and number.isdigit() and rng.random() < 0.5:
        if len(number) < 3:
            number = number_words(int(number), spanish=setting.spanish)
        else:
            number = rng.choice((pair_words, pair_words, digit_words))(number, rng, spanish=setting.spanish)
        value = f"{number} {street}"
    if not setting.spanish and rng.random() < 0.5:
        value = without_accents(value)
    return _cased(value, setting)


def write_city(setting: SpanSetting) -> str:
    """Return a city's name."""
    rng, values = setting.rng, setting.values
    city = values.draw(setting.faker("en_US").city) if rng.random() < 0.25 else values.pick("cities", rng)
    return _cased(city, setting)


def write_state(setting: SpanSetting) -> str:
    """Return a state's name or abbreviation."""
    fake = setting.faker("en_US")
    if setting.spoken or setting.rng.random() < 0.35:
        return _cased(str(fake.state()), setting)
    return _cased(str(fake.state_abbr(include_territories=False)), setting)


def write_zip(setting: SpanSetting) -> str:
    """Return a ZIP code."""
    rng = setting.rng
    digits = f"{rng.randint(1001, 99950):05d}"
    if setting.spoken and rng.random() < 0.6:
        return rng.choice((digit_words, digit_words, pair_words))(digits, rng, spanish=setting.spanish)
    return f"{digits}-{rng.randint(1, 9999):04d}" if rng.random() < 0.05 else digits


def _cased(text: str, setting: SpanSetting) -> str:
    lowered = (setting.casual and setting.rng.random() < 0.75) or setting.rng.random() < 0.04
    return text.lower() if lowered else text


def draw_email(setting: SpanSetting) -> str:
    """Choose an email address."""
    rng, values = setting.rng, setting.values
    first, last = _plain(values.pick("first_names", rng)), _plain(values.pick("last_names", rng))
    number = rng.choice(("", "", str(rng.randint(1, 99)), str(rng.randint(1950, 2010))))
    user = rng.choice(
        (
            f"{first}.{last}",
            f"{first}{last}",
            f"{first[0]}{last}",
            f"{last}_{first}",
            f"{first}",
            f"{first}-{last}",
            f"{last}.{first[0]}",
            f"the{last}s",
            f"{first}loves{rng.choice(('cats', 'dogs', 'pie'))}",
        )
    )
    return f"{user}{number}@{rng.choice(_HOSTS)}"


def write_email(value: str, setting: SpanSetting) -> str:
    """Write an email address, or say it."""
    rng = setting.rng
    if not setting.spoken or rng.random() < 0.15:
        draw = rng.random()
        if draw < 0.04:
            return value.replace("@", " @ ")
        return value.capitalize() if draw < 0.08 else value.upper() if draw < 0.1 else value
    user, _, host = value.partition("@")
    if setting.spanish:
        at, dot, underscore, dash = " arroba ", " punto ", " guion bajo ", " guion "
    else:
        at, dot, underscore, dash = " at ", " dot ", " underscore ", rng.choice((" dash ", " hyphen "))
    if rng.random() < 0.5:
        user = _digits_said(user, setting)
    if user.isalpha() and rng.random() < 0.2:
        user = _partly_spelled(user, setting)
    said = user.replace(".", dot).replace("_", underscore).replace("-", dash)
    return f"{said}{at}{host.replace('.', dot)}"


def _partly_spelled(user: str, setting: SpanSetting) -> str:
    """Spell a user name, or its first letter, as in "j as in john smith"."""
    if setting.one_in(2):
        return spelled_letters(user, setting.rng)
    first = code_word(user[0].upper(), setting.rng) if not setting.spanish else user[0]
    return f"{first.lower() if setting.casual else first} {user[1:]}" if len(user) > 2 else user


def _digits_said(user: str, setting: SpanSetting) -> str:
    letters = user.rstrip("0123456789")
    digits = user[len(letters) :]
    say = setting.rng.choice((digit_words, pair_words))
    return f"{letters} {say(digits, setting.rng, spanish=setting.spanish)}" if digits else user


def draw_handle(setting: SpanSetting) -> str:
    """Choose the name of an account on a social network."""
    rng = setting.rng
    first = _plain(setting.values.pick("first_names", rng))
    word = rng.choice(
        ("runs", "smiles", "and_co", "xo", "fit", "mama", "realtor", "paints", "eats", "bakes", "music", "photo")
    )
    sign = rng.choice(("@", "@", "@", ""))
    forms = (
        f"{first}.{word}", f"{first}_{word}", f"{word}_by_{first}{rng.randint(1, 99)}",
        f"{first}{rng.randint(10, 999)}_{word}", f"the.{first}.{word}",
    )  # fmt: skip
    return sign + rng.choice(forms)


def write_handle(value: str, setting: SpanSetting) -> str:
    """Write the name of an account, or say it."""
    if not setting.spoken:
        return value
    return value.replace("@", "at ").replace(".", " dot ").replace("_", " underscore ")


def draw_url(setting: SpanSetting) -> str:
    """Choose a web address."""
    rng = setting.rng
    page = rng.choice(
        (
            "portal",
            "pay",
            "login",
            "forms",
            "billing/statement",
            "my-chart",
            "records",
            "s/8f2kq",
            "r/intake?id=4471",
            "appointments",
            "",
        )
    )
    word = _plain(setting.values.draw(setting.faker("en_US").domain_word))
    site = f"{word}.{rng.choice(('com', 'com', 'org', 'net', 'example.com', 'health', 'io', 'care'))}"
    page = f"/{page}" if page else ""
    return rng.choice(
        (
            f"https://{site}{page}",
            f"{site}{page}",
            f"{site}{page}",
            f"www.{site}{page}",
            f"http://www.{site}{page}",
            f"portal.{site}",
        )
    )


def write_url(value: str, setting: SpanSetting) -> str:
    """Write a web address, or say it."""
    if not setting.spoken or setting.one_in(5):
        return value
    bare = value.removeprefix("https://").removeprefix("http://")
    if setting.spanish:
        return bare.replace(".", " punto ").replace("/", " diagonal ").replace("www", "doble u doble u doble u")
    return bare.replace(".", " dot ").replace("/", " slash ").replace("www", setting.rng.choice(("www", "w w w")))


def _plain(name: str) -> str:
    return "".join(letter for letter in without_accents(name).lower() if letter.isalnum() or letter == "-") or "me"
