"""Run `generate`, from the recipe to the files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from training.generation.files import Collection, collect_messages, write_test_file, write_training_files
from training.generation.journal import Journal
from training.generation.ledger import BudgetSpentError, Ledger
from training.generation.plan import make_plan, plan_fingerprint
from training.generation.recipe import Purpose, load_generation_recipe
from training.generation.work import Writing
from training.json_lines import JsonLines
from training.llm.providers import open_chat


class Generation:
    """The open resources of a run: the model, and the journal and ledger of its folder."""

    def __init__(self, config: Path, purpose: Purpose, folder: Path, budget: float | None) -> None:
        """Open all resources.

        Raises:
            RecipeError: The recipe cannot be used.
            RefusedError: There is no key.
            JsonLinesError: The folder is in use, or belongs to a different recipe.
        """
        self._recipe = load_generation_recipe(config)
        self._part = self._recipe.part(purpose)
        self._purpose = purpose
        self._folder = folder
        self._batches = make_plan(self._recipe, purpose)
        part = self._part
        with ExitStack() as opened:
            self._chat = open_chat(part.provider, part.model, part.timeout_seconds, part.temperature)
            opened.callback(self._chat.close)
            journal = opened.enter_context(JsonLines(folder / "journal.jsonl"))
            self._journal = Journal(journal, plan_fingerprint(self._batches, part))
            ledger = opened.enter_context(JsonLines(folder / "ledger.jsonl"))
            self._ledger = Ledger(ledger, part.model, part.price, budget)
            self.close = opened.pop_all().close

    def run(self) -> Iterator[str]:
        """Request the missing messages, write the files, and yield lines to print.

        Raises:
            UnavailableError: The API did not answer after all retries.
            RefusedError: The API will never answer.
        """
        missing = [batch for batch in self._batches if batch.name not in self._journal.written]
        writing = Writing(self._chat, self._part, self._purpose, self._journal, self._ledger)
        try:
            writing.write(missing)
        except BudgetSpentError:
            yield "Stopped before exceeding the budget. To continue, run this again with a larger budget."
        collection = collect_messages(self._batches, self._journal.written, self._recipe.similarity)
        yield f"{len(collection.messages):,} messages in {self._write(collection)}"
        yield from self._shortfall(collection)
        spent = self._ledger.spent
        yield (
            f"Spent ${spent.dollars:.4f} for {spent.input_tokens:,} input and {spent.output_tokens:,} output tokens; "
            f"see {self._folder / 'ledger.jsonl'}"
        )

    def _write(self, collection: Collection) -> Path:
        if self._purpose == "training":
            return write_training_files(collection.messages, self._folder)
        return write_test_file(collection.messages, self._folder, self._recipe.seed)

    def _shortfall(self, collection: Collection) -> Iterator[str]:
        unanswered = len(self._batches) - len(self._journal.written)
        if unanswered:
            yield f"{unanswered:,} of {len(self._batches):,} requests have no usable answer; run this again."
        if collection.alike:
            yield f"{collection.alike:,} left out: near-duplicates"
        for reason, count in sorted(collection.rejected.items()):
            yield f"{count:,} rejected: {reason}"
