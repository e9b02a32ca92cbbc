"""X-Twilio-Signature, written from Twilio's description, independently of twilio-python.

Source: https://www.twilio.com/docs/usage/security#validating-requests.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from enum import Enum


class Signature(Enum):
    """What a webhook's signature header should be, where it is not a string given literally."""

    GENUINE = "genuine"
    MISSING = "missing"


def sign(auth_token: str, url: str, parameters: Iterable[tuple[str, str]] = ()) -> str:
    """The signature of a form posted to `url`, which is the full public URL with its query.

    Base64 of the HMAC-SHA1, keyed with the account's auth token, over the URL followed by each parameter's
    name and value, sorted.
    """
    signed = url + "".join(name + value for name, value in sorted(set(parameters)))
    return base64.b64encode(hmac.digest(auth_token.encode(), signed.encode(), hashlib.sha1)).decode()
