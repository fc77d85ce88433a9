"""The served index as one value, and its replacement by the next one.

A request takes an edition at its beginning and keeps it to its end, so that all of its answer comes
from one generation of the index.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from mehealth_rag.assistant import EXTRACTIVE, GENERATIVE, Engines, engine_of
from mehealth_rag.encoder.shipped import first_line
from mehealth_rag.errors import MehealthError, UsageError
from mehealth_rag.index.folder import IndexFolder
from mehealth_ui.documents.originals import Originals
from mehealth_ui.documents.pictures import Pictures
from mehealth_ui.documents.suggestions import Pool
from mehealth_ui.error_text import visible_status
from mehealth_ui.limits import EDITIONS_KNOWN, OPENING_SECONDS, REOPEN_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mehealth_rag.assistant import Assistant
    from mehealth_rag.index.accounting import SourceStatus
    from mehealth_rag.settings import Settings

Stamp = tuple[int, int]
LOG = logging.getLogger("mehealth.ui")
_CANDIDATE_SECONDS = 20.0
"""Time that trying one suggested question may take on a slow machine."""


@dataclass(frozen=True)
class Edition:
    """One open generation of the index, and what the page shows of it."""

    assistant: Assistant
    catalogue: Mapping[str, SourceStatus]
    originals: Originals
    pictures: Pictures
    engines: Mapping[str, Assistant] = field(default_factory=dict)
    """The engines to choose from; empty if no language model is configured."""
    pool: Pool = field(default_factory=Pool)

    @classmethod
    def of(
        cls,
        assistant: Assistant,
        corpus: Path,
        pictures: Pictures,
        engines: Mapping[str, Assistant],
    ) -> Edition:
        """Return an edition over an open assistant, which shares the drawers of `pictures`."""
        catalogue = {s.source.id: visible_status(s, corpus) for s in assistant.sources()}
        originals = Originals.of(assistant, catalogue)
        return cls(assistant, catalogue, originals, pictures.of(originals), engines)

    def follow(self, assistant: Assistant, corpus: Path) -> Edition:
        """Return the edition of another index with this one's models and drawers."""
        engines = {
            name: replace(
                assistant, model=old.model, answer_tokens=old.answer_tokens, pace=old.pace
            )
            for name, old in self.engines.items()
        }
        return Edition.of(assistant, corpus, self.pictures, engines)

    @property
    def version(self) -> str:
        """The version of the index, by which browsers cache pictures."""
        return self.assistant.index.fingerprint

    @property
    def generation(self) -> str:
        """The name of the generation in the index folder."""
        return self.assistant.index.generation.name

    @property
    def engine(self) -> str:
        """The default engine."""
        return engine_of(self.assistant)

    def assistant_of(self, engine: str) -> Assistant:
        """Return the assistant of the chosen engine, or the default one."""
        return self.engines.get(engine, self.assistant)

    def assistant_named(self, engine: str) -> Assistant:
        """Return the assistant of a named engine, the default one for "". Raises UsageError."""
        if engine in {"", self.engine}:
            return self.assistant
        if engine in self.engines:
            return self.engines[engine]
        why = "no language model is configured here" if engine == GENERATIVE else "there is none"
        known = ", ".join(self.engines or [self.engine])
        raise UsageError(f"the engine '{engine}' cannot be chosen ({why}); there are: {known}")


