"""Validating requests from patients' browsers, as the chat, the contact form, and the demo all do."""

from __future__ import annotations

import re
from typing import Any

from flask import Request
from werkzeug.datastructures import MultiDict

from classifier.rules.screen import read_if_urgent
from intake import email_address, phone
from intake.errors import IntakeError
from intake.practices import Practice
from templates.text_consent import consent_language, whole_wording
from web.errors import RequestError

LONGEST_MESSAGE = 8000
LONGEST_NAME = 100
_IN_SPANISH = {"message": "El mensaje", "name": "El nombre", "email": "El correo", "phone": "El teléfono"}
_CLIENT_MESSAGE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def wrong(message: str, spanish: str = "") -> RequestError:
    """Return the error for an invalid field, in Spanish too if a patient may read it."""
    return RequestError(400, "invalid_parameter", message, spanish)


def form_fields(form: MultiDict[str, str]) -> dict[str, str]:
    """Return the fields of an HTML form: of a name that repeats the first that says something, but of `message` all."""
    fields = {}
    for name, values in form.lists():
        said = [value for value in values if value.strip()]
        fields[name] = "\n".join(said if name == "message" else said[:1])
    return fields


def json_object(request: Request) -> dict[str, Any]:
    """Return the body of a request.

    Raises:
        RequestError: 400 if it is not a JSON object.
    """
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise RequestError(400, "invalid_json", "Send a JSON object with Content-Type: application/json.")
    return body


def require_length(name: str, value: str, longest: int) -> None:
    """Check that a value is not too long.

    Raises:
        RequestError: 400 if it is. The message does not repeat the value.
    """
    if len(value) > longest:
        raise wrong(
            f"{name} is {len(value)} characters long. The limit is {longest}.",
            f"{_IN_SPANISH.get(name, name)} tiene {len(value)} letras. Puede tener {longest}.",
        )


def whole_message(name: str, text: str) -> str:
    """Return a message. One that may tell of danger is never too long: it is taken as far as it is read.

    Raises:
        RequestError: 400 if another is too long. The error does not repeat it.
    """
    if len(text) > LONGEST_MESSAGE and (read := read_if_urgent(text)) is not None:
        return read
    require_length(name, text, LONGEST_MESSAGE)
    return text


def naming_911(body: dict[str, Any]) -> dict[str, Any]:
    """Return the body of an error with 911 in its message: words that nobody kept may tell of danger."""
    message = body["error"]["message"]
    if "911" not in message:
        message += " In an emergency, call 911."
    return body | {"error": body["error"] | {"message": message}}


def phone_number(value: str) -> str:
    """Return a phone number in E.164.

    Raises:
        RequestError: 400 if the value is not a phone number.
    """
    try:
        return phone.normalise(value)
    except IntakeError:
        raise wrong(
            "phone must be a phone number with an area code, such as (202) 555-0123.",
            "El teléfono debe tener el código de área, como (202) 555-0123.",
        ) from None


def email_field(value: str) -> str:
    """Return an email address in lower case.

    Raises:
        RequestError: 400 if the value is not an email address, with a code of its own, so that a page can say which of
            its fields is wrong. The message does not repeat the value.
    """
    try:
        return email_address.normalise(value)
    except IntakeError:
        raise RequestError(400, "invalid_email", "email must be an address such as maria@example.com.") from None


def client_message_id(value: str) -> str:
    """Return a page's id for a message, which is the same for repeats.

    Raises:
        RequestError: 400 if the id is invalid.
    """
    if not _CLIENT_MESSAGE_ID.fullmatch(value):
        raise wrong("client_message_id must be 1 to 64 letters, digits, hyphens, or underscores.")
    return value


def read_consent(language: str | None, practice: Practice) -> str | None:
    """Return the wording on texts that a page showed next to its phone field, None if it showed none.

    Args:
        language: the language that the page says it was in: `en`, `es`, or nothing.
        practice: the practice, which the wording names.

    Raises:
        RequestError: 400 if there is no wording in that language.
    """
    if not language:
        return None
    found = consent_language(language)
    if found is None:
        raise wrong("consent must be the language of the wording that was shown: en or es.")
    return whole_wording(practice, found)
