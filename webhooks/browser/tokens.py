"""Conversation tokens, with which a browser continues its chat."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask import Request
from itsdangerous import BadData, SignatureExpired, URLSafeTimedSerializer

from web.errors import RequestError

LIFETIME = timedelta(days=7)
CHAT_LASTS = timedelta(days=30)
"""How long a chat can be continued at most, however often its token is replaced."""
RENEWED_AFTER = timedelta(hours=1)
HEADER = "Chat-Token"


class Tokens:
    """Signs and checks tokens. Each is valid for one conversation and expires."""

    def __init__(self, secret_keys: tuple[str, ...]) -> None:
        """Take the keys, the newest first: it signs, and all verify."""
        self._serializer = URLSafeTimedSerializer(secret_keys[::-1], salt="chat conversation")

    def issue(self, public_id: str) -> str:
        """Return a token for a conversation."""
        return str(self._serializer.dumps(public_id))

    def check(self, request: Request, public_id: str) -> str | None:
        """Check a request's token.

        Returns:
            A new token if the old one should be replaced, so that an active conversation goes on.

        Raises:
            RequestError: 401 if the token is missing, invalid, expired, or belongs to another conversation.
        """
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise RequestError(401, "invalid_token", "Send the conversation's token as Authorization: Bearer TOKEN.")
        try:
            bound_to, signed_at = self._serializer.loads(
                token.strip(), max_age=int(LIFETIME.total_seconds()), return_timestamp=True
            )
        except SignatureExpired:
            raise RequestError(401, "expired_token", "The token has expired. Start a new conversation.") from None
        except BadData:
            bound_to = None
        if bound_to != public_id:
            raise RequestError(401, "invalid_token", "The token does not belong to this conversation. Start a new one.")
        return self.issue(public_id) if datetime.now(UTC) - signed_at > RENEWED_AFTER else None
