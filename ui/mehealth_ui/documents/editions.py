"""The index that is served, as one value, and how the next one takes its place.

A request takes an edition when it begins and works with that one to its end: what it says, shows
and hands out is of one generation of the index.
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
from mehealth_ui.limits import AGAIN_SECONDS, EDITIONS_KNOWN, OPENING_SECONDS
from mehealth_ui.telling import public

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mehealth_rag.assistant import Assistant
    from mehealth_rag.index.accounting import SourceStatus
    from mehealth_rag.settings import Settings

Seen = tuple[int, int]
LOG = logging.getLogger("mehealth.ui")
_LONGEST_CANDIDATE = 20.0
"""Seconds that trying one suggested question may take on a slow machine."""


@dataclass(frozen=True)
class Edition:
    """One generation of the index, open, with all that is shown of it."""

    assistant: Assistant
    catalogue: Mapping[str, SourceStatus]
    originals: Originals
    pictures: Pictures
    engines: Mapping[str, Assistant] = field(default_factory=dict)
    """What a person may choose from who writes; empty where no language model is configured."""
    pool: Pool = field(default_factory=Pool)

    @classmethod
    def of(
        cls,
        assistant: Assistant,
        corpus: Path,
        pictures: Pictures,
        engines: Mapping[str, Assistant],
    ) -> Edition:
        """An edition over an open assistant; `pictures` lends those who draw."""
        catalogue = {s.source.id: public(s, corpus) for s in assistant.sources()}
        originals = Originals.of(assistant, catalogue)
        return cls(assistant, catalogue, originals, pictures.of(originals), engines)

    def follow(self, assistant: Assistant, corpus: Path) -> Edition:
        """The edition of another index, with the models and the drawers of this one."""
        engines = {
            name: replace(
                assistant, model=one.model, answer_tokens=one.answer_tokens, pace=one.pace
            )
            for name, one in self.engines.items()
        }
        return Edition.of(assistant, corpus, self.pictures, engines)

    @property
    def version(self) -> str:
        """Changes with the index, so that browsers may keep pictures."""
        return self.assistant.index.fingerprint

    @property
    def generation(self) -> str:
        """The name of the generation in the index folder."""
        return self.assistant.index.generation.name

    @property
    def engine(self) -> str:
        """Who writes where nothing is chosen."""
        return engine_of(self.assistant)

    def assistant_of(self, engine: str) -> Assistant:
        """The assistant whose engine a person has chosen, else the page's own."""
        return self.engines.get(engine, self.assistant)

    def assistant_named(self, engine: str) -> Assistant:
        """The assistant whose engine a program names; the page's own for "".

        Raises UsageError where there is none.
        """
        if engine in {"", self.engine}:
            return self.assistant
        if engine in self.engines:
            return self.engines[engine]
        why = "no language model is configured here" if engine == GENERATIVE else "there is none"
        known = ", ".join(self.engines or [self.engine])
        raise UsageError(f"the engine '{engine}' cannot be chosen ({why}); there are: {known}")


