"""Turns that ask nothing new: more of the last answer, its reason, a short form, or a list."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from mehealth_rag.answering.compose import (
    NO_MORE,
    SHORTEST,
    SOURCE,
    answered,
    as_statement,
    statement_text,
)
from mehealth_rag.answering.drafting import Draft, Point, header_rows, sentence_quotes
from mehealth_rag.answering.library import Library
from mehealth_rag.answering.questions import analyse
from mehealth_rag.followups import questions_only
from mehealth_rag.index.opened import OpenIndex
from mehealth_rag.language.words import consists_of, fold, words
from mehealth_rag.reader.model import Reader
from mehealth_rag.reader.rows import readable, text_of
from mehealth_rag.retrieval.retriever import Evidence, Retriever
from mehealth_rag.types import Answer, Passage, Quote, Sentence, Source, Turn

AGAIN, BESIDE = 0.7, 0.5
"""Confidence of an answer that repeats the last one in another form, and of one that adds the
neighbouring sentences."""

MOST_BESIDE = 3
"""Neighbouring sentences added to an answer at most."""

_NEAREST = 2
"""Passages, nearest first, in which a statement of an answer is located."""

_LEAST_PART = 20
"""Characters a sentence needs to be recognised within an answer's text; a shorter one must be a
whole statement."""


Located = tuple[Passage, Sentence]
"""A sentence quoted in an answer, and the passage that it was found in."""


class Move(Enum):
    """What a turn asks of the previous answer."""

    MORE = auto()
    REASON = auto()
    SHORTER = auto()
    LISTED = auto()


_POLITE = frozenset(
    "a an the and but so ok okay well please can could would you me us i we it that this them in "
    "of for on to be what do does did tell give want make put show say".split()
)
"""Words that add nothing to those of a move."""

_MOVES: tuple[tuple[Move, tuple[str, ...], str], ...] = (
    (
        Move.MORE,
        ("more else further elaborate expand continue",),
        "is are there about anything any some details detail know with",
    ),
    (Move.MORE, ("go keep carry", "on going"), ""),
    (Move.REASON, ("why reason reasons",), "is was are not"),
    (Move.REASON, ("how", "come"), ""),
    (
        Move.SHORTER,
        ("short shorter brief briefly tldr nutshell",),
        "version keep answer few words",
    ),
    (Move.SHORTER, ("sum say", "up briefly"), ""),
    (Move.SHORTER, ("one", "sentence"), "answer"),
    (Move.LISTED, ("list listed bullet bullets", "as in it them that"), "point points answer"),
)
"""Each move with lists of words, of which a turn needs one each, and the words allowed beside
them."""

_AND = re.compile(r"\W*and\W*\?*\W*", re.IGNORECASE)
_NUMBERS = re.compile(r"(?:(?<!\s)\s++)?\[\d++\](?:\s*+\[\d++\])*+[.\s]*+")


def move_of(question: str) -> Move | None:
    """Return what a turn asks of the previous answer; None if it has a subject of its own."""
    if _AND.fullmatch(question):
        return Move.MORE
    asked = words(question.replace(";", ""))
    for move, required, allowed in _MOVES:
        lists = [frozenset(words_of.split()) for words_of in required]
        if consists_of(asked, lists, _POLITE.union(allowed.split())):
            return move
    return None


@dataclass(frozen=True, slots=True)
class Continued:
    """The question a turn continues, the turns before it, and the answers given since."""

    move: Move
    question: str
    history: Sequence[Turn]
    answers: tuple[str, ...]

    @classmethod
    def of(cls, question: str, history: Sequence[Turn]) -> Continued | None:
        """Return what a turn continues; None if it stands alone or has no earlier question."""
        move = move_of(question)
        starts = [place for place, turn in enumerate(history) if move_of(turn[0]) is None]
        if move is None or not starts:
            return None
        place = starts[-1]
        answers = tuple(answer for _, answer in history[place:])
        return cls(move, history[place][0], history[:place], answers)


@dataclass(frozen=True, slots=True)
class Continuation:
    """Continues earlier answers; `sources` are those of the corpus."""

    index: OpenIndex
    retriever: Retriever
    reader: Callable[[], Reader]
    sources: Sequence[Source]

    def again(self, turn: Continued) -> Answer | None:
        """Return the last answer as its likeliest sentence or as a list; None for other moves."""
        quoted = self._last_quoted(turn) if turn.move in {Move.SHORTER, Move.LISTED} else ()
        if not quoted:
            return None
        lead = ""
        if turn.move is Move.SHORTER:
            lead = SHORTEST if len(quoted) == 1 else ""
            quoted = (self._likeliest(turn, quoted),)
        points = tuple(Point(sentence_quotes(*located, self.index.page)) for located in quoted)
        draft = Draft(points, 1.0, AGAIN, lead=lead, listed=turn.move is Move.LISTED)
        return replace(self._answered(turn, draft), standalone_question=turn.question)

    def beside(self, turn: Continued, answer: Answer) -> Answer:
        """Return the neighbours of earlier quotes if more is asked for and nothing new answers."""
        if turn.move is not Move.MORE:
            return answer
        quotes = tuple(dict.fromkeys(self._following(turn)))[:MOST_BESIDE]
        if not quotes:
            return replace(answer, answer=NO_MORE)
        return self._answered(turn, Draft(tuple(map(Point, quotes)), 1.0, BESIDE))

    def silencing(self, turn: Continued, evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
        """Return the evidence with sentences already quoted marked as silenced."""
        return tuple(
            replace(e, silenced=e.silenced.union(s.span for s in self._quoted(turn, e.hit.passage)))
            for e in evidence
        )

    def _quoted(self, turn: Continued, passage: Passage) -> Iterator[Sentence]:
        """Yield the sentences of a passage that the turn's answers quote."""
        texts = [_plain(answer) for answer in turn.answers]
        statements = {fold(text) for answer in turn.answers for text in statements_of(answer)}
        for sentence in readable(passage):
            text = fold(as_statement(*sentence_quotes(passage, sentence, self.index.page)))
            is_part = len(text) >= _LEAST_PART and any(text in answer_text for answer_text in texts)
            if is_part or text in statements:
                yield sentence

    def _last_quoted(self, turn: Continued) -> tuple[Located, ...]:
        """Return the sentences of the latest answer that quoted any, in the answer's order.

        They are located in the documents again by retrieval.
        """
        for answer in reversed(turn.answers):
            last = replace(turn, answers=(answer,))
            quoted: dict[str, Located] = {}
            for statement in statements_of(answer):
                for evidence in self.retriever.retrieve(statement, _NEAREST).evidence:
                    passage = evidence.hit.passage
                    for sentence in self._quoted(last, passage):
                        quoted.setdefault(fold(passage.words(sentence.span)), (passage, sentence))
            if quoted:
                return tuple(quoted.values())
        return ()

    def _following(self, turn: Continued) -> Iterator[tuple[Quote, ...]]:
        """Yield the quotes of unquoted sentences that follow quoted ones in their passages."""
        for passage, last in self._last_quoted(turn):
            excluded = header_rows(passage).union(s.span for s in self._quoted(turn, passage))
            for sentence in readable(passage):
                if sentence.span.start > last.span.start and sentence.span not in excluded:
                    yield sentence_quotes(passage, sentence, self.index.page)

    def _likeliest(self, turn: Continued, quoted: Sequence[Located]) -> Located:
        """Return the sentence most likely to answer by itself."""
        texts = [text_of(passage, self.index.page) for passage, _ in quoted]
        readings = self.reader().read(turn.question, questions_only(turn.history), texts)
        probabilities = [
            reading.sentences[readable(passage).index(sentence)]
            for (passage, sentence), reading in zip(quoted, readings, strict=True)
        ]
        return quoted[probabilities.index(max(probabilities))]

    def _answered(self, turn: Continued, draft: Draft) -> Answer:
        return answered(analyse(turn.question), draft, Library.of(self.index, self.sources))


def statements_of(answer: str) -> list[str]:
    """Return the statements of an answer's text, split at the citation numbers."""
    parts = _NUMBERS.split(_without_marks(answer))
    return [text for text in map(statement_text, parts) if text]


def _plain(answer: str) -> str:
    return fold(_NUMBERS.sub(". ", _without_marks(answer)))


def _without_marks(answer: str) -> str:
    text = answer.partition(SOURCE)[0].replace("**", "")
    return " ".join(text.split())
