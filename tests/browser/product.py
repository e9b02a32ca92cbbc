"""The running product, as browsers meet it: a web server and a worker as processes, and what they wrote down."""

from __future__ import annotations

import os
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import redis
from sqlalchemy import func, select

from app.embedded_redis import EmbeddedRedis
from inbox.incoming.chat import next_entry
from inbox.models import Conversation, Delivery, DeliveryState, Message, TextConsent
from inbox.storage.database import Database
from intake.encryption import Keyring
from intake.settings import load_settings
from intake.vocabulary import Medium
from tasks.pubsub import announce, conversation_topic
from tasks.upkeep.reconcile_loop import GRACE
from tests.e2e.processes import Process, Processes, free_port, running_in
from tests.world import ENCRYPTION_KEY, NEVER_CLOSED

MAPLE, HARBOR = "maple", "harbor"
MAPLE_NAME, HARBOR_NAME = "Maple Street", "Harbor Dental"
PRICE_RANGE = "A first visit is $120 to $180 without insurance."
HARBOR_PRICE_RANGE = "A cleaning is $90."

# One practice that never closes and one that opens in some days, so that both look the same at every hour.
PRACTICES = """
[[practice]]
slug = "maple-street"
name = "{maple}"
phone = "+12025550100"
phone_numbers = ["+15005550006"]
email = "hello@maple.example"
widget_key = "{maple_key}"
allowed_origins = ["{origin}"]
time_zone = "America/New_York"
price_range = "{price_range}"
on_call_number = "+12025550111"
links = {{ privacy = "https://maple.example/privacy", scheduling = "https://maple.example/book" }}
limits = {{ cool_down_minutes = 0, replies_per_hour = 60 }}
{never_closed}
[practice.chat]
colour = "#ffd54f"
email_copies = true

[[practice]]
slug = "harbor-dental"
name = "{harbor}"
phone = "+12025550170"
widget_key = "{harbor_key}"
allowed_origins = ["{origin}"]
time_zone = "America/Chicago"
price_range = "{harbor_price_range}"
hours = {{ {opens} = ["12:00-13:00"] }}

[practice.chat.strings.en]
greeting = "Ask Harbor Dental."
greetingClosed = "Ask Harbor Dental."
"""


