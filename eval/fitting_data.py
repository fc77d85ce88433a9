"""Public question sets as small corpora to fit the weights on, through the real pipeline.

Each set's passages become text documents. For about a third of the passages of the reader sets
the sentences that answer are left out: their questions become near misses, on the subject and
without an answer.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from eval.questions import Question, load_questions
from mehealth_rag.answering.evidence import Candidate
from mehealth_rag.language.sentences import sentence_spans
from mehealth_rag.types import Span
from training import data
from training.data import SEED, detokenised

_NOT_EVIDENCE = frozenset({"link", "instruction", "personal-advice"})
"""Kinds of question that are answered, or declined, without weighing sentences."""

NEAR_MISS_SHARE = 0.35
GAP_SHARE = 0.4
"""The share of xquad questions that are also asked of articles without their answers."""

OTHER_TOPIC_SHARE = 6
"""One question in so many is also asked of a corpus about something else."""


UNSEEN_SETS = ("selqa", "qed")
"""Reader sets whose held-out questions the weights beside the reader are fitted on."""

_Row = tuple[tuple[str, ...], str, list[int]]
"""A passage's sentences, a question, and the places of the sentences that answer it."""


@dataclass(frozen=True, slots=True)
class LabelledQuestion:
    """A question, whether its corpus answers it, and which candidates hold the answer."""

    text: str
    answerable: bool
    holds: Callable[[Candidate], bool]


@dataclass(frozen=True, slots=True)
class LabelledCorpus:
    """Documents (file name to content) and the questions put to them.

    `weight` is what one of its questions counts in the fit.
    """

    name: str
    files: dict[str, bytes]
    questions: tuple[LabelledQuestion, ...]
    weight: float = 1.0


def xquad(folder: Path) -> LabelledCorpus:
    """The XQuAD development part: articles with a form feed between pages."""
    files = {p.name: p.read_bytes() for p in sorted((folder / "corpus").iterdir())}
    rows = _rows(folder / "questions.jsonl")
    return LabelledCorpus("xquad-dev", files, tuple(_xquad_question(row) for row in rows))


def xquad_gaps(folder: Path, seed: int = 7) -> LabelledCorpus:
    """The same articles without the sentences that answer a part of the questions: near misses.

    Only those questions are asked. People wrote them, and the reader was not trained on them.
    """
    chance = random.Random(f"{seed}-gaps")  # noqa: S311 - drawing a sample
    rows = [r for r in _rows(folder / "questions.jsonl") if r["answerable"]]
    drawn = [row for row in rows if chance.random() < GAP_SHARE]
    files = {}
    for path in sorted((folder / "corpus").iterdir()):
        pages = path.read_text(encoding="utf-8").split("\f")
        own = [row for row in drawn if row["document"] == path.stem]
        cut = (_without_answers(text, n, own) for n, text in enumerate(pages, start=1))
        files[path.name] = "\f".join(cut).encode()
    asked = tuple(LabelledQuestion(str(r["question"]), False, _never) for r in drawn)
    return LabelledCorpus("xquad-gaps", files, asked)


def _without_answers(text: str, page: int, rows: Sequence[dict[str, Any]]) -> str:
    """A page without the sentences that hold an answer to one of the questions about it."""
    answers = [_plain(str(a)) for r in rows if r["page"] == page for a in r["answers"]]
    kept = list(text)
    for span in sentence_spans(text, Span(0, len(text))):
        if any(a in _plain(span.of(text)) for a in answers):
            kept[span.start : span.end] = [""] * (span.end - span.start)
    return "".join(kept)


def prospectus(questions: Path, document: Path) -> LabelledCorpus:
    """The development half of our own questions, those that stand alone and ask for a statement."""
    files = {document.name: document.read_bytes()}
    asked = _own_questions(load_questions(questions), document.stem)
    return LabelledCorpus("prospectus-dev", files, asked, weight=3.0)


def documents(folder: Path) -> Iterator[LabelledCorpus]:
    """The development sets over documents that were written for them, a corpus each."""
    for path in development_sets(folder):
        asked = _own_questions(load_questions(path))
        files = {p.name: p.read_bytes() for p in sorted((path.parent / "corpus").iterdir())}
        yield LabelledCorpus(f"documents-{path.parent.name}", files, asked, weight=2.0)


def development_sets(folder: Path) -> list[Path]:
    """The question files of a folder of sets that have a development half."""
    files = sorted(folder.glob("*/questions.jsonl"))
    return [path for path in files if any(q.split == "dev" for q in load_questions(path))]


