"""The gate's judge: each written sentence held by the guard against what its writer was given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mehealth_rag.answering.before import leans
from mehealth_rag.claims import topic_of
from mehealth_rag.generating.gate import Ruling
from mehealth_rag.guard.exhibits import case_of, quotes_of
from mehealth_rag.guard.verdict import Weighed, decisive, least, weighings, word_for_word
from mehealth_rag.language.pronouns import DEMONSTRATIVES, OWNERS
from mehealth_rag.language.words import words
from mehealth_rag.types import VerdictKind

if TYPE_CHECKING:
    from mehealth_rag.generating.splitting import Unit
    from mehealth_rag.guard.exact import Step
    from mehealth_rag.guard.exhibits import Exhibit
    from mehealth_rag.guard.verdict import Case
    from mehealth_rag.reader.model import Reader

DENIED = "the documents say otherwise"
UNTOLD = "the documents do not say so"


@dataclass
class Bench:
    """Holds the sentences of one answer against its evidence, in the order they are written.

    `exhibits` are what the writer was given, its numbers from 1.
    """

    question: str
    exhibits: Sequence[Exhibit]
    reader: Reader
    _topic: str = field(default="", init=False)

    def judge(self, unit: Unit, after_dropped: bool) -> Ruling:
        """Rule on one sentence; `after_dropped`: the one before it is not shown.

        A pronoun whose noun was dropped with that sentence is replaced by the noun.
        """
        leaning = leans(unit.text)
        named = unit
        if leaning and after_dropped:
            named = replace(unit, text=self._named(unit.text))
        if not leaning:
            self._topic = topic_of(unit.text) or self._topic
        cited = [self.exhibits[n - 1] for n in unit.numbers if 0 < n <= len(self.exhibits)]
        exhibits = [e for e in dict.fromkeys((*cited, *self.exhibits)) if e.sentences]
        first = sum(e in cited for e in exhibits)
        case = case_of(named.claim, self.question, exhibits)
        alike = [] if leaning or unit.opening else list(word_for_word(case))
        weighed = decisive(alike) if alike else self._weighed(case, first)
        if not self._is_carried(weighed):
            return Ruling(reasons=self._reasons(weighed))
        fewest = least(self.reader, case, weighed, self.reader.limits)
        return Ruling(quotes_of(exhibits, fewest.quotes), text=named.told)

    def _weighed(self, case: Case, first: int) -> Weighed:
        """What the first passages say, those that are cited; where they do not carry it, all."""
        found = weighings(self.reader, case.of_first(first)) if first else []
        if self._is_carried(decisive(found)):
            return decisive(found)
        return decisive(weighings(self.reader, case, [w.read for w in found[:first]]))

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


def _missing(step: Step) -> str:
    kind = "figure" if step.kind == "word" else step.kind
    return f"unsupported {kind} “{step.text}”"
