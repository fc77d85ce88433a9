"""Tells the verdict on a typed statement as an answer of a conversation."""

from __future__ import annotations

from collections.abc import Sequence

from mehealth_rag.types import Answer, Citation, Statement, Status, Verdict, VerdictKind

WORDS = {
    VerdictKind.SUPPORTED: "Supported",
    VerdictKind.CONTRADICTED: "Contradicted",
    VerdictKind.NOT_FOUND: "Not found",
}
"""What each verdict is called."""


def verdict_answer(verdict: Verdict, nearest: Sequence[Citation] = ()) -> Answer:
    """Return a verdict as an answer: a statement for each sentence, cited by its evidence.

    Without evidence the answer is "not found", with the `nearest` citations.
    """
    parts = verdict.parts or (verdict,)
    statements = tuple(_statement(part, named=len(parts) > 1) for part in parts)
    texts = [
        f"{s.text} {''.join(f'[{n}]' for n in s.citations)}".rstrip() + "." for s in statements
    ]
    text = "\n".join(f"- {t}" for t in texts) if len(texts) > 1 else texts[0]
    found = bool(verdict.evidence)
    return Answer(
        question=verdict.claim,
        standalone_question=verdict.claim,
        status=Status.ANSWERED if found else Status.NOT_FOUND,
        answer=text if found else verdict.explanation,
        statements=statements if found else (),
        citations=verdict.evidence,
        nearest=() if found else tuple(nearest),
        confidence=verdict.confidence,
        verdict=verdict.verdict,
    )


def _statement(part: Verdict, *, named: bool) -> Statement:
    sentence = f"“{part.claim}” " if named else ""
    text = f"{sentence}{WORDS[part.verdict]}: {part.explanation.removesuffix('.')}"
    return Statement(text, tuple(c.number for c in part.evidence))
