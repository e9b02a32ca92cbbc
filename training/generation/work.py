"""Request the missing batches, several at a time."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress

from tqdm.auto import tqdm

from training.errors import TrainingError
from training.generation.journal import Journal
from training.generation.ledger import Ledger
from training.generation.parsing import UnusableAnswerError, Written, parse_answer
from training.generation.plan import DraftBatch
from training.generation.prompts import build_question
from training.generation.recipe import Purpose, SetRecipe
from training.llm.chat import Answer, LanguageModel, Question, RefusedError, UnavailableError
from training.llm.retries import ask_with_retries

_ANSWERS_BEFORE_GIVING_UP = 3


class _StoppedError(TrainingError):
    """A different batch ended the run."""


class Writing:
    """One run, which records all answered batches in the journal and all requests in the ledger."""

    def __init__(
        self, chat: LanguageModel, part: SetRecipe, purpose: Purpose, journal: Journal, ledger: Ledger
    ) -> None:
        self._chat = chat
        self._part = part
        self._purpose = purpose
        self._journal = journal
        self._ledger = ledger
        self._stop = threading.Event()

    def write(self, batches: Sequence[DraftBatch]) -> None:
        """Request batches. Those without a usable answer stay out of the journal, for a later run.

        If the run ends early, requests in progress are completed first, because they are already paid for.

        Raises:
            BudgetSpentError: The next request could exceed the budget.
            UnavailableError: The API did not answer after all retries.
            RefusedError: The API will never answer.
        """
        with ThreadPoolExecutor(self._part.concurrency) as pool:
            futures = [pool.submit(self._write_batch, batch) for batch in batches]
            try:
                for future in tqdm(as_completed(futures), total=len(futures), desc="generate", unit="request"):
                    with suppress(_StoppedError):  # another one is what ended the run
                        future.result()
            except BaseException:
                self._stop.set()
                pool.shutdown(cancel_futures=True)
                raise

    def _write_batch(self, batch: DraftBatch) -> None:
        try:
            self._ask_for_batch(batch)
        except BaseException:
            self._stop.set()  # at once: the batches behind it need not fail, too
            raise

    def _ask_for_batch(self, batch: DraftBatch) -> None:
        question = build_question(batch, self._purpose, self._part.max_output_tokens)
        for _ in range(_ANSWERS_BEFORE_GIVING_UP):
            answer = ask_with_retries(lambda: self._ask(batch, question), self._part.retry_policy, self._pause)
            written = _parse(answer, batch)
            if written is not None:
                self._journal.add(batch.name, written)
                return

    def _pause(self, seconds: float) -> None:
        self._stop.wait(seconds)

    def _ask(self, batch: DraftBatch, question: Question) -> Answer:
        if self._stop.is_set():
            raise _StoppedError
        request = self._ledger.open_request(batch.name, question)
        try:
            answer = self._chat.ask(question)
        except BaseException as error:
            if _was_surely_free(error):
                self._ledger.settle(request, batch.name, 0, 0)
            else:
                self._ledger.leave_open(request)
            raise
        self._ledger.settle(request, batch.name, answer.input_tokens, answer.output_tokens)
        return answer


def _was_surely_free(error: BaseException) -> bool:
    return isinstance(error, RefusedError) or (isinstance(error, UnavailableError) and not error.maybe_billed)


def _parse(answer: Answer, batch: DraftBatch) -> Written | None:
    try:
        return parse_answer(answer, batch)
    except UnusableAnswerError:
        return None
