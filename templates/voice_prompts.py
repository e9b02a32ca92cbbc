"""Rendering what callers hear, in a practice's words."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path

import structlog

from intake.errors import IntakeError
from intake.practices import Practice
from intake.vocabulary import Language
from templates.replies import explain_template, moments_to_try, template, variables

log = structlog.get_logger(__name__)

FOLDER = Path(__file__).parent / "voice"
PROMPT_NAMES = (
    *("emergency", "greeting_open", "greeting_closed", "goodbye", "nothing_recorded"),
    *("emergency_es", "greeting_es", "goodbye_es", "nothing_recorded_es"),
)
MAX_LENGTH = 4096  # Twilio's limit for <Say>, error 13520


def greeting(practice: Practice, moment: datetime) -> str:
    """Return the greeting for this moment; if the practice's override fails, use the standard one."""
    name = "greeting_open" if practice.is_open(moment) else "greeting_closed"
    try:
        return render_prompt(name, practice, moment)
    except IntakeError as error:
        log.error("greeting_not_usable", practice=practice.slug, error=str(error))
        return _render(name, practice, moment, None)


def render_prompt(name: str, practice: Practice, moment: datetime) -> str:
    """Return the text of a prompt.

    Args:
        name: one of `PROMPT_NAMES`.
        practice: the practice, whose override of this prompt is used if there is one.
        moment: when it is heard, aware.

    Raises:
        IntakeError: the practice's override is not a valid template, or the prompt is empty or too long.
    """
    try:
        text = _render(name, practice, moment, getattr(practice.voice, name, None))
    except Exception as error:  # an override is the practice's own code, which may raise anything
        raise IntakeError(f"practice[{practice.slug}].voice.{name}: {explain_template(error)}") from None
    if not 0 < len(text) <= MAX_LENGTH:
        raise IntakeError(
            f"practice[{practice.slug}].voice.{name} is {len(text)} characters long; it must be 1 to {MAX_LENGTH}"
        )
    return text


def check_prompts(practice: Practice, moment: datetime) -> dict[str, str]:
    """Render every prompt of a practice: when it is open, about to close, and closed.

    Returns:
        The prompts at the given moment, by name.

    Raises:
        IntakeError: a prompt cannot be rendered, at this moment or at another hour of the week.
    """
    for hour in moments_to_try(practice, moment):
        for name in PROMPT_NAMES:
            render_prompt(name, practice, hour)
    return {name: render_prompt(name, practice, moment) for name in PROMPT_NAMES}


@cache
def standard_prompt(name: str) -> str:
    """Return a prompt's standard template, which a practice's override replaces."""
    return " ".join((FOLDER / f"{name}.txt").read_text("utf-8").split())


def _render(name: str, practice: Practice, moment: datetime, override: str | None) -> str:
    language = Language.ES if name.endswith("_es") else Language.EN
    values = variables(practice, moment, language, is_text=False)
    return " ".join(template(FOLDER, name, override).render(values).split())
