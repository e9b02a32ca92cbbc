"""Having messages read, and remembering what came of it: no message is put to the same contender twice."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict

from tqdm.auto import tqdm

from training.benchmark.contender import Contender, Prediction
from training.json_lines import JsonLines


def predict_all(contender: Contender, texts: Sequence[str], cache: JsonLines, task: str) -> list[Prediction]:
    """Return what a contender makes of every text, from the cache where it is there.

    The cache keeps hashes and intents, never a text.

    Args:
        contender: Who reads.
        texts: What is read.
        cache: What is remembered of this contender.
        task: What the progress bar is headed.

    Raises:
        UnavailableError: An API could not answer; what was answered before is remembered.
        RefusedError: An API will not answer.
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