class Editions:
    """Keeps the served edition up to date with the index folder.

    Each request looks for a newer generation and waits up to OPENING_SECONDS until it is open. The
    old one goes on serving if it cannot be opened, and the log says why.
    """

    def __init__(self, settings: Settings, first: Edition) -> None:
        self._settings = settings
        self._folder = IndexFolder(settings.index)
        self._current = first
        self._stamp = self._pointer_stamp()
        if self._generation() != first.generation:  # replaced since it was opened
            self._stamp = None
        self._hashes = {first.version: first.originals.hashes}
        self._failure = _Failure()
        self._turn = threading.Lock()
        self._starting = threading.Lock()
        self._opening: threading.Thread | None = None
        self._closing = threading.Event()
        self._filling: list[_Filling] = []
        self._closers: SimpleQueue[Callable[[], None]] = SimpleQueue()

    @property
    def current(self) -> Edition:
        """The edition of the newest generation that can be opened."""
        if self._is_old() and not self._closing.is_set():
            with self._starting:
                if self._opening is None or not self._opening.is_alive():
                    self._opening = threading.Thread(target=self._renew, name="opening")
                    self._opening.start()
            self._opening.join(OPENING_SECONDS)
        self._close_unused()
        return self._current

    @property
    def news(self) -> str:
        """Why the newest index does not serve; empty if it does."""
        return self._failure.reason

    def same_file(self, document: str, version: str, edition: Edition) -> bool:
        """Tell whether a document is the same file in an edition and an earlier version.

        It is not for a version that has not served since the start.
        """
        then = self._hashes.get(version, {}).get(document)
        now = edition.originals.hashes.get(document)
        return version == edition.version or (then is not None and then == now)

    def relist(self) -> None:
        """Reload the sources of the corpus folder over the same index. Raises CorpusError."""
        with self._turn:
            old = self._current
            assistant = old.assistant.relisted(self._settings)
            new = old.follow(assistant, self._settings.corpus)
            self._current = replace(new, pool=old.pool)

    def begin(self) -> None:
        """Look for suggested questions in the background, and again for each new edition."""
        with self._turn:
            self._filling.append(_Filling(self._current))

    def close(self) -> None:
        """End the background work, and wait for it: a thread that computes at exit crashes."""
        self._closing.set()
        if self._opening is not None:
            self._opening.join()
        for filling in self._filling:
            filling.end()
        self._current.pictures.close()
        self._close_unused()

    def _is_old(self) -> bool:
        """Tell whether there is a generation to open, for the first time or again."""
        stamp = self._pointer_stamp()
        if stamp is None or stamp == self._stamp:
            return False  # without a pointer, the index is being repaired or gone
        return self._failure.is_over(stamp)

    def _pointer_stamp(self) -> Stamp | None:
        """Return the identity of the pointer, which is a new file after each ingest."""
        try:
            stat = self._folder.pointer.stat()
        except OSError:
            return None
        return stat.st_ino, stat.st_mtime_ns

    def _generation(self) -> str:
        try:
            return self._folder.pointer.read_text(encoding="utf-8").strip()
        except (OSError, ValueError):
            return ""

    def _renew(self) -> None:
        """Open the current generation, and serve it."""
        with self._turn:
            stamp = self._pointer_stamp()
            if stamp is None:
                return
            old = self._current
            try:
                new = old.follow(old.assistant.reopened(self._settings), self._settings.corpus)
            except Exception as error:  # whatever is wrong with it, the old one works
                self._fail(stamp, error)
                return
            self._stamp, self._failure = stamp, _Failure()
            self._adopt(new, old)

    def _fail(self, stamp: Stamp, error: Exception) -> None:
        problem = first_line(error)
        if not isinstance(error, MehealthError):
            problem = f"{type(error).__name__}: {problem}"
        if problem != self._failure.problem:
            LOG.warning("the new index does not serve, the one before goes on: %s", problem)
        self._failure = _Failure(stamp, problem, time.monotonic() + REOPEN_SECONDS)

    def _adopt(self, new: Edition, old: Edition) -> None:
        """Serve an edition; the old one is closed after its last request."""
        index = old.assistant.index
        weakref.finalize(index, self._closers.put, index.closing()).atexit = False
        hashes = {**self._hashes, new.version: new.originals.hashes}
        self._hashes = dict([*hashes.items()][-EDITIONS_KNOWN:])
        self._current = new
        if self._filling:
            for filling in self._filling:
                filling.stop()
            self._filling = [_Filling(new), *(f for f in self._filling if f.goes_on)]
        LOG.info("the index %s serves", new.generation)

    def _close_unused(self) -> None:
        """Close the indexes that no request holds any more."""
        with contextlib.suppress(Empty):
            while True:
                self._closers.get_nowait()()


@dataclass(frozen=True, slots=True)
class _Failure:
    """A generation that could not be opened; it is tried again after `until`."""

    stamp: Stamp | None = None
    problem: str = ""
    until: float = 0.0

    @property
    def reason(self) -> str:
        return f"the newest index does not serve: {self.problem}" if self.problem else ""

    def is_over(self, stamp: Stamp) -> bool:
        return stamp != self.stamp or time.monotonic() > self.until


class _Filling:
    """A thread that fills an edition's pool of suggested questions."""

    def __init__(self, edition: Edition) -> None:
        self._stopped = threading.Event()
        arguments = (edition.assistant_of(EXTRACTIVE), self._stopped)
        self._thread = threading.Thread(target=edition.pool.fill, args=arguments, daemon=True)
        self._thread.start()

    @property
    def goes_on(self) -> bool:
        return self._thread.is_alive()

    def stop(self) -> None:
        self._stopped.set()

    def end(self) -> None:
        self.stop()
        self._thread.join(_CANDIDATE_SECONDS)


def engines(settings: Settings, assistant: Assistant) -> dict[str, Assistant]:
    """Return the engines to choose from; none if the language model cannot be opened."""
    try:
        return Engines(assistant, settings).choices()
    except MehealthError as error:
        LOG.warning("no language model on the page: %s", error)
        return {}
