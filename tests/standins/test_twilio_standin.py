"""Sending and reading messages, asked by twilio-python itself."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from tests.standins.conftest import SERVICE_NUMBERS, SERVICE_SID, RebasedHttpClient
from tests.standins.twilio import ACCOUNT_SID, AUTH_TOKEN, DEMO_NUMBER, UNTIL_REVEALED, TwilioStandIn
from tests.standins.twilio.segments import segment_count

PATIENT = "+12025550123"
OTHER_PATIENT = "+12025550124"
CALLBACK = "https://intake.example.com/twilio/sms/status"


def refusal(client: Client, **parameters: object) -> TwilioRestException:
    with pytest.raises(TwilioRestException) as raised:
        client.messages.create(**{"to": PATIENT, "from_": DEMO_NUMBER, "body": "Hello"} | parameters)
    return raised.value


# Accepting


def test_accepts_a_message_and_answers_with_its_resource(client: Client, standin: TwilioStandIn) -> None:
    started = datetime.now(UTC).replace(microsecond=0)
    message = client.messages.create(to=PATIENT, from_=DEMO_NUMBER, body="We open at 8.", status_callback=CALLBACK)
    assert re.fullmatch("SM[0-9a-f]{32}", message.sid)
    assert (message.to, message.from_, message.body) == (PATIENT, DEMO_NUMBER, "We open at 8.")
    assert (message.status, message.direction) == ("queued", "outbound-api")
    assert (message.account_sid, message.api_version) == (ACCOUNT_SID, "2010-04-01")
    assert (message.num_segments, message.num_media) == ("1", "0")
    assert (message.error_code, message.error_message, message.price, message.date_sent) == (None,) * 4
    assert started <= message.date_created <= datetime.now(UTC)
    assert message.uri == f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/{message.sid}.json"

    [accepted] = standin.messages
    assert (accepted.sid, accepted.to, accepted.body) == (message.sid, PATIENT, "We open at 8.")
    assert accepted.status_callback == CALLBACK
    assert standin.violations == []


def test_has_sent_the_message_by_the_time_it_is_read_back(client: Client) -> None:
    sid = client.messages.create(to=PATIENT, from_=DEMO_NUMBER, body="Hello").sid
    message = client.messages(sid).fetch()
    assert message.status == "sent"
    assert message.date_sent is not None


def test_a_messaging_service_accepts_first_and_chooses_a_sender_later(client: Client) -> None:
    created = client.messages.create(to=PATIENT, messaging_service_sid=SERVICE_SID, body="Hello")
    assert (created.status, created.from_, created.num_segments) == ("accepted", None, "0")
    assert created.messaging_service_sid == SERVICE_SID
    sent = client.messages(created.sid).fetch()
    assert (sent.status, sent.from_, sent.num_segments) == ("sent", SERVICE_NUMBERS[0], "1")


def test_a_messaging_service_takes_a_sender_of_its_pool(client: Client) -> None:
    message = client.messages.create(
        to=PATIENT, messaging_service_sid=SERVICE_SID, from_=SERVICE_NUMBERS[1], body="Hello"
    )
    assert (message.status, message.from_) == ("accepted", SERVICE_NUMBERS[1])


def test_accepts_pictures_without_a_body(client: Client) -> None:
    urls = ["https://example.com/a.png", "https://example.com/b.png"]
    message = client.messages.create(to=PATIENT, from_=DEMO_NUMBER, media_url=urls)
    assert message.sid.startswith("MM")
    assert message.num_media == "2"


def test_accepts_a_body_of_exactly_1600_characters(client: Client) -> None:
    message = client.messages.create(to=PATIENT, from_=DEMO_NUMBER, body="x" * 1600)
    assert message.num_segments == "11"


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("x" * 160, 1),
        ("x" * 161, 2),
        ("x" * 306, 2),
        ("x" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("€" * 153, 3),
        ("я" * 70, 1),
        ("я" * 71, 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("😀" * 67, 3),
        ("x" * 70 + "я", 2),
    ],
)
def test_counts_segments_by_gsm7_or_ucs2(text: str, segments: int) -> None:
    assert segment_count(text) == segments


# Refusing


def test_refuses_a_wrong_token(http_client: RebasedHttpClient, standin: TwilioStandIn) -> None:
    error = refusal(Client(ACCOUNT_SID, "wrong", http_client=http_client))
    assert (error.status, error.code) == (401, 20003)
    assert standin.messages == []


def test_refuses_a_request_without_credentials(standin: TwilioStandIn) -> None:
    url = f"{standin.url}/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
    answer = requests.get(url, timeout=10)
    assert answer.status_code == 401
    assert answer.json() == {
        "code": 20003,
        "message": "Authenticate",
        "more_info": "https://www.twilio.com/docs/errors/20003",
        "status": 401,
    }
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


def test_does_not_find_another_account(http_client: RebasedHttpClient) -> None:
    other_account = "AC" + "0" * 32
    error = refusal(Client(ACCOUNT_SID, AUTH_TOKEN, account_sid=other_account, http_client=http_client))
    assert (error.status, error.code) == (404, 20404)


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"to": ""}, 21604),
        ({"to": "2025550123"}, 21211),
        ({"to": "+0025550123"}, 21211),
        ({"to": "+1 202 555 0123"}, 21211),
        ({"from_": ""}, 21603),
        ({"from_": "5550006"}, 21212),
        ({"from_": "+12025550199"}, 21606),
        ({"messaging_service_sid": "MG" + "0" * 32, "from_": ""}, 21701),
        ({"messaging_service_sid": SERVICE_SID}, 21711),
        ({"body": ""}, 21602),
        ({"body": "x" * 1601}, 21617),
        ({"body": "😀" * 801}, 21617),
        ({"media_url": ["https://example.com/a.png"] * 11}, 21623),
        ({"media_url": ["a.png"]}, 21620),
        ({"status_callback": "/twilio/sms/status"}, 21609),
        ({"status_callback": "ftp://example.com/status"}, 21609),
        ({"status_callback": "https://my_host.example.com/status"}, 21609),
        ({"status_callback": "https://example.com:notaport/status"}, 21609),
        ({"status_callback": "https://example.com/a b"}, 21609),
        ({"to": DEMO_NUMBER}, 21266),
    ],
)
def test_refuses_what_twilio_refuses(
    client: Client, standin: TwilioStandIn, parameters: dict[str, object], code: int
) -> None:
    error = refusal(client, **parameters)
    assert (error.status, error.code) == (400, code)
    assert standin.messages == []
    assert standin.requests[-1].status == 400


def test_refuses_a_messaging_service_without_numbers(client: Client, standin: TwilioStandIn) -> None:
    standin.account.messaging_services[SERVICE_SID] = []
    assert refusal(client, messaging_service_sid=SERVICE_SID, from_="").code == 21704


def test_refuses_who_opted_out_and_nobody_else(client: Client, standin: TwilioStandIn) -> None:
    standin.account.opted_out.add(PATIENT)
    error = refusal(client)
    assert (error.status, error.code) == (400, 21610)
    client.messages.create(to=OTHER_PATIENT, from_=DEMO_NUMBER, body="Hello")
    assert [message.to for message in standin.messages] == [OTHER_PATIENT]


def test_refuses_unverified_numbers(client: Client, standin: TwilioStandIn) -> None:
    standin.account.unverified.add(PATIENT)
    error = refusal(client)
    assert (error.status, error.code) == (400, 21608)


def test_a_json_body_has_no_parameters_for_twilio(standin: TwilioStandIn) -> None:
    url = f"{standin.url}/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
    answer = requests.post(url, json={"To": PATIENT}, auth=(ACCOUNT_SID, AUTH_TOKEN), timeout=10)
    assert (answer.status_code, answer.json()["code"]) == (400, 21604)
    assert standin.violations == ["body is not application/x-www-form-urlencoded in UTF-8"]


def test_notes_parameters_that_twilio_does_not_have(standin: TwilioStandIn) -> None:
    url = f"{standin.url}/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
    form = [("To", PATIENT), ("From", DEMO_NUMBER), ("Body", "one"), ("Body", "two"), ("Text", "Hello")]
    answer = requests.post(url, data=form, auth=(ACCOUNT_SID, AUTH_TOKEN), timeout=10)
    assert answer.status_code == 201
    assert standin.violations == ["unknown parameter Text", "repeated parameter Body"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("DELETE", f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json", 405),
        ("GET", f"/2010-04-01/Accounts/{ACCOUNT_SID}/Calls.json", 404),
        ("GET", f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages", 404),
        ("GET", "/", 404),
    ],
)
def test_serves_only_the_messages_resource(standin: TwilioStandIn, method: str, path: str, status: int) -> None:
    answer = requests.request(method, standin.url + path, auth=(ACCOUNT_SID, AUTH_TOKEN), timeout=10)
    assert answer.status_code == status


# Reading


def test_fetches_one_message_and_no_other(client: Client) -> None:
    sid = client.messages.create(to=PATIENT, from_=DEMO_NUMBER, body="Hello").sid
    assert client.messages(sid).fetch().body == "Hello"
    with pytest.raises(TwilioRestException) as raised:
        client.messages("SM" + "0" * 32).fetch()
    assert (raised.value.status, raised.value.code) == (404, 20404)


def test_lists_newest_first_over_several_pages(client: Client, standin: TwilioStandIn) -> None:
    bodies = [f"Message {number}" for number in range(5)]
    for body in bodies:
        client.messages.create(to=PATIENT, from_=DEMO_NUMBER, body=body)
    listed = client.messages.list(to=PATIENT, page_size=2)
    assert [message.body for message in listed] == bodies[::-1]
    pages = [request for request in standin.requests if request.method == "GET"]
    assert [page.query.get("Page") for page in pages] == [None, "1", "2"]
    assert all(page.query["To"] == PATIENT for page in pages)


def test_a_limit_stops_reading(client: Client) -> None:
    for body in ("old", "new"):
        client.messages.create(to=PATIENT, from_=DEMO_NUMBER, body=body)
    assert [message.body for message in client.messages.list(limit=1)] == ["new"]


def test_filters_by_recipient_and_sender(client: Client) -> None:
    client.messages.create(to=PATIENT, from_=DEMO_NUMBER, body="one")
    client.messages.create(to=OTHER_PATIENT, from_=DEMO_NUMBER, body="two")
    client.messages.create(to=PATIENT, from_=SERVICE_NUMBERS[0], body="three")
    assert [message.body for message in client.messages.list(to=PATIENT)] == ["three", "one"]
    assert [message.body for message in client.messages.list(from_=DEMO_NUMBER)] == ["two", "one"]
    assert [message.body for message in client.messages.list(to=PATIENT, from_=DEMO_NUMBER)] == ["one"]


def test_filters_by_date_sent_inclusively(client: Client, standin: TwilioStandIn) -> None:
    client.messages.create(to=PATIENT, from_=DEMO_NUMBER, body="Hello")
    [message] = standin.messages
    message.date_sent = sent = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
    second, day = timedelta(seconds=1), timedelta(days=1)

    def found(**filters: object) -> bool:
        return len(client.messages.list(**filters)) == 1

    assert found(date_sent_after=sent)
    assert not found(date_sent_after=sent + second)
    assert found(date_sent_before=sent)
    assert not found(date_sent_before=sent - second)
    assert found(date_sent_after=sent - day, date_sent_before=sent + day)
    assert found(date_sent="2026-03-01")
    assert not found(date_sent="2026-03-02")
    assert found(date_sent_before="2026-03-01")
    assert not found(date_sent_before="2026-02-28")
    assert found(date_sent_after="2026-03-01")
    assert standin.violations == []


def test_a_message_still_in_the_queue_has_no_date_sent_and_no_chosen_sender(
    client: Client, standin: TwilioStandIn
) -> None:
    standin.queue_held = True
    client.messages.create(to=PATIENT, messaging_service_sid=SERVICE_SID, body="Hello")
    long_ago = datetime(2000, 1, 1, tzinfo=UTC)
    assert client.messages.list(to=PATIENT, date_sent_after=long_ago) == []
    assert client.messages.list(to=PATIENT, from_=SERVICE_NUMBERS[0]) == []
    [waiting] = client.messages.list(to=PATIENT)
    assert (waiting.status, waiting.date_sent, waiting.from_) == ("accepted", None, None)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("PageSize=1001", 20007),
        ("PageSize=0", 20422),
        ("PageSize=many", 20422),
        ("Page=1", 20422),
        ("PageToken=PASM00", 20422),
        ("DateSent%3E=yesterday", 20422),
    ],
)
def test_refuses_malformed_list_parameters(client: Client, query: str, code: int) -> None:
    base = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
    with pytest.raises(TwilioException) as raised:
        client.messages.get_page(f"{base}?{query}")
    assert f'"code": {code}' in raised.value.args[1].text


def test_notes_list_parameters_that_twilio_does_not_have(client: Client, standin: TwilioStandIn) -> None:
    base = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
    client.messages.get_page(f"{base}?Recipient=x")
    assert standin.violations == ["unknown list parameter Recipient"]


def test_a_listing_lag_leaves_a_new_message_out_of_the_next_lists(client: Client, standin: TwilioStandIn) -> None:
    client.messages.create(to=PATIENT, from_=DEMO_NUMBER, body="seen at once")
    standin.listing_lag = 2
    sid = client.messages.create(to=PATIENT, from_=DEMO_NUMBER, body="seen later").sid
    assert client.messages(sid).fetch().body == "seen later"
    seen = [len(client.messages.list(to=PATIENT)) for _ in range(3)]
    assert seen == [1, 1, 2]


def test_revealing_ends_the_listing_lag(client: Client, standin: TwilioStandIn) -> None:
    standin.listing_lag = UNTIL_REVEALED
    client.messages.create(to=PATIENT, from_=DEMO_NUMBER, body="Hello")
    assert client.messages.list() == []
    standin.reveal()
    assert len(client.messages.list()) == 1


def test_a_listing_delay_lasts_by_twilios_clock(client: Client, standin: TwilioStandIn) -> None:
    standin.listing_delay = timedelta(seconds=80)
    client.messages.create(to=PATIENT, from_=DEMO_NUMBER, body="Hello")
    standin.clock_offset += timedelta(seconds=75)
    assert client.messages.list() == []
    standin.clock_offset += timedelta(seconds=5)
    assert len(client.messages.list()) == 1


def test_a_page_may_be_shorter_than_was_asked_for(client: Client, standin: TwilioStandIn) -> None:
    standin.longest_page = 2
    for number in range(5):
        client.messages.create(to=PATIENT, from_=DEMO_NUMBER, body=f"Hello {number}")
    assert len(client.messages.list(page_size=1000)) == 5
    assert len(standin.requests) == 5 + 3


def test_redacted_numbers_are_masked_and_find_nothing_once_the_message_has_left_the_queue(
    client: Client, standin: TwilioStandIn
) -> None:
    standin.redacts_numbers = True
    standin.queue_held = True
    sid = client.messages.create(to=PATIENT, from_=DEMO_NUMBER, body="Hello").sid
    assert [message.to for message in client.messages.list(to=PATIENT)] == [PATIENT]
    standin.messages[0].advance("sent")

    masked = f"{PATIENT[:-4]}XXXX"
    assert client.messages.list(to=PATIENT) == []
    assert [message.to for message in client.messages.list(from_=DEMO_NUMBER)] == [masked]
    assert client.messages(sid).fetch().to == masked


def test_redacted_bodies_are_answered_once_and_never_read_back(client: Client, standin: TwilioStandIn) -> None:
    standin.redacted_body = ""
    created = client.messages.create(to=PATIENT, from_=DEMO_NUMBER, body="a private matter")
    assert created.body == "a private matter"
    assert [message.body for message in client.messages.list()] == [""]
    assert client.messages(created.sid).fetch().body == ""


@pytest.mark.parametrize("minutes", [-15, 0, 15])
def test_every_answer_says_the_time_by_the_clock_that_dates_messages(
    client: Client, standin: TwilioStandIn, minutes: int
) -> None:
    standin.clock_offset = timedelta(minutes=minutes)
    created = client.messages.create(to=PATIENT, from_=DEMO_NUMBER, body="Hello")
    response = client.http_client.session.get(f"{standin.url}/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json")
    said = parsedate_to_datetime(response.headers["Date"])
    assert response.status_code == 401
    assert timedelta(0) <= said - created.date_created < timedelta(seconds=10)
    assert abs(said - datetime.now(UTC) - timedelta(minutes=minutes)) < timedelta(seconds=10)


# What tests read back


def test_records_every_request_with_the_answer_it_got(client: Client, standin: TwilioStandIn) -> None:
    refusal(client, to="nobody")
    client.messages.create(to=PATIENT, from_=DEMO_NUMBER, body="Hello")
    assert [(request.method, request.status) for request in standin.requests] == [
        ("POST", 400),
        ("POST", 201),
    ]
    assert standin.requests[1].form == {"To": [PATIENT], "From": [DEMO_NUMBER], "Body": ["Hello"]}
    assert standin.wait_for_messages(1) == standin.messages
    assert standin.wait_for_requests(2) == standin.requests


def test_holds_that_no_more_messages_come(client: Client, standin: TwilioStandIn) -> None:
    client.messages.create(to=PATIENT, from_=DEMO_NUMBER, body="Hello")
    standin.quiet(1)
    with pytest.raises(AssertionError, match="no more than 0 messages"):
        standin.quiet(0)


def test_shows_no_patient_data_in_test_output(client: Client, standin: TwilioStandIn) -> None:
    client.messages.create(to=PATIENT, from_=DEMO_NUMBER, body="a private matter")
    shown = repr(standin.messages) + repr(standin.requests)
    assert "private" not in shown
    assert PATIENT not in shown
