"""Milliseconds by stage."""

from __future__ import annotations

from time import perf_counter


class Stopwatch:
    """Runs from the moment it is made; `lap` closes one stage and begins the next."""

    def __init__(self) -> None:
        self._begun = self._last = perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        """Close a stage."""
        now = perf_counter()
        self._laps[stage] = round((now - self._last) * 1000, 2)
        self._last = now

    def mark(self, moment: str) -> None:
        """Note when something came first, counted from the beginning."""
        self._laps.setdefault(moment, round((perf_counter() - self._begun) * 1000, 2))

    def stop(self) -> dict[str, float]:
        """The stages' milliseconds and the total since the beginning."""
        return {**self._laps, "total": round((perf_counter() - self._begun) * 1000, 2)}
