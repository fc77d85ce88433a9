"""Runs the speed bench: `python -m mehealth_eval.bench [--data DIR] [--json FILE] [--quick]`.

Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from mehealth_eval.bench.figures import table
from mehealth_eval.bench.measure import Measured, Options, measure


def main(arguments: list[str] | None = None) -> int:
    """Measure, print the table, write the values; return 1 if a figure of ours failed."""
    parser = argparse.ArgumentParser(prog="python -m mehealth_eval.bench", description=__doc__)
    parser.add_argument("--data", type=Path, help="folder with financebench-dev/ and text sets")
    parser.add_argument("--json", type=Path, help="write everything that was measured here")
    parser.add_argument("--quick", action="store_true", help="small and without the stock side")
    flags = parser.parse_args(arguments)
    data = flags.data.resolve() if flags.data else None
    if data is not None and not data.is_dir():
        print(f"bench: there is no data folder {flags.data}", file=sys.stderr)
        return 2
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    with tempfile.TemporaryDirectory(prefix="mehealth-bench-") as scratch:
        work = Path(scratch)
        options = Options.quickly(work, data) if flags.quick else Options(work, data)
        try:
            measured = measure(options)
        except KeyboardInterrupt:
            print("bench: stopped", file=sys.stderr)
            return 130
    built = measured.results.get("large_build", {})
    counts = {
        "passages": int(built.get("passages", options.passages)),
        "sheets": options.sheets,
        "kills": options.kills,
    }
    print(table(measured.ours, measured.stock, counts, _notes(measured, load, cores)))
    if flags.json:
        flags.json.write_text(json.dumps(asdict(measured), indent=1) + "\n", encoding="utf-8")
    return int(any("filings" not in key for key in measured.ours.gaps))


def _notes(measured: Measured, load: float, cores: int) -> list[str]:
    """Notes for the table's readers."""
    system = f"{platform.system()} {platform.machine()}"
    notes = [
        f"Measured on {cores} cores, {system}, Python {platform.python_version()}.",
        "Ours answers (rewriting, search, answer with its citations); stock is LlamaIndex's PDF "
        "reader, default splitter and in-memory vector index with the same model, and only "
        "retrieves two nodes. A ratio over 1 means that ours is so many times better.",
    ]
    built, recombined = measured.results.get("large_build"), measured.results.get("large_corpus")
    if built and recombined:
        notes.append(
            f"The large index, {built['pages']:,} pages, is the prospectus and "
            f"{recombined['sentences']:,} real sentences recombined into Markdown files. "
            "Stock is given the same passages and their vectors."
        )
    for corpus in ("prospectus", "filings"):
        stock = measured.results.get(f"stock_coverage_{corpus}")
        ours = measured.results.get(f"ingest_{corpus}")
        if stock and ours:
            notes.append(
                f"Of the {corpus}, stock embeds {stock['embedded']:.0%} of the text, since its "
                f"nodes are cut at the model's 256 tokens; of ours, {ours['truncated']} of "
                f"{ours['passages']:,} passages are cut there."
            )
    if load > cores / 2:
        notes.append(f"The machine was busy with other work (load {load:.1f}): times are too long.")
    return notes


if __name__ == "__main__":
    sys.exit(main())
