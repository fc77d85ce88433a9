"""Reads files and renders pages in separate processes, so that no file can crash the program.

Each process has limits on time and memory and reads one file after another. A file that crashes it
gives a ReadingError, and the next file gets a new process. Several processes work in parallel and
read ahead in the announced order. Processes that render pages have limits of their own.
"""

from __future__ import annotations

import base64
import contextlib
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO, Any

from mehealth_rag.errors import ReadingError
from mehealth_rag.reading import ReadingOptions, wire
from mehealth_rag.reading.wire import BrokenWireError, Kind, Picture
from mehealth_rag.types import Document, Source

_CHILD = (sys.executable, "-P", "-m", "mehealth_rag.reading.child")
_LONGEST = 60
"""Maximum time for a whole file, as a multiple of `Limits.seconds`, while heartbeats arrive."""
_SIGNALS = frozenset(-member.value for member in signal.Signals)
_WAITING = 2
"""Maximum finished documents held for the caller, because they take memory."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on reading: seconds without a heartbeat, memory per process, parallel processes."""

    seconds: float = 60.0
    megabytes: int = 2_000
    processes: int = 2


class Readers:
    """A pool of up to `limits.processes` reading processes, started on demand.

    Not thread-safe. Close it or use it as a context manager: no process outlives it.
    """

    def __init__(self, options: ReadingOptions, limits: Limits) -> None:
        self._options = options
        self._limits = limits
        self._expected: deque[Source] = deque()
        self._started: dict[str, Future[Document]] = {}
        self._processes = _Processes(limits)
        self._pool = ThreadPoolExecutor(limits.processes, "reading")

    def __enter__(self) -> Readers:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def expect(self, sources: Sequence[Source]) -> None:
        """Announce the sources that `read` will get, in order, so that they are read ahead."""
        self._expected.extend(sources)
        self._read_ahead()

    def read(self, source: Source) -> Document:
        """Read the file of a source. Raises ReadingError."""
        if source.id in self._started:
            self._forget_before(source)
        else:
            self._expected = deque(s for s in self._expected if s.id != source.id)
            self._start(source)
        future = self._started.pop(source.id)
        self._read_ahead()
        return future.result()

    def close(self) -> None:
        """Kill all reading processes."""
        self._expected.clear()
        self._processes.end()
        self._pool.shutdown(cancel_futures=True)
        self._processes.end()  # a worker may have started another in the meantime

    def _forget_before(self, source: Source) -> None:
        """Drop sources announced before `source` that were never requested."""
        for name in list(self._started):
            if name == source.id:
                return
            self._started.pop(name).cancel()

    def _read_ahead(self) -> None:
        while self._expected and len(self._started) < self._limits.processes + _WAITING:
            self._start(self._expected.popleft())

    def _start(self, source: Source) -> None:
        self._started[source.id] = self._pool.submit(self._read_in_process, source)

    def _read_in_process(self, source: Source) -> Document:
        with self._processes.borrowed() as process:
            return process.read(source, self._options)


DRAWING = Limits(seconds=20.0, megabytes=1_000, processes=2)
"""Limits on rendering a page; tighter than for reading, because a user is waiting."""


class Drawers:
    """A pool of processes that render PDF pages, started on demand.

    Thread-safe; at most `limits.processes` pages are rendered at a time and other calls wait.
    """

    def __init__(self, passwords: Sequence[str] = (), limits: Limits = DRAWING) -> None:
        self._options = ReadingOptions(passwords=tuple(passwords))
        self._processes = _Processes(limits)
        self._turns = threading.BoundedSemaphore(limits.processes)

    def draw(self, source: Source, picture: Picture) -> bytes:
        """Render a page of a source's PDF as a PNG image. Raises ReadingError."""
        with self._turns, self._processes.borrowed() as process:
            return process.draw(source, self._options, picture)

    def close(self) -> None:
        """Kill all processes; calls in progress raise ReadingError."""
        self._processes.end()


