"""Progress bars on standard error."""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from mehealth_rag.growing import Progress

PATIENCE = 2.0
"""Seconds before progress appears; shorter work shows none."""


class TerminalProgress(Progress):
    """Shows a bar per stage on standard error, under `heading`.

    Nothing is shown in the first `patience` seconds.
    """

    def __init__(self, heading: str = "", patience: float = 0.0) -> None:
        self._heading = heading
        self._not_before = time.monotonic() + patience
        self._bars = Bars(
            TextColumn("{task.description:>10}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True, markup=False, emoji=False, soft_wrap=True),
        )
        self._task: TaskID | None = None

    def __enter__(self) -> TerminalProgress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bars.live.is_started:  # stopping bars that never started prints a blank line
            self._bars.stop()

    def stage(self, name: str, total: int) -> None:
        """Begin a stage of `total` steps."""
        self._task = self._bars.add_task(name, total=total)
        self._show()

    def advance(self, n: int = 1) -> None:
        """Advance the current stage by `n` steps."""
        if self._task is not None:
            self._bars.advance(self._task, n)
            self._show()

    def message(self, text: str) -> None:
        """Print a message above the bars."""
        self._announce()
        self._bars.console.print(text)

    def _show(self) -> None:
        if not self._bars.live.is_started and time.monotonic() >= self._not_before:
            self._announce()
            self._bars.start()

    def _announce(self) -> None:
        if self._heading:
            self._bars.console.print(self._heading)
            self._heading = ""
