from __future__ import annotations

import threading

import pytest

from tests.standins.record import Record


def test_keeps_entries_in_order_and_hands_out_copies() -> None:
    record: Record[str] = Record("letters")
    record.append("a")
    record.append("b")
    record.entries().clear()
    assert record.entries() == ["a", "b"]


def test_waits_until_another_thread_appends() -> None:
    record: Record[str] = Record("letters")
    threading.Thread(target=record.append, args=("a",)).start()
    assert record.wait_for(1) == ["a"]


def test_a_wait_in_vain_names_the_counts_but_not_the_entries() -> None:
    record: Record[str] = Record("letters")
    record.append("private")
    with pytest.raises(AssertionError, match=r"expected 2 letters within 0\.01 s, got 1") as raised:
        record.wait_for(2, timeout=0.01)
    assert "private" not in str(raised.value)


def test_quiet_holds_when_no_more_came() -> None:
    record: Record[str] = Record("letters")
    record.append("a")
    record.quiet(1)


def test_quiet_fails_when_one_too_many_is_there() -> None:
    record: Record[str] = Record("letters")
    record.append("a")
    with pytest.raises(AssertionError, match="expected no more than 0 letters, got 1"):
        record.quiet(0)


def test_quiet_watches_until_a_condition_is_true() -> None:
    record: Record[str] = Record("letters")
    finished = threading.Event()
    threading.Thread(target=finished.set).start()
    record.quiet(0, until=finished.is_set)


def test_quiet_fails_on_an_entry_that_comes_while_it_watches() -> None:
    record: Record[str] = Record("letters")
    threading.Thread(target=record.append, args=("a",)).start()
    with pytest.raises(AssertionError, match="got 1"):
        record.quiet(0, until=lambda: False)


def test_quiet_fails_when_the_condition_never_comes_true() -> None:
    record: Record[str] = Record("letters")
    with pytest.raises(AssertionError, match="did not come true"):
        record.quiet(0, until=lambda: False, timeout=0.01)
