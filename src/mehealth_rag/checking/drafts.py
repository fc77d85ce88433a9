"""Checks a draft: its sentences, where each stands, and a verdict on each.

Headings, table rows, questions, list introductions and bare links are not claims and are skipped.
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
    """One sentence of a draft and where it stands.

    `claim` is the text to check: the sentence, or its list's introduction and the item if the item
    is not a sentence. `paragraph` counts the draft's headings, paragraphs, items and rows from 1.
    `span` is in the page's text.
    """

    claim: str
    page: int
    paragraph: int
    span: Span


@dataclass(frozen=True, slots=True)
class CheckedSentence:
    """A sentence of a draft with its verdict, or with the error that checking it raised."""

    sentence: DraftSentence
    verdict: Verdict | None = None
    error: str = ""


def draft_sentences(document: Document) -> tuple[DraftSentence, ...]:
    """Return the sentences of a draft that may make a claim, in reading order."""
    sentences: list[DraftSentence] = []
    blocks = ((p, b) for p in document.pages for b in p.blocks if b.kind is not BlockKind.FURNITURE)
    lead = ""
    for paragraph, (page, block) in enumerate(blocks, start=1):
        lead = lead if block.kind is BlockKind.ITEM else ""
        if block.kind in {BlockKind.PARAGRAPH, BlockKind.ITEM}:
            sentences += _sentences(page, block, paragraph, lead)
        lead = lead or _lead(page, block)
    return tuple(sentences)


def _sentences(page: Page, block: Block, paragraph: int, lead: str) -> Iterator[DraftSentence]:
    for span in sentence_spans(page.text, block.span):
        if _makes_claim(page, span):
            yield DraftSentence(_claim_text(span.of(page.text), lead), page.number, paragraph, span)


def check_sentences(
    sentences: Sequence[DraftSentence], check: Callable[[str], Verdict]
) -> Iterator[CheckedSentence]:
    """Check a draft's sentences in order; an error in one does not stop the others.

    The sentences of a paragraph are checked as one claim, so that "it" refers to what came before.
    """
    for _, group in groupby(sentences, key=lambda s: s.paragraph):
        run = tuple(group)
        yield from _check_together(run, check) or (_check_alone(s, check) for s in run)


def _check_together(
    run: Sequence[DraftSentence], check: Callable[[str], Verdict]
) -> tuple[CheckedSentence, ...]:
    """Check the sentences of a paragraph as one claim; empty if its parts do not match them."""
    try:
        verdict = check(" ".join(s.claim for s in run)) if len(run) > 1 else None
    except MehealthError:  # such as too long a text: each sentence alone may pass
        return ()
    if verdict is None or len(verdict.parts) != len(run):
        return ()
    pairs = zip(run, verdict.parts, strict=True)
    return tuple(CheckedSentence(s, _verdict_of_part(s, part, verdict)) for s, part in pairs)


def _verdict_of_part(sentence: DraftSentence, part: Verdict, whole: Verdict) -> Verdict:
    """Return a part as a verdict of its own, with the index and timings of the whole."""
    evidence = tuple(replace(c, number=n) for n, c in enumerate(part.evidence, start=1))
    part = replace(part, claim=sentence.claim, evidence=evidence)
    return replace(part, index=whole.index, timings_ms=whole.timings_ms)


def _check_alone(sentence: DraftSentence, check: Callable[[str], Verdict]) -> CheckedSentence:
    try:
        return CheckedSentence(sentence, check(sentence.claim))
    except MehealthError as error:
        return CheckedSentence(sentence, error=str(error))
    except Exception as error:  # no error may stop the other sentences
        return CheckedSentence(sentence, error=f"{type(error).__name__}: {error}")


def _lead(page: Page, block: Block) -> str:
    """Return the sentence of a paragraph that introduces a list, empty if there is none."""
    spans = sentence_spans(page.text, block.span)
    last = spans[-1].of(page.text) if spans and block.kind is BlockKind.PARAGRAPH else ""
    return " ".join(last.rstrip(":").split()) if last.endswith(":") else ""


def _claim_text(text: str, lead: str) -> str:
    """Return the text to check: without its bullet, after its list's introduction if needed."""
    words = " ".join(without_mark(text).split())
    is_sentence = words[:1].isupper() and words.endswith((".", "!"))
    return words if is_sentence or not lead else f"{lead} {words}"


def _makes_claim(page: Page, span: Span) -> bool:
    """Return whether a sentence has words of its own, and is no question or introduction."""
    text = span.of(page.text)
    if text.endswith(("?", ":")):
        return False
    if not text.endswith((".", "!")):  # a whole sentence may be a link
        links = [link.span for link in page.links if link.span is not None]
        in_links = {place for link in links for place in range(link.start, link.end)}
        text = "".join(" " if place in in_links else c for place, c in enumerate(text, span.start))
    words = _WORD.findall(_ADDRESS.sub("", text))
    return len(words) > 1 or (len(words) == 1 and words == _WORD.findall(span.of(page.text)))
