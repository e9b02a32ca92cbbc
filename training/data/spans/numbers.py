"""Phone numbers, identifiers, and amounts in the forms that people write and say them."""

from __future__ import annotations

from collections.abc import Callable

from training.data.number_words import number_words
from training.data.spans.setting import SpanSetting
from training.data.spans.spoken import code_word, digit_words, pair_words, said_groups

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_TOLL_FREE = ("800", "888", "877", "866", "855", "844", "833")
_SMALL_AMOUNTS = (10, 15, 20, 25, 30, 35, 40, 45, 50, 60, 75, 80, 90, 99, 100, 120, 125, 150, 175, 200, 250)


def draw_phone(setting: SpanSetting) -> str:
    """Choose ten digits."""
    rng = setting.rng
    area = f"{rng.randint(2, 9)}{rng.randint(0, 9)}{rng.randint(0, 9)}"
    if rng.random() < 0.4:
        return f"{area}55501{rng.randint(0, 99):02d}"
    return f"{area}{rng.randint(2, 9)}{rng.randint(0, 99):02d}{rng.randint(0, 9999):04d}"


def draw_toll_free(setting: SpanSetting) -> str:
    """Choose ten digits of a company's number, mostly a toll-free one."""
    if setting.one_in(5):
        return draw_phone(setting)
    return setting.rng.choice(_TOLL_FREE) + draw_phone(setting)[3:]


def write_phone(digits: str, setting: SpanSetting) -> str:
    """Write a phone number in one of its forms; sometimes without the area code."""
    rng = setting.rng
    area, exchange, line = digits[:3], digits[3:6], digits[6:]
    if setting.spoken and rng.random() < 0.6:
        return _said_phone(area, exchange, line, setting)
    forms = (
        f"({area}) {exchange}-{line}", f"({area}) {exchange}-{line}", f"{area}-{exchange}-{line}",
        f"{area}-{exchange}-{line}", f"{area}-{exchange}-{line}", f"{area}.{exchange}.{line}", digits, digits,
        f"{area} {exchange} {line}", f"{area} {exchange}-{line}", f"({area}){exchange}-{line}",
        f"({area}) {exchange} {line}", f"+1 {area} {exchange} {line}", f"1-{area}-{exchange}-{line}", f"+1{digits}",
        f"1 ({area}) {exchange}-{line}", f"1{digits}", f"+1 ({area}) {exchange}-{line}", f"{area}/{exchange}-{line}",
        f"{exchange}-{line}", f"{exchange} {line}", f"{area}-{exchange}{line}", f"{area} {exchange}{line}",
        f"{area} - {exchange} - {line}",
    )  # fmt: skip
    return rng.choice(forms)


def _said_phone(area: str, exchange: str, line: str, setting: SpanSetting) -> str:
    rng, spanish = setting.rng, setting.spanish
    groups = [area, exchange, line]
    draw = rng.random()
    if area in _TOLL_FREE and area.endswith("00") and not spanish and draw < 0.6:
        return f"{rng.choice(('', 'one '))}eight hundred {said_groups([exchange, line], rng)}"
    if draw < 0.1:
        return said_groups([exchange, line], rng, spanish=spanish)
    if draw < 0.18:
        groups = ["1", *groups]
    if draw > 0.8:
        return rng.choice((" ", ", ", "-")).join(" ".join(group) for group in groups)
    if draw > 0.74:
        groups = [area, exchange, line[:2], line[2:]]
    return said_groups(groups, rng, spanish=spanish)


def draw_code(*patterns: str) -> Callable[[SpanSetting], str]:
    """Return a function that makes identifiers: `#` stands for a digit and `?` for a capital letter."""

    def make(setting: SpanSetting) -> str:
        rng = setting.rng
        return "".join(
            str(rng.randint(0, 9)) if sign == "#" else rng.choice(_LETTERS) if sign == "?" else sign
            for sign in rng.choice(patterns)
        )

    return make


def write_code(code: str, setting: SpanSetting) -> str:
    """Write an identifier as it is, in groups, in lower case, or the way people say it."""
    rng = setting.rng
    if setting.spoken and rng.random() < 0.75:
        return _said_code(code, setting)
    plain = "".join(character for character in code if character.isalnum())
    draw = rng.random()
    if draw < 0.1 and len(plain) > 6 and plain == code:
        size = rng.choice((3, 4))
        separator = rng.choice((" ", " ", "-"))
        code = separator.join(plain[start : start + size] for start in range(0, len(plain), size))
    elif draw < 0.16 and code != plain:
        code = plain
    elif draw < 0.2:
        code = code.replace("-", " ")
    lowered = (setting.casual and rng.random() < 0.6) or rng.random() < 0.06
    return code.lower() if lowered else code


