"""Question sets of two formats behind one loader: ours, and SQuAD-style.

`load_set` reads a file of questions about the current corpus, or a folder with `questions.jsonl`
and `corpus/`, whose documents get an index of their own.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from mehealth_eval.questions import (
    Question,
    QuestionFileError,
    SquadQuestion,
    load_questions,
    load_rows,
    question_lines,
)

OWN_SET = Path(__file__).parent / "prospectus.jsonl"
QUESTIONS, CORPUS = "questions.jsonl", "corpus"
GROUPS = {"dev": "development half", "test": "reporting half", "all": "all questions"}
HIDDEN_GROUP = "test"
"""Its questions and answers are shown only on request, so that nobody tunes on them."""

MAX_WORDS = 80
MAX_WORDS_OF_SEVERAL = 160
_OF_SEVERAL = frozenset({"list", "comparison", "general"})
"""Kinds whose right answer says several things, and may be longer."""
SQUAD_WORDS = 60


class Format(StrEnum):
    """The format of a question file."""

    OWN = "own"
    SQUAD = "squad"


class Judged(StrEnum):
    """What makes an answer right: its facts or, if none are given, the page that it cites."""

    FACTS = "facts"
    PAGE = "page"


@dataclass(frozen=True, slots=True)
class Item:
    """A question and what a right answer to it contains, independent of the file's format.

    `facts` are lists of accepted forms, `needed` of which must be in the answer. `pages` (from 1)
    belong to `document`. With `cut`, words after `max_words` are ignored; without it, a longer
    answer is wrong.
    """

    id: str
    group: str
    kind: str
    question: str
    answerable: bool
    history: tuple[tuple[str, str], ...] = ()
    facts: tuple[tuple[str, ...], ...] = ()
    needed: int = 0
    forbidden: tuple[str, ...] = ()
    document: str | None = None
    pages: tuple[int, ...] = ()
    quote: str | None = None
    conflict: bool = False
    max_words: int = MAX_WORDS
    cut: bool = False
    judged: Judged = Judged.FACTS


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """A question set. `corpus` is the folder of its own documents; None for the current corpus."""

    name: str
    format: Format
    items: tuple[Item, ...]
    sha256: str
    corpus: Path | None = None

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups of the questions, in display order."""
        present = {item.group for item in self.items}
        return tuple(g for g in GROUPS if g in present)


def load_set(path: Path) -> QuestionSet:
    """Read a question set: a JSON Lines file, or a folder with `questions.jsonl` and `corpus/`.

    Raises:
        QuestionFileError: it is missing, or a line is invalid; says where and what to do.
    """
    file, corpus = (path / QUESTIONS, path / CORPUS) if path.is_dir() else (path, None)
    if corpus is not None and not corpus.is_dir():
        raise QuestionFileError(f"{path}: a set is a folder with {QUESTIONS} and {CORPUS}/; add it")
    lines = question_lines(file)
    if not lines:
        raise QuestionFileError(f"{file}: holds no question; add one, one JSON object a line")
    form = _format(lines[0][1], f"{file}:{lines[0][0]}")
    if form is Format.OWN:
        items = [_own(q) for q in load_questions(file)]
    else:
        where = "SquadQuestion in eval/mehealth_eval/questions.py"
        items = [_squad(q) for q in load_rows(file, SquadQuestion, where)]
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    return QuestionSet(path.resolve().stem, form, tuple(items), digest, corpus)


def sampled(whole: QuestionSet, size: int) -> QuestionSet:
    """The same `size` questions on every call, in proportion to groups and kinds."""
    if size >= len(whole.items):
        return whole
    by_kind = sorted(whole.items, key=lambda item: (item.group, item.kind))
    chosen = {by_kind[n * len(by_kind) // size].id for n in range(size)}
    return replace(whole, items=tuple(item for item in whole.items if item.id in chosen))


def with_document(items: Sequence[Item], first: str) -> tuple[Item, ...]:
    """The items, with `first` as the document of pages that name none."""
    return tuple(
        replace(item, document=first) if item.pages and item.document is None else item
        for item in items
    )


def kinds(items: Sequence[Item]) -> tuple[str, ...]:
    """The kinds of question, most frequent first."""
    return tuple(kind for kind, _ in Counter(item.kind for item in items).most_common())


def _format(line: str, where: str) -> Format:
    """Detect the format by the keys of the first line."""
    try:
        value: Any = json.loads(line)
    except json.JSONDecodeError as error:
        raise QuestionFileError(f"{where}: is not JSON ({error.msg}); correct this line") from error
    keys = set(value) if isinstance(value, dict) else set()
    if keys & {"facts", "split", "kind"}:
        return Format.OWN
    if keys & {"answers", "answer"}:
        return Format.SQUAD
    raise QuestionFileError(
        f"{where}: is of no known format; a question has either split, kind and facts, or answers"
    )


def _own(question: Question) -> Item:
    shared = question.model_dump(exclude={"split", "min_facts", "note"})
    several = question.kind in _OF_SEVERAL
    return Item(
        **shared,
        group=question.split,
        needed=question.facts_needed,
        max_words=MAX_WORDS_OF_SEVERAL if several else MAX_WORDS,
    )


def _squad(question: SquadQuestion) -> Item:
    item = Item(
        id=str(question.id),
        group="all",
        kind="with an answer" if question.answerable else "without an answer",
        question=question.question,
        answerable=question.answerable,
        max_words=SQUAD_WORDS,
        cut=True,
    )
    if not question.answerable:
        return item
    return replace(
        item,
        facts=(question.answers,) if question.answers else (),
        needed=int(bool(question.answers)),
        document=question.document,
        pages=question.gold_pages,
        quote=question.answer,
        judged=Judged.FACTS if question.answers else Judged.PAGE,
    )
