"""Which displays of patient text the audit trail records: all but refreshes that show nothing new.

A page carries a seal of what it shows. A refresh presents it, and is a new display unless the seal is that of what
would be shown now. Only the service can make a seal, and each belongs to one sign-in, so whoever presents one was
shown the same before, in a display that was recorded.
"""

from __future__ import annotations

import hashlib
import hmac
import json

from flask import current_app, request

from staff.auth.access import member
from web.services import services_of

HEADER = "X-Seal"


def seal_of(page: str, shown: object) -> str:
    """Return the seal of a page for the signed-in browser.

    Args:
        page: which page it is.
        shown: everything about patients that it shows, as JSON can hold it.
    """
    sealed = json.dumps([page, member().session_id, shown])
    key = services_of(current_app).settings.secret_key.encode()
    return hmac.new(key, f"display {sealed}".encode(), hashlib.sha256).hexdigest()


def is_new_display(seal: str) -> bool:
    """Return whether the request must be recorded, given the seal of its answer."""
    return not hmac.compare_digest(request.headers.get(HEADER, "").encode(), seal.encode())
