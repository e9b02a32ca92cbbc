"""All ways in which raw email comes in, run by one process: the listener, and a watch per mailbox."""

from __future__ import annotations

import ssl
from collections.abc import Sequence

from inbox.storage.presence import MAILBOX_AWAY
from web.services import Services
from webhooks.email.listener import MailListener
from webhooks.email.mailbox_watch import MailboxWatch


class MailService:
    """The listener and the watches.

    Attributes:
        listener: takes mail in at `MAIL_LISTEN`; None if that is not set.
        watches: one per mailbox.
    """

    def __init__(self, services: Services, tls: ssl.SSLContext) -> None:
        """Prepare what the settings and the practices file name.

        Args:
            services: what stores and queues.
            tls: whom connections to mailboxes trust.

        Raises:
            IntakeError: the listener's certificate can't be used.
        """
        door = services.settings.mail_door
        self.listener = MailListener(services, door) if door else None
        self.watches = [
            MailboxWatch(services, practice.slug, practice.mailbox, tls)
            for practice in services.practices.all
            if practice.mailbox is not None
        ]

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to do."""
        return self.listener is None and not self.watches

    def start(self) -> None:
        """Begin to take email in.

        Raises:
            IntakeError: the listener's address is taken.
        """
        if self.listener is not None:
            self.listener.start()
        for watch in self.watches:
            watch.start()

    def stop(self) -> None:
        """Stop, after what is being stored."""
        if self.listener is not None:
            self.listener.stop()
        for watch in self.watches:
            watch.stop()

    def find_troubles(self) -> Sequence[str]:
        """Return what this process's row says it lacks."""
        return [MAILBOX_AWAY] if any(watch.is_failing for watch in self.watches) else []
