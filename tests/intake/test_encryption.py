"""Encryption at rest, and the blind index that numbers are found by."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.encryption import Keyring, new_key
from intake.errors import IntakeError
from tests.world import ENCRYPTION_KEY, OTHER_KEY, PATIENT

OLD = Keyring(ENCRYPTION_KEY)
NEW = Keyring(OTHER_KEY)
BOTH = Keyring(f"{OTHER_KEY},{ENCRYPTION_KEY}")
AWKWARD = ["", " ", "a\x00b", "Grüße 熱 \N{GRINNING FACE}", "\ud83d", "\ud83d\ude00", "\udc00\ud800", "x" * 100_000]


# ---- encryption


@pytest.mark.parametrize("text", AWKWARD, ids=range(len(AWKWARD)))
def test_any_text_comes_back_as_it_was(text: str) -> None:
    assert OLD.decrypt(OLD.encrypt(text)) == text


@given(st.text(st.characters()))
@settings(deadline=None, database=None)
def test_every_text_comes_back_as_it_was(text: str) -> None:
    assert OLD.decrypt(OLD.encrypt(text)) == text


def test_a_token_shows_nothing_of_the_text() -> None:
    token = OLD.encrypt("swordfish allergy")

    assert b"swordfish" not in token
    assert b"swordfish" not in base64.urlsafe_b64decode(token)


def test_the_same_text_is_never_encrypted_the_same() -> None:
    assert OLD.encrypt("ok") != OLD.encrypt("ok")


def test_an_altered_token_is_refused() -> None:
    token = bytearray(OLD.encrypt("swordfish"))
    for position in (0, len(token) // 2, len(token) - 5):
        altered = bytes(token[:position]) + (b"A" if token[position : position + 1] != b"A" else b"B")
        with pytest.raises(IntakeError, match="cannot be decrypted with ENCRYPTION_KEYS"):
            OLD.decrypt(altered + bytes(token[position + 1 :]))


@pytest.mark.parametrize("token", [b"", b"swordfish", b"\xff\x00", OTHER_KEY.encode()])
def test_what_was_never_a_token_is_refused(token: bytes) -> None:
    with pytest.raises(IntakeError, match="cannot be decrypted with ENCRYPTION_KEYS"):
        OLD.decrypt(token)


def test_a_token_of_a_key_that_is_not_there_is_refused_and_the_key_asked_for() -> None:
    with pytest.raises(IntakeError, match="add the key it was written with") as refusal:
        NEW.decrypt(OLD.encrypt("swordfish"))

    assert refusal.value.__suppress_context__
    assert OTHER_KEY not in str(refusal.value)


# ---- several keys


def test_the_first_key_encrypts_and_all_decrypt() -> None:
    assert BOTH.decrypt(OLD.encrypt("old")) == "old"
    assert NEW.decrypt(BOTH.encrypt("new")) == "new"
    with pytest.raises(IntakeError):
        OLD.decrypt(BOTH.encrypt("new"))


def test_a_value_has_an_index_under_each_key_the_newest_first() -> None:
    assert BOTH.indexes(PATIENT) == [NEW.index(PATIENT), OLD.index(PATIENT)]
    assert BOTH.index(PATIENT) == NEW.index(PATIENT)


def test_a_key_has_its_own_fingerprint() -> None:
    assert BOTH.fingerprints == NEW.fingerprints + OLD.fingerprints
    assert NEW.fingerprints != OLD.fingerprints
    assert all(len(fingerprint) == 16 for fingerprint in BOTH.fingerprints)
    assert OLD.fingerprints == Keyring(ENCRYPTION_KEY).fingerprints


# ---- the blind index


def test_an_index_is_the_same_each_time_and_another_for_another_value() -> None:
    assert OLD.index(PATIENT) == Keyring(ENCRYPTION_KEY).index(PATIENT)
    assert OLD.index(PATIENT) != OLD.index("+12025550124")
    assert len(OLD.index("\ud800")) == 32


def test_an_index_cannot_be_computed_without_the_key() -> None:
    secret = base64.urlsafe_b64decode(ENCRYPTION_KEY)
    value = PATIENT.encode()
    keyed = [hmac.new(key, value, "sha256").hexdigest() for key in (secret, secret[:16], secret[16:])]

    assert OLD.index(PATIENT) not in [guess[:32] for guess in (hashlib.sha256(value).hexdigest(), *keyed)]
    assert OLD.index(PATIENT) != NEW.index(PATIENT)
    assert "2025550123" not in OLD.index(PATIENT)


def test_an_index_tells_nothing_of_the_fingerprint() -> None:
    assert OLD.index("") not in OLD.fingerprints


# ---- making keys


def test_a_new_key_is_usable_and_never_the_same() -> None:
    keys = {new_key() for _ in range(10)}

    assert len(keys) == 10
    for key in keys:
        assert Keyring(key).decrypt(Keyring(key).encrypt("hello")) == "hello"
