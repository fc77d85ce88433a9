"""The order of the measurements: each in a process of its own, ours and stock in turn."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from mehealth_eval.bench import sets, stock
from mehealth_eval.bench.child import ChildError, job, mehealth, run
from mehealth_eval.bench.figures import Side
from mehealth_eval.bench.ours import PLAIN_SET, VECTORS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mehealth_eval.bench.child import Run

Values = dict[str, float]
QUESTION = "How many medical schools are there in the Midlands?"
_MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Options:
    """How much is measured. `work` is the folder that the indexes are built in."""

    work: Path
    data: Path | None = None
    quick: bool = False
    passages: int = 50_000
    questions: int = 40
    large_questions: int = 160
    """So many different ones, each asked once: no answer can come out of a cache."""
    rounds: int = 5
    starts: int = 5
    sheets: int = 1_000
    """Pages of the corpus that is ingested again unchanged."""
    kills: int = 50

    @classmethod
    def quickly(cls, work: Path, data: Path | None) -> Options:
        """As little as gives every figure of ours once."""
        return cls(
            work,
            data,
            quick=True,
            passages=100,
            questions=2,
            large_questions=2,
            rounds=1,
            starts=1,
            sheets=5,
            kills=1,
        )


@dataclass(slots=True)
class Measured:
    """Both sides, and everything that they were computed from."""

    ours: Side = field(default_factory=Side)
    stock: Side = field(default_factory=Side)
    details: dict[str, Any] = field(default_factory=dict)


def measure(options: Options) -> Measured:
    """Measure all that can be measured; what fails leaves a reason behind."""
    return _Bench(options).run()


@dataclass(frozen=True, slots=True)
class _Paths:
    """Where the corpora and indexes of one run lie."""

    work: Path

    def corpus(self, name: str) -> Path:
        return self.work / f"{name}-corpus"

    def index(self, name: str) -> Path:
        return self.work / f"{name}-index"

    def saved(self, name: str) -> Path:
        return self.work / f"{name}-stock"


class _Bench:
    """One run, in the order of its methods."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._paths = _Paths(options.work)
        self._measured = Measured()
        self._begun = time.monotonic()
        self._prospectus = sets.prospectus_corpus(self._paths.corpus("prospectus"))
        self._filings, self._no_filings = sets.filings(options.data)
        self._no_stock = "left out by --quick" if options.quick else stock.missing()

    def run(self) -> Measured:
        """Measure everything."""
        self._ours("help", ("help",), self._help)
        self._both("ingest", "prospectus", ("ingest_prospectus", "ingest_memory"))
        self._ours("cold ask", ("cold", "cold_memory"), self._cold)
        self._stock("cold ask", ("cold", "cold_memory"), self._stock_cold)
        self._ours("warm ask", ("warm_p50", "warm_p95"), self._warm)
        self._stock("warm ask", ("warm_p50", "warm_p95"), self._stock_warm)
        self._both("read", "prospectus", ("read_prospectus",))
        self._both("read", "filings", ("read_filings",))
        self._ours("read filings, two processes", ("read_filings_two",), self._read_as_ingest)
        self._both("ingest", "filings", ("ingest_filings", "ingest_filings_memory"))
        self._ours("ingest again", ("reingest",), self._reingest)
        self._ours("kill ingest", ("kills",), self._kill)
        self._ours("embed", ("embed",), self._embed)
        self._stock("embed", ("embed",), self._stock_embed)
        keys = ("large_p50", "large_p95", "large_memory")
        self._ours("warm ask, large index", (*keys, "large_build_memory"), self._large)
        self._stock("warm ask, large index", keys, self._stock_large)
        return self._measured

    def _both(self, what: str, corpus: str, keys: tuple[str, ...]) -> None:
        """Read or ingest one corpus on both sides."""
        folder = self._prospectus if corpus == "prospectus" else self._filings
        if folder is None:
            self._measured.ours.leave_out(keys, self._no_filings)
            self._measured.stock.leave_out(keys, self._no_filings)
            return
        ours, other = {
            "read": (self._read, self._stock_read),
            "ingest": (self._ingest, self._stock_ingest),
        }[what]
        self._ours(f"{what} {corpus}", keys, lambda: ours(corpus, folder, keys))
        self._stock(f"{what} {corpus}", keys, lambda: other(corpus, folder, keys))

    def _ours(self, what: str, keys: tuple[str, ...], step: Callable[[], Values]) -> None:
        self._take("ours", what, keys, step)

    def _stock(self, what: str, keys: tuple[str, ...], step: Callable[[], Values]) -> None:
        if self._no_stock:
            self._measured.stock.leave_out(keys, self._no_stock)
        else:
            self._take("stock", what, keys, step)

    def _take(
        self, name: str, what: str, keys: tuple[str, ...], step: Callable[[], Values]
    ) -> None:
        """Do one step of one side and say so; a failure is the reason of its figures' absence."""
        passed = time.monotonic() - self._begun
        print(f"bench {passed:5.0f} s  {name}: {what}", file=sys.stderr, flush=True)
        side = self._measured.ours if name == "ours" else self._measured.stock
        try:
            side.values.update(step())
        except ChildError as error:
            print(f"bench: {error}", file=sys.stderr, flush=True)
            side.leave_out(keys, str(error))

    def _run(self, key: str, command: list[str], minutes: float = 2) -> Run:
        """Run a process and keep what it took among the details."""
        done = run(command, self._options.work, minutes * _MINUTE)
        taken = {"seconds": done.seconds, "cpu_seconds": done.cpu_seconds, "mb": done.peak_mb}
        rounded = {name: round(value, 3) for name, value in taken.items()}
        self._measured.details.setdefault(key, []).append(rounded)
        return done

    def _result(
        self, key: str, command: list[str], minutes: float = 2
    ) -> tuple[dict[str, Any], Run]:
        """The same for a process that prints JSON, which is kept too."""
        done = self._run(key, command, minutes)
        result = done.json()
        self._measured.details[key][-1]["result"] = result
        return result, done

    def _help(self) -> Values:
        runs = [self._run("help", mehealth("--help")) for _ in range(self._options.starts)]
        return {"help": median([r.seconds for r in runs])}

    def _ingest(self, corpus: str, folder: Path, keys: tuple[str, ...]) -> Values:
        index = str(self._paths.index(corpus))
        command = mehealth("ingest", "--json", "--corpus", str(folder), "--index", index)
        result, done = self._result(f"ingest_{corpus}", command, minutes=20)
        return dict(zip(keys, (result["pages"] / done.seconds, done.peak_mb), strict=True))

    def _stock_ingest(self, corpus: str, folder: Path, keys: tuple[str, ...]) -> Values:
        target = self._paths.saved(corpus)
        command = job("stock", "ingest", folder=folder, target=target)
        result, done = self._result(f"stock_ingest_{corpus}", command, minutes=20)
        self._result(f"stock_coverage_{corpus}", job("stock", "coverage", saved=target))
        return dict(zip(keys, (result["pages"] / done.seconds, done.peak_mb), strict=True))

    def _cold(self) -> Values:
        index = str(self._paths.index("prospectus"))
        command = mehealth(
            "ask", QUESTION, "--json", "--corpus", str(self._prospectus), "--index", index
        )
        return _starts([self._run("cold", command) for _ in range(self._options.starts)])

    def _stock_cold(self) -> Values:
        command = job("stock", "ask", saved=self._paths.saved("prospectus"), question=QUESTION)
        count = min(self._options.starts, 3)
        return _starts([self._run("stock_cold", command) for _ in range(count)])

    def _warm(self) -> Values:
        index, options = self._paths.index("prospectus"), self._options
        arguments = {"count": options.questions, "rounds": options.rounds}
        command = job("ours", "warm", corpus=self._prospectus, index=index, **arguments)
        result, _ = self._result("warm", command, 5)
        first = [row for row in result["rows"] if row["round"] == 0]
        self._measured.details["warm_first_round"] = _quantiles("warm", {"rows": first})
        return _quantiles("warm", result)

    def _stock_warm(self) -> Values:
        saved, options = self._paths.saved("prospectus"), self._options
        arguments = {"count": options.questions, "rounds": options.rounds}
        command = job("stock", "warm", saved=saved, **arguments)
        return _quantiles("warm", self._result("stock_warm", command, 5)[0])

    def _read(self, corpus: str, folder: Path, keys: tuple[str, ...]) -> Values:
        command = job("ours", "read", folder=folder, rounds=self._reading_rounds(corpus))
        return _reading(keys, self._result(f"read_{corpus}", command, 5)[0])

    def _read_as_ingest(self) -> Values:
        if self._filings is None:
            raise ChildError(self._no_filings)
        command = job("ours", "read_in_processes", folder=self._filings, rounds=3)
        return _reading(("read_filings_two",), self._result("read_two", command, 5)[0])

    def _stock_read(self, corpus: str, folder: Path, keys: tuple[str, ...]) -> Values:
        command = job("stock", "read", folder=folder, rounds=self._reading_rounds(corpus))
        return _reading(keys, self._result(f"stock_read_{corpus}", command, 5)[0])

    def _reading_rounds(self, corpus: str) -> int:
        return self._options.rounds if corpus == "prospectus" else 1

    def _reingest(self) -> Values:
        corpus, index = self._paths.corpus("sheets"), self._paths.index("sheets")
        written = {"corpus": corpus, "count": self._options.sheets}
        self._result("sheets", job("changing", "write_pages", **written))
        command = mehealth("ingest", "--json", "--corpus", str(corpus), "--index", str(index))
        self._run("sheets_first", command, minutes=10)
        runs = [self._result("reingest", command) for _ in range(min(self._options.starts, 3))]
        if any(result["changed"] for result, _ in runs):
            raise ChildError("an unchanged corpus was indexed again")
        return {"reingest": median([done.seconds for _, done in runs])}

    def _kill(self) -> Values:
        arguments = {"folder": self._options.work / "killed", "times": self._options.kills}
        result, _ = self._result("kill", job("changing", "kill", **arguments), minutes=60)
        if result["twice"] or not result["right_at_last"]:
            raise ChildError("an interrupted ingest was not resumed as it should be")
        return {"kills": 100 * result["served"] / result["times"]}

    def _embed(self) -> Values:
        found = "ingest_filings" in self._measured.ours.values
        name = "filings" if found else "prospectus"
        arguments = {"index": self._paths.index(name), "stock": not self._no_stock}
        result, _ = self._result("embed", job("ours", "embed", **arguments), minutes=20)
        return {"embed": max(result["ours"])}

    def _stock_embed(self) -> Values:
        """Measured in turn with ours, in one process: how busy the machine is matters less."""
        return {"embed": max(self._measured.details["embed"][0]["result"]["stock"])}

    def _large(self) -> Values:
        corpus, index = self._paths.corpus("large"), self._paths.index("large")
        passages = self._options.passages
        command = job("ours", "recombine", corpus=corpus, passages=passages, pool=self._pool())
        self._result("large_corpus", command, minutes=5)
        where = {"corpus": corpus, "index": index}
        _, built = self._result("large_build", job("ours", "enlarge", **where), minutes=30)
        if not self._no_stock:
            self._result("large_dump", job("ours", "dump", **where), minutes=5)
        count = self._options.large_questions
        command = job("ours", "warm", corpus=corpus, index=index, count=count, rounds=1)
        result, done = self._result("large", command, 10)
        return {
            **_quantiles("large", result),
            "large_memory": done.peak_mb,
            "large_build_memory": built.peak_mb,
        }

    def _pool(self) -> list[list[str]]:
        """Corpus and index of what the large corpus is made from; texts are indexed for it here."""
        pairs = [(self._prospectus, self._paths.index("prospectus"))]
        if "ingest_filings" in self._measured.ours.values and self._filings is not None:
            pairs.append((self._filings, self._paths.index("filings")))
        for number, folder in enumerate(sets.text_corpora(self._options.data)):
            index = self._paths.index(f"texts-{number}")
            command = mehealth("ingest", "--json", "--corpus", str(folder), "--index", str(index))
            self._run("texts", command, minutes=10)
            pairs.append((folder, index))
        return [[str(corpus), str(index)] for corpus, index in pairs]

    def _stock_large(self) -> Values:
        work, options = self._options.work, self._options
        command = job(
            "stock",
            "warm_large",
            texts=work / PLAIN_SET,
            vectors=work / VECTORS,
            count=options.questions,
            rounds=1,
        )
        result, done = self._result("stock_large", command, minutes=10)
        return {**_quantiles("large", result), "large_memory": done.peak_mb}


def _starts(runs: list[Run]) -> Values:
    """The first question from a cold start: seconds at the median, the highest peak of memory."""
    seconds = median([r.seconds for r in runs])
    return {"cold": seconds, "cold_memory": max(r.peak_mb for r in runs)}


def _quantiles(name: str, result: dict[str, Any]) -> Values:
    took = [row["ms"] for row in result["rows"]]
    return {f"{name}_p{p}": float(np.percentile(took, p)) for p in (50, 95)}


def _reading(keys: tuple[str, ...], result: dict[str, Any]) -> Values:
    return {keys[0]: result["pages"] / median(result["seconds"])}