def _said_code(code: str, setting: SpanSetting) -> str:
    rng, spanish = setting.rng, setting.spanish
    characters = [character for character in code if character.isalnum()]
    form = rng.randrange(8)
    if form == 0:
        return " ".join(characters)
    if form == 1:
        groups = [group for group in code.replace("-", " ").replace("/", " ").split() if group]
        return " dash ".join(digit_words(group, rng, spanish=spanish) for group in groups)
    if form == 2 and characters[0].isalpha() and not spanish:
        rest = digit_words("".join(characters[1:]), rng)
        return f"{code_word(characters[0], rng)} {rest}"
    size = rng.choice((2, 3, 3, 4, 20))
    groups = ["".join(characters[start : start + size]) for start in range(0, len(characters), size)]
    if form == 3:
        return rng.choice((" ", ", ")).join(" ".join(group) for group in groups)
    said = said_groups(groups, rng, spanish=spanish)
    return said.lower() if setting.casual else said


def draw_medicare_id(setting: SpanSetting) -> str:
    """Choose a Medicare number, whose eleven places have fixed types."""
    made = draw_code("1?##?##??##", "#??#??#??##", "#?##??#??##")(setting)
    return made if setting.one_in(2) else f"{made[:4]}-{made[4:7]}-{made[7:]}"


def draw_ssn(setting: SpanSetting) -> str:
    """Choose a social security number that was never issued."""
    rng = setting.rng
    area = rng.choice((str(rng.randint(900, 999)), "666", "000"))
    return f"{area}-{rng.randint(1, 99):02d}-{rng.randint(1, 9999):04d}"


def write_ssn(value: str, setting: SpanSetting) -> str:
    """Write a social security number in one of its forms."""
    if setting.spoken and setting.rng.random() < 0.8:
        return said_groups(value.split("-"), setting.rng, spanish=setting.spanish)
    return value.replace("-", setting.rng.choice(("-", "-", "-", "", " ")))


def write_short(digits: str, setting: SpanSetting) -> str:
    """Write a few digits, such as an extension; said one by one or in pairs."""
    if not setting.spoken or setting.one_in(3):
        return digits
    say = setting.rng.choice((digit_words, digit_words, pair_words))
    return say(digits, setting.rng, spanish=setting.spanish)


def draw_amount(setting: SpanSetting) -> tuple[int, int | None]:
    """Choose dollars and perhaps cents."""
    rng = setting.rng
    small = rng.random() < 0.4
    whole = rng.choice(_SMALL_AMOUNTS) if small else rng.randint(5, rng.choice((60, 400, 2000, 9000, 24000)))
    return whole, rng.randint(0, 99) if rng.random() < 0.3 else None


def write_amount(value: tuple[int, int | None], setting: SpanSetting) -> str:
    """Write an amount of money in one of its forms."""
    rng, (whole, cents) = setting.rng, value
    if setting.spoken and rng.random() < 0.65 and whole < 10000:
        return _said_amount(whole, cents, setting)
    tail = "" if cents is None else f".{cents:02d}"
    dollars = rng.choice(("dólares", "dolares")) if setting.spanish else "dollars"
    forms = [f"${whole}{tail}"] * 5 + [f"${whole:,}{tail}"] * 3
    forms += [f"{whole}{tail} {dollars}", f"{whole} {dollars}", f"{whole:,} {dollars}", f"$ {whole}{tail}"]
    if setting.casual or setting.one_in(3):
        forms += [f"{whole}$", f"{whole}{tail}", f"{whole} bucks" if not setting.spanish else f"{whole} {dollars}"]
    if whole % 100 == 0 and whole >= 1000:
        forms += [f"${whole / 1000:g}k", f"{whole / 1000:g}k", f"{whole / 1000:g} grand"]
    return rng.choice(forms)


def _said_amount(whole: int, cents: int | None, setting: SpanSetting) -> str:
    rng = setting.rng
    words = number_words(whole, spanish=setting.spanish)
    if setting.spanish:
        if cents is None and whole >= 20 and rng.random() < 0.15:
            return words
        tail = f" con {number_words(cents, spanish=True)}" if cents else ""
        return f"{words} {rng.choice(('dólares', 'dólares', 'pesos'))}{tail}"
    if 100 < whole < 1000 and whole % 100 and rng.random() < 0.25:
        words = f"{number_words(whole // 100)} {number_words(whole % 100)}"
    if 1000 < whole < 10000 and whole % 1000 and whole % 100 == 0 and rng.random() < 0.6:
        words = f"{number_words(whole // 100)} hundred"
    if 100 <= whole < 200 and rng.random() < 0.3:
        words = words.replace("one hundred", "a hundred").replace("hundred ", "hundred and ")
    if cents and 20 <= whole < 1000 and rng.random() < 0.2:
        return f"{words} {number_words(cents) if cents > 9 else f'oh {number_words(cents)}'}"
    if cents is None and whole >= 20 and rng.random() < 0.15:
        return words
    tail = f" and {number_words(cents)} cents" if cents else ""
    return f"{words} {rng.choice(('dollars', 'dollars', 'dollars', 'bucks'))}{tail}"
