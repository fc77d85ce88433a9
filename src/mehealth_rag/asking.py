"""Answers a question as a stream of growing answers, quoted or written by a language model.

The first of these that recognises a question answers it:

1. `Continued.of` (answering/continuing.py): "tell me more", "why?" and the like after an answer
2. `talk_of` (answering/talk.py): greetings, thanks, questions about the assistant
3. `Overview.whole` (answering/overview.py): questions about whole documents, if their guides
   answer; else the reader gets the document's opening first
4. `declined` (answering/scope.py): instructions; advice, unless the documents answer it
5. `Overview.part` (answering/overview.py): "tell me about" a heading
6. `is_statement` (checking/statements.py): a statement, which gets its verdict
7. `find_link` (answering/links.py): questions for an address of a page or file
8. `ContactSearch` (answering/contact_search.py): questions for a contact, beside the reader
9. the reader over the passages found: everything else
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from mehealth_rag.answering import compose, drafting
from mehealth_rag.answering.contact_search import ContactSearch, Outcome, Wish, wish_of
from mehealth_rag.answering.continuing import Continuation, Continued, Move
from mehealth_rag.answering.drafting import Draft, ReadHit, lead
from mehealth_rag.answering.foreign import carried_over, noticed
from mehealth_rag.answering.library import Library
from mehealth_rag.answering.links import FoundLink, find_link
from mehealth_rag.answering.overview import Overview, OverviewRequest
from mehealth_rag.answering.questions import Question, Wanted, analyse
from mehealth_rag.answering.scope import Refusal, declined
from mehealth_rag.answering.talk import about_documents, reply, talk_of
from mehealth_rag.checking.parts import mended
from mehealth_rag.checking.statements import is_statement
from mehealth_rag.checking.verdicts import NO_CLAIM, PASSAGES_JUDGED, Desk, check_claim
from mehealth_rag.followups import Standalone, questions_only, stand_alone
from mehealth_rag.generating.answer import ENGINE
from mehealth_rag.generating.answer import answer as written_answer
from mehealth_rag.generating.rewriting import in_english, rewritten
from mehealth_rag.generating.writing import Pen, Task, Writer
from mehealth_rag.growing import mapped
from mehealth_rag.index.accounting import unread_pages
from mehealth_rag.index.opened import OpenIndex
from mehealth_rag.language.detection import ENGLISH, language_of
from mehealth_rag.language.spelling import Speller
from mehealth_rag.llm.language_model import LanguageModel
from mehealth_rag.reader.model import Reader
from mehealth_rag.reader.rows import text_of
from mehealth_rag.retrieval.retriever import Evidence, Retriever, SearchResult
from mehealth_rag.timing import Stopwatch
from mehealth_rag.types import LIKELY_FROM, Answer, Hit, PageOf, Source, Status, Turn

Growing = Generator[Answer, None, Answer]
"""Yields partial answers and returns the complete one."""


PASSAGES_READ = 12
"""Passages read for one answer."""


@dataclass(frozen=True, slots=True)
class Finder:
    """Retrieves and reads passages; `reader` loads the reader on first use.

    `model`, if any, rewrites follow-ups as standalone questions.
    """

    retriever: Retriever
    speller: Speller
    reader: Callable[[], Reader]
    page: PageOf
    model: LanguageModel | None = None

    def language(self, question: str) -> str:
        """Return a question's ISO 639 language code; English if in doubt."""
        return language_of(question, self.speller.knows)

    def stand_alone(self, question: str, history: Sequence[Turn]) -> Standalone:
        """Rewrite a question to stand alone after the turns before it, with its spelling corrected.

        Without a language model, a question that is not in English is left as it is.
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
    ) -> SearchResult:
        """Retrieve the passages to read, best first; with `each`, `top_k` for each name.

        A follow-up that names documents is searched for in these, not in those named before it.
        """
        if alone.is_follow_up:
            named = self.retriever.register.named(self.speller.mend(question), documents)
            documents = sorted(named.documents) or documents
        return self.retriever.retrieve(alone.search, top_k, documents, each=each)

    def read(
        self, question: str, turns: Sequence[Turn], evidence: Sequence[Evidence]
    ) -> tuple[ReadHit, ...]:
        """Read passages for a question, with its spelling corrected.

        Sentences that may not answer count for nothing.
        """
        hits = [e.hit for e in evidence]
        texts = [text_of(hit.passage, self.page) for hit in hits]
        readings = self.reader().read(self.speller.mend(question), turns, texts)
        return tuple(map(ReadHit, hits, texts, map(drafting.allowed, readings, evidence)))

    def desk(self, library: Library, documents: Sequence[str]) -> Desk:
        """Return what checking a claim needs; `documents` limits the search."""

        def search(text: str) -> tuple[Evidence, ...]:
            return self.retriever.retrieve(text, PASSAGES_JUDGED, documents).evidence

        return Desk(self.reader(), search, self.speller, library)

    def ranked(self, query: str, top_k: int, documents: Sequence[str]) -> tuple[Hit, ...]:
        """Return passages for a query, the first dozen re-ranked by the reader."""
        depth = max(top_k, PASSAGES_READ)
        result = self.retriever.retrieve(self.speller.mend(query), depth, documents)
        read = self.read(query, (), result.evidence[:PASSAGES_READ])
        first = [h.hit for h in drafting.reordered(read, in_turns=bool(result.naming.named))]
        return (*first, *(e.hit for e in result.evidence[PASSAGES_READ:]))[:top_k]


def turns_of(alone: Standalone, history: Sequence[Turn]) -> Sequence[Turn]:
    """Return the turns to read with a question, without their answers; none if it stands alone.

    Earlier turns would pull a question on a new subject back to theirs.
    """
    return questions_only(history) if alone.is_follow_up else ()


@dataclass(frozen=True, slots=True)
class _Request:
    """A question as it stands alone, and the passages retrieved for it.

    `shown` is its text as displayed, `history` the turns before it. `read` reads passages on
    demand: a question answered by a link needs none. `library` knows which documents the question
    names. `wish` is the contact that it asks for; `refusal` declines it if the documents do not
    answer it. `typed` is the question before a model translated it into English.
    """

    question: Question
    shown: str
    history: Sequence[Turn]
    documents: Sequence[str]
    evidence: tuple[Evidence, ...]
    read: Callable[[Sequence[Evidence]], tuple[ReadHit, ...]]
    library: Library
    wish: Wish | None
    refusal: Refusal | None
    language: str
    typed: str = ""


def _advises(draft: Draft, question: str) -> bool:
    """Return whether a draft likely answers a request for advice, and is about its subject."""
    return draft.confidence >= LIKELY_FROM and draft.speaks_of(analyse(question).subject)


@dataclass(frozen=True, slots=True)
class Answerer:
    """Answers questions over one open index; with a `pen`, a language model writes the answers."""

    index: OpenIndex
    finder: Finder
    sources: tuple[Source, ...]
    pen: Pen | None = None

    def answers(self, question: str, history: Sequence[Turn], documents: Sequence[str]) -> Growing:
        """Yield the answer as it grows, and return the complete one."""
        watch = Stopwatch()
        typed, question = question, self._in_english(question)
        history = about_documents(history, self.finder.speller)
        turn = Continued.of(question, history) if self.pen is None else None
        asked = None if turn else self._overview.asked(question, history, documents)
        answer = self._at_once(question, asked, documents, turn)
        framed = partial(replace, question=typed, index=self.index.fingerprint)
        if answer is not None:
            alone = answer.standalone_question or question
            return framed(answer, standalone_question=alone, timings_ms=watch.stop())
        if asked is not None and asked.sure:  # turns would pull it back to their subject
            history, documents = (), asked.documents
        request = self._request(question, history, documents, watch, turn)
        request = replace(request, typed=typed)
        if asked is not None:
            request = replace(request, evidence=self._overview.first(asked, request.evidence))

        def begun(part: Answer) -> Answer:
            watch.mark("first_words")
            return framed(part, standalone_question=request.shown)

        part = None if turn else self._overview.part(request.shown, request.evidence)
        part = part or self._judged(request)
        answer = part or (yield from mapped(self._answer(request), begun))
        quoted = self.pen is None and request.refusal is None
        if asked is not None and quoted and asked.better_from_guide(answer):
            answer = self._overview.whole(question, asked) or answer
        if request.language != ENGLISH and self.pen is None:
            answer = noticed(answer, request.language)
        if turn is not None and answer.status is Status.NOT_FOUND:
            answer = self._continuation.beside(turn, answer)
        watch.lap("answer")
        return framed(answer, standalone_question=request.shown, timings_ms=watch.stop())

    def _in_english(self, question: str) -> str:
        """Translate a question with the model; unchanged without one or if that fails."""
        if self.pen is None or self.finder.language(question) == ENGLISH:
            return question
        english = in_english(question, self.pen.model)
        return english if english and self.finder.language(english) == ENGLISH else question

    def _at_once(
        self,
        question: str,
        asked: OverviewRequest | None,
        documents: Sequence[str],
        turn: Continued | None,
    ) -> Answer | None:
        """Return an answer that needs no search, None if there is none.

        These are the last answer repeated, small talk, overviews of documents, and refusals that
        hold whatever the documents say.
        """
        if turn is not None:
            return self._continuation.again(turn)
        talk = talk_of(question, self.finder.speller)
        if talk is not None:
            return reply(talk, self.index, documents)
        overview = self._overview.whole(question, asked) if asked and asked.from_guide else None
        refusal = declined(question) if overview is None else None
        if refusal is None or not refusal.final:
            return overview
        return compose.decline(refusal.sentence)

    def _request(
        self,
        question: str,
        history: Sequence[Turn],
        documents: Sequence[str],
        watch: Stopwatch,
        turn: Continued | None,
    ) -> _Request:
        """Rewrite the question to stand alone, and retrieve passages for it.

        A turn that wants more of an answer asks its question again, without what was already said.
        """
        if turn is not None and turn.move is Move.MORE:
            question, history = turn.question, turn.history
        alone = self.finder.stand_alone(question, history)
        analysed = analyse(alone.text, alone.whole)
        watch.lap("rewrite")
        result = self.finder.search(question, alone, documents, PASSAGES_READ, each=True)
        watch.lap("retrieve")
        wish = wish_of(alone.text)
        named = tuple(n.documents for n in result.naming.named)
        return _Request(
            question=analysed,
            shown=alone.text,
            history=history,
            documents=documents,
            evidence=self._continuation.silencing(turn, result.evidence)
            if turn
            else result.evidence,
            read=partial(self.finder.read, question, turns_of(alone, history)),
            library=replace(Library.of(self.index, self.sources), plain=result.plain, named=named),
            wish=wish,
            refusal=declined(question) if wish is None else None,
            language=self.finder.language(question),
        )

    def _answer(self, request: _Request) -> Growing:
        """Answer with a link, with a model's or the documents' words, or decline."""
        question, library = request.question, request.library
        link = None
        if question.wanted is Wanted.LINK:
            link = find_link(question, self.index, self.sources, request.evidence)
        if link is not None and self.pen is None:
            return compose.link_answer(link, library)
        hits, reader = request.read(request.evidence), self.finder.reader()
        outcome = self._outcome(request, hits)
        draft = replace(outcome.draft, confidence=reader.right.of(outcome.draft.confidence))
        if request.language != ENGLISH:
            draft = carried_over(question.text, draft)
        outcome = replace(outcome, draft=draft, link=link or outcome.link)
        library = replace(library, unread=unread_pages(self.index.problems(), request.documents))
        if request.refusal is not None and not _advises(draft, request.shown):
            return compose.decline(request.refusal.sentence)
        if self.pen is not None:
            language = self.finder.language(request.typed)
            words = request.shown if language == ENGLISH else request.typed
            task = Task(question, words, request.history, draft, request.evidence, hits, language)
            return (yield from self._written(task, self.pen, outcome.link, library))
        return self._quoted(question, hits, outcome, library)

    @property
    def _continuation(self) -> Continuation:
        return Continuation(self.index, self.finder.retriever, self.finder.reader, self.sources)

    @property
    def _overview(self) -> Overview:
        return Overview(self.index, self.finder.retriever, self.sources)

    def _judged(self, request: _Request) -> Answer | None:
        """Return the verdict on a statement that was typed; None for anything else."""
        typed, speller = request.typed, self.finder.speller
        is_claim = (
            request.refusal is None
            and request.language == ENGLISH
            and request.question.text == typed
            and is_statement(typed)
            and is_statement(mended(typed, speller))
            and not stand_alone(typed, request.history).is_follow_up
        )
        if not is_claim:
            return None
        verdict = check_claim(typed, self.finder.desk(request.library, request.documents))
        if verdict.explanation == NO_CLAIM:
            return None
        hits = () if verdict.evidence else request.read(request.evidence)
        quotes = enumerate(drafting.nearest(hits), start=1)
        return compose.verdict_answer(verdict, [request.library.citation(n, q) for n, q in quotes])

    def _outcome(self, request: _Request, hits: Sequence[ReadHit]) -> Outcome:
        """Return the reader's draft, and a contact if the question asks for one."""
        limits = self.finder.reader().limits
        draft = drafting.drafted(request.question, hits, limits, self.index.page)
        if request.wish is None:
            return Outcome(draft)
        search = ContactSearch(
            self.index, request.wish, request.question, request.documents, limits, request.read
        )
        return search.outcome(hits, draft)

    def _written(self, task: Task, pen: Pen, link: FoundLink | None, library: Library) -> Growing:
        """Answer in the model's words, or with the link, if any, if it writes nothing."""
        writer = Writer(pen, self.finder.reader(), self.index)
        answer = yield from written_answer(task, writer, library)
        if link is None or answer.engine == ENGINE:
            return answer
        fallback = compose.link_answer(link, library)
        return replace(fallback, dropped=answer.dropped, tokens=answer.tokens)

    def _quoted(
        self, question: Question, hits: Sequence[ReadHit], outcome: Outcome, library: Library
    ) -> Answer:
        """Answer in the documents' words, with a link, or say that nothing was found."""
        draft = outcome.draft
        if outcome.link is not None:
            return compose.link_answer(outcome.link, library)
        if outcome.absent:
            return compose.no_contact(outcome.absent, outcome.nearest, library)
        if not draft.points:
            return compose.not_found(question, drafting.nearest(hits), draft, library)
        draft = replace(draft, lead=lead(question, draft, hits, self.finder.reader()))
        return compose.answered(question, draft, library)
