"""The webhook receiver, notified by apprise itself."""

from __future__ import annotations

from collections.abc import Iterator

import apprise
import pytest
import requests

from tests.standins.hook import HookReceiver

# apprise loads every plugin at its first URL, one of which imports a module that Python 3.13 removed.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


@pytest.fixture
def receiver() -> Iterator[HookReceiver]:
    with HookReceiver() as running:
        yield running


def notify(url: str, body: str = "A message needs an answer") -> bool:
    notifier = apprise.Apprise()
    assert notifier.add(url)
    return bool(notifier.notify(title="Front desk", body=body))


def test_receives_what_apprise_posts(receiver: HookReceiver) -> None:
    assert notify(receiver.apprise_url("/front-desk"))
    [notification] = receiver.wait_for(1)
    assert notification.path.rstrip("/") == "/front-desk"
    assert notification.body["title"] == "Front desk"
    assert notification.body["message"] == "A message needs an answer"
    assert notification.headers.get_content_type() == "application/json"
    assert b"Front desk" in notification.raw
    assert notification.status == 200


def test_tells_teams_apart_by_path(receiver: HookReceiver) -> None:
    notify(receiver.apprise_url("/billing"))
    notify(receiver.apprise_url("/clinical"))
    assert [each.path.rstrip("/") for each in receiver.notifications] == ["/billing", "/clinical"]


def test_fails_as_often_as_told(receiver: HookReceiver) -> None:
    receiver.fail_next(2, status=503)
    receiver.fail_next(1)
    assert [notify(receiver.apprise_url()) for _ in range(4)] == [False, False, False, True]
    assert [each.status for each in receiver.wait_for_failed(3)] == [503, 503, 500]
    assert len(receiver.notifications) == 1
    assert receiver.failed == receiver.wait_for_failed(3)


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        ("not json", "application/json", 400),
        ("[]", "application/json", 400),
        ("{}", "text/plain", 415),
    ],
)
def test_refuses_what_is_no_json_object(receiver: HookReceiver, body: str, content_type: str, status: int) -> None:
    answer = requests.post(receiver.url, data=body, headers={"Content-Type": content_type}, timeout=10)
    assert answer.status_code == status
    assert receiver.notifications == []


def test_refuses_other_methods(receiver: HookReceiver) -> None:
    assert requests.get(receiver.url, timeout=10).status_code == 405
