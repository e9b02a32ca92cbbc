"""A real IMAP server (pymap) on a loopback port, with mailboxes in memory."""

from tests.standins.imap.server import PASSWORD, USER, ImapServer

__all__ = ["PASSWORD", "USER", "ImapServer"]
