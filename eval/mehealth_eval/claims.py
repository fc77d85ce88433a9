"""Score fact checking: `python -m mehealth_eval.claims [--data DIR] [--json FILE] [--wrong]`.

Our own claims about the prospectus (`claims.jsonl`), and, with `--data`, claims made mechanically
out of a public question set in that folder (`claim_making.py`), on documents that no one looked at
while the checking was written. Wrong verdicts are printed of the development half only.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import quantiles
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from rich.console import Console
from rich.table import Table

from mehealth_eval import stats
from mehealth_eval.claim_making import make_claims
from mehealth_eval.questions import Row, Split, Text, load_rows
from mehealth_eval.written_run import indexed
from mehealth_rag.assistant import Assistant
from mehealth_rag.settings import Settings
from mehealth_rag.types import Verdict, VerdictKind
from mehealth_rag.wiring import ingest

CLAIMS = Path(__file__).parent / "claims.jsonl"
CORPUS = Path(__file__).parents[2] / "corpus"

CHANGED = frozenset(
    "figure-changed figure-of-another-thing name-changed date-changed negated superlative "
    "verbatim-changed restated-changed verbatim-negated".split()
)
"""Kinds of claim that were made false by changing something true."""

Kind = Literal[
    "verbatim",
    "paraphrase",
    "figure-written-differently",
    "figure-changed",
    "figure-of-another-thing",
    "name-changed",
    "date-changed",
    "negated",
    "superlative",
    "near-miss",
    "other-topic",
    "multi-sentence",
]


class Claim(Row):
    """One claim about the prospectus with its verdict and where the page says what it says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Text
    split: Split
    kind: Kind
    claim: Text
    verdict: VerdictKind
    pages: tuple[Annotated[int, Field(ge=1)], ...] = ()
    """All pages, counted from 1, that bear it out or deny it."""
    quote: Text | None = None
    """Words of one of them, white space normalised."""
    parts: tuple[VerdictKind, ...] = ()
    """The verdict on each sentence, where there are several."""

    @model_validator(mode="after")
    def _evidence_fits(self) -> Self:
        """Refuse evidence that does not go with the verdict."""
        found = self.verdict is not VerdictKind.NOT_FOUND
        if bool(self.pages) != (self.quote is not None) or (found and not self.pages):
            raise ValueError("pages and a quote go together, and with every verdict but not_found")
        if (self.kind == "multi-sentence") != bool(self.parts):
            raise ValueError("claims of several sentences, and only they, have parts")
        return self


@dataclass(frozen=True, slots=True)
class Scored:
    """One claim with the verdict that is due and the one that was given."""

    kind: str
    claim: str
    due: VerdictKind
    pages: tuple[int, ...]
    given: Verdict

    @property
    def right(self) -> bool:
        """Whether they are the same; a changed common word may also be called contradicted."""
        if self.kind == "word-changed":
            return self.given.verdict is not VerdictKind.SUPPORTED
        return self.given.verdict is self.due


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures over scored claims; shares between 0 and 1, latencies in milliseconds."""

    claims: int
    accuracy: float
    supported_found: float
    supported_right: float
    contradicted_found: float
    changed_supported: float
    page_right: float
    calibration_error: float
    latency_p50: float
    latency_p95: float
    by_kind: dict[str, tuple[float, int]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Check, score, print."""
    parser = argparse.ArgumentParser(prog="python -m mehealth_eval.claims", description=__doc__)
    parser.add_argument("--data", type=Path, help="folder of a question set to make claims of")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--wrong", action="store_true", help="print the development half's misses")
    options = parser.parse_args(arguments)
    groups = score_own(load_claims(CLAIMS))
    if options.data is not None:
        groups |= score_made(options.data)
    summaries = {name: summarise(scored) for name, scored in groups.items()}
    _print(summaries)
    if options.wrong:
        _print_wrong(groups["development half"])
    if options.json is not None:
        figures = {name: asdict(s) for name, s in summaries.items()}
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


