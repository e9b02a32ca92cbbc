"""What callbacks report together, whatever their order."""

from __future__ import annotations

from datetime import timedelta
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.incoming.voicemail import (
    TRANSCRIPTION_LIMIT,
    RecordingState,
    TranscriptionState,
    VoicemailReport,
    is_ready,
    merge,
)

NO_TIME = timedelta(0)
reports = st.builds(
    VoicemailReport,
    recording=st.sampled_from(RecordingState),
    recording_sid=st.none() | st.sampled_from(["RE1", "RE2"]),
    recording_url=st.none() | st.sampled_from(["https://api.twilio.com/1", "https://api.twilio.com/2"]),
    duration_seconds=st.none() | st.integers(0, 120),
    transcription=st.sampled_from(TranscriptionState),
    text=st.text(max_size=3),
)


@given(st.lists(reports, min_size=1, max_size=6).flatmap(lambda some: st.tuples(st.just(some), st.permutations(some))))
def test_the_order_of_reports_does_not_matter(orders: tuple[list[VoicemailReport], list[VoicemailReport]]) -> None:
    ordered, shuffled = orders
    assert reduce(merge, ordered, VoicemailReport()) == reduce(merge, shuffled, VoicemailReport())


@given(reports, reports)
def test_a_report_that_is_repeated_adds_nothing(first: VoicemailReport, second: VoicemailReport) -> None:
    both = merge(first, second)
    assert merge(both, first) == merge(both, second) == merge(both, both) == both


@given(reports)
def test_a_report_of_nothing_adds_nothing(report: VoicemailReport) -> None:
    assert merge(report, VoicemailReport()) == merge(VoicemailReport(), report) == merge(report, report)


@given(reports, reports, st.timedeltas(min_value=NO_TIME))
def test_what_is_ready_stays_ready(known: VoicemailReport, heard: VoicemailReport, waited: timedelta) -> None:
    if is_ready(known, NO_TIME):
        assert is_ready(merge(known, heard), waited)


@pytest.mark.parametrize(
    ("report", "at_once", "in_the_end"),
    [
        (VoicemailReport(), False, False),
        (VoicemailReport(recording=RecordingState.ABSENT), False, False),
        (VoicemailReport(recording=RecordingState.COMPLETED), False, True),
        (VoicemailReport(recording=RecordingState.FAILED), True, True),
        (VoicemailReport(transcription=TranscriptionState.UNAVAILABLE), True, True),
        (VoicemailReport(transcription=TranscriptionState.COMPLETED, text="Hello"), True, True),
    ],
)
def test_when_a_voicemail_becomes_a_message(report: VoicemailReport, at_once: bool, in_the_end: bool) -> None:
    assert is_ready(report, TRANSCRIPTION_LIMIT - timedelta(seconds=1)) is at_once
    assert is_ready(report, TRANSCRIPTION_LIMIT) is in_the_end
