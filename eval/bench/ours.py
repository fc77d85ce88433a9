"""What is measured of this project inside a process of its own: one job a call, JSON on output.

Run as `python -m eval.bench.ours JOB ARGUMENTS`, the arguments being a JSON object.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mehealth_rag.index.report import BuildPlan
    from mehealth_rag.settings import Settings

PLAIN_SET = "passages.jsonl"
VECTORS = "vectors.npy"


def warm(corpus: str, index: str, count: int, rounds: int) -> dict[str, Any]:
    """Milliseconds of each `ask` over a fixed list of questions, after a few others."""
    from eval.bench.sets import WARMING, chosen_questions
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
    seconds = []
    for _ in range(rounds):
        begun = perf_counter()
        pages = sum(len(read_document(source).pages) for source in sources)
        seconds.append(perf_counter() - begun)
    return {"pages": pages, "seconds": seconds}


def enlarge(
    corpus: str, index: str, passages: int, pool: list[list[str]], vectors_for_stock: bool
) -> dict[str, Any]:
    """Build an index of recombined sentences and the prospectus; `pool` names (corpus, index)."""
    from eval.bench.sets import PROSPECTUS
    from eval.bench.synthetic import SyntheticEncoder, gather, write_corpus
    from mehealth_rag.index.build import build_index
    from mehealth_rag.wiring import open_index

    opened = [open_index(settings(*pair))[0] for pair in pool]
    sentences = gather(opened)
    begun = perf_counter()
    folder = Path(corpus)
    write_corpus(sentences, folder, passages - opened[0].passage_count)
    shutil.copy2(Path(pool[0][0]) / PROSPECTUS, folder / PROSPECTUS)
    encoder = SyntheticEncoder(sentences, Path(pool[0][1]) / "models")
    for one in opened:
        one.close()
    report = build_index(plan(settings(corpus, index), encoder))
    seconds = perf_counter() - begun
    if vectors_for_stock:
        _dump(settings(corpus, index), encoder, folder.parent)
    return {
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
    from mehealth_rag.index.folder import IndexFolder
    from mehealth_rag.index.report import BuildPlan, Language, Versions
    from mehealth_rag.language.acronyms import learn_acronyms
    from mehealth_rag.language.words import stems, words
    from mehealth_rag.model_files import model_id
    from mehealth_rag.passages import SPLITTER_VERSION, split
    from mehealth_rag.reading import READER_VERSION, read_document

    return BuildPlan(
        sources=present(load_sources(settings.corpus)),
        folder=IndexFolder(settings.index),
        read=read_document,
        split=split,
        encoder=lambda: encoder,
        language=Language(stems, words, learn_acronyms),
        versions=Versions(READER_VERSION, SPLITTER_VERSION),
        model=model_id(settings.embedding_model),
    )


def _dump(settings: Settings, encoder: Any, folder: Path) -> None:  # noqa: ANN401 - as above
    """Write the texts and vectors of an index for the other side, which embeds none of them."""
    import numpy as np

    from mehealth_rag.index.build import embedding_text
    from mehealth_rag.wiring import open_index

    index, _ = open_index(settings)
    vectors = []
    with (folder / PLAIN_SET).open("w", encoding="utf-8") as stream:
        for ordinal in range(index.passage_count):
            item = embedding_text(index.passage(ordinal))
            vectors.append(encoder.encode([item])[0].passage)
            stream.write(json.dumps(item.text) + "\n")
    np.save(folder / VECTORS, np.stack(vectors))
    index.close()


JOBS: Mapping[str, Callable[..., dict[str, Any]]] = {"warm": warm, "read": read, "enlarge": enlarge}


def main() -> None:
    """Do the job that the command line names."""
    name, arguments = sys.argv[1:]
    print(json.dumps(JOBS[name](**json.loads(arguments))))


if __name__ == "__main__":
    main()
