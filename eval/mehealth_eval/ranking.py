"""Measures the ranking by page, with `pytrec_eval` (NIST's trec_eval).

Ranks count passages, as a user of the search sees them; a page that occurs again is not a second
hit. `recall@k` is the share of the right pages in the top k, `success@k` whether there is one at
all, `mrr@k` the reciprocal rank of the first.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from statistics import fmean

from mehealth_eval.records import Place
from mehealth_rag.errors import UsageError

CUTS = (1, 3, 5, 10)
MEASURES = tuple(f"{name}@{k}" for name in ("recall", "success", "mrr") for k in CUTS)
_LIBRARY = "pytrec_eval"


def check_installed() -> None:
    """Raise UsageError if the library is not installed."""
    if importlib.util.find_spec(_LIBRARY) is None:
        raise UsageError(
            "the ranking library is not installed; run: pip install 'mehealth-rag[eval]'"
        )


def measures(
    right: Mapping[str, frozenset[Place]], ranked: Mapping[str, Sequence[Place]]
) -> dict[str, list[float]]:
    """Each measure's values, in the order of the questions in `right`; `ranked` is best first."""
    import pytrec_eval

    judged = {key: {_name(place): 1 for place in places} for key, places in right.items()}
    runs = {key: _run(ranked.get(key, ())) for key in right}
    cuts = ",".join(map(str, CUTS))
    evaluator = pytrec_eval.RelevanceEvaluator(judged, {f"recall.{cuts}", f"success.{cuts}"})
    scored = evaluator.evaluate(runs)
    values = {
        f"{name}@{k}": [scored[key][f"{name}_{k}"] for key in right]
        for name in ("recall", "success")
        for k in CUTS
    }
    ranks = pytrec_eval.RelevanceEvaluator(judged, {"recip_rank"})
    for k in CUTS:
        first = ranks.evaluate({key: dict(list(run.items())[:k]) for key, run in runs.items()})
        values[f"mrr@{k}"] = [first[key]["recip_rank"] for key in right]
    return values


def means(values: Mapping[str, Sequence[float]]) -> dict[str, float | None]:
    """The mean of each measure; None if nothing was ranked."""
    return {name: fmean(values[name]) if values.get(name) else None for name in MEASURES}


def _run(places: Sequence[Place]) -> dict[str, float]:
    """A ranking in the library's format: names with falling scores, repeated pages renamed."""
    names: dict[str, float] = {}
    for rank, place in enumerate(places, start=1):
        name = _name(place)
        names[name if name not in names else f"{name}\t{rank}"] = -float(rank)
    return names


def _name(place: Place) -> str:
    return f"{place[1]}\t{place[0]}"
