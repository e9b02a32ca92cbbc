"""Which addresses belong to Twilio: account credentials are sent to no other."""

from __future__ import annotations

from urllib.parse import urlsplit


def is_twilio_address(url: str) -> bool:
    """Whether an address is on one of Twilio's hosts, over TLS and on its usual port."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    return parts.scheme == "https" and port in (None, 443) and (host == "twilio.com" or host.endswith(".twilio.com"))
