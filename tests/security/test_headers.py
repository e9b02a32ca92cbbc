"""What each kind of page tells browsers to allow, as a table: a page that lacks a line gets no full grade."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import requests

from inbox.models import Role
from tests.chat_client import ChatClient, begin
from tests.staff.conftest import Console
from tests.staff.routes import OWN, build_world, sign_in_again
from tests.world import OTHER_SITE, SITE, WIDGET_KEY

Headers = dict[str, str]
EVERYWHERE: Headers = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer|same-origin",
    "Cache-Control": "no-store|no-cache|public, max-age=300",
}
CONSOLE: Headers = EVERYWHERE | {
    "Content-Security-Policy": "default-src 'none'; .*base-uri 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": r".*camera=\(\).*microphone=\(\).*",
}
OPEN_PAGE: Headers = EVERYWHERE | {"Content-Security-Policy": "default-src 'none'.*"}
WIDGET: Headers = EVERYWHERE | {
    "Cache-Control": "public, max-age=300",
    "Access-Control-Allow-Origin": r"\*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
CHAT: Headers = EVERYWHERE | {
    "Cache-Control": "no-store",
    "Vary": ".*Origin.*",
    "Access-Control-Allow-Origin": re.escape(SITE),
}
MACHINES: Headers = EVERYWHERE | {"Cache-Control": "no-store"}
TIMEOUT = 30


def lacking(answer: requests.Response, expected: Headers) -> list[str]:
    """The headers that an answer lacks or has otherwise than expected."""
    return [
        f"{answer.request.method} {answer.request.path_url} answered {answer.status_code} with {name}: {found}"
        for name, pattern in expected.items()
        if not re.fullmatch(pattern, found := answer.headers.get(name, "nothing"), re.DOTALL)
    ]


def test_every_answer_of_the_console_keeps_other_sites_out_and_allows_no_inline_scripts_or_styles(
    console: Console, record_property: Callable[[str, object], None]
) -> None:
    world = build_world(console)
    browser = sign_in_again(world, OWN, Role.ADMIN)
    asked = [call.ask(browser) for call in world.calls() if call.rule.endpoint not in ("staff", "sign_in.sign_out")]
    asked.append(console.browser().get("/staff/sign-in"))
    missing = [line for answer in asked for line in lacking(answer, CONSOLE)]
    policies = {answer.headers["Content-Security-Policy"] for answer in asked}

    record_property("requests", len(asked))
    record_property("hits", len(missing))
    assert len(asked) > 30
    assert missing == []
    assert not any("unsafe-inline" in policy or "*" in policy or "http" in policy for policy in policies)


def test_the_consoles_cookie_is_for_the_console_alone(console: Console) -> None:
    cookie = console.browser().get("/staff/sign-in").headers["Set-Cookie"]

    assert cookie.startswith("intake_staff=")
    assert {"Secure", "HttpOnly", "Path=/staff", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")[1:]}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", OPEN_PAGE),
        ("/chat/widget.js", WIDGET),
        ("/healthz", MACHINES),
        ("/readyz", MACHINES),
        ("/openapi.json", MACHINES),
        ("/metrics", MACHINES),
        ("/nowhere", MACHINES),
    ],
)
def test_a_public_answer_says_how_it_may_be_used(console: Console, path: str, expected: Headers) -> None:
    assert lacking(requests.get(console.url + path, timeout=TIMEOUT), expected) == []


@pytest.mark.parametrize(("path", "status"), [("/twilio/sms", 403), ("/twilio/voice", 403), ("/email/inbound", 503)])
def test_a_refused_webhook_is_kept_by_nobody(console: Console, path: str, status: int) -> None:
    answer = requests.post(console.url + path, timeout=TIMEOUT)

    assert answer.status_code == status
    assert lacking(answer, MACHINES) == []


def test_a_contact_forms_page_may_load_nothing(console: Console) -> None:
    headers = {"Accept": "text/html", "Origin": SITE}
    answer = requests.post(f"{console.url}/forms/demo", {"message": "Hello"}, headers=headers, timeout=TIMEOUT)

    assert answer.headers["Content-Type"].startswith("text/html")
    assert lacking(answer, OPEN_PAGE) == []


def test_a_chat_is_readable_by_the_practices_pages_alone(console: Console) -> None:
    chat = ChatClient(console.url)
    answers = [chat.send("Do you have parking?", "message-1"), begin(console.url, WIDGET_KEY, SITE)]

    assert [line for answer in answers for line in lacking(answer, CHAT)] == []
    refused = begin(console.url, WIDGET_KEY, "https://elsewhere.example")
    assert refused.status_code == 403
    assert "Access-Control-Allow-Origin" not in refused.headers
    assert begin(console.url, WIDGET_KEY, OTHER_SITE).status_code == 403
