"""Whole numbers in words, in English and in Spanish."""

from __future__ import annotations

from typing import Final

ENGLISH_DIGITS: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SPANISH_DIGITS: Final = ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve")
_TEENS = (
    "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TEENS_SPANISH = (
    "diez", "once", "doce", "trece", "catorce", "quince", "dieciséis", "diecisiete", "dieciocho", "diecinueve",
)  # fmt: skip
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_TENS_SPANISH = (
    "", "", "veinte", "treinta", "cuarenta", "cincuenta", "sesenta", "setenta", "ochenta", "noventa",
)  # fmt: skip
_HUNDREDS_SPANISH = (
    "", "ciento", "doscientos", "trescientos", "cuatrocientos", "quinientos", "seiscientos", "setecientos",
    "ochocientos", "novecientos",
)  # fmt: skip
_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip


def number_words(number: int, *, spanish: bool = False) -> str:
    """Write a whole number from 0 to 9,999 in words, as in "three hundred eighty two"."""
    if spanish:
        return _spanish_words(number)
    if number >= 1000:
        rest = f" {number_words(number % 1000)}" if number % 1000 else ""
        return f"{ENGLISH_DIGITS[number // 1000]} thousand{rest}"
    if number >= 100:
        rest = f" {number_words(number % 100)}" if number % 100 else ""
        return f"{ENGLISH_DIGITS[number // 100]} hundred{rest}"
    if number >= 20:
        return _TENS[number // 10] + (f" {ENGLISH_DIGITS[number % 10]}" if number % 10 else "")
    return _TEENS[number - 10] if number >= 10 else ENGLISH_DIGITS[number]


def _spanish_words(number: int) -> str:
    if number >= 1000:
        head = "mil" if number < 2000 else f"{SPANISH_DIGITS[number // 1000]} mil"
        return f"{head} {_spanish_words(number % 1000)}" if number % 1000 else head
    if number >= 100:
        if number == 100:
            return "cien"
        head = _HUNDREDS_SPANISH[number // 100]
        return f"{head} {_spanish_words(number % 100)}" if number % 100 else head
    if number >= 30:
        return _TENS_SPANISH[number // 10] + (f" y {SPANISH_DIGITS[number % 10]}" if number % 10 else "")
    if number >= 20:
        return f"veinti{SPANISH_DIGITS[number % 10]}" if number % 10 else "veinte"
    return _TEENS_SPANISH[number - 10] if number >= 10 else SPANISH_DIGITS[number]


def ordinal_words(number: int) -> str:
    """Write a day of the month as an ordinal in words, as in "twenty third"."""
    *head, last = number_words(number).split()
    regular = f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th"
    return " ".join([*head, _ORDINALS.get(last, regular)])
