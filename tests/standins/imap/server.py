"""The server: pymap in a thread, reached by TLS alone, and what tests put into it and find in it."""

from __future__ import annotations

import asyncio
import ssl
import threading
from argparse import Namespace
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import Any, Self

import pymap.imap
from imapclient import IMAPClient
from proxyprotocol.reader import ProxyProtocolReader
from pymap.backend.dict import Config, DictBackend, Login
from pymap.imap import IMAPServer
from pymap.imap.state import ConnectionState
from pysasl import SASLAuth
from pysasl.hashing import Cleartext

from tests.standins.certificates import Certificate

USER = "hello"
PASSWORD = "a mailbox password for tests only"


@cache
def _mechanisms() -> SASLAuth:
    return SASLAuth.defaults()


class _Config(Config):
    """Looks for ways to sign in once, not in every package that is installed twice a connection."""

    @property
    def tls_auth(self) -> SASLAuth:
        return _mechanisms()


class _State(ConnectionState):
    """Tells a client that begins to wait what came in since the last answer, as servers do."""

    async def receive_updates(self, cmd: Any, done: Any) -> Iterable[Any]:
        self._selected, untagged = (await self.session.check_mailbox(self.selected)).fork(cmd)
        return list(untagged) or await super().receive_updates(cmd, done)


pymap.imap.ConnectionState = _State  # type: ignore[attr-defined]


class ImapServer:
    """An IMAP server with one account, whose mailbox is empty at first. Also a context manager.

    Attributes:
        port: where it listens.
        sessions: how many connections were made to it, apart from the tests' own.
    """

    def __init__(self, certificate: Certificate) -> None:
        self._certificate = certificate
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="IMAP server", daemon=True)
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def deliver(self, raw: bytes, *, at: datetime | None = None, folder: str = "INBOX") -> None:
        """Put an email into a folder, as if it had come in then."""
        with self.client() as client:
            client.append(folder, raw, msg_time=at)

    def emails(self, folder: str) -> list[bytes]:
        """Return what is in a folder, oldest first; nothing if there is no such folder."""
        with self.client() as client:
            if not client.folder_exists(folder):
                return []
            client.select_folder(folder, readonly=True)
            found = client.fetch(client.search(), ["BODY.PEEK[]"])
            return [found[uid][b"BODY[]"] for uid in sorted(found)]

    @contextmanager
    def client(self) -> Iterator[IMAPClient]:
        """Sign in as a person with a mail program would."""
        client = IMAPClient("localhost", self.port, ssl_context=self._certificate.trusting(), timeout=10)
        client.login(USER, PASSWORD)
        yield client
        client.logout()

    async def _open(self) -> None:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(self._certificate.chain)
        given = Namespace(proxy_protocol=None, passlib_cfg=None, host=None, port=None, debug=False)
        given.__dict__ |= {"cert": None, "key": None, "tls": False}
        given.__dict__ |= {"demo_data": False, "demo_user": USER, "demo_password": PASSWORD}
        # a hash would be computed for each connection
        config = _Config.from_args(given, invalid_user_sleep=0.0, hash_context=Cleartext())
        login = Login(config)
        await DictBackend._add_demo_user(config, login)
        config.apply_context()
        serve = ProxyProtocolReader(config.proxy_protocol).get_callback(IMAPServer(login, config))
        self._server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        self._server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


__all__ = ["PASSWORD", "USER", "Config", "ImapServer"]