def _own_questions(
    questions: Iterable[Question], document: str | None = None
) -> tuple[LabelledQuestion, ...]:
    """Of the development half those that stand alone; `document` is meant where none is named."""
    return tuple(
        _own_question(q, q.document or document)
        for q in questions
        if q.split == "dev" and not q.history and q.kind not in _NOT_EVIDENCE
    )


def reader_corpora(path: Path, seed: int = 7, most: int | None = None) -> Iterator[LabelledCorpus]:
    """A reader set as corpora of 30 to 150 passages each; `most` limits the questions."""
    rows = [
        (tuple(map(detokenised, r["sentences"])), r["question"], r["answers"]) for r in _rows(path)
    ]
    random.Random(f"{seed}-{path.stem}").shuffle(rows)  # noqa: S311 - drawing a sample
    yield from _corpora(path.stem, rows[:most], seed)


def unseen_corpora(folder: Path, seed: int = 7) -> Iterator[LabelledCorpus]:
    """The questions of the reader sets that are held out from training the reader."""
    for name in UNSEEN_SETS:
        items = data.unseen(folder, [name], SEED)
        rows = [(item.sentences, item.question, list(item.answers)) for item in items]
        yield from _corpora(f"unseen-{name}", rows, seed)


def _corpora(name: str, rows: Sequence[_Row], seed: int) -> Iterator[LabelledCorpus]:
    chance = random.Random(f"{seed}-{name}")  # noqa: S311 - drawing a sample, not a secret
    passages: dict[tuple[str, ...], list[tuple[str, list[int]]]] = {}
    for sentences, question, answers in rows:
        passages.setdefault(sentences, []).append((question, answers))
    items = list(passages.items())
    made: list[LabelledCorpus] = []
    while items:
        size = chance.randint(30, 150)
        made.append(_corpus(f"{name}-{len(made)}", items[:size], chance))
        items = items[size:]
    for number, corpus in enumerate(made):
        yield _with_other_topics(corpus, made[(number + 1) % len(made)])


def file_hash(paths: Iterable[Path]) -> str:
    """One hash over the contents of all files, in the order given."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _corpus(
    name: str,
    items: Sequence[tuple[tuple[str, ...], list[tuple[str, list[int]]]]],
    chance: random.Random,
) -> LabelledCorpus:
    files, questions = {}, []
    for number, (sentences, asked) in enumerate(items):
        document = f"{name}-{number}"
        near_miss = chance.random() < NEAR_MISS_SHARE
        gold = {i for _, answers in asked for i in answers}
        kept = [s for i, s in enumerate(sentences) if not (near_miss and i in gold)]
        if not kept:
            continue
        files[f"{document}.txt"] = " ".join(kept).encode()
        for question, answers in asked:
            right = [] if near_miss else [sentences[i] for i in answers]
            questions.append(
                LabelledQuestion(question, not near_miss, _holds_sentence(document, right))
            )
    return LabelledCorpus(name, files, tuple(questions))


def _with_other_topics(corpus: LabelledCorpus, other: LabelledCorpus) -> LabelledCorpus:
    if other is corpus:
        return corpus
    strange = other.questions[: max(3, len(corpus.questions) // OTHER_TOPIC_SHARE)]
    added = tuple(LabelledQuestion(q.text, False, _never) for q in strange)
    return replace(corpus, questions=corpus.questions + added)


def _xquad_question(row: dict[str, Any]) -> LabelledQuestion:
    if not row["answerable"]:
        return LabelledQuestion(str(row["question"]), False, _never)
    answers = [_plain(str(a)) for a in row["answers"]]

    def holds(candidate: Candidate) -> bool:
        place = (candidate.passage.document, candidate.passage.page)
        text = _plain(candidate.text)
        return place == (row["document"], row["page"]) and any(a in text for a in answers)

    return LabelledQuestion(str(row["question"]), True, holds)


def _holds_sentence(document: str, gold: Sequence[str]) -> Callable[[Candidate], bool]:
    wanted = [_letters(g) for g in gold]

    def holds(candidate: Candidate) -> bool:
        if candidate.passage.document != document:
            return False
        own = _letters(candidate.text)
        return any(own in g or g in own for g in wanted if min(len(own), len(g)) > 8)

    return holds


def _own_question(question: Question, document: str | None) -> LabelledQuestion:
    forms = [_plain(form) for fact in question.facts for form in fact]

    def holds(candidate: Candidate) -> bool:
        passage = candidate.passage
        there = passage.document == document and passage.page in question.pages
        return there and any(f in _plain(candidate.text) for f in forms)

    return LabelledQuestion(
        question.question, question.answerable, holds if question.answerable else _never
    )


def _never(_: Candidate) -> bool:
    return False


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def _plain(text: str) -> str:
    return " ".join(text.lower().split())


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.lower())
