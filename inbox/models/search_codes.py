"""The search index: which texts hold which words, as codes that only those who have a key can make."""

from __future__ import annotations

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from inbox.models.base import Base


class SearchCode(Base):
    """A text that may have a word, by the word's code; see `inbox.search.index`.

    `source` is the ID of a message, or the negated ID of a reply by staff. `said_at` counts seconds from 2020 on. The
    primary key holds everything, so that a search reads nothing else.
    """

    __tablename__ = "search_codes"
    __table_args__ = (
        Index("ix_search_codes_source", "source"),
        {"sqlite_with_rowid": False},
    )

    code: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    said_at: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    source: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    conversation_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
