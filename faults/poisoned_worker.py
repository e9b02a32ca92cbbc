"""A real worker that a message with a certain word kills: `poisoned_worker.py WORD [OPTIONS OF intake worker]`.

Nothing of the product is replaced: the interpreter's own profiling hook watches for the classifier being given it.
"""

from __future__ import annotations

import inspect
import os
import signal
import sys
from types import FrameType

from app.cli import main
from classifier.network.model import Classifier


def kill_at(word: str) -> None:
    """End this process, as the kernel's out-of-memory killer would, when it is to classify this word."""
    code = inspect.unwrap(Classifier.classify).__code__

    def watch(frame: FrameType, happened: str, _argument: object) -> None:
        if frame.f_code is code and happened == "call" and any(word in text for text in frame.f_locals["texts"]):
            os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(watch)


if __name__ == "__main__":
    kill_at(sys.argv[1])
    sys.argv[1:] = ["worker", *sys.argv[2:]]
    main()
