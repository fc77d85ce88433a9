"""Puts the parts together as the settings ask."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, lru_cache
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING

from mehealth_rag.corpus import left_out, load_sources, present
from mehealth_rag.encoder.models import is_packaged, model_id
from mehealth_rag.errors import NoIndexError, UsageError
from mehealth_rag.language.spelling import Speller
from mehealth_rag.language.words import stem
from mehealth_rag.offline import go_offline, is_hub_name
from mehealth_rag.retrieval.naming import Register
from mehealth_rag.settings import PACKAGED_READER, default_index, read_passwords
from mehealth_rag.types import Source

if TYPE_CHECKING:
    from mehealth_rag.encoder.embedding import Encoder
    from mehealth_rag.growing import Progress
    from mehealth_rag.index.build_report import BuildPlan, IngestReport
    from mehealth_rag.index.opened import OpenIndex
    from mehealth_rag.llm.language_model import LanguageModel
    from mehealth_rag.reader.model import Reader
    from mehealth_rag.reading import ReadingOptions
    from mehealth_rag.reading.isolated import Limits
    from mehealth_rag.settings import Settings
    from mehealth_rag.types import Document


def ingest(
    settings: Settings, progress: Progress | None = None, *, rebuild: bool = False
) -> IngestReport:
    """Build or refresh the index of the corpus that the settings name.

    Raises:
        NoIndexError: the corpus folder is missing or holds nothing that can be read.
        CorpusError: its manifest is not valid.
        IndexStateError: the index folder cannot be written, or is being built by another.
    """
    from mehealth_rag.index.build import build_index
    from mehealth_rag.index.build_report import BuildPlan, DocumentRow, RowStatus
    from mehealth_rag.index.folder import IndexFolder
    from mehealth_rag.passages.splitting import SPLITTER_VERSION, split
    from mehealth_rag.reading import READER_VERSION
    from mehealth_rag.reading.isolated import Readers

    sources = load_sources(settings.corpus)
    if not present(sources):
        raise NoIndexError(
            f"no file of {settings.corpus} is present; add one, or fetch its sources"
        )
    stay_offline(settings.embedding_model)
    options = reading_options(settings)
    with Readers(options, _limits(settings)) as readers:
        plan = BuildPlan(
            sources=present(sources),
            folder=IndexFolder(settings.index),
            read=readers.read,
            expect=readers.expect,
            split=split,
            encoder=lambda: open_encoder(settings.embedding_model, threads=1),
            versions=(options.version(READER_VERSION), SPLITTER_VERSION),
            model=model_id(settings.embedding_model),
            chroma_url=settings.chroma_url,
            rebuild=rebuild,
        )
        with _on_workers(plan, settings, options, progress) as shared:
            report = build_index(shared, progress)
    others = tuple(
        DocumentRow(o.source.id, o.source.title, 0, 0, RowStatus.LEFT_OUT, o.reason)
        for o in left_out(settings.corpus)
    )
    return replace(report, documents=(*report.documents, *others))


@contextmanager
def _on_workers(
    plan: BuildPlan, settings: Settings, options: ReadingOptions, progress: Progress | None
) -> Iterator[BuildPlan]:
    """The plan with Ray's workers as its reader, splitter and encoder, if a setting asks for them.

    Raises UsageError where the packages for it are missing.
    """
    if settings.ray is None:
        yield plan
        return
    if not _installed("llama-index-ingestion-ray"):
        raise UsageError("MEHEALTH_RAY needs Ray; run: pip install 'mehealth-rag[ray]'")
    from mehealth_rag.growing import Progress
    from mehealth_rag.ray_workers import PORTION, RayWorkers

    reading = options, _limits(settings)
    with RayWorkers(
        settings.ray, settings.embedding_model, reading, progress or Progress()
    ) as workers:
        yield replace(
            plan,
            read=workers.read,
            expect=workers.expect,
            split=workers.split,
            encoder=lambda: workers,
            portion=PORTION,
        )


def _installed(package: str) -> bool:
    return any(True for _ in distributions(name=package))


def read_draft(settings: Settings, path: Path) -> Document:
    """Read a file outside the corpus in a separate process; code in Markdown is left out.

    Raises ReadingError.
    """
    from mehealth_rag.reading.isolated import Readers

    options = replace(reading_options(settings), code=False)
    with Readers(options, _limits(settings)) as readers:
        return readers.read(Source(path.name, path.name, "draft", "", path=path))


def _limits(settings: Settings) -> Limits:
    from mehealth_rag.reading.isolated import Limits

    return Limits(settings.reading_seconds, settings.reading_megabytes, settings.reading_processes)


def reading_options(settings: Settings) -> ReadingOptions:
    """Return the options for reading documents.

    Raises UsageError if the password file cannot be read.
    """
    from mehealth_rag.reading import NO_OCR, ReadingOptions
    from mehealth_rag.reading.ocr import installed

    languages = settings.ocr_languages
    return ReadingOptions(
        passwords=read_passwords(settings.pdf_passwords) if settings.pdf_passwords else (),
        ocr_languages=languages,
        tesseract="" if languages == NO_OCR else installed(),
    )


def open_index(settings: Settings, encoder: Encoder | None = None) -> tuple[OpenIndex, Encoder]:
    """Open the current index, and load its encoder unless it is given.

    Raises NoIndexError if there is none yet, IndexStateError if it cannot be used.
    """
    from mehealth_rag.index.folder import IndexFolder
    from mehealth_rag.index.opened import OpenIndex

    stay_offline(settings.embedding_model)
    folder = IndexFolder(settings.index)
    index = OpenIndex.open(folder, model_id(settings.embedding_model), settings.chroma_url)
    encoder = encoder or open_encoder(settings.embedding_model)
    index.ready()
    return index, encoder


def stay_offline(model: str) -> None:
    """Forbid the model hub, unless the setting of the embedding model is a name there."""
    go_offline(not is_packaged(model) and is_hub_name(model))


def open_encoder(setting: str, threads: int = 2) -> Encoder:
    """Load the embedding model of a setting; the packaged one uses `threads` per text.

    Raises ModelError if it is missing or damaged.
    """
    if is_packaged(setting):  # without torch, which takes eight seconds to import
        from mehealth_rag.encoder.minilm import MiniLM

        return MiniLM.load(threads)
    from mehealth_rag.encoder.models import TorchEncoder

    return TorchEncoder(setting)


def open_reader(settings: Settings) -> Reader:
    """Load the reader of the settings. Raises ModelError if it is missing or damaged."""
    from mehealth_rag.reader.model import DEFAULT_FORM, Reader

    return Reader.load(DEFAULT_FORM if settings.reader == PACKAGED_READER else settings.reader)


def open_language_model(settings: Settings) -> LanguageModel | None:
    """Open the language model; None for the extractive engine. Raises as `open_model` does."""
    if settings.engine != "generative":
        return None
    from mehealth_rag.llm.language_model import open_model

    return open_model(settings)


def has_index(settings: Settings) -> bool:
    """Return whether there is an index of this corpus.

    An index without any of its documents is of another corpus. Raises UsageError for one that is
    not in this corpus's default folder, since building would replace it.
    """
    from mehealth_rag.index.content import ContentReader
    from mehealth_rag.index.folder import IndexFolder

    generation = IndexFolder(settings.index).current()
    if generation is None:
        return False
    if not settings.corpus.is_dir():
        return True
    reader = ContentReader(generation)
    try:
        indexed = [d.source.id for d in reader.documents()]
    finally:
        reader.close()
    if not {s.id for s in load_sources(settings.corpus)}.isdisjoint(indexed):
        return True
    if settings.index != default_index(settings.corpus):
        raise UsageError(
            f"the index in {settings.index} is of another corpus ({', '.join(indexed[:3])}…) and "
            f"is not replaced; give --index another folder, or run: mehealth ingest"
        )
    return False


def why_build(settings: Settings) -> str:
    """Return why the index has to be built before it is used; empty if it need not be.

    An index of an older version is rebuilt if its documents are here. One of a newer version is
    not, as two versions would rebuild it in turn: `open_index` refuses it.

    Raises as `has_index` does, and IndexStateError if its manifest is damaged.
    """
    from mehealth_rag.index.folder import LAYOUT_VERSION, IndexFolder, read_manifest

    if not has_index(settings):
        return "there is no index of this corpus yet; building it"
    generation = IndexFolder(settings.index).current()
    built = read_manifest(generation).get("layout") if generation else LAYOUT_VERSION
    older = isinstance(built, int) and built < LAYOUT_VERSION
    if older and settings.corpus.is_dir():
        return "the index was made by an older version of this program; building it anew"
    return ""


def changed_sources(index: OpenIndex, sources: tuple[Source, ...]) -> tuple[str, ...]:
    """Return the ids of sources whose file is new, gone, or younger than the index."""
    indexed = {d.source.id: d for d in index.documents()}
    not_expected = {p.source for p in index.problems()} | index.other_names.keys()
    paths = {s.id: s.path for s in sources if s.path is not None}
    built = index.generation.stat().st_mtime
    young = (i for i, path in paths.items() if i in indexed and path.stat().st_mtime > built)
    return tuple(sorted({*young, *((indexed.keys() ^ paths.keys()) - not_expected)}))


def speller(index: OpenIndex, register: Register) -> Speller:
    """Return the speller of an index: it knows the index's words and names, and English."""

    def known(word: str) -> bool:
        return index.passages_with(word) > 0 or word in register.words()

    return Speller(
        vocabulary=cache(lambda: dict.fromkeys(register.words(), 1) | index.words()),
        is_known=known,
        is_english=_is_english,
    )


def register(index: OpenIndex) -> Register:
    """Return the register of an index's names; a common English word is none by itself."""
    return Register(index, _is_english)


def _is_english(word: str) -> bool:
    return word in _english() or stem(word) in _english_stems()


@lru_cache(maxsize=1)
def _english() -> frozenset[str]:
    """Return the whole words of the packaged model's vocabulary, some 20,000."""
    from mehealth_rag.encoder.minilm import word_pieces

    return frozenset(w for w in word_pieces() if w.isalpha() and len(w) > 2)


@lru_cache(maxsize=1)
def _english_stems() -> frozenset[str]:
    return frozenset(stem(w) for w in _english())
