"""Filling the search index: with what has just come, and with what a process that lacked a key had to leave out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inbox.search.index import IN_ONE_TRANSACTION, index_waiting, prepare_codes
from tasks.queues.queue import AfterCommit

if TYPE_CHECKING:
    from tasks.context import Context

ROUNDS = 10


def index_texts(context: Context, _first: int) -> AfterCommit:
    """Index what waits, a few texts at a time; the reconciler asks for another job as long as anything is left."""
    for _ in range(ROUNDS):
        with context.database.read() as session:
            prepared = prepare_codes(session)
        if not prepared:
            break
        with context.database.write() as session:
            index_waiting(session, IN_ONE_TRANSACTION, prepared)
    return AfterCommit()
