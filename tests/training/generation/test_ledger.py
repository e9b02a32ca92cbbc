from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from training.generation.ledger import BudgetSpentError, Ledger
from training.json_lines import JsonLines
from training.llm.chat import Question
from training.llm.prices import Price

PRICE = Price(input=1_000_000, output=1_000_000)
"""A dollar a token."""
QUESTION = Question("", "", 20)
AT_MOST = PRICE.at_most(QUESTION)


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[JsonLines]:
    with JsonLines(tmp_path / "ledger.jsonl") as opened:
        yield opened


def ledger(lines: JsonLines, budget: float | None = None) -> Ledger:
    return Ledger(lines, "gpt-4o-mini", PRICE, budget)


def test_every_request_is_put_down_before_and_after(lines: JsonLines) -> None:
    book = ledger(lines)
    request = book.open_request("dental/complaint/01", QUESTION)
    [sent] = lines.read()
    assert (sent["state"], sent["dollars"], sent["cell"]) == ("sent", AT_MOST, "dental/complaint/01")
    book.settle(request, "dental/complaint/01", 7, 5)
    settled = lines.read()[-1]
    assert (settled["request"], settled["input_tokens"], settled["output_tokens"]) == (request, 7, 5)
    assert (settled["state"], settled["dollars"], settled["model"]) == ("settled", 12, "gpt-4o-mini")
    assert (book.spent.dollars, book.spent.input_tokens, book.spent.output_tokens) == (12, 7, 5)


def test_a_ledger_takes_up_what_earlier_runs_spent(lines: JsonLines) -> None:
    first = ledger(lines)
    first.settle(first.open_request("a", QUESTION), "a", 7, 5)
    second = ledger(lines, budget=12 + AT_MOST)
    assert second.spent.dollars == 12
    second.settle(second.open_request("b", QUESTION), "b", 1, 0)
    with pytest.raises(BudgetSpentError):
        second.open_request("c", QUESTION)
    assert len(lines.read()) == 4


def test_a_request_whose_cost_never_became_known_counts_as_the_most_it_can_have_cost(lines: JsonLines) -> None:
    ledger(lines).open_request("killed", QUESTION)
    book = ledger(lines, budget=2 * AT_MOST)
    assert book.spent.dollars == AT_MOST
    book.leave_open(book.open_request("lost", QUESTION))
    with pytest.raises(BudgetSpentError):
        book.open_request("a", QUESTION)


def test_a_request_waits_for_those_under_way_to_prove_cheaper_than_feared(lines: JsonLines) -> None:
    book = ledger(lines, budget=AT_MOST + 1)
    under_way = book.open_request("a", QUESTION)
    opened = threading.Event()

    def open_another() -> None:
        book.open_request("b", QUESTION)
        opened.set()

    waiting = threading.Thread(target=open_another)
    waiting.start()
    assert not opened.is_set()
    book.settle(under_way, "a", 1, 0)
    waiting.join(timeout=30)
    assert opened.is_set()


def test_the_budget_holds_at_every_moment_whatever_threads_do(lines: JsonLines) -> None:
    budget = 3.5 * AT_MOST
    book = ledger(lines, budget)

    def work() -> None:
        try:
            while True:
                request = book.open_request("a", QUESTION)
                assert book.spent.dollars <= budget
                book.settle(request, "a", 2, 1)
        except BudgetSpentError:
            pass

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads)
    assert budget - AT_MOST < book.spent.dollars <= budget
