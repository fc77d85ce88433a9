"""Turns that ask nothing new: more of the last answer, its reason, its short form, or a list."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import TYPE_CHECKING, TypeAlias

from mehealth_rag.answering.compose import NO_MORE, SHORTEST, SOURCE, answered, statement_text
from mehealth_rag.answering.library import Library
from mehealth_rag.answering.questions import analyse
from mehealth_rag.answering.reading import Draft
from mehealth_rag.language.words import fold, words
from mehealth_rag.reader.rows import readable, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mehealth_rag.index.opened import OpenIndex
    from mehealth_rag.reader.model import Reader
    from mehealth_rag.retrieval.retriever import Evidence, Retriever
    from mehealth_rag.types import Answer, Passage, Quote, Sentence, Source, Turn

AGAIN, BESIDE = 0.7, 0.5
"""How sure it is that a told answer's other form, or what stands beside it, is what was wanted."""

MOST_BESIDE = 3
"""Sentences that are told of those that stand next to an answer."""

_NEAREST = 2
"""Passages that a statement of an answer is looked for in: those nearest to it."""

_LEAST_PART = 20
"""Characters of a sentence from which on it is known as a part of an answer's text."""


Told: TypeAlias = "tuple[Passage, Sentence]"
"""A sentence that an answer told, in its passage."""


class Move(Enum):
    """What a turn wants of the answer before it."""

    MORE = auto()
    REASON = auto()
    SHORTER = auto()
    LISTED = auto()


_POLITE = frozenset(
    "a an the and but so ok okay well please can could would you me us i we it that this them in "
    "of for on to be what do does did tell give want make put show say".split()
)
"""Words that carry nothing beside those of a move."""

_MOVES: tuple[tuple[Move, tuple[frozenset[str], ...], frozenset[str]], ...] = (
    (
        Move.MORE,
        (frozenset("more else further elaborate expand continue".split()),),
        frozenset("is are there about anything any some details detail know with".split()),
    ),
    (Move.MORE, (frozenset({"go", "keep", "carry"}), frozenset({"on", "going"})), frozenset()),
    (
        Move.REASON,
        (frozenset({"why", "reason", "reasons"}),),
        frozenset({"is", "was", "are", "not"}),
    ),
    (Move.REASON, (frozenset({"how"}), frozenset({"come"})), frozenset()),
    (
        Move.SHORTER,
        (frozenset("short shorter brief briefly tldr nutshell".split()),),
        frozenset("version keep answer few words".split()),
    ),
    (Move.SHORTER, (frozenset({"sum", "say"}), frozenset({"up", "briefly"})), frozenset()),
    (Move.SHORTER, (frozenset({"one"}), frozenset({"sentence"})), frozenset({"answer"})),
    (
        Move.LISTED,
        (frozenset("list listed bullet bullets".split()), frozenset("as in it them that".split())),
        frozenset("point points answer".split()),
    ),
)
"""Each move with words of which a turn has one of each set, and those that may stand beside."""

_AND = re.compile(r"\W*and\W*\?*\W*", re.IGNORECASE)
_NUMBERS = re.compile(r"(?:(?<!\s)\s++)?\[\d++\](?:\s*+\[\d++\])*+[.\s]*+")


def move_of(question: str) -> Move | None:
    """What a turn wants of the answer before it; None where it has a subject of its own."""
    if _AND.fullmatch(question):
        return Move.MORE
    said = words(question.replace(";", ""))
    for move, signs, beside in _MOVES:
        known = _POLITE.union(beside, *signs)
        if known.issuperset(said) and all(sign.intersection(said) for sign in signs):
            return move
    return None


