"""Waking browsers that watch a page: Redis carries "look at conversation N now", and none of its text.

A topic is one conversation, or everything that happens in one practice. A wake-up may be lost, so each stream also
checks at regular intervals (see `web.event_stream`).
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import redis
import structlog

log = structlog.get_logger(__name__)

_CHANNEL = "live:"
_LISTEN_SECONDS = 15.0
_RECONNECT_SECONDS = 1.0
_SUBSCRIBE_SECONDS = 2.0


def conversation_topic(conversation_id: int) -> str:
    """Return the topic of one conversation."""
    return f"conversation:{conversation_id}"


def typing_topic(conversation_id: int) -> str:
    """Return the topic of whether someone is writing to the visitor of a chat, which only the visitor watches."""
    return f"typing:{conversation_id}"


def writers_topic(conversation_id: int) -> str:
    """Return the topic of who is writing a reply, which only their colleagues watch."""
    return f"writers:{conversation_id}"


def practice_topic(slug: str) -> str:
    """Return the topic of one practice."""
    return f"practice:{slug}"


def topics_of(conversation_id: int, practice: str) -> tuple[str, ...]:
    """Return the topics to announce when a conversation changes."""
    return conversation_topic(conversation_id), practice_topic(practice)


def announce(connection: redis.Redis, *topics: str) -> None:
    """Announce in one round trip that topics have changed; if Redis is down, watchers find out at their next check."""
    try:
        with connection.pipeline(transaction=False) as pipeline:
            publish(pipeline, topics)
            pipeline.execute()
    except redis.RedisError as error:
        log.warning("not_announced", topics=topics, error=type(error).__name__)


def publish(pipeline: redis.client.Pipeline, topics: Iterable[str]) -> None:
    """Stage the announcement that topics have changed."""
    for topic in topics:
        pipeline.publish(f"{_CHANNEL}{topic}", b"")


class Watchers:
    """The watchers of all topics in this process, which share one Redis subscription.

    The thread starts with the first watcher, after gunicorn's worker has patched threads into greenlets.
    """

    def __init__(self, connect: Callable[[], redis.Redis]) -> None:
        """Create a registry without watchers.

        Args:
            connect: opens a Redis client for the subscription.
        """
        self._connect = connect
        self._signals: dict[str, set[threading.Event]] = defaultdict(set)
        self._lock = threading.Lock()
        self._listener: threading.Thread | None = None
        self._closed = threading.Event()
        self._has_subscribed = threading.Event()  # or has failed to, once

    @property
    def is_closed(self) -> bool:
        """Whether the process is about to end, so that watchers must stop."""
        return self._closed.is_set()

    @contextmanager
    def watch(self, *topics: str) -> Iterator[threading.Event]:
        """Yield an event that is set whenever one of the topics may have changed from now on."""
        signal = threading.Event()
        with self._lock:
            for topic in topics:
                self._signals[topic].add(signal)
            if self._listener is None:
                self._listener = threading.Thread(target=self._listen, daemon=True, name="watchers")
                self._listener.start()
        self._has_subscribed.wait(_SUBSCRIBE_SECONDS)
        try:
            yield signal
        finally:
            with self._lock:
                for topic in topics:
                    self._signals[topic].discard(signal)
                    if not self._signals[topic]:
                        del self._signals[topic]

    def close(self) -> None:
        """Stop listening and wake all watchers one last time."""
        self._closed.set()
        self._has_subscribed.set()
        self._wake_all()

    def _listen(self) -> None:
        while not self.is_closed:
            try:
                self._relay()
            except redis.RedisError as error:
                log.warning("subscription_lost", error=type(error).__name__)
                self._has_subscribed.set()
                self._closed.wait(_RECONNECT_SECONDS)

    def _relay(self) -> None:
        with self._connect() as client, client.pubsub() as subscription:
            subscription.psubscribe(f"{_CHANNEL}*")
            while not self.is_closed:
                message = subscription.get_message(timeout=_LISTEN_SECONDS)
                if message is None:
                    subscription.ping()  # detects a connection that was silently dropped
                elif message["type"] == "psubscribe":
                    self._wake_all()  # for announcements missed while not subscribed
                    self._has_subscribed.set()
                elif message["type"] == "pmessage":
                    self._wake(message["channel"].decode("utf-8", "replace").removeprefix(_CHANNEL))

    def _wake(self, topic: str) -> None:
        with self._lock:
            for signal in self._signals.get(topic, ()):
                signal.set()

    def _wake_all(self) -> None:
        with self._lock:
            for signals in self._signals.values():
                for signal in signals:
                    signal.set()
