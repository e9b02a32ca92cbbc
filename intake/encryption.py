"""Encryption at rest, and look-up by number without storing the number in the clear.

Text and numbers are encrypted with Fernet (https://github.com/fernet/spec). A number is found again by its blind
index: a keyed hash (HMAC-SHA-256) under a key derived from an encryption key with HKDF (RFC 5869).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from intake.errors import MissingKeyError

_UNREADABLE = "a stored text cannot be decrypted with ENCRYPTION_KEYS: add the key it was written with"


class Keyring:
    """The encryption keys of one process.

    One of them encrypts, indexes, and seals: the first, until `write_with` names another, because the database says
    which key everyone writes with. All of them decrypt and look up.

    Attributes:
        fingerprints: what the keys are known by, in the order of `ENCRYPTION_KEYS`.
        writes: how many texts and seals this process has written so far.
    """

    def __init__(self, keys: str) -> None:
        """Take comma-separated Fernet keys, as in `ENCRYPTION_KEYS`; one that is given twice counts once."""
        given = [key.encode("ascii") for key in keys.split(",")]
        secrets = list({base64.urlsafe_b64decode(secret): secret for secret in given}.values())
        self._fernets = [Fernet(secret) for secret in secrets]
        self._index_keys = [_derive(secret, b"intake blind index") for secret in secrets]
        self._seal_keys = [_derive(secret, b"intake audit seal") for secret in secrets]
        self._job_keys = [_derive(secret, b"intake job") for secret in secrets]
        self._search_keys = [_derive(secret, b"intake search index") for secret in secrets]
        self.fingerprints = [_derive(secret, b"intake key fingerprint").hex()[:16] for secret in secrets]
        self.writes = 0
        self._writing = 0

    @property
    def writing(self) -> str:
        """The fingerprint of the key that encrypts."""
        return self.fingerprints[self._writing]

    def write_with(self, fingerprint: str) -> None:
        """Encrypt with another of the keys from now on."""
        self._writing = self.fingerprints.index(fingerprint)

    def encrypt(self, text: str) -> bytes:
        """Return the encrypted text; lone surrogates survive the round trip."""
        return self.encrypt_bytes(text.encode("utf-8", "surrogatepass"))

    def encrypt_bytes(self, data: bytes) -> bytes:
        """Return the encrypted bytes."""
        self.writes += 1
        return self._fernets[self._writing].encrypt(data)

    def decrypt(self, token: bytes) -> str:
        """Return the text.

        Raises:
            MissingKeyError: none of the keys made this token, or it was altered.
        """
        return self.decrypt_bytes(token).decode("utf-8", "surrogatepass")

    def decrypt_bytes(self, token: bytes) -> bytes:
        """Return the bytes.

        Raises:
            MissingKeyError: none of the keys made this token, or it was altered.
        """
        for fernet in self._fernets:
            try:
                return fernet.decrypt(token)
            except InvalidToken:
                continue
        raise MissingKeyError(_UNREADABLE) from None

    def renew(self, token: bytes) -> bytes | None:
        """Return what was encrypted, encrypted with the key that writes; None if it already is.

        Raises:
            MissingKeyError: none of the keys made this token, or it was altered.
        """
        try:
            self._fernets[self._writing].decrypt(token)
        except InvalidToken:
            return self.encrypt_bytes(self.decrypt_bytes(token))
        return None

    def index(self, value: str) -> str:
        """Return the blind index of a value under the key that writes: 32 hexadecimal digits."""
        return self.indexes(value)[0]

    def indexes(self, value: str) -> list[str]:
        """Return the blind index of a value under each key, that of the key that writes first."""
        return [index for _, index in self.keyed_indexes(value)]

    def keyed_indexes(self, value: str) -> list[tuple[str, str]]:
        """Return the fingerprint of each key with the blind index of a value under it, as `indexes`."""
        data = value.encode("utf-8", "surrogatepass")
        places = sorted(range(len(self.fingerprints)), key=lambda place: place != self._writing)
        return [
            (self.fingerprints[place], hmac.new(self._index_keys[place], data, hashlib.sha256).hexdigest()[:32])
            for place in places
        ]

    def word_codes(self, scope: str, words: Iterable[str]) -> set[int]:
        """Return the codes of words in a search index under the key that writes; see `_word_code`."""
        key = self._search_keys[self._writing]
        area = _area(key, scope)
        return {_word_code(key, area, scope, word) for word in words}

    def wanted_codes(self, scope: str, word: str) -> set[int]:
        """Return the codes that a word may have in a search index, under any of the keys."""
        return {_word_code(key, _area(key, scope), scope, word) for key in self._search_keys}

    def seal(self, value: str) -> str:
        """Return what only those who have the key that writes can make of a value: 64 hexadecimal digits."""
        self.writes += 1
        return _seal(self._seal_keys[self._writing], value)

    def has_sealed(self, value: str, seal: str) -> bool:
        """Return whether a seal was made of this value under any of the keys."""
        given = seal.encode("utf-8", "surrogatepass")
        return any(hmac.compare_digest(_seal(key, value).encode(), given) for key in self._seal_keys)

    def sign_job(self, job_id: str) -> str:
        """Return what only this service can make of a job's id: 32 hexadecimal digits."""
        return _seal(self._job_keys[self._writing], job_id)[:32]

    def has_signed_job(self, job_id: str, signature: str) -> bool:
        """Return whether a job's id was signed under any of the keys."""
        given = signature.encode("utf-8", "surrogatepass")
        return any(hmac.compare_digest(_seal(key, job_id)[:32].encode(), given) for key in self._job_keys)


def new_key() -> str:
    """Return a fresh Fernet key."""
    return Fernet.generate_key().decode("ascii")


def _derive(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), length=32, salt=None, info=purpose).derive(base64.urlsafe_b64decode(secret))


def _seal(key: bytes, value: str) -> str:
    return hmac.new(key, value.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def _area(key: bytes, scope: str) -> bytes:
    return hmac.digest(key, b"scope\n" + scope.encode(), "sha256")[:2]


def _word_code(key: bytes, area: bytes, scope: str, word: str) -> int:
    """Return a 32-bit code of a word: half of it stands for the scope, half for the word.

    The half for the word is that short on purpose, so that a code belongs to several rare words; see ADR 26.
    """
    value = f"word\n{scope}\n{word}".encode("utf-8", "surrogatepass")
    return int.from_bytes(area + hmac.digest(key, value, "sha256")[:2], "big", signed=True)