class Product:
    """Redis, a database, a web server and a worker in a folder of their own, and the means to break them.

    Attributes:
        url: where browsers find the service.
        settings: what its processes run with.
    """

    def __init__(self, folder: Path, origin: str) -> None:
        """Takes the folder that everything lives in, and the origin of the one site that may embed the chat."""
        practices = folder / "practices.toml"
        practices.write_text(
            PRACTICES.format(
                never_closed=NEVER_CLOSED,
                opens=f"{datetime.now(UTC) + timedelta(days=3):%a}".lower(),
                maple=MAPLE_NAME,
                maple_key=MAPLE,
                harbor=HARBOR_NAME,
                harbor_key=HARBOR,
                origin=origin,
                price_range=PRICE_RANGE,
                harbor_price_range=HARBOR_PRICE_RANGE,
            )
        )
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self._folder = folder / "processes"
        self._folder.mkdir()
        self._processes = Processes(self._folder)
        self.redis = EmbeddedRedis(folder / "redis")
        self.database = Database(f"sqlite:///{folder / 'intake.db'}", Keyring(ENCRYPTION_KEY))
        self.settings = load_settings(
            _env_file=None,
            database_url=self.database.url,
            redis_url=self.redis.url,
            secret_key="a secret for tests only",
            encryption_keys=ENCRYPTION_KEY,
            public_url=self.url,
            practices_file=practices,
            notice_hosts="127.0.0.1",
            demo_mode=True,
            smtp_url=f"smtp://127.0.0.1:{free_port()}",
            reconcile_every_seconds=3,
            undo_seconds=0,
        )
        self._worker: Process | None = None

    def __enter__(self) -> Self:
        self._processes.__enter__()
        self.redis.start()
        self.database.migrate()
        self.start_worker()
        self.start_web()
        self.wait_for_worker()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._processes.__exit__(kind, error, trace)
        self.redis.stop()
        self.database.close()

    def start_web(self) -> None:
        """Starts the web server, where it was before, and waits until it answers."""
        self._processes.start_web(self.settings, self._port)

    def kill_web(self) -> None:
        """Ends the web server and what it started, without a chance to tidy up."""
        for number, command in running_in(self._folder).items():
            if "gunicorn" in command:
                os.kill(number, signal.SIGKILL)
        self._processes.wait_until(
            lambda: not any("gunicorn" in command for command in running_in(self._folder).values()),
            "the web server to end",
        )

    def start_worker(self) -> None:
        """Starts a worker."""
        self._worker = self._processes.start_worker(self.settings)

    def wait_for_worker(self) -> None:
        """Waits until a worker is ready."""
        with redis.Redis.from_url(self.redis.url) as client:
            self._processes.wait_until_listening(client)

    def kill_worker(self) -> None:
        """Ends the worker without a chance to tidy up."""
        assert self._worker is not None
        self._worker.kill()

    def pause_worker(self) -> None:
        """Keeps the worker from doing anything: messages wait. It is not stopped while it locks the database."""
        assert self._worker is not None
        worker = self._worker
        with self.database.write() as session:
            session.execute(select(1))
            worker.signal(signal.SIGSTOP)
            self._processes.wait_until(lambda: worker.is_stopped, "the worker to be stopped")

    def resume_worker(self) -> None:
        """Lets the worker go on."""
        assert self._worker is not None
        self._worker.signal(signal.SIGCONT)

    def forget_limits(self) -> None:
        """Lets every visitor ask as often as one who comes for the first time: all of them have the same address."""
        with redis.Redis.from_url(self.redis.url) as client:
            for key in client.scan_iter("LIMIT*"):
                client.delete(key)

    def newest_conversation(self) -> int:
        """The id of the conversation begun last, 0 before the first."""
        with self.database.read() as session:
            return session.scalar(select(func.max(Conversation.id))) or 0

    def conversations_after(self, conversation: int) -> list[Conversation]:
        """The conversations that were begun after one."""
        with self.database.read() as session:
            return list(session.scalars(select(Conversation).where(Conversation.id > conversation)))

    def consents_of(self, conversation_id: int) -> list[str]:
        """The wordings on texts that a conversation's patient agreed to."""
        with self.database.read() as session:
            wanted = TextConsent.conversation_id == conversation_id
            return [row.wording for row in session.scalars(select(TextConsent).where(wanted))]

    def messages_after(self, conversation: int) -> list[str]:
        """The texts that patients sent in later conversations, in the order of their entries."""
        with self.database.read() as session:
            rows = session.scalars(
                select(Message.text)
                .where(Message.conversation_id > conversation)
                .order_by(Message.conversation_id, Message.entry)
            )
            return list(rows)

    def replies_after(self, conversation: int) -> list[str]:
        """The texts that the practice answered in later conversations, in the order of their entries."""
        with self.database.read() as session:
            rows = session.scalars(
                select(Delivery.body)
                .where(Delivery.conversation_id > conversation, Delivery.entry.is_not(None))
                .order_by(Delivery.conversation_id, Delivery.entry)
            )
            return list(rows)

    def say_as_staff(self, conversation: int, text: str, staff_id: int | None = None) -> None:
        """Has a member of staff write into a chat."""
        with self.database.write() as session:
            session.add(
                Delivery(
                    conversation_id=conversation,
                    reply="staff",
                    medium=Medium.CHAT,
                    sender="chat",
                    body=text,
                    staff_id=staff_id,
                    entry=next_entry(session, conversation),
                    state=DeliveryState.SENT,
                )
            )
        with redis.Redis.from_url(self.redis.url) as client:
            announce(client, conversation_topic(conversation))

    def let_messages_grow_old(self) -> None:
        """Has the worker look for what was not handled without its usual patience."""
        with self.database.write() as session:
            for message in session.scalars(select(Message).where(Message.handled_at.is_(None))):
                message.received_at -= GRACE
