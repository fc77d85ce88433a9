"""Runs an ingest in a process of its own, so that it neither delays nor ends anything else.

`python -m mehealth_ui.documents.ingesting` reads an order as JSON from standard input and writes
JSON Lines: progress, then the report or the error.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import IO, Any

from mehealth_rag.errors import MehealthError
from mehealth_rag.growing import Progress
from mehealth_rag.settings import Settings

_CHILD = (sys.executable, "-P", "-m", "mehealth_ui.documents.ingesting")
_SECRETS = {"llm_api_key", "llm_api_key_file"}
"""Settings that an ingest does not need."""

_NICE = 5
"""Lowers the priority, because questions go first."""


class IngestFailedError(MehealthError):
    """An ingest failed; the old index goes on serving."""


@dataclass(frozen=True, slots=True)
class Step:
    """The progress of an ingest: `done` of `total` steps of a stage, or a message."""

    stage: str = ""
    done: int = 0
    total: int = 0
    message: str = ""


@dataclass
class Ingest:
    """One ingest over the corpus that the settings name."""

    settings: Settings
    rebuild: bool = False
    _process: subprocess.Popen[str] | None = field(default=None, init=False)
    _ended: bool = field(default=False, init=False)

    def run(self, report: Callable[[Step], None]) -> list[dict[str, Any]]:
        """Return the rows of the report; each step goes to `report`.

        Raises IngestFailedError, also if the process is ended from outside.
        """
        order = {
            "settings": self.settings.model_dump(mode="json", exclude=_SECRETS),
            "rebuild": self.rebuild,
        }
        self._process = subprocess.Popen(  # noqa: S603 - this program's own module
            _CHILD,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            text=True,
            encoding="utf-8",
            start_new_session=True,  # Ctrl-C goes to the server, which ends the ingest
        )
        if self._ended:
            self.end()
        with self._process as process:
            _send(process.stdin, order)
            for line in _lines(process.stdout):
                if "rows" in line:
                    return list(line["rows"])
                if "error" in line:
                    raise IngestFailedError(str(line["error"]))
                report(Step(**line))
        raise IngestFailedError(
            f"the ingest was ended from outside ({_cause(process.returncode)}); the documents are "
            "kept: have them read again"
        )

    def end(self) -> None:
        """Kill it; the index stays intact."""
        self._ended = True
        if self._process is not None and self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                self._process.kill()


def _send(stream: IO[str] | None, order: object) -> None:
    with contextlib.suppress(OSError):  # it has ended already; its exit code is reported
        if stream is not None:
            json.dump(order, stream)
            stream.close()


def _lines(stream: IO[str] | None) -> Iterator[dict[str, Any]]:
    for line in stream or ():
        with contextlib.suppress(ValueError):  # cut off when it was killed
            yield json.loads(line)


def _cause(code: int) -> str:
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"exit code {code}"


class _Lines(Progress):
    """Writes each step as a line, at most a hundred for a stage."""

    def __init__(self) -> None:
        self._step = Step()
        self._written = 0

    def stage(self, name: str, total: int) -> None:
        self._step, self._written = Step(name, 0, total), 0
        _write(asdict(self._step))

    def advance(self, n: int = 1) -> None:
        step = self._step
        self._step = Step(step.stage, step.done + n, step.total)
        if self._step.done - self._written >= step.total / 100:
            self._written = self._step.done
            _write(asdict(self._step))

    def message(self, text: str) -> None:
        _write(asdict(Step(message=text)))


def _write(value: object) -> None:
    print(json.dumps(value), flush=True)


def main() -> int:
    """Carry out the order on standard input."""
    from mehealth_rag.wiring import ingest

    with contextlib.suppress(OSError):
        os.nice(_NICE)
    order = json.load(sys.stdin)
    try:
        settings = Settings.model_validate(order["settings"])
        report = ingest(settings, _Lines(), rebuild=bool(order["rebuild"]))
    except MehealthError as error:
        _write({"error": " ".join(str(error).split())})
        return error.exit_code
    _write({"rows": [asdict(row) for row in report.documents]})
    return 0


if __name__ == "__main__":
    sys.exit(main())
