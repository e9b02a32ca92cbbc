"""The page that a browser shows after a contact form, unless the practice's site has its own."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from intake import phone
from intake.practices import Practice
from intake.vocabulary import Language

FOLDER = Path(__file__).parent / "forms"
_pages = Environment(
    loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


_TOO_LONG, _TOO_OFTEN, _AWAY, _OTHER = HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.TOO_MANY_REQUESTS, 500, 400
_NOT_FOUND = HTTPStatus.NOT_FOUND
_TROUBLE = {
    Language.EN: {
        _TOO_LONG: "It is too long. Please go back and shorten it.",
        _TOO_OFTEN: "Many messages are coming in right now. Please call us, or go back and send it again later.",
        _AWAY: "We cannot take messages right now. Please go back, wait a minute, and send it again.",
        _NOT_FOUND: "This form does not work.",
        _OTHER: "This form does not work right now.",
    },
    Language.ES: {
        _TOO_LONG: "Es demasiado largo. Regrese y acórtelo.",
        _TOO_OFTEN: "Están llegando muchos mensajes. Llámenos, o regrese y envíelo más tarde.",
        _AWAY: "En este momento no podemos recibir mensajes. Regrese, espere un minuto y envíelo otra vez.",
        _NOT_FOUND: "Este formulario no funciona.",
        _OTHER: "Este formulario no funciona en este momento.",
    },
}
_NO_PAGE = {Language.EN: "There is nothing to read here.", Language.ES: "Aquí no hay nada que leer."}


def trouble(status: int, language: Language, *, is_form: bool) -> str:
    """Return what a patient reads who cannot correct why the form was not taken, or why this is no page."""
    if not is_form:
        return _NO_PAGE[language]
    words = _TROUBLE[language]
    return words.get(status) or words[_AWAY if status >= _AWAY else _OTHER]


def render_page(
    practice: Practice | None,
    language: Language,
    problem: str | None = None,
    *,
    is_form: bool = True,
    can_be_corrected: bool = False,
    can_be_answered: bool = True,
    danger: str = "",
) -> str:
    """Return an HTML page in the practice's name.

    Args:
        practice: the practice that received the form; None if it is for nobody.
        language: English or Spanish.
        problem: why the form was refused, None if it was accepted.
        is_form: whether a form was sent at all.
        can_be_corrected: whether the patient can put it right.
        can_be_answered: whether the patient left an address or a number to write to.
        danger: what to read first for who may be in danger, with its helplines; empty for everybody else.
    """
    return _pages.get_template("page_es.html" if language is Language.ES else "page.html").render(
        practice=practice,
        phone=phone.spoken(practice.phone) if practice else "",
        problem=problem,
        is_form=is_form,
        can_be_corrected=can_be_corrected,
        can_be_answered=can_be_answered,
        danger=danger,
    )
