"""A wall clock of their own for processes, which can be set while they run; it takes a C compiler."""

from __future__ import annotations

import mmap
import struct
import subprocess
from pathlib import Path

COMPILER = "cc"
# Linux asks the library that is loaded first. Whole seconds are added, and only to the wall clock.
_SOURCE = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static volatile long long *ahead;

__attribute__((constructor)) static void open_clock(void) {
    int file = open(getenv("FAULTS_CLOCK"), O_RDONLY);
    void *shared = mmap(0, sizeof *ahead, PROT_READ, MAP_SHARED, file, 0);
    ahead = shared == MAP_FAILED ? 0 : shared;
    close(file);
}

int clock_gettime(clockid_t clock, struct timespec *moment) {
    int failed = syscall(SYS_clock_gettime, clock, moment);
    if (ahead && clock == CLOCK_REALTIME) moment->tv_sec += *ahead;
    return failed;
}
"""


class WallClock:
    """The wall clock of the processes that are started with its environment."""

    def __init__(self, folder: Path) -> None:
        """Build it; it shows the real time at first."""
        self._file = folder / "clock"
        self._file.write_bytes(struct.pack("q", 0))
        source, library = folder / "clock.c", folder / "clock.so"
        source.write_text(_SOURCE)
        subprocess.run([COMPILER, "-shared", "-fPIC", "-o", library, source], check=True)
        self.environment = {"LD_PRELOAD": str(library), "FAULTS_CLOCK": str(self._file)}

    def set_ahead(self, seconds: int) -> None:
        """Set it so far ahead of the real time, or behind it if negative."""
        with self._file.open("r+b") as file, mmap.mmap(file.fileno(), 8) as shared:
            shared[:] = struct.pack("q", seconds)
