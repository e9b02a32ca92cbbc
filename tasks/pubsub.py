"""Waking the browsers that watch: Redis carries "look at conversation N now", never a word of it.

What can be watched is a topic: one conversation, or everything of one practice. A wake-up may be lost; a stream looks
by itself now and then (see `webhooks.browser.chat`).
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import redis
import structlog

log = structlog.get_logger(__name__)

_CHANNEL = "live:"
_LISTEN_SECONDS = 15.0
_RECONNECT_SECONDS = 1.0


def conversation_topic(conversation_id: int) -> str:
    """Return the topic of one conversation."""
    return f"conversation:{conversation_id}"


def practice_topic(slug: str) -> str:
    """Return the topic of everything of one practice."""
    return f"practice:{slug}"


def topics_of(conversation_id: int, practice: str) -> tuple[str, ...]:
    """Return the topics that a change of a conversation belongs to."""
    return conversation_topic(conversation_id), practice_topic(practice)


def announce(connection: redis.Redis, topic: str) -> None:
    """Say that a topic looks different now; with Redis down, its watchers find out by themselves."""
    try:
        connection.publish(f"{_CHANNEL}{topic}", b"")
    except redis.RedisError as error:
        log.warning("not_announced", topic=topic, error=type(error).__name__)


class Watchers:
    """Those in this process who watch a topic, on one subscription for all of them.

    Its thread starts with the first watcher, after gunicorn's worker has patched threads into greenlets.
    """

    def __init__(self, connect: Callable[[], redis.Redis]) -> None:
        """Take what opens a client of its own for the subscription."""
        self._connect = connect
        self._signals: dict[str, set[threading.Event]] = defaultdict(set)
        self._lock = threading.Lock()
        self._listener: threading.Thread | None = None
        self._closed = threading.Event()

    @property
    def is_closed(self) -> bool:
        """Whether the process is about to end, so that nobody should go on watching."""
        return self._closed.is_set()

    @contextmanager
    def watch(self, *topics: str) -> Iterator[threading.Event]:
        """Yield an event that is set whenever one of the topics may look different."""
        signal = threading.Event()
        with self._lock:
            for topic in topics:
                self._signals[topic].add(signal)
            if self._listener is None:
                self._listener = threading.Thread(target=self._listen, daemon=True, name="watchers")
                self._listener.start()
        try:
            yield signal
        finally:
            with self._lock:
                for topic in topics:
                    self._signals[topic].discard(signal)
                    if not self._signals[topic]:
                        del self._signals[topic]

    def close(self) -> None:
        """Wake everyone for the last time."""
        self._closed.set()
        self._wake_all()

    def _listen(self) -> None:
        while not self.is_closed:
            try:
                self._relay()
            except redis.RedisError as error:
                log.warning("subscription_lost", error=type(error).__name__)
                self._closed.wait(_RECONNECT_SECONDS)

    def _relay(self) -> None:
        with self._connect() as client, client.pubsub() as subscription:
            subscription.psubscribe(f"{_CHANNEL}*")
            while not self.is_closed:
                message = subscription.get_message(timeout=_LISTEN_SECONDS)
                if message is None:
                    subscription.ping()  # finds out about a connection that is silently gone
                elif message["type"] == "psubscribe":
                    self._wake_all()  # for what was said while nobody listened
                elif message["type"] == "pmessage":
                    self._wake(message["channel"].decode().removeprefix(_CHANNEL))

    def _wake(self, topic: str) -> None:
        with self._lock:
            for signal in self._signals.get(topic, ()):
                signal.set()

    def _wake_all(self) -> None:
        with self._lock:
            for signals in self._signals.values():
                for signal in signals:
                    signal.set()
