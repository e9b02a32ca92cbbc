"""Run `benchmark`, from the messages to the report."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path

from training.benchmark.contender import Contender
from training.benchmark.contenders import is_billed, open_contender, split_name
from training.benchmark.plots import draw_all
from training.benchmark.predictions import predict_all
from training.benchmark.prices import Prices, load_prices
from training.benchmark.report import as_json, format_page
from training.benchmark.results import FREE, Result, score_predictions
from training.data.labeled_messages import LabeledMessage, read_labeled_messages
from training.json_lines import JsonLines


def run_benchmark(messages: Path, models: Sequence[str], prices: Path, corpus: Path, output: Path) -> str:
    """Run every model on every message, write the report to `output`, and return its Markdown.

    Raises:
        LabeledFileError: The messages cannot be used.
        BenchmarkError: A model cannot be used.
        CorpusError: The baseline's corpus cannot be read.
        RecipeError: The price list cannot be used.
        JsonLinesError: The folder is in use, or a cache in it is damaged.
        RefusedError: An API will never answer, or there is no key.
        UnavailableError: An API did not answer.
    """
    for model in models:
        split_name(model)
    known_prices, labeled = load_prices(prices), read_labeled_messages(messages)
    with ExitStack() as opened:
        # Open all contenders first, so that a missing key is reported immediately.
        contenders = {model: opened.enter_context(closing(open_contender(model, corpus))) for model in models}
        results = [_result(model, contender, labeled, known_prices, output) for model, contender in contenders.items()]
    page = format_page(results, len(labeled), known_prices.as_of)
    (output / "benchmark.md").write_text(page, encoding="utf-8")
    content = json.dumps(as_json(results, len(labeled), known_prices.as_of), indent=2)
    (output / "benchmark.json").write_text(f"{content}\n", encoding="utf-8")
    draw_all(results, output)
    return page


def _result(
    model: str, contender: Contender, labeled: Sequence[LabeledMessage], prices: Prices, output: Path
) -> Result:
    remembered = output / "answers" / f"{re.sub(r'[^A-Za-z0-9.]+', '-', model)}.jsonl"
    with JsonLines(remembered) as cache:
        predictions = predict_all(contender, [message.text for message in labeled], cache, model)
    price = prices.of(model) if is_billed(model) else FREE
    return score_predictions(model, labeled, predictions, price)
