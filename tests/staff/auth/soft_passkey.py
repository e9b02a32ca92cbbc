"""A passkey made of software: what a browser and its authenticator answer (WebAuthn level 2)."""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import Any
from urllib.parse import urlsplit

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import bytes_to_base64url as encoded

PRESENT, VERIFIED, HAS_KEY = 0x01, 0x04, 0x40


class SoftPasskey:
    """One passkey for a site.

    Attributes:
        credential_id: its id.
        count: how often it has signed.
        handle: for whom the browser made it, in base64url; None before it was made.
    """

    def __init__(self, origin: str) -> None:
        self.credential_id = secrets.token_bytes(32)
        self.count = 0
        self.handle: str | None = None
        self._origin = origin
        self._key = ec.generate_private_key(ec.SECP256R1())

    def make(self, options: dict[str, Any], *, flags: int = PRESENT | VERIFIED, origin: str = "") -> str:
        """Answer what `navigator.credentials.create` is asked."""
        self.handle = options.get("user", {}).get("id", self.handle)
        numbers = self._key.public_key().public_numbers()
        x, y = (number.to_bytes(32, "big") for number in (numbers.x, numbers.y))
        key = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        length = len(self.credential_id).to_bytes(2, "big")
        data = self._data(flags | HAS_KEY) + bytes(16) + length + self.credential_id + key
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", options["challenge"], origin)
        return self._answer(clientDataJSON=encoded(client), attestationObject=encoded(attestation))

    def sign(
        self, options: dict[str, Any], *, flags: int = PRESENT | VERIFIED, origin: str = "", handle: str | None = None
    ) -> str:
        """Answer what `navigator.credentials.get` is asked."""
        self.count += 1
        data, client = self._data(flags), self._client("webauthn.get", options["challenge"], origin)
        signature = self._key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            clientDataJSON=encoded(client),
            authenticatorData=encoded(data),
            signature=encoded(signature),
            userHandle=handle or self.handle,
        )

    def _data(self, flags: int) -> bytes:
        site = (urlsplit(self._origin).hostname or "").encode()
        return hashlib.sha256(site).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str, origin: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": origin or self._origin}).encode()

    def _answer(self, **response: str | None) -> str:
        key = encoded(self.credential_id)
        return json.dumps({"id": key, "rawId": key, "type": "public-key", "response": response})
