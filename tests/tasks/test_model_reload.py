"""A worker changes to the model that was activated between two jobs, and never to one that cannot be loaded."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from classifier import Classifier
from classifier.network.store import SHIPPED, ModelStore
from inbox.models import Classification
from tasks.context import model_store, open_context
from tasks.metrics import MODEL_CHANGES, read
from tasks.model_reload import ModelSwitch
from tests.models import write_misreading_model, write_model
from tests.service import Service

A, B = "aaaaaaaaaaaa", "bbbbbbbbbbbb"
NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)


@pytest.fixture
def store(service: Service) -> ModelStore:
    store = model_store(service.settings)
    for version in (A, B):
        write_model(store.home, version)
    return store


def versions(service: Service) -> list[str]:
    return [row.model_version for row in service.rows(Classification)]


def counted(service: Service) -> dict[tuple[str, ...], int]:
    return {labels: tally.count for labels, tally in read(service.redis)[MODEL_CHANGES].items()}


def test_each_message_is_stored_with_the_model_that_read_it(service: Service, store: ModelStore) -> None:
    shipped = service.context.classifier.info.version
    for change in (None, A, B, SHIPPED):
        if change:
            store.activate(change, NOW)
        service.text("Can I get a copy of my bill?")
        service.work()

    assert versions(service) == [shipped, A, B, shipped]


def test_one_worker_changes_between_two_jobs(service: Service, store: ModelStore) -> None:
    switch = ModelSwitch(service.context)
    first = switch.follow(service.context)
    store.activate(A, NOW)
    second = switch.follow(first)

    assert first is service.context
    assert second.classifier.info.version == A
    assert switch.follow(second) is second, "it loaded the same model again"
    assert counted(service) == {("loaded",): 1}


def test_a_model_that_cannot_be_loaded_leaves_the_one_in_hand_in_use(
    service: Service, store: ModelStore, capsys: pytest.CaptureFixture[str]
) -> None:
    switch = ModelSwitch(service.context)
    store.activate(A, NOW)
    with_a = switch.follow(service.context)
    store.activate(B, NOW)
    (store.home / B / "model.onnx").write_bytes(b"cut off")

    assert switch.follow(with_a) is with_a
    assert switch.follow(with_a) is with_a
    assert counted(service) == {("loaded",): 1, ("unusable",): 1}, "it was tried more than once"
    logged = capsys.readouterr().out
    assert "model_unusable" in logged
    assert f"{B}/model.onnx was altered" in logged


def test_a_model_that_was_repaired_is_loaded_once_it_is_activated_again(service: Service, store: ModelStore) -> None:
    switch = ModelSwitch(service.context)
    store.activate(A, NOW)
    network = store.home / A / "model.onnx"
    whole = network.read_bytes()
    network.write_bytes(b"cut off")
    assert switch.follow(service.context) is service.context

    network.write_bytes(whole)
    store.activate(A, NOW)

    assert switch.follow(service.context).classifier.info.version == A


def test_a_damaged_choice_leaves_the_model_in_hand_in_use(service: Service, store: ModelStore) -> None:
    (store.home / "active.json").write_text("{")

    assert ModelSwitch(service.context).follow(service.context) is service.context
    assert counted(service) == {("unusable",): 1}


def test_a_pinned_model_is_never_left(service: Service, store: ModelStore) -> None:
    pinned = service.settings.model_copy(update={"model_dir": store.home / B})
    context = open_context(pinned)
    store.activate(A, NOW)

    followed = ModelSwitch(context).follow(context)

    assert followed.classifier.info.version == B
    context.database.close()


def test_a_worker_starts_with_the_model_that_is_active(service: Service, store: ModelStore) -> None:
    store.activate(A, NOW)

    context = open_context(service.settings)

    assert context.classifier.info.version == A
    context.database.close()


def test_a_worker_starts_with_the_shipped_model_if_the_active_one_is_not_whole(
    service: Service, store: ModelStore
) -> None:
    store.activate(A, NOW)
    (store.home / A / "tokenizer.json").unlink()

    assert open_context(service.settings).classifier.info.version == Classifier.load().info.version


def test_a_model_that_misreads_known_messages_never_comes_to_a_worker(service: Service, store: ModelStore) -> None:
    write_misreading_model(store.home, "cccccccccccc")
    service.text("Can I get a copy of my bill?")
    with pytest.raises(Exception, match="did not pass"):
        store.activate("cccccccccccc", NOW)
    service.work()

    assert versions(service) == [service.context.classifier.info.version]
