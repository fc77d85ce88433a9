"""`python -m mehealth_eval.bench [--data DIR] [--json FILE] [--markdown FILE] [--quick]`."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console

from mehealth_eval.bench.figures import Figure, figures
from mehealth_eval.bench.machine import machine, sentence, versions
from mehealth_eval.bench.measure import Measured, Options, measure
from mehealth_eval.bench.table import markdown, terminal


def main(arguments: list[str] | None = None) -> int:
    """Measure, print the table and write the files; 1 where a figure of ours failed."""
    given = _parser().parse_args(arguments)
    data = given.data.resolve() if given.data else None
    if data is not None and not data.is_dir():
        print(f"bench: there is no data folder {given.data}", file=sys.stderr)
        return 2
    found = machine()
    with tempfile.TemporaryDirectory(prefix="mehealth-bench-") as scratch:
        work = Path(scratch)
        options = Options.quickly(work, data) if given.quick else Options(work, data)
        try:
            measured = measure(options)
        except KeyboardInterrupt:
            print("bench: stopped", file=sys.stderr)
            return 130
    counts = {
        "passages": passages(measured, options),
        "sheets": options.sheets,
        "kills": options.kills,
    }
    rows = figures(measured.ours, measured.stock, counts)
    notes = [sentence(found), *remarks(measured, found)]
    console = Console(width=None if sys.stdout.isatty() else 160)
    console.print(terminal(rows))
    for note in notes:
        console.print(note, markup=False, highlight=False)
    if given.markdown:
        given.markdown.write_text(markdown(rows, notes), encoding="utf-8")
    if given.json:
        whole = report(rows, notes, found, measured)
        given.json.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
    return int(_failed(measured))


def report(
    rows: tuple[Figure, ...], notes: list[str], found: dict[str, object], measured: Measured
) -> dict[str, Any]:
    """Everything that was measured, for JSON."""
    return {
        "schema": 1,
        "machine": found,
        "versions": versions(),
        "figures": [row.as_json() for row in rows],
        "notes": notes,
        "details": measured.details,
    }


def passages(measured: Measured, options: Options) -> int:
    """How many passages the large index holds; what was asked for where it was not built."""
    built = measured.details.get("large_build")
    return int(built[0]["result"]["passages"]) if built else options.passages


def remarks(measured: Measured, found: dict[str, object]) -> list[str]:
    """What a reader of the table has to know."""
    notes = [
        "Ours answers (rewriting, search, answer with its citations); stock is LlamaIndex's PDF "
        "reader, default splitter and in-memory vector index with the same model, and only "
        "retrieves two nodes. A ratio over 1 means that ours is so many times better.",
    ]
    built = measured.details.get("large_build")
    if built:
        notes.append(
            f"The large index, {built[0]['result']['pages']:,} pages, is the prospectus and "
            f"{built[0]['result']['sentences']:,} real "
            "sentences recombined into Markdown files, read, split and written by the real "
            "pipeline; their vectors are the sentences' own, averaged and moved a little, not "
            "computed by the model. Stock is given the same passages and vectors."
        )
    notes += [line for corpus in ("prospectus", "filings") if (line := _embedded(measured, corpus))]
    load, cores = found["load"], found["cores"]
    if isinstance(load, float) and isinstance(cores, int) and load > cores / 2:
        notes.append(
            f"The machine was busy with other work when this began (load {load:g} on {cores} "
            "cores): times are too long, and a ratio is off where the load changed in between."
        )
    return notes


def _embedded(measured: Measured, corpus: str) -> str:
    """How much of a corpus's text each side embeds; empty where one of them was not measured."""
    stock = measured.details.get(f"stock_coverage_{corpus}")
    ours = measured.details.get(f"ingest_{corpus}")
    if not stock or not ours or "result" not in ours[0]:
        return ""
    share, report = stock[0]["result"]["embedded"], ours[0]["result"]
    return (
        f"Of the {corpus}, stock embeds {share:.0%} of the text, since its nodes are cut at the "
        f"model's 256 tokens; of ours, {report['truncated']} of {report['passages']:,} passages "
        "are cut there."
    )


def _failed(measured: Measured) -> bool:
    """Whether something of ours failed; the filings may be missing for want of data."""
    gaps = measured.ours.gaps
    return any("filings" not in key for key in gaps)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m mehealth_eval.bench", description=__doc__)
    parser.add_argument("--data", type=Path, help="folder with financebench-dev/ and text sets")
    parser.add_argument("--json", type=Path, help="write everything that was measured here")
    parser.add_argument("--markdown", type=Path, help="write the table for the README here")
    parser.add_argument("--quick", action="store_true", help="small and without the stock side")
    return parser


if __name__ == "__main__":
    sys.exit(main())
