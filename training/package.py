"""Package a trained reader: `python -m training.package --data DIR --run DIR --output DIR`.

DIR of `--run` is what `training.reader` wrote; of several runs the mean of their weights is
packaged (a model soup: Wortsman et al., 2022). For the card, `--earlier` names runs that it went on
from, and `--figures` adds a JSON file of measurements.
"""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mehealth_rag.answering import reader_model
from mehealth_rag.answering.reader_model import Reader
from mehealth_rag.model_files import PACKAGED, PACKAGED_SHA256
from training import lists
from training.export import agreement, export, write_card
from training.fit import encoded, figures
from training.reader import LOG as RUN_LOG
from training.reader import (
    averaged,
    held_out_lists,
    packaged_tokenizer,
    trained,
    training_lists,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

OUTPUT = Path(reader_model.__file__).parent / "reader"

LOG = "training-log.json"
"""What the training wrote as it went: plan, hashes of the data, figures at each look."""

PROBES = 60
"""Training lists that show how wide the model's channels run."""

SOURCES = {
    "selqa.jsonl": "SelQA, dev and test (Jurczyk, Zhai, Choi 2016), Apache 2.0; text CC BY-SA",
    "qed.jsonl": "QED, development part (Lamm et al. 2020) over Natural Questions, CC BY-SA 3.0",
    "covidqa.jsonl": "COVID-QA (Möller et al. 2020), Apache 2.0; papers from CORD-19",
}
WEAKNESSES = (
    "English only, and trained on encyclopaedia and biomedical prose: rows of tables and headings "
    "are new to it, list items were imitated",
    "sees one sentence and what comes right before it: an answer spread over several sentences, or "
    "whose subject is named further up, scores low",
    "headings were imitated with a passage's own words in training, never real ones",
    "some right sentences of the training sets are not marked and were learnt as wrong ones",
    "the second output tells another year or name only partly from the one asked for: near misses "
    "need the other evidence beside it",
    "does not reason: negations, comparisons and sums are beyond it",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Average the runs, export, check that int8 agrees, write the card."""
    options = _options().parse_args(arguments)
    logs = [run / RUN_LOG for run in (*options.earlier, *options.run)]
    runs = [json.loads(path.read_text(encoding="utf-8")) for path in logs]
    model = averaged([trained(run) for run in options.run])
    seed = runs[0]["plan"]["seed"]
    tokenizer = packaged_tokenizer()
    watch = held_out_lists(options.data, seed)
    rows = encoded(tokenizer, watch)
    probes = encoded(tokenizer, training_lists(options.data, seed)[:PROBES])
    export(model, tokenizer, [e.rows for e in probes], options.output)
    write_card(options.output, {})
    some = watch[: options.lists]
    agree = agreement(model, Reader.load(options.output), [e.rows for e in rows][: len(some)], some)
    measured = {"held_out_lists": figures(model, rows), "int8": agree}
    given = json.loads(options.figures.read_text(encoding="utf-8")) if options.figures else {}
    write_card(options.output, _facts(runs, len(options.earlier), {**measured, **given}))
    (options.output / LOG).write_text(json.dumps(runs, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(measured), file=sys.stderr)
    return 0


def _facts(
    runs: Sequence[dict[str, Any]], earlier: int, measured: dict[str, Any]
) -> dict[str, Any]:
    return {
        "name": "reader",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "purpose": "scores how well a sentence answers a question, and whether its text answers it",
        "starts_from": {"model": PACKAGED, "sha256": PACKAGED_SHA256, "licence": "Apache 2.0"},
        "data": [
            {"file": name, "sha256": digest, "from": SOURCES[name]}
            for name, digest in runs[0]["data"].items()
        ],
        "method": _method(runs, earlier),
        "input": {
            "form": "[CLS] question [SEP] before [SEP] sentence [SEP]; type 1 on the sentence",
            "before": "reader_model.context(heading, sentence before or words before a list)",
            "max_tokens": 160,
            "max_question": reader_model.MAX_QUESTION,
            "max_before": reader_model.MAX_BEFORE,
            "max_sentence": reader_model.MAX_SENTENCE,
        },
        "output": [
            "logit that the sentence answers, 0 being that none of the candidates does",
            "logit that the text answers at all; take the largest over the candidates",
        ],
        "figures": measured,
        "weaknesses": list(WEAKNESSES),
    }


def _method(runs: Sequence[dict[str, Any]], earlier: int) -> dict[str, Any]:
    sizes = sorted({run.get("candidates", lists.CANDIDATES) for run in runs})
    return {
        "loss": "softmax over the candidates and a 'none' of logit 0, and binary cross-entropy of "
        "the log-sum-exp of the second output",
        "lists": f"{' or '.join(map(str, sizes))} sentences each: of the passage, and of others "
        f"found by BM25; {lists.LISTED_SHARE:.0%} of the passages written as lists",
        "changed_shares": {
            name: asdict(lists.MIXES[name]) for name in sorted({_lists(run) for run in runs})
        },
        "questions": "as written, lower case, no question mark, terse, polite, misspelt",
        "packaged": "the running average of a run's steps, of several the mean; runs named earlier "
        "are those whose mean it went on from",
        "runs": [
            {
                "earlier": number < earlier,
                "plan": run["plan"],
                "epochs": run["epochs"],
                "lists": _lists(run),
                "steps": run["steps"],
                "steps_planned": run["planned"],
                "processor_minutes_on_two_cores": round(run["seconds"] / 60, 1),
                "held_out_lists": run["entries"][-1],
            }
            for number, run in enumerate(runs)
        ],
        "quantised": "int8 weights by channel, seven bits, dynamic, smoothed; onnxruntime",
    }


def _lists(run: dict[str, Any]) -> str:
    return str(run.get("lists", "plain"))


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the question sets")
    parser.add_argument(
        "--run", type=Path, action="append", required=True, help="folder of a run; may be repeated"
    )
    parser.add_argument("--output", type=Path, default=OUTPUT)
    parser.add_argument(
        "--earlier", type=Path, action="append", default=[], help="run that those went on from"
    )
    parser.add_argument("--figures", type=Path, help="JSON object to add to the card's figures")
    parser.add_argument("--lists", type=int, default=100, help="lists to compare int8 on")
    return parser


if __name__ == "__main__":
    sys.exit(main())
