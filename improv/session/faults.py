"""What ports could not do: counted by each while it plays, said once and told in the report.

Drivers call a port on threads where nothing may be raised, so a port counts. Here the counts
become a sentence for the musician, the first time, and figures that add up over reopened ports.
"""

from __future__ import annotations

from collections.abc import Iterable

from improv.play.interfaces import Input, Output


class Faults:
    """The faults of every port so far; a port without a count has none."""

    def __init__(self) -> None:
        self._counts: dict[Input | Output, int] = {}

    def look(self, inputs: Iterable[Input], outputs: Iterable[Output]) -> list[str]:
        """Count again; a sentence for each port whose first fault this is."""
        sentences = [
            f"a message from {port.name} was lost, by a fault of improv's"
            for port in inputs
            if self._is_first(port)
        ]
        return sentences + [
            f"{port.name} would not do what it was told; it may lack that instrument or sound"
            for port in outputs
            if self._is_first(port)
        ]

    @property
    def by_port(self) -> tuple[tuple[str, int], ...]:
        """How many each port had, by its name, those without any left out."""
        totals: dict[str, int] = {}
        for port, count in self._counts.items():
            totals[port.name] = totals.get(port.name, 0) + count
        return tuple(sorted(totals.items()))

    def _is_first(self, port: Input | Output) -> bool:
        count: int = getattr(port, "faults", 0)
        first = count > 0 and port not in self._counts
        if count:
            self._counts[port] = count
        return first
