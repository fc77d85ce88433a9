"""From what the engine found to an `Answer`: citations numbered, statements put into one text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from mehealth_rag.answering.disputes import Dispute
from mehealth_rag.answering.library import Library
from mehealth_rag.answering.links import FoundLink
from mehealth_rag.answering.marking import decisive, mark
from mehealth_rag.answering.questions import Question
from mehealth_rag.answering.reading import Draft
from mehealth_rag.index.accounting import page_ranges
from mehealth_rag.language.words import content_words, stem
from mehealth_rag.reader.rows import dashed
from mehealth_rag.types import (
    Answer,
    Citation,
    Conflict,
    ConflictReport,
    ConflictValue,
    Quote,
    Related,
    Source,
    Statement,
    Status,
)

NOT_FOUND = "The documents do not say."
NO_MORE = "The documents say no more about that."
SHORTEST = "One sentence already"
DISAGREE = " The pages give different figures."
SOURCE = "\n\nSource: "
ABSENT = 0.9
"""How sure it is that there is no contact of a form that no sentence has."""

MOST_RUNNING = 2
"""Points that are told as running text; more are a list."""

_LISTED = 5
"""So many unread pages are named by their labels; more are counted."""
_BULLET = re.compile(r"^(?:[•▪◦‣●○■–-]|\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{2,4})[.)])\s+")
_SET_APART = re.compile(r"([$£€¥])\t|\t(?=\)?%)")
"""A currency sign in a cell of its own, as filings have it."""
_LAST_STOP = re.compile(r"(?<!\.)\.$")

_MOST_RELATED = 3
_COMMON_SHARE = 0.34
"""A word that stands in more of the titles than this says nothing of one of them."""

_Point = tuple[Statement, ...]
"""What is told together: the last answers, those before it name what it speaks of."""


def answered(question: Question, draft: Draft, library: Library) -> Answer:
    """The answer that a draft makes: each statement followed by the numbers of its citations."""
    citations: list[Citation] = []

    def stated(quotes: Sequence[Quote]) -> Statement:
        numbers = tuple(range(len(citations) + 1, len(citations) + 1 + len(quotes)))
        citations.extend(library.citation(n, q) for n, q in zip(numbers, quotes, strict=True))
        return Statement(_told(*quotes), numbers)

    before = draft.before or ((),) * len(draft.statements)
    points = [
        tuple(map(stated, (*led, quotes)))
        for led, quotes in zip(before, draft.statements, strict=True)
    ]
    statements = [s for point in points for s in point]
    headers = _headers(points, citations, draft.headings)
    listed = draft.listed or draft.introduction is not None or len(points) > MOST_RUNNING
    lead = statement_text(draft.introduction.text) if draft.introduction is not None else ""
    text = _items(lead, points, headers) if listed else _running_text(question, points, headers)
    text = _led(draft.lead, text)
    return Answer(
        question=question.text,
        standalone_question=question.text,
        status=Status.ANSWERED,
        answer=text
        + DISAGREE * draft.disagree
        + _missing(draft, citations, library)
        + _origin(citations, library),
        statements=tuple(statements),
        citations=tuple(citations),
        conflicts=(conflict(question, statements),) if draft.disagree else (),
        confidence=round(draft.confidence, 4),
    )


def conflict(question: Question, statements: Sequence[Statement]) -> Conflict:
    """What the statements disagree about, and the figure that each gives."""
    values = []
    for statement in statements:
        spans = decisive(question, statement.text)
        value = spans[0].of(statement.text) if spans else statement.text
        values.append(ConflictValue(value, statement.citations))
    return Conflict(about=question.text.rstrip(" ?"), values=tuple(values))


def conflict_report(disputes: Sequence[Dispute], library: Library, index: str) -> ConflictReport:
    """The conflicts of a corpus; a quote that several of them name is one citation."""
    numbers: dict[Quote, int] = {}

    def value(text: str, quotes: Sequence[Quote]) -> ConflictValue:
        return ConflictValue(
            " ".join(text.split()),
            tuple(numbers.setdefault(quote, len(numbers) + 1) for quote in quotes),
        )

    conflicts = tuple(Conflict(d.about, tuple(value(*v) for v in d.values)) for d in disputes)
    citations = tuple(library.citation(number, quote) for quote, number in numbers.items())
    return ConflictReport(conflicts, citations, index)


def not_found(
    question: Question, nearest: Sequence[Quote], draft: Draft, library: Library
) -> Answer:
    """That the documents do not say, with the closest sentences and linked sources that might."""
    related = related_sources(
        question, tuple(library.sources.values()), frozenset(_indexed(library))
    )
    hint = f" “{related[0].title}”, which is linked but not in the index, may." if related else ""
    return Answer(
        question=question.text,
        standalone_question=question.text,
        status=Status.NOT_FOUND,
        answer=NOT_FOUND + hint + unread_sentence(library),
        nearest=tuple(library.citation(n, q) for n, q in enumerate(nearest, start=1)),
        related=related,
        confidence=round(1 - draft.answerable, 4),
    )


def no_contact(question: Question, kind: str, given: Sequence[Quote], library: Library) -> Answer:
    """That the documents give no contact of a kind, and those that they do give."""
    told = "; ".join(f"“{statement_text(quote.text)}”" for quote in given)
    return Answer(
        question=question.text,
        standalone_question=question.text,
        status=Status.NOT_FOUND,
        answer=f"The documents give no {kind}."
        + f" They give: {told}." * bool(told)
        + unread_sentence(library),
        nearest=tuple(library.citation(n, q) for n, q in enumerate(given, start=1)),
        confidence=ABSENT,
    )


def unread_sentence(library: Library) -> str:
    """That pages of the documents searched could not be read; empty where there are none."""
    if not library.unread:
        return ""
    count = sum(map(len, library.unread.values()))
    if len(library.unread) > 1 or count > _LISTED:
        where = f"{count} page{'s' * (count > 1)} of {_named(library)}"
    else:
        (pages,) = library.unread.values()
        where = f"P{page_ranges(pages)[1:]} of {_named(library)}"
    verb = "was" if count == 1 else "were"
    return f" {where} could not be read and {verb} not searched."


def _named(library: Library) -> str:
    if len(library.unread) > 1:
        return f"{len(library.unread)} documents"
    return f"“{library.sources[next(iter(library.unread))].title}”"


def decline(question: str, sentence: str, index: str) -> Answer:
    """A polite refusal of what is no question about the documents."""
    return Answer(
        question=question,
        standalone_question=question,
        status=Status.NOT_FOUND,
        answer=sentence,
        confidence=1.0,
        index=index,
    )


def link_answer(question: Question, link: FoundLink, library: Library) -> Answer:
    """Where to find something: its address, and the place in the documents that links to it."""
    page = library.page(link.document, link.page)
    quote = Quote.of_page(link.document, page, link.span)
    text = f"{(link.title or statement_text(quote.text)).rstrip(' :')}: {link.url}"
    return Answer(
        question=question.text,
        standalone_question=question.text,
        status=Status.ANSWERED,
        answer=f"{text} [1]",
        statements=(Statement(text, (1,)),),
        citations=(library.citation(1, quote),),
        confidence=round(link.share, 4),
    )


def growing(answer: Answer, shown: str = "") -> Iterator[Answer]:
    """An answer as it grows, word by word, from what is `shown` on; the last is the whole."""
    for match in re.finditer(r"\S+\s*", answer.answer):
        if len(shown) < match.end() < len(answer.answer):
            yield replace(answer, answer=answer.answer[: match.end()])
    yield answer


def statement_text(quote: str) -> str:
    """A quote as a statement: without its bullet and last full stop, empty cells as dashes."""
    return _LAST_STOP.sub("", _BULLET.sub("", " ".join(dashed(quote).split())))


def _told(quote: Quote, *heads: Quote) -> str:
    """A quote as a statement; a table's row has the heads of its columns before its cells."""
    cells = _SET_APART.sub(r"\1", quote.text).split("\t")
    names = next((n for head in reversed(heads) if (n := _names(cells, head.text.split("\t")))), ())
    if not names:
        return statement_text(quote.text)
    label, *values = map(statement_text, cells)
    pairs = zip(map(statement_text, names), values, strict=False)
    return f"{label} – " + "; ".join(f"{name}: {value}" for name, value in pairs if value)


