"""Scores what is shown of a language model's replies: a good model's and a liar's, both scripted.

The good model gives a question's written answer, or says that nothing answers. The liar gives a
twin's lie to the twin's question. Both are asked over a server, like any other model.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mehealth_eval.written_data import letters, load_documents, sampled
from mehealth_eval.written_model import NAME, serving
from mehealth_eval.written_run import Found, as_files, indexed
from mehealth_eval.written_scores import Answered, by_kind, share
from mehealth_rag.generating.answer import ENGINE
from mehealth_rag.generating.units import Splitter
from mehealth_rag.llm.prompts import NOT_THERE
from mehealth_rag.types import Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from mehealth_eval.run import Progress
    from mehealth_eval.written_data import Twin, WrittenQuestion
    from mehealth_eval.written_model import WrittenModel
    from mehealth_rag.settings import Settings
    from mehealth_rag.types import Answer


@dataclass(frozen=True, slots=True)
class GoodReply:
    """The outcome of a right reply.

    `asked`: the model was asked at all. `given`: its prompt held every sentence of a complete
    answer. `sentences`: whether each sentence of the reply was shown; empty if nothing answers.
    `right`: the answer shown is right.
    """

    question: WrittenQuestion
    asked: bool
    given: bool
    sentences: tuple[bool, ...]
    right: bool
    first_words: float | None

    @property
    def whole(self) -> bool:
        """Whether the whole reply is shown."""
        return bool(self.sentences) and all(self.sentences)


@dataclass(frozen=True, slots=True)
class ReplyFigures:
    """Shares of 1; times in milliseconds, None if no words came.

    `right_as_written`: a good model was given what the right reply needs, or nothing answers.
    `shown_whole`, `true_sentences_shown` and `silences_kept` are of a good model's replies. A lie
    counts as shown if a sentence of it is shown that the true half lacks.
    """

    documents: int
    questions: int
    answerable: int
    lies: int
    asked: float
    right_as_written: Mapping[str, float]
    right_as_shown: Mapping[str, float]
    shown_whole: Mapping[str, float]
    true_sentences_shown: float
    silences_kept: Mapping[str, float]
    lies_shown: Mapping[str, float]
    first_words_ms: Mapping[str, float | None]

    def as_json(self) -> dict[str, Any]:
        """The figures as JSON."""
        return asdict(self)


def evaluate_replies(
    folder: Path, settings: Settings, progress: Progress, sample: int | None = None
) -> ReplyFigures:
    """Ask about the written documents of a folder, each on its own.

    `sample` limits the questions, and the twins. Raises QuestionFileError if the folder holds no
    documents, or a line is invalid.
    """
    documents = sampled(load_documents(folder), sample)
    good: list[GoodReply] = []
    lies: list[tuple[str, bool]] = []
    with serving() as model:
        chosen = {"engine": "generative", "llm_base_url": model.url, "llm_model": NAME}
        unset = {"llm_gguf": None, "llm_api_key": None, "llm_api_key_file": None}
        with indexed(as_files(documents), settings.model_copy(update=chosen | unset)) as assistant:
            progress.stage("asking", sum(len(d.questions) + len(d.twins) for d in documents))
            for document in documents:
                desk = _Desk(Found.of(assistant, document), model)
                for question in document.questions:
                    good.append(desk.good(question))
                    progress.advance()
                for twin in document.twins:
                    lies.append((twin.how, desk.is_shown(twin)))
                    progress.advance()
    return _figures(len(documents), good, lies)


@dataclass(frozen=True)
class _Desk:
    """Asks questions about one document, and hands the model its replies."""

    found: Found
    model: WrittenModel

    def good(self, question: WrittenQuestion) -> GoodReply:
        """Ask a question, with its right reply from the model, and score what is shown."""
        reply = question.answer if question.gold else NOT_THERE
        answer = self._ask(question.question, question.history, reply)
        sentences = _shown(_sentences(reply), answer) if question.gold else ()
        prompt = letters(self.model.told or "")
        parts = self.found.document.sentences
        given = any(all(letters(parts[i].text) in prompt for i in ids) for ids in question.complete)
        quoted = Answered(question, self.found.quoted(answer)).right
        declined = answer.status is Status.NOT_FOUND
        right = (bool(sentences) and all(sentences)) or quoted if question.gold else declined
        first_words = answer.timings_ms.get("first_words")
        asked = self.model.told is not None
        return GoodReply(question, asked, given, sentences, right, first_words)

    def is_shown(self, twin: Twin) -> bool:
        """Whether a sentence of the lie is shown that the true half lacks."""
        sentences = _sentences(twin.lie)
        untrue = [s for s in sentences if s not in _sentences(twin.true)] or sentences
        return any(_shown(untrue, self._ask(twin.question, (), twin.lie)))

    def _ask(self, question: str, history: Sequence[tuple[str, str]], reply: str) -> Answer:
        self.model.next(reply)
        return self.found.assistant.ask(question, history, [self.found.document.name])


def _sentences(reply: str) -> list[str]:
    splitter = Splitter()
    return [unit.shown for unit in (*splitter.feed(reply), *splitter.finish())]


def _shown(sentences: Sequence[str], answer: Answer) -> tuple[bool, ...]:
    """For each sentence that the model wrote, whether it is shown as the model's own."""
    dropped = " ".join(d.text for d in answer.dropped)
    shown = letters(" ".join(s.text for s in answer.statements))
    spoken = answer.engine == ENGINE
    return tuple(spoken and letters(s) in shown and s not in dropped for s in sentences)


def _figures(
    documents: int, good: Sequence[GoodReply], lies: Sequence[tuple[str, bool]]
) -> ReplyFigures:
    answerable = [g for g in good if g.question.gold]
    silences = [g for g in good if not g.question.gold]
    times = [g.first_words for g in good if g.first_words is not None]
    return ReplyFigures(
        documents=documents,
        questions=len(good),
        answerable=len(answerable),
        lies=len(lies),
        asked=share(g.asked for g in good),
        right_as_written=by_kind((g.question.kind, g.given or not g.question.gold) for g in good),
        right_as_shown=by_kind((g.question.kind, g.right) for g in good),
        shown_whole=by_kind((g.question.kind, g.whole) for g in answerable),
        true_sentences_shown=share(s for g in answerable for s in g.sentences),
        silences_kept=by_kind((g.question.kind, g.right) for g in silences),
        lies_shown=by_kind(lies),
        first_words_ms={
            f"p{p}": round(float(np.percentile(times, p)), 1) if times else None for p in (50, 95)
        },
    )
