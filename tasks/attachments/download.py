"""Fetching a picture from Twilio: from its hosts only, with a limit on bytes and on time."""

from __future__ import annotations

import time
from urllib.parse import urljoin

import requests
from urllib3.exceptions import HTTPError

from inbox.models import Refusal
from intake.notice_hosts import parse_notice_hosts
from intake.settings import Settings
from intake.twilio_hosts import is_api_address, is_media_address, rebase
from tasks.attachments.lost import LostError
from tasks.carriers.protocol import CarrierUnreachableError
from tasks.notification.public_targets import only_public

TIMEOUT_SECONDS = 10.0
LONGEST_SECONDS = 20.0
MOST_REDIRECTS = 3
_CHUNK_BYTES = 64 * 1024
_LOST = (requests.codes.not_found, requests.codes.gone)


def download(url: str, settings: Settings, most_bytes: int) -> bytes | Refusal:
    """Return the contents of a picture, or why they are not taken.

    Args:
        url: the address in Twilio's webhook.
        settings: the account, whose credentials are sent to Twilio's API and nowhere else.
        most_bytes: the most that is read.

    Raises:
        CarrierUnreachableError: Twilio can't be reached, or doesn't answer as it should; it may later.
        LostError: Twilio doesn't have it.
    """
    if not settings.twilio_account_sid or not settings.twilio_auth_token:
        raise CarrierUnreachableError("no Twilio credentials")
    deadline = time.monotonic() + LONGEST_SECONDS
    # with the guard of notices: a name of Twilio's that leads into this network is not followed
    with only_public(parse_notice_hosts(settings.notice_hosts)):
        for _ in range(MOST_REDIRECTS + 1):
            if not (is_api_address(url) or is_media_address(url)):
                return Refusal.FOREIGN
            try:
                with _get(url, settings) as answer:
                    if not answer.is_redirect:
                        return _read(answer, most_bytes, deadline)
                    url = urljoin(url, answer.headers["Location"])
            except (requests.RequestException, HTTPError, OSError) as error:
                raise CarrierUnreachableError(type(error).__name__) from None
    raise CarrierUnreachableError("too many redirects")


def _get(url: str, settings: Settings) -> requests.Response:
    account = (settings.twilio_account_sid or "", settings.twilio_auth_token or "")
    return requests.get(
        rebase(url, settings.twilio_api_base_url),
        auth=account if is_api_address(url) else _no_credentials,
        headers={"Accept-Encoding": "identity"},
        timeout=TIMEOUT_SECONDS,
        stream=True,
        allow_redirects=False,
    )


def _no_credentials(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Leave a request as it is: without this, the library looks for credentials of the host in ~/.netrc."""
    return request


def _read(answer: requests.Response, most_bytes: int, deadline: float) -> bytes | Refusal:
    if answer.status_code in _LOST:
        raise LostError
    if answer.status_code != requests.codes.ok:
        raise CarrierUnreachableError(f"status {answer.status_code}")
    contents = bytearray()
    # as they came: nothing is unpacked, so that nothing small becomes large
    for chunk in answer.raw.stream(_CHUNK_BYTES, decode_content=False):
        contents += chunk
        if len(contents) > most_bytes:
            return Refusal.TOO_LARGE
        if time.monotonic() > deadline:
            raise CarrierUnreachableError("too slow")
    return bytes(contents)
