"""Renders a turn of a conversation: question, answer with its proof, next steps."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mehealth_rag.answering import talk
from mehealth_rag.assistant import EXTRACTIVE
from mehealth_rag.types import Answer, Certainty, Citation, Conflict, Related, Status, certainty
from mehealth_ui.markup import Html, button, join, link, tag
from mehealth_ui.messages import REASONS, Verdict
from mehealth_ui.page.answers import answer_markup, quoted, untold
from mehealth_ui.page.assets import part

_BULLET = re.compile(r"^[•▪◦‣●○■]\s*")
_SMALL_QUOTE, _NEAR_QUOTE = 220, 120
"""Lengths of a quote under an answer, and of a nearest passage."""

_RENEWED = "The documents have changed. From here on the answers are from the new ones."


@dataclass(frozen=True, slots=True)
class TurnView:
    """An answer and its surroundings; `renewed` if the answer before it is from another index."""

    id: str
    answer: Answer
    documents: tuple[str, ...] = ()
    followups: tuple[str, ...] = ()
    feedback: Verdict | None = None
    growing: bool = False
    renewed: bool = False


def turn(view: TurnView) -> Html:
    """Render a turn; a growing one has neither tools nor follow-ups."""
    answer = view.answer
    card = _answered(answer) if answer.status is Status.ANSWERED else _not_found(answer)
    note = tag("p", _RENEWED, class_="renewed note", role="note") if view.renewed else ""
    head = _question(answer.question, view.documents)
    if view.growing:
        return join([note, head, card])
    after = (_writer(answer), _tools(view), _followups(view.followups))
    return join([note, head, _rewritten(answer), card, *after])


def _question(text: str, documents: Sequence[str] = ()) -> Html:
    scope = tag("p", f"Only in: {', '.join(documents)}", class_="scope") if documents else ""
    edit = _button("Edit", "edit", "Edit this question and ask again", class_="quiet edit")
    return tag("div", tag("h2", text, class_="question", dir="auto"), edit, scope, class_="asked")


def problem(question: str, message: str) -> Html:
    """Render a failed turn."""
    return part("failed", question=_question(question), problem=message)


def _chip(citation: Citation) -> Html:
    return button(
        str(citation.number),
        class_="chip",
        data_act="cite",
        data_cite=citation.number,
        title=f"{citation.title}, page {citation.page_label}",
        aria_label=f"Citation {citation.number}: {citation.title}, page {citation.page_label}",
    )


def _answered(answer: Answer) -> Html:
    unsure = certainty(answer) is Certainty.UNSURE
    warning = tag("p", Certainty.UNSURE.capitalize(), class_="kicker")
    return tag(
        "div",
        warning if unsure else "",
        *(_conflict(c, answer) for c in answer.conflicts),
        tag("div", _text(answer), class_="said", dir="auto"),
        _quotes(answer.citations, "cite", "Proof", _words(answer.answer))
        if answer.citations
        else "",
        _related(answer.related),
        class_="card answered unsure" if unsure else "card answered",
    )


def _text(answer: Answer) -> Html:
    return answer_markup(answer, {c.number: _chip(c) for c in answer.citations})


def _not_found(answer: Answer) -> Html:
    return tag(
        "div",
        tag("p", "Not in the documents", class_="kicker"),
        tag("div", _text(answer), class_="said", dir="auto"),
        _related(answer.related),
        _nearest(answer),
        class_="card missing",
    )


def _nearest(answer: Answer) -> Html:
    """Render the nearest passages, folded, because the pane shows the best of them."""
    if not answer.nearest:
        return Html("")
    summary = "The nearest passage. It does not answer it."
    if len(answer.nearest) > 1:
        summary = f"The {len(answer.nearest)} nearest passages. They do not answer it."
    return tag(
        "details",
        tag("summary", summary),
        _quotes(answer.nearest, "near", "Nearest passages", _words(answer.answer)),
        class_="nearest",
    )


def _conflict(conflict: Conflict, answer: Answer) -> Html:
    """Render a conflict, without its values if the answer gives them all."""
    if not untold(conflict, answer):
        return tag("p", "The pages disagree", class_="kicker disagree", role="note")
    by_number = {c.number: c for c in answer.citations}
    values = []
    for value in conflict.values:
        cited = [by_number[n] for n in value.citations if n in by_number]
        places = ", ".join(f"{c.title}, page {c.page_label}" for c in cited)
        values.append(
            tag(
                "li",
                tag("strong", value.value),
                " ",
                *(_chip(c) for c in cited),
                tag("span", places, class_="place"),
            )
        )
    return tag(
        "div",
        tag("p", f"The pages disagree: {conflict.about}", class_="kicker"),
        tag("ul", *values),
        class_="conflict",
        role="note",
    )


def _quotes(citations: Sequence[Citation], act: str, label: str, words: str) -> Html:
    """Render each cited place; a quote among the answer's `words` is not repeated."""
    longest = _SMALL_QUOTE if act == "cite" else _NEAR_QUOTE
    places: dict[tuple[str, int, str], list[Citation]] = {}
    for citation in citations:
        places.setdefault((citation.document, citation.page, citation.quote), []).append(citation)
    items = [tag("li", _quote(cited, act, longest, words)) for cited in places.values()]
    return tag("ol", *items, class_="quotes", aria_label=label)


