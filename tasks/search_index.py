"""Filling the search index with what was written before there was one, or by a process that lacked a key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inbox.search_index import index_waiting
from tasks.queue import AfterCommit

if TYPE_CHECKING:
    from tasks.context import Context


def index_texts(context: Context, _first: int) -> AfterCommit:
    """Index one batch; the reconciler asks for the next one as long as anything waits."""
    with context.database.write() as session:
        index_waiting(session)
    return AfterCommit()
