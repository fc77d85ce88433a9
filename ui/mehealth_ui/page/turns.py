"""One turn of the conversation as markup: question, answer with its proof, what to do next."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mehealth_rag.answering import talk
from mehealth_rag.assistant import EXTRACTIVE
from mehealth_rag.types import Answer, Certainty, Citation, Conflict, Related, Status, certainty
from mehealth_ui.markup import Html, button, join, link, tag
from mehealth_ui.page.answers import answer_markup, quoted, untold
from mehealth_ui.wire import REASONS, Verdict

_BULLET = re.compile(r"^[•▪◦‣●○■]\s*")
_SMALL_QUOTE, _NEAR_QUOTE = 220, 120
"""Characters of a quote under an answer, and of a passage that does not answer."""

_RENEWED = "The documents have changed. From here on the answers are from the new ones."


@dataclass(frozen=True, slots=True)
class Shown:
    """An answer with what the page puts around it.

    `renewed` tells that the answer before it in the conversation is from another index.
    """

    id: str
    answer: Answer
    documents: tuple[str, ...] = ()
    followups: tuple[str, ...] = ()
    feedback: Verdict | None = None
    growing: bool = False
    renewed: bool = False


def turn(shown: Shown) -> Html:
    """The whole turn."""
    answer = shown.answer
    body = [_answered(answer)] if answer.status is Status.ANSWERED else [_not_found(answer)]
    if not shown.growing:
        body.append(_spoken(answer))
        body += [_tools(shown), _followups(shown.followups)]
    rewritten = "" if shown.growing else _rewritten(answer)
    note = tag("p", _RENEWED, class_="renewed note", role="note") if shown.renewed else Html("")
    return join([note, question(answer.question, shown.documents), rewritten, *body])


def question(text: str, documents: Sequence[str] = ()) -> Html:
    """The question as it was asked, with the documents it was limited to."""
    scope = tag("p", f"Only in: {', '.join(documents)}", class_="scope") if documents else Html("")
    edit = _button("Edit", "edit", "Edit this question and ask again", class_="quiet edit")
    return tag("div", tag("h2", text, class_="question", dir="auto"), edit, scope, class_="asked")


def problem(asked: str, message: str) -> Html:
    """A turn that failed: what went wrong and what to do."""
    return join(
        [
            question(asked),
            tag(
                "div",
                tag("p", "This did not work", class_="kicker"),
                tag("p", message),
                tag("p", _button("Try again", "retry", "Ask this question again", class_="solid")),
                class_="card failed",
                role="alert",
            ),
        ]
    )


def chip(citation: Citation) -> Html:
    """The number of a citation, to be clicked."""
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
        warning if unsure else Html(""),
        *(_conflict(c, answer) for c in answer.conflicts),
        tag("div", _said(answer), class_="said", dir="auto"),
        _quotes(answer.citations, "cite", "Proof", _words(answer.answer))
        if answer.citations
        else Html(""),
        _related(answer.related) if answer.related else Html(""),
        class_="card answered unsure" if unsure else "card answered",
    )


def _said(answer: Answer) -> Html:
    return answer_markup(answer, {c.number: chip(c) for c in answer.citations})


def _not_found(answer: Answer) -> Html:
    parts = [
        tag("p", "Not in the documents", class_="kicker"),
        tag("div", _said(answer), class_="said", dir="auto"),
    ]
    if answer.related:
        parts.append(_related(answer.related))
    if answer.nearest:
        parts.append(_nearest(answer))
    return tag("div", *parts, class_="card missing")


def _nearest(answer: Answer) -> Html:
    """The nearest passages, folded: the best of them stands on its page beside the answer."""
    several = len(answer.nearest) > 1
    told = (
        f"The {len(answer.nearest)} nearest passages. They do"
        if several
        else ("The nearest passage. It does")
    )
    return tag(
        "details",
        tag("summary", f"{told} not answer it."),
        _quotes(answer.nearest, "near", "Nearest passages", _words(answer.answer)),
        class_="nearest",
    )


def _conflict(conflict: Conflict, answer: Answer) -> Html:
    """That the pages disagree; the values as well, unless the answer gives each with its pages."""
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
                *(chip(c) for c in cited),
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


def _quotes(citations: Sequence[Citation], act: str, label: str, said: str = "") -> Html:
    """A row for each place cited. A quote that the answer says word for word is not said again."""
    longest = _SMALL_QUOTE if act == "cite" else _NEAR_QUOTE
    places: dict[tuple[str, int, str], list[Citation]] = {}
    for citation in citations:
        places.setdefault((citation.document, citation.page, citation.quote), []).append(citation)
    items = [tag("li", _quote(cited, act, longest, said)) for cited in places.values()]
    return tag("ol", *items, class_="quotes", aria_label=label)


def _quote(cited: Sequence[Citation], act: str, longest: int, said: str) -> Html:
    """One place, with the numbers of the citations that give it."""
    first = cited[0]
    numbers = ", ".join(str(c.number) for c in cited)
    cells = first.quote.split("\t")
    again = bool(said) and all(_words(cell) in said for cell in cells)
    page = tag("span", f"page {first.page_label}", class_="whole")
    verbatim = "Word for word" if len(cells) == 1 else "Row of the table"
    return button(
        tag("span", numbers, class_="number") if act == "cite" else Html(""),
        tag("span", verbatim, class_="verbatim")
        if again
        else tag("span", quoted(_short(" | ".join(cells), longest)), class_="words"),
        tag("span", f"{first.title} · ", page, class_="place"),
        class_="quote",
        data_act=act,
        data_cite=first.number,
    )


def _related(related: Sequence[Related]) -> Html:
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


def _spoken(answer: Answer) -> Html:
    """Who wrote the answer, what became of the model's words, and which of them were dropped."""
    plain = answer.engine == EXTRACTIVE and not (answer.notice or answer.dropped)
    if plain or answer.engine == talk.ENGINE:
        return Html("")
    by = "the documents' own words" if answer.engine == EXTRACTIVE else "the language model"
    told = [
        tag("span", f"Answered in {by}." if answer.engine == EXTRACTIVE else f"Written by {by}.")
    ]
    if answer.notice:
        told += [Html(" "), tag("span", answer.notice, class_="notice")]
    dropped = tag(
        "details",
        tag("summary", f"Left out: {len(answer.dropped)}", title="What the documents do not prove"),
        tag("ul", *(tag("li", quoted(d.text), f" {'; '.join(d.reasons)}") for d in answer.dropped)),
    )
    return tag(
        "div",
        tag("p", *told),
        dropped if answer.dropped else Html(""),
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


def _tools(shown: Shown) -> Html:
    return tag(
        "div",
        _sure(shown.answer),
        _button("Copy", "copy", "Copy the answer with its quotes"),
        _button("Retry", "retry", "Ask this question again"),
        tag("span", class_="gap"),
        *_feedback(shown.feedback),
        class_="tools",
    )


def _sure(answer: Answer) -> Html:
    """How sure the answer is: a word and a sign of its own; what it means in figures on demand."""
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


def _feedback(given: Verdict | None) -> tuple[Html, ...]:
    verdict = given.verdict if given else ""
    return (
        _button(
            "Right", "right", "This answer is right", aria_pressed=str(verdict == "right").lower()
        ),
        _button(
            "Wrong", "wrong", "This answer is wrong", aria_pressed=str(verdict == "wrong").lower()
        ),
        tag("span", "Noted, thank you" if given else "", class_="noted", role="status"),
        _complaint(given),
    )


def _complaint(given: Verdict | None) -> Html:
    reason = given.reason if given else ""
    options = [tag("option", v, value=k, selected=k == reason) for k, v in REASONS.items()]
    return tag(
        "form",
        tag("label", "What is wrong?", tag("select", *options, name="reason")),
        tag(
            "label",
            "Right page, as printed",
            tag("input", name="page", maxlength=40, value=given.page if given else ""),
        ),
        tag(
            "label",
            "Anything else",
            tag("input", name="comment", maxlength=2000, value=given.comment if given else ""),
        ),
        tag("div", tag("button", "Send", type="submit", class_="solid"), class_="send"),
        class_="complaint",
        hidden=True,
        aria_label="What is wrong with this answer",
    )


def _followups(questions: Sequence[str]) -> Html:
    if not questions:
        return Html("")
    buttons = (ask_button(q) for q in questions)
    return tag("div", *buttons, class_="followups", role="group", aria_label="Ask next")


def ask_button(text: str) -> Html:
    """A suggested question."""
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
