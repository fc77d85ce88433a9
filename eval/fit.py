"""Fit the engine's weights on question sets and write them as package data.

Run as `python -m eval.fit --data DIR`, DIR holding `reader/` and `xquad-dev/`; our own development
questions are added, never the reporting half. Everything goes through the real pipeline: files,
ingest, retrieval, features, reader. What joins the reader with the rest is fitted only on questions
that the reader was not trained on. Half of the xquad questions are left out of a first fit, to see
what weights are worth on questions that they have not seen; the weights that are kept are fitted on
all.
"""

from __future__ import annotations

import argparse
import datetime
import json
import re
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from eval import fit_models
from eval.fit_models import Example, KnownWords
from eval.fitting_data import (
    LabelledCorpus,
    LabelledQuestion,
    development_sets,
    documents,
    file_hash,
    prospectus,
    reader_corpora,
    unseen_corpora,
    xquad,
    xquad_gaps,
)
from mehealth_rag.answering.doubts import Likeness
from mehealth_rag.answering.evidence import candidates, features
from mehealth_rag.answering.named import inside
from mehealth_rag.answering.weighing import SentenceReader, Weighed
from mehealth_rag.answering.weights import Boosted, Logistic, Models
from mehealth_rag.assistant import PASSAGES_READ
from mehealth_rag.index.opened import OpenIndex
from mehealth_rag.language.words import stem
from mehealth_rag.questions import analyse
from mehealth_rag.retrieval import Retriever
from mehealth_rag.settings import Settings
from mehealth_rag.wiring import ingest, likeness, open_index, open_sentence_reader, register

ROOT = Path(__file__).parent.parent
OUTPUT = ROOT / "src/mehealth_rag/answering/weights.json"
OWN_SETS = ROOT / "eval/sets"
OWN_QUESTIONS, OWN_DOCUMENT = ROOT / "eval/prospectus.jsonl", ROOT / "corpus/prospectus.pdf"
SENTENCE_SET, SENTENCE_MOST = "reader/selqa.jsonl", 800
SETS = ("reader/selqa.jsonl", "reader/qed.jsonl", "xquad-dev/questions.jsonl")


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit, report and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the question sets")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args(arguments)
    reader = open_sentence_reader()
    examples = list(_examples(options.data))
    held_out = _fit([e for e in examples if not _is_held_out(e)], reader)
    kept = _fit(examples, reader)
    sets = [*(options.data / name for name in SETS), OWN_QUESTIONS]
    sets += development_sets(OWN_SETS)
    about = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "sets": [f"{p.parent.name}/{p.name}" for p in sets],
        "sha256": file_hash(sets),
        "questions": len(examples),
        "held_out": _report(held_out, [e for e in examples if _is_held_out(e)], reader),
    }
    _write(options.output, kept, about)
    print(json.dumps(about, indent=1), file=sys.stderr)
    return 0


def _examples(data: Path) -> Iterable[Example]:
    corpora = [
        *reader_corpora(data / SENTENCE_SET, most=SENTENCE_MOST),
        *unseen_corpora(data / "reader"),
        xquad(data / "xquad-dev"),
        xquad_gaps(data / "xquad-dev"),
        prospectus(OWN_QUESTIONS, OWN_DOCUMENT),
        *documents(OWN_SETS),
    ]
    for corpus in corpora:
        print(corpus.name, len(corpus.files), len(corpus.questions), file=sys.stderr)
        with tempfile.TemporaryDirectory() as folder:
            yield from _of_corpus(corpus, Path(folder))


def _of_corpus(corpus: LabelledCorpus, folder: Path) -> Iterable[Example]:
    (folder / "corpus").mkdir()
    for name, content in corpus.files.items():
        (folder / "corpus" / name).write_bytes(content)
    settings = Settings.load({"corpus": folder / "corpus", "index": folder / "index"}, environ={})
    ingest(settings)
    index, encoder = open_index(settings)
    retriever = Retriever(index, encoder, index.acronyms(), register(index))
    alike = likeness(encoder)
    for question in corpus.questions:
        yield _example(question, retriever, index, corpus, alike)
    index.close()


