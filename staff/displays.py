"""Which displays of patient text the audit trail records: all but refreshes that show nothing new.

A page carries a seal for each of its parts that shows patients. A refresh presents them, and is a new display of a part
unless one of them is that of what would be shown now. Only the service can make a seal, and each belongs to one
sign-in, so whoever presents one was shown the same before, in a display that was recorded.
"""

from __future__ import annotations

import hashlib
import hmac
import json

from flask import current_app, request

from staff.auth.access import member
from web.services import services_of

HEADER = "X-Seal"
MOST_PARTS = 4


def seal_of(page: str, shown: object) -> str:
    """Return the seal of a page's part for the signed-in browser.

    Args:
        page: which part it is.
        shown: everything about patients that it shows, as JSON can hold it.
    """
    sealed = json.dumps([page, member().session_id, shown])
    key = services_of(current_app).settings.secret_key.encode()
    return hmac.new(key, f"display {sealed}".encode(), hashlib.sha256).hexdigest()


def is_new_display(seal: str) -> bool:
    """Return whether a part of the answer must be recorded, given its seal."""
    presented = request.headers.get(HEADER, "").encode().split(b" ")[:MOST_PARTS]
    return not any(hmac.compare_digest(shown, seal.encode()) for shown in presented)
