"""Texts, line types and recordings through Twilio's REST API."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from urllib3.exceptions import NewConnectionError

from inbox.incoming.voicemail import RecordingState, VoicemailReport
from inbox.models import LineType
from intake.settings import Settings
from intake.twilio_hosts import TWILIO_API, rebase
from tasks.carriers.protocol import (
    ALWAYS,
    TIMEOUT_SECONDS,
    Accepted,
    CarrierUnreachableError,
    ListedMessage,
    MessageList,
    Outcome,
    OutgoingMessage,
    ProviderStatus,
    Refused,
    Retryable,
    Unanswered,
)

LONGEST_LIST = 1000  # Twilio's largest page
MOST_RECORDINGS = 20  # of a call
TRIAL_PREFIX = "Sent from your Twilio trial account - "
_CHANNEL = re.compile(r"^[a-z]+:")  # a messaging service may choose RCS: "rcs:+12025550123"
TOO_MANY_REQUESTS = 429
# These errors concern the service, not the text, so a retry may succeed.
# 20003 authentication failed, 20429 too many requests, 30001 queue overflow, 14107 and 63038 rate limits
PASSING_CODES = frozenset({20003, 20429, 30001, 14107, 63038})


class TwilioSender:
    """Sends through Twilio's Messages resource (https://www.twilio.com/docs/messaging/api/message-resource)."""

    def __init__(self, client: Client, status_callback: str) -> None:
        """Create a sender from a client and the public URL of the status webhook."""
        self._messages = client.messages
        self._http: _Http = client.http_client
        self._status_callback = status_callback

    def send(self, text: OutgoingMessage) -> Outcome:
        """Create the message. Twilio has no idempotency key, so an unanswered request is not retried here."""
        options: dict[str, Any] = {"messaging_service_sid" if text.sender.startswith("MG") else "from_": text.sender}
        if text.delivery_id is not None:
            options["status_callback"] = f"{self._status_callback}?delivery={text.delivery_id}"
        if text.files:
            options["media_url"] = [file.url for file in text.files]
        try:
            message = self._messages.create(to=text.to, body=text.body, **options)
        except (TwilioException, requests.RequestException, ValueError) as error:
            return _judge(error)
        if not message.sid:
            return Unanswered("no sid in the answer")
        return Accepted(message.sid)

    def list_messages(self, text: OutgoingMessage, reach: timedelta) -> MessageList:
        """Return the newest messages to this number, and those to numbers that the account hides and that may be it.

        The first list is not by date, because a queued message has no date sent yet. An account that redacts phone
        numbers does so once a message has left the queue; a list by number does not have it any longer. So a list by
        date comes second: a message that leaves the queue meanwhile is in both.
        """
        filters = {} if text.sender.startswith("MG") else {"from_": text.sender}
        own = self._list_newest(to=text.to, **filters)
        dated = self._list_newest(date_sent_after=f"{(own.at - reach).date()}", **filters)
        known = {message.status.provider_id for message in own.messages}
        further = [
            message
            for message in dated.messages
            if message.status.provider_id not in known and (message.to == text.to or message.may_be_to(text.to))
        ]
        hides_numbers = any(message.hides_number for message in dated.messages)
        complete_since = max(own.complete_since, dated.complete_since) if hides_numbers else own.complete_since
        return MessageList(own.at, (*own.messages, *further), complete_since)

    def _list_newest(self, **filters: str) -> MessageList:
        try:
            found = self._messages.list(limit=LONGEST_LIST, page_size=LONGEST_LIST, **filters)
        except (TwilioException, requests.RequestException, ValueError) as error:
            raise _unreachable(error) from None
        if (at := self._http.answered_at) is None:
            raise CarrierUnreachableError("no Date in the answer")
        dates = [date for message in found if (date := message.date_sent or message.date_created)]
        is_cut_off = len(found) >= LONGEST_LIST
        complete_since = min(dates, default=at) if is_cut_off else ALWAYS
        return MessageList(at, tuple(_listed_message(message) for message in found), complete_since)

    def look_up(self, provider_id: str) -> ProviderStatus | None:
        """Fetch the message by its sid."""
        try:
            return _provider_status(self._messages(provider_id).fetch())
        except TwilioRestException as error:
            if error.status == requests.codes.not_found:
                return None
            raise _unreachable(error) from None
        except (TwilioException, requests.RequestException, ValueError) as error:
            raise _unreachable(error) from None


