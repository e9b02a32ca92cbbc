"""The encryption keys in use, and the running processes that have them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String, false
from sqlalchemy.orm import Mapped, mapped_column

from inbox.models.base import Base, now


class EncryptionKey(Base):
    """The fingerprint of a key that rows may be encrypted and indexed with; see `inbox.storage.key_registry`.

    `writes` marks the one key that every process that has it writes with. `strays` counts the transactions that wrote
    with this key although another one was marked, by a process that lacks that one.
    """

    __tablename__ = "encryption_keys"

    fingerprint: Mapped[str] = mapped_column(String(16), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    writes: Mapped[bool] = mapped_column(default=False, server_default=false())
    strays: Mapped[int] = mapped_column(default=0, server_default="0")


class RunningProcess(Base):
    """A process of the service, which says every few seconds that it runs and which keys it can read.

    `kind` is `web`, `worker`, or `mail`; `queues` are those that a worker takes jobs from, and `troubles` names what it
    lacks.
    """

    __tablename__ = "running_processes"

    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    queues: Mapped[list[Any]] = mapped_column(JSON, default=list)
    fingerprints: Mapped[list[Any]] = mapped_column(JSON, default=list)
    troubles: Mapped[list[Any]] = mapped_column(JSON, default=list)
    started_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(default=now)