class _Processes:
    """Reading processes, each for one thread at a time; ended ones are not reused."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._idle: queue.LifoQueue[_Process] = queue.LifoQueue()
        self._all: list[_Process] = []

    @contextlib.contextmanager
    def borrowed(self) -> Iterator[_Process]:
        """Lend an idle process, or a new one if there is none."""
        try:
            process = self._idle.get_nowait()
        except queue.Empty:
            process = _Process(self._limits)
            self._all.append(process)
        try:
            yield process
        finally:
            if process.alive:
                self._idle.put(process)
            else:
                self._all.remove(process)

    def end(self) -> None:
        """Kill all processes."""
        for process in list(self._all):
            process.end()


class _Process:
    """One reading process and the thread that receives its answers."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._process = subprocess.Popen(  # noqa: S603 - this program's own module
            [*_CHILD, str(limits.megabytes), str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            start_new_session=True,  # so that killing the group also ends its Tesseract
        )
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None  # noqa: PT018, S101 - they are pipes
        self._stdin = stdin
        self._answers: queue.SimpleQueue[tuple[Kind, Any] | None] = queue.SimpleQueue()
        threading.Thread(target=self._receive, args=(stdout,), daemon=True).start()
        self.alive = True

    def read(self, source: Source, options: ReadingOptions) -> Document:
        """Read a file in the process. Raises ReadingError; the process may have ended then."""
        slow = (
            f"reading it took too long ({self._limits.seconds:g} s at one place, or that many "
            "minutes); get the file again, leave it out or raise reading_seconds"
        )
        payload = self._answer((source, options, None), source, Kind.DOCUMENT, slow)
        try:
            return wire.unpack(payload, source)
        except BrokenWireError as error:
            raise self._crashed(source) from error

    def draw(self, source: Source, options: ReadingOptions, picture: Picture) -> bytes:
        """Render a page in the process. Raises ReadingError; the process may have ended then."""
        slow = f"drawing page {picture.page} took over {self._limits.seconds:g} s"
        payload = self._answer((source, options, picture), source, Kind.PICTURE, slow)
        try:
            return base64.b64decode(payload, validate=True)
        except (TypeError, ValueError) as error:
            raise self._crashed(source) from error

    def _answer(self, request: object, source: Source, expected: Kind, slow: str) -> Any:  # noqa: ANN401
        """Send a request and return the payload of the answer, which must be of kind `expected`.

        Raises ReadingError; on a timeout its message is `slow`.
        """
        try:
            pickle.dump(request, self._stdin)
            self._stdin.flush()
        except (OSError, ValueError) as error:  # ValueError: another thread has closed the pipe
            raise self._crashed(source) from error
        deadline = time.monotonic() + _LONGEST * self._limits.seconds
        while True:
            kind, payload = self._next(source, deadline, slow)
            if kind is Kind.LAST_ERROR:
                self.end()
            if kind in {Kind.ERROR, Kind.LAST_ERROR}:
                raise ReadingError(payload)
            if kind is expected:
                return payload
            if kind is not Kind.BEAT:
                raise self._crashed(source)

    def _next(self, source: Source, deadline: float, slow: str) -> tuple[Kind, Any]:
        """Return the next answer. Raises ReadingError if none comes in time or the process died."""
        try:
            answer = self._answers.get(timeout=self._limits.seconds)
        except queue.Empty:
            answer, deadline = None, 0.0
        if time.monotonic() > deadline:
            self.end()
            raise ReadingError(f"{source.path}: {slow}")
        if answer is None:
            raise self._crashed(source)
        return answer

    def _crashed(self, source: Source) -> ReadingError:
        """End the process and return an error that says how it died."""
        code = self.end()
        cause = signal.Signals(-code).name if code in _SIGNALS else f"exit code {code}"
        return ReadingError(
            f"{source.path}: it broke the process that read it ({cause}), by its damage or by "
            f"using over {self._limits.megabytes:,} MB; get the file again or leave it out"
        )

    def end(self) -> int:
        """Kill the process with its children and return its exit code."""
        self.alive = False
        code = self._process.poll()
        if code is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                if sys.platform == "win32":
                    self._process.kill()
                else:
                    os.killpg(self._process.pid, signal.SIGKILL)
        with contextlib.suppress(OSError):  # closing may fail on unsent data, which is now useless
            self._stdin.close()
        return self._process.wait()

    def _receive(self, stream: IO[bytes]) -> None:
        with stream, contextlib.suppress(BrokenWireError):  # anything but an answer means the end
            while True:
                self._answers.put(wire.read(stream))
        self._answers.put(None)
