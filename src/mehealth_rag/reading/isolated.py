"""Reading and drawing in processes of their own, so that no file can take the program along.

Each reading process has limits on time and memory and reads one file after another; a file that
breaks it is a ReadingError like any other, and the next file gets a new process. Several read at
the same time, and what is asked for next is read ahead, in the order that was announced. Pictures
of pages are drawn by such processes too, with limits of their own.
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
from mehealth_rag.reading import wire
from mehealth_rag.reading.options import ReadingOptions
from mehealth_rag.reading.wire import BrokenWireError, Kind, Picture
from mehealth_rag.types import Document, Source

_CHILD = (sys.executable, "-P", "-m", "mehealth_rag.reading.child")
_LONGEST = 60
"""A file may take so many times the limit of a page, as long as it shows signs of life."""
_SIGNALS = frozenset(-member.value for member in signal.Signals)
_WAITING = 2
"""Documents that may have been read ahead and wait to be asked for: they take memory."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading may take: seconds without a sign of life, memory, processes at a time."""

    seconds: float = 60.0
    megabytes: int = 2_000
    processes: int = 2


class Readers:
    """Up to `limits.processes` reading processes, started when they are first needed.

    For one thread at a time. Close it, or use it as a context: no process outlives it.
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
        """Announce what `read` will be asked for, in this order; it is then read ahead."""
        self._expected.extend(sources)
        self._read_ahead()

    def read(self, source: Source) -> Document:
        """Read the document behind a source whose file is present. Raises ReadingError."""
        if source.id in self._started:
            self._forget_before(source)
        else:
            self._expected = deque(s for s in self._expected if s.id != source.id)
            self._start(source)
        future = self._started.pop(source.id)
        self._read_ahead()
        return future.result()

    def close(self) -> None:
        """End all reading processes, at once."""
        self._expected.clear()
        self._processes.end()
        self._pool.shutdown(cancel_futures=True)
        self._processes.end()  # one may have been started meanwhile

    def _forget_before(self, source: Source) -> None:
        """Let go of what was announced before `source` and then not asked for."""
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
        with self._processes.one() as process:
            return process.read(source, self._options)


DRAWING = Limits(seconds=20.0, megabytes=1_000, processes=2)
"""What the picture of a page may take: somebody waits for it."""


class Drawers:
    """Processes that draw pages of PDFs, started when they are first needed.

    Any number of threads may ask; as many pictures as there are processes are drawn at a time.
    """

    def __init__(self, passwords: Sequence[str] = (), limits: Limits = DRAWING) -> None:
        self._options = ReadingOptions(passwords=tuple(passwords))
        self._processes = _Processes(limits)
        self._turns = threading.BoundedSemaphore(limits.processes)

    def draw(self, source: Source, picture: Picture) -> bytes:
        """A page of a source's PDF as a PNG picture. Raises ReadingError."""
        with self._turns, self._processes.one() as process:
            return process.draw(source, self._options, picture)

    def close(self) -> None:
        """End all processes, at once; what they were drawing is a ReadingError."""
        self._processes.end()


class _Processes:
    """Reading processes, each for one thread at a time; one that ended is not given out again."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._idle: queue.LifoQueue[_Process] = queue.LifoQueue()
        self._all: list[_Process] = []

    @contextlib.contextmanager
    def one(self) -> Iterator[_Process]:
        """A process that waits for work, a new one where there is none."""
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
        """End all of them."""
        for process in list(self._all):
            process.end()


class _Process:
    """One reading process, and the thread that takes in what it sends."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._process = subprocess.Popen(  # noqa: S603 - this program's own module
            [*_CHILD, str(limits.megabytes), str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            start_new_session=True,  # so that a Tesseract that it has started ends with it
        )
        asked, answered = self._process.stdin, self._process.stdout
        assert asked is not None and answered is not None  # noqa: PT018, S101 - they are pipes
        self._asked = asked
        self._answers: queue.SimpleQueue[tuple[Kind, Any] | None] = queue.SimpleQueue()
        threading.Thread(target=self._take_in, args=(answered,), daemon=True).start()
        self.alive = True

    def read(self, source: Source, options: ReadingOptions) -> Document:
        """Have a file read. Raises ReadingError; the process may then be at its end."""
        slow = (
            f"reading it took too long ({self._limits.seconds:g} s at one place, or that many "
            "minutes); get the file again, leave it out or raise reading_seconds"
        )
        said = self._answer((source, options, None), source, Kind.DOCUMENT, slow)
        try:
            return wire.unpack(said, source)
        except BrokenWireError as error:
            raise self._died(source) from error

    def draw(self, source: Source, options: ReadingOptions, picture: Picture) -> bytes:
        """Have a page drawn. Raises ReadingError; the process may then be at its end."""
        slow = f"drawing page {picture.page} took over {self._limits.seconds:g} s"
        said = self._answer((source, options, picture), source, Kind.PICTURE, slow)
        try:
            return base64.b64decode(said, validate=True)
        except (TypeError, ValueError) as error:
            raise self._died(source) from error

    def _answer(self, asked: object, source: Source, wanted: Kind, slow: str) -> Any:  # noqa: ANN401
        """What the process makes of a file; `slow` says what is wrong where nothing comes."""
        try:
            pickle.dump(asked, self._asked)
            self._asked.flush()
        except (OSError, ValueError) as error:  # ValueError: another thread has ended it
            raise self._died(source) from error
        until = time.monotonic() + _LONGEST * self._limits.seconds
        while True:
            kind, said = self._next(source, until, slow)
            if kind is Kind.LAST_ERROR:
                self.end()
            if kind in {Kind.ERROR, Kind.LAST_ERROR}:
                raise ReadingError(said)
            if kind is wanted:
                return said
            if kind is not Kind.BEAT:
                raise self._died(source)

    def _next(self, source: Source, until: float, slow: str) -> tuple[Kind, Any]:
        """The next answer. Raises ReadingError where none comes in time, or ever."""
        try:
            answer = self._answers.get(timeout=self._limits.seconds)
        except queue.Empty:
            answer, until = None, 0.0
        if time.monotonic() > until:
            self.end()
            raise ReadingError(f"{source.path}: {slow}")
        if answer is None:
            raise self._died(source)
        return answer

    def _died(self, source: Source) -> ReadingError:
        """End what is left of the process; the error that says how it broke off."""
        code = self.end()
        how = signal.Signals(-code).name if code in _SIGNALS else f"exit code {code}"
        return ReadingError(
            f"{source.path}: it broke the process that read it ({how}), by its damage or by using "
            f"over {self._limits.megabytes:,} MB; get the file again or leave it out"
        )

    def end(self) -> int:
        """End the process, what it has started too; give its exit code."""
        self.alive = False
        code = self._process.poll()
        if code is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                if sys.platform == "win32":
                    self._process.kill()
                else:
                    os.killpg(self._process.pid, signal.SIGKILL)
        with contextlib.suppress(OSError):  # what it did not take in no longer matters
            self._asked.close()
        return self._process.wait()

    def _take_in(self, stream: IO[bytes]) -> None:
        with stream, contextlib.suppress(BrokenWireError):  # what is no answer is its end
            while True:
                self._answers.put(wire.read(stream))
        self._answers.put(None)
