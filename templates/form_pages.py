"""The page that a browser shows after a contact form, unless the practice's site has its own."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from intake import phone
from intake.practices import Practice

FOLDER = Path(__file__).parent / "forms"
_pages = Environment(
    loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


def render_page(practice: Practice, problem: str | None = None) -> str:
    """Return an HTML page in the practice's name.

    Args:
        practice: the practice that received the form.
        problem: why the form was refused, None if it was accepted.
    """
    return _pages.get_template("page.html").render(
        practice=practice, phone=phone.spoken(practice.phone), problem=problem
    )
