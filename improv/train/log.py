"""What a training run says: JSON lines always, a bar on a terminal, TensorBoard if installed.

Each line of log.jsonl is one event with its step, so that a run that is resumed can drop the
lines written after its checkpoint and go on as if it had never stopped.
"""

from __future__ import annotations

import importlib.util
import json
import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

Value = float | int | str


class RunLog:
    """The log of one run in `folder`, used as a context manager.

    `resumed_at` is the step a resumed run goes on from, `total` the step it ends at. Of several
    workers only one keeps it: the others' `write` does nothing.
    """

    def __init__(
        self,
        folder: Path,
        *,
        total: int,
        resumed_at: int = 0,
        tensorboard: bool = True,
        kept: bool = True,
    ) -> None:
        self._folder = folder
        self._total = total
        self._resumed_at = resumed_at
        self._tensorboard = tensorboard and kept
        self._kept = kept
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        if not self._kept:
            return self
        path = self._folder / "log.jsonl"
        if self._resumed_at and path.exists():
            kept = [line for line in path.read_text().splitlines() if self._stands(line)]
            path.write_text("".join(line + "\n" for line in kept))
        else:
            path.write_text("")
        self._file = self._open.enter_context(path.open("a"))
        console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(),
            TextColumn("{task.completed}/{task.total} steps"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[words]}"),
            console=console,
            disable=not console.is_terminal,
        )
        self._open.enter_context(self._bar)
        self._task = self._bar.add_task(
            self._folder.name, total=self._total, completed=self._resumed_at, words=""
        )
        self._board = self._open_board()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def write(self, event: str, step: int, **values: Value) -> None:
        """Note an event: `train` and `validation` figures, `best`, `stopped` and the like."""
        if not self._kept:
            return
        seconds = round(time.monotonic() - self._began, 1)
        line = {"event": event, "step": step, "seconds": seconds, **values}
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()
        words = f"{event} loss {values['loss']:.4f}" if "loss" in values else event
        self._bar.update(self._task, completed=step, words=words)
        if self._board is not None:
            with self._board.as_default(step=step):
                for name, value in values.items():
                    if not isinstance(value, str):
                        self._summary.scalar(f"{event}/{name}", value)

    def _stands(self, line: str) -> bool:
        try:
            return int(json.loads(line)["step"]) <= self._resumed_at
        except (ValueError, KeyError, TypeError):  # a line cut short by a kill
            return False

    def _open_board(self) -> Any:
        wanted = ("tensorflow", "tensorboard")
        if not self._tensorboard or not all(importlib.util.find_spec(name) for name in wanted):
            return None
        import tensorflow as tf  # optional, and slow to import

        self._summary = tf.summary
        board = tf.summary.create_file_writer(str(self._folder / "tensorboard"))
        self._open.callback(board.close)
        return board
