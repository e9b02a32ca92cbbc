"""The channels, one row each: what they are called, how they are answered, and what their address proves.

To add a channel, add its name to `intake.vocabulary.Channel`, a row here and a module in `webhooks/`;
`CONTRIBUTING.md` lists every step.
"""

from __future__ import annotations

from dataclasses import dataclass

from intake.vocabulary import BELIEVED, Channel, Medium, SenderDoubt


@dataclass(frozen=True, slots=True)
class ChannelTraits:
    """What a channel is like.

    Attributes:
        words: what staff read, such as "Text".
        icon: the name of its drawing in `templates/staff/icons/`.
        medium: how a reply goes out.
        medium_for_email: how a reply goes out when the patient's address is an email address.
        anonymous: what a patient is called who gave neither a name nor an address.
        takes_keywords: whether STOP, START and HELP are opt-out keywords, as carriers define them.
        proves_address: whether a message proves that its sender reads texts at the address; if not, the line type is
            looked up before the first text.
        needs_text: whether a message without text is something that only a person can make sense of, such as a
            voicemail without a transcription.
        vouches_for_sender: whether a carrier or a mail server says who sent a message; if not, one stranger can send
            any number of them as if from many patients.
        has_fields: whether the patient's name and addresses come in fields of their own, so that none are looked for
            in the text.
        consents: where patients agree to texts on it, as staff read it, such as "in a chat"; empty if nobody asks them.
    """

    words: str
    icon: str
    medium: Medium
    medium_for_email: Medium | None = None
    anonymous: str = "Unknown sender"
    takes_keywords: bool = False
    proves_address: bool = True
    needs_text: bool = False
    vouches_for_sender: bool = True
    has_fields: bool = False
    consents: str = ""


CHANNELS: dict[Channel, ChannelTraits] = {
    Channel.SMS: ChannelTraits("Text", "message-square", Medium.SMS, takes_keywords=True),
    Channel.VOICEMAIL: ChannelTraits(
        "Voicemail", "voicemail", Medium.SMS, anonymous="Hidden number", proves_address=False, needs_text=True
    ),
    Channel.CHAT: ChannelTraits(
        "Chat",
        "messages-square",
        Medium.CHAT,
        anonymous="Chat visitor",
        vouches_for_sender=False,
        consents="in a chat",
    ),
    Channel.WEB_FORM: ChannelTraits(
        "Form",
        "file-text",
        Medium.SMS,
        medium_for_email=Medium.EMAIL,
        proves_address=False,
        vouches_for_sender=False,
        has_fields=True,
        consents="in a form",
    ),
    Channel.EMAIL: ChannelTraits("Email", "mail", Medium.EMAIL),
}

UNVOUCHED: tuple[Channel, ...] = tuple(channel for channel, traits in CHANNELS.items() if not traits.vouches_for_sender)
"""The channels on which anyone can write without an address that a carrier or a mail server vouches for."""
PROVEN: tuple[Channel, ...] = tuple(
    channel for channel, traits in CHANNELS.items() if traits.proves_address and traits.vouches_for_sender
)
"""The channels on which a patient is written to at the very address that they write from."""


def is_vouched(channel: str, doubt: SenderDoubt | None) -> bool:
    """Return whether a carrier or a mail server vouches for who sent a message.

    Args:
        channel: a `Channel`.
        doubt: why a message gets no automatic reply, None if it may.

    Raises:
        ValueError: the channel is unknown.
    """
    return traits_of(channel).vouches_for_sender and doubt in BELIEVED


def traits_of(channel: str) -> ChannelTraits:
    """Return what a channel is like.

    Raises:
        ValueError: the channel is unknown.
    """
    return CHANNELS[Channel(channel)]


def medium_for(channel: str, address: str | None) -> Medium:
    """Return how the answer to a message goes out; a contact form's goes to the address that was given."""
    traits = traits_of(channel)
    if traits.medium_for_email is not None and address is not None and "@" in address:
        return traits.medium_for_email
    return traits.medium
