"""The pictures and files of messages (https://www.twilio.com/docs/messaging/api/media-resource).

The API takes the account's credentials and sends on to a host that keeps files. That host's addresses hold their own
signature, and it refuses a request that brings credentials as well. Both are served here, told apart by their paths.
"""

from __future__ import annotations

import re
import secrets
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from tests.standins.loopback import Request, Response
from tests.standins.twilio.errors import ApiError, not_found
from tests.standins.twilio.messages import API_VERSION

CDN = "https://mms.twiliocdn.com"
_MEDIA = re.compile(rf"/{API_VERSION}/Accounts/([^/]+)/Messages/((?:SM|MM)[0-9a-f]{{32}})/Media/(ME[0-9a-f]{{32}})")
_FILE = re.compile(r"/AC[0-9a-f]{32}/([0-9a-f]{32})")


TAKEN = frozenset({"image/jpeg", "image/png", "image/gif"})  # and sent on as they are
LARGEST_SENT = 5 * 1024 * 1024


def fetch_outgoing(url: str) -> tuple[str, bytes]:
    """What is wrong with a picture at an address, empty if nothing is, and the picture."""
    try:
        with urllib.request.urlopen(url, timeout=15) as answer:
            contents, declared = answer.read(), answer.headers.get_content_type()
    except OSError as error:
        return f"11200: the media could not be fetched: {error}", b""
    if declared not in TAKEN:
        return f"12300: media of the type {declared}", contents
    return ("", contents) if len(contents) <= LARGEST_SENT else ("11751: media is too large", contents)


@dataclass
class Media:
    """What patients' pictures are, and how Twilio answers those who fetch them.

    Attributes:
        host: where the API sends on to, such as another host than Twilio's.
        fail: whether the host that keeps the files answers 503.
        headers: further headers of a file's answer.
        sent: what was fetched for outgoing messages, in order.
        fetched: sids of what was asked for, in order.
        violations: what Twilio would refuse or a careful client doesn't do.
    """

    host: str = CDN
    fail: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    sent: list[bytes] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    _files: dict[str, bytes] = field(default_factory=dict)
    _signed: dict[str, str] = field(default_factory=dict)

    def add(self, account: str, contents: bytes, message_sid: str = "") -> str:
        """Keeps a file, and returns the address that a webhook would give for it."""
        sid = f"ME{secrets.token_hex(16)}"
        self._files[sid] = contents
        parent = message_sid or f"MM{secrets.token_hex(16)}"
        return f"https://api.twilio.com/{API_VERSION}/Accounts/{account}/Messages/{parent}/Media/{sid}"

    def handler_of(
        self, request: Request, account: str, check_credentials: Callable[[], None], deleted: list[str]
    ) -> Callable[[], Response] | None:
        """What answers a request for a file; None if it is for something else."""
        if request.method != "GET":
            return None
        if found := _MEDIA.fullmatch(request.path):
            return partial(self._send_on, found[1], found[3], account, check_credentials, deleted)
        if found := _FILE.fullmatch(request.path):
            return partial(self._serve, found[1], request)
        return None

    def _send_on(
        self, named: str, sid: str, account: str, check_credentials: Callable[[], None], deleted: list[str]
    ) -> Response:
        check_credentials()
        self.fetched.append(sid)
        if named != account or sid in deleted or sid not in self._files:
            raise not_found(f"Media/{sid}")
        signature = secrets.token_hex(16)
        self._signed[signature] = sid
        return Response(307, b"", {"Location": f"{self.host}/{account}/{signature}"})

    def _serve(self, signature: str, request: Request) -> Response:
        if "Authorization" in request.headers:
            self.violations.append("credentials were sent to the host that keeps the files")
            raise ApiError(400, 20001, "Only one auth mechanism allowed")
        if self.fail:
            raise ApiError(503, 20503, "Service unavailable")
        if signature not in self._signed:
            raise ApiError(403, 20003, "Forbidden")
        return Response(200, self._files[self._signed[signature]], {"Content-Type": "image/jpeg"} | self.headers)
