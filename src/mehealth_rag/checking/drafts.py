"""A draft to be checked: its sentences, each with its place, and a verdict on each.

Headings, table rows, questions, what introduces a list and mere links claim nothing by themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from mehealth_rag.errors import MehealthError
from mehealth_rag.language.sentences import sentence_spans
from mehealth_rag.reading.marks import without_mark
from mehealth_rag.types import Block, BlockKind, Document, Page, Span, Verdict

_ADDRESS = re.compile(r"https?://\S+|www\.\S+|(?<!\S)\S[^\s@]*+@\S+\.\w+")
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class DraftSentence:
    """One sentence of a draft and its place.

    `claim` is the sentence; a list item that is none by itself follows the words that introduce
    the list. `paragraph` counts the draft's headings, paragraphs, items and rows from 1. `span`
    counts in the page's text.
    """

    claim: str
    page: int
    paragraph: int
    span: Span


@dataclass(frozen=True, slots=True)
class CheckedSentence:
    """A sentence of a draft with its verdict, or with the error that it met."""

    sentence: DraftSentence
    verdict: Verdict | None = None
    error: str = ""


def draft_sentences(document: Document) -> tuple[DraftSentence, ...]:
    """The sentences of a draft that may claim something, in reading order."""
    found: list[DraftSentence] = []
    own = ((p, b) for p in document.pages for b in p.blocks if b.kind is not BlockKind.FURNITURE)
    lead = ""
    for paragraph, (page, block) in enumerate(own, start=1):
        lead = lead if block.kind is BlockKind.ITEM else ""
        if block.kind in {BlockKind.PARAGRAPH, BlockKind.ITEM}:
            found += _sentences(page, block, paragraph, lead)
        lead = lead or _lead(page, block)
    return tuple(found)


def _sentences(page: Page, block: Block, paragraph: int, lead: str) -> Iterator[DraftSentence]:
    for span in sentence_spans(page.text, block.span):
        if _claims(page, span):
            yield DraftSentence(_claim(span.of(page.text), lead), page.number, paragraph, span)


def check_sentences(
    sentences: Sequence[DraftSentence], check: Callable[[str], Verdict]
) -> Iterator[CheckedSentence]:
    """Check a draft's sentences in order; one that cannot be checked does not stop the others.

    Those of a paragraph are checked as one claim, so that "it" stands for what was said before.
    """
    for _, group in groupby(sentences, key=lambda s: s.paragraph):
        run = tuple(group)
        yield from _together(run, check) or (_alone(s, check) for s in run)


def _together(
    run: Sequence[DraftSentence], check: Callable[[str], Verdict]
) -> tuple[CheckedSentence, ...]:
    """The sentences of one paragraph by the parts of one verdict; none if they do not match."""
    try:
        whole = check(" ".join(s.claim for s in run)) if len(run) > 1 else None
    except MehealthError:  # too long, for one: each by itself may be checked
        return ()
    if whole is None or len(whole.parts) != len(run):
        return ()
    pairs = zip(run, whole.parts, strict=True)
    return tuple(CheckedSentence(s, _own(s, part, whole)) for s, part in pairs)


def _own(sentence: DraftSentence, part: Verdict, whole: Verdict) -> Verdict:
    """A part as the verdict on a claim of its own; its times are those of the whole."""
    evidence = tuple(replace(c, number=n) for n, c in enumerate(part.evidence, start=1))
    part = replace(part, claim=sentence.claim, evidence=evidence)
    return replace(part, index=whole.index, timings_ms=whole.timings_ms)


def _alone(sentence: DraftSentence, check: Callable[[str], Verdict]) -> CheckedSentence:
    try:
        return CheckedSentence(sentence, check(sentence.claim))
    except MehealthError as error:
        return CheckedSentence(sentence, error=str(error))
    except Exception as error:  # whatever one sentence meets, the others go on
        return CheckedSentence(sentence, error=f"{type(error).__name__}: {error}")


def _lead(page: Page, block: Block) -> str:
    """The words of a paragraph that introduce the list after it, empty where none do."""
    spans = sentence_spans(page.text, block.span)
    last = spans[-1].of(page.text) if spans and block.kind is BlockKind.PARAGRAPH else ""
    return " ".join(last.rstrip(":").split()) if last.endswith(":") else ""


def _claim(text: str, lead: str) -> str:
    """A sentence as it is checked: an item without its bullet, after its lead if it needs one."""
    words = " ".join(without_mark(text).split())
    whole = words[:1].isupper() and words.endswith((".", "!"))
    return words if whole or not lead else f"{lead} {words}"


def _claims(page: Page, span: Span) -> bool:
    """Whether a sentence has words of its own, and neither asks nor introduces something."""
    text = span.of(page.text)
    if text.endswith(("?", ":")):
        return False
    if not text.endswith((".", "!")):  # else a link's words may be a whole sentence
        links = [link.span for link in page.links if link.span is not None]
        linked = {at for link in links for at in range(link.start, link.end)}
        text = "".join(" " if at in linked else c for at, c in enumerate(text, span.start))
    words = _WORD.findall(_ADDRESS.sub("", text))
    return len(words) > 1 or (len(words) == 1 and words == _WORD.findall(span.of(page.text)))