@dataclass(frozen=True, slots=True)
class Continued:
    """The question that a turn goes on from, with the turns before it, and what was told since."""

    move: Move
    question: str
    history: Sequence[Turn]
    answers: tuple[str, ...]

    @classmethod
    def of(cls, question: str, history: Sequence[Turn]) -> Continued | None:
        """What a turn goes on from; None where it has a subject of its own, or follows nothing."""
        move = move_of(question)
        asked = [place for place, turn in enumerate(history) if move_of(turn[0]) is None]
        if move is None or not asked:
            return None
        place = asked[-1]
        answers = tuple(answer for _, answer in history[place:])
        return cls(move, history[place][0], history[:place], answers)

    def told(self, passage: Passage) -> Iterator[Sentence]:
        """The sentences of a passage that were told."""
        texts = [_plain(answer) for answer in self.answers]
        statements = {fold(text) for answer in self.answers for text in _statements(answer)}
        for sentence in readable(passage):
            text = fold(statement_text(passage.words(sentence.span)))
            inside = len(text) >= _LEAST_PART and any(text in told for told in texts)
            if inside or text in statements:
                yield sentence

    def silencing(self, evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
        """Evidence with what was told before as what may not be told again."""
        return tuple(
            replace(e, silenced=e.silenced.union(s.span for s in self.told(e.hit.passage)))
            for e in evidence
        )

    def quotes(self, retriever: Retriever) -> tuple[Told, ...]:
        """The sentences that the last answer which told any told, as they stand in the documents.

        They come in the order of the answer.
        """
        for answer in reversed(self.answers):
            last = replace(self, answers=(answer,))
            found: dict[str, Told] = {}
            for statement in _statements(answer):
                for evidence in retriever.retrieve(statement, _NEAREST).evidence:
                    passage = evidence.hit.passage
                    for sentence in last.told(passage):
                        found.setdefault(fold(passage.words(sentence.span)), (passage, sentence))
            if found:
                return tuple(found.values())
        return ()

    def beside(self, retriever: Retriever) -> tuple[Quote, ...]:
        """What stands after the sentences that were told, in their passages, and was not told."""
        found: dict[Quote, None] = {}
        for passage, sentence in self.quotes(retriever):
            told = {s.span for s in self.told(passage)}
            after = (s.span for s in readable(passage) if s.span.start > sentence.span.start)
            found |= dict.fromkeys(passage.quote(span) for span in after if span not in told)
        return tuple(found)[:MOST_BESIDE]


@dataclass(frozen=True, slots=True)
class Continuation:
    """Goes on from answers that were given; `sources` are those of the corpus."""

    index: OpenIndex
    retriever: Retriever
    reader: Callable[[], Reader]
    sources: Sequence[Source]

    def again(self, question: str, turn: Continued) -> Answer | None:
        """The last answer in its likeliest sentence, or as a list; None where more is asked for."""
        told = turn.quotes(self.retriever) if turn.move in {Move.SHORTER, Move.LISTED} else ()
        if not told:
            return None
        lead = ""
        if turn.move is Move.SHORTER:
            lead = SHORTEST if len(told) == 1 else ""
            told = (self._likeliest(turn, told),)
        quotes = tuple((passage.quote(sentence.span),) for passage, sentence in told)
        draft = Draft(quotes, 1.0, AGAIN, lead=lead, listed=turn.move is Move.LISTED)
        return replace(self._answered(turn, draft), question=question)

    def beside(self, turn: Continued, answer: Answer) -> Answer:
        """What stands next to the answers before, where more is asked for and nothing answers."""
        if turn.move is not Move.MORE:
            return answer
        quotes = tuple((quote,) for quote in turn.beside(self.retriever))
        if not quotes:
            return replace(answer, answer=NO_MORE)
        return self._answered(turn, Draft(quotes, 1.0, BESIDE))

    def _likeliest(self, turn: Continued, told: Sequence[Told]) -> Told:
        """The sentence of an answer that is the likeliest to be all of it."""
        texts = [text_of(passage, self.index.page) for passage, _ in told]
        turns = [(question, "") for question, _ in turn.history]
        readings = self.reader().read(turn.question, turns, texts)
        chances = [
            reading.sentences[readable(passage).index(sentence)]
            for (passage, sentence), reading in zip(told, readings, strict=True)
        ]
        return told[chances.index(max(chances))]

    def _answered(self, turn: Continued, draft: Draft) -> Answer:
        return answered(analyse(turn.question), draft, Library.of(self.index, self.sources))


def _statements(answer: str) -> list[str]:
    """The statements of an answer's text, which the numbers of citations part."""
    parts = _NUMBERS.split(_without_marks(answer))
    return [text for text in map(statement_text, parts) if text]


def _plain(answer: str) -> str:
    return fold(_NUMBERS.sub(". ", _without_marks(answer)))


def _without_marks(answer: str) -> str:
    told = answer.partition(SOURCE)[0].replace("**", "")
    return " ".join(told.split())
