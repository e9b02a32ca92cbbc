"""Encrypting a stream of any length, so that a change, a cut, or a wrong key is noticed before anything is used.

The stream is cut into chunks, each sealed with AES-256-GCM. The nonce holds the chunk's number and whether it is the
last one, and the header is authenticated with every chunk (the STREAM construction of Hoang, Reyhanitabar, Rogaway,
and Vizár). Each file has a key of its own, derived with a random salt.
"""

from __future__ import annotations

import base64
import os
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from intake.errors import IntakeError

MAGIC = b"INTAKE-BACKUP\x01"
CHUNK = 1024 * 1024
TAG = 16
_SALT, _NAME, _KEY = 16, 8, 32
DAMAGED = "the backup is incomplete or was changed after it was made: use another copy"


class BackupKey:
    """The key of backups, kept apart from the keys of the database."""

    def __init__(self, text: str) -> None:
        """Take a key as `intake keys new` prints it.

        Raises:
            IntakeError: it is not such a key.
        """
        try:
            self._secret = base64.urlsafe_b64decode(text.strip().encode("ascii"))
        except ValueError:
            self._secret = b""
        if len(self._secret) != _KEY:
            raise IntakeError("the backup key is not a key: make one with `intake keys new`")
        self.name = _derive(self._secret, None, b"intake backup key name")[:_NAME]

    def cipher(self, salt: bytes) -> AESGCM:
        """Return the cipher of one file."""
        return AESGCM(_derive(self._secret, salt, b"intake backup"))


class SealedWriter:
    """A file to write to, which is encrypted on the way; without `finish`, it can't be read back."""

    def __init__(self, file: BinaryIO, key: BackupKey) -> None:
        """Write the header."""
        salt = os.urandom(_SALT)
        self._file, self._cipher, self._header = file, key.cipher(salt), MAGIC + key.name + salt
        self._waiting, self._number = bytearray(), 0
        file.write(self._header)

    def write(self, data: bytes) -> int:
        """Write some bytes."""
        self._waiting += data
        while len(self._waiting) > CHUNK:  # the last chunk is not empty
            self._seal(bytes(self._waiting[:CHUNK]), is_last=False)
            del self._waiting[:CHUNK]
        return len(data)

    def finish(self) -> None:
        """Write what is left, marked as the end."""
        self._seal(bytes(self._waiting), is_last=True)

    def _seal(self, chunk: bytes, *, is_last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number, is_last), chunk, self._header))
        self._number += 1


class SealedReader:
    """A file to read from, which is decrypted and checked on the way."""

    def __init__(self, file: BinaryIO, key: BackupKey) -> None:
        """Read the header.

        Raises:
            IntakeError: it is no backup, or was made with another key.
        """
        self._header = file.read(len(MAGIC) + _NAME + _SALT)
        magic, name = self._header[: len(MAGIC)], self._header[len(MAGIC) : len(MAGIC) + _NAME]
        if magic != MAGIC:
            raise IntakeError("this file is not a backup that this version can read: give one made by `intake backup`")
        if len(self._header) < len(MAGIC) + _NAME + _SALT:
            raise IntakeError(DAMAGED)
        if name != key.name:
            raise IntakeError("the backup was made with another backup key: set BACKUP_KEY, or give --key-file")
        self._cipher = key.cipher(self._header[-_SALT:])
        self._file, self._number, self._plain = file, 0, b""
        self._next = file.read(CHUNK + TAG)
        self._is_over = False

    def read(self, size: int = -1) -> bytes:
        """Return some bytes, empty at the end.

        Raises:
            IntakeError: the file was cut off or changed.
        """
        while not self._is_over and (size < 0 or len(self._plain) < size):
            self._plain += self._open()
        cut = len(self._plain) if size < 0 else size
        found, self._plain = self._plain[:cut], self._plain[cut:]
        return found

    def _open(self) -> bytes:
        sealed, self._next = self._next, self._file.read(CHUNK + TAG)
        self._is_over = not self._next
        try:
            plain = self._cipher.decrypt(_nonce(self._number, self._is_over), sealed, self._header)
        except (InvalidTag, ValueError):
            raise IntakeError(DAMAGED) from None
        self._number += 1
        return plain


def _nonce(number: int, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])


def _derive(secret: bytes, salt: bytes | None, purpose: bytes) -> bytes:
    return HKDF(SHA256(), length=_KEY, salt=salt, info=purpose).derive(secret)
