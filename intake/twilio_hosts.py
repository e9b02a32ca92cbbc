"""Which addresses belong to Twilio: account credentials are sent to no other."""

from __future__ import annotations

import re

# One pattern rather than a parser: parsers disagree on where a host ends, and this one takes no doubtful address.
_TWILIO = re.compile(r"https://([a-z0-9-]+\.)*twilio\.com(:443)?/[!-~]*", re.IGNORECASE)


def is_twilio_address(url: str) -> bool:
    """Return whether an address is on one of Twilio's hosts, over TLS and on its usual port."""
    return _TWILIO.fullmatch(url) is not None