def _example(
    question: LabelledQuestion,
    retriever: Retriever,
    index: OpenIndex,
    corpus: LabelledCorpus,
    alike: Likeness,
) -> Example:
    analysed = analyse(question.text, retriever.acronyms)
    naming = retriever.naming(question.text)
    if len(naming.named) == 1:
        analysed = inside(analysed, naming, naming.named[0])
    found = candidates(retriever.retrieve(question.text, PASSAGES_READ))
    table = features(analysed, found, index)
    right = np.asarray([question.answerable and question.holds(c) for c in found], dtype=np.bool_)
    asked = {*analysed.subject, *(stem(n) for n in analysed.names)}
    frequencies = {s: index.document_frequency(s) for s in asked}
    known = KnownWords(index.passage_count, frequencies)
    return Example(
        question, analysed, found, table, right, known, alike, corpus.name, corpus.weight
    )


def _is_held_out(example: Example) -> bool:
    return example.corpus.startswith("xquad") and sum(map(ord, example.question.text)) % 2 == 1


def _fit(examples: Sequence[Example], reader: SentenceReader) -> tuple[Models, Models]:
    """The models without a reader and with one."""
    sentence = fit_models.fit_sentence(examples)
    reads = fit_models.read([e for e in examples if e.unseen], sentence, reader)
    return (
        fit_models.fit_without_reader(examples, sentence),
        fit_models.fit_with_reader(reads, sentence),
    )


def _report(
    models: tuple[Models, Models], held_out: Sequence[Example], reader: SentenceReader
) -> dict[str, Any]:
    plain, reading = models
    usable = [e for e in held_out if len(e.right)]
    before = [Weighed(e.found, e.table, fit_models.base_logits(e, plain.sentence)) for e in usable]
    reads = fit_models.read(usable, reading.sentence, reader)
    assert reading.combined is not None  # noqa: S101 - fitted a moment ago
    after = [fit_models.with_reader(r, reading.combined) for r in reads]
    return {
        "without_reader": fit_models.report(usable, before, plain),
        "with_reader": fit_models.report([r.example for r in reads], after, reading),
    }


def _write(path: Path, models: tuple[Models, Models], about: dict[str, Any]) -> None:
    plain, reading = models
    data = {
        "fitted": about,
        "sentence": _plain(plain.sentence),
        "without_reader": _answers(plain),
        "with_reader": _answers(reading),
    }
    path.write_text(_lines(data) + "\n", encoding="utf-8")


def _lines(data: dict[str, Any]) -> str:
    """JSON with each list of numbers on one line."""
    text = json.dumps(data, indent=1)
    return re.sub(r"\[\s+([^\[\]{}\"]*?)\s+\]", lambda m: f"[{' '.join(m[1].split())}]", text)


def _answers(models: Models) -> dict[str, Any]:
    combined = {} if models.combined is None else {"combined": _plain(models.combined)}
    mixed = models.answerable
    answerable = {"line": _plain(mixed.line), "trees": _trees(mixed.trees)}
    fitted = {"answerable": answerable, "right": _plain(models.right)}
    return {"threshold": models.threshold, **combined, **fitted}


def _trees(model: Boosted) -> dict[str, Any]:
    trees = [
        {
            "feature": tree.feature.tolist(),
            "threshold": [round(float(x), 6) for x in tree.threshold],
            "left": tree.left.tolist(),
            "right": tree.right.tolist(),
            "value": [round(float(x), 6) for x in tree.value],
        }
        for tree in model.trees
    ]
    return {"features": list(model.features), "base": round(model.base, 6), "trees": trees}


def _plain(model: Logistic) -> dict[str, Any]:
    return {
        "features": list(model.features),
        "mean": [round(float(x), 6) for x in model.mean],
        "scale": [round(float(x), 6) for x in model.scale],
        "coefficients": [round(float(x), 6) for x in model.coefficients],
        "intercept": round(model.intercept, 6),
    }


if __name__ == "__main__":
    sys.exit(main())
