"""Encryption at rest, and look-up by number without storing the number in the clear.

Text and numbers are encrypted with Fernet (https://github.com/fernet/spec). A number is found again by its blind
index: a keyed hash (HMAC-SHA-256) under a key derived from an encryption key with HKDF (RFC 5869).
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from intake.errors import IntakeError


class Keyring:
    """The encryption keys of one service, newest first.

    The first key encrypts and indexes; all of them decrypt and look up. To rotate, put a new key first, restart,
    and run `intake keys rotate`; then the old key can be dropped.
    """

    def __init__(self, keys: str) -> None:
        """Take comma-separated Fernet keys, as in `ENCRYPTION_KEYS`."""
        secrets = [key.encode("ascii") for key in keys.split(",")]
        self._fernet = MultiFernet([Fernet(secret) for secret in secrets])
        self._index_keys = [_derive(secret, b"intake blind index") for secret in secrets]
        self._seal_keys = [_derive(secret, b"intake audit seal") for secret in secrets]
        self.fingerprints = [_derive(secret, b"intake key fingerprint").hex()[:16] for secret in secrets]

    def encrypt(self, text: str) -> bytes:
        """Return the encrypted text; lone surrogates survive the round trip."""
        return self._fernet.encrypt(text.encode("utf-8", "surrogatepass"))

    def decrypt(self, token: bytes) -> str:
        """Return the text.

        Raises:
            IntakeError: none of the keys made this token, or it was altered.
        """
        try:
            return self._fernet.decrypt(token).decode("utf-8", "surrogatepass")
        except InvalidToken:
            raise IntakeError(
                "a stored text cannot be decrypted with ENCRYPTION_KEYS: add the key it was written with"
            ) from None

    def index(self, value: str) -> str:
        """Return the blind index of a value under the newest key: 32 hexadecimal digits."""
        return self.indexes(value)[0]

    def indexes(self, value: str) -> list[str]:
        """Return the blind index of a value under each key, newest first."""
        data = value.encode("utf-8", "surrogatepass")
        return [hmac.new(key, data, hashlib.sha256).hexdigest()[:32] for key in self._index_keys]

    def seal(self, value: str) -> str:
        """Return what only those who have the newest key can make of a value: 64 hexadecimal digits."""
        return _seal(self._seal_keys[0], value)

    def has_sealed(self, value: str, seal: str) -> bool:
        """Return whether a seal was made of this value under any of the keys."""
        given = seal.encode("utf-8", "surrogatepass")
        return any(hmac.compare_digest(_seal(key, value).encode(), given) for key in self._seal_keys)


def new_key() -> str:
    """Return a fresh Fernet key."""
    return Fernet.generate_key().decode("ascii")


def _derive(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), length=32, salt=None, info=purpose).derive(base64.urlsafe_b64decode(secret))


def _seal(key: bytes, value: str) -> str:
    return hmac.new(key, value.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
