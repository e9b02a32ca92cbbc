"""Pictures and files in a bucket of an S3-compatible service, such as AWS S3, MinIO, Cloudflare R2, or Garage.

A request is tried once and in bounded time: whoever makes it has a way of their own to try again. After a few without
an answer, the bucket is left alone for a while, so that one that hangs holds up neither workers nor web requests.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any, Final

import structlog
import urllib3.exceptions
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.loaders import Loader
from botocore.parsers import ResponseParserError
from botocore.session import Session

from inbox.attachments.file_store import THUMBNAIL, StoreAwayError, is_file_name, place_of
from intake.bucket_place import BucketPlace
from intake.errors import IntakeError

log = structlog.get_logger(__name__)

FAILURES: Final = 3
MOST_BYTES: Final = 64 * 1024 * 1024  # more than any encrypted picture or file has
_CHUNK_BYTES: Final = 64 * 1024
_UNREADABLE: Final = (BotoCoreError, ResponseParserError, urllib3.exceptions.HTTPError, OSError)
_AFTER_OBJECT: Final = {"NextContinuationToken": "ContinuationToken"}
_AFTER_VERSION: Final = {"NextKeyMarker": "KeyMarker", "NextVersionIdMarker": "VersionIdMarker"}


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a bucket is waited for, in seconds.

    Attributes:
        connecting: for a connection.
        answering: for the next part of an answer.
        longest: for all parts of a file together.
        checking: for the answer to whether it is there.
        between_checks: how long that answer is taken to hold.
        pause: how long it is left alone after several failures in a row.
    """

    connecting: float = 3.0
    answering: float = 10.0
    longest: float = 20.0
    checking: float = 2.0
    between_checks: float = 15.0
    pause: float = 30.0


class Bucket:
    """A file store in a bucket, where files have the same places as in a `Folder`."""

    def __init__(self, place: BucketPlace, patience: Patience | None = None) -> None:
        """Set up the client, without connecting yet.

        Raises:
            IntakeError: the client can't be set up for this place.
        """
        self._place = place
        self._patience = patience or Patience()
        self._client = _make_client(place, self._patience.connecting, self._patience.answering)
        self._checking_client: Any = None
        self._pauses = Pauses(self._patience.pause)
        self._check_at, self._was_ready = 0.0, True

    def write(self, name: str, sealed: bytes) -> None:
        """Write a file, which the service keeps wholly or not at all."""
        body = _TimedBody(sealed, time.monotonic() + self._patience.longest)
        self._ask("put_object", Key=place_of(name), Body=body, ContentType="application/octet-stream")

    def read(self, name: str) -> bytes:
        """Read a file."""
        deadline = time.monotonic() + self._patience.longest

        def read_answer(answer: Any) -> bytes:
            return _read_body(answer["Body"], deadline)

        contents: bytes = self._ask("get_object", read_answer, Key=place_of(name))
        return contents

    def delete(self, file_id: str) -> None:
        """Delete a file and its thumbnail, and every earlier version if the bucket keeps them."""
        answers = [self._ask("delete_object", Key=place_of(name)) for name in (file_id + THUMBNAIL, file_id)]
        if any(answer.get("DeleteMarker") or answer.get("VersionId") for answer in answers):
            for key, version in self._versions(place_of(file_id)):
                self._ask("delete_object", Key=key, VersionId=version)

    def names(self) -> Iterator[str]:
        """Yield the names of all files, in the order of the service."""
        for page in self._pages("list_objects_v2", _AFTER_OBJECT):
            for item in page.get("Contents", []):
                name = str(item["Key"]).rpartition("/")[2]
                if is_file_name(name) and place_of(name) == item["Key"]:
                    yield name

    def is_ready(self) -> bool:
        """Return whether the bucket is there for this access key, asking only now and then."""
        if time.monotonic() >= self._check_at:
            self._check_at = time.monotonic() + self._patience.between_checks
            self._was_ready = self._check()
        return self._was_ready

    def _check(self) -> bool:
        if self._checking_client is None:
            self._checking_client = _make_client(self._place, self._patience.checking, self._patience.checking)
        try:
            # unlike `head_bucket`, the answer says what is wrong
            self._checking_client.list_objects_v2(Bucket=self._place.name, MaxKeys=1)
        except (ClientError, *_UNREADABLE) as error:
            log.warning("bucket_away", error=_reason(error))
            return False
        return True

    def _versions(self, prefix: str) -> list[tuple[str, str]]:
        """Return every version of a file and of its thumbnail, and the marks that say they were deleted."""
        pages = self._pages("list_object_versions", _AFTER_VERSION, Prefix=prefix)
        listed = [item for page in pages for kind in ("Versions", "DeleteMarkers") for item in page.get(kind, [])]
        return [(str(item["Key"]), str(item["VersionId"])) for item in listed]

    def _pages(self, operation: str, following: Mapping[str, str], **parameters: Any) -> Iterator[Any]:
        """Yield every page of a list; `following` names what asks for the next in a page, and in a request."""
        page: Any = {"IsTruncated": True}
        while page.get("IsTruncated"):
            place = {parameter: page[part] for part, parameter in following.items() if page.get(part)}
            page = self._ask(operation, **parameters, **place)
            yield page

    def _ask(self, operation: str, read: Callable[[Any], Any] = lambda answer: answer, **parameters: Any) -> Any:
        """Make one request, and return what is read of its answer.

        Raises:
            FileNotFoundError: the bucket is there, and the file is not.
            StoreAwayError: there is no usable answer, or the bucket is left alone.
        """
        self._pauses.begin()
        try:
            answer = read(getattr(self._client, operation)(Bucket=self._place.name, **parameters))
        except ClientError as error:
            self._pauses.end(answered=_status(error) < HTTPStatus.INTERNAL_SERVER_ERROR)
            if error.response.get("Error", {}).get("Code") == "NoSuchKey":
                raise FileNotFoundError from None
            raise StoreAwayError(f"the bucket answers {_reason(error)}") from None
        except _UNREADABLE as error:
            self._pauses.end(answered=False)
            raise StoreAwayError(f"the bucket gives no usable answer ({_reason(error)})") from None
        self._pauses.end(answered=True)
        return answer


