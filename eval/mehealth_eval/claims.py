"""Scores fact checking on written claims: `python -m mehealth_eval.claims [--set DIR ...]`.

Without `--set`, on our claims about the prospectus; with it, on those of `eval/sets`. Prints, for
each half, the share of right verdicts, of untrue claims that are called supported, and of true ones
that are contradicted. `--wrong` lists the wrong verdicts of the development half only.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from rich.console import Console
from rich.table import Table

from mehealth_eval.questions import Row, Split, Text, load_rows
from mehealth_eval.sets import GROUPS, HIDDEN_GROUP
from mehealth_eval.stats import ratio
from mehealth_eval.written_run import built
from mehealth_rag.settings import Settings
from mehealth_rag.types import Verdict, VerdictKind

CLAIMS = Path(__file__).parent / "claims.jsonl"
CORPUS = Path(__file__).parents[2] / "corpus"

Kind = Literal[
    "verbatim", "paraphrase", "figure-written-differently", "figure-changed",
    "figure-of-another-thing", "name-changed", "date-changed", "negated", "superlative",
    "near-miss", "other-topic", "multi-sentence",
    # of eval/sets
    "close", "joined", "derived", "row", "negative", "figure", "exchanged", "name", "direction",
    "scope", "reworded", "near", "other",
]  # fmt: skip


class Claim(Row):
    """A claim about a corpus, with its verdict and the pages that decide it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Text
    split: Split
    kind: Kind
    claim: Text
    verdict: VerdictKind
    pages: tuple[Annotated[int, Field(ge=1)], ...] = ()
    """All pages, from 1, that support or contradict it."""
    quote: Text | None = None
    """Words from one of them, with white space normalised."""
    document: Text | None = None
    """The document that `pages` belong to; the first of the corpus by default."""
    parts: tuple[VerdictKind, ...] = ()
    """The verdict on each sentence, if there are several."""

    @model_validator(mode="after")
    def _evidence_fits(self) -> Self:
        """Reject evidence that does not fit the verdict."""
        decided = self.verdict is not VerdictKind.NOT_FOUND
        if bool(self.pages) != (self.quote is not None) or (decided and not self.pages):
            raise ValueError("pages and a quote go together, and with every verdict but not_found")
        if (self.kind == "multi-sentence") != bool(self.parts):
            raise ValueError("claims of several sentences, and only they, have parts")
        return self


@dataclass(frozen=True, slots=True)
class Scored:
    """A claim with the verdict that it was given."""

    claim: Claim
    given: Verdict

    @property
    def right(self) -> bool:
        """Whether it was given the right verdict."""
        return self.given.verdict is self.claim.verdict


@dataclass(frozen=True, slots=True)
class Summary:
    """Figures over scored claims, as shares of 1. `by_kind` holds (right, all) by kind.

    `false_support` is the share of untrue claims that are called supported, `false_denial` that of
    true ones that are contradicted.
    """

    claims: int
    right: float
    false_support: float
    false_denial: float
    by_kind: dict[str, tuple[int, int]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the claims, score them and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m mehealth_eval.claims", description=__doc__)
    parser.add_argument("--wrong", action="store_true", help="print the development half's misses")
    parser.add_argument("--set", type=Path, nargs="+", help="folders of corpus/ and claims.jsonl")
    options = parser.parse_args(arguments)
    sets = [(folder / CLAIMS.name, folder / "corpus") for folder in options.set or ()]
    scored = [
        s for path, corpus in sets or [(CLAIMS, CORPUS)] for s in score(load_claims(path), corpus)
    ]
    halves = {g: [s for s in scored if s.claim.split == g] for g in ("dev", "test")}
    groups = {group: inside for group, inside in halves.items() if inside}
    out = Console()
    out.print(_table({GROUPS[g]: summarise(inside) for g, inside in groups.items()}))
    if options.wrong:
        for group, inside in groups.items():
            _print_wrong(out, inside if group != HIDDEN_GROUP else ())
    return 0


def load_claims(path: Path) -> list[Claim]:
    """Read a claim file. Raises QuestionFileError if it cannot be read or a line is invalid."""
    return load_rows(path, Claim, "Claim in eval/mehealth_eval/claims.py")


def score(claims: Iterable[Claim], corpus: Path) -> list[Scored]:
    """Check claims against a corpus, with an index that is built for the run."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.load({"corpus": corpus, "index": Path(folder)}, environ={})
        with built(settings) as assistant:
            return [Scored(claim, assistant.check(claim.claim)) for claim in claims]


def summarise(scored: Sequence[Scored]) -> Summary:
    """Sum up scored claims."""
    untrue = [s.given.verdict for s in scored if s.claim.verdict is not VerdictKind.SUPPORTED]
    true = [s.given.verdict for s in scored if s.claim.verdict is VerdictKind.SUPPORTED]
    right = Counter(s.claim.kind for s in scored if s.right)
    every = Counter(s.claim.kind for s in scored)
    return Summary(
        claims=len(scored),
        right=ratio(right.total(), len(scored)),
        false_support=ratio(untrue.count(VerdictKind.SUPPORTED), len(untrue)),
        false_denial=ratio(true.count(VerdictKind.CONTRADICTED), len(true)),
        by_kind={kind: (right[kind], count) for kind, count in sorted(every.items())},
    )


def _table(summaries: dict[str, Summary]) -> Table:
    shown = list(summaries.values())
    table = Table("", *summaries)
    table.add_row("claims", *(str(s.claims) for s in shown))
    table.add_row("right", *(f"{s.right:.3f}" for s in shown))
    table.add_row("untrue, called supported", *(f"{s.false_support:.3f}" for s in shown))
    table.add_row("true, contradicted", *(f"{s.false_denial:.3f}" for s in shown))
    for kind in sorted({k for s in shown for k in s.by_kind}):
        cells = (s.by_kind.get(kind) for s in shown)
        table.add_row(f"· {kind}", *(f"{c[0]} of {c[1]}" if c else "" for c in cells))
    return table


def _print_wrong(out: Console, scored: Iterable[Scored]) -> None:
    for item in scored:
        if not item.right:
            claim, verdict = item.claim, item.given
            out.print(f"\n[{claim.kind}] {claim.claim}", markup=False)
            out.print(f"  {claim.verdict} is due, {verdict.verdict} given: {verdict.explanation}")


if __name__ == "__main__":
    sys.exit(main())
