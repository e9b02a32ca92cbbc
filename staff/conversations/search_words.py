"""Words of a search in an address: encrypted, as they may name a patient, and readable for one sign-in alone.

Addresses end up in histories, access logs, and proxies. So what was searched for stands there as a token, and Back,
reload, and the way back from a conversation find the same results.
"""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from flask import current_app

from staff.auth.access import member
from web.services import services_of

LONGEST_SEARCH = 100


def seal_words(words: str) -> str:
    """Return the token of a search for the signed-in browser."""
    return _cipher().encrypt(json.dumps([member().session_id, words]).encode()).decode()


def open_words(token: str) -> str:
    """Return the words of a token; empty if it is not one of this browser's."""
    try:
        session_id, words = json.loads(_cipher().decrypt(token.encode()))
    except (InvalidToken, ValueError):
        return ""
    return str(words)[:LONGEST_SEARCH] if session_id == member().session_id else ""


def _cipher() -> MultiFernet:
    keys = services_of(current_app).settings.secret_keys
    hashes = (hashlib.sha256(b"words of a search " + key.encode()).digest() for key in keys)
    return MultiFernet([Fernet(urlsafe_b64encode(key)) for key in hashes])
