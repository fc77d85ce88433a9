"""Build an `Answer` from a draft: number the citations, join the statements into one text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from mehealth_rag.answering.disputes import Dispute
from mehealth_rag.answering.drafting import Draft, Point
from mehealth_rag.answering.library import Library
from mehealth_rag.answering.links import FoundLink
from mehealth_rag.answering.marking import StatementText, answer_spans, marked
from mehealth_rag.answering.questions import Question
from mehealth_rag.index.accounting import page_ranges
from mehealth_rag.language.words import content_stems
from mehealth_rag.reader.rows import dashed
from mehealth_rag.types import (
    Answer,
    Citation,
    Conflict,
    ConflictReport,
    ConflictValue,
    Quote,
    Related,
    Span,
    Statement,
    Status,
    Verdict,
)

NOT_FOUND = "The documents do not say."
NO_MORE = "The documents say no more about that."
SHORTEST = "One sentence already"
DISAGREE = " The pages give different figures."
UNDATED = " One page gives no year for its figure."
SOURCE = "\n\nSource: "
ABSENT = 0.9
"""Confidence of a not-found answer when no sentence has a contact of the requested kind."""

MOST_RUNNING = 2
"""Points shown as running text; a longer answer becomes a list."""

_LISTED = 5
"""Unread pages named by their labels; more than this are only counted."""
_BULLET = re.compile(r"^(?:[•▪◦‣●○■–-]|\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{2,4})[.)])\s+")
_SET_APART = re.compile(r"([$£€¥])\t|\t(?=\)?%)")
"""A currency or percent sign in a table cell of its own, as in company filings."""
_LAST_STOP = re.compile(r"(?<!\.)\.$")

_MOST_RELATED = 3
_COMMON_SHARE = 0.34
"""A word in more than this share of the titles does not tell one source from another."""

_Point = tuple[Statement, ...]
"""Statements shown together: the last one answers, those before it name what it refers to."""


def answered(question: Question, draft: Draft, library: Library) -> Answer:
    """Return the answer for a draft; each statement is followed by its citation numbers.

    Here and below, whoever asks for an answer adds the question and the index.
    """
    citations: list[Citation] = []

    def stated(quotes: Sequence[Quote]) -> Statement:
        numbers = tuple(range(len(citations) + 1, len(citations) + 1 + len(quotes)))
        citations.extend(library.citation(n, q) for n, q in zip(numbers, quotes, strict=True))
        return Statement(as_statement(*quotes), numbers)

    points = [tuple(map(stated, (*point.before, point.quotes))) for point in draft.points]
    statements = [s for point in points for s in point]
    listed = draft.listed or draft.introduction is not None or len(points) > MOST_RUNNING
    answers = [statement_of(*point.quotes) for point in draft.points]
    lines = _lines(None if listed else question, points, answers, _headers(draft.points, library))
    text = "\n".join(f"- {line}" for line in lines) if listed else " ".join(lines)
    if draft.introduction is not None:
        text = f"{statement_text(draft.introduction.text)}\n\n{text}"
    text = _with_lead(draft.lead, text)
    return Answer(
        status=Status.ANSWERED,
        answer=text
        + DISAGREE * draft.disagree
        + UNDATED * draft.undated
        + _missing(draft, citations, library)
        + _origin(citations, library),
        statements=tuple(statements),
        citations=tuple(citations),
        conflicts=(conflict(question, answers, statements),) if draft.disagree else (),
        confidence=round(draft.confidence, 4),
    )


def conflict(
    question: Question, answers: Sequence[StatementText], statements: Sequence[Statement]
) -> Conflict:
    """Return what the statements disagree about, with the figure each of them gives."""
    values = []
    for answer, statement in zip(answers, statements, strict=True):
        spans = answer_spans(question, answer)
        value = spans[0].of(statement.text) if spans else statement.text
        values.append(ConflictValue(value, statement.citations))
    return Conflict(about=question.text.rstrip(" ?"), values=tuple(values))


def conflict_report(disputes: Sequence[Dispute], library: Library, index: str) -> ConflictReport:
    """Return the conflicts of a corpus; a quote shared by several values is cited once."""
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
    """Return an abstention, with the nearest sentences and linked sources that may help."""
    related = _related_sources(question, library)
    hint = f" “{related[0].title}”, which is linked but not in the index, may." if related else ""
    return Answer(
        answer=NOT_FOUND + hint + unread_sentence(library),
        nearest=tuple(library.citation(n, q) for n, q in enumerate(nearest, start=1)),
        related=related,
        confidence=round(1 - draft.answerable, 4),
    )


def no_contact(kind: str, quotes: Sequence[Quote], library: Library) -> Answer:
    """Return an abstention for a kind of contact, listing the contacts the documents do give."""
    listed = "; ".join(f"“{statement_text(q.text)}”" for q in quotes)
    return Answer(
        answer=f"The documents give no {kind}."
        + f" They give: {listed}." * bool(listed)
        + unread_sentence(library),
        nearest=tuple(library.citation(n, q) for n, q in enumerate(quotes, start=1)),
        confidence=ABSENT,
    )


def verdict_answer(verdict: Verdict, nearest: Sequence[Citation] = ()) -> Answer:
    """Return a verdict as an answer: a statement for each sentence, cited by its evidence.

    Without evidence the answer is "not found", with the `nearest` citations.
    """
    parts = verdict.parts or (verdict,)
    statements = tuple(_verdict_on(part, named=len(parts) > 1) for part in parts)
    texts = [f"{s.text} {_numbers(s)}".rstrip() + "." for s in statements]
    text = "\n".join(f"- {t}" for t in texts) if len(texts) > 1 else texts[0]
    answer = Answer(confidence=verdict.confidence, verdict=verdict.verdict)
    if not verdict.evidence:
        return replace(answer, answer=verdict.explanation, nearest=tuple(nearest))
    return replace(
        answer,
        status=Status.ANSWERED,
        answer=text,
        statements=statements,
        citations=verdict.evidence,
    )


def _verdict_on(part: Verdict, *, named: bool) -> Statement:
    sentence = f"“{part.claim}” " if named else ""
    text = f"{sentence}{part.verdict.word}: {part.explanation.removesuffix('.')}"
    return Statement(text, tuple(c.number for c in part.evidence))


def unread_sentence(library: Library) -> str:
    """Return a sentence on searched documents' unreadable pages; empty if there are none."""
    if not library.unread:
        return ""
    count = sum(map(len, library.unread.values()))
    (document, names), *others = library.unread.items()
    pages = f"{count} page{'s' * (count > 1)}"
    if not others and count <= _LISTED:
        pages = f"P{page_ranges(names)[1:]}"
    where = f"{len(library.unread)} documents" if others else f"“{library.sources[document].title}”"
    verb = "was" if count == 1 else "were"
    return f" {pages} of {where} could not be read and {verb} not searched."


