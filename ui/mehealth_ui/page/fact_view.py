"""Renders the empty fact desk, which the browser's script fills."""

from __future__ import annotations

from mehealth_ui.limits import BODY_BYTES, DRAFT_CHARACTERS
from mehealth_ui.markup import Html, button, tag

_FILES = ".md,.txt,.docx,.odt,.rtf,.pdf,.html,.doc,.pptx,.epub,.eml"
_DECISIONS = (("accept", "Accept"), ("change", "Change"), ("reject", "Reject"))
_FORMATS = (("markdown", "Markdown"), ("csv", "CSV"), ("json", "JSON"))


def view_switch() -> Html:
    """Render the switch between the two views."""
    return tag(
        "nav",
        button("Ask", data_view="ask", aria_current="true"),
        button("Check facts", data_view="facts", aria_current="false"),
        class_="views",
        aria_label="View",
    )


def facts_view() -> Html:
    """Render the form for a draft, and the place for its checked sentences."""
    return tag("section", _form(), _run(), class_="facts", aria_label="Check facts")


def finding_view() -> Html:
    """Render the place for a verdict, above the page that proves it."""
    decisions = [
        button(word, class_="decision", data_decision=key, aria_pressed="false")
        for key, word in _DECISIONS
    ]
    note = tag("textarea", name="note", rows=2, maxlength=2000)
    return tag(
        "section",
        tag(
            "header",
            tag("h2", class_="verdict", tabindex=-1),
            tag("span", class_="gap"),
            _step("‹", "previous", "Sentence before"),
            _step("›", "next", "Sentence after"),
            button("Close", class_="quiet close", data_fact="close"),
            class_="finding-head",
        ),
        tag("p", class_="claim", dir="auto"),
        tag("p", class_="explanation"),
        tag("ol", class_="evidence-list", aria_label="Evidence"),
        tag(
            "div",
            tag("div", *decisions, class_="decisions", role="group", aria_label="Your decision"),
            tag("label", "Note", note),
            tag("p", class_="kept note small", role="status"),
            class_="deciding",
        ),
        class_="finding",
        aria_label="Verdict on the sentence",
        hidden=True,
    )


def _form() -> Html:
    size = f"Up to {DRAFT_CHARACTERS:,} characters; a file of up to {BODY_BYTES // 10**6} MB."
    choose = button("Choose a file", class_="quiet", data_fact="choose")
    file = tag(
        "input",
        type="file",
        accept=_FILES,
        hidden=True,
        tabindex=-1,
        aria_label="File of the draft",
    )
    return tag(
        "form",
        tag("h2", "Check a draft"),
        tag("p", "Paste a draft or drop a file. Each sentence is checked against the documents."),
        tag(
            "textarea",
            name="text",
            rows=10,
            maxlength=DRAFT_CHARACTERS,
            aria_label="Draft",
            placeholder="Paste your draft here",
            dir="auto",
        ),
        tag(
            "div",
            tag("button", "Check", type="submit", class_="solid"),
            choose,
            file,
            tag("span", size, class_="note small"),
            class_="row",
        ),
        tag("p", class_="fact-failed", role="alert"),
        class_="fact-form",
    )


def _run() -> Html:
    saves = [
        button(word, class_="quiet", data_fact="save", data_format=key) for key, word in _FORMATS
    ]
    return tag(
        "div",
        tag(
            "div",
            button("Stop", class_="solid", data_fact="stop"),
            button("Another draft", class_="quiet", data_fact="again"),
            tag("span", "Save as ", *saves, class_="saves"),
            class_="row",
        ),
        tag("div", tag("i"), class_="fact-bar", role="progressbar", aria_label="Sentences checked"),
        tag("p", class_="fact-count"),
        tag("p", class_="fact-news", role="status"),
        tag("div", class_="fact-text", dir="auto", role="group", aria_label="The draft, checked"),
        class_="fact-run",
        hidden=True,
    )


def _step(text: str, act: str, label: str) -> Html:
    return button(text, class_="step", data_fact=act, aria_label=label, title=label)
