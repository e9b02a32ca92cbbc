"""A worker opens what it works with, or says in a sentence why it cannot."""

from __future__ import annotations

import json

import pytest

from classifier.network.model_bundle import DEFAULT_FOLDER
from inbox.storage.presence import MODEL_LOST
from intake.errors import IntakeError
from intake.settings import Settings
from tasks.context import find_troubles, open_context
from tests.world import OTHER_KEY


def test_a_worker_opens_with_everything_that_jobs_need(settings: Settings) -> None:
    context = open_context(settings)

    assert [practice.slug for practice in context.practices.all] == ["demo", "other"]
    assert context.classifier.classify(["Do you have parking?"])
    context.database.close()


def test_a_reply_that_cannot_be_rendered_is_refused_before_a_patient_waits_for_it(settings: Settings) -> None:
    with settings.practices_file.open("a") as file:
        file.write('\n[practice.replies]\nurgent = "{{ 1 / 0 }}"\n')

    with pytest.raises(IntakeError, match=r"practices\.toml: practice\[other\]\.replies\.urgent"):
        open_context(settings)


def test_a_worker_whose_active_model_is_gone_uses_the_shipped_one(settings: Settings) -> None:
    home = settings.models_dir
    home.mkdir()
    choice = {"version": "aaaaaaaaaaaa", "since": None}
    (home / "active.json").write_text(json.dumps({"format": 1, "active": choice, "previous": []}))

    context = open_context(settings)

    assert context.classifier.info.path == DEFAULT_FOLDER
    assert find_troubles(settings) == [MODEL_LOST]
    context.database.close()


def test_a_worker_that_lacks_a_key_starts_all_the_same(settings: Settings) -> None:
    context = open_context(settings.model_copy(update={"encryption_keys": OTHER_KEY}))

    assert context.database.missing_keys()
    context.database.close()