def _names(cells: Sequence[str], heads: Sequence[str]) -> Sequence[str]:
    """The heads of a row's cells but the first; none where they do not fit.

    The corner above the row's labels may be empty. A row with an empty cell is known to keep its
    columns, so it may end before its heads do.
    """
    if len(cells) < 2:
        return ()
    if len(heads) == len(cells) or ("" in cells and len(heads) > len(cells)):
        return heads[1:]
    return heads if len(heads) == len(cells) - 1 > 1 else ()


def _headers(
    points: Sequence[_Point], citations: Sequence[Citation], headings: Sequence[str]
) -> tuple[str, ...]:
    """What each point is put under: its document where they are of several, and its heading."""
    sources = [citations[point[-1].citations[0] - 1] for point in points]
    several = len({c.document for c in sources}) > 1
    titles = [c.title if several else "" for c in sources]
    pairs = zip(titles, headings or [""] * len(points), strict=True)
    return tuple("".join(f"{part}: " for part in dict.fromkeys(pair) if part) for pair in pairs)


def _missing(draft: Draft, citations: Sequence[Citation], library: Library) -> str:
    """What an answer has not: other items of its list, a document that the question names too."""
    text = ""
    if draft.introduction is not None and draft.left:
        label = library.page(draft.introduction.document, draft.introduction.page).label
        total = len(draft.statements) + draft.left
        text += f"\n\n{len(draft.statements)} of the {total} items of this list; see page {label}."
    quoted = {c.document for c in citations}
    silent = [n for n in library.named if len(library.named) > 1 and quoted.isdisjoint(n)]
    titles = [f"“{library.sources[names[0]].title}”" for names in silent]
    return text + f"\n\nNothing in {' or '.join(titles)} answers this." * bool(titles)


