"""The one question of grounding: whether quotes carry a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from mehealth_rag.grounding.figure_slots import check_figures
from mehealth_rag.grounding.frame import Frame, lay
from mehealth_rag.grounding.modality import check_modality
from mehealth_rag.grounding.name_slots import check_names
from mehealth_rag.grounding.polarity import check_comparison, check_negation, check_quantifiers
from mehealth_rag.grounding.signals import SIGNALS, signals
from mehealth_rag.grounding.superlatives import check_superlatives
from mehealth_rag.grounding.values import Ground, Judgement, Outcome, Reason, ReasonKind
from mehealth_rag.grounding.weights import load_grounding

SLOTS = frozenset(
    {
        ReasonKind.FIGURE,
        ReasonKind.DATE,
        ReasonKind.NAME,
        ReasonKind.SUPERLATIVE,
        ReasonKind.QUANTIFIER,
        ReasonKind.NEGATION,
    }
)
"""What quotes can deny by saying something else in the same place."""

MOST_DENIED = 2
"""A sentence that differs in more slots speaks of something else."""

QUOTED = 0.35
"""The quotes themselves say at least this share; what stands above them only names the subject."""

_NONE: Mapping[str, str] = MappingProxyType({})


def carries(
    sentence: str,
    quotes: Sequence[Ground | str],
    similarity: float,
    acronyms: Mapping[str, str] = _NONE,
) -> Judgement:
    """What quotes do with one sentence.

    `similarity` is the cosine of the sentence's vector to the quotes' (the nearest one's);
    `acronyms` are folded ones to what the documents say that they stand for. A sentence is carried
    only where no reason speaks against it: every figure, date, name and superlative of it stands
    in the quotes for the same thing, the quotes deny no more and no less, and the rest of its
    words is said there.
    """
    grounds = [Ground(q) if isinstance(q, str) else q for q in quotes]
    frame = lay(sentence, grounds, acronyms)
    if not grounds or not (frame.words or frame.sentence.amounts):
        return Judgement(Outcome.OPEN, 0.0, (Reason(ReasonKind.MEANING, sentence),))
    figures = check_figures(frame)
    reasons = (*figures.reasons, *_other_reasons(frame))
    found = signals(frame, similarity, figures.fit, reasons, len(grounds))
    if found["coverage"] < QUOTED:
        reasons = (*reasons, Reason(ReasonKind.MEANING, sentence))
    kind = _possible(reasons)
    closeness = _closeness(kind, found)
    enough = kind is not Outcome.OPEN and closeness >= load_grounding().least[kind]
    if not enough and not reasons:
        reasons = (Reason(ReasonKind.MEANING, sentence),)
    return Judgement(kind if enough else Outcome.OPEN, closeness, reasons, found)


def _other_reasons(frame: Frame) -> tuple[Reason, ...]:
    return (
        *check_names(frame),
        *check_superlatives(frame),
        *check_quantifiers(frame),
        *check_comparison(frame),
        *check_negation(frame),
        *check_modality(frame),
    )


def _possible(reasons: Sequence[Reason]) -> Outcome:
    """What quotes can do with a sentence, given the reasons, if they are close enough."""
    if not reasons:
        return Outcome.CARRIED
    slots = [r for r in reasons if r.kind in SLOTS]
    denied = bool(slots) and all(r.found for r in slots) and len(slots) <= MOST_DENIED
    apart = any(r.kind is ReasonKind.MEANING for r in reasons)
    return Outcome.DENIED if denied and not apart else Outcome.OPEN


def _closeness(kind: Outcome, found: Mapping[str, float]) -> float:
    model = load_grounding().of[kind if kind is Outcome.DENIED else Outcome.CARRIED]
    return float(model.probabilities(np.asarray([[found[name] for name in SIGNALS]]))[0])
