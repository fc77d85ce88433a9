"""The gate's judge: which quotes of the evidence carry a generated sentence, and what forbids it.

Beyond what the quotes say (`grounding.judge`) it minds what only the whole answer tells: what a
pronoun stands for, whose words a quotation is, and whether the sentence is to the question.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from mehealth_rag.answering.proofs import Finding, Proof, best_of, outweighs, proofs
from mehealth_rag.claims import topic_of
from mehealth_rag.grounding.frame import lay
from mehealth_rag.grounding.gate import Ruling
from mehealth_rag.grounding.matching import ENOUGH
from mehealth_rag.grounding.name_slots import composed_name
from mehealth_rag.grounding.speech import attribution, same_speaker, voice_at
from mehealth_rag.grounding.splitting import Unit
from mehealth_rag.grounding.values import Ground, Reason, ReasonKind
from mehealth_rag.language.pronouns import OWNERS, SUBJECTS
from mehealth_rag.language.words import stem, words
from mehealth_rag.retrieval import Evidence, Retriever
from mehealth_rag.types import BlockKind, PageOf, Quote

UNCLEAR = "it is not clear what it speaks of"
BESIDE = "beside the question"

MOST_UNSAID = 0.15
"""A sentence may have one word that its quotes do not say, or this share of its words."""

Quotes = tuple[Quote, ...]


@dataclass
class Bench:
    """Holds the sentences of one answer against its evidence, in the order they are written.

    `evidence` is what the writer was given, its numbers from 1. `to_the_question` says whether a
    quote may be what answers.
    """

    evidence: Sequence[Evidence]
    retriever: Retriever
    page_of: PageOf
    to_the_question: Callable[[Quote], bool]
    _topic: str = field(default="", init=False)

    def judge(self, unit: Unit, after_dropped: bool) -> Ruling[Quotes]:
        """Rule on one sentence; `after_dropped`: the one before it is not shown."""
        claimed = self._with_subject(unit.text, after_dropped=after_dropped)
        alone = unit.item and after_dropped and not topic_of(unit.text)
        if claimed is None or alone:
            return Ruling(None, (UNCLEAR,))
        finding = self._finding(claimed, unit.numbers)
        quotes: Quotes | None = None
        if finding.carried is not None:
            quotes, reasons = self._kept_to_its_speaker(claimed, finding.carried.quotes)
        else:
            reasons = _reasons(finding)
        if quotes is None:
            quotes = self._quoted_speaker(claimed, unit.numbers)
        if quotes is None:
            return Ruling(None, reasons)
        missing = self._unnamed(claimed, quotes)
        if isinstance(missing, str):
            return Ruling(None, (str(Reason(ReasonKind.NAME, missing)),))
        if self._adds(claimed, (*quotes, *missing)):
            return Ruling(None, (str(Reason(ReasonKind.MEANING, claimed)),))
        if not any(self.to_the_question(q) for q in quotes):
            return Ruling(None, (BESIDE,))
        return Ruling((*quotes, *(m for m in missing if m not in quotes)))

    def _with_subject(self, text: str, *, after_dropped: bool) -> str | None:
        """The sentence with the thing that it speaks of in its pronoun's place, None if unknown."""
        first = (words(text) or [""])[0]
        if first not in SUBJECTS | OWNERS:
            self._topic = topic_of(text) or self._topic
            return text
        noun_follows = first in {"this", "these", "that", "those", "such"} and not topic_of(
            f"Thing {text.split(maxsplit=1)[-1]}"
        )
        if after_dropped or not self._topic or noun_follows:
            return None
        rest = text.split(maxsplit=1)[-1]
        return f"{self._topic}{'’s' if first in OWNERS else ''} {rest}"

    def _finding(self, text: str, numbers: Sequence[int]) -> Finding:
        """The best proofs: of the evidence that is cited if that carries the sentence, else of all.

        What denies it is looked for everywhere.
        """
        held = self.retriever.resembling(text, self.evidence)
        found = proofs(text, "", held, self.retriever, self.page_of)
        whole = best_of(found)
        cited = {self._place(n) for n in numbers}
        own = best_of([p for p in found if _passage_of(p, held) in cited])
        carried = own.carried if outweighs(own.carried, whole.denied) else whole.carried
        if not outweighs(carried, whole.denied):
            carried = None
        return Finding(carried, whole.denied, whole.nearest)

    def _place(self, number: int) -> str:
        return self.evidence[number - 1].hit.passage.id if 0 < number <= len(self.evidence) else ""

    def _kept_to_its_speaker(
        self, text: str, quotes: Quotes
    ) -> tuple[Quotes | None, tuple[str, ...]]:
        """The quotes, and the line that names who speaks where it is someone's statement.

        None with the reason where the sentence states it as a fact, or as another's.
        """
        page = self.page_of(quotes[0].document, quotes[0].page)
        voice = voice_at(page, quotes[0].span)
        if voice is None:
            return quotes, ()
        said = attribution(text)
        if said is None or voice.line is None or not same_speaker(said.who, voice.name):
            return None, (str(Reason(ReasonKind.OPINION, text)),)
        speaker = Quote(quotes[0].document, quotes[0].page, voice.line, voice.name)
        return (speaker, *quotes), ()

    def _quoted_speaker(self, text: str, numbers: Sequence[int]) -> Quotes | None:
        """The quotes of "X says that …" where a page quotes X so without saying "says"."""
        said = attribution(text)
        if said is None or not said.personal:
            return None
        carried = self._finding(said.what, numbers).carried
        if carried is None:
            return None
        quotes, _ = self._kept_to_its_speaker(text, carried.quotes)
        return quotes if quotes is not None and len(quotes) > len(carried.quotes) else None

    def _unnamed(self, text: str, quotes: Quotes) -> Quotes | str:
        """The headings that a sentence takes its names from; or a name that stands nowhere.

        A name of several words stands somewhere only where they stand together.
        """
        frame = lay(text, [Ground(q.text) for q in quotes], self._acronyms)
        found: list[Quote] = []
        for word in frame.words:
            if not word.is_name or word.score >= ENOUGH:
                continue
            heading = self._heading_with(word.token.stem, quotes[0])
            if heading is None:
                return word.token.text
            found.append(heading)
        headings = tuple(dict.fromkeys(found))
        whole = lay(text, [Ground(q.text) for q in (*quotes, *headings)], self._acronyms)
        return composed_name(whole) or headings

    def _adds(self, text: str, quotes: Quotes) -> bool:
        """Whether a sentence says more than its quotes: what only a heading says is not cited."""
        said = attribution(text)
        frame = lay(said.what if said else text, [Ground(q.text) for q in quotes], self._acronyms)
        own = [w for w in frame.words if not w.token.quiet]
        unsaid = [w for w in own if w.score < ENOUGH]
        return len(unsaid) > max(1, MOST_UNSAID * len(own))

    @property
    def _acronyms(self) -> Mapping[str, str]:
        return self.retriever.acronyms

    def _heading_with(self, stem: str, quote: Quote) -> Quote | None:
        """The nearest heading above a quote on its page that has a word."""
        page = self.page_of(quote.document, quote.page)
        above = [b for b in page.blocks if b.span.end <= quote.span.start]
        for block in reversed(above):
            text = block.span.of(page.text)
            if block.kind is BlockKind.HEADING and stem in _stems(text):
                return Quote(quote.document, quote.page, block.span, text)
        return None


def _passage_of(proof: Proof, evidence: Sequence[Evidence]) -> str:
    """The id of the passage that a proof's last quote stands in."""
    quote = proof.quotes[-1]
    return next(
        (
            e.hit.passage.id
            for e in evidence
            if (e.hit.passage.document, e.hit.passage.page) == (quote.document, quote.page)
            and e.hit.passage.span.start <= quote.span.start < e.hit.passage.span.end
        ),
        "-",
    )


def _reasons(finding: Finding) -> tuple[str, ...]:
    """Why nothing carries a sentence: what the nearest quote lacks."""
    proof = finding.denied or finding.nearest
    if proof is None:
        return (str(Reason(ReasonKind.MEANING, "")),)
    told = tuple(dict.fromkeys(str(r) for r in proof.judgement.reasons))
    return told or (str(Reason(ReasonKind.MEANING, "")),)


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(w) for w in words(text))