def load_claims(path: Path) -> list[Claim]:
    """Read a claim file. Raises QuestionFileError where it cannot be read, or a line is wrong."""
    return load_rows(path, Claim, "Claim in eval/mehealth_eval/claims.py")


def score_own(claims: Sequence[Claim]) -> dict[str, list[Scored]]:
    """Our own claims put to the prospectus, by half."""
    names = {"dev": "development half", "test": "reporting half"}
    scored: dict[str, list[Scored]] = {name: [] for name in names.values()}
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.load({"corpus": CORPUS, "index": Path(folder)}, environ={})
        ingest(settings)
        assistant = Assistant.open(settings)
        with closing(assistant.index):
            for c in claims:
                given = assistant.check(c.claim)
                scored[names[c.split]].append(Scored(c.kind, c.claim, c.verdict, c.pages, given))
    return scored


def score_made(data: Path) -> dict[str, list[Scored]]:
    """Claims made of a question set."""
    made = make_claims(data)
    with indexed(made.files, Settings.load({}, environ={})) as assistant:
        scored = [
            Scored(c.kind, c.claim, c.verdict, (), assistant.check(c.claim)) for c in made.claims
        ]
    return {"made": scored}


def summarise(scored: Sequence[Scored]) -> Summary:
    """The figures over scored claims."""
    due = VerdictKind.SUPPORTED
    times = quantiles([s.given.timings_ms["total"] for s in scored], n=20)
    groups: defaultdict[str, list[Scored]] = defaultdict(list)
    for item in scored:
        groups[item.kind].append(item)
    paged = [s for s in scored if s.pages and s.right and s.given.evidence]
    return Summary(
        claims=len(scored),
        accuracy=_share(scored, _right),
        supported_found=_share([s for s in scored if s.due is due], _right),
        supported_right=_share([s for s in scored if s.given.verdict is due], _right),
        contradicted_found=_share([s for s in scored if s.due is VerdictKind.CONTRADICTED], _right),
        changed_supported=_share(
            [s for s in scored if s.kind in CHANGED], lambda s: s.given.verdict is due
        ),
        page_right=_share(paged, lambda s: bool({c.page for c in s.given.evidence} & {*s.pages})),
        calibration_error=stats.expected_calibration_error(
            stats.reliability([s.given.confidence for s in scored], [s.right for s in scored])
        ),
        latency_p50=times[9],
        latency_p95=times[18],
        by_kind={k: (_share(g, _right), len(g)) for k, g in sorted(groups.items())},
    )


def _right(scored: Scored) -> bool:
    return scored.right


def _share(scored: Sequence[Scored], holds: Callable[[Scored], bool]) -> float:
    return sum(map(holds, scored)) / len(scored) if scored else 0.0


def _print(summaries: dict[str, Summary]) -> None:
    table = Table("", *summaries)
    shown = list(summaries.values())
    table.add_row("claims", *(str(s.claims) for s in shown))
    for field in list(Summary.__dataclass_fields__)[1:-3]:
        table.add_row(field.replace("_", " "), *(f"{getattr(s, field):.3f}" for s in shown))
    for field in ("latency_p50", "latency_p95"):
        table.add_row(f"{field[8:]} ms", *(f"{getattr(s, field):.0f}" for s in shown))
    for kind in sorted({k for s in shown for k in s.by_kind}):
        cells = (s.by_kind.get(kind) for s in shown)
        table.add_row(f"· {kind}", *(f"{c[0]:.2f} of {c[1]}" if c else "" for c in cells))
    Console().print(table)


def _print_wrong(scored: Sequence[Scored]) -> None:
    out = Console()
    for item in scored:
        if not item.right:
            given = item.given
            out.print(f"\n[{item.kind}] {item.claim}", markup=False)
            out.print(f"  {item.due} is due, {given.verdict} given: {given.explanation}")


if __name__ == "__main__":
    sys.exit(main())
