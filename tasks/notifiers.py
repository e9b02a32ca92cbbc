"""Telling staff: through a team's apprise addresses, and always on the console."""

from __future__ import annotations

import logging

import apprise
import structlog

from tasks.notices import CONSOLE, Notice, describe

log = structlog.get_logger(__name__)
logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its warnings hold addresses


class Notifier:
    """Sends notices."""

    def __init__(self, public_url: str) -> None:
        self._public_url = public_url

    def notify(self, notice: Notice, address: str) -> bool:
        """Sends one notice to one address, and says whether it was taken."""
        link = f"{self._public_url}/staff/conversations/{notice.conversation_id}"
        if address == CONSOLE:
            log.info(
                "staff_notified",
                team=notice.team,
                priority=notice.priority,
                reason=notice.reason,
                conversation_id=notice.conversation_id,
                message_id=notice.message_id,
            )
            return True
        channel = apprise.Apprise()
        if not channel.add(address):
            return False
        title = f"[{notice.priority}] {describe(notice.reason)} at {notice.practice}"
        return bool(channel.notify(title=title, body=f"For {notice.team.replace('_', ' ')}. Open it: {link}"))
