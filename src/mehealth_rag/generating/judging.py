"""The gate's judge: the guard checks each written sentence against the writer's evidence.

Addresses in it that are on no page of the evidence are not shown.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self

from mehealth_rag.answering.drafting import refers_back
from mehealth_rag.checking.parts import topic_of
from mehealth_rag.generating.gate import ONLY_A_SOURCE, Ruling
from mehealth_rag.generating.units import Unit
from mehealth_rag.guard.case import Case, Exhibit, Place, case_of, quotes_of
from mehealth_rag.guard.exact import Step
from mehealth_rag.guard.readings import NOTHING_SAID, Weighed, missing, read_together
from mehealth_rag.guard.verdict import least, word_for_word
from mehealth_rag.language.words import DEMONSTRATIVES, OWNERS, content_stems, words
from mehealth_rag.reader.model import Judgement, Reader

FIRST_JUDGED, NEAR_JUDGED = 5, 3
"""Passages each sentence is judged against: the first ones, and others that share words with it."""

DENIED = "the documents say otherwise"
UNTOLD = "the documents do not say so"

_PAGES = re.compile(
    r"\b(?:pages?|pp?\.?)\s*(?:\d+|[ivxl]+)\b(?:\s*[-–]\s*(?:\d+|[ivxl]+)\b)?", re.IGNORECASE
)


LONGEST_ADDRESS = 300
"""Characters of an address given to the model; longer ones usually carry session data."""

_ADDRESS = re.compile(
    r"(?:\bhttps?://|\bmailto:|\bwww\.)[^\s<>\"“”()\[\]]*[^\s<>\"“”()\[\].,;:!?'’]"
    r"|\b[\w.+-]{1,40}@[\w-]+(?:\.[\w-]+)+",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"^(?:https?://|mailto:)", re.IGNORECASE)


@dataclass
class Bench:
    """Judges the sentences of one answer against its evidence, in the order written.

    `exhibits` are the writer's passages, numbered from 1. A sentence that opens with a pronoun is
    judged together with the one before it; if that one was dropped, its noun replaces the pronoun.
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
        refers = refers_back(unit.text)
        named = replace(unit, text=self._named(unit.text)) if refers and after_dropped else unit
        if not refers:
            self._topic = topic_of(unit.text) or self._topic
        claim = named.claim
        if refers and not (after_dropped or unit.item or unit.opening):
            claim = f"{self._before} {claim}".strip()
        claim = self._addresses.in_words(claim)
        cited = {n - 1: None for n in unit.numbers if 0 < n <= len(self.exhibits)}
        exhibits = [self.exhibits[n] for n in cited | dict.fromkeys(self._near(claim))]
        case = case_of(claim, self.question, exhibits)
        if unit.text.endswith(":") and (place := self._holding(claim, case)):
            return Ruling(quotes_of(exhibits, [place]))
        # One page's different figure does not rule out another page that has it word for word.
        verbatim = (
            () if refers or unit.opening else (w for w in word_for_word(case) if w.is_carried)
        )
        weighed = next(iter(verbatim), None) or self._weighed(case, len(cited))
        if not weighed.is_carried:
            return Ruling(reasons=self._reasons(weighed))
        if not self._is_about(claim, case, weighed):
            return Ruling(reasons=(UNTOLD,))
        self._before = named.shown
        fewest = least(self.reader, case, weighed)
        return Ruling(quotes_of(exhibits, fewest.quotes), text=named.shown)

    def _near(self, claim: str) -> list[int]:
        """Return the indices of the passages a claim is judged against.

        These are the first ones, which answer the question best, and those that share most of the
        claim's words, weighted by rarity.
        """
        claim_stems = content_stems(claim)
        weights = {
            s: 1 / count for s in claim_stems if (count := sum(s in stems for stems in self._stems))
        }
        overlaps = [sum(weights[s] for s in weights if s in stems) for stems in self._stems]
        others = range(FIRST_JUDGED, len(overlaps))
        nearest = sorted((n for n in others if overlaps[n]), key=lambda n: (-overlaps[n], n))
        return [*range(min(FIRST_JUDGED, len(overlaps))), *nearest[:NEAR_JUDGED]]

    @cached_property
    def _addresses(self) -> Addresses:
        return Addresses.of(self.exhibits)

    @cached_property
    def _stems(self) -> list[frozenset[str]]:
        texts = (" ".join((e.text.context, *e.text.sentences)) for e in self.exhibits)
        return [content_stems(text) for text in texts]

    def _weighed(self, case: Case, first: int) -> Weighed:
        """Judge a claim by the first passages (the cited ones), if need be by all.

        Each passage is read whole to find the deciding sentences, which are then read alone. The
        regression that weighs claims tells true answers from lies no better (docs/checking.md).
        """
        judgements: list[Judgement] = []
        for texts in filter(None, (case.texts[:first], case.texts[first:])):
            judgements += self.reader.judge(case.statement, texts, case.question)
            weighed = read_together(self.reader, case, judgements)
            if len(judgements) == len(case.texts) or weighed.is_carried:
                return weighed
        return NOTHING_SAID

    def _is_about(self, claim: str, case: Case, weighed: Weighed) -> bool:
        """Return whether a claim has a value, or shares a word with its quotes or the question.

        The reader was never trained on sentences that state nothing about a document ("Happy to
        help!") and takes some of them for entailed.
        """
        texts = [self.question]
        for n, i in weighed.quotes:
            texts += [case.texts[n].context, case.texts[n].sentences[i]]
        shared = content_stems(claim) & content_stems(" ".join(texts))
        return bool(weighed.steps or shared)

    def _holding(self, lead: str, case: Case) -> Place | None:
        """Return the first sentence that, with its headings, has all words and values of a lead.

        The reader was trained on complete sentences, so it cannot judge a lead.
        """
        plain = replace(case, question="")
        for n, text in enumerate(case.texts):
            for i, sentence in enumerate(text.sentences):
                stems = content_stems(f"{text.context} {sentence}")
                if content_stems(lead) <= stems and not missing(plain.steps([(n, i)])):
                    return n, i
        return None

    def _only_names_a_source(self, text: str) -> bool:
        """Return whether a text is only a title and page, as in a list of sources."""
        title, pages = _PAGES.subn("", text)
        named = {word for word in words(title) if word.isalpha()}
        return pages > 0 and any(named <= set(words(e.passage.title)) for e in self.exhibits)

    def _named(self, text: str) -> str:
        """Return a sentence with its topic in place of the pronoun, if the topic is known.

        "This price" names its noun itself.
        """
        first = words(text)[0]
        after = text.split(maxsplit=1)[-1]
        noun_follows = first in DEMONSTRATIVES and not topic_of(f"Thing {after}")
        if not self._topic or noun_follows:
            return text
        return f"{self._topic}{'’s' if first in OWNERS else ''} {after}"

    def _reasons(self, weighed: Weighed) -> tuple[str, ...]:
        """Return why a sentence is not entailed: its unsupported values, else the verdict."""
        if weighed.missing:
            return tuple(dict.fromkeys(map(_missing, weighed.missing)))
        is_denied = weighed.judgement.denied > weighed.judgement.untold
        return (DENIED if is_denied else UNTOLD,)


