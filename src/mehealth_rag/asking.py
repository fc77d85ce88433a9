"""An answer as it grows: quoted by the reader's choice, or written by a language model."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from mehealth_rag.answering import compose, reading
from mehealth_rag.answering.contacts import Seeker, Sought, wish_of
from mehealth_rag.answering.continuing import Continuation, Continued, Move
from mehealth_rag.answering.foreign import carried_over, noticed
from mehealth_rag.answering.library import Library
from mehealth_rag.answering.links import find_link, link_pages
from mehealth_rag.answering.overview import Overview
from mehealth_rag.answering.questions import Wanted, analyse
from mehealth_rag.answering.reading import Draft, ReadHit, lead
from mehealth_rag.answering.scope import declined
from mehealth_rag.answering.talk import about_documents, reply, talk_of
from mehealth_rag.followups import Standalone, questions_only, stand_alone
from mehealth_rag.generating.answer import ENGINE
from mehealth_rag.generating.answer import answer as written_answer
from mehealth_rag.generating.rewriting import in_english, rewritten
from mehealth_rag.generating.writing import Task, Writer
from mehealth_rag.growing import mapped
from mehealth_rag.index.accounting import unread_pages
from mehealth_rag.language.detection import ENGLISH, language_of
from mehealth_rag.reader.rows import text_of
from mehealth_rag.timing import Stopwatch
from mehealth_rag.types import LIKELY_FROM, Status

if TYPE_CHECKING:
    from mehealth_rag.answering.contacts import Wish
    from mehealth_rag.answering.links import FoundLink
    from mehealth_rag.answering.questions import Question
    from mehealth_rag.answering.scope import Refusal
    from mehealth_rag.generating.writing import Pen
    from mehealth_rag.index.opened import OpenIndex
    from mehealth_rag.language.spelling import Speller
    from mehealth_rag.llm import LanguageModel
    from mehealth_rag.reader.model import Reader
    from mehealth_rag.retrieval.naming import Naming
    from mehealth_rag.retrieval.retriever import Evidence, Found, Retriever
    from mehealth_rag.types import Answer, Hit, PageOf, Source, Turn

    Growing = Generator[Answer, None, Answer]
    """An answer as it grows, returned when it is whole."""


PASSAGES_READ = 12
"""How many passages are read for one answer."""


@dataclass(frozen=True, slots=True)
class Finder:
    """Finds the passages for a question; `reader` opens their reader when it is first needed.

    `model` puts follow-ups into words that stand alone, where there is one.
    """

    retriever: Retriever
    speller: Speller
    reader: Callable[[], Reader]
    page: PageOf
    model: LanguageModel | None = None

    def language(self, question: str) -> str:
        """The language of a question, as ISO 639 writes it; English where in doubt."""
        return language_of(question, self.speller.knows)

    def stand_alone(self, question: str, history: Sequence[Turn]) -> Standalone:
        """A question after the turns before it, its misspelt words mended.

        One in another language than English stays as it is.
        """
        if self.model is None and self.language(question) != ENGLISH:
            return Standalone(question, question, question)
        alone = stand_alone(question, history)
        if self.model is not None and history:
            alone = rewritten(question, history, alone, self.model)
        text, whole, search = map(self.speller.mend, (alone.text, alone.whole, alone.search))
        return replace(alone, text=text, whole=whole, search=search)

    def search(
        self,
        question: str,
        alone: Standalone,
        documents: Sequence[str],
        top_k: int = PASSAGES_READ,
        *,
        each: bool = False,
    ) -> Found:
        """The passages to read for a question, best first; `each`: so many for each name in it."""
        meant = self._meant(question, alone, documents)
        return self.retriever.retrieve(alone.search, top_k, meant, each=each)

    def _meant(self, question: str, alone: Standalone, documents: Sequence[str]) -> Sequence[str]:
        """The documents to search: a follow-up that names some leaves those before it behind."""
        if not alone.leans:
            return documents
        named = self.retriever.naming(self.speller.mend(question), documents).documents
        return sorted(named) or documents

    def found_and_read(
        self, question: str, history: Sequence[Turn], documents: Sequence[str], top_k: int
    ) -> tuple[Found, tuple[ReadHit, ...]]:
        """What a search brings for a question, in its order, and each as the reader reads it."""
        history = about_documents(history, self.speller)
        alone = self.stand_alone(question, history)
        found = self.search(question, alone, documents, top_k)
        return found, self.read(question, turns_of(alone, history), found.evidence)

    def read(
        self, question: str, turns: Sequence[Turn], evidence: Sequence[Evidence]
    ) -> tuple[ReadHit, ...]:
        """Passages as the reader reads them for a question; what may not answer does not."""
        hits = [e.hit for e in evidence]
        texts = [text_of(hit.passage, self.page) for hit in hits]
        readings = self.reader().read(question, turns, texts)
        return tuple(map(ReadHit, hits, texts, map(reading.allowed, readings, evidence)))

    def reordered(self, read: Sequence[ReadHit], naming: Naming) -> tuple[ReadHit, ...]:
        """What was read in the order of the reader; documents that are named take turns."""
        return reading.reordered(read, in_turns=bool(naming.named))

    def ranked(self, query: str, top_k: int, documents: Sequence[str]) -> tuple[Hit, ...]:
        """Passages for a query, the first dozen in the order of the reader."""
        most = max(top_k, PASSAGES_READ)
        found = self.retriever.retrieve(self.speller.mend(query), most, documents)
        read = self.read(query, (), found.evidence[:PASSAGES_READ])
        hits = [h.hit for h in self.reordered(read, found.naming)]
        return (*hits, *(e.hit for e in found.evidence[PASSAGES_READ:]))[:top_k]


def turns_of(alone: Standalone, history: Sequence[Turn]) -> Sequence[Turn]:
    """The turns that a question is read with: none where it leans on none, and no answers.

    Earlier turns would draw a question that changes the subject back to theirs.
    """
    return questions_only(history) if alone.leans else ()


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question as it stands alone, and the passages found for it.

    `shown` are its words as it is shown, `history` the turns before. `read` has the reader read
    passages: what only a link answers needs none. `plain` are the documents that an answer need
    not name, `named` those that go by each of its names. `wish` is the contact that it asks for;
    `refusal` declines it where the documents do not answer it. `typed` is what a model put into
    English.
    """

    question: Question
    shown: str
    history: Sequence[Turn]
    documents: Sequence[str]
    evidence: tuple[Evidence, ...]
    read: Callable[[Sequence[Evidence]], tuple[ReadHit, ...]]
    plain: frozenset[str]
    named: tuple[tuple[str, ...], ...]
    wish: Wish | None
    refusal: Refusal | None
    language: str
    typed: str = ""


