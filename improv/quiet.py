"""Keeps what C libraries print off the musician's screen.

ALSA, JACK, FluidSynth, LiteRT and TensorFlow write to file descriptor 2 behind Python's back,
and tear the terminal.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def quiet(log: Path | None = None) -> Iterator[None]:
    """Descriptor 2 of the whole process goes to the end of `log`, or nowhere, until the exit.

    Not for two threads at once; nested use is fine.
    """
    if sys.stderr is not None:
        sys.stderr.flush()
    try:
        screen = os.dup(2)
    except OSError:  # there is no descriptor 2, hence no screen to keep clean
        yield
        return
    target = os.open(log or os.devnull, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.dup2(target, 2)
        yield
    finally:
        if sys.stderr is not None:
            sys.stderr.flush()
        os.dup2(screen, 2)
        os.close(screen)
        os.close(target)