def _origin(citations: Sequence[Citation], library: Library) -> str:
    """Which document says it, where there are several and it is not plain."""
    said = {c.document: c.title for c in citations}
    if len(said) != 1 or said.keys() <= library.plain or len(set(_indexed(library))) < 2:
        return ""
    return f"{SOURCE}{next(iter(said.values()))}."


def _running_text(question: Question, points: Sequence[_Point], headers: Sequence[str]) -> str:
    told = zip(headers, points, strict=True)
    return " ".join(f"{header}{_running(question, point)}" for header, point in told)


def _items(lead: str, points: Sequence[_Point], headers: Sequence[str]) -> str:
    """Points as a list, after the words that introduce it where there are some."""
    told = zip(headers, points, strict=True)
    items = "\n".join(f"- {header}{_item(point)}" for header, point in told)
    return f"{lead}\n\n{items}" if lead else items


def _led(lead: str, text: str) -> str:
    """The text after its yes or no; items stand on lines of their own."""
    if not lead:
        return text
    return f"{lead}:\n\n{text}" if text.startswith("- ") else f"{lead}: {text}"


def _running(question: Question, point: _Point) -> str:
    """A point as running text; what is marked is in the statement that answers."""
    *before, last = point
    marked = mark(last.text, decisive(question, last.text))
    return " ".join([*(_sentence(s, s.text) for s in before), _sentence(last, marked)])


def _item(point: _Point) -> str:
    """A point as an item of a list: its last sentence ends without a stop, as items do."""
    *before, last = point
    return " ".join([*(_sentence(s, s.text) for s in before), f"{last.text} {_numbers(last)}"])


def _sentence(statement: Statement, text: str) -> str:
    ending = "" if statement.text[-1:] in '?!”"…' else "."
    return f"{text} {_numbers(statement)}{ending}"


def _numbers(statement: Statement) -> str:
    return "".join(f"[{n}]" for n in statement.citations)


def _indexed(library: Library) -> Iterator[str]:
    return (s.id for s in library.sources.values() if s.path is not None)


def related_sources(
    question: Question, sources: Sequence[Source], indexed: frozenset[str]
) -> tuple[Related, ...]:
    """The sources not in the index whose titles share the question's words, best first."""
    missing = [s for s in sources if s.id not in indexed]
    titles = {s.id: {stem(w) for w in content_words(s.title)} for s in missing}
    telling = [s for s in question.subject if _is_telling(s, list(titles.values()))]
    scored = [(sum(w in titles[s.id] for w in telling), s) for s in missing]
    best = sorted((x for x in scored if x[0]), key=lambda x: (-x[0], x[1].id))[:_MOST_RELATED]
    return tuple(Related(s.id, s.title, s.url, indexed=False) for _, s in best)


def _is_telling(word: str, titles: Sequence[set[str]]) -> bool:
    holding = sum(word in title for title in titles)
    return 0 < holding <= max(1, _COMMON_SHARE * len(titles))
