"""Erasing at Twilio: redacting a text, and deleting media, transcriptions, and recordings.

Sources: https://www.twilio.com/docs/messaging/api/message-resource#redact-a-message,
https://www.twilio.com/docs/messaging/api/media-resource, https://www.twilio.com/docs/voice/api/recording, and
https://www.twilio.com/docs/voice/api/recording-transcription. A message that has not left Twilio can't be changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import parse_qs

from tests.standins.loopback import Request, Response
from tests.standins.twilio.errors import ApiError, json_response, not_found
from tests.standins.twilio.messages import API_VERSION, MessageStore

_PATH = re.compile(rf"/{API_VERSION}/Accounts/(?P<account>[^/]+)(?P<rest>/.+)\.json")
_MESSAGE = re.compile(r"/Messages/([^/]+)")
_MEDIA = re.compile(r"/Messages/([^/]+)/Media/([^/]+)")
_PICTURES = re.compile(r"/Messages/([^/]+)/Media")
_RECORDING = re.compile(r"/Recordings/([^/]+)")
_TRANSCRIPTIONS = re.compile(r"/Recordings/([^/]+)/Transcriptions")
_TRANSCRIPTION = re.compile(r"/Transcriptions/([^/]+)")
_IN_QUEUE = frozenset({"accepted", "queued", "sending"})
GONE = Response(204, b"", {})


@dataclass
class Erasures:
    """What was erased, and whether erasing works.

    Attributes:
        fail: whether every request answers 503.
        transcriptions: RecordingSid → TranscriptionSids.
        redacted: sids of redacted messages, in order.
        deleted: sids of deleted media, transcriptions, and recordings, in order.
    """

    fail: bool = False
    transcriptions: dict[str, list[str]] = field(default_factory=dict)
    redacted: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)

    def handler_of(
        self, request: Request, account: str, store: MessageStore, audio: dict[str, bytes]
    ) -> Callable[[], Response] | None:
        """What answers a request that erases or lists transcriptions; None if it does neither."""
        path = _PATH.fullmatch(request.path)
        if path is None or path["account"] != account:
            return None
        rest = path["rest"]
        handlers: Mapping[tuple[str, re.Pattern[str]], Callable[[re.Match[str]], Response]] = {
            ("POST", _MESSAGE): lambda found: self._redact(found[1], request, store),
            ("GET", _PICTURES): lambda found: self._list_media(found[1], request, store),
            ("DELETE", _MEDIA): lambda found: self._delete(found[2], request),
            ("GET", _TRANSCRIPTIONS): lambda found: self._list(found[1], request),
            ("GET", _RECORDING): lambda found: self._fetch(found[1], request),
            ("DELETE", _TRANSCRIPTION): lambda found: self._delete_transcription(found[1], request),
            ("DELETE", _RECORDING): lambda found: self._delete_recording(found[1], request, audio),
        }
        for (method, pattern), handle in handlers.items():
            found = pattern.fullmatch(rest)
            if request.method == method and found:
                return partial(self._answer, handle, found)
        return None

    def _answer(self, handle: Callable[[re.Match[str]], Response], found: re.Match[str]) -> Response:
        if self.fail:
            raise ApiError(503, 20503, "Service unavailable")
        return handle(found)

    def _redact(self, sid: str, request: Request, store: MessageStore) -> Response:
        message = store.find(sid)
        if message is None:
            raise not_found(request.path)
        if parse_qs(request.body.decode("ascii"), keep_blank_values=True) != {"Body": [""]}:
            raise ApiError(400, 21619, "A text message body or media urls must be specified.")
        if message.status in _IN_QUEUE:
            raise ApiError(409, 20009, "Cannot update this message because delivery has not been completed.")
        message.body = ""
        self.redacted.append(sid)
        return json_response(200, message.resource())

    def _list_media(self, sid: str, request: Request, store: MessageStore) -> Response:
        """The pictures that an outgoing message was sent with."""
        message = store.find(sid)
        if message is None:
            raise not_found(request.path)
        page = {"page": 0, "page_size": 50, "uri": request.path, "next_page_uri": None}
        left = [{"sid": media} for media in message.media_sids if media not in self.deleted]
        return json_response(200, page | {"media_list": left})

    def _fetch(self, recording: str, request: Request) -> Response:
        if recording in self.deleted:
            raise not_found(request.path)
        return json_response(200, {"sid": recording, "status": "completed"})

    def _list(self, recording: str, request: Request) -> Response:
        if recording in self.deleted:
            raise not_found(request.path)
        sids = self.transcriptions.get(recording, [])
        page = {"page": 0, "page_size": 50, "uri": request.path, "next_page_uri": None}
        return json_response(200, page | {"transcriptions": [{"sid": sid} for sid in sids]})

    def _delete_transcription(self, sid: str, request: Request) -> Response:
        for sids in self.transcriptions.values():
            if sid in sids:
                sids.remove(sid)
                return self._delete(sid, request)
        raise not_found(request.path)

    def _delete_recording(self, sid: str, request: Request, audio: dict[str, bytes]) -> Response:
        audio.pop(sid, None)
        return self._delete(sid, request)

    def _delete(self, sid: str, request: Request) -> Response:
        if sid in self.deleted:
            raise not_found(request.path)
        self.deleted.append(sid)
        return GONE
