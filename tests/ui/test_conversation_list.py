"""Conversations in a real browser: names, search, pins, edited questions, print and export."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pypdfium2
import pytest
from markdown_it import MarkdownIt
from playwright.sync_api import expect
from ui_helpers import BERTH, TALL, UNKNOWN, Visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.full]

FERRY = "How often does the ferry to Osprey Island leave?"

PRINTED = """() => {
  const inner = Object.getOwnPropertyDescriptor(HTMLIFrameElement.prototype, "contentWindow").get;
  Object.defineProperty(HTMLIFrameElement.prototype, "contentWindow", { get() {
    const made = inner.call(this);
    made.print = () => { window.printed = [document.title, made.document.body.innerText]; };
    return made;
  } });
}"""


def test_a_conversation_is_named_by_its_first_real_question(visit: Visit) -> None:
    name = visit.page.locator(".conversations .here .name")
    visit.ask("hi")
    expect(name).to_have_text("New conversation")
    visit.ask(TALL)
    expect(name).to_have_text(TALL)
    visit.ask(FERRY)
    expect(name).to_have_text(TALL)
    visit.page.locator(".turn").nth(1).locator("[data-act=edit]").click()
    visit.send(BERTH)
    expect(visit.page.locator(".turn .question")).to_have_text(["hi", BERTH])
    expect(name).to_have_text(BERTH)
    visit.page.click(".conversations [data-act=rename]")
    visit.page.fill(".conversations input", "Berths")
    visit.page.press(".conversations input", "Enter")
    visit.page.locator(".turn").nth(1).locator("[data-act=retry]").click()
    expect(visit.page.locator(".replaced")).to_be_visible()
    visit.reload()
    expect(name).to_have_text("Berths")


def test_conversations_are_found_by_their_words_and_pinned(visit: Visit) -> None:
    page = visit.page
    expect(page.locator(".find")).to_be_hidden()
    for question in (TALL, FERRY, BERTH):
        page.click("[data-act=new]")
        visit.ask(question)
    names = page.locator(".conversations .name")
    expect(names).to_have_text([BERTH, FERRY, TALL])
    page.fill(".find", "forty MINUTES")  # of the answer
    expect(names).to_have_text([FERRY])
    page.fill(".find", "zeppelin")
    expect(page.locator(".conversations")).to_have_text("None with these words.")
    page.fill(".find", "")
    names.nth(2).click()
    page.click(".conversations [data-act=pin]")
    expect(names).to_have_text([TALL, BERTH, FERRY])
    page.click("[data-act=new]")
    visit.ask(UNKNOWN)
    visit.reload()
    expect(names.first).to_have_text(TALL)
    expect(page.locator(".conversations .pinned")).to_have_count(1)
    names.first.click()
    page.click(".conversations [data-act=pin]")
    expect(page.locator(".conversations .pinned")).to_have_count(0)


def test_a_pinned_conversation_outlives_the_limit(visit: Visit) -> None:
    outcome = visit.page.evaluate(
        "() => { const s = window.mehealthStore;"
        " const made = (n) => ({ id: n, title: n, turns: [] });"
        " s.save(made('first')); s.pin('first', true);"
        " for (let n = 0; n < 70; n++) s.save(made(`c${n}`));"
        " return [s.list().length, ...['first', 'c0', 'c69'].map((n) => s.open(n) !== null)]; }"
    )
    assert outcome == [60, True, False, True]


def test_an_edited_question_replaces_what_follows_and_there_is_a_way_back(visit: Visit) -> None:
    page = visit.page
    questions = page.locator(".turn .question")
    for question in (TALL, FERRY, BERTH):
        visit.ask(question)
    page.locator(".turn").nth(1).hover()
    page.locator(".turn").nth(1).locator("[data-act=edit]").click()
    expect(page.locator("#question textarea")).to_have_value(FERRY)
    visit.send(UNKNOWN)
    expect(questions).to_have_text([TALL, UNKNOWN])
    expect(page.locator(".turn").nth(1).locator(".replaced")).to_contain_text("from here on: 2.")
    visit.reload()
    page.click("[data-act=bring-back]")
    expect(questions).to_have_text([TALL, FERRY, BERTH])
    expect(page.locator(".turn").nth(1).locator(".replaced")).to_contain_text("from here on: 1.")
    page.click("[data-act=bring-back]")
    expect(questions).to_have_text([TALL, UNKNOWN])


def words_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    pages = [page.get_textpage().get_text_bounded() for page in document]
    return " ".join(" ".join(pages).split())


def test_print_prints_the_conversation_and_nothing_else(visit: Visit) -> None:
    page = visit.page
    page.click("[data-act=theme]")  # dark on the screen, black on white on paper
    for question in (TALL, FERRY, BERTH, UNKNOWN, TALL):
        visit.ask(question)
    expect(page.locator("#pane .evidence")).to_be_visible()
    printed = words_of(page.pdf())
    for question in (TALL, FERRY, BERTH, UNKNOWN):
        assert question in printed
    assert "forty minutes" in printed
    for other in ("Conversations", "Sources", "Guide", "Copy", "Retry", "Harbour &", "Edit"):
        assert other not in printed, other
    page.emulate_media(media="print")
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.said')).color")
        == "rgb(17, 17, 17)"
    )


def test_the_page_to_print_opens_the_print_dialog(visit: Visit) -> None:
    visit.ask(TALL)
    visit.page.evaluate(PRINTED)
    visit.page.click(".conversations [data-format=print]")
    visit.page.wait_for_function("window.printed")
    title, words = visit.page.evaluate("window.printed")
    assert title == TALL
    assert "42 metres tall" in words
    assert "A guide to the harbour, page 1" in words
    expect(visit.page).to_have_title("Harbour & <b>Health</b>")


def exported(visit: Visit, form: str, folder: Path) -> Path:
    with visit.page.expect_download() as waiting:
        visit.page.click(f".conversations [data-format={form}]")
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def test_exports_open_elsewhere(visit: Visit, browser: Browser, tmp_path: Path) -> None:
    for question in (BERTH, UNKNOWN):
        visit.ask(question)
    markdown = exported(visit, "markdown", tmp_path)
    html = MarkdownIt().render(markdown.read_text("utf-8"))
    assert re.findall(r"<h(\d)>(.*?)</h", html) == [("1", BERTH), ("2", BERTH), ("2", UNKNOWN)]
    assert "<blockquote>" in html
    assert "Halloran" in html
    whole = json.loads(exported(visit, "json", tmp_path).read_text("utf-8"))
    assert [t["question"] for t in whole["turns"]] == [BERTH, UNKNOWN]
    alone = browser.new_context(java_script_enabled=False, offline=True).new_page()
    alone.goto(exported(visit, "html", tmp_path).as_uri())
    expect(alone.locator("h2")).to_have_text([BERTH, UNKNOWN])
    expect(alone.locator("table td").nth(1)).to_have_text("9 m")
    expect(alone.locator("blockquote").first).to_be_visible()
    alone.context.close()
