"""What is indexed of a passage: for its meaning, and for its words."""

from __future__ import annotations

from mehealth_rag.encoder.embedding import PassageText
from mehealth_rag.passages.tables import without_figures
from mehealth_rag.types import BlockKind, Passage, Span

TEXTS_VERSION = 2
"""Raised whenever another text is indexed of the same passage, so that indexes are rebuilt."""


def embedding_text(passage: Passage) -> PassageText:
    """Return what is embedded of a passage: the nearest heading, its table's, its text.

    A table's rows go without their figures, which mean nothing to the model and would fill its
    window; the words' index has them.
    """
    above = [h for h in passage.headings if h not in passage.text][-1:]
    text = "".join(f"{line}\n" for line in (*above, *passage.table))
    spans: list[Span] = []
    at = passage.span.start
    for sentence in passage.sentences:
        start, end = sentence.span.start, sentence.span.end
        text += passage.text[at - passage.span.start : start - passage.span.start]
        own = passage.text[start - passage.span.start : end - passage.span.start]
        if sentence.kind is BlockKind.ROW:
            own = without_figures(own)
        spans.append(Span(len(text), len(text) + len(own)))
        text += own
        at = end
    return PassageText(text, tuple(spans))


def lexical_text(passage: Passage) -> str:
    """Return what is indexed of a passage by its words: all headings, its table's, its text."""
    above = [heading for heading in passage.headings if heading not in passage.text]
    return "\n".join([*above, *passage.table, passage.text])
