"""A worker opens what it works with, or says in a sentence why it cannot."""

from __future__ import annotations

import pytest

from intake.errors import IntakeError
from intake.settings import Settings
from tasks.context import open_context


def test_a_worker_opens_with_everything_that_jobs_need(settings: Settings) -> None:
    context = open_context(settings)

    assert [practice.slug for practice in context.practices.all] == ["demo", "other"]
    assert context.classifier.classify(["Do you have parking?"])
    context.database.close()


def test_a_reply_that_cannot_be_rendered_is_refused_before_a_patient_waits_for_it(settings: Settings) -> None:
    with settings.practices_file.open("a") as file:
        file.write('\n[practice.replies]\nurgent = "{{ 1 / 0 }}"\n')

    with pytest.raises(IntakeError, match=r"practice\[other\]\.replies\.urgent"):
        open_context(settings)