class Editions:
    """The edition that serves. The index folder is looked at whenever one is asked for.

    Where it has a newer generation, that is opened, and whoever asks meanwhile waits for it, up to
    OPENING_SECONDS; then the old one answers. Where it cannot be opened the old one goes on, and
    one line in the log says why.
    """

    def __init__(self, settings: Settings, first: Edition) -> None:
        self._settings = settings
        self._folder = IndexFolder(settings.index)
        self._current = first
        self._seen = self._look()
        if self._name() != first.generation:  # it was replaced since it was opened
            self._seen = None
        self._hashes = {first.version: first.originals.hashes}
        self._refused = _Refused()
        self._turn = threading.Lock()
        self._starting = threading.Lock()
        self._opening: threading.Thread | None = None
        self._closing = threading.Event()
        self._filling: list[_Filling] = []
        self._unused: SimpleQueue[Callable[[], None]] = SimpleQueue()

    @property
    def current(self) -> Edition:
        """The edition of the newest generation that can be opened."""
        if self._is_old() and not self._closing.is_set():
            with self._starting:
                if self._opening is None or not self._opening.is_alive():
                    self._opening = threading.Thread(target=self._renew, name="opening")
                    self._opening.start()
            self._opening.join(OPENING_SECONDS)
        self._let_go()
        return self._current

    @property
    def news(self) -> str:
        """Why a newer index does not serve; empty where none is refused."""
        return self._refused.reason

    def same_file(self, document: str, version: str, edition: Edition) -> bool:
        """Whether a document is the same file in an edition and in the one of a version.

        Of a version that has not served since the start nobody knows: then it is not.
        """
        then = self._hashes.get(version, {}).get(document)
        now = edition.originals.hashes.get(document)
        return version == edition.version or (then is not None and then == now)

    def relist(self) -> None:
        """Show the sources that the corpus folder has now, over the same index.

        Raises as `load_sources` does.
        """
        with self._turn:
            old = self._current
            assistant = old.assistant.relisted(self._settings)
            new = old.follow(assistant, self._settings.corpus)
            self._current = replace(new, pool=old.pool)

    def begin(self) -> None:
        """Find suggested questions in the background, and again for each new edition."""
        with self._turn:
            self._filling.append(_Filling(self._current))

    def close(self) -> None:
        """End what goes on in the background, and wait for it.

        A thread that computes while the interpreter ends takes it down with it.
        """
        self._closing.set()
        if self._opening is not None:
            self._opening.join()
        for filling in self._filling:
            filling.end()
        self._current.pictures.close()
        self._let_go()

    def _is_old(self) -> bool:
        """Whether there is a generation that was not tried yet, or is to be tried again."""
        seen = self._look()
        if seen is None or seen == self._seen:
            return False  # without a pointer it is being mended, or gone: what is open goes on
        return self._refused.is_over(seen)

    def _look(self) -> Seen | None:
        """What tells one pointer from the next: it is a new file whenever it is written."""
        try:
            stat = self._folder.pointer.stat()
        except OSError:
            return None
        return stat.st_ino, stat.st_mtime_ns

    def _name(self) -> str:
        try:
            return self._folder.pointer.read_text(encoding="utf-8").strip()
        except (OSError, ValueError):
            return ""

    def _renew(self) -> None:
        """Open the generation that is current, and let it serve."""
        with self._turn:
            seen = self._look()
            if seen is None:
                return
            old = self._current
            try:
                new = old.follow(old.assistant.reopened(self._settings), self._settings.corpus)
            except Exception as error:  # whatever is wrong with it, the old one is whole
                self._refuse(seen, error)
                return
            self._seen, self._refused = seen, _Refused()
            self._adopt(new, old)

    def _refuse(self, seen: Seen, error: Exception) -> None:
        told = first_line(error)
        if not isinstance(error, MehealthError):
            told = f"{type(error).__name__}: {told}"
        if told != self._refused.told:
            LOG.warning("the new index does not serve, the one before goes on: %s", told)
        self._refused = _Refused(seen, told, time.monotonic() + AGAIN_SECONDS)

    def _adopt(self, new: Edition, old: Edition) -> None:
        """Let an edition serve; the one before is closed when the last request has let go of it."""
        unused = weakref.finalize(
            old.assistant.index, self._unused.put, old.assistant.index.closing()
        )
        unused.atexit = False
        hashes = {**self._hashes, new.version: new.originals.hashes}
        self._hashes = dict([*hashes.items()][-EDITIONS_KNOWN:])
        self._current = new
        if self._filling:
            for filling in self._filling:
                filling.stop()
            self._filling = [_Filling(new), *(f for f in self._filling if f.goes_on)]
        LOG.info("the index %s serves", new.generation)

    def _let_go(self) -> None:
        """Close the indexes that nobody asks any more."""
        while not self._unused.empty():
            with contextlib.suppress(Empty):
                self._unused.get_nowait()()


@dataclass(frozen=True, slots=True)
class _Refused:
    """A generation that could not be opened, by its pointer; it is tried again after `until`."""

    seen: Seen | None = None
    told: str = ""
    until: float = 0.0

    @property
    def reason(self) -> str:
        return f"the newest index does not serve: {self.told}" if self.told else ""

    def is_over(self, seen: Seen) -> bool:
        return seen != self.seen or time.monotonic() > self.until


class _Filling:
    """Tries suggested questions in a thread, until there are enough or it is told to stop."""

    def __init__(self, edition: Edition) -> None:
        self._stopped = threading.Event()
        target, asked = edition.pool.fill, edition.assistant_of(EXTRACTIVE)
        self._thread = threading.Thread(target=target, args=(asked, self._stopped), daemon=True)
        self._thread.start()

    @property
    def goes_on(self) -> bool:
        return self._thread.is_alive()

    def stop(self) -> None:
        self._stopped.set()

    def end(self) -> None:
        self.stop()
        self._thread.join(_LONGEST_CANDIDATE)


def engines(settings: Settings, assistant: Assistant) -> dict[str, Assistant]:
    """What there is to choose from; nothing where the language model cannot be opened."""
    try:
        return Engines(assistant, settings).choices()
    except MehealthError as error:
        LOG.warning("no language model on the page: %s", error)
        return {}
