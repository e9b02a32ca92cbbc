"""PostgreSQL finds what the inbox's list shows by indexes, however much a practice has ever sent and received."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from tests.staff.conftest import Console, console, console_of, start_console
from tests.staff.conversations.test_query_plans import GROWING
from tests.staff.conversations.test_statements import INBOX, LIVE, add_conversations, count
from web.services import services_of

__all__ = ["console", "console_of", "start_console"]

OF_A_FEW = {"ix_escalations_open_code"}  # an index of open alarms alone
BY_INDEX = "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off"


def found_whole(plan: dict[str, Any]) -> Iterator[str]:
    """The growing tables that a plan reads without a condition that an index answers, each with how."""
    answered = plan.get("Index Cond") or plan.get("Recheck Cond") or plan.get("Index Name") in OF_A_FEW
    if plan.get("Relation Name") in GROWING and not answered:
        yield f"{plan['Node Type']} on {plan['Relation Name']}: {plan.get('Filter', '')}"
    for part in plan.get("Plans", ()):
        yield from found_whole(part)


@contextmanager
def planned(console: Console) -> Iterator[list[str]]:
    """What is read whole by the statements that are asked meanwhile, though PostgreSQL avoids that if it can."""
    engine = services_of(console.app).database.engine
    whole: list[str] = []

    def explain(connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if not statement.startswith("SELECT"):
            return
        with connection.connection.cursor() as other:
            other.execute(BY_INDEX)
            other.execute(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
            [(plans,)] = other.fetchall()
        whole.extend(found_whole(plans[0]["Plan"]))

    event.listen(engine, "before_cursor_execute", explain)
    try:
        yield whole
    finally:
        event.remove(engine, "before_cursor_execute", explain)


@pytest.mark.parametrize("headers", [None, LIVE], ids=["page", "refresh"])
def test_the_list_reads_no_growing_table_whole(console: Console, headers: dict[str, str] | None) -> None:
    dana = console.sign_in(name="Dana Reyes")
    console.add_member(name="Ann Lee")
    add_conversations(console, dana, 0, 1)

    with planned(console) as whole:
        count(console, dana, INBOX, headers)

    assert whole == []
