"""A bar on a terminal, nothing elsewhere: how long jobs say how far they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

Report = Callable[[int, int], None]
"""Called with (done, total) as often as is convenient."""

Bars = Callable[[str, str], AbstractContextManager[Report]]
"""Called with a title and a unit for each part of a job that has several; `bar` is one."""


def silent(done: int, total: int) -> None:
    """Say nothing."""


@contextmanager
def silence(title: str, unit: str = "") -> Iterator[Report]:  # noqa: ARG001  # as `bar` takes them
    """No bar at all."""
    yield silent


@contextmanager
def bar(title: str, unit: str = "", *, console: Console | None = None) -> Iterator[Report]:
    """A Report that draws a bar on stderr, if that is a terminal. `unit` "bytes" shows a speed."""
    console = console or Console(stderr=True)
    columns: tuple[ProgressColumn, ...] = (
        (DownloadColumn(), TransferSpeedColumn())
        if unit == "bytes"
        else (MofNCompleteColumn(), TextColumn(unit))
    )
    with Progress(
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        *columns,
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    ) as shown:
        task = shown.add_task(title, total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total)
