"""Erasing at the carrier what was erased here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from inbox.models import ErasureKind
from intake.settings import Settings
from tasks.carriers.protocol import CarrierUnreachableError

if TYPE_CHECKING:
    from twilio.rest import Client

_WITH_PICTURES = "MM"  # how Twilio begins the sid of a message with pictures; it keeps a copy of those that were sent


class Eraser(Protocol):
    """Erases what a carrier keeps of messages and calls."""

    def erase(self, kind: ErasureKind, provider_id: str, parent_id: str | None) -> None:
        """Erase one thing; what is gone already counts as erased.

        Raises:
            CarrierUnreachableError: the carrier did not confirm it.
        """
        ...


class NoEraser:
    """Stands in while there are no credentials: what is to be erased waits for them."""

    def erase(self, kind: ErasureKind, provider_id: str, parent_id: str | None) -> None:
        """Refuse."""
        raise CarrierUnreachableError("no Twilio credentials")


class TwilioEraser:
    """Redacts texts and deletes pictures, transcriptions, and recordings at Twilio.

    https://www.twilio.com/docs/messaging/api/message-resource#redact-a-message: an empty body replaces the text, and
    the record of the message stays, which the carrier bills by.
    """

    def __init__(self, client: Client) -> None:
        """Create an eraser from a client."""
        self._client = client

    def erase(self, kind: ErasureKind, provider_id: str, parent_id: str | None) -> None:
        """Erase one thing; what is gone already counts as erased."""
        import requests  # slow to import, here and below, and of no use without credentials
        from twilio.base.exceptions import TwilioException, TwilioRestException

        try:
            self._request(kind, provider_id, parent_id)
        except TwilioRestException as error:
            if error.status != requests.codes.not_found:
                raise CarrierUnreachableError(f"status {error.status}, code {error.code}") from None
        except (TwilioException, requests.RequestException, ValueError) as error:
            raise CarrierUnreachableError(type(error).__name__) from None

    def _request(self, kind: ErasureKind, provider_id: str, parent_id: str | None) -> None:
        if kind == ErasureKind.MESSAGE:
            message = self._client.messages(provider_id)
            if provider_id.startswith(_WITH_PICTURES):
                for picture in message.media.list():
                    message.media(picture.sid).delete()
            message.update(body="")
        elif kind == ErasureKind.MEDIA:
            self._client.messages(str(parent_id)).media(provider_id).delete()
        else:
            recording = self._client.recordings(provider_id)
            recording.fetch()  # a list of transcriptions does not tell a recording that is gone from an outage
            for transcription in recording.transcriptions.list():
                self._client.transcriptions(transcription.sid).delete()
            recording.delete()


def make_eraser(settings: Settings) -> Eraser:
    """Return an eraser at Twilio if there are credentials, else one that lets everything wait."""
    if not settings.sends_texts:
        return NoEraser()
    from tasks.carriers.twilio import make_client

    return TwilioEraser(make_client(settings))