def decline(sentence: str) -> Answer:
    """Return a polite refusal of input that is not a question about the documents."""
    return Answer(answer=sentence, confidence=1.0)


def link_answer(link: FoundLink, library: Library) -> Answer:
    """Return an answer that gives an address and cites the place that links to it."""
    text = f"{(link.title or statement_text(link.quote.text)).rstrip(' :')}: {link.url}"
    return Answer(
        status=Status.ANSWERED,
        answer=f"{text} [1]",
        statements=(Statement(text, (1,)),),
        citations=(library.citation(1, link.quote),),
        confidence=round(link.share, 4),
    )


def growing(answer: Answer, shown: str = "") -> Iterator[Answer]:
    """Yield the answer word by word after the text already `shown`; the last item is complete."""
    for match in re.finditer(r"\S+\s*", answer.answer):
        if len(shown) < match.end() < len(answer.answer):
            yield replace(answer, answer=answer.answer[: match.end()])
    yield answer


def statement_text(quote: str) -> str:
    """Return a quote without its bullet and final full stop, with dashes for empty cells."""
    return _LAST_STOP.sub("", _BULLET.sub("", " ".join(dashed(quote).split())))


def table_row(row: str, heads: Sequence[str]) -> tuple[str, tuple[tuple[str, str], ...]] | None:
    """Return a quoted row's label, and its cells as pairs of column heading and value.

    None if none of `heads`, the quotes that may hold the column headings, fits the row.
    """
    cells = _SET_APART.sub(r"\1", row).split("\t")
    rows = [[""], *(head.split("\t") for head in heads)]
    named = (
        (names, above, head)
        for above, head in reversed(tuple(pairwise(rows)))
        if (names := _names(cells, head))
    )
    match = next(named, None)
    if match is None:
        return None
    names, above, head = match
    if len(names) < len(head):  # without the corner above the row labels
        names = _distinguished(names, above[above[0] == head[0] :])
    label, *values = map(statement_text, cells)
    pairs = zip(map(statement_text, names), values, strict=False)
    return label, tuple((name, value) for name, value in pairs if value)


def as_statement(quote: Quote, *heads: Quote) -> str:
    """Return a quote as a statement; the cells of a table row follow their column headings."""
    return statement_of(quote, *heads).text


def statement_of(quote: Quote, *heads: Quote) -> StatementText:
    """Return a quote as a statement, with its cells if it is a table row."""
    row = table_row(quote.text, [head.text for head in heads])
    if row is None:
        return StatementText(statement_text(quote.text))
    text = f"{row[0]} – "
    cells: list[tuple[str, Span]] = []
    for name, value in row[1]:
        text += f"{'; ' if cells else ''}{name}: "
        cells.append((name, Span(len(text), len(text) + len(value))))
        text += value
    return StatementText(text, tuple(cells))


