"""Scores whole conversations: each turn is asked after the ones before it, and judged alone.

`eval/conversations.jsonl` holds them, written before any answer was seen. `say` is the user's
message, `accept` what a right answer is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from mehealth_eval.questions import Row, load_rows
from mehealth_eval.stats import ratio
from mehealth_eval.written_data import load_document
from mehealth_eval.written_run import as_files, built, indexed
from mehealth_rag.answering.talk import ENGINE
from mehealth_rag.assistant import Assistant
from mehealth_rag.growing import Progress
from mehealth_rag.settings import Settings
from mehealth_rag.types import Answer, Status

Split = Literal["development", "reporting"]


class Accept(BaseModel):
    """What counts as right for a turn; an answer that `other` accepts is right as well.

    `quotes`: the citations hold every text of one of `any_of`. `new`: as `quotes`, but none repeats
    the turn before. `list`: as `quotes`, and the answer has bullets. `most` limits the citations.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["talk", "declined", "not_found", "quotes", "new", "list"]
    any_of: tuple[tuple[str, ...], ...] = Field(default=(), alias="any")
    most: int | None = None
    other: Accept | None = Field(default=None, alias="or")

    def takes(self, answer: Answer, before: Answer | None) -> bool:
        """Return whether an answer is right; `before` is the answer of the turn before."""
        accepted = self._is_right(answer, before)
        return accepted or (self.other is not None and self.other.takes(answer, before))

    def _is_right(self, answer: Answer, before: Answer | None) -> bool:
        if self.kind == "talk":
            return answer.engine == ENGINE
        if self.kind in {"declined", "not_found"}:
            return answer.status is Status.NOT_FOUND
        quotes = [_plain(c.quote) for c in answer.citations]
        quoted = "\n".join(quotes)
        holds = [all(_plain(text) in quoted for text in texts) for texts in self.any_of]
        right = bool(quotes) and (any(holds) or (not holds and self.kind == "new"))
        if self.kind == "new" and before is not None:
            right = right and not {_plain(c.quote) for c in before.citations} & set(quotes)
        if self.kind == "list":
            right = right and answer.answer.count("\n- ") + answer.answer.startswith("- ") > 0
        return right and (self.most is None or len(quotes) <= self.most)


class Turn(BaseModel):
    """One turn: the user's message, and what counts as right."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    say: str
    accept: Accept
    note: str = ""


class Conversation(Row):
    """A conversation over one document."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    document: str
    split: Split
    turns: tuple[Turn, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class AnsweredTurn:
    """A turn with its answer, and whether the answer is right."""

    conversation: Conversation
    turn: Turn
    answer: Answer
    right: bool


@dataclass(frozen=True, slots=True)
class ConversationFigures:
    """The turns of a run, with their answers."""

    turns: tuple[AnsweredTurn, ...]

    def shares(self, split: Split) -> dict[str, float]:
        """The share of a split's turns that are right, overall and by kind."""
        groups: defaultdict[str, list[bool]] = defaultdict(list)
        for answered in self.turns:
            if answered.conversation.split == split:
                groups["all"].append(answered.right)
                groups[answered.turn.accept.kind].append(answered.right)
        return {kind: ratio(sum(rights), len(rights)) for kind, rights in groups.items()}

    def as_json(self) -> dict[str, Any]:
        """The figures, and the wrong turns of the development split.

        Nobody looks at single turns of the reporting split.
        """
        return {
            "turns": len(self.turns),
            "right": {split: self.shares(split) for split in get_args(Split)},
            "wrong": [
                {"id": t.conversation.id, "say": t.turn.say, "kind": t.turn.accept.kind,
                 "answer": t.answer.answer}
                for t in self.turns
                if not t.right and t.conversation.split == "development"
            ],
        }  # fmt: skip


def evaluate_conversations(
    path: Path, settings: Settings, progress: Progress
) -> ConversationFigures:
    """Run every conversation of a file.

    A document with a `written/*/NAME.txt` next to the file is a written one, with an index of its
    own for the run. Any other belongs to the corpus of the settings, whose index is built. Raises
    QuestionFileError if a line is invalid.
    """
    conversations = load_rows(path, Conversation, "Conversation in mehealth_eval/conversations.py")
    by_document: defaultdict[str, list[Conversation]] = defaultdict(list)
    for conversation in conversations:
        by_document[conversation.document].append(conversation)
    progress.stage("conversing", sum(len(c.turns) for c in conversations))
    answered: list[AnsweredTurn] = []
    for document, same_document in by_document.items():
        with _assistant(document, path, settings) as assistant:
            for conversation in same_document:
                answered += _turns(assistant, conversation, progress)
    return ConversationFigures(tuple(answered))


def _assistant(document: str, path: Path, settings: Settings) -> AbstractContextManager[Assistant]:
    written = sorted(path.parent.glob(f"written/*/{document}.txt"))
    if written:
        return indexed(as_files([load_document(written[0])]), settings)
    return built(settings)


def _turns(
    assistant: Assistant, conversation: Conversation, progress: Progress
) -> Iterator[AnsweredTurn]:
    """Ask a conversation turn by turn."""
    answers: list[Answer] = []
    for turn in conversation.turns:
        history = [(a.question, a.answer) for a in answers]
        answer = assistant.ask(turn.say, history)
        before = answers[-1] if answers else None
        yield AnsweredTurn(conversation, turn, answer, turn.accept.takes(answer, before))
        answers.append(answer)
        progress.advance()


def _plain(text: str) -> str:
    return " ".join(text.split())
