"""Trains a reader: `python -m training.reader --examples FILE... --output DIR`.

A checkpoint and the log are written to the output folder every few steps. An interrupted run
resumes there when it is started again with the same options.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer

from mehealth_rag.encoder.shipped import file_hash
from mehealth_rag.reader.model import Reader
from training import bases
from training.batches import Epochs, Group, Mix
from training.examples import Examples, load
from training.export import weights
from training.fit import Log, Plan, State, keep_freed_memory, train
from training.model import ReaderModel
from training.teacher import hard, taught

CHECKPOINT, LOG = "checkpoint.pt", "log.json"
"""Files that a run writes to its folder."""

LAYERS = {"small": None, "large": 8}
"""Layers kept of each form's base; None keeps all. The last layers of a sentence encoder serve its
single vector; without them, the large form reads 1.5 times as fast and fits into eight bits."""

FROZEN = {"small": 0, "large": 4}
"""First layers of each form that are not trained."""

RATES = {"small": 1e-4, "large": 5e-5}

SHARES = {
    "questions": "questions that is drawn",
    "statements": "claims that is drawn",
    "twins": "twins that is drawn",
    "answers": "answers that is drawn",
    "copied": "gold sentences read as statements",
    "asked": "yes/no questions read as statements",
    "facts": "facts in passing that is asked about",
    "unlabelled": "questions put to other documents, with a teacher",
}
"""The shares of an epoch's mix, each an option."""

METHOD = (
    "examples", "shares", "documents", "plan", "mix", "epochs", "groups", "rows", "steps",
    "first", "teacher", "hard", "before",
)  # fmt: skip
"""Keys of a run's log that say how it was trained."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw the epochs, train, and save checkpoints."""
    options = options_of(arguments)
    keep_freed_memory()
    plan = Plan(
        rate=options.rate or RATES[options.form],
        groups_at_once=options.groups_at_once,
        bfloat16=_has_bfloat16(),
    )
    shares = {name: getattr(options, name) for name in SHARES}
    mix = Mix(**shares, turns=not options.no_turns)
    if not options.teacher:
        mix = replace(mix, unlabelled=0.0)
    examples = some(joined(options.examples), options.documents)
    groups = _groups(examples, mix, plan, options)
    torch.manual_seed(plan.seed)  # the heads start from random weights
    model = untrained(options.form)
    if options.first:
        model.load_state_dict(_weights(options.first))
    options.output.mkdir(parents=True, exist_ok=True)
    path = options.output / CHECKPOINT
    record = {
        "form": options.form,
        "plan": asdict(plan),
        "mix": asdict(mix),
        "epochs": options.epochs,
        "after": options.after,
        "first": options.first and options.first.name,
        "before": _before(options.first),
        "teacher": options.teacher and options.teacher.name,
        "hard": options.hard and {"reader": options.hard.name, "share": options.hard_share},
        "documents": options.documents,
        "examples": {p.name: file_hash(p) for p in options.examples},
        "groups": len(groups),
        "rows": sum(len(g.rows) for g in groups),
    }

    def save(state: State, log: Log) -> None:
        torch.save({**state, "log": asdict(log)}, path.with_suffix(".new"))
        path.with_suffix(".new").replace(path)
        text = json.dumps({**record, **asdict(log)}, indent=1) + "\n"
        (options.output / LOG).write_text(text, encoding="utf-8")
        print(f"step {log.steps}/{log.planned}: {log.entries[-1]}", file=sys.stderr, flush=True)

    earlier = None
    if path.is_file():
        state = _state(options.output)
        earlier = state, Log(**state["log"])
    train(model, groups, plan, save, earlier)
    return 0


