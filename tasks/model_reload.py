"""Changing to another model while the worker runs: between two jobs, and only once the other one has been loaded."""

from __future__ import annotations

from dataclasses import replace

import structlog

from classifier import Classifier, ModelError
from classifier.store import Mark, ModelStore
from tasks.context import Context, model_store
from tasks.metrics import MODEL_CHANGES, Measure, record

log = structlog.get_logger(__name__)

LOADED, UNUSABLE = "loaded", "unusable"


class ModelSwitch:
    """Follows `intake model activate` and `rollback`."""

    def __init__(self, context: Context) -> None:
        """Take the context of the worker, whose settings say where the store is."""
        self._store: ModelStore = model_store(context.settings)
        self._seen: Mark | None = None

    def follow(self, context: Context) -> Context:
        """Return the context with the model that is chosen now; where nothing changed that costs one stat.

        A model that cannot be loaded leaves the one in hand in use, and is not tried again before the next change.
        """
        mark = self._store.mark()
        if mark == self._seen:
            return context
        self._seen = mark
        before = context.classifier.info
        try:
            folder = self._store.active_folder()
            if folder == before.path:
                return context
            classifier = Classifier.load(folder)
        except Exception as error:  # whatever it is, patients do not wait for a model while there is one
            reason = str(error) if isinstance(error, ModelError) else type(error).__name__
            log.error("model_unusable", reason=reason, still=before.version)
            record(context.queue.connection, (Measure(MODEL_CHANGES, (UNUSABLE,)),))
            return context
        log.info("model_changed", before=before.version, now=classifier.info.version)
        record(context.queue.connection, (Measure(MODEL_CHANGES, (LOADED,)),))
        return replace(context, classifier=classifier)
