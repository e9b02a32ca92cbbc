"""Reading a contact form: what a patient may write into it, and where their browser may go afterwards."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from intake import email_address
from intake.errors import IntakeError
from webhooks.browser.request_fields import (
    LONGEST_MESSAGE,
    LONGEST_NAME,
    client_message_id,
    phone_number,
    require_length,
    wrong,
)

LONGEST_CONTACT = 254
LONGEST_REDIRECT = 2000
# No parser's opinion is asked: browsers read backslashes, spaces and user names in ways of their own.
_ABSOLUTE = re.compile(r"(https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?)(?:[/?#][!-\[\]-~]*)?")
_RELATIVE = re.compile(r"/(?:[!-.0-\[\]-~][!-\[\]-~]*)?")


@dataclass(frozen=True, slots=True)
class ContactForm:
    """What a patient sent.

    Attributes:
        message: 1 to 8,000 characters.
        name: as written.
        email: in lower case.
        phone: E.164.
        client_message_id: what the page calls this submission, the same when it sends it again.
        redirect: as written, not checked yet.
        is_bait_taken: the field that no person sees is filled.
    """

    message: str = field(repr=False)
    name: str | None = field(repr=False)
    email: str | None = field(repr=False)
    phone: str | None = field(repr=False)
    client_message_id: str | None
    redirect: str | None
    is_bait_taken: bool


def read_form(values: Mapping[str, object]) -> ContactForm:
    """Read the fields `message`, `name`, `email`, `phone`, `website`, `client_message_id` and `redirect`.

    `website` is bait: a page hides it from people, and programs fill it in. Fields of other names are ignored.

    Raises:
        RequestError: 400, one of them is not usable; the message names it and does not repeat it.
    """
    message = _text(values, "message", LONGEST_MESSAGE)
    if message is None:
        raise wrong("message must not be empty.")
    number = _text(values, "phone", LONGEST_CONTACT)
    client_id = _text(values, "client_message_id", 64)
    return ContactForm(
        message=message,
        name=_one_line(_text(values, "name", LONGEST_NAME)),
        email=_email(_text(values, "email", LONGEST_CONTACT)),
        phone=number and phone_number(number),
        client_message_id=client_id and client_message_id(client_id),
        redirect=_text(values, "redirect", LONGEST_REDIRECT),
        is_bait_taken=values.get("website") not in (None, ""),
    )


def redirect_target(redirect: str, page_origin: str | None, allowed: frozenset[str]) -> str | None:
    """Return where a browser may be sent after a form, on a site of the practice and nowhere else.

    Args:
        redirect: an address, or a path on the page's own site.
        page_origin: origin of the page with the form; None when the browser does not say, and then a path leads
            nowhere.
        allowed: the practice's origins, and the service's own; `page_origin` is one of them.

    Raises:
        RequestError: 400, it leads elsewhere.
    """
    if _RELATIVE.fullmatch(redirect):
        return page_origin and f"{page_origin}{redirect}"
    absolute = _ABSOLUTE.fullmatch(redirect)
    if absolute and absolute[1].lower() in {origin.lower() for origin in allowed}:
        return redirect
    raise wrong(
        "redirect must be a URL on one of the practice's allowed_origins, or a path such as /thanks if the form is"
        " on one of those sites."
    )


def _text(values: Mapping[str, object], name: str, longest: int) -> str | None:
    value = values.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise wrong(f"{name} must be text.")
    text = value.replace("\r\n", "\n").strip()  # browsers send line ends as CRLF, which are not what was typed
    require_length(name, text, longest)
    return text or None


def _one_line(value: str | None) -> str | None:
    return value and " ".join(value.split())


def _email(value: str | None) -> str | None:
    try:
        return value and email_address.normalise(value)
    except IntakeError:
        raise wrong("email must be an email address, such as maria@example.com.") from None
