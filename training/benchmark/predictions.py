"""Collect and cache predictions, so that no contender gets the same message twice."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict

from tqdm.auto import tqdm

from training.benchmark.contender import Contender, Prediction
from training.json_lines import JsonLines


def predict_all(contender: Contender, texts: Sequence[str], cache: JsonLines, task: str) -> list[Prediction]:
    """Return a contender's predictions for all texts, from the cache if possible.

    The cache contains hashes and intents, but no texts.

    Args:
        contender: The contender.
        texts: The texts.
        cache: The contender's cache.
        task: Title of the progress bar.

    Raises:
        UnavailableError: An API did not answer; earlier answers are cached.
        RefusedError: An API will never answer.
    """
    remembered = {entry.pop("key"): Prediction(**entry) for entry in cache.read()}
    keys = [_key(contender.identity, text) for text in texts]
    missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in remembered}

    def read(key: str) -> None:
        prediction = contender.predict(missing[key])
        cache.append({"key": key, **asdict(prediction)})
        remembered[key] = prediction

    with ThreadPoolExecutor(contender.workers) as pool:
        futures = [pool.submit(read, key) for key in missing]
        try:
            for future in tqdm(as_completed(futures), total=len(futures), desc=task, unit="message"):
                future.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return [remembered[key] for key in keys]


def _key(identity: str, text: str) -> str:
    return hashlib.sha256(f"{identity}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()
