"""Fit the weights of fact checking and write them as package data.

Run as `python -m eval.fit_check --data DIR`, DIR a question set (`eval/claim_making.py`). Fitted on
the development half of our own claims and on claims made of every second article; both sets count
the same. Everything goes through the real pipeline: files, ingest, retrieval, signals. For each
claim the quotes that come nearest to carrying it, and to denying it, are the examples; since that
depends on the weights, they are fitted several times over. Thresholds and confidence are chosen on
probabilities from models that had not seen the claim.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from eval.claim_making import make_claims
from eval.claims import CLAIMS, CORPUS, fitted_articles, load_claims, opened, write_corpus
from mehealth_rag.assistant import Assistant
from mehealth_rag.checking import claim_sentences, mended
from mehealth_rag.grounding.signals import SIGNALS
from mehealth_rag.grounding.values import Outcome
from mehealth_rag.grounding.weights import CONFIDENCE, Logistic
from mehealth_rag.proofs import find, proofs
from mehealth_rag.types import VerdictKind
from mehealth_rag.verdicts import log_odds

OUTPUT = Path(__file__).parent.parent / "src/mehealth_rag/grounding/weights.json"
ROUNDS, FOLDS = 4, 6
NEIGHBOURS = 4
"""A threshold is held to be as good as those so many steps around it on the average."""

DUE = {Outcome.CARRIED: VerdictKind.SUPPORTED, Outcome.DENIED: VerdictKind.CONTRADICTED}
FALSE_SUPPORT, FALSE_DENIAL = 2.0, 0.5
"""What calling a claim supported that is not costs beyond any other wrong verdict, and calling one
contradicted of which the documents say nothing."""

OF_KIND = {"word-changed": 0.4}
"""What a claim of some kinds counts: there are many of these, and no one writes such claims."""

Rows = NDArray[np.float64]
Pair = dict[Outcome, Logistic]
Sure = dict[Outcome, Rows]


@dataclass(frozen=True, slots=True)
class Example:
    """One claim with the signals of all quotes that could carry it, and that could deny it.

    `group` keeps together what a model must not have seen half of: the claims of one article.
    """

    claim: str
    kind: str
    due: VerdictKind
    own: bool
    group: str
    rows: dict[Outcome, Rows]


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit and write."""
    parser = argparse.ArgumentParser(prog="python -m eval.fit_check", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of a question set")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args(arguments)
    examples = [*_own(), *_made(options.data)]
    models = _fitted(examples)
    sure = _left_out(examples)
    least = _least(examples, sure)
    about = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "sets": ["eval/claims.jsonl, development half", "made of every second article of --data"],
        "sha256": _digest([CLAIMS, options.data / "questions.jsonl"]),
        "claims": len(examples),
    }
    data = {
        "fitted": about,
        **{str(o): _plain(m) for o, m in models.items()},
        "least": {str(o): t for o, t in least.items()},
        "confidence": _confidence(examples, sure, least),
    }
    options.output.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(about | {"least": data["least"]}, indent=1), file=sys.stderr)
    return 0


def _own() -> Iterator[Example]:
    with tempfile.TemporaryDirectory() as folder, opened(CORPUS, Path(folder)) as assistant:
        for claim in load_claims(CLAIMS):
            if claim.split == "dev" and not claim.parts:
                rows = _rows(claim.claim, assistant)
                yield Example(claim.claim, claim.kind, claim.verdict, True, claim.id, rows)


def _made(data: Path) -> Iterator[Example]:
    made = make_claims(data)
    articles = fitted_articles(made.claims)
    with tempfile.TemporaryDirectory() as folder:
        corpus = write_corpus(made.files, Path(folder))
        with opened(corpus, Path(folder)) as assistant:
            for claim in made.claims:
                if claim.document in articles:
                    rows = _rows(claim.claim, assistant)
                    yield Example(
                        claim.claim, claim.kind, claim.verdict, False, claim.document, rows
                    )


def _rows(claim: str, assistant: Assistant) -> dict[Outcome, Rows]:
    found: dict[Outcome, list[list[float]]] = {Outcome.CARRIED: [], Outcome.DENIED: []}
    sentence = claim_sentences(mended(claim, assistant.speller))[0]
    evidence = find(sentence.text, "", assistant.retriever, ())
    for proof in proofs(sentence.text, "", evidence, assistant.retriever, assistant.index.page):
        outcome = proof.judgement.possible
        if outcome in found:
            found[outcome].append([proof.judgement.signals[name] for name in SIGNALS])
    return {o: np.asarray(r).reshape(len(r), len(SIGNALS)) for o, r in found.items()}


def _fitted(examples: Sequence[Example]) -> Pair:
    models: Pair = dict.fromkeys(DUE, _start())
    for _ in range(ROUNDS):
        models = {outcome: _fit(outcome, examples, models) for outcome in DUE}
    return models


def _start() -> Logistic:
    """The first choice among a claim's quotes: the most similar with most of its words."""
    size = len(SIGNALS)
    liked = np.asarray([float(name in {"similarity", "coverage_above"}) for name in SIGNALS])
    return Logistic(SIGNALS, np.zeros(size), np.ones(size), liked, 0.0)


def _fit(outcome: Outcome, examples: Sequence[Example], models: Pair) -> Logistic:
    """One model, on the quotes of each claim that the last round puts first."""
    usable = [e for e in examples if len(e.rows[outcome]) and not _either(e, outcome)]
    best = [e.rows[outcome][int(models[outcome].logits(e.rows[outcome]).argmax())] for e in usable]
    truth = np.asarray([e.due is DUE[outcome] for e in usable])
    return _logistic(SIGNALS, np.asarray(best), truth, _weights(usable))


