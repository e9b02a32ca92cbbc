"""A bucket that is away, hangs, or refuses is told apart, waited for briefly, and left alone after a while."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from inbox.attachments.file_store import THUMBNAIL, FileStore, StoreAwayError
from intake.bucket_place import BucketPlace
from intake.errors import IntakeError
from tasks.attachments.bucket import FAILURES, Bucket, Patience, Pauses
from tests.standins.s3 import S3StandIn

BRIEF = Patience(connecting=0.3, answering=0.3, checking=0.3, between_checks=0.0)
FILE_ID = secrets.token_hex(16)
Use = Callable[[FileStore], object]
USES: dict[str, Use] = {
    "write": lambda store: store.write(FILE_ID, b"a picture"),
    "read": lambda store: store.read(FILE_ID),
    "delete": lambda store: store.delete(FILE_ID),
    "names": lambda store: list(store.names()),
}


@pytest.fixture
def own_s3() -> Iterator[S3StandIn]:
    """A server that a test may stop."""
    with S3StandIn() as running:
        yield running


def refusals(store: FileStore, use: Use, times: int = 1) -> list[str]:
    """Why each of several uses was refused."""
    reasons = []
    for _ in range(times):
        with pytest.raises(StoreAwayError) as refused:
            use(store)
        reasons.append(str(refused.value.strerror))
    return reasons


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"secret": "not the secret"}, "SignatureDoesNotMatch"),
        ({"key_id": "AKIAUNKNOWNUNKNOWNUN"}, "InvalidAccessKeyId"),
        ({"name": "patients-without-a-bucket"}, "NoSuchBucket"),
        ({"name": "of-another-customer"}, "AccessDenied"),
    ],
    ids=["wrong secret", "unknown key", "no bucket", "no permission"],
)
@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_a_bucket_that_refuses_says_why_and_is_not_taken_for_an_empty_one(
    s3: S3StandIn, use: Use, change: dict[str, str], code: str
) -> None:
    place = replace(s3.make_bucket(), **change)
    bucket = Bucket(place)

    [reason] = refusals(bucket, use)

    assert reason == f"the bucket answers {code}"
    assert not bucket.is_ready()


def test_a_bucket_that_refuses_is_asked_every_time_as_it_holds_nobody_up(s3: S3StandIn) -> None:
    bucket = Bucket(replace(s3.make_bucket(), secret="not the secret"))

    assert set(refusals(bucket, USES["read"], 2 * FAILURES)) == {"the bucket answers SignatureDoesNotMatch"}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_a_bucket_that_hangs_is_waited_for_briefly_and_then_left_alone(own_s3: S3StandIn, use: Use) -> None:
    bucket = Bucket(own_s3.make_bucket(), BRIEF)
    own_s3.hang()

    reasons = refusals(bucket, use, FAILURES + 2)

    assert reasons[:FAILURES] == ["the bucket gives no usable answer (ReadTimeoutError)"] * FAILURES
    assert reasons[FAILURES:] == ["the bucket is left alone after several failures"] * 2
    assert not bucket.is_ready()


def test_a_bucket_that_is_back_is_used_again(own_s3: S3StandIn) -> None:
    place = own_s3.make_bucket()
    bucket = Bucket(place, Patience(between_checks=0.0, pause=0.0))
    assert bucket.is_ready()
    own_s3.stop()
    assert set(refusals(bucket, USES["write"], FAILURES + 1)) == {
        "the bucket gives no usable answer (EndpointConnectionError)"
    }
    assert not bucket.is_ready()

    own_s3.start()
    own_s3.make_again(place)

    bucket.write(FILE_ID, b"a picture")
    assert bucket.read(FILE_ID) == b"a picture"
    assert bucket.is_ready()


def test_after_a_pause_one_request_tries_and_its_answer_ends_the_pause() -> None:
    moment = 0.0
    pauses = Pauses(30.0, lambda: moment)

    def fail(times: int) -> None:
        for _ in range(times):
            pauses.begin()
            pauses.end(answered=False)

    fail(FAILURES)
    with pytest.raises(StoreAwayError, match="left alone"):
        pauses.begin()
    moment = 30.0
    pauses.begin()
    with pytest.raises(StoreAwayError, match="left alone"):
        pauses.begin()
    pauses.end(answered=False)
    moment = 59.0
    with pytest.raises(StoreAwayError, match="left alone"):
        pauses.begin()
    moment = 60.0
    pauses.begin()
    pauses.end(answered=True)

    fail(FAILURES - 1)
    pauses.begin()


@pytest.mark.parametrize("use", [USES["read"], USES["write"]], ids=["read", "write"])
def test_a_file_that_takes_too_long_in_all_is_given_up(s3: S3StandIn, use: Use) -> None:
    place = s3.make_bucket()
    Bucket(place).write(FILE_ID, b"a picture")

    [reason] = refusals(Bucket(place, Patience(longest=-1.0)), use)

    assert "no usable answer" in reason


def test_readiness_is_asked_only_now_and_then(own_s3: S3StandIn) -> None:
    bucket = Bucket(own_s3.make_bucket())
    assert bucket.is_ready()

    own_s3.stop()

    assert bucket.is_ready()


def test_deleting_leaves_no_earlier_version_in_a_bucket_that_keeps_them(s3: S3StandIn) -> None:
    place = s3.make_bucket(versioned=True)
    bucket = Bucket(place)
    for contents in (b"first", b"second", b"third"):
        bucket.write(FILE_ID, contents)
        bucket.write(FILE_ID + THUMBNAIL, contents)
    assert len(s3.everything_in(place)) == 6

    bucket.delete(FILE_ID)

    assert s3.everything_in(place) == {}


def test_what_others_keep_in_the_bucket_is_left_out_and_left_there(s3: S3StandIn) -> None:
    place = s3.make_bucket()
    others = ["notes.txt", FILE_ID, f"zz/{FILE_ID}"]
    for key in others:
        s3.owner().put_object(Bucket=place.name, Key=key, Body=b"theirs")
    bucket = Bucket(place)
    bucket.write(FILE_ID, b"a picture")

    assert list(bucket.names()) == [FILE_ID]
    bucket.delete(FILE_ID)
    assert sorted(s3.everything_in(place)) == sorted(others)


def test_an_error_names_neither_the_key_nor_the_bucket(s3: S3StandIn) -> None:
    place = replace(s3.make_bucket(), secret="not the secret")

    with pytest.raises(StoreAwayError) as refused:
        Bucket(place).read(FILE_ID)

    told = repr(refused.value) + repr(place)
    assert place.secret not in told
    assert place.name not in repr(refused.value)
    assert FILE_ID not in told


def test_the_settings_of_other_programs_on_the_machine_lead_nowhere(
    s3: S3StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "another")

    assert Bucket(s3.make_bucket()).is_ready()


def test_a_client_that_cannot_be_set_up_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nowhere")

    with pytest.raises(IntakeError, match="check ATTACHMENTS_S3_ENDPOINT"):
        Bucket(BucketPlace("patients", None, "us-east-1", "key", "secret"))
