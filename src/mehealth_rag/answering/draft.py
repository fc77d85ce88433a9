"""What an answer is made of before it is put into words: what each statement quotes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mehealth_rag.types import Quote


@dataclass(frozen=True, slots=True)
class Draft:
    """What the engine found: each statement with the quotes that say it, and how sure it is.

    `statements` is empty where nothing answers. `headings` has for each the heading that names what
    it speaks of, empty where its own words do. `introduction` is the quote that announces a list,
    None where the answer is no list. `before` has for each statement the sentences that it leans
    on, each with its quotes. `answerable` is the probability that the documents answer,
    `confidence` that this answer is right. `disagree` says that the statements give different
    figures for the same thing. `lead` is "Yes" or "No" where that is what they say.
    """

    statements: tuple[tuple[Quote, ...], ...]
    answerable: float
    confidence: float
    headings: tuple[str, ...] = ()
    introduction: Quote | None = None
    before: tuple[tuple[tuple[Quote, ...], ...], ...] = ()
    disagree: bool = False
    lead: str = ""
