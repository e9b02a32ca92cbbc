"""What a patient wrote, on every channel, is in nothing that leaves: queues, logs, metrics, notices, mail, addresses.

The markers that a test looks for are what patients and staff type. Where a value may go (the reply to the patient, the
console after sign-in), the test doesn't look.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable, Iterable
from urllib.parse import quote, quote_plus

import pytest
import requests

from intake.settings import Settings
from intake.vocabulary import Team
from tests.chat_client import ChatClient
from tests.staff.conftest import Console, StartConsole
from tests.staff.conversations.test_conversation import form
from tests.standins.hook import HookReceiver
from tests.standins.smtp import SmtpStandIn
from tests.tasks.test_privacy import _everything_in
from tests.webhooks.email.test_routes import SECRET, email
from tests.world import PATIENT, SITE

METRICS_TOKEN = "a token for metrics"
DANGER = "and my chest hurts so badly that I can't breathe"
MARKERS = {
    "a text": "zebrafinch",
    "a chat": "quicksilver",
    "a form": "marigold",
    "an email": "thistledown",
    "a subject": "gooseberry",
    "a voicemail": "periwinkle",
    "a reply by staff": "sandpiper",
    "a note": "buttercup",
    "a search": "nightingale",
    "a name": "Xanthippe",
    "another name": "Wolfgang",
    "an address": "juniper@patient.example",
    "another address": "cypress@patient.example",
    "a number": PATIENT.removeprefix("+1"),
    "a typed number": "2025550177",
    "a member ID": "W882134567",
    "a birth date": "4/12/1982",
}
WORDS = ("a text", "a chat", "a form", "an email", "a subject", "a voicemail")
"""Markers that identify nobody: a notice with names and numbers replaced may contain them."""


@pytest.fixture
def settings(settings: Settings, smtp: SmtpStandIn) -> Settings:
    return settings.model_copy(
        update={"smtp_url": smtp.url, "email_webhook_secret": SECRET, "metrics_token": METRICS_TOKEN}
    )


@pytest.fixture(params=["off", "redacted"])
def quotes(request: pytest.FixtureRequest) -> str:
    """What notices contain of a message."""
    return str(request.param)


@pytest.fixture
def notified(start_console: StartConsole, hook: HookReceiver, quotes: str) -> Console:
    """A practice that tells every team through a hook."""
    keys = {str(team): hook.apprise_url(f"/{team}") for team in Team if team != Team.DIGEST}
    lines = (f'{team} = {{ notify = ["{url}"], include_text = "{quotes}" }}' for team, url in keys.items())
    return start_console(f"ask_insurance_details = true\nteams = {{ {', '.join(lines)} }}")


def spelled(marker: str) -> set[str]:
    """A marker in the forms in which it may be hidden."""
    plain = marker.encode()
    forms = {marker, marker.lower(), quote(marker), quote_plus(marker), plain.hex(), base64.b64encode(plain).decode()}
    return {form.rstrip("=") for form in forms}


def hits(told: dict[str, Iterable[str]]) -> list[str]:
    """Which marker is where; the parts themselves stay out of the report."""
    found = []
    for place, parts in told.items():
        text = "\n".join(parts)
        assert text, f"nothing was found in {place}: the search would prove nothing"
        found += [
            f"{kind} in {place}" for kind, marker in MARKERS.items() if any(form in text for form in spelled(marker))
        ]
    return found


@pytest.mark.parametrize("marker", MARKERS.values(), ids=MARKERS)
def test_the_search_finds_a_marker_however_it_is_written(marker: str) -> None:
    hidden = [marker, marker.lower(), marker.encode().hex(), base64.b64encode(marker.encode()).decode(), quote(marker)]

    assert all(len(hits({"a log": [f"before {form} after"]})) == 1 for form in hidden)


def test_nothing_that_a_patient_or_staff_typed_leaves(
    notified: Console,
    quotes: str,
    hook: HookReceiver,
    smtp: SmtpStandIn,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    record_property: Callable[[str, object], None],
) -> None:
    caplog.set_level(logging.INFO)
    listener = notified.redis.pubsub()
    listener.psubscribe("*")

    caplog.set_level(logging.INFO, logger="werkzeug")  # which names each address, whatever ran before
    waiting, answers = everyone_writes(notified)
    notified.work()
    answers += staff_work(notified)
    notified.work()
    notified.reconcile()

    metrics = requests.get(f"{notified.url}/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"}, timeout=30)
    published = []
    while (heard := listener.get_message(timeout=0.1)) is not None:
        published.append(repr(heard))
    listener.close()
    automatic = [text.body for text in notified.twilio.messages if MARKERS["a reply by staff"] not in text.body]
    told: dict[str, Iterable[str]] = {
        "Redis while jobs wait": waiting,
        "Redis afterward": _everything_in(notified.redis),
        "what Redis publishes": published,
        "logs": [caplog.text, *capfd.readouterr()],
        "metrics": [metrics.text],
        "notices to staff": [f"{notice.path}\n{notice.headers}\n{notice.raw!r}" for notice in hook.notifications],
        "replies by text": automatic,
        "replies by email": [mail.text for mail in smtp.mails],
        "addresses and headers of answers": [
            f"{answer.url} {answer.request.path_url} {dict(answer.headers)}" for answer in answers
        ],
    }
    found = hits(told)
    if quotes == "redacted":
        replaced = {kind for kind in ("NAME", "PHONE", "EMAIL", "MEMBER_ID", "DOB") if said_to(hook, f"[{kind}]")}
        assert len(replaced) == 5
        assert said_to(hook, MARKERS["a text"])
        found = [hit for hit in found if hit not in {f"{word} in notices to staff" for word in WORDS}]
    record_property("places", len(told))
    record_property("markers", len(MARKERS))
    record_property("hits", len(found))
    assert len({notice.path for notice in hook.notifications}) > 1
    assert "/staff/search" in caplog.text
    assert found == []


def said_to(hook: HookReceiver, words: str) -> bool:
    """Whether staff were told these words."""
    return any(words in notice.body["message"] for notice in hook.notifications)


def everyone_writes(console: Console) -> tuple[list[str], list[requests.Response]]:
    """A patient writes on every channel; returns what is in Redis before anybody works, and the product's answers."""
    console.text(f"My name is {MARKERS['a name']} Lopez, my code is {MARKERS['a text']} {DANGER}")
    call = console.call()
    call.finish()
    call.report_recording()
    call.report_transcription(f"this is {MARKERS['another name']} about the {MARKERS['a voicemail']}")
    chat = ChatClient(console.url, name=MARKERS["a name"], phone=MARKERS["a typed number"])
    card = f"member ID {MARKERS['a member ID']}, born {MARKERS['a birth date']}"
    answers = [
        chat.send(f"A question about my {MARKERS['a chat']} bill, I am {MARKERS['a name']}, {card}", "message-1")
    ]
    contact = {
        "message": f"A complaint about {MARKERS['a form']}, call me at {MARKERS['a typed number']}",
        "name": MARKERS["another name"],
        "email": MARKERS["an address"],
        "phone": MARKERS["a typed number"],
    }
    answers.append(requests.post(f"{console.url}/forms/demo", json=contact, headers={"Origin": SITE}, timeout=30))
    answers.append(
        email(
            console,
            f"Please move my visit, {MARKERS['an email']}. Write to me at {MARKERS['another address']}",
            subject=f"My {MARKERS['a subject']}",
            from_=f"{MARKERS['a name']} Lopez <{MARKERS['another address']}>",
        )
    )
    assert [answer.status_code for answer in answers] == [202, 202, 200]
    return _everything_in(console.redis), answers


def staff_work(console: Console) -> list[requests.Response]:
    """A colleague searches, reads, answers, and takes notes."""
    browser = console.sign_in()
    found = browser.post("/staff/search", data={"wanted": MARKERS["a search"]})
    results = browser.get(found.headers["Location"])
    pages = [results, *(browser.get(path) for path in ("/staff/", "/staff/conversations/1", "/staff/review"))]
    reply = form(pages[2]) | {"text": MARKERS["a reply by staff"], "then": "waiting"}
    pages.append(browser.post("/staff/conversations/1/reply", data=reply))
    pages.append(browser.post("/staff/conversations/1/notes", data={"note": MARKERS["a note"]}))
    assert [page.status_code for page in pages] == [200, 200, 200, 200, 303, 303]
    assert MARKERS["a text"] in pages[2].text
    return [found, *pages]
