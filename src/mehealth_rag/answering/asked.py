"""Recognise what a question asks of a document as a whole, by the question's vector.

A softmax regression on the packaged embedding model, trained by `python -m training.asked`.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from pathlib import Path

import numpy as np

from mehealth_rag.encoder.embedding import Encoder, Vectors
from mehealth_rag.encoder.minilm import MiniLM

WEIGHTS = Path(__file__).with_name("asked.npy")
"""A row for "none" and for each aspect in order: the weights of a vector, then the bias."""

LIKELY, SURE = 0.5, 0.85
"""Probability from which a question may be about the whole, and from which it surely is."""


class Aspect(StrEnum):
    """What a question asks of the whole: what it is about, what it says most, figures, people."""

    OPENING = "opening"
    SENTENCES = "sentences"
    FIGURES = "figures"
    PEOPLE = "people"


def aspect_of(question: str, encoder: Encoder) -> tuple[Aspect, float] | None:
    """Return what a question asks of the whole, and how surely; None if it is about something else.

    Another encoder's vectors mean nothing here, so the packaged one is loaded beside it.
    """
    model = encoder if isinstance(encoder, MiniLM) else _packaged()
    weights = _weights()
    scores = weights[:, :-1] @ model.encode(question) + weights[:, -1]
    shares = np.exp(scores - scores.max())
    none, *aspects = (shares / shares.sum()).tolist()
    likeliest = list(Aspect)[int(np.argmax(aspects))]
    return (likeliest, 1 - none) if 1 - none >= LIKELY else None


@cache
def _weights() -> Vectors:
    weights: Vectors = np.load(WEIGHTS, allow_pickle=False)
    return weights


@cache
def _packaged() -> MiniLM:
    return MiniLM.load()
