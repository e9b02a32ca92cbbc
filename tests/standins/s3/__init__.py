"""A real S3-compatible server on 127.0.0.1, Moto's, which checks signatures and policies; and its owner's view."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import replace
from functools import cache
from itertools import count
from typing import Any, Self

from intake.bucket_place import BucketPlace
from tests.fork_server import S3
from tests.forks import ROOT, Fork, fork_server
from tests.standins.server import STOP_DEADLINE_SECONDS, Startable

KEYS_PER_PAGE = 3
_numbers = count(1)


def settings_of(place: BucketPlace) -> dict[str, str | None]:
    """The settings of a service that keeps files in a bucket, by field name."""
    return {
        "attachments_bucket": place.name,
        "attachments_s3_endpoint": place.endpoint,
        "attachments_s3_region": place.region,
        "attachments_s3_key_id": place.key_id,
        "attachments_s3_secret": place.secret,
    }


def nowhere(place: BucketPlace) -> BucketPlace:
    """The same bucket of a server that is away: nothing listens on this port."""
    return replace(place, endpoint="http://127.0.0.1:1")


class S3StandIn(Startable):
    """The server, in a process of its own, so that it can hang and end as servers do.

    After a restart it knows its access keys, and no bucket.
    """

    def __init__(self) -> None:
        self._process: Fork | None = None
        self._lifeline = -1
        self._port = 0
        self._keys: dict[str, list[str]] = {}

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> Self:
        """Start it, on the port that it had before if it had one; it answers when this returns."""
        environment = {**os.environ, "MOTO_S3_DEFAULT_MAX_KEYS": str(KEYS_PER_PAGE)}
        its_lifeline, self._lifeline = os.pipe()
        output, its_output = os.pipe()
        arguments = ["-m", "tests.standins.s3.server", str(self._port)]
        with open(os.devnull, "wb") as nothing, open(its_lifeline, "rb"), open(its_output, "wb"):
            streams = its_lifeline, its_output, nothing.fileno()
            self._process = fork_server(S3).start(arguments, ROOT, environment, streams)
        with open(output, encoding="utf-8") as lines:
            started = json.loads(lines.readline())
        self._port, self._keys = started["port"], started["keys"]
        return self

    def stop(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(STOP_DEADLINE_SECONDS)
            os.close(self._lifeline)
            self._process = None

    def hang(self) -> None:
        """Accept connections and answer nothing, until it goes on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Answer again."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def make_bucket(self, *, versioned: bool = False) -> BucketPlace:
        """Make a bucket, and return it with the access key that the service gets."""
        name = f"patients-{os.getpid()}-{next(_numbers)}"
        place = BucketPlace(name, self.url, "us-east-1", *self._keys["service"])
        self.make_again(place)
        if versioned:
            versioning = {"Status": "Enabled"}
            self.owner().put_bucket_versioning(Bucket=name, VersioningConfiguration=versioning)
        return place

    def make_again(self, place: BucketPlace) -> None:
        """Make a bucket that a restart forgot."""
        self.owner().create_bucket(Bucket=place.name)

    def owner(self) -> Any:
        """A client of the owner, who may do everything."""
        return _make_owner(self.url, *self._keys["owner"])

    def everything_in(self, place: BucketPlace) -> dict[str, bytes]:
        """What is in a bucket by its key, with every earlier version, and a mark of each deletion."""
        owner = self.owner()
        found: dict[str, bytes] = {}
        following: dict[str, str] = {}
        while True:
            page = owner.list_object_versions(Bucket=place.name, **following)
            for version in page.get("Versions", []):
                key, number = version["Key"], version["VersionId"]
                kept = owner.get_object(Bucket=place.name, Key=key, VersionId=number)["Body"].read()
                found[key if version["IsLatest"] else f"{key} {number}"] = kept
            found |= {f"{mark['Key']} deleted": b"" for mark in page.get("DeleteMarkers", [])}
            if not page["IsTruncated"]:
                return found
            following = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}


@cache
def _make_owner(url: str, key_id: str, secret: str) -> Any:
    from botocore.config import Config

    return _session().create_client(
        "s3",
        region_name="us-east-1",
        endpoint_url=url,
        aws_access_key_id=key_id,
        aws_secret_access_key=secret,
        config=Config(s3={"addressing_style": "path"}),
    )


@cache
def _session() -> Any:
    from botocore.session import Session

    return Session()
