"""What browsers are asked about passkeys, and how their answers are verified (WebAuthn level 2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url, parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

# The library lets some errors of the decoders through.
_NOT_HELD = (WebAuthnException, ValueError, TypeError, LookupError)


@dataclass(frozen=True, slots=True)
class MadePasskey:
    """A passkey that a browser made.

    Attributes:
        credential_id: its id, in base64url.
        public_key: its public key, in base64url.
        sign_count: how often it has signed.
    """

    credential_id: str
    public_key: str
    sign_count: int


class Site:
    """The site that passkeys are for."""

    def __init__(self, public_url: str) -> None:
        """Take the address that browsers use."""
        parts = urlsplit(public_url)
        self._host = parts.hostname or ""
        self._origin = f"{parts.scheme}://{parts.netloc}"

    def ask_for_new(self, challenge: bytes, staff_id: int, email: str, name: str, known: Sequence[str]) -> str:
        """Return what a browser needs to make a passkey, as JSON.

        Args:
            challenge: random bytes.
            staff_id: the member.
            email: the member's email address.
            name: the member's name.
            known: the ids of the member's passkeys, of which the browser makes no second one.
        """
        options = generate_registration_options(
            rp_id=self._host,
            rp_name="Intake",
            user_name=email,
            user_display_name=name,
            user_id=_user_handle(staff_id),
            challenge=challenge,
            exclude_credentials=[PublicKeyCredentialDescriptor(id=base64url_to_bytes(key)) for key in known],
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
        )
        return options_to_json(options)

    def read_new(self, challenge: bytes, credential: dict[str, Any]) -> MadePasskey | None:
        """Return the passkey in a browser's answer, None if it does not hold."""
        try:
            made = verify_registration_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self._host,
                expected_origin=self._origin,
                require_user_verification=True,
            )
        except _NOT_HELD:
            return None
        return MadePasskey(
            bytes_to_base64url(made.credential_id), bytes_to_base64url(made.credential_public_key), made.sign_count
        )

    def ask_for_any(self, challenge: bytes) -> str:
        """Return what a browser needs to let its user choose a passkey, as JSON."""
        options = generate_authentication_options(
            rp_id=self._host, challenge=challenge, user_verification=UserVerificationRequirement.REQUIRED
        )
        return options_to_json(options)

    def read_count(
        self, challenge: bytes, credential: dict[str, Any], staff_id: int, public_key: str, sign_count: int
    ) -> int | None:
        """Return how often the passkey of a browser's answer has signed by now, None if the answer does not hold.

        A browser also says for whom it made the passkey. That must be its owner here (section 7.2, step 6).
        """
        try:
            told = parse_authentication_credential_json(credential).response.user_handle
            if told is not None and told != _user_handle(staff_id):
                return None
            answered = verify_authentication_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self._host,
                expected_origin=self._origin,
                credential_public_key=base64url_to_bytes(public_key),
                credential_current_sign_count=sign_count,
                require_user_verification=True,
            )
        except _NOT_HELD:
            return None
        return answered.new_sign_count


def _user_handle(staff_id: int) -> bytes:
    return f"staff {staff_id}".encode()