class Pauses:
    """When a bucket is left alone: after several requests in a row without an answer, until one tries it again."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Make pauses of a length.

        Args:
            seconds: how long they are.
            clock: returns the time in seconds.
        """
        self._seconds = seconds
        self._clock = clock
        self._failures = 0
        self._until = 0.0

    def begin(self) -> None:
        """Begin a request; after a pause, one alone tries.

        Raises:
            StoreAwayError: the bucket is left alone.
        """
        if self._failures < FAILURES:
            return
        if self._clock() < self._until:
            raise StoreAwayError("the bucket is left alone after several failures")
        self._until = self._clock() + self._seconds

    def end(self, *, answered: bool) -> None:
        """Note how a request ended."""
        self._failures = 0 if answered else self._failures + 1
        if self._failures >= FAILURES:
            self._until = self._clock() + self._seconds
            log.warning("bucket_left_alone", seconds=self._seconds)


class _TimedBody(io.BytesIO):
    """Contents to send, until a moment."""

    def __init__(self, contents: bytes, deadline: float) -> None:
        super().__init__(contents)
        self._deadline = deadline

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next part.

        Raises:
            TimeoutError: it took too long.
        """
        _check_deadline(self._deadline)
        return super().read(size)


def _read_body(body: Any, deadline: float) -> bytes:
    contents = bytearray()
    try:
        while chunk := body.read(_CHUNK_BYTES):
            contents += chunk
            if len(contents) > MOST_BYTES:
                raise StoreAwayError("the bucket has something else in a file's place")
            _check_deadline(deadline)
    finally:
        body.close()
    return bytes(contents)


def _check_deadline(deadline: float) -> None:
    if time.monotonic() > deadline:
        raise TimeoutError("too slow")


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) or HTTPStatus.BAD_GATEWAY)


def _reason(error: Exception) -> str:
    """Return a kind of error: what the service says otherwise may have names and addresses in it."""
    code = str(error.response.get("Error", {}).get("Code")) if isinstance(error, ClientError) else ""
    return code if code.isalnum() and len(code) <= 64 else type(error).__name__


def _make_client(place: BucketPlace, connecting: float, answering: float) -> Any:
    """Set up a client that tries a request once, and follows these settings and no others of this machine."""
    config = Config(
        connect_timeout=connecting,
        read_timeout=answering,
        retries={"total_max_attempts": 1},
        max_pool_connections=50,
        signature_version="s3v4",
        # newer kinds of checksums, which not every service understands, only where they must be
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        ignore_configured_endpoint_urls=True,
        s3={"addressing_style": "path" if place.endpoint else "auto", "payload_signing_enabled": True},
    )
    session = Session()
    session.register_component("data_loader", _loader())
    try:
        return session.create_client(
            "s3",
            region_name=place.region,
            endpoint_url=place.endpoint,
            aws_access_key_id=place.key_id,
            aws_secret_access_key=place.secret,
            config=config,
        )
    except (BotoCoreError, ValueError) as error:
        raise IntakeError(
            f"the bucket's client cannot be set up ({type(error).__name__}): check ATTACHMENTS_S3_ENDPOINT and"
            " ATTACHMENTS_S3_REGION, and AWS_PROFILE if it is set"
        ) from None


@cache
def _loader() -> Any:
    """Return the loader of botocore's description of S3, whose reading takes most of the time a first client takes."""
    return Loader()
