"""`/metrics`: who may read it, what it says, and that the dashboard and the alert rules speak of the same numbers."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
import requests
from prometheus_client.parser import text_string_to_metric_families as parse
from sqlalchemy import delete

from inbox.models import Classification, Escalation, now
from inbox.storage.database import Database
from intake.settings import Settings
from tasks.metrics import CLASSIFY_SECONDS, MESSAGES, Measure, Series, read, record
from tasks.queues.queue import WorkQueue
from tests.staff.conftest import Console, StartConsole
from tests.told_classifier import SAME_DAY, sure_of, tell
from web.services import attach, services_of

TOKEN = "a-token-for-prometheus"
QUESTION = "Do you have parking?"
OPS = Path(__file__).parents[2] / "docs" / "ops"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"metrics_token": TOKEN})


def scrape(console: Console) -> requests.Response:
    return requests.get(f"{console.url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30)


def samples(console: Console) -> dict[str, float]:
    """Every number by its name and labels, as `name{label="value"}`."""
    return {
        sample.name + _labels(sample.labels): sample.value
        for family in parse(scrape(console).text)
        for sample in family.samples
    }


def _labels(labels: dict[str, str]) -> str:
    written = ",".join(f'{key}="{value}"' for key, value in sorted(labels.items()))
    return f"{{{written}}}" if labels else ""


def change_parts(console: Console, **services: Any) -> None:
    """Gives the web application other parts."""
    attach(console._app, replace(services_of(console._app), **services))


# ---- who may read it


def test_without_a_token_in_the_settings_there_are_none(console: Console) -> None:
    change_parts(console, settings=console.settings.model_copy(update={"metrics_token": None}))

    answer = scrape(console)

    assert answer.status_code == 404
    assert "Set METRICS_TOKEN" in answer.json()["error"]["message"]


@pytest.mark.parametrize("header", [{}, {"Authorization": f"Bearer {TOKEN}x"}, {"Authorization": f"Basic {TOKEN}"}])
def test_without_the_token_they_are_not_shown(console: Console, header: dict[str, str]) -> None:
    answer = requests.get(f"{console.url}/metrics", headers=header, timeout=30)

    assert answer.status_code == 401
    assert "intake_" not in answer.text


# ---- what it says


def test_a_message_is_counted_by_practice_channel_and_intent(console: Console) -> None:
    console.text(QUESTION)
    console.work()

    found = samples(console)
    counted = {name: value for name, value in found.items() if name.startswith("intake_messages_total")}
    [intent] = [row.intent for row in console.rows(Classification)]
    assert counted == {f'intake_messages_total{{channel="sms",intent="{intent}",practice="demo"}}': 1}
    assert found['intake_deliveries_total{medium="sms",practice="demo",state="sent"}'] == 1


def test_what_was_understood_is_counted_by_level_language_and_disposition(console: Console) -> None:
    tell(console, {QUESTION: sure_of("complaint", language="es", **SAME_DAY)})
    console.text(QUESTION)
    console.work()

    counted = 'intake_understood_total{disposition="route",language="es",practice="demo",triage="same_day"}'
    assert samples(console)[counted] == 1


def test_how_sure_and_how_fast_is_measured(console: Console) -> None:
    console.text(QUESTION)
    console.work()

    found = samples(console)
    assert found["intake_classify_seconds_count"] == 1
    assert 0 < found["intake_classify_seconds_sum"] < 60
    assert found['intake_decided_seconds_count{channel="sms"}'] == 1
    assert found['intake_reply_seconds_count{medium="sms"}'] == 1
    [row] = console.rows(Classification)
    assert found[f'intake_confidence_count{{intent="{row.intent}"}}'] == 1
    assert found[f'intake_confidence_sum{{intent="{row.intent}"}}'] == pytest.approx(row.confidence)


def test_a_histograms_buckets_hold_all_that_lies_below_them(console: Console) -> None:
    console.text(QUESTION)
    console.work()

    [family] = [family for family in parse(scrape(console).text) if family.name == "intake_confidence"]
    buckets = [sample for sample in family.samples if sample.name.endswith("_bucket")]
    confidence = next(sample.value for sample in family.samples if sample.name.endswith("_sum"))
    assert [sample.value for sample in buckets] == [
        float(float(sample.labels["le"]) >= confidence) for sample in buckets
    ]


def test_a_job_that_comes_twice_is_counted_once(console: Console) -> None:
    console.text(QUESTION)
    console.work()
    for job in ("handle_message", "deliver", "settle"):
        console.context.queue.put(job, 1)
    console.work()

    found = samples(console)
    assert [value for name, value in found.items() if name.startswith("intake_messages_total")] == [1]
    assert found['intake_reply_seconds_count{medium="sms"}'] == 1


def test_every_process_adds_to_the_same_numbers_and_a_restart_loses_none(start_console: StartConsole) -> None:
    console = start_console("")
    console.text(QUESTION)
    console.work()
    restarted = start_console("")
    restarted.text(QUESTION, from_="+12025550124")
    restarted.work()

    for process in (console, restarted):
        total = [value for name, value in samples(process).items() if name.startswith("intake_messages_total")]
        assert sum(total) == 2


def test_what_waits_is_told_with_its_age(console: Console) -> None:
    console.text(QUESTION)
    with console.edit() as session:
        console.last_message(session).received_at = now() - timedelta(minutes=10)

    found = samples(console)
    assert found["intake_messages_undecided"] == 1
    assert 600 <= found["intake_messages_oldest_undecided_seconds"] < 700
    assert found['intake_queue_jobs{queue="messages"}'] == 1
    assert 0 < found['intake_queue_oldest_job_seconds{queue="messages"}'] < 100
    assert found["intake_workers"] == 0


def test_reviews_and_escalations_that_are_open_are_told(console: Console) -> None:
    console.text("I have crushing chest pain")
    console.work()
    with console.edit() as session:
        message = console.last_message(session)
        session.execute(delete(Escalation))
        session.add(
            Escalation(
                message_id=message.id,
                conversation_id=message.conversation_id,
                practice="demo",
                code="4F7",
                created_at=now() - timedelta(minutes=10),
            )
        )

    found = samples(console)
    assert found['intake_escalations_open{practice="demo"}'] == 1
    assert 600 <= found['intake_escalations_oldest_open_seconds{practice="demo"}'] < 700
    assert not any(name.startswith("intake_reviews_open{") for name in found)


def test_nothing_of_a_patient_is_in_it(console: Console) -> None:
    console.text("I have crushing chest pain, this is Maria")
    console.work()

    assert not re.search("2025550123|chest|Maria|crushing", scrape(console).text)


def test_without_redis_the_rest_is_told(console: Console) -> None:
    change_parts(console, queue=WorkQueue(redis.Redis(port=1, socket_connect_timeout=1), console.database.keyring))

    found = samples(console)
    assert (found['intake_up{part="redis"}'], found['intake_up{part="database"}']) == (0, 1)
    assert found["intake_messages_undecided"] == 0
    assert "intake_workers" not in found


def test_without_the_database_the_rest_is_told(console: Console, tmp_path: Path) -> None:
    elsewhere = Database(f"sqlite:///{tmp_path}/nothing/here.db", services_of(console._app).database.keyring)
    change_parts(console, database=elsewhere)

    found = samples(console)
    assert (found['intake_up{part="redis"}'], found['intake_up{part="database"}']) == (1, 0)
    assert found["intake_workers"] == 0
    assert "intake_messages_undecided" not in found


def test_numbers_of_an_earlier_version_are_left_out(console: Console) -> None:
    record(console.redis, (Measure(Series("intake_gone_total", ""), ()), Measure(MESSAGES, ("too", "few"))))

    assert all(not tallies for tallies in read(console.redis).values())


def test_a_histogram_whose_steps_have_changed_stays_whole(redis_url: str, empty_redis: redis.Redis) -> None:
    before = replace(CLASSIFY_SECONDS, steps=(0.003, 7.0))
    record(empty_redis, (Measure(before, (), 0.001), Measure(before, (), 5.0), Measure(before, (), 9.0)))

    tally = read(empty_redis)[CLASSIFY_SECONDS][()]
    assert (tally.count, tally.buckets[-1]) == (3, 3)
    assert tally.buckets[CLASSIFY_SECONDS.steps.index(0.005)] == 1


# ---- what is written for Prometheus and Grafana


def names_in(text: str) -> set[str]:
    return set(re.findall(r"\bintake_[a-z_]+", text))


@pytest.fixture
def written(console: Console) -> set[str]:
    """Names of everything that the service writes, with the parts of its histograms."""
    return {
        family.name + suffix
        for family in parse(scrape(console).text)
        for suffix in {"counter": ["_total"], "gauge": [""], "histogram": ["", "_bucket", "_sum", "_count"]}[
            family.type
        ]
    }


def test_the_dashboard_and_the_alerts_ask_for_numbers_that_exist(written: set[str]) -> None:
    dashboard = json.loads((OPS / "grafana-dashboard.json").read_text())
    asked = " ".join(target["expr"] for panel in dashboard["panels"] for target in panel["targets"])

    for text in (asked, (OPS / "prometheus-alerts.yml").read_text()):
        assert len(names_in(text)) > 5
        assert names_in(text) <= written


def test_the_dashboard_shows_every_number(written: set[str]) -> None:
    asked = names_in((OPS / "grafana-dashboard.json").read_text())

    for name in written:
        if not name.endswith(("_bucket", "_sum", "_count")):
            shown = {name, f"{name}_bucket", f"{name}_sum"} & asked
            assert shown or name.endswith(("_oldest_undecided_seconds", "_oldest_open_seconds")), name


def test_the_readme_explains_every_number_and_no_other(written: set[str]) -> None:
    explained = set(re.findall(r"^\| `(intake_[a-z_]+)` \|", (OPS.parent / "operations.md").read_text(), re.MULTILINE))

    assert explained == {name for name in written if not name.endswith(("_bucket", "_sum", "_count"))}
