"""What does not press is gathered and told at set times, in counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from inbox.models import Notification, now
from tasks import jobs
from tasks.context import use
from tasks.notification.models import Digest
from tasks.notification.render import word
from tests.service import Service
from tests.standins.hook import HookReceiver
from tests.tasks.conftest import StartService

TEXTS = ("The code of our gate is swordfish", "Do you have parking?", "Is there a ramp?")


@pytest.fixture
def service(start_service: StartService, hook: HookReceiver) -> Service:
    """A practice that sends every message to its digest."""
    return start_service(
        f"""
review_threshold = 1.0
routes = {{ review = {{ team = "digest", priority = "low" }} }}
teams = {{ digest = {{ notify = ["{hook.apprise_url()}"], digest_at = ["08:00", "16:00"], include_text = true }} }}
"""
    )


def text(service: Service, *texts: str) -> None:
    for number, body in enumerate(texts):
        service.text(body, from_=f"+1202555012{number}")
    service.work()


def later(service: Service) -> None:
    make_due(service)
    service.reconcile()


def make_due(service: Service) -> None:
    with service.edit() as session:
        for row in session.scalars(select(Notification)):
            row.next_attempt_at = now() - timedelta(seconds=1)


def states(service: Service) -> Sequence[str]:
    return [row.state for row in service.rows(Notification) if row.target != "console"]


def test_until_its_time_nobody_is_told(service: Service, hook: HookReceiver) -> None:
    text(service, *TEXTS)
    service.reconcile()

    assert (hook.notifications, states(service)) == ([], ["pending"] * 3)


def test_then_one_notice_counts_all_of_them_and_holds_no_word_of_any_patient(
    service: Service, hook: HookReceiver
) -> None:
    text(service, *TEXTS)
    later(service)

    [notice] = hook.notifications
    assert notice.body["title"] == "[low] 3 messages at Maple Street"
    assert notice.body["message"] == (
        "Team: Daily summary. Message to review: 3. View them: https://intake.example.com/staff/?team=digest"
    )
    assert states(service) == ["sent"] * 3


def test_what_comes_after_it_is_in_the_next(service: Service, hook: HookReceiver) -> None:
    text(service, *TEXTS)
    later(service)
    text(service, "And one more question about the lift")
    later(service)

    assert [notice.body["title"] for notice in hook.notifications] == [
        "[low] 3 messages at Maple Street",
        "[low] 1 message at Maple Street",
    ]


def test_a_digest_that_failed_is_tried_again_whole(service: Service, hook: HookReceiver) -> None:
    hook.fail_next(1)
    text(service, *TEXTS)
    later(service)
    assert states(service) == ["pending"] * 3

    later(service)

    assert [notice.body["title"] for notice in hook.notifications] == ["[low] 3 messages at Maple Street"]


def test_workers_that_begin_the_same_digest_at_once_send_it_once(service: Service, hook: HookReceiver) -> None:
    text(service, *TEXTS)
    make_due(service)
    use(service.context)
    with ThreadPoolExecutor(4) as workers:
        list(workers.map(jobs.notify, [row.id for row in service.rows(Notification)] * 2))

    assert len(hook.notifications) == 1
    assert states(service) == ["sent"] * 3


def test_every_reason_is_counted() -> None:
    wording = word(Digest("Maple Street", "digest", Counter(price_shopper=2, review=1)), "https://intake.example.com")

    assert "Price question: 2, Message to review: 1." in wording.body
    assert wording.text == (
        "[low] 3 messages at Maple Street. Price question: 2, Message to review: 1."
        " https://intake.example.com/staff/?team=digest"
    )