def _missing(step: Step) -> str:
    kind = "figure" if step.kind == "word" else step.kind
    return f"unsupported {kind} “{step.text}”"


def links_of(exhibit: Exhibit, place: int) -> dict[str, str]:
    """Return the link addresses within a sentence, each with the words that it covers."""
    page, bounds = exhibit.page, exhibit.sentences[place].span
    links = {}
    for link in page.links:
        span = page.words_at(link)
        is_address = len(link.url) <= LONGEST_ADDRESS and _ADDRESS.fullmatch(link.url)
        if is_address and span and span.overlaps(bounds):
            links[link.url.removeprefix("mailto:")] = span.of(page.text)
    return links


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses of some passages, each with the words that stand for it on its page."""

    known: dict[str, str]
    text: str
    """All sentences of the passages in lower case: an address may be printed there without a
    scheme."""

    @classmethod
    def of(cls, exhibits: Sequence[Exhibit]) -> Self:
        """Return the addresses printed in the passages and those behind their links."""
        known: dict[str, str] = {}
        for exhibit in exhibits:
            for place, sentence in enumerate(exhibit.text.sentences):
                linked = {_plain(url): words for url, words in links_of(exhibit, place).items()}
                printed = {_plain(address): address for address in _ADDRESS.findall(sentence)}
                known = {**linked, **known, **printed}
        sentences = (sentence for exhibit in exhibits for sentence in exhibit.text.sentences)
        return cls(known, "\n".join(sentences).lower())

    def unknown(self, text: str) -> list[str]:
        """Return the addresses in a text that no passage has."""
        return [a for a in _ADDRESS.findall(text) if not self._has(_plain(a))]

    def in_words(self, text: str) -> str:
        """Return a text with each known address replaced by its words on the page."""
        return _ADDRESS.sub(lambda a: self.known.get(_plain(a.group()), a.group()), text)

    def _has(self, address: str) -> bool:
        pattern = rf"(?<![\w.@/-]){re.escape(address)}(?![\w@/-]|\.\w)"
        return address in self.known or re.search(pattern, self.text) is not None


def _plain(address: str) -> str:
    return _SCHEME.sub("", address).rstrip("/").lower()
