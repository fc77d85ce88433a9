"""One evaluation from start to end: read the set, ask or read answers, judge, sum up."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from mehealth_eval import answers, ranking
from mehealth_eval.compare import Comparison, Earlier, compare, load_earlier
from mehealth_eval.figures import Group, names, summarise
from mehealth_eval.floors import Floors, load_floors, under
from mehealth_eval.judge import PageText, judge
from mehealth_eval.records import Outcome, Place, Ranking, Record, Reply
from mehealth_eval.sets import (
    GROUPS,
    HIDDEN_GROUP,
    OWN_SET,
    Item,
    QuestionSet,
    load_set,
    sampled,
    with_document,
)
from mehealth_rag.assistant import Assistant
from mehealth_rag.errors import MehealthError
from mehealth_rag.growing import Progress
from mehealth_rag.serialise import answer_json

TOP_K = 10
NOT_ANSWERED = "it counts as wrong"


@dataclass(frozen=True, slots=True)
class Request:
    """The options of the command; None means not given.

    `sample` is how many of the questions are asked, `answers` another system's answers, `compare`
    an earlier report, `fail_under` a floors file.
    """

    set: Path | None = None
    sample: int | None = None
    answers: Path | None = None
    engine_name: str | None = None
    compare: Path | None = None
    fail_under: Path | None = None
    show_hidden: bool = False
    report: Path = Path("eval-report")
    write_answers: Path | None = None
    written: Path | None = None
    conversations: Path | None = None
    reader_only: bool = False
    corpus: Path | None = None
    index: Path | None = None
    engine: str | None = None
    json: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """A request, with its files read and checked before any question is asked."""

    request: Request
    set: QuestionSet
    floors: Floors
    earlier: Earlier | None
    answer_file: answers.AnswerFile | None


@dataclass(frozen=True, slots=True)
class Report:
    """The result of an evaluation: figures by group, every record, and what went wrong."""

    set: QuestionSet
    engine: str
    index: str
    made: str
    groups: tuple[Group, ...]
    records: tuple[Record, ...]
    problems: tuple[str, ...]
    comparison: Comparison | None
    under_floors: tuple[str, ...]
    hidden: frozenset[str]
    lines: tuple[Mapping[str, Any], ...] = ()
    """Our own answers in the batch format; empty if another system's were scored."""


def prepare(request: Request) -> Plan:
    """Read every file that is named, so that faults are reported before the work starts.

    Raises:
        UsageError: a file is missing or invalid.
    """
    question_set = load_set(request.set or OWN_SET)
    if request.sample is not None:
        question_set = sampled(question_set, request.sample)
    known = names(question_set.items, question_set.format)
    ids = [item.id for item in question_set.items]
    if request.answers is None:
        ranking.check_installed()
    return Plan(
        request,
        question_set,
        load_floors(request.fail_under, question_set.groups, known) if request.fail_under else {},
        load_earlier(request.compare) if request.compare else None,
        answers.read_answers(request.answers, ids) if request.answers else None,
    )


def evaluate(plan: Plan, assistant: Assistant, progress: Progress) -> Report:
    """Ask (or take another system's answers), judge and sum up, over an open index."""
    documents = [d.source.id for d in assistant.index.documents()]
    items = with_document(plan.set.items, documents[0])
    problems = _foreign_documents(items, documents)
    lines: list[dict[str, Any]] = []
    rankings: dict[str, Ranking] = {}
    if plan.answer_file:
        replies = plan.answer_file.replies
        problems += plan.answer_file.problems
    else:
        lines = _ask_all(assistant, items, progress)
        replies = {str(line["id"]): answers.reply_of(line) for line in lines}
        rankings = _rank_all(assistant, items, documents, progress)
    page, missing = _pages(assistant), Reply(Outcome.MISSING)
    answered = [(item, replies.get(item.id, missing)) for item in items]
    records = tuple(
        Record(item, reply, judge(item, reply, page), rankings.get(item.id))
        for item, reply in answered
    )
    problems += [problem for item, reply in answered for problem in _problem(item, reply)]
    groups = tuple(
        summarise(g, GROUPS[g], [r for r in records if r.item.group == g], plan.set.format)
        for g in plan.set.groups
    )
    hidden = frozenset(() if plan.request.show_hidden else (HIDDEN_GROUP,))
    if plan.earlier and plan.earlier.sha256 != plan.set.sha256:
        problems.append("the question file is not the one of the earlier run; see the counts")
    return Report(
        set=plan.set,
        engine=plan.request.engine_name or _engine(plan.request.answers, replies),
        index=assistant.index.fingerprint,
        made=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        groups=groups,
        records=records,
        problems=tuple(problems),
        comparison=compare(plan.earlier, records, hidden) if plan.earlier else None,
        under_floors=tuple(under(plan.floors, {g.name: g for g in groups})),
        hidden=hidden,
        lines=tuple(lines),
    )


def _ask_all(
    assistant: Assistant, items: Sequence[Item], progress: Progress
) -> list[dict[str, Any]]:
    """Our answers in the batch format, after one warm-up question."""
    progress.stage("asking", len(items))
    for item in items[:1]:
        _ask(assistant, item)
    lines = []
    for item in items:
        lines.append(_ask(assistant, item))
        progress.advance()
    return lines


def _ask(assistant: Assistant, item: Item) -> dict[str, Any]:
    try:
        return {"id": item.id, **answer_json(assistant.ask(item.question, item.history))}
    except MehealthError as error:
        return {"id": item.id, "error": str(error)}


def _rank_all(
    assistant: Assistant, items: Sequence[Item], documents: Sequence[str], progress: Progress
) -> dict[str, Ranking]:
    """Search for each question with known pages; follow-ups with their turns."""
    paged = [item for item in items if item.pages]
    progress.stage("ranking", len(paged))
    rankings = {}
    for item in paged:
        own = None
        if item.document and item.document in documents and len(documents) > 1:
            own = _search(assistant, item, [item.document])
        rankings[item.id] = Ranking(_search(assistant, item, []), own)
        progress.advance()
    return rankings


def _search(assistant: Assistant, item: Item, documents: Sequence[str]) -> tuple[Place, ...]:
    try:
        results = assistant.passages(item.question, item.history, documents, TOP_K)
    except MehealthError:  # asking met the same error and reports it
        return ()
    return tuple((e.hit.passage.document, e.hit.passage.page) for e in results)


def _pages(assistant: Assistant) -> PageText:
    @cache
    def text(document: str, number: int) -> str | None:
        try:
            return assistant.page(document, number).text
        except KeyError:
            return None

    return text


def _foreign_documents(items: Sequence[Item], documents: Sequence[str]) -> list[str]:
    """A message for each document that questions name and the index lacks."""
    named = dict.fromkeys(item.document for item in items if item.document is not None)
    return [
        f"the document '{name}' of the questions is not in the index; their pages count as missed"
        for name in named
        if name not in documents
    ]


def _problem(item: Item, reply: Reply) -> list[str]:
    """A message for a question without an answer."""
    if reply.outcome is Outcome.MISSING:
        return [f"question '{item.id}' has no answer; {NOT_ANSWERED}"]
    if reply.outcome is Outcome.ERROR:
        return [f"question '{item.id}' met an error ({reply.problem}); {NOT_ANSWERED}"]
    return []


def _engine(file: Path | None, replies: Mapping[str, Reply]) -> str:
    engines = sorted({r.engine for r in replies.values() if r.engine})
    return ", ".join(engines) or (file.stem if file else "unknown")