def _names(cells: Sequence[str], heads: Sequence[str]) -> Sequence[str]:
    """Return the column headings of all cells but the first; empty if the counts do not match.

    The corner above the row labels may be empty. A row with an empty cell has kept its columns, so
    it may have fewer cells than there are headings.
    """
    if len(cells) < 2:
        return ()
    if len(heads) == len(cells) or ("" in cells and len(heads) > len(cells)):
        return heads[1:]
    return heads if len(heads) == len(cells) - 1 > 1 else ()


def _distinguished(names: Sequence[str], above: Sequence[str]) -> Sequence[str]:
    """Return column headings, those that occur twice after what spans them in the row `above`.

    They stay as they are if that does not tell them apart. An empty cell goes on with the one
    before it.
    """
    if "" not in above:
        return names
    groups: list[str] = []
    for cell in above:
        groups.append(cell or groups[-1] if groups else cell)
    groups += [groups[-1]] * (len(names) - len(groups))
    distinguished = [
        f"{group}, {name}" if names.count(name) > 1 else name
        for group, name in zip(groups, names, strict=False)
    ]
    return distinguished if len(set(distinguished)) == len(distinguished) else names


def _headers(points: Sequence[Point], library: Library) -> Iterator[str]:
    """Yield each point's prefix: its document's title if there are several, then its heading."""
    documents = [point.quotes[0].document for point in points]
    for point, document in zip(points, documents, strict=True):
        title = library.sources[document].title if len(set(documents)) > 1 else ""
        yield "".join(f"{part}: " for part in dict.fromkeys((title, point.heading)) if part)


def _missing(draft: Draft, citations: Sequence[Citation], library: Library) -> str:
    """Return notes on what is left out: list items, and named documents with no answer."""
    text = ""
    if draft.introduction is not None and draft.left:
        label = library.page(draft.introduction.document, draft.introduction.page).label
        total = len(draft.points) + draft.left
        text += f"\n\n{len(draft.points)} of the {total} items of this list; see page {label}."
    quoted = {c.document for c in citations}
    silent = [n for n in library.named if len(library.named) > 1 and quoted.isdisjoint(n)]
    titles = [f"“{library.sources[names[0]].title}”" for names in silent]
    return text + f"\n\nNothing in {' or '.join(titles)} answers this." * bool(titles)


def _origin(citations: Sequence[Citation], library: Library) -> str:
    """Return the source line, or "" if the index has one document or the source is obvious."""
    titles = {c.document: c.title for c in citations}
    indexed = sum(s.path is not None for s in library.sources.values())
    if len(titles) != 1 or titles.keys() <= library.plain or indexed < 2:
        return ""
    return f"{SOURCE}{next(iter(titles.values()))}."


def _lines(
    question: Question | None,
    points: Sequence[_Point],
    answers: Sequence[StatementText],
    headers: Iterable[str],
) -> list[str]:
    """Return each point after its header; without a question as an item, with no full stop.

    `answers` are the texts of the last statements; the words that decide the question are bold.
    """
    lines = []
    for header, (*context, last), answer in zip(headers, points, answers, strict=True):
        if question is None:
            shown = f"{last.text} {_numbers(last)}"
        else:
            shown = _sentence(last, marked(question, answer))
        lines.append(header + " ".join([*(_sentence(s, s.text) for s in context), shown]))
    return lines


def _with_lead(lead: str, text: str) -> str:
    """Prepend the lead (a yes or no); a list starts on a line of its own."""
    if not lead:
        return text
    return f"{lead}:\n\n{text}" if text.startswith("- ") else f"{lead}: {text}"


def _sentence(statement: Statement, text: str) -> str:
    ending = "" if statement.text[-1:] in '?!”"…' else "."
    return f"{text} {_numbers(statement)}{ending}"


def _numbers(statement: Statement) -> str:
    return "".join(f"[{n}]" for n in statement.citations)


def _related_sources(question: Question, library: Library) -> tuple[Related, ...]:
    """Return sources outside the index whose titles share words with the question, best first."""
    titles = [(s, content_stems(s.title)) for s in library.sources.values() if s.path is None]
    counts = Counter(word for _, title in titles for word in title)
    most = max(1, _COMMON_SHARE * len(titles))
    distinctive = {word for word in question.subject if counts[word] <= most}
    scored = [(len(distinctive & title), source) for source, title in titles]
    best = sorted((x for x in scored if x[0]), key=lambda x: (-x[0], x[1].id))[:_MOST_RELATED]
    return tuple(Related(s.id, s.title, s.url, indexed=False) for _, s in best)
