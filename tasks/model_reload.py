"""Switching to another model while the worker runs: between jobs, and only after the new model has loaded."""

from __future__ import annotations

from dataclasses import replace

import structlog

from classifier import Classifier, ModelError
from classifier.network.store import Mark, ModelStore
from tasks.context import Context, model_store
from tasks.metrics import MODEL_CHANGES, Measure, record

log = structlog.get_logger(__name__)

LOADED, UNUSABLE = "loaded", "unusable"


class ModelSwitch:
    """Applies `intake model activate` and `intake model rollback` to a running worker."""

    def __init__(self, context: Context) -> None:
        """Create a switch for the model store that the worker's settings name."""
        self._store: ModelStore = model_store(context.settings)
        self._seen: Mark | None = None

    def follow(self, context: Context) -> Context:
        """Return the context with the active model. If nothing has changed, this costs one `stat` call.

        If the new model cannot be loaded, the current one stays in use until the next change.
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
        except Exception as error:  # whatever went wrong, the current model can still answer patients
            reason = str(error) if isinstance(error, ModelError) else type(error).__name__
            log.error("model_unusable", reason=reason, still=before.version)
            record(context.queue.connection, (Measure(MODEL_CHANGES, (UNUSABLE,)),))
            return context
        log.info("model_changed", before=before.version, now=classifier.info.version)
        record(context.queue.connection, (Measure(MODEL_CHANGES, (LOADED,)),))
        return replace(context, classifier=classifier)
