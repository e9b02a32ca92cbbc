"""`python -m app.quiet_start MODULE …` runs a module, which Ctrl-C ends without a traceback until it handles it itself.

Whoever starts this blocks Ctrl-C first, so that it does not come while there is nothing to catch it.
"""

from __future__ import annotations

import runpy
import signal
import sys

from app.interrupts import end_quietly

if __name__ == "__main__":
    signal.signal(signal.SIGINT, end_quietly)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    sys.argv[:] = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
