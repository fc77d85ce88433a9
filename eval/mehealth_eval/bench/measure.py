"""Runs the measurements in order: each in its own process, ours and stock in turn."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from mehealth_eval.bench import sets, stock
from mehealth_eval.bench.child import ChildError, Run, job, mehealth, run
from mehealth_eval.bench.figures import Side
from mehealth_eval.bench.ours import PLAIN_SET, VECTORS

QUESTION = "How many medical schools are there in the Midlands?"
_MINUTE = 60.0

Values = tuple[float, ...]
_Step = tuple[str, tuple[str, ...], Callable[[], Values]]
"""One measurement: of `ours` or of `stock`, the names of its figures, and what returns them."""


@dataclass(frozen=True, slots=True)
class Options:
    """How much to measure. `work` is the folder in which the indexes are built."""

    work: Path
    data: Path | None = None
    quick: bool = False
    passages: int = 50_000
    questions: int = 40
    large_questions: int = 160
    """Different questions, each asked once: no answer can come from a cache."""
    rounds: int = 5
    starts: int = 5
    sheets: int = 1_000
    """Pages of the corpus that is ingested again unchanged."""
    kills: int = 50

    @classmethod
    def quickly(cls, work: Path, data: Path | None) -> Options:
        """The least that still gives every figure of ours."""
        return cls(work, data, True, 100, 2, 2, 1, 1, 5, 1)


@dataclass(slots=True)
class Measured:
    """Both sides, and the jobs' results by name."""

    ours: Side = field(default_factory=Side)
    stock: Side = field(default_factory=Side)
    results: dict[str, dict[str, Any]] = field(default_factory=dict)


def measure(options: Options) -> Measured:
    """Measure everything that can be measured; what fails leaves a reason."""
    bench = _Bench(options)
    begun = time.monotonic()
    for name, keys, run_step in bench.steps():
        side: Side = getattr(bench.measured, name)
        if name == "stock" and bench.no_stock:
            side.gaps |= dict.fromkeys(keys, bench.no_stock)
            continue
        passed = time.monotonic() - begun
        print(f"bench {passed:5.0f} s  {name}: {', '.join(keys)}", file=sys.stderr, flush=True)
        try:
            side.values |= dict(zip(keys, run_step(), strict=True))
        except ChildError as error:
            print(f"bench: {error}", file=sys.stderr, flush=True)
            side.gaps |= dict.fromkeys(keys, str(error))
    return bench.measured


