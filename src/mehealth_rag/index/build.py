"""Builds an index: reads, splits, embeds, writes it beside the old one, then switches."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from mehealth_rag.encoder.embedding import EncoderInput, PassageEncoder, PassageVectors
from mehealth_rag.encoder.shipped import file_hash
from mehealth_rag.errors import IndexStateError, NoIndexError, ReadingError
from mehealth_rag.growing import Progress
from mehealth_rag.guide.making import GUIDE_VERSION
from mehealth_rag.index.build_report import BuildPlan, IngestReport, Tally, indexed_documents
from mehealth_rag.index.cache import BuildCache, digest, vector_key
from mehealth_rag.index.content import ContentWriter, adapter
from mehealth_rag.index.dense import (
    DenseWriter,
    SentenceWriter,
    close_client,
    open_client,
    remove_collections,
    settle,
)
from mehealth_rag.index.folder import (
    LAYOUT_VERSION,
    MANIFEST,
    check_seal,
    read_manifest,
    seal,
    write_durably,
)
from mehealth_rag.index.guides import GuideMaker
from mehealth_rag.index.lexical import LexicalWriter
from mehealth_rag.language.acronyms import learn_acronyms
from mehealth_rag.language.words import WORDS_VERSION, stems, words
from mehealth_rag.passages.tables import without_figures
from mehealth_rag.reading.describing import with_distinct_title
from mehealth_rag.reading.wire import uncollected
from mehealth_rag.types import BlockKind, Document, Passage, Source, Span

TEXTS_VERSION = 2
"""Raise it when the text that is indexed of a passage changes, so that indexes are rebuilt."""

_CHUNK = 256
"""Passages in memory at a time while none are embedded."""

_UNREADABLE = "unreadable"


def build_index(plan: BuildPlan, progress: Progress | None = None) -> IngestReport:
    """Build or refresh the index of a corpus.

    Nothing is done if the current generation already matches the plan. A file that cannot be read
    becomes a row of the report. Raises NoIndexError if nothing can be read at all, IndexStateError
    if the index cannot be written.
    """
    progress = progress or Progress()
    plan.folder.prepare()
    with plan.folder.lock(plan.lock_timeout, progress.message), plan.folder.writing():
        build = _Build(plan, progress)
        try:
            return build.run()
        finally:
            build.close()


class _Build:
    """One run of a build, with the state that its stages share; the methods are in order."""

    def __init__(self, plan: BuildPlan, progress: Progress) -> None:
        self._plan = plan
        self._progress = progress
        self._prefix = f"mehealth-{plan.folder.identity()}-"
        self._cache = BuildCache(plan.folder.cache)
        self._tally = Tally()
        self._guides = GuideMaker(self._cache, plan.model)
        self._pruned = False

    def run(self) -> IngestReport:
        """Build the index, unless nothing has changed."""
        plan = self._plan
        before, old = self._current()
        hashes = self._hash()
        fingerprint = _fingerprint(plan, hashes)
        same = old.get("fingerprint") == fingerprint and old.get("chroma_url") == plan.chroma_url
        if before and same and not plan.rebuild:
            check_seal(before, old["files"], thoroughly=True)
            self._tally.truncated = int(old.get("truncated", 0))
            report = self._tally.report(plan.sources, before, indexed_documents(before))
            return replace(report, changed=False)
        self._tidy({before.name, str(old.get("previous"))} if before else None)
        generation = plan.folder.new_generation(fingerprint)
        documents = indexed_documents(before)
        self._fill(generation, hashes)
        self._write_manifest(generation, fingerprint, before)
        plan.folder.switch(generation)
        self._pruned = True
        self._tidy({generation.name, before.name if before else ""})
        return self._tally.report(plan.sources, generation, documents)

    def close(self) -> None:
        """Save what was computed, however the build ended."""
        self._cache.close(prune=self._pruned)

    def _current(self) -> tuple[Path | None, dict[str, Any]]:
        """Return the current generation and its manifest; a rebuild ignores a damaged one."""
        try:
            current = self._plan.folder.current()
            return current, read_manifest(current) if current else {}
        except IndexStateError:
            if not self._plan.rebuild:
                raise
            return None, {}

    def _hash(self) -> dict[str, str]:
        hashes = {}
        with self._stage("hash", len(self._plan.sources)):
            for source in self._plan.sources:
                try:
                    hashes[source.id] = file_hash(_path(source))
                except OSError as error:
                    hashes[source.id] = f"{_UNREADABLE}: {error.strerror or error}"
                self._progress.advance()
        return hashes

    def _fill(self, generation: Path, hashes: dict[str, str]) -> None:
        content = ContentWriter(generation)
        complete = False
        try:
            self._read(content, hashes)
            if not content.passages:
                raise NoIndexError(self._tally.nothing())
            self._embed(content, generation)
            self._guides.finish(content, generation)
            self._write_words(content, generation)
            complete = True
        finally:
            content.close(keep=complete)
            if not complete:
                shutil.rmtree(generation, ignore_errors=True)

    def _read(self, content: ContentWriter, hashes: dict[str, str]) -> None:
        firsts = _firsts(self._plan.sources, hashes)
        titles: set[str] = set()
        with uncollected(), self._stage("read", len(self._plan.sources)):
            self._announce([s for s in self._plan.sources if firsts[s.id] == s.id], hashes)
            for source in self._plan.sources:
                first = firsts[source.id]
                if first != source.id:
                    self._tally.duplicate(source, first)
                    self._progress.advance()
                    continue
                names = tuple(n for n, of in firsts.items() if of == first and n != first)
                try:
                    document, passages = self._document(source, hashes[source.id])
                except ReadingError as error:
                    self._tally.fail(source, str(error))
                else:
                    document, passages = with_distinct_title(document, passages, titles)
                    begins = content.passages
                    content.add(document, passages, names)
                    self._guides.begin(
                        self._key(source, hashes[source.id]), document, passages, begins
                    )
                    self._tally.note(document)
                self._progress.advance()
        self._cache.commit()

    def _announce(self, sources: Sequence[Source], hashes: dict[str, str]) -> None:
        """Announce the files that will be read: all that are not cached."""
        if self._plan.expect is None:
            return
        readable = (s for s in sources if not hashes[s.id].startswith(_UNREADABLE))
        self._plan.expect(
            [s for s in readable if not self._cache.has_document(self._key(s, hashes[s.id]))]
        )

    def _key(self, source: Source, sha256: str) -> bytes:
        return digest(_identity(source), sha256, *self._plan.versions)

    def _document(self, source: Source, sha256: str) -> tuple[Document, tuple[Passage, ...]]:
        """Return the pages and passages of a source, read or cached. Raises ReadingError."""
        if sha256.startswith(_UNREADABLE):
            raise ReadingError(f"{source.path} is {sha256}")
        key = self._key(source, sha256)
        if remembered := self._cache.document(key, source, sha256):
            return remembered
        try:
            document = self._plan.read(source)
        except OSError as error:  # of the source, not of the index
            raise ReadingError(f"{source.path} cannot be read: {error.strerror}") from error
        if document.sha256 != sha256:  # else quotes would not match the file with that hash
            raise ReadingError(f"{source.path} changed while it was read; run: mehealth ingest")
        passages = self._plan.split(document)
        self._cache.put_document(key, document, passages)
        return document, passages

    def _embed(self, content: ContentWriter, generation: Path) -> None:
        counts = [len(p.sentences) for part in content.each_passage(_CHUNK) for p in part]
        client = open_client(generation, self._plan.chroma_url)
        try:
            dense = DenseWriter(client, self._prefix + generation.name, content.passages)
            sentences = SentenceWriter(generation, counts)
            with self._stage("embed", content.passages):
                for part in content.each_passage(self._plan.portion):
                    vectors = self._vectors(part)
                    with self._tally.timed("write"):
                        dense.add(part, np.stack([v.passage for v in vectors]))
                        sentences.add(np.concatenate([v.sentences for v in vectors]))
                with self._tally.timed("write"):
                    dense.close()
            sentences.close()
        finally:
            close_client(client)
        if self._plan.chroma_url is None:
            settle(generation)
        self._tally.seconds["embed"] -= self._tally.seconds["write"]

    def _vectors(self, passages: Sequence[Passage]) -> list[PassageVectors]:
        """Return the vectors of some passages, cached or computed."""
        items = {vector_key(self._plan.model, t): t for t in map(embedding_text, passages)}
        vectors = self._cache.vectors(list(items))
        missing = {key: item for key, item in items.items() if key not in vectors}
        self._progress.advance(len(passages) - len(missing))
        if missing:
            texts = list(missing.values())
            computed = self._encoder.encode_passages(texts, self._progress.advance)
            fresh = dict(zip(missing, computed, strict=True))
            self._cache.put_vectors(fresh)
            self._tally.embedded += len(fresh)
            vectors |= fresh
        result = [vectors[vector_key(self._plan.model, embedding_text(p))] for p in passages]
        self._tally.truncated += sum(v.truncated for v in result)
        return result

    @cached_property
    def _encoder(self) -> PassageEncoder:
        self._progress.message("loading the embedding model")
        return self._plan.encoder()

    def _write_words(self, content: ContentWriter, generation: Path) -> None:
        counts: Counter[str] = Counter()
        lexical = LexicalWriter()
        with self._stage("words", content.passages):
            for part in content.each_passage(_CHUNK):
                for text in map(lexical_text, part):
                    lexical.add(stems(text))
                    counts.update(set(words(text)))
                self._progress.advance(len(part))
            lexical.write(generation)
            texts = (lexical_text(p) for part in content.each_passage(_CHUNK) for p in part)
            content.add_findings(self._tally.problems, counts, learn_acronyms(texts))

    def _write_manifest(self, generation: Path, fingerprint: str, before: Path | None) -> None:
        manifest = {
            "layout": LAYOUT_VERSION,
            "fingerprint": fingerprint,
            "model": self._plan.model,
            "chroma_url": self._plan.chroma_url,
            "collection": self._prefix + generation.name,
            "files": seal(generation),
            "truncated": self._tally.truncated,
            "previous": before.name if before else None,
        }
        write_durably(generation / MANIFEST, json.dumps(manifest, indent=1))

    def _tidy(self, keep: set[str] | None) -> None:
        """Remove all generations except `keep`; without it, only incomplete ones."""
        folder = self._plan.folder
        if keep is None:
            keep = {p.name for p in folder.generations.iterdir() if (p / MANIFEST).is_file()}
        folder.tidy(keep)
        if self._plan.chroma_url:
            client = open_client(folder.generations, self._plan.chroma_url)
            try:
                remove_collections(client, self._prefix, {self._prefix + name for name in keep})
            finally:
                close_client(client)

    @contextmanager
    def _stage(self, name: str, total: int) -> Iterator[None]:
        self._progress.stage(name, total)
        with self._tally.timed(name):
            yield


def _path(source: Source) -> Path:
    if source.path is None:
        raise FileNotFoundError(2, "no file")
    return source.path


def _firsts(sources: Sequence[Source], hashes: dict[str, str]) -> dict[str, str]:
    """Map each source to the first one with the same file, read as the same format."""
    first_by_file: dict[tuple[str, str], str] = {}
    return {
        source.id: source.id
        if hashes[source.id].startswith(_UNREADABLE)
        else first_by_file.setdefault((hashes[source.id], source.format), source.id)
        for source in sources
    }


def _identity(source: Source) -> Any:  # noqa: ANN401 - JSON
    """Return a source without its path and collection, which do not affect what is read of it.

    `_fingerprint` adds the collection if there is one, so that indexes from before there were
    collections stay valid.
    """
    identity = adapter(Source).dump_python(replace(source, path=None), mode="json")
    identity.pop("collection")
    return identity


def _versions(plan: BuildPlan) -> list[int]:
    return [*plan.versions, WORDS_VERSION, TEXTS_VERSION, GUIDE_VERSION]


def _fingerprint(plan: BuildPlan, hashes: dict[str, str]) -> str:
    collections = {s.id: [s.collection] if s.collection else [] for s in plan.sources}
    sources = sorted(
        ([_identity(s), hashes[s.id], *collections[s.id]] for s in plan.sources),
        key=lambda pair: str(pair[0]["id"]),
    )
    return digest(LAYOUT_VERSION, _versions(plan), plan.model, sources).hex()


def embedding_text(passage: Passage) -> EncoderInput:
    """Return the text to embed for a passage: its nearest heading, its table's head, its text.

    Table rows are embedded without their figures, which mean nothing to the model and would fill
    its window; the lexical index has them.
    """
    above = [h for h in passage.headings if h not in passage.text][-1:]
    text = "".join(f"{line}\n" for line in (*above, *passage.table))
    spans: list[Span] = []
    at = passage.span.start
    for sentence in passage.sentences:
        start, end = sentence.span.start, sentence.span.end
        text += passage.text[at - passage.span.start : start - passage.span.start]
        own = passage.text[start - passage.span.start : end - passage.span.start]
        if sentence.kind is BlockKind.ROW:
            own = without_figures(own)
        spans.append(Span(len(text), len(text) + len(own)))
        text += own
        at = end
    return EncoderInput(text, tuple(spans))


def lexical_text(passage: Passage) -> str:
    """Return the text to index of a passage's words: all headings, its table's head, its text."""
    above = [heading for heading in passage.headings if heading not in passage.text]
    return "\n".join([*above, *passage.table, passage.text])
