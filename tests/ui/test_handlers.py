"""The handlers as plain functions over a real index, without Gradio."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from ui_helpers import INJECTION, TALL, serving

from mehealth_rag.answering.library import boxes
from mehealth_rag.types import (
    Answer,
    Citation,
    Status,
)
from mehealth_ui.desk import Desk
from mehealth_ui.documents.suggestions import SURE, Pool, Suggestion
from mehealth_ui.markup import escape
from mehealth_ui.page import api, handlers
from mehealth_ui.page.guide import MOST_LISTED, guides_markup

if TYPE_CHECKING:
    from collections.abc import Iterator


def ask(desk: Desk, **payload: object) -> list[dict[str, Any]]:
    return list(handlers.ask(desk, {"id": "t1", **payload}, "visitor", "address"))


def test_the_last_value_is_the_whole_answer(desk: Desk) -> None:
    last = ask(desk, question=TALL)[-1]
    assert last["record"]["answer"]["schema"] == 1
    assert last["record"]["answer"]["citations"][0]["document"] == "harbour-guide"
    assert 'data-act="cite" data-cite="1"' in last["html"]
    assert "lit in 1871" in last["html"]


def test_what_streams_ends_as_what_is_asked_at_once(desk: Desk) -> None:
    streamed = ask(desk, question=TALL)[-1]["record"]["answer"]
    at_once = api.ask(desk, TALL, None, None)
    for answer in (streamed, at_once):
        answer.pop("timings_ms")
    assert streamed == at_once


def test_a_growing_answer_is_shown_at_intervals(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handlers, "STREAM_EVERY", 0.0)
    values = ask(desk, question=TALL)
    assert len(values) > 3
    assert all(v["record"] is None for v in values[:-1])
    assert 'class="tools"' not in values[0]["html"]


def test_small_talk_has_no_proof_and_no_writer(desk: Desk) -> None:
    last = ask(desk, question="thnaks")[-1]
    assert last["record"]["answer"]["engine"] == "assistant"
    assert "You are welcome!" in last["html"]
    assert not any(part in last["html"] for part in ("Proof", "Written by", "Answered in"))


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        ({"question": "  "}, "is empty"),
        ({"question": "x" * 2001}, "make it shorter"),
        ({"question": "x" * 30_000}, "reload the page"),
        ({"question": "a", "documents": ["gone"]}, "no longer there"),
        ({"question": "a", "history": "x"}, "reload the page"),
    ],
)
def test_an_error_says_what_to_do(desk: Desk, payload: dict[str, Any], says: str) -> None:
    (value,) = ask(desk, **payload)
    assert value["record"] is None
    assert says in value["html"]
    assert "This did not work" in value["html"]


def test_an_unexpected_error_tells_nothing_of_the_inside(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        model = None

        def stream(self, *_: object) -> Iterator[Answer]:
            raise RuntimeError("secret path")

    broken: Any = Broken()
    (value,) = ask(serving(desk, replace(desk.edition, assistant=broken)), question="a?")
    assert "Try again" in value["html"]
    assert "secret" not in value["html"]
    assert "secret" in caplog.text


def test_the_filter_limits_the_search_and_all_is_no_filter(desk: Desk) -> None:
    only = ask(desk, question=TALL, documents=["tower"])[-1]["record"]
    assert only["documents"] == ["tower"]
    cited = [*only["answer"]["citations"], *only["answer"]["nearest"]]
    assert {c["document"] for c in cited} <= {"tower"}
    everything = ["prospectus", "harbour-guide", "tower"]
    assert ask(desk, question=TALL, documents=everything)[-1]["record"]["documents"] == []


def test_a_kept_conversation_is_shown_again(desk: Desk) -> None:
    last = ask(desk, question=TALL)[-1]
    (turn,) = handlers.show_turns({"title": "x", "turns": [last["record"]]})
    assert turn == {"id": "t1", "html": last["html"]}
    damaged = {**last["record"], "answer": {"status": "perhaps"}}
    assert handlers.show_turns({"turns": [damaged]}) == []


def test_documents_and_questions_with_markup_are_text(desk: Desk) -> None:
    question = "<script>1</script> How tall is the Meridian tower?"
    html = ask(desk, question=question)[-1]["html"]
    pane = handlers.look(desk, {"document": "tower", "page": 1})
    shelf = handlers.library(desk, may=True, who="")["sources"]
    for markup in (html, pane, shelf):
        for live in ("<script", "<svg", "<img src=x", 'href="javascript'):
            assert live not in markup
    assert "&lt;script&gt;window.pwned=1&lt;/script&gt;" in pane
    assert "&lt;script&gt;1&lt;/script&gt;" in html


def test_a_page_picture_carries_marks_where_the_quote_stands(desk: Desk) -> None:
    page = desk.edition.assistant.page("prospectus", 2)
    quote = page.blocks[1].span.of(page.text)
    own = boxes(page, page.blocks[1].span)
    elsewhere = [[1.0, 2.0, 3.0, 4.0]]  # as an answer of another edition of the file may have it
    for given in (own, elsewhere):
        mark = {"number": 2, "page": 2, "quote": quote, "boxes": given, "active": True}
        pane = handlers.look(desk, {"document": "prospectus", "page": 2, "marks": [mark]})
        width, height = page.size or (0, 0)
        left, bottom, *_ = own[0]
        assert f"left:{left / width:.3%};bottom:{bottom / height:.3%}" in pane
        assert f"left:{1 / width:.3%}" not in pane
        assert "page/prospectus/2.png?width=960" in pane
        assert f"Page {page.label} (2 of 12)" in pane


def test_a_text_document_carries_its_quote_marked(desk: Desk) -> None:
    mark = {"number": 1, "page": 1, "quote": INJECTION.split(" <")[0], "active": True}
    pane = handlers.look(desk, {"document": "tower", "page": 1, "marks": [mark]})
    assert '<mark class="active">The Meridian tower is 88 metres tall' in pane
    assert "<img" not in pane


@pytest.mark.parametrize(
    "wanted",
    [
        {"document": "../../etc/passwd"},
        {"document": "focus-medtech"},
        {"document": "tower", "page": 99},
        {"document": "tower", "page": 0},
        {"document": "tower", "marks": [{"page": 1, "boxes": [["x", 0, 0, 0]]}]},
        "nonsense",
    ],
)
def test_a_page_that_is_none_is_told(desk: Desk, wanted: object) -> None:
    assert "This page cannot be shown" in handlers.look(desk, wanted)


def test_a_verdict_belongs_to_its_browser_and_has_a_rate(desk: Desk) -> None:
    record = ask(desk, question=TALL)[-1]["record"]

    def judge(verdict: str, key: str, address: str = "192.0.2.1") -> dict[str, Any]:
        sent = {"turn": record, "feedback": {"verdict": verdict}, "key": key}
        return handlers.judge(desk, sent, address, address)

    assert "feedback" in judge("right", "mine")
    assert "Another visitor" in judge("wrong", "theirs")["error"]
    assert "feedback" in judge("wrong", "mine", "192.0.2.2")  # elsewhere, the same browser
    replies = [judge("right", "mine") for _ in range(30)]
    assert "too many verdicts in a minute; send again" in replies[-1]["error"]


def test_another_session_is_not_another_visitor() -> None:
    from gradio import Request
    from starlette.requests import Request as Plain

    from mehealth_ui.people.callers import USER, visitor

    scope = {"type": "http", "headers": [], "client": ("192.0.2.1", 1), "query_string": b""}
    for session in ("a", "b"):
        request = Request(request=Plain(scope), session_hash=session, username=None)
        assert visitor(request) == ("192.0.2.1", "192.0.2.1")
    signed = Plain({**scope, USER: "ada"})
    assert visitor(Request(request=signed)) == visitor(signed) == ("ada", "192.0.2.1")


def test_a_stream_that_breaks_says_so_in_its_last_event(caplog: pytest.LogCaptureFixture) -> None:
    from mehealth_ui.error_text import UNEXPECTED
    from mehealth_ui.service.routing import whole_stream

    def broken() -> Iterator[str]:
        yield "data: 1\n\n"
        raise ValueError("half way\nand more")

    assert list(whole_stream(broken()))[1:] == [f'data: {{"error": "{UNEXPECTED}"}}\n\n']
    (line,) = caplog.records
    assert (line.getMessage(), line.exc_info) == ("a stream broke off: ValueError: half way", None)


def test_the_right_page_is_found_by_its_printed_number(desk: Desk) -> None:
    record = ask(desk, question="What does MedTech generate for the UK economy?")[-1]["record"]
    label = desk.edition.assistant.page("prospectus", 2).label
    verdict = {"verdict": "wrong", "reason": "page", "page": label, "document": "prospectus"}
    assert "feedback" in handlers.judge(desk, {"turn": record, "feedback": verdict}, "ada")
    assert desk.feedback.rows()[0]["pages"] == [2]
    bad = {"verdict": "wrong", "page": "xx", "document": "prospectus"}
    assert "no page" in handlers.judge(desk, {"turn": record, "feedback": bad}, "ada")["error"]
    assert "error" in handlers.judge(desk, {"turn": record}, "ada")


def citation(number: int, label: str) -> Citation:
    return Citation(number, "d", "A <i>guide</i>", number, label, f"quote {number}")


def test_suggestions_are_answered_by_the_corpus(desk: Desk) -> None:
    desk.edition.pool.fill(desk.edition.assistant)
    assert desk.edition.pool.ready.is_set()
    questions = desk.edition.pool.first()
    assert questions
    for question in questions:
        answer = desk.edition.assistant.ask(question)
        assert answer.status is Status.ANSWERED
        assert answer.confidence >= SURE
    assert all(escape(q) in handlers.suggest(desk, {})["html"] for q in questions)


def test_follow_ups_come_from_near_pages_and_are_new() -> None:
    pool = Pool(_suggestions=tuple(Suggestion(f"Question {n}?", "d", n, 0.9) for n in (9, 5, 2, 1)))
    answer = Answer(
        "question 1", "Question 1?", Status.ANSWERED, "x", citations=(citation(2, "2"),)
    )
    assert pool.after(answer, ["Question 5?"]) == ("Question 2?", "Question 9?")


def test_the_guide_of_one_document_opens_its_pages(desk: Desk) -> None:
    markup = guides_markup(desk.edition.assistant.guides(["prospectus"]))
    assert "In this document" in markup
    for part in ("In short", "Key figures", "Outline"):
        assert f"<h3>{part}</h3>" in markup
    assert 'data-act="place" data-document="prospectus" data-page="2"' in markup
    assert "<strong>£26 billion</strong>" in markup


def test_the_guides_of_several_documents_are_their_titles(desk: Desk) -> None:
    guides = desk.edition.assistant.guides()
    markup = guides_markup(guides)
    assert markup.count('data-act="place"') == len(guides) == 3
    assert "<script>" not in markup
    assert "&lt;script&gt;" in markup
    assert "and 12 more" in guides_markup([guides[0]] * (MOST_LISTED + 12))
