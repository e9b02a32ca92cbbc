"""A decision that names teams with long names is stored, as PostgreSQL refuses what is longer than its column."""

from __future__ import annotations

from pathlib import Path

from inbox.incoming.inbound import record_message
from inbox.models import Decision
from inbox.storage.database import Database
from intake.practices import load_practices
from intake.vocabulary import Disposition, Intent, Priority
from tasks.routing.decide import Facts, decide
from tasks.routing.follow_ups import Matter
from tasks.routing.text_limits import UnprovenNumber
from tests.inbox.conftest import inbound
from tests.world import PRACTICES_TOML

BILLING, SCHEDULING = "downtown_billing_and_insurance", "scheduling_spanish_downtown_01"
TEAMS = f"{{ {BILLING} = {{}}, {SCHEDULING} = {{}} }}"
ROUTES = f'{{ billing_inquiry = {{ team = "{BILLING}" }}, appointment_request = {{ team = "{SCHEDULING}" }} }}'
FOLLOW_UP = Facts(
    intent="existing_patient_question",
    confidence=0.3,
    threshold=0.7,
    disposition=Disposition.REVIEW,
    also=(Intent.BILLING_INQUIRY, Intent.APPOINTMENT_REQUEST),
    follows=Matter("front_desk", Priority.NORMAL),
    unproven_number=UnprovenNumber("US", 1000),
)


def test_a_reason_that_names_teams_with_long_names_is_stored_whole(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "practices.toml"
    file.write_text(
        PRACTICES_TOML.replace('slug = "demo"\n', f'slug = "demo"\nteams = {TEAMS}\nroutes = {ROUTES}\n', 1)
    )
    plan = decide(FOLLOW_UP, load_practices(file).require("demo"))
    recorded = record_message(database, inbound())

    with database.write() as session:
        session.add(Decision(message_id=recorded.message_id, route=plan.route, why=plan.why))

    with database.read() as session:
        assert session.get_one(Decision, 1).why == plan.why
    assert len(plan.why) > 200
