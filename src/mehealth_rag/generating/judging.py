"""The gate's judge: each written sentence held by the guard against what its writer was given."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from mehealth_rag.answering.reading import leans
from mehealth_rag.checking.sentences import topic_of
from mehealth_rag.generating.addresses import Addresses
from mehealth_rag.generating.gate import ONLY_A_SOURCE, Ruling
from mehealth_rag.guard.verdict import (
    NOTHING_SAID,
    Weighed,
    case_of,
    least,
    missing,
    quotes_of,
    settled,
    together,
    word_for_word,
)
from mehealth_rag.language.words import DEMONSTRATIVES, OWNERS, content_words, stem_all, words
from mehealth_rag.types import VerdictKind

if TYPE_CHECKING:
    from mehealth_rag.generating.splitting import Unit
    from mehealth_rag.guard.exact import Step
    from mehealth_rag.guard.verdict import Case, Exhibit, Place
    from mehealth_rag.reader.model import Judgement, Reader

FIRST_JUDGED, NEAR_JUDGED = 5, 3
"""A sentence is held against so many of the first passages, and of others that share its words."""

DENIED = "the documents say otherwise"
UNTOLD = "the documents do not say so"

_PAGES = re.compile(
    r"\b(?:pages?|pp?\.?)\s*(?:\d+|[ivxl]+)\b(?:\s*[-–]\s*(?:\d+|[ivxl]+)\b)?", re.IGNORECASE
)


@dataclass
class Bench:
    """Holds the sentences of one answer against its evidence, in the order they are written.

    `exhibits` are what the writer was given, its numbers from 1. A sentence that begins with a
    pronoun is judged together with the one before it; where that was dropped, the noun takes the
    pronoun's place.
    """

    question: str
    exhibits: Sequence[Exhibit]
    reader: Reader
    _topic: str = field(default="", init=False)
    _before: str = field(default="", init=False)

    def judge(self, unit: Unit, after_dropped: bool) -> Ruling:
        """Rule on one sentence; `after_dropped`: the one before it is not shown."""
        if unknown := self._addresses.unknown(unit.text):
            return Ruling(reasons=(f"unsupported address “{unknown[0]}”",))
        if self._only_names_a_source(unit.text):
            return Ruling(reasons=(ONLY_A_SOURCE,))
        leaning = leans(unit.text)
        named = replace(unit, text=self._named(unit.text)) if leaning and after_dropped else unit
        if not leaning:
            self._topic = topic_of(unit.text) or self._topic
        claim = named.claim
        if leaning and not (after_dropped or unit.item or unit.opening):
            claim = f"{self._before} {claim}".strip()
        claim = self._addresses.in_words(claim)
        cited = {n - 1: None for n in unit.numbers if 0 < n <= len(self.exhibits)}
        exhibits = [self.exhibits[n] for n in cited | dict.fromkeys(self._near(claim))]
        case = case_of(claim, self.question, exhibits)
        if unit.text.endswith(":") and (place := self._holding(claim, case)):
            return Ruling(quotes_of(exhibits, [place]))
        # What differs in a figure from one page may be carried by another.
        same = () if leaning or unit.opening else filter(self._is_carried, word_for_word(case))
        weighed = next(iter(same), None) or self._weighed(case, len(cited))
        if not self._is_carried(weighed):
            return Ruling(reasons=self._reasons(weighed))
        if not self._is_about(claim, case, weighed):
            return Ruling(reasons=(UNTOLD,))
        self._before = named.told
        fewest = least(self.reader, case, weighed, self.reader.limits)
        return Ruling(quotes_of(exhibits, fewest.quotes), text=named.told)

    def _near(self, claim: str) -> list[int]:
        """The places of the passages that a claim is held against.

        They are the first ones, which answer the question best, and those that share most of the
        claim's words, rare ones counting for more.
        """
        said = _stems(claim)
        weights = {s: 1 / held for s in said if (held := sum(s in own for own in self._stems))}
        shared = [sum(weights[s] for s in weights if s in own) for own in self._stems]
        others = range(FIRST_JUDGED, len(shared))
        nearest = sorted((n for n in others if shared[n]), key=lambda n: (-shared[n], n))
        return [*range(min(FIRST_JUDGED, len(shared))), *nearest[:NEAR_JUDGED]]

    @cached_property
    def _addresses(self) -> Addresses:
        return Addresses.of(self.exhibits)

    @cached_property
    def _stems(self) -> list[frozenset[str]]:
        """The stems of each passage."""
        texts = (" ".join((e.text.context, *e.text.sentences)) for e in self.exhibits)
        return [_stems(text) for text in texts]

    def _weighed(self, case: Case, first: int) -> Weighed:
        """What the first passages say, those that are cited; where they do not carry it, all.

        Each is read whole to find the sentences that decide, which are then read alone: judged so
        a true sentence and a lie differ more.
        """
        each: list[Judgement] = []
        for texts in filter(None, (case.texts[:first], case.texts[first:])):
            each += self.reader.judge(case.statement, texts, case.question)
            weighed = settled(self.reader, case, together(self.reader, case, each))
            if len(each) == len(case.texts) or self._is_carried(weighed):
                return weighed
        return NOTHING_SAID

    def _is_about(self, claim: str, case: Case, weighed: Weighed) -> bool:
        """Whether a claim has a value, or a word in common with what carries it or the question.

        The reader was never taught what states nothing of any document: it carries some of it
        ("Happy to help!").
        """
        told = [self.question]
        for n, i in weighed.quotes:
            told += [case.texts[n].context, case.texts[n].sentences[i]]
        return bool(weighed.steps) or not _stems(claim).isdisjoint(_stems(" ".join(told)))

    def _holding(self, lead: str, case: Case) -> Place | None:
        """The first that has, with its headings, all words and values of an unfinished sentence.

        The reader was taught whole ones.
        """
        plain = replace(case, question="")
        for n, text in enumerate(case.texts):
            for i, sentence in enumerate(text.sentences):
                told = _stems(f"{text.context} {sentence}")
                if _stems(lead) <= told and not missing(plain.steps([(n, i)])):
                    return n, i
        return None

    def _only_names_a_source(self, text: str) -> bool:
        """Whether a text is a title and a page of it, as at the end of a list of sources."""
        left, pages = _PAGES.subn("", text)
        named = {word for word in words(left) if word.isalpha()}
        return pages > 0 and any(named <= set(words(e.passage.title)) for e in self.exhibits)

    def _is_carried(self, weighed: Weighed) -> bool:
        return self.reader.limits.verdict(weighed.judgement) == VerdictKind.SUPPORTED

    def _named(self, text: str) -> str:
        """A sentence with the thing that it speaks of in its pronoun's place, where that is known.

        "This price" names its noun itself.
        """
        first = words(text)[0]
        rest = text.split(maxsplit=1)[-1]
        noun_follows = first in DEMONSTRATIVES and not topic_of(f"Thing {rest}")
        if not self._topic or noun_follows:
            return text
        return f"{self._topic}{'’s' if first in OWNERS else ''} {rest}"

    def _reasons(self, weighed: Weighed) -> tuple[str, ...]:
        """Why a sentence is not carried: its values that neither stand nor follow, if any."""
        if weighed.missing:
            return tuple(dict.fromkeys(map(_missing, weighed.missing)))
        verdict = self.reader.limits.verdict(weighed.judgement)
        return (DENIED if verdict == VerdictKind.CONTRADICTED else UNTOLD,)


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem_all(content_words(text)))


def _missing(step: Step) -> str:
    kind = "figure" if step.kind == "word" else step.kind
    return f"unsupported {kind} “{step.text}”"