def _quote(cited: Sequence[Citation], act: str, longest: int, words: str) -> Html:
    """Render a place with the numbers of its citations."""
    first = cited[0]
    numbers = ", ".join(str(c.number) for c in cited)
    cells = first.quote.split("\t")
    repeated = bool(words) and all(_words(cell) in words for cell in cells)
    page = tag("span", f"page {first.page_label}", class_="whole")
    verbatim = "Word for word" if len(cells) == 1 else "Row of the table"
    return button(
        tag("span", numbers, class_="number") if act == "cite" else "",
        tag("span", verbatim, class_="verbatim")
        if repeated
        else tag("span", quoted(_short(" | ".join(cells), longest)), class_="words"),
        tag("span", f"{first.title} · ", page, class_="place"),
        class_="quote",
        data_act=act,
        data_cite=first.number,
    )


def _related(related: Sequence[Related]) -> Html:
    if not related:
        return Html("")
    items = [
        tag(
            "li",
            link(r.url, r.title),
            tag(
                "span", "in the index" if r.indexed else "linked, not in the index", class_="place"
            ),
        )
        for r in related
    ]
    return tag(
        "div",
        tag("p", "A source that may hold it", class_="note"),
        tag("ul", *items),
        class_="related",
    )


def _writer(answer: Answer) -> Html:
    """Render who wrote the answer, and what the model wrote in vain."""
    extractive = answer.engine == EXTRACTIVE
    plain = extractive and not (answer.notice or answer.dropped)
    if plain or answer.engine == talk.ENGINE:
        return Html("")
    by = "Answered in the documents' own words." if extractive else "Written by the language model."
    notice = tag("span", answer.notice, class_="notice") if answer.notice else ""
    dropped = tag(
        "details",
        tag("summary", f"Left out: {len(answer.dropped)}", title="What the documents do not prove"),
        tag("ul", *(tag("li", quoted(d.text), f" {'; '.join(d.reasons)}") for d in answer.dropped)),
    )
    return tag(
        "div",
        tag("p", tag("span", by), " " if notice else "", notice),
        dropped if answer.dropped else "",
        class_="spoken",
        role="note",
    )


def _rewritten(answer: Answer) -> Html:
    if _same(answer.question, answer.standalone_question):
        return Html("")
    return tag(
        "p",
        tag("span", "Understood as "),
        tag("q", answer.standalone_question, class_="standalone"),
        " ",
        _button("Change", "edit-rewritten", "Change how the question was understood"),
        class_="rewritten",
    )


def _tools(view: TurnView) -> Html:
    return tag(
        "div",
        _sure(view.answer),
        _button("Copy", "copy", "Copy the answer with its quotes"),
        _button("Retry", "retry", "Ask this question again"),
        tag("span", class_="gap"),
        *_feedback(view.feedback),
        class_="tools",
    )


def _sure(answer: Answer) -> Html:
    """Render how sure the answer is, with the share of right answers on demand."""
    sure = certainty(answer)
    if sure is None:
        return Html("")
    share = f"Of the answers given at {answer.confidence:.0%}, about that share is right."
    return tag(
        "details",
        tag("summary", tag("span", sure.split(":")[0], class_="word"), title=share),
        tag("p", share),
        class_="sure",
        data_sure=sure.name.lower(),
    )


def _feedback(verdict: Verdict | None) -> tuple[Html, ...]:
    def choice(word: str) -> Html:
        pressed = "true" if verdict and verdict.verdict == word else "false"
        return _button(word.capitalize(), word, f"This answer is {word}", aria_pressed=pressed)

    noted = tag("span", "Noted, thank you" if verdict else "", class_="noted", role="status")
    return choice("right"), choice("wrong"), noted, _complaint(verdict)


def _complaint(verdict: Verdict | None) -> Html:
    reason = verdict.reason if verdict else ""
    options = [tag("option", v, value=k, selected=k == reason) for k, v in REASONS.items()]
    page, comment = (verdict.page, verdict.comment) if verdict else ("", "")
    return part("complaint", reasons=join(options), page=page, comment=comment)


def _followups(questions: Sequence[str]) -> Html:
    if not questions:
        return Html("")
    buttons = (ask_button(q) for q in questions)
    return tag("div", *buttons, class_="followups", role="group", aria_label="Ask next")


def ask_button(text: str) -> Html:
    """Render a suggested question."""
    return button(text, class_="suggestion", data_act="ask", data_question=text)


def _button(text: str, act: str, label: str, **attributes: str) -> Html:
    attributes.setdefault("class_", "quiet")
    return button(text, data_act=act, title=label, **attributes)


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", re.sub(r"\[\d+\]", " ", text).casefold()))


def _short(text: str, longest: int) -> str:
    words = _BULLET.sub("", " ".join(text.split()))
    return words if len(words) <= longest else words[:longest].rsplit(" ", 1)[0] + " …"


def _same(one: str, other: str) -> bool:
    return one.strip().rstrip("?").casefold() == other.strip().rstrip("?").casefold()
