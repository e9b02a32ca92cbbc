"""The Sentry receiver, reported to by sentry-sdk itself."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import sentry_sdk
from sentry_sdk.utils import event_from_exception

from tests.standins.sentry import PROJECT, PUBLIC_KEY, SentryReceiver

AUTHORIZED = {"X-Sentry-Auth": f"Sentry sentry_key={PUBLIC_KEY}, sentry_version=7"}


@pytest.fixture
def receiver() -> Iterator[SentryReceiver]:
    with SentryReceiver() as running:
        yield running


def report(dsn: str, *, text: str = "", **options: Any) -> None:
    """Report an error with `text` in a local variable, through a client of its own."""
    client = sentry_sdk.Client(dsn=dsn, default_integrations=False, auto_enabling_integrations=False, **options)
    try:
        patient_text = text
        raise RuntimeError("the worker failed" + patient_text[:0])
    except RuntimeError as error:
        event, hint = event_from_exception(error, client_options=client.options)
        client.capture_event(event, hint, sentry_sdk.Scope())
    client.close(timeout=10)


def post(receiver: SentryReceiver, body: bytes, headers: dict[str, str] | None = None) -> requests.Response:
    url = f"{receiver.url}/api/{PROJECT}/envelope/"
    return requests.post(url, data=body, headers=AUTHORIZED | (headers or {}), timeout=10)


def envelope(*items: tuple[dict[str, Any], bytes], headers: bytes = b"{}") -> bytes:
    lines = [headers]
    for item_headers, payload in items:
        lines += [json.dumps(item_headers).encode(), payload]
    return b"\n".join(lines) + b"\n"


@pytest.mark.parametrize("algorithm", ["gzip", "none"])
def test_receives_an_error_from_sentry_sdk(receiver: SentryReceiver, algorithm: str) -> None:
    report(receiver.dsn, _experiments={"transport_compression_algo": algorithm})
    [event] = receiver.wait_for_events(1)
    assert event["exception"]["values"][0]["value"] == "the worker failed"
    assert receiver.events() == [event]
    assert b"the worker failed" in receiver.raw
    assert receiver.refusals == []


@pytest.mark.parametrize(
    "text",
    [
        "my chest hurts",
        "it's my kid's \"fever\"",
        "Grüße, 熱があります 😀",
        "line one\nline two\ttabbed",
        "back\\slash",
        "+12025550123",
    ],
)
def test_finds_text_however_it_is_escaped(receiver: SentryReceiver, text: str) -> None:
    report(receiver.dsn, text=text)
    receiver.wait_for_events(1)
    assert receiver.mentions(text)
    assert not receiver.mentions(text + " and more")


@pytest.mark.parametrize("written", ["my%20chest%20hurts", "my+chest+hurts"])
def test_finds_text_in_urls(receiver: SentryReceiver, written: str) -> None:
    post(receiver, envelope(({"type": "event"}, json.dumps({"url": f"/?q={written}"}).encode())))
    assert receiver.mentions("my chest hurts")


def test_reads_items_by_length_and_by_line(receiver: SentryReceiver) -> None:
    binary = b"two\nlines\x00"
    body = envelope(
        ({"type": "attachment", "length": len(binary)}, binary),
        ({"type": "event"}, b'{"message":"hello"}'),
        ({"type": "client_report", "length": 2}, b"{}"),
        headers=json.dumps({"event_id": "ab" * 16, "dsn": receiver.dsn}).encode(),
    )
    answer = post(receiver, body)
    assert (answer.status_code, answer.json()) == (200, {"id": "ab" * 16})
    assert [item.payload for item in receiver.items("attachment")] == [binary]
    assert receiver.events() == [{"message": "hello"}]
    assert [item.json for item in receiver.items("client_report")] == [{}]
    assert receiver.raw == body


EVENT = envelope(({"type": "event"}, b"{}"))


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (EVENT, {"X-Sentry-Auth": ""}, 401),
        (EVENT, {"X-Sentry-Auth": "Sentry sentry_key=wrong, sentry_version=7"}, 403),
        (EVENT, {"X-Sentry-Auth": f"Sentry sentry_key={PUBLIC_KEY}, sentry_version=6"}, 403),
        (b'{"dsn":"http://other@127.0.0.1/1"}\n', {}, 403),
        (b"not an envelope", {}, 400),
        (b"[]\n", {}, 400),
        (envelope(({}, b"{}")), {}, 400),
        (envelope(({"type": "event"}, b"not json")), {}, 400),
        (envelope(({"type": "event", "length": 99}, b"{}")), {}, 400),
        (envelope(({"type": "event", "length": 1}, b"{}")), {}, 400),
        (EVENT, {"Content-Encoding": "gzip"}, 400),
        (gzip.compress(EVENT, mtime=0)[:-9], {"Content-Encoding": "gzip"}, 400),
        (EVENT, {"Content-Encoding": "br"}, 415),
    ],
)
def test_refuses_what_sentry_refuses(
    receiver: SentryReceiver, body: bytes, headers: dict[str, str], status: int
) -> None:
    answer = post(receiver, body, headers)
    assert answer.status_code == status
    [refusal] = receiver.refusals
    assert refusal.startswith(f"{status} ")
    assert (receiver.envelopes, receiver.raw) == ([], b"")


def test_serves_only_its_project(receiver: SentryReceiver) -> None:
    url = f"{receiver.url}/api/1/envelope/"
    assert requests.post(url, data=EVENT, headers=AUTHORIZED, timeout=10).status_code == 404
    url = f"{receiver.url}/api/{PROJECT}/envelope/"
    assert requests.get(url, headers=AUTHORIZED, timeout=10).status_code == 405


def test_a_wrong_key_in_the_dsn_reports_nothing(receiver: SentryReceiver) -> None:
    report(receiver.dsn.replace(PUBLIC_KEY, "f" * 32))
    assert receiver.events() == []
    assert {refusal[:3] for refusal in receiver.refusals} == {"403"}