class TwilioLookup:
    """Looks up line types (https://www.twilio.com/docs/lookup/v2-api) and recordings at Twilio."""

    def __init__(self, client: Client) -> None:
        """Create a lookup from a client."""
        self._numbers = client.lookups.v2.phone_numbers
        self._recordings = client.recordings

    def line_type(self, number: str) -> LineType:
        """Return a number's line type; anything but a clear landline or mobile is UNKNOWN and may be texted."""
        try:
            found = self._numbers(number).fetch(fields="line_type_intelligence").line_type_intelligence
        except TwilioRestException as error:
            if error.status == requests.codes.not_found:
                return LineType.UNKNOWN
            raise _unreachable(error) from None
        except (TwilioException, requests.RequestException, ValueError) as error:
            raise _unreachable(error) from None
        kind = found.get("type") if isinstance(found, dict) else None
        return {"landline": LineType.LANDLINE, "mobile": LineType.MOBILE}.get(str(kind), LineType.UNKNOWN)

    def recordings(self, call_sid: str) -> Sequence[VoicemailReport]:
        """Return the call's recordings (https://www.twilio.com/docs/voice/api/recording)."""
        try:
            found = self._recordings.list(call_sid=call_sid, limit=MOST_RECORDINGS)
        except (TwilioException, requests.RequestException, ValueError) as error:
            raise _unreachable(error) from None
        return [
            VoicemailReport(
                recording=RecordingState.COMPLETED,
                recording_sid=recording.sid,
                recording_url=TWILIO_API + str(recording.uri).removesuffix(".json"),
                duration_seconds=int(recording.duration) if (recording.duration or "").isdecimal() else None,
            )
            for recording in found
            if recording.status != "absent"
        ]


class _Http(TwilioHttpClient):  # type: ignore[misc]
    """Twilio's HTTP client with a time limit, a configurable base URL, and no logging.

    Attributes:
        answered_at: when Twilio gave its last answer, by its own clock; None if it did not say.
    """

    answered_at: datetime | None = None

    def __init__(self, base_url: str, timeout_seconds: float) -> None:
        quiet = logging.getLogger("tasks.carriers.twilio.http")
        quiet.disabled = True  # it would log numbers and texts
        super().__init__(timeout=timeout_seconds, logger=quiet)
        self._base_url = base_url

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        response = super().request(method, rebase(url, self._base_url), *args, **kwargs)
        self.answered_at = _read_date(response.headers.get("Date", ""))
        return response


def make_client(settings: Settings, timeout_seconds: float = TIMEOUT_SECONDS) -> Client:
    """Return a client for the account of the settings.

    Args:
        settings: the service's settings.
        timeout_seconds: how long Twilio may take to connect, and to answer.
    """
    return Client(
        settings.twilio_account_sid,
        settings.twilio_auth_token,
        http_client=_Http(settings.twilio_api_base_url, timeout_seconds),
    )


def _judge(error: Exception) -> Outcome:
    """Return the outcome of a failed request, depending on whether the text may have gone out."""
    if isinstance(error, TwilioRestException):
        code = str(error.code or error.status)
        if error.status == TOO_MANY_REQUESTS or error.code in PASSING_CODES:
            return Retryable(code)
        passing = error.status >= requests.codes.server_error or error.status == requests.codes.request_timeout
        return Unanswered(code) if passing else Refused(code)
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return Retryable("connect timeout", no_answer=True)
    if isinstance(error, requests.exceptions.ConnectionError) and _never_connected(error):
        return Retryable("no connection", no_answer=True)
    return Unanswered(type(error).__name__, no_answer=isinstance(error, requests.RequestException))


def _unreachable(error: Exception) -> CarrierUnreachableError:
    if isinstance(error, TwilioRestException):
        return CarrierUnreachableError(f"status {error.status}", answered=True)
    if isinstance(error, TwilioException) and isinstance(error.args[-1], Response):  # a page of a list
        return CarrierUnreachableError(f"status {error.args[-1].status_code}", answered=True)
    return CarrierUnreachableError(type(error).__name__)


def _never_connected(error: requests.exceptions.ConnectionError) -> bool:
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, NewConnectionError)


def _provider_status(message: Any) -> ProviderStatus:
    code = message.error_code
    return ProviderStatus(message.sid, str(message.status), None if code is None else str(code))


def _listed_message(message: Any) -> ListedMessage:
    return ListedMessage(
        status=_provider_status(message),
        to=message.to and _CHANNEL.sub("", message.to),
        senders=frozenset(filter(None, (message.from_, message.messaging_service_sid))),
        body=message.body and message.body.removeprefix(TRIAL_PREFIX),
        created_at=message.date_created,
        has_files=str(message.num_media or "0") != "0",
    )


def _read_date(header: str) -> datetime | None:
    try:
        return parsedate_to_datetime(header).astimezone(UTC)
    except ValueError:
        return None
