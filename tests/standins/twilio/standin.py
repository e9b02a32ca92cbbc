"""The server: authentication, the routes of the Messages resource, faults, and what tests read back."""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import partial
from urllib.parse import parse_qs, unquote, urlsplit, urlunsplit

from tests.standins.loopback import Drop, LoopbackServer, Request, Response
from tests.standins.record import DEADLINE_SECONDS, Record
from tests.standins.twilio import creation, listing
from tests.standins.twilio.api_request import ApiRequest, read_request
from tests.standins.twilio.calls import IncomingCall
from tests.standins.twilio.erasure import Erasures
from tests.standins.twilio.errors import ApiError, json_response, not_found
from tests.standins.twilio.faults import Faults, Operation
from tests.standins.twilio.media import Media, fetch_outgoing
from tests.standins.twilio.messages import API_VERSION, Message, MessageStore, now
from tests.standins.twilio.signing import Signature
from tests.standins.twilio.webhooks import (
    WebhookAnswer,
    inbound_parameters,
    post_form,
    read_twiml,
    status_parameters,
)

ACCOUNT_SID = "AC" + "0123456789abcdef" * 2
AUTH_TOKEN = "fedcba9876543210" * 2
DEMO_NUMBER = "+15005550006"
LOOKUP_PATH = "/v2/PhoneNumbers/"

# A listing lag that lasts until `reveal()`.
UNTIL_REVEALED = sys.maxsize


