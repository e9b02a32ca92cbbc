"""The token that signs requests where there is no Twilio account, told apart from one of an account."""

from __future__ import annotations

import secrets

_MARK = "made-up-by-intake-"
REFUSED = (
    "TWILIO_AUTH_TOKEN was made up by Intake, so Twilio would refuse it: put the Auth Token of the account, which"
    " Twilio's console shows, into .env, or unset TWILIO_ACCOUNT_SID"
)


def make_token() -> str:
    """Return a new token, for `intake simulate` and the demo."""
    return _MARK + secrets.token_hex(16)


def is_made_token(token: str) -> bool:
    """Return whether a token was made here."""
    return token.startswith(_MARK)
