"""Hands and eyes: what axe finds, targets, text, keyboard, narrow screens, motion."""

from __future__ import annotations

import json
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from ui_helpers import BERTH, MEDTECH, UNKNOWN, Visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.full]

SIZES = {"desk": (1440, 900), "tablet": (1024, 768), "phone": (390, 844)}

AXE = """async () => {
  const found = await axe.run(document, { rules: { "target-size": { enabled: true } } });
  return found.violations.filter(v => ["serious", "critical"].includes(v.impact))
    .map(v => [v.id, v.nodes.map(n => n.html.slice(0, 200))]);
}"""
# Targets in the text of an answer, and those of a box inside its label, count with what surrounds
# them: what is hit around their middle is still theirs.
SMALL = """least => {
  const hits = (e, x, y) => e.contains(document.elementFromPoint(x, y));
  return [...document.querySelectorAll("button, a[href], input, select, textarea, summary")]
    .map(e => e.matches("input[type=checkbox]") ? e.closest("label") : e)
    .filter(e => e && e.checkVisibility({ visibilityProperty: true }))
    .filter(e => {
      e.scrollIntoView({ behavior: "instant", block: "center" });
      const box = e.getBoundingClientRect();
      if (!box.width || box.width >= least && box.height >= least) return false;
      const [x, y, far] = [box.x + box.width / 2, box.y + box.height / 2, least / 2 - 0.5];
      if (e.matches(".chip") && !hits(e, x, y)) return false;  // under the drawer
      const reached = hits(e, x, y - far) && hits(e, x, y + far) && box.width >= least;
      return !(e.matches(".chip") && reached);
    })
    .map(e => [e.outerHTML.slice(0, 120), e.offsetWidth, e.offsetHeight]);
}"""
TINY = """() => {
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !e.checkVisibility()) continue;
    if (e.closest("script, style, option")) continue;
    const size = parseFloat(getComputedStyle(e).fontSize);
    if (size < 14) found.push([walk.currentNode.data.trim().slice(0, 40), size]);
  }
  return found;
}"""
CUT = """() => [...document.querySelectorAll("h1, h2, .title, .name, .suggestion, .place, select")]
  .filter(e => e.checkVisibility())
  .filter(e => {
    if (e.matches("select")) {
      const whole = e.cloneNode(true);
      whole.style.cssText = "position: absolute; width: max-content; max-width: none; min-width: 0";
      e.parentElement.append(whole);
      const wanted = whole.offsetWidth;
      whole.remove();
      return wanted > e.offsetWidth + 1;
    }
    return e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflow !== "visible"
      || e.getBoundingClientRect().right > innerWidth + 1;
  }).map(e => e.outerHTML.slice(0, 120))"""
SEEN = """() => {
  const e = document.activeElement;
  if (e === document.body) return null;
  const shown = e.matches("#question textarea") ? document.querySelector("#line") : e;
  const style = getComputedStyle(shown);
  const part = e.closest("#rail, #talk, #proof")?.id ?? "top";
  window.reached ??= new Map();
  if (!window.reached.has(e)) window.reached.set(e, window.reached.size);
  return { at: window.reached.get(e), html: e.outerHTML.slice(0, 110),
    width: parseFloat(style.outlineWidth), style: style.outlineStyle, part,
    name: e.dataset.act || e.name || e.id || e.tagName };
}"""


def visiting(browser: Browser, address: str, size: str, **more: Any) -> Visit:  # noqa: ANN401
    return Visit(browser, address, *SIZES[size], **more)


def audit(page: Page, where: str) -> None:
    if not page.evaluate("typeof axe === 'object'"):
        page.add_script_tag(content=(files("axe_playwright_python") / "axe.min.js").read_text())
    violations = page.evaluate(AXE)
    assert violations == [], f"{where}: {json.dumps(violations, indent=1)}"


def everything_open(visit: Visit) -> None:
    """An answer, a table, an abstention; the complaint, the passages and the sureness unfolded."""
    page = visit.page
    for question in (BERTH, MEDTECH, UNKNOWN):
        visit.ask(question)
    page.locator(".turn .nearest summary").click()
    turn = page.locator(".turn").nth(1)
    turn.locator("[data-act=wrong]").click()
    turn.locator(".sure summary").click()
    page.wait_for_timeout(300)


