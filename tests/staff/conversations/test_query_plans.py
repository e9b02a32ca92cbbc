"""The inbox finds what its list shows by indexes, however much a practice has ever sent and received.

SQLite tells how it would find rows whether there are any or not. `tests/postgres/` asks PostgreSQL the same.
"""

from __future__ import annotations

import re

import pytest

from inbox.storage.database import Database
from tests.staff.conftest import Console
from tests.staff.conversations.test_statements import INBOX, LIVE, add_conversations, count
from tests.tasks.test_query_plans import planned
from web.services import services_of

# They grow with every message. What a practice has a few dozen of may be read whole.
GROWING = {
    *("conversations", "messages", "classifications", "decisions", "deliveries", "escalations", "notifications"),
    *("patients", "patient_addresses", "patient_conversations", "conversation_tags", "reviews", "attachments"),
    *("conversation_reads", "member_notices"),
}


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """An empty database of SQLite's, as the plans are in its words."""
    return sqlite_database


@pytest.mark.parametrize("headers", [None, LIVE], ids=["page", "refresh"])
def test_the_list_reads_no_growing_table_whole(console: Console, headers: dict[str, str] | None) -> None:
    dana = console.sign_in(name="Dana Reyes")
    console.add_member(name="Ann Lee")
    add_conversations(console, dana, 0, 1)

    with planned(services_of(console.app).database) as steps:
        count(console, dana, INBOX, headers)

    whole = {table for step in steps for table in re.findall(r"^SCAN (\w+)", step)}
    assert "SEARCH deliveries USING INDEX ix_deliveries_conversation_id (conversation_id=?)" in steps
    assert whole & GROWING == set()
