"""No id in a request breaks the console, however large it is."""

from __future__ import annotations

import pytest

from tests.staff.conftest import Browser, Console
from tests.staff.routes import FORM

TOO_LARGE = [str(2**63), str(2**64), "9" * 100, "9" * 5000]


@pytest.fixture
def admin(console: Console) -> Browser:
    return console.sign_in("admin")


@pytest.mark.parametrize("row_id", TOO_LARGE, ids=len)
def test_an_id_in_an_address_that_no_row_can_have_is_not_found(console: Console, admin: Browser, row_id: str) -> None:
    rules = [rule for rule in console.app.url_map.iter_rules() if "<int:" in rule.rule and "staff" in rule.rule]
    assert len(rules) >= 10
    for rule in rules:
        path = rule.rule
        for argument in rule.arguments:
            path = path.replace(f"<int:{argument}>", row_id)
        answer = admin.post(path, data=FORM) if "POST" in (rule.methods or ()) else admin.get(path)
        assert answer.status_code in (404, 405), rule.rule


def test_an_id_in_a_form_or_a_query_that_no_row_can_have_is_nobodys(console: Console, admin: Browser) -> None:
    console.text("Do you have parking?")
    console.reconcile()
    page = "/staff/conversations/1"

    for number, row_id in enumerate([*TOO_LARGE, str(2**63 - 1), "²", "-1", "x"]):
        answers = [
            admin.get(f"{page}?before={row_id}"),
            admin.get(f"/staff/?after={row_id}-{row_id}"),
            admin.get(f"/staff/?after=1-{row_id}&sort=waiting"),
            admin.get(f"/staff/?refused={row_id},{row_id}"),
            admin.post("/staff/bulk", data={"do": "close", "c": row_id}),
            admin.post("/staff/bulk", data={"do": "assign", "c": "1", "to": row_id}),
            admin.post(f"{page}/reply", data=FORM | {"seen": row_id, "form_id": f"{number:032x}"}),
            admin.post(f"{page}/assign", data={"to": row_id}),
        ]
        assert all(answer.status_code < 500 for answer in answers), row_id[:20]