def _advises(draft: Draft, question: str) -> bool:
    """Whether what is quoted surely answers a wish for advice, and speaks of what that is about."""
    return draft.confidence >= LIKELY_FROM and draft.speaks_of(analyse(question).subject)


@dataclass(frozen=True, slots=True)
class Answerer:
    """Answers questions over one open index; with a `pen` a language model writes."""

    index: OpenIndex
    finder: Finder
    sources: tuple[Source, ...]
    pen: Pen | None = None

    def answers(self, question: str, history: Sequence[Turn], documents: Sequence[str]) -> Growing:
        """The answer as it grows, and returned when it is whole."""
        watch = Stopwatch()
        typed, question = question, self._in_english(question)
        history = about_documents(history, self.finder.speller)
        turn = Continued.of(question, history) if self.pen is None else None
        answer = self._at_once(question, history, documents, turn)
        if answer is not None:
            known = self.index.fingerprint
            return replace(answer, question=typed, index=known, timings_ms=watch.stop())
        asked = self._asked(question, history, documents, watch, turn)
        asked = replace(asked, typed=typed)
        framed = partial(
            replace,
            question=typed,
            standalone_question=asked.shown,
            index=self.index.fingerprint,
        )

        def begun(part: Answer) -> Answer:
            watch.mark("first_words")
            return framed(part)

        part = None if turn else self._overview.part(asked.shown, asked.evidence)
        answer = part or (yield from mapped(self._answer(asked), begun))
        if asked.language != ENGLISH and self.pen is None:
            answer = noticed(answer, asked.language)
        if turn is not None and answer.status is Status.NOT_FOUND:
            answer = self._continuation.beside(turn, answer)
        watch.lap("answer")
        return framed(answer, timings_ms=watch.stop())

    def _in_english(self, question: str) -> str:
        """A question in another language as the model puts it into English; any other as it is."""
        if self.pen is None or self.finder.language(question) == ENGLISH:
            return question
        english = in_english(question, self.pen.model)
        return english if english and self.finder.language(english) == ENGLISH else question

    def _at_once(
        self,
        question: str,
        history: Sequence[Turn],
        documents: Sequence[str],
        turn: Continued | None,
    ) -> Answer | None:
        """What needs no search for it.

        That is the last answer once more, small talk, the whole of documents, and a refusal that
        holds whatever they say.
        """
        if turn is not None:
            return self._continuation.again(question, turn)
        talk = talk_of(question, self.finder.speller)
        if talk is not None:
            return reply(question, talk, self.index, documents)
        whole = self._overview.whole(question, history, documents)
        refusal = declined(question) if whole is None else None
        if refusal is None or not refusal.final:
            return whole
        return compose.decline(question, refusal.sentence, self.index.fingerprint)

    def _asked(
        self,
        question: str,
        history: Sequence[Turn],
        documents: Sequence[str],
        watch: Stopwatch,
        turn: Continued | None,
    ) -> _Asked:
        """The question as it stands alone, and what the search brings for it.

        Where a turn wants more of an answer, its question is asked once more, for what is left.
        """
        if turn is not None and turn.move is Move.MORE:
            question, history = turn.question, turn.history
        alone = self.finder.stand_alone(question, history)
        analysed = analyse(alone.text, alone.whole)
        watch.lap("rewrite")
        found = self.finder.search(question, alone, documents, PASSAGES_READ, each=True)
        watch.lap("retrieve")
        wish = wish_of(alone.text)
        return _Asked(
            question=analysed,
            shown=alone.text,
            history=history,
            documents=documents,
            evidence=turn.silencing(found.evidence) if turn else found.evidence,
            read=partial(self.finder.read, question, turns_of(alone, history)),
            plain=found.plain,
            named=tuple(n.documents for n in found.naming.named),
            wish=wish,
            refusal=declined(question) if wish is None else None,
            language=self.finder.language(question),
        )

    def _answer(self, asked: _Asked) -> Growing:
        """A link, what a model writes or the reader chooses, or none."""
        question = asked.question
        library = Library.of(self.index, self.sources)
        library = replace(library, plain=asked.plain, named=asked.named)
        link = self._link(asked) if question.wanted is Wanted.LINK else None
        if link is not None and self.pen is None:
            return compose.link_answer(question, link, library)
        hits, reader = asked.read(asked.evidence), self.finder.reader()
        sought = self._sought(asked, hits)
        draft = replace(sought.draft, confidence=reader.right.of(sought.draft.confidence))
        if asked.language != ENGLISH:
            draft = carried_over(question.text, draft)
        sought = replace(sought, draft=draft, link=link or sought.link)
        library = replace(library, unread=unread_pages(self.index.problems(), asked.documents))
        if asked.refusal is not None and not _advises(draft, asked.shown):
            return compose.decline(question.text, asked.refusal.sentence, self.index.fingerprint)
        if self.pen is not None:
            language = self.finder.language(asked.typed)
            words = asked.shown if language == ENGLISH else asked.typed
            task = Task(question, words, asked.history, draft, asked.evidence, hits, language)
            return (yield from self._written(task, self.pen, sought.link, library))
        return self._quoted(question, hits, sought, library)

    @property
    def _continuation(self) -> Continuation:
        return Continuation(self.index, self.finder.retriever, self.finder.reader, self.sources)

    @property
    def _overview(self) -> Overview:
        return Overview(self.index, self.finder.retriever, self.sources)

    def _sought(self, asked: _Asked, hits: Sequence[ReadHit]) -> Sought:
        """What the reader chooses of what it read, and a contact where one is wished for."""
        limits = self.finder.reader().limits
        draft = reading.drafted(asked.question, hits, limits, self.index.page)
        if asked.wish is None:
            return Sought(draft)
        seeker = Seeker(self.index, asked.wish, asked.question, asked.documents, limits, asked.read)
        return seeker.sought(hits, draft)

    def _link(self, asked: _Asked) -> FoundLink | None:
        """The link that a question for an address is answered with."""
        pages = link_pages(self.index, self.sources, asked.evidence)
        return find_link(asked.question, self.sources, pages)

    def _written(self, task: Task, pen: Pen, link: FoundLink | None, library: Library) -> Growing:
        """What a language model writes; the link that was found where it writes nothing."""
        writer = Writer(pen, self.finder.reader(), self.index)
        answer = yield from written_answer(task, writer, library)
        if link is None or answer.engine == ENGINE:
            return answer
        found = compose.link_answer(task.question, link, library)
        return replace(found, dropped=answer.dropped, tokens=answer.tokens)

    def _quoted(
        self, question: Question, hits: Sequence[ReadHit], sought: Sought, library: Library
    ) -> Answer:
        """What the reader chose, in the documents' own words; a link, or that there is none."""
        draft = sought.draft
        if sought.link is not None:
            return compose.link_answer(question, sought.link, library)
        if sought.absent:
            return compose.no_contact(question, sought.absent, sought.nearest, library)
        if not draft.statements:
            return compose.not_found(question, reading.nearest(hits), draft, library)
        draft = replace(draft, lead=lead(question, draft, hits, self.finder.reader()))
        return compose.answered(question, draft, library)
