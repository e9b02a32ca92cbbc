"""Which addresses belong to Twilio: account credentials are sent to no other."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

TWILIO_API = "https://api.twilio.com"

# One pattern rather than a parser: parsers disagree on where a host ends, and this one takes no doubtful address.
_TWILIO = re.compile(r"https://([a-z0-9-]+\.)*twilio\.com(:443)?/[!-~]*", re.IGNORECASE)
_API = re.compile(r"https://api\.twilio\.com(:443)?/[!-~]*", re.IGNORECASE)
# Where Twilio's API sends those who ask for a picture: https://www.twilio.com/docs/messaging/api/media-resource
_MEDIA = re.compile(r"https://([a-z0-9-]+\.)+twiliocdn\.com(:443)?/[!-~]*", re.IGNORECASE)


def is_twilio_address(url: str) -> bool:
    """Return whether an address is on one of Twilio's hosts, over TLS and on its usual port."""
    return _TWILIO.fullmatch(url) is not None


def rebase(url: str, base_url: str) -> str:
    """Return a URL on Twilio's host, or on the stand-in that replaces it."""
    if base_url == TWILIO_API:
        return url
    base = urlsplit(base_url)
    return urlsplit(url)._replace(scheme=base.scheme, netloc=base.netloc).geturl()


def is_api_address(url: str) -> bool:
    """Return whether an address is on the host of Twilio's API, which takes the account's credentials."""
    return _API.fullmatch(url) is not None


def is_media_address(url: str) -> bool:
    """Return whether an address is on one of the hosts where Twilio keeps pictures, which take no credentials."""
    return _MEDIA.fullmatch(url) is not None