def _either(example: Example, outcome: Outcome) -> bool:
    """Whether it may be called so or not: a changed common word may deny what the page says."""
    return example.kind == "word-changed" and outcome is Outcome.DENIED


def _weights(examples: Sequence[Example]) -> NDArray[np.float64]:
    """Weights with which our own claims count as much as those that were made; their mean is 1."""
    ours = np.asarray([e.own for e in examples])
    each = np.asarray([OF_KIND.get(e.kind, 1.0) for e in examples])
    share = np.where(ours, each[ours].sum(), each[~ours].sum())
    return np.asarray(each * len(ours) / 2 / share)


def _logistic(
    names: tuple[str, ...], table: Rows, truth: NDArray[np.bool_], weight: NDArray[np.float64]
) -> Logistic:
    scaler = StandardScaler().fit(table)
    model = LogisticRegression(max_iter=5000, C=0.3)
    model.fit(scaler.transform(table), truth, sample_weight=weight)
    return Logistic(names, scaler.mean_, scaler.scale_, model.coef_[0], float(model.intercept_[0]))


def _left_out(examples: Sequence[Example]) -> Sure:
    """Each claim's probabilities by models that were fitted without it and its group."""
    found = {outcome: np.zeros(len(examples)) for outcome in DUE}
    groups = list(dict.fromkeys(e.group for e in examples))
    fold = np.asarray([groups.index(e.group) % FOLDS for e in examples])
    for number in range(FOLDS):
        models = _fitted([e for e, f in zip(examples, fold, strict=True) if f != number])
        held = fold == number
        sure = _sure([e for e, f in zip(examples, fold, strict=True) if f == number], models)
        for outcome in DUE:
            found[outcome][held] = sure[outcome]
    return found


def _sure(examples: Sequence[Example], models: Pair) -> Sure:
    """The probability of the best quotes of each claim, 0 where there are none."""
    return {
        outcome: np.asarray(
            [float(model.probabilities(e.rows[outcome]).max(initial=0.0)) for e in examples]
        )
        for outcome, model in models.items()
    }


def _given(sure: Sure, least: dict[Outcome, float]) -> NDArray[np.int64]:
    """The verdict on each claim: 1 supported, -1 contradicted, 0 not found."""
    carried = np.where(sure[Outcome.CARRIED] >= least[Outcome.CARRIED], sure[Outcome.CARRIED], 0)
    denied = np.where(sure[Outcome.DENIED] >= least[Outcome.DENIED], sure[Outcome.DENIED], 0)
    return np.where(np.maximum(carried, denied) == 0, 0, np.where(carried >= denied, 1, -1))


def _due(examples: Sequence[Example]) -> NDArray[np.int64]:
    numbers = {VerdictKind.SUPPORTED: 1, VerdictKind.CONTRADICTED: -1, VerdictKind.NOT_FOUND: 0}
    return np.asarray([numbers[e.due] for e in examples])


def _least(examples: Sequence[Example], sure: Sure) -> dict[Outcome, float]:
    """The probabilities from which on verdicts are given, for the least cost over both sets."""
    due = _due(examples)
    weight = _weights(examples)
    either = np.asarray([_either(e, Outcome.DENIED) for e in examples])
    grid = [round(float(x), 2) for x in np.arange(0.2, 0.9, 0.02)]

    def cost(least: dict[Outcome, float]) -> float:
        given = _given(sure, least)
        wrong = (given != due) & ~(either & (given == -1))
        harm = FALSE_SUPPORT * ((given == 1) & (due != 1))
        harm = harm + FALSE_DENIAL * ((given == -1) & (due == 0) & ~either)
        return float(((wrong + harm) * weight).sum())

    costs = np.asarray(
        [[cost({Outcome.CARRIED: c, Outcome.DENIED: d}) for d in grid] for c in grid]
    )
    i, k = _bottom(costs)
    return {Outcome.CARRIED: grid[i], Outcome.DENIED: grid[k]}


def _bottom(costs: Rows) -> tuple[int, int]:
    """The middle of the valley: the place with the least mean cost over its neighbourhood."""
    around = np.pad(costs, NEIGHBOURS, mode="edge")
    size = 2 * NEIGHBOURS + 1
    views = np.lib.stride_tricks.sliding_window_view(around, (size, size))
    i, k = np.unravel_index(int(views.mean(axis=(2, 3)).argmin()), costs.shape)
    return int(i), int(k)


def _confidence(
    examples: Sequence[Example], sure: Sure, least: dict[Outcome, float]
) -> dict[str, Any]:
    """For each verdict, how its closeness tells whether it is right."""
    due = _due(examples)
    given = _given(sure, least)
    weight = _weights(examples)
    most = np.maximum(sure[Outcome.CARRIED], sure[Outcome.DENIED])
    found = {}
    for number, kind, by in (
        (1, VerdictKind.SUPPORTED, sure[Outcome.CARRIED]),
        (-1, VerdictKind.CONTRADICTED, sure[Outcome.DENIED]),
        (0, VerdictKind.NOT_FOUND, most),
    ):
        of = given == number
        table = np.asarray([[log_odds(float(p))] for p in (*by[of], by[of].mean())])
        right = np.append((given == due)[of], False)  # certainty was never seen: one is wrong
        found[str(kind)] = _plain(_logistic(CONFIDENCE, table, right, np.append(weight[of], 1.0)))
    return found


def _plain(model: Logistic) -> dict[str, Any]:
    return {
        "features": list(model.features),
        "mean": [round(float(x), 6) for x in model.mean],
        "scale": [round(float(x), 6) for x in model.scale],
        "coefficients": [round(float(x), 6) for x in model.coefficients],
        "intercept": round(model.intercept, 6),
    }


def _digest(paths: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    sys.exit(main())