def _groups(examples: Examples, mix: Mix, plan: Plan, options: argparse.Namespace) -> list[Group]:
    """Draw the groups of all epochs, with what a teacher says of them, or only the hard ones."""

    def drawn(tokenizer: Tokenizer) -> list[Group]:
        epochs = Epochs(examples, tokenizer, plan.seed)
        numbers = range(options.after, options.after + options.epochs)
        return [group for number in numbers for group in epochs.draw(number, mix)][: options.most]

    groups = drawn(bases.tokenizer(options.form))
    if options.teacher:
        print(f"the teacher reads {len(groups)} groups", file=sys.stderr, flush=True)
        teacher = Reader.load(options.teacher)
        groups = list(taught(groups, drawn(teacher.tokenizer), teacher))
    if options.hard:
        print(f"{len(groups)} groups are read to find the hard ones", file=sys.stderr, flush=True)
        groups = hard(groups, options.hard_share, Reader.load(options.hard), plan)
    return groups


def untrained(form: str) -> ReaderModel:
    """A form's base with untrained heads."""
    return ReaderModel(bases.folder(form), FROZEN[form], LAYERS[form])


def trained(run: Path) -> ReaderModel:
    """A run's model with the running average of its weights, in evaluation mode."""
    form = json.loads((run / LOG).read_text(encoding="utf-8"))["form"]
    model = untrained(form)
    model.load_state_dict(_state(run)["average"])
    return model.eval()


def method(log: dict[str, Any]) -> dict[str, Any]:
    """How a run was trained, from its log; `before` has the same of the runs it continued from."""
    entries = {key: log[key] for key in METHOD if key in log}
    return entries | {"minutes": round(log["seconds"] / 60, 1)}


def joined(paths: Sequence[Path]) -> Examples:
    """Merge the examples of several files."""
    merged = Examples([], [])
    for path in paths:
        offset, part = len(merged.passages), load(path)
        for example in part.examples:
            readings = [replace(r, passage=r.passage + offset) for r in example.readings]
            merged.examples.append(replace(example, readings=readings))
        merged.passages.extend(part.passages)
    return merged


def some(examples: Examples, share: float) -> Examples:
    """The examples of a share of the documents, the same on every call."""
    documents = sorted({e.document for e in examples.examples})
    chance = random.Random(1)  # noqa: S311 - not a secret
    chosen = set(chance.sample(documents, round(share * len(documents))))
    return replace(examples, examples=[e for e in examples.examples if e.document in chosen])


def _before(first: Path | None) -> list[dict[str, Any]]:
    """How `first` (a run or a packaged reader) and its predecessors were trained, oldest first."""
    if first is None:
        return []
    latest = method(json.loads((first / LOG).read_text(encoding="utf-8")))
    return [*latest.pop("before", []), latest]


def _has_bfloat16() -> bool:
    """Return whether the processor multiplies bfloat16 natively: twice as fast, or more."""
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("amx_bf16") or capabilities.get("avx512_bf16"))


def _weights(first: Path) -> dict[str, torch.Tensor]:
    """The weights to continue from: a run's average, or a packaged reader's."""
    if not (first / CHECKPOINT).is_file():
        return weights(first)
    average: dict[str, torch.Tensor] = _state(first)["average"]
    return average


def _state(run: Path) -> State:
    state: State = torch.load(run / CHECKPOINT, weights_only=True)
    return state


def options_of(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.reader", description=__doc__)
    parser.add_argument("--examples", type=Path, nargs="+", required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--form", choices=bases.FORMS, default="small")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--after", type=int, default=0, help="epochs that came before")
    parser.add_argument("--first", type=Path, help="run, or packaged reader, to continue from")
    parser.add_argument("--teacher", type=Path, help="packaged reader to learn from as well")
    parser.add_argument("--hard", type=Path, help="packaged reader of the same form: what it finds "
                        "hard is drawn")  # fmt: skip
    parser.add_argument("--hard-share", type=float, default=0.5, help="share that is drawn as hard")
    parser.add_argument("--documents", type=float, default=1.0, help="share that is read")
    for name, about in SHARES.items():
        default = getattr(Mix(), name)
        parser.add_argument(f"--{name}", type=float, default=default, help=f"share of {about}")
    parser.add_argument("--groups-at-once", type=int, default=12, help="groups of a step")
    parser.add_argument("--no-turns", action="store_true", help="read follow-ups by themselves")
    parser.add_argument("--most", type=int, help="stop after so many groups")
    parser.add_argument("--rate", type=float)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
