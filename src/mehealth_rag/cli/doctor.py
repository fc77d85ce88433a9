"""Looks over an installation: what is there, what is configured, and whether it will do.

Every check looks only; nothing is built, fetched or changed. The language model is the one thing
that is asked over a connection, and only where the settings name one.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING

from mehealth_rag.errors import MehealthError
from mehealth_rag.health import Check, State

if TYPE_CHECKING:
    from mehealth_rag.settings import Settings

_PACKAGES = ("chromadb", "onnxruntime", "pypdf", "sentence-transformers", "torch")
_EXTRAS = {
    "ui": (("gradio",), "the web page"),
    "llm": (("openai", "xllamacpp"), "language models"),
}


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All checks."""

    checks: tuple[Check, ...]

    @property
    def healthy(self) -> bool:
        """Whether nothing has failed."""
        return all(c.state is not State.FAILED for c in self.checks)


Progress = Callable[[str], None]


def diagnose(settings: Settings, seconds: float, progress: Progress) -> Diagnosis:
    """Look everything over; the language model is measured for about `seconds`, 0 for not at all.

    `progress` is told what is being looked at.
    """
    checks = [_python(), _packages(), *_extras()]
    progress("looking at the models and the index")
    checks += [_embedding_model(settings), _reader(settings), _index(settings)]
    from mehealth_rag.llm.doctor import look_over

    return Diagnosis((*checks, *look_over(settings, seconds, progress)))


def guarded(name: str, look: Callable[[], Check]) -> Check:
    """A check that fails with the one line that an error of ours says."""
    try:
        return look()
    except MehealthError as error:
        return Check(name, State.FAILED, " ".join(str(error).split()))


def _python() -> Check:
    return Check("python", State.OK, f"{platform.python_version()} on {platform.machine()}")


def _packages() -> Check:
    there, missing = _versions(_PACKAGES)
    if missing:
        remedy = f"run: pip install {' '.join(missing)}"
        return Check("packages", State.FAILED, f"missing: {', '.join(missing)}", remedy)
    return Check("packages", State.OK, ", ".join(there))


def _extras() -> Iterator[Check]:
    for extra, (packages, what) in _EXTRAS.items():
        there, missing = _versions(packages)
        name = f"packages of {what}"
        if missing:
            remedy = f"run: pip install 'mehealth-rag[{extra}]'"
            yield Check(name, State.OFF, f"missing: {', '.join(missing)}", remedy)
        else:
            yield Check(name, State.OK, ", ".join(there))


def _versions(packages: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """The packages that are there, with their versions, and those that are not."""
    there, missing = [], []
    for package in packages:
        try:
            there.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            missing.append(package)
    return there, missing


def _embedding_model(settings: Settings) -> Check:
    from mehealth_rag.encoder.model_files import is_packaged, model_folder, model_id
    from mehealth_rag.offline import is_hub_name

    name = "embedding model"
    setting = settings.embedding_model
    if is_hub_name(setting) and not is_packaged(setting):
        return Check(name, State.OK, f"{setting}, from the hub (not looked for here)")

    def look() -> Check:
        model_folder(setting)  # checks the packaged weights against their known hash
        known = ", its hash is the known one" if is_packaged(setting) else ""
        return Check(name, State.OK, model_id(setting) + known)

    return guarded(name, look)


def _reader(settings: Settings) -> Check:
    from mehealth_rag.wiring import open_reader

    name = "reader"

    def look() -> Check:
        reader = open_reader(settings)  # checks the weights against their card
        return Check(name, State.OK, f"{reader.name}, loads")

    return guarded(name, look)


def _index(settings: Settings) -> Check:
    from mehealth_rag.corpus import load_sources
    from mehealth_rag.wiring import changed_sources, has_index, open_index

    def look() -> Check:
        if not has_index(settings):
            found = f"there is none of {settings.corpus} yet"
            return Check("index", State.WARNING, found, "run: mehealth ingest")
        index, _ = open_index(settings)
        try:
            documents = index.documents()
            passages = sum(d.passages for d in documents)
            found = f"{settings.index}: {len(documents)} documents, {passages} passages"
            known = load_sources(settings.corpus) if settings.corpus.is_dir() else ()
            changed = changed_sources(index, known) if known else ()
        finally:
            index.close()
        if changed:
            remedy = "run: mehealth ingest"
            return Check("index", State.WARNING, f"{found}; the corpus has changed", remedy)
        return Check("index", State.OK, found)

    return guarded("index", look)
