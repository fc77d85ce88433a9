"""Times the stages of an answer in milliseconds."""

from __future__ import annotations

from time import perf_counter


class Stopwatch:
    """Starts when created; `lap` ends one stage and starts the next."""

    def __init__(self) -> None:
        self._begun = self._last = perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        """End a stage."""
        now = perf_counter()
        self._laps[stage] = round((now - self._last) * 1000, 2)
        self._last = now

    def mark(self, moment: str) -> None:
        """Record the time since the start, the first time only."""
        self._laps.setdefault(moment, round((perf_counter() - self._begun) * 1000, 2))

    def stop(self) -> dict[str, float]:
        """Return the milliseconds of each stage, and the total since the start."""
        return {**self._laps, "total": round((perf_counter() - self._begun) * 1000, 2)}
