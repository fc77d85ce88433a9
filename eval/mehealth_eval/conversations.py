"""Whole conversations: each turn is answered after the ones before it, and judged by itself.

`eval/conversations.jsonl` holds them, written before any answer was looked at. `say` is what is
typed, `accept` what is right of it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from mehealth_eval.questions import Row, load_rows
from mehealth_eval.stats import ratio
from mehealth_eval.written_data import load_document
from mehealth_eval.written_run import as_files, built, indexed
from mehealth_rag.answering.talk import ENGINE
from mehealth_rag.types import Status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from mehealth_eval.run import Progress
    from mehealth_rag.assistant import Assistant
    from mehealth_rag.settings import Settings
    from mehealth_rag.types import Answer

Split = Literal["development", "reporting"]


class Accept(BaseModel):
    """What is right of a turn; `other` is right as well.

    `quotes`: the citations hold every text of one of `any_of`; `new`: and none of the turn before;
    `list`: and each statement stands on a line of its own. `most` limits the citations.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["talk", "declined", "not_found", "quotes", "new", "list"]
    any_of: tuple[tuple[str, ...], ...] = Field(default=(), alias="any")
    most: int | None = None
    other: Accept | None = Field(default=None, alias="or")

    def takes(self, answer: Answer, before: Answer | None) -> bool:
        """Whether an answer is right; `before` is that of the turn before."""
        own = self._is_right(answer, before)
        return own or (self.other is not None and self.other.takes(answer, before))

    def _is_right(self, answer: Answer, before: Answer | None) -> bool:
        if self.kind == "talk":
            return answer.engine == ENGINE
        if self.kind in {"declined", "not_found"}:
            return answer.status is Status.NOT_FOUND
        quotes = [_plain(c.quote) for c in answer.citations]
        told = "\n".join(quotes)
        holds = [all(_plain(text) in told for text in texts) for texts in self.any_of]
        right = bool(quotes) and (any(holds) or (not holds and self.kind == "new"))
        if self.kind == "new" and before is not None:
            right = right and not {_plain(c.quote) for c in before.citations} & set(quotes)
        if self.kind == "list":
            right = right and answer.answer.count("\n- ") + answer.answer.startswith("- ") > 0
        return right and (self.most is None or len(quotes) <= self.most)


class Turn(BaseModel):
    """One turn: what is typed, and what is right of it."""

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
class Answered:
    """A turn with its answer, and whether that is right."""

    conversation: Conversation
    turn: Turn
    answer: Answer
    right: bool


@dataclass(frozen=True, slots=True)
class ConversationFigures:
    """The turns of a run, all answered."""

    turns: tuple[Answered, ...]

    def shares(self, split: Split) -> dict[str, float]:
        """The share of a split's turns that are right, in all and by kind."""
        groups: defaultdict[str, list[bool]] = defaultdict(list)
        for one in self.turns:
            if one.conversation.split == split:
                groups["all"].append(one.right)
                groups[one.turn.accept.kind].append(one.right)
        return {kind: ratio(sum(rights), len(rights)) for kind, rights in groups.items()}

    def wrong(self) -> Iterator[Answered]:
        """The development turns that are wrong: nobody looks at single turns for reporting."""
        return (t for t in self.turns if not t.right and t.conversation.split == "development")

    def as_json(self) -> dict[str, Any]:
        """The figures, and the wrong turns of the development split."""
        splits: tuple[Split, ...] = ("development", "reporting")
        return {
            "turns": len(self.turns),
            "right": {split: self.shares(split) for split in splits},
            "wrong": [
                {
                    "id": t.conversation.id,
                    "say": t.turn.say,
                    "kind": t.turn.accept.kind,
                    "answer": t.answer.answer,
                }
                for t in self.wrong()
            ],
        }


def evaluate_conversations(
    path: Path, settings: Settings, progress: Progress
) -> ConversationFigures:
    """Hold every conversation of a file.

    A document that lies as `NAME.txt` somewhere below the file's folder is a written one, with an
    index of its own for the run; any other is of the corpus of the settings, and built.
    Raises QuestionFileError where a line is wrong.
    """
    conversations = load_rows(path, Conversation, "Conversation in mehealth_eval/conversations.py")
    by_document: defaultdict[str, list[Conversation]] = defaultdict(list)
    for conversation in conversations:
        by_document[conversation.document].append(conversation)
    progress.stage("conversing", sum(len(c.turns) for c in conversations))
    found: list[Answered] = []
    for document, own in by_document.items():
        with _assistant(document, path, settings) as assistant:
            for conversation in own:
                found += _held(assistant, conversation, progress)
    return ConversationFigures(tuple(found))


def _assistant(document: str, path: Path, settings: Settings) -> AbstractContextManager[Assistant]:
    written = sorted(path.parent.glob(f"written/*/{document}.txt"))
    if written:
        return indexed(as_files([load_document(written[0])]), settings)
    return built(settings)


def _held(
    assistant: Assistant, conversation: Conversation, progress: Progress
) -> Iterator[Answered]:
    """A conversation, turn by turn."""
    answers: list[Answer] = []
    for turn in conversation.turns:
        history = [(a.question, a.answer) for a in answers]
        answer = assistant.ask(turn.say, history)
        before = answers[-1] if answers else None
        yield Answered(conversation, turn, answer, turn.accept.takes(answer, before))
        answers.append(answer)
        progress.advance()


def _plain(text: str) -> str:
    return " ".join(text.split())
