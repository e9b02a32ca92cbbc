"""Reading a contact form: validate its fields, and choose the page to redirect to."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import structlog

from classifier.rules.screen import is_urgent
from intake import email_address
from intake.errors import IntakeError
from web.errors import RequestError
from webhooks.browser.request_fields import (
    LONGEST_NAME,
    client_message_id,
    phone_number,
    require_length,
    whole_message,
    wrong,
)

log = structlog.get_logger(__name__)

LONGEST_CONTACT = 254
LONGEST_REDIRECT = 2000
# No URL parser is used, because browsers interpret backslashes, spaces, and user names in their own ways.
_ABSOLUTE = re.compile(r"(https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?)(?:[/?#][!-\[\]-~]*)?")
_RELATIVE = re.compile(r"/(?:[!-.0-\[\]-~][!-\[\]-~]*)?")


@dataclass(frozen=True, slots=True)
class ContactForm:
    """A patient's contact form.

    Attributes:
        message: the message, 1 to 8,000 characters; longer if it may tell of danger.
        name: the patient's name.
        email: the email address, in lower case.
        phone: the phone number, in E.164.
        client_message_id: the page's id for this submission, the same for repeats.
        consent: the language of the wording on texts that the page showed next to the phone field.
        redirect: the requested redirect, not yet checked.
        is_bait_taken: whether the hidden bait field is filled in.
        as_typed: what can't be used of the patient's fields beside a danger, a line for each; for people only.
    """

    message: str = field(repr=False)
    name: str | None = field(repr=False)
    email: str | None = field(repr=False)
    phone: str | None = field(repr=False)
    client_message_id: str | None
    consent: str | None
    redirect: str | None
    is_bait_taken: bool
    as_typed: str | None = field(default=None, repr=False)


def read_form(values: Mapping[str, object]) -> ContactForm:
    """Read the fields `message`, `name`, `email`, `phone`, `website`, `client_message_id`, `consent`, and `redirect`.

    `website` is bait: pages hide it from people, so only programs fill it in. Other fields are ignored, and so are
    invalid ones that the page sets by itself, as no patient can correct them.

    Nor is a message that may tell of danger lost to its length, or to a name or an address that can't be used: it is
    taken with what was typed there, so that somebody can work out whom to call.

    Raises:
        RequestError: 400 if a patient's field is invalid. The message names the field and does not repeat its value.
    """
    message = _text(values, "message")
    if message is None:
        raise wrong(
            "Your message is empty. Please write how we can help you.",
            "Su mensaje está vacío. Escriba en qué podemos ayudarle.",
        )
    message = whole_message("message", message)
    as_typed: list[str] | None = [] if is_urgent(message) else None
    return ContactForm(
        message=message,
        name=_detail(values, "name", LONGEST_NAME, _one_line, as_typed),
        phone=_detail(values, "phone", LONGEST_CONTACT, phone_number, as_typed),
        email=_detail(values, "email", LONGEST_CONTACT, _email, as_typed),
        client_message_id=_of_page(values, "client_message_id", client_message_id),
        consent=_of_page(values, "consent"),
        redirect=_of_page(values, "redirect"),
        is_bait_taken=values.get("website") not in (None, ""),
        as_typed="\n".join(as_typed or ()) or None,
    )


def redirect_target(redirect: str, page_origin: str | None, allowed: frozenset[str]) -> str | None:
    """Return the URL to redirect to after a form, None if it is not on one of the practice's sites.

    Args:
        redirect: a URL, or a path on the page's own site.
        page_origin: the origin of the page with the form; None if the browser does not send it, in which case a path
            is ignored.
        allowed: the origins of the practice and of the service, which include `page_origin`.
    """
    if len(redirect) > LONGEST_REDIRECT:
        return None
    if _RELATIVE.fullmatch(redirect):
        return page_origin and f"{page_origin}{redirect}"
    absolute = _ABSOLUTE.fullmatch(redirect)
    return redirect if absolute and absolute[1].lower() in {origin.lower() for origin in allowed} else None


def _of_page(values: Mapping[str, object], name: str, check: Callable[[str], str] = str) -> str | None:
    """Return a field that the page sets by itself, None if it is empty or invalid."""
    value = values.get(name)
    if not isinstance(value, str) or not value.strip():
        return None
    try:
        return check(value.strip())
    except RequestError:
        log.warning("form_field_ignored", field=name)
        return None


def _text(values: Mapping[str, object], name: str) -> str | None:
    value = values.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise wrong(f"{name} must be text.")
    return value.replace("\r\n", "\n").strip() or None  # browsers convert line breaks to CRLF


def _detail(
    values: Mapping[str, object], name: str, longest: int, check: Callable[[str], str], as_typed: list[str] | None
) -> str | None:
    """Return what a patient says of themselves, None if it is empty, or invalid beside a danger.

    Args:
        values: the fields.
        name: which of them.
        longest: how long it may be.
        check: returns a value that can be used.
        as_typed: beside a danger, where an invalid value goes.
    """
    try:
        value = _text(values, name)
        if value is None:
            return None
        require_length(name, value, longest)
        return check(value)
    except RequestError:
        if as_typed is None:
            raise
        log.warning("form_field_ignored", field=name)
        as_typed.append(f"{name}: {_one_line(str(values[name]))[:LONGEST_CONTACT]}")
        return None


def _one_line(value: str) -> str:
    return " ".join(value.split())


def _email(value: str) -> str:
    try:
        return email_address.normalise(value)
    except IntakeError:
        raise wrong(
            "email must be an email address, such as maria@example.com.",
            "El correo debe ser una dirección como maria@example.com.",
        ) from None