class TwilioStandIn(LoopbackServer):
    """Twilio's REST API 2010-04-01, Messages only, and Lookup v2, for one account, on a loopback port.

    An accepted message is answered as `queued` (`accepted` from a messaging service) and has left the queue
    by the time anyone can read it back: then it is `sent`, with a date and a sender. `queue_held = True`
    keeps new messages in the queue, without either.

    Attributes:
        account: numbers, messaging services, opted-out and unverified numbers; tests may change them.
        faults: failures scripted by the test.
        listing_lag: a message accepted now is left out of this many list answers (a first page counts once).
        listing_delay: how long, by Twilio's clock, lists leave out a message that is accepted now.
        longest_page: the most messages on a page of a list, however many are asked for.
        redacted_body: what lists and fetched messages have in place of each body; None if bodies are not redacted.
        redacts_numbers: whether patients' numbers end in XXXX there, and find nothing, after the queue.
        clock_offset: how far Twilio's clock, which every answer's `Date` shows, is ahead of this machine's; a test
            may raise it to let time pass at Twilio.
        queue_held: whether new messages stay in the queue.
        line_types: number → what Lookup says it is, such as "landline"; a number that is missing has no type.
        recordings: CallSid → RecordingSids of what callers left, for the list of recordings.
        audio: RecordingSid → what is heard of it, as MP3.
        audio_moved: RecordingSid → the address that whoever asks for it is sent on to.
        erasures: what was redacted and deleted, and whether that fails.
        media: the pictures and files of incoming messages.
        lookups_fail: whether Lookup and the list of recordings answer 503.
        callback_base: where status callbacks really go, such as "http://127.0.0.1:8000", while the signature
            is over the public StatusCallback URL; None posts to that URL itself.
    """

    def __init__(
        self,
        account_sid: str = ACCOUNT_SID,
        auth_token: str = AUTH_TOKEN,
        numbers: Iterable[str] = (DEMO_NUMBER,),
        messaging_services: Mapping[str, Iterable[str]] | None = None,
    ) -> None:
        super().__init__()
        services = {sid: list(pool) for sid, pool in (messaging_services or {}).items()}
        self.account = creation.Account(account_sid, auth_token, set(numbers), services)
        self.faults = Faults()
        self.listing_lag = 0
        self.listing_delay = timedelta(0)
        self.longest_page = listing.LARGEST_PAGE_SIZE
        self.redacted_body: str | None = None
        self.redacts_numbers = False
        self.clock_offset = timedelta(0)
        self.queue_held = False
        self.callback_base: str | None = None
        self.line_types: dict[str, str] = {}
        self.lookups_fail = False
        self.recordings: dict[str, list[str]] = {}
        self.audio: dict[str, bytes] = {}
        self.audio_moved: dict[str, str] = {}
        self.erasures = Erasures()
        self.media = Media()
        self._lookups: Record[str] = Record("look-ups")
        self._store = MessageStore()
        self._requests: Record[ApiRequest] = Record("requests")
        self._violations: Record[str] = Record("protocol violations")

    @property
    def messages(self) -> list[Message]:
        """Messages accepted for sending, oldest first."""
        return self._store.outbound.entries()

    @property
    def requests(self) -> list[ApiRequest]:
        """Every request received, refused ones too, oldest first."""
        return self._requests.entries()

    @property
    def violations(self) -> list[str]:
        """What Twilio's API does not know but lets pass, such as unknown parameters; should be empty."""
        return self._violations.entries()

    @property
    def lookups(self) -> list[str]:
        """Numbers that were looked up, oldest first."""
        return self._lookups.entries()

    def wait_for_messages(self, count: int, timeout: float = DEADLINE_SECONDS) -> list[Message]:
        """Wait until at least `count` messages have been accepted and return them all.

        Raises:
            AssertionError: fewer came within `timeout` seconds.
        """
        return self._store.outbound.wait_for(count, timeout)

    def wait_for_requests(self, count: int, timeout: float = DEADLINE_SECONDS) -> list[ApiRequest]:
        """Wait until at least `count` requests have arrived and return them all.

        Raises:
            AssertionError: fewer came within `timeout` seconds.
        """
        return self._requests.wait_for(count, timeout)

    def quiet(self, at_most: int, until: Callable[[], bool] | None = None, timeout: float = DEADLINE_SECONDS) -> None:
        """Hold that no more than `at_most` messages were accepted, now and until `until()` is true.

        Raises:
            AssertionError: one message too many, or `until()` was not true within `timeout` seconds.
        """
        self._store.outbound.quiet(at_most, until, timeout)

    def add_messages(self, messages: Iterable[Message]) -> None:
        """Have the account hold further messages, as if they had been sent before."""
        for message in messages:
            self._store.outbound.append(message)

    def reveal(self) -> None:
        """End the listing lag, for messages already accepted too."""
        self.listing_lag, self.listing_delay = 0, timedelta(0)
        for message in self.messages:
            message.hidden_from_listings, message.hidden_until = 0, None

    def deliver(
        self,
        sid: str,
        status: str,
        error_code: int | None = None,
        signature: str | Signature = Signature.GENUINE,
    ) -> WebhookAnswer:
        """Report a status of an accepted message to its StatusCallback, signed as Twilio signs.

        The message itself only moves forward; the report is posted whatever the order, and as often as asked.

        Raises:
            ValueError: there is no such message, or it was created without a StatusCallback.
        """
        message = self._store.find(sid)
        if message is None or message.status_callback is None:
            raise ValueError(f"{sid} is not a message with a StatusCallback: send it with one first")
        message.advance(status, error_code)
        public_url = message.status_callback
        parameters = status_parameters(message, status, error_code)
        url = _rebase(public_url, self.callback_base)
        return post_form(url, public_url, parameters, self.account.auth_token, signature)

    def incoming_sms(
        self,
        url: str,
        public_url: str,
        from_: str,
        to: str,
        body: str,
        *,
        message_sid: str | None = None,
        messaging_service_sid: str | None = None,
        media: Iterable[tuple[str, str]] = (),
        signature: str | Signature = Signature.GENUINE,
        **parameters: str | None,
    ) -> WebhookAnswer:
        """Post an inbound message to `url`, signed for `public_url`, and check that a 200 answer is TwiML.

        Args:
            url: where the product listens.
            public_url: the URL as configured at Twilio, which the signature covers.
            from_: the patient's number.
            to: the practice's number.
            body: the text.
            message_sid: an identifier to use again, for a repeated delivery.
            messaging_service_sid: the service that `to` belongs to.
            media: (URL, content type) of each picture.
            signature: a wrong signature, or none.
            **parameters: further parameters by Twilio's names, such as OptOutType; None leaves one out.

        Raises:
            AssertionError: a 200 answer that Twilio could not read.
        """
        pictures = list(media)
        message = Message(
            account_sid=self.account.sid,
            to=to,
            from_=from_,
            body=body,
            direction="inbound",
            status="received",
            sid=message_sid or "",
            messaging_service_sid=messaging_service_sid,
            media_urls=tuple(picture for picture, _ in pictures),
        )
        if signature is Signature.GENUINE and self._store.find(message.sid) is None:
            message.date_sent = message.date_created
            self._store.inbound.append(message)
        posted = inbound_parameters(message, pictures) | parameters
        kept = {name: value for name, value in posted.items() if value is not None}
        answer = post_form(url, public_url, kept, self.account.auth_token, signature)
        if answer.status != 200:
            return answer
        return WebhookAnswer(answer.status, answer.headers, answer.body, read_twiml(answer))

    def incoming_call(
        self,
        public_url: str,
        from_: str,
        to: str,
        *,
        call_sid: str | None = None,
        signature: str | Signature = Signature.GENUINE,
        **parameters: str | None,
    ) -> IncomingCall:
        """Ring a number, and check that a 200 answer is TwiML for a call.

        Args:
            public_url: the URL as configured at Twilio, which the signature covers; `callback_base` is where
                the request really goes, and those of the call's callbacks.
            from_: the caller's number, or the word that Twilio writes for a hidden one.
            to: the practice's number.
            call_sid: an identifier to use again, for a repeated request.
            signature: a wrong signature, or none.
            **parameters: further parameters by Twilio's names; None leaves one out.

        Raises:
            AssertionError: a 200 answer that Twilio could not follow.
        """
        call = IncomingCall(self.account.sid, self._post_webhook, from_, to)
        call.sid = call_sid or call.sid
        call.ring(public_url, signature, parameters)
        return call

    def _post_webhook(
        self, public_url: str, parameters: Mapping[str, str], signature: str | Signature
    ) -> WebhookAnswer:
        url = _rebase(public_url, self.callback_base)
        return post_form(url, public_url, parameters, self.account.auth_token, signature)

    def stop(self) -> None:
        """Release every request held by a fault, then stop as any stand-in does."""
        self.faults.clear()
        super().stop()

    @property
    def clock(self) -> datetime:
        """The time by Twilio's clock."""
        return now() + self.clock_offset

    def respond(self, request: Request) -> Response | Drop:
        """Answer one request, as Twilio would or as a fault has it."""
        outcome = self._respond(request)
        if isinstance(outcome, Drop):
            return outcome
        date = format_datetime(self.clock, usegmt=True)
        return Response(outcome.status, outcome.body, {"Date": date, **outcome.headers})

    def _respond(self, request: Request) -> Response | Drop:
        if request.path.startswith(LOOKUP_PATH):
            return self._look_up(request)
        if (erased := self._erase(request)) is not None:
            return erased
        if (found := self._fetch_media(request)) is not None:
            return found
        if request.path == f"/{API_VERSION}/Accounts/{self.account.sid}/Recordings.json":
            return self._list_recordings(request)
        if request.path.startswith(f"/{API_VERSION}/Accounts/{self.account.sid}/Recordings/"):
            return self._play(request)
        entry = read_request(request)
        self._requests.append(entry)
        try:
            outcome = self._answer(entry)
        except ApiError as error:
            outcome = error.response()
        if isinstance(outcome, Response):
            entry.status = outcome.status
        return outcome

    def _erase(self, request: Request) -> Response | None:
        """Redacting and deleting; None for every other request."""
        handler = self.erasures.handler_of(request, self.account.sid, self._store, self.audio)
        if handler is None:
            return None
        try:
            self._check_credentials(request.headers.get("Authorization"))
            return handler()
        except ApiError as error:
            return error.response()

    def _fetch_media(self, request: Request) -> Response | None:
        """A picture of an incoming message; None for every other request."""
        check = partial(self._check_credentials, request.headers.get("Authorization"))
        handler = self.media.handler_of(request, self.account.sid, check, self.erasures.deleted)
        try:
            return None if handler is None else handler()
        except ApiError as error:
            return error.response()

    def _look_up(self, request: Request) -> Response:
        """Lookup v2, line types alone (https://www.twilio.com/docs/lookup/v2-api)."""
        number = unquote(request.path.removeprefix(LOOKUP_PATH))
        try:
            self._check_credentials(request.headers.get("Authorization"))
        except ApiError as error:
            return error.response()
        if request.method != "GET" or parse_qs(request.query) != {"Fields": ["line_type_intelligence"]}:
            self._violations.append("a look-up of anything but line_type_intelligence")
        self._lookups.append(number)
        if self.lookups_fail:
            return ApiError(503, 20503, "Service unavailable").response()
        kind = self.line_types.get(number)
        line = {
            "carrier_name": "Example Telephone",
            "error_code": None if kind else 60600,
            "mobile_country_code": None,
            "mobile_network_code": None,
            "type": kind,
        }
        return json_response(
            200,
            {
                "calling_country_code": "1",
                "country_code": "US",
                "phone_number": number,
                "valid": True,
                "validation_errors": [],
                "line_type_intelligence": line,
                "url": f"https://lookups.twilio.com{LOOKUP_PATH}{number}",
            },
        )

    def _list_recordings(self, request: Request) -> Response:
        """The recordings of one call (https://www.twilio.com/docs/voice/api/recording)."""
        try:
            self._check_credentials(request.headers.get("Authorization"))
        except ApiError as error:
            return error.response()
        query = {name: values[-1] for name, values in parse_qs(request.query).items()}
        if request.method != "GET" or not query.keys() <= {"CallSid", "PageSize"}:
            self._violations.append("a list of recordings by anything but the call")
        if self.lookups_fail:
            return ApiError(503, 20503, "Service unavailable").response()
        uri = f"/{API_VERSION}/Accounts/{self.account.sid}/Recordings"
        recordings = [
            {
                "account_sid": self.account.sid,
                "call_sid": query.get("CallSid"),
                "duration": "12",
                "sid": sid,
                "source": "RecordVerb",
                "status": "completed",
                "uri": f"{uri}/{sid}.json",
            }
            for sid in self.recordings.get(query.get("CallSid", ""), ())[: int(query.get("PageSize", "50"))]
        ]
        page = {"page": 0, "page_size": len(recordings), "uri": f"{uri}.json", "next_page_uri": None}
        return json_response(200, page | {"recordings": recordings})

    def _play(self, request: Request) -> Response:
        """The recording itself, or a part of it (https://www.twilio.com/docs/voice/api/recording)."""
        try:
            self._check_credentials(request.headers.get("Authorization"))
        except ApiError as error:
            return error.response()
        sid, _, kind = request.path.rpartition("/")[2].partition(".")
        audio = self.audio.get(sid)
        if audio is None or kind != "mp3" or request.method != "GET":
            return not_found(request.path).response()
        if sid in self.audio_moved:
            return Response(307, b"", {"Location": self.audio_moved[sid]})
        headers = {"Content-Type": "audio/mpeg", "Accept-Ranges": "bytes"}
        first, _, last = request.headers.get("Range", "").removeprefix("bytes=").partition("-")
        if not first:
            return Response(200, audio, headers)
        part = audio[int(first) : int(last) + 1 if last else None]
        end = int(first) + len(part) - 1
        return Response(206, part, headers | {"Content-Range": f"bytes {first}-{end}/{len(audio)}"})

    def _answer(self, entry: ApiRequest) -> Response | Drop:
        self._check_credentials(entry.headers.get("Authorization"))
        if entry.account_sid != self.account.sid:
            raise not_found(entry.path)
        if entry.operation is None:
            raise ApiError(405, 20004, "Method not allowed")
        for violation in entry.violations:
            self._violations.append(violation)
        fault = self.faults.take(entry.operation, entry.parameters)
        if fault is None:
            return self._carry_out(entry)
        return fault.strike(lambda: self._carry_out(entry))

    def _check_credentials(self, authorization: str | None) -> None:
        expected = base64.b64encode(f"{self.account.sid}:{self.account.auth_token}".encode()).decode()
        if authorization != f"Basic {expected}":
            raise ApiError(401, 20003, "Authenticate")

    def _carry_out(self, entry: ApiRequest) -> Response:
        if entry.operation is Operation.CREATE:
            return self._create(entry)
        if entry.operation is Operation.LIST:
            return self._list(entry)
        return self._fetch(entry)

    def _create(self, entry: ApiRequest) -> Response:
        message = creation.create(entry.form, self.account, self.clock)
        response = json_response(201, message.resource())
        message.hidden_from_listings = self.listing_lag
        message.hidden_until = self.clock + self.listing_delay
        for url in message.media_urls:
            self._fetch_outgoing(url)
        if not self.queue_held:
            self._send(message)
        self._store.outbound.append(message)
        return response

    def _fetch_outgoing(self, url: str) -> None:
        """Fetch a picture as Twilio does before it sends an MMS, without credentials, and refuse what it would."""
        problem, contents = fetch_outgoing(_rebase(url, self.callback_base))
        self.media.sent.append(contents)
        if problem:
            self._violations.append(problem)

    def _send(self, message: Message) -> None:
        if message.from_ is None and message.messaging_service_sid:
            message.from_ = self.account.messaging_services[message.messaging_service_sid][0]
        message.advance("sent", at=self.clock)

    def _fetch(self, entry: ApiRequest) -> Response:
        message = self._store.find(entry.message_sid or "")
        if message is None:
            raise not_found(entry.path)
        return json_response(200, message.resource(self.redacted_body, redacts_numbers=self.redacts_numbers))

    def _list(self, entry: ApiRequest) -> Response:
        everything = self._store.newest_first()
        visible = [message for message in everything if message.is_listed(self.clock)]
        payload = listing.page(
            entry.path,
            entry.query,
            visible,
            self.longest_page,
            self.redacted_body,
            redacts_numbers=self.redacts_numbers,
        )
        if payload["page"] == 0:
            for message in everything:
                message.hidden_from_listings = max(message.hidden_from_listings - 1, 0)
        return json_response(200, payload)


def _rebase(public_url: str, base: str | None) -> str:
    if base is None:
        return public_url
    public, real = urlsplit(public_url), urlsplit(base)
    return urlunsplit((real.scheme, real.netloc, public.path, public.query, ""))