@pytest.mark.parametrize("size", ["desk", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(browser: Browser, served: str, size: str, theme: str) -> None:
    with visiting(browser, served, size, color_scheme=theme) as visit:
        page = visit.page
        assert page.evaluate("document.body.classList.contains('dark')") == (theme == "dark")
        audit(page, "empty")
        everything_open(visit)
        audit(page, "answered")
        page.locator(".turn").nth(1).locator(".chip").first.click()
        expect(page.locator("#pane .sheet img")).to_be_visible()
        audit(page, "with a page")
        if size == "phone":
            page.click("[data-act=close-proof]")
            page.click("[data-act=rail]")
            page.wait_for_timeout(300)
            audit(page, "with the drawer")


@pytest.mark.parametrize(("size", "least"), [("desk", 24), ("tablet", 44), ("phone", 44)])
def test_targets_and_text_are_large_enough_and_nothing_is_cut(
    browser: Browser, served: str, size: str, least: int
) -> None:
    touch = {"has_touch": True, "is_mobile": True} if least == 44 else {}
    with visiting(browser, served, size, **touch) as visit:
        page = visit.page
        assert page.evaluate("matchMedia('(pointer: coarse)').matches") == (least == 44)
        everything_open(visit)
        states = {"answered": "1"}
        if size != "desk":
            states = {"answered": "1", "rail": "document.querySelector('[data-act=rail]').click()"}
        for state, step in states.items():
            page.evaluate(step)
            page.wait_for_timeout(400)
            assert page.evaluate(SMALL, least) == [], state
            assert page.evaluate(TINY) == [], state
            assert page.evaluate(CUT) == [], state
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), state


def test_the_rail_stands_beside_the_conversation_on_a_tablet(browser: Browser, served: str) -> None:
    with visiting(browser, served, "tablet") as visit:
        page = visit.page
        visit.ask(MEDTECH)
        expect(page.locator("#rail")).to_be_hidden()
        page.click("[data-act=rail]")
        expect(page.locator(".conversations .name")).to_be_visible()
        boxes = [page.locator(part).bounding_box() for part in ("#rail", "#talk", "#proof")]
        places = [(b["x"], b["x"] + b["width"]) for b in boxes if b is not None]
        assert len(places) == 3
        assert all(left[1] <= right[0] + 1 for left, right in pairwise(places))
        page.locator(".turn .chip").first.click()  # asking and reading go on beside it
        expect(page.locator("#rail")).to_be_visible()
        expect(page.locator("#pane .mark.active").first).to_be_visible()
        page.click("[data-act=rail]")
        expect(page.locator("#rail")).to_be_hidden()


def test_a_long_title_is_whole_on_a_phone(browser: Browser, served: str) -> None:
    with visiting(browser, served, "phone") as visit:
        page = visit.page
        title = "Annual report of the harbour commissioners on dredging, dues and the lighthouse"
        page.evaluate("t => { document.querySelector('.bar h1').textContent = t; }", title)
        page.wait_for_timeout(100)
        bar, heading = (page.locator(s).bounding_box() for s in (".bar", ".bar h1"))
        assert bar is not None
        assert heading is not None
        assert heading["height"] > 30  # several lines
        assert heading["y"] >= bar["y"]
        assert heading["y"] + heading["height"] <= bar["y"] + bar["height"]
        composer = page.locator("#composer").bounding_box()
        assert composer is not None
        assert composer["y"] + composer["height"] <= 844 + 1  # the page did not grow below


def tabbed(page: Page, most: int = 90) -> list[dict[str, Any]]:
    """What the tabulator reaches, in order, until it comes round."""
    page.evaluate(
        "() => { const start = document.createElement('span'); start.tabIndex = -1;"
        " document.body.prepend(start); start.focus(); start.remove(); }"
    )
    stops: list[dict[str, Any]] = []
    for _ in range(most):
        page.keyboard.press("Tab")
        stop = page.evaluate(SEEN)
        if stop is None or stop["at"] in [f["at"] for f in stops]:
            break
        stops.append(stop)
    return stops


def test_the_keyboard_reaches_everything_and_is_seen(visit: Visit) -> None:
    page = visit.page
    visit.ask(BERTH)
    visit.ask(MEDTECH)
    stops = tabbed(page)
    unseen = [f for f in stops if f["width"] < 2 or f["style"] == "none"]
    assert unseen == []
    assert {f["part"] for f in stops} == {"top", "rail", "talk", "proof"}
    expected = {"new", "open", "pin", "export", "source", "read", "edit", "cite", "copy", "retry",
              "right", "wrong", "leaf", "zoom", "theme", "ask", "TEXTAREA", "SUMMARY"}  # fmt: skip
    assert expected - {f["name"] for f in stops} == set()


def test_what_the_proof_covers_on_a_phone_cannot_be_reached(browser: Browser, served: str) -> None:
    with visiting(browser, served, "phone") as visit:
        page = visit.page
        visit.ask(MEDTECH)
        page.locator(".turn .chip").first.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#pane .mark.active").first).to_be_visible()
        stops = tabbed(page, 20)
        assert {f["part"] for f in stops} == {"proof"}
        page.keyboard.press("Escape")
        expect(page.locator("#proof")).to_be_hidden()
        assert page.evaluate("document.activeElement.matches('.chip')")
        page.click("[data-act=rail]")
        assert page.evaluate("document.activeElement.closest('#rail') !== null")
        page.keyboard.press("Escape")
        assert page.evaluate("document.activeElement.dataset.act") == "rail"


def test_reduced_motion_is_honoured(browser: Browser, served: str) -> None:
    with visiting(browser, served, "phone", reduced_motion="reduce") as visit:
        page = visit.page
        page.evaluate(
            "document.querySelector('.turns').innerHTML ="
            " '<div class=\"card waiting\"><p>x</p><i></i><i></i></div>'"
        )
        page.evaluate("document.querySelector('[data-act=rail]').click()")
        assert page.evaluate("document.getAnimations().length") == 0
        scrolls = "getComputedStyle(document.querySelector('#transcript')).scrollBehavior"
        assert page.evaluate(scrolls) == "auto"


def test_the_pane_shows_the_nearest_passage_as_what_it_is(visit: Visit) -> None:
    page = visit.page
    visit.ask(UNKNOWN)
    expect(page.locator(".turn .nearest .quote").first).to_be_hidden()
    expect(page.locator("#pane .near-note")).to_contain_text("does not answer")
    expect(page.locator("#pane .evidence mark.active")).to_be_visible()
    visit.ask("hi")
    expect(page.locator("#pane .guide")).to_be_visible()
    visit.ask(BERTH)
    expect(page.locator("#pane .evidence")).to_be_visible()
    expect(page.locator("#pane .near-note")).to_have_count(0)