class _Bench:
    """The measurements of one run. Corpora and their indexes are in the work folder, by name."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self.measured = Measured()
        self.no_stock = "left out by --quick" if options.quick else stock.missing()
        self._filings, self._no_filings = sets.filings(options.data)
        self._prospectus = sets.prospectus_corpus(options.work / "prospectus-corpus")

    def steps(self) -> list[_Step]:
        """All measurements in order: some need what earlier ones built."""
        ingested, filings = ("ingest_prospectus", "ingest_memory"), "ingest_filings"
        filed = filings, f"{filings}_memory"
        cold, warm = ("cold", "cold_memory"), ("warm_p50", "warm_p95")
        large = ("large_p50", "large_p95", "large_memory")
        index, saved = self._path("prospectus-index"), self._path("prospectus-stock")
        where = ("--corpus", str(self._prospectus), "--index", str(index))
        ask = mehealth("ask", QUESTION, "--json", *where)
        stock_ask = job("stock", "ask", saved=saved, question=QUESTION)
        open_index = {"corpus": self._prospectus, "index": index}
        return [
            ("ours", ("help",), self._help),
            ("ours", ingested, partial(self._ingest, "prospectus")),
            ("stock", ingested, partial(self._stock_ingest, "prospectus")),
            ("ours", cold, partial(self._started, ask)),
            ("stock", cold, partial(self._started, stock_ask)),
            ("ours", warm, partial(self._warm, "warm", "ours", **open_index)),
            ("stock", warm, partial(self._warm, "stock_warm", "stock", saved=saved)),
            ("ours", ("read_prospectus",), partial(self._read, "ours", "prospectus")),
            ("stock", ("read_prospectus",), partial(self._read, "stock", "prospectus")),
            ("ours", ("read_filings",), partial(self._read, "ours", "filings")),
            ("stock", ("read_filings",), partial(self._read, "stock", "filings")),
            ("ours", ("read_filings_two",), partial(self._read, "ours", "filings", "in_processes")),
            ("ours", filed, partial(self._ingest, "filings")),
            ("stock", filed, partial(self._stock_ingest, "filings")),
            ("ours", ("reingest",), self._reingest),
            ("ours", ("kills",), self._kill),
            ("ours", ("embed",), self._embed),
            ("stock", ("embed",), self._stock_embed),
            ("ours", (*large, "large_build_memory"), self._large),
            ("stock", large, self._stock_large),
        ]

    def _corpus(self, name: str) -> Path:
        """The folder of the prospectus or of the filings. Raises ChildError if there are none."""
        folder = self._prospectus if name == "prospectus" else self._filings
        if folder is None:
            raise ChildError(self._no_filings)
        return folder

    def _path(self, name: str) -> Path:
        return self._options.work / name

    def _run(self, command: list[str], minutes: float = 2) -> Run:
        return run(command, self._options.work, minutes * _MINUTE)

    def _result(
        self, key: str, command: list[str], minutes: float = 2
    ) -> tuple[dict[str, Any], Run]:
        """Run a command, keep the JSON that it prints, and return it with what the process used."""
        usage = self._run(command, minutes)
        self.measured.results[key] = usage.json()
        return self.measured.results[key], usage

    def _ingested(self, corpus: Path, index: Path) -> list[str]:
        return mehealth("ingest", "--json", "--corpus", str(corpus), "--index", str(index))

    def _help(self) -> Values:
        runs = [self._run(mehealth("--help")) for _ in range(self._options.starts)]
        return (median([r.seconds for r in runs]),)

    def _ingest(self, name: str) -> Values:
        command = self._ingested(self._corpus(name), self._path(f"{name}-index"))
        result, usage = self._result(f"ingest_{name}", command, minutes=20)
        return result["pages"] / usage.seconds, usage.peak_mb

    def _stock_ingest(self, name: str) -> Values:
        target = self._path(f"{name}-stock")
        command = job("stock", "ingest", folder=self._corpus(name), target=target)
        result, usage = self._result(f"stock_ingest_{name}", command, minutes=20)
        self._result(f"stock_coverage_{name}", job("stock", "coverage", saved=target))
        return result["pages"] / usage.seconds, usage.peak_mb

    def _started(self, command: list[str]) -> Values:
        """The median seconds of a question from a cold start, and the highest peak memory."""
        runs = [self._run(command) for _ in range(self._options.starts)]
        return median([r.seconds for r in runs]), max(r.peak_mb for r in runs)

    def _warm(self, key: str, side: str, **where: object) -> Values:
        return self._asked(key, side, "warm", **where)[:2]

    def _asked(self, key: str, side: str, name: str, **arguments: object) -> Values:
        """Milliseconds of a question, median and 95th percentile, and the peak memory."""
        rounds = {"count": self._options.questions, "rounds": self._options.rounds}
        result, usage = self._result(key, job(side, name, **rounds | arguments), minutes=10)
        milliseconds = [row["ms"] for row in result["rows"]]
        median_, tail = np.percentile(milliseconds, (50, 95))
        return float(median_), float(tail), usage.peak_mb

    def _read(self, side: str, name: str, how: str = "") -> Values:
        """Pages per second of reading alone."""
        rounds = self._options.rounds if name == "prospectus" else 1
        function = f"read_{how}" if how else "read"
        command = job(side, function, folder=self._corpus(name), rounds=rounds)
        result, _ = self._result(f"{side}_{function}_{name}", command, minutes=5)
        return (result["pages"] / median(result["seconds"]),)

    def _reingest(self) -> Values:
        corpus = self._path("sheets-corpus")
        self._run(job("changing", "write_pages", corpus=corpus, count=self._options.sheets))
        command = self._ingested(corpus, self._path("sheets-index"))
        self._run(command, minutes=10)
        runs = [self._result("reingest", command) for _ in range(min(self._options.starts, 3))]
        if any(result["changed"] for result, _ in runs):
            raise ChildError("an unchanged corpus was indexed again")
        return (median([usage.seconds for _, usage in runs]),)

    def _kill(self) -> Values:
        arguments = {"folder": self._path("killed"), "times": self._options.kills}
        result, _ = self._result("kill", job("changing", "kill", **arguments), minutes=60)
        if not result["right_at_last"]:
            raise ChildError("an interrupted ingest was not resumed as it should be")
        return (100 * result["served"] / result["times"],)

    def _embed(self) -> Values:
        name = "filings" if "ingest_filings" in self.measured.ours.values else "prospectus"
        arguments = {"index": self._path(f"{name}-index"), "stock": not self.no_stock}
        result, _ = self._result("embed", job("ours", "embed", **arguments), minutes=20)
        return (max(result["ours"]),)

    def _stock_embed(self) -> Values:
        """The stock side of `_embed`, which runs both in turn so that load affects them alike."""
        if "embed" not in self.measured.results:
            raise ChildError("it is measured with ours, which failed")
        return (max(self.measured.results["embed"]["stock"]),)

    def _large(self) -> Values:
        corpus, index = self._path("large-corpus"), self._path("large-index")
        pool = [self._prospectus, *sets.text_corpora(self._options.data)]
        if self._filings is not None:
            pool.insert(1, self._filings)
        source = {"passages": self._options.passages, "pool": list(map(str, pool))}
        self._result("large_corpus", job("ours", "recombine", corpus=corpus, **source), minutes=10)
        _, built = self._result("large_build", self._ingested(corpus, index), minutes=60)
        if not self.no_stock:
            self._run(job("ours", "dump", corpus=corpus, index=index), minutes=5)
        how = {"count": self._options.large_questions, "rounds": 1}
        asked = self._asked("large", "ours", "warm", corpus=corpus, index=index, **how)
        return *asked, built.peak_mb

    def _stock_large(self) -> Values:
        where = {"texts": self._path(PLAIN_SET), "vectors": self._path(VECTORS)}
        return self._asked("stock_large", "stock", "warm_large", **where, rounds=1)
