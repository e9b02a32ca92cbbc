from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from tests.standins.twilio import ACCOUNT_SID, AUTH_TOKEN, TwilioStandIn

SERVICE_SID = "MG" + "ab" * 16
SERVICE_NUMBERS = ("+12025550100", "+12025550101")


class RebasedHttpClient(TwilioHttpClient):  # type: ignore[misc]
    """twilio-python's own HTTP client, sent to another host."""

    def __init__(self, base_url: str) -> None:
        super().__init__(timeout=10)
        self._base = urlsplit(base_url)

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        asked = urlsplit(url)
        assert asked.netloc == "api.twilio.com"
        rebased = urlunsplit((self._base.scheme, self._base.netloc, asked.path, asked.query, ""))
        return super().request(method, rebased, *args, **kwargs)


@pytest.fixture
def standin() -> Iterator[TwilioStandIn]:
    services = {SERVICE_SID: SERVICE_NUMBERS}
    numbers = ("+15005550006", *SERVICE_NUMBERS)
    with TwilioStandIn(numbers=numbers, messaging_services=services) as running:
        yield running


@pytest.fixture
def http_client(standin: TwilioStandIn) -> Iterator[RebasedHttpClient]:
    client = RebasedHttpClient(standin.url)
    yield client
    client.session.close()


@pytest.fixture
def client(http_client: RebasedHttpClient) -> Client:
    return Client(ACCOUNT_SID, AUTH_TOKEN, http_client=http_client)
