"""The real page in a real browser: what a person sees and does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from ui_helpers import MEDTECH, TALL, UNKNOWN, Visit

from mehealth_ui.documents.pictures import grey_page
from mehealth_ui.people.feedback import FeedbackStore

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from mehealth_rag.settings import Settings

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_an_answer_has_a_chip_and_the_page_shows_its_quote(visit: Visit) -> None:
    visit.ask(MEDTECH)
    page = visit.page
    expect(page.locator(".turn .card.answered .said")).to_contain_text("£1.6 billion")
    page.locator(".turn .chip").first.click()
    image = page.locator("#pane .sheet img")
    expect(image).to_be_visible()
    page.wait_for_function("document.querySelector('#pane .sheet img').naturalWidth > 100")
    label = page.locator("#pane .evidence").get_attribute("data-label")
    expect(page.locator("#pane .where")).to_contain_text(f"Page {label}")
    mark, sheet = page.locator("#pane .mark.active").first.bounding_box(), image.bounding_box()
    assert mark is not None
    assert sheet is not None
    assert sheet["x"] <= mark["x"] < mark["x"] + mark["width"] <= sheet["x"] + sheet["width"]
    assert mark["width"] > 20


def test_the_pane_opens_with_the_guide_and_goes_back_to_it(visit: Visit) -> None:
    page = visit.page
    expect(page.locator("#pane .guide .title")).to_have_text("In these documents")
    expect(page.locator("#pane .guide .place")).to_have_count(3)
    page.locator("#pane .place[data-document=harbour-guide]").click()
    expect(page.locator("#pane mark.active")).to_contain_text("lighthouse on the North Pier")
    page.click("#pane [data-act=guide]")
    expect(page.locator("#pane .guide .place")).to_have_count(3)
    visit.ask(TALL)
    page.click("[data-act=new]")
    expect(page.locator("#pane .guide")).to_be_visible()


def test_enter_on_a_chip_shows_its_page_and_leafing_and_zoom_work(visit: Visit) -> None:
    visit.ask(MEDTECH)
    page = visit.page
    page.locator(".turn .chip").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#pane .mark.active").first).to_be_visible()
    number = int(page.locator("#pane .evidence").get_attribute("data-page") or 0)
    page.click("#pane [aria-label='Page after']")
    expect(page.locator("#pane .evidence")).to_have_attribute("data-page", str(number + 1))
    expect(page.locator("#pane .mark.active")).to_have_count(0)
    page.click("#pane [aria-label='Page before']")
    expect(page.locator("#pane .mark.active").first).to_be_visible()
    before = page.locator("#pane .sheet").bounding_box()
    page.click("#pane [aria-label=Larger]")
    after = page.locator("#pane .sheet").bounding_box()
    assert before is not None
    assert after is not None
    assert after["width"] > before["width"] * 1.2


def test_a_text_document_is_shown_as_text_with_its_quote_marked(visit: Visit) -> None:
    visit.ask(TALL)
    expect(visit.page.locator("#pane mark.active")).to_contain_text("42 metres tall")
    link = visit.page.locator("#pane a.open")
    expect(link).to_have_attribute("href", "https://example.org/harbour.txt")


def test_a_follow_up_is_rewritten_shown_and_can_be_changed(visit: Visit) -> None:
    visit.ask(TALL)
    visit.ask("When was it lit?")
    turn = visit.page.locator(".turn").nth(1)
    expect(turn.locator(".said")).to_contain_text("1871")
    expect(turn.locator(".standalone")).to_contain_text("North Pier")
    turn.locator("[data-act=edit-rewritten]").click()
    expect(visit.page.locator("#question textarea")).to_have_value(re.compile("North Pier"))
    expect(visit.page.locator(".editing")).to_be_visible()
    visit.send(TALL)
    expect(turn.locator(".said")).to_contain_text("metres")
    expect(visit.page.locator(".turn")).to_have_count(2)


def test_an_older_answer_brings_its_evidence_back(visit: Visit) -> None:
    visit.ask(TALL)
    visit.ask(UNKNOWN)
    pane = visit.page.locator("#pane .evidence")
    visit.page.locator(".turn").first.locator(".chip").first.click()
    expect(pane).to_have_attribute("data-document", "harbour-guide")


def test_not_found_looks_different_and_shows_the_nearest(visit: Visit) -> None:
    visit.ask(UNKNOWN)
    card = visit.page.locator(".turn .card.missing")
    expect(card).to_contain_text("Not in the documents")
    expect(card).to_contain_text("do not answer it")
    expect(visit.page.locator(".turn .card.answered")).to_have_count(0)
    card.locator(".nearest summary").click()
    card.locator(".quote").first.click()
    expect(visit.page.locator("#pane .evidence")).to_be_visible()


def test_the_sources_limit_the_conversation(visit: Visit) -> None:
    page = visit.page
    expect(page.locator(".sources")).to_contain_text("Linked, not fetched")
    page.locator("input[value=prospectus]").uncheck()
    page.locator("input[value=tower]").uncheck()
    expect(page.locator(".scope-note")).to_contain_text("1 of 3")
    visit.ask(MEDTECH)
    expect(page.locator(".turn .card.missing")).to_be_visible()
    expect(page.locator(".turn .scope")).to_contain_text("harbour-guide")
    page.locator("input[value=prospectus]").check()
    visit.ask(MEDTECH)
    expect(page.locator(".turn").nth(1).locator(".card.answered")).to_be_visible()


def test_each_conversation_keeps_its_own_choice_of_sources(visit: Visit) -> None:
    page = visit.page
    tower, note = page.locator("input[value=tower]"), page.locator(".scope-note")
    tower.uncheck()
    visit.ask(TALL)
    page.locator("input[value=prospectus]").uncheck()  # it is kept already
    expect(note).to_have_text("Asking 1 of 3 documents.")
    page.click("[data-act=new]")
    expect(note).to_have_text("")
    expect(tower).to_be_checked()
    visit.ask(UNKNOWN)
    expect(page.locator(".turn .scope")).to_have_count(0)
    page.locator(".conversations .name", has_text="lighthouse").click()
    expect(note).to_have_text("Asking 1 of 3 documents.")
    expect(tower).not_to_be_checked()
    visit.reload()
    expect(note).to_have_text("Asking 1 of 3 documents.")
    page.locator(".conversations .name", has_text="bakery").click()
    expect(note).to_have_text("")


def test_a_choice_before_the_first_question_survives_a_reload(visit: Visit) -> None:
    page = visit.page
    page.locator("input[value=tower]").uncheck()
    visit.reload()
    expect(page.locator(".scope-note")).to_have_text("Asking 2 of 3 documents.")
    expect(page.locator(".conversations")).to_contain_text("None yet")
    visit.ask(TALL)
    visit.reload()
    expect(page.locator(".turn .scope")).to_have_count(1)
    page.click("[data-act=new]")
    expect(page.locator(".scope-note")).to_have_text("")
    visit.reload()
    expect(page.locator(".scope-note")).to_have_text("")


def test_history_survives_a_reload_and_can_be_renamed_and_deleted(visit: Visit) -> None:
    visit.ask(TALL)
    visit.reload()
    expect(visit.page.locator(".turn .said")).to_contain_text("42 metres")
    expect(visit.page.locator("#pane mark.active")).to_contain_text("42 metres")
    visit.page.click(".conversations [data-act=rename]")
    visit.page.fill(".conversations input", "Towers <b>and</b> lights")
    visit.page.press(".conversations input", "Enter")
    expect(visit.page.locator(".conversations .name")).to_have_text("Towers <b>and</b> lights")
    visit.page.click("[data-act=new]")
    expect(visit.page.locator(".turn")).to_have_count(0)
    visit.page.click(".conversations .name")
    expect(visit.page.locator(".turn")).to_have_count(1)
    visit.page.click(".conversations [data-act=delete]")
    visit.page.click(".conversations [data-act=delete]")
    expect(visit.page.locator(".conversations")).to_contain_text("None yet")
    visit.reload()
    expect(visit.page.locator(".turn")).to_have_count(0)


def test_feedback_is_stored_with_its_right_page(visit: Visit, settings: Settings) -> None:
    visit.ask("When was the tower opened?")
    turn = visit.page.locator(".turn")
    turn.locator("[data-act=right]").click()
    expect(turn.locator(".noted")).to_have_text("Noted, thank you")
    turn.locator("[data-act=wrong]").click()
    turn.locator("select[name=reason]").select_option("page")
    turn.locator("input[name=page]").fill("99")
    turn.locator("button[type=submit]").click()
    expect(turn.locator(".noted")).to_contain_text("is no page of")
    turn.locator("input[name=page]").fill("1")
    turn.locator("button[type=submit]").click()
    expect(turn.locator("[data-act=wrong]")).to_have_attribute("aria-pressed", "true")
    rows = [
        r
        for r in FeedbackStore.beside(settings.index).rows()
        if r["question"] == "When was the tower opened?"
    ]
    assert [(r["verdict"], r["reason"], r["document"], r["pages"]) for r in rows] == [
        ("wrong", "page", "tower", [1])
    ]


def test_a_document_with_scripts_is_shown_as_text(visit: Visit) -> None:
    visit.ask("How tall is the Meridian tower?")
    visit.ask("<img src=x onerror='window.pwned=9'> How tall is the Meridian tower?")
    page = visit.page
    expect(page.locator(".turn .said").first).to_contain_text("<script>window.pwned=1</script>")
    expect(page.locator("#pane .evidence")).to_contain_text("<svg onload=")
    page.click("[data-act=read][data-document=tower]")
    expect(page.locator("#pane .sheet.text")).to_contain_text("javascript:window.pwned=4")
    visit.reload()
    expect(page.locator(".turn")).to_have_count(2)
    page.wait_for_timeout(200)
    assert page.evaluate("window.pwned") is None
    inside = "#transcript, #pane, #shelf, #top"
    assert (
        page.evaluate(
            "s => [...document.querySelectorAll(s)].flatMap(e =>"
            " [...e.querySelectorAll('script, svg, [onerror], [onload], a[href^=javascript]')])"
            ".length",
            inside,
        )
        == 0
    )


def test_suggestions_are_asked_with_one_click_and_are_answered(visit: Visit) -> None:
    suggestion = visit.page.locator(".suggestions .suggestion").first
    suggestion.wait_for(timeout=60_000)
    suggestion.click()
    expect(visit.page.locator(".turn .card.answered")).to_be_visible()


def test_a_conversation_can_be_retried_and_copied(visit: Visit) -> None:
    visit.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visit.ask(TALL)
    visit.page.locator(".turn [data-act=copy]").click()
    copied = visit.page.evaluate("navigator.clipboard.readText()")
    assert TALL in copied
    assert "page 1" in copied
    first = visit.page.locator(".turn").get_attribute("data-turn") or ""
    visit.page.locator(".turn [data-act=retry]").click()
    expect(visit.page.locator(f".turn:not([data-turn='{first}']) .tools")).to_be_visible()
    expect(visit.page.locator(".turn")).to_have_count(1)


def test_the_theme_is_kept_and_nothing_of_gradio_shows(visit: Visit) -> None:
    page = visit.page
    expect(page).to_have_title("Harbour & <b>Health</b>")
    assert page.locator("footer:visible").count() == 0
    assert page.locator("link[rel=icon]").first.get_attribute("href") == "ui/favicon.svg"
    page.click("[data-act=theme]")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    visit.reload()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == dark
    assert page.evaluate("document.body.classList.contains('dark')")


def test_the_page_works_on_a_phone(browser: Browser, served: str) -> None:
    with Visit(browser, served, 390, 844) as phone:
        phone.ask(MEDTECH)
        page = phone.page
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390
        expect(page.locator("#proof")).to_be_hidden()
        page.locator(".turn .chip").first.click()
        expect(page.locator("#pane .mark.active").first).to_be_visible()
        page.click("[data-act=close-proof]")
        expect(page.locator("#proof")).to_be_hidden()
        assert page.evaluate("document.activeElement.classList.contains('chip')")
        page.click("[data-act=rail]")
        expect(page.locator(".conversations .name")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("#rail")).to_be_hidden()


def test_a_picture_that_cannot_be_had_is_seen_as_a_grey_page(visit: Visit) -> None:
    page = visit.page
    grey = grey_page("drawing page 1 took over 20 s")
    page.route(
        "**/page/**",
        lambda route: route.fulfill(status=503, content_type="image/svg+xml", body=grey),
    )
    page.locator("[data-act=read][data-document=prospectus]").click()
    page.wait_for_function("document.querySelector('#pane .sheet img')?.naturalWidth === 595")
