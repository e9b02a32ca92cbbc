"""What a message says by its words alone that decides how it is answered, whatever the model takes it to be about."""

from __future__ import annotations

from classifier.rules.acknowledgement import asks_for_help
from classifier.rules.praise import is_praise
from classifier.rules.remarks import asks_in_confidence, says_wrong_number
from inbox.contact.chat_contact import read_contact_line
from inbox.models import Message
from intake.vocabulary import Channel, Disposition, Medium, Route


def find_remark(message: Message, medium: Medium) -> Route | None:
    """Return the route of a message that its words alone decide, one of `REMARKS`.

    Only a text can come from a wrong number, and only a chat keeps the number or address that a patient writes in it.
    """
    if medium is Medium.SMS and says_wrong_number(message.text):
        return Route.WRONG_NUMBER
    if message.conversation.channel == Channel.CHAT and any(read_contact_line(message.text)):
        return Route.CONTACT
    return Route.IN_CONFIDENCE if asks_in_confidence(message.text) else None


def settle_praise(message: Message, disposition: Disposition, *, praise: bool) -> tuple[Disposition, bool]:
    """Return a message's disposition and whether it is praise, which words can tell.

    What has a picture says more. So may what asks, or has a word of need, though the network hears nothing but praise.
    """
    if message.media:
        return disposition, False
    if disposition is not Disposition.ACKNOWLEDGEMENT and is_praise(message.text):
        return Disposition.OUT_OF_SCOPE, True
    return disposition, praise and not ("?" in message.text or asks_for_help(message.text))
