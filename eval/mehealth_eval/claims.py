"""Scores fact checking on our claims about the prospectus: `python -m mehealth_eval.claims`.

Prints, for each half, the share of right verdicts and the share of changed claims that are called
supported. `--wrong` lists the wrong verdicts of the development half only.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from rich.console import Console
from rich.table import Table

from mehealth_eval.questions import Row, Split, Text, load_rows
from mehealth_eval.sets import GROUPS, HIDDEN_GROUP
from mehealth_eval.stats import ratio
from mehealth_rag.assistant import Assistant
from mehealth_rag.settings import Settings
from mehealth_rag.types import Verdict, VerdictKind
from mehealth_rag.wiring import ingest

CLAIMS = Path(__file__).parent / "claims.jsonl"
CORPUS = Path(__file__).parents[2] / "corpus"

CHANGED = frozenset(
    "figure-changed figure-of-another-thing name-changed date-changed negated superlative".split()
)
"""Kinds of claim that were made false by changing something true."""

Kind = Literal[
    "verbatim", "paraphrase", "figure-written-differently", "figure-changed",
    "figure-of-another-thing", "name-changed", "date-changed", "negated", "superlative",
    "near-miss", "other-topic", "multi-sentence",
]  # fmt: skip


class Claim(Row):
    """A claim about the prospectus, with its verdict and the pages that decide it."""

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
    """Figures over scored claims, as shares of 1. `by_kind` holds (right, all) by kind."""

    claims: int
    right: float
    changed_supported: float
    by_kind: dict[str, tuple[int, int]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the claims, score them and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m mehealth_eval.claims", description=__doc__)
    parser.add_argument("--wrong", action="store_true", help="print the development half's misses")
    options = parser.parse_args(arguments)
    scored = score(load_claims(CLAIMS))
    groups = {g: [s for s in scored if s.claim.split == g] for g in ("dev", "test")}
    out = Console()
    out.print(_table({GROUPS[g]: summarise(inside) for g, inside in groups.items()}))
    if options.wrong:
        for group, inside in groups.items():
            _print_wrong(out, inside if group != HIDDEN_GROUP else ())
    return 0


def load_claims(path: Path) -> list[Claim]:
    """Read a claim file. Raises QuestionFileError if it cannot be read or a line is invalid."""
    return load_rows(path, Claim, "Claim in eval/mehealth_eval/claims.py")


def score(claims: Iterable[Claim]) -> list[Scored]:
    """Check the claims against the prospectus, with an index that is built for the run."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.load({"corpus": CORPUS, "index": Path(folder)}, environ={})
        ingest(settings)
        assistant = Assistant.open(settings)
        with closing(assistant.index):
            return [Scored(claim, assistant.check(claim.claim)) for claim in claims]


def summarise(scored: Sequence[Scored]) -> Summary:
    """Sum up scored claims."""
    changed = [s.given.verdict is VerdictKind.SUPPORTED for s in scored if s.claim.kind in CHANGED]
    right = Counter(s.claim.kind for s in scored if s.right)
    every = Counter(s.claim.kind for s in scored)
    return Summary(
        claims=len(scored),
        right=ratio(right.total(), len(scored)),
        changed_supported=ratio(sum(changed), len(changed)),
        by_kind={kind: (right[kind], count) for kind, count in sorted(every.items())},
    )


def _table(summaries: dict[str, Summary]) -> Table:
    shown = list(summaries.values())
    table = Table("", *summaries)
    table.add_row("claims", *(str(s.claims) for s in shown))
    table.add_row("right", *(f"{s.right:.3f}" for s in shown))
    table.add_row("changed, called supported", *(f"{s.changed_supported:.3f}" for s in shown))
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
