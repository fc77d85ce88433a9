"""Trains a reader: `python -m training.reader --examples FILE... --output DIR`.

A checkpoint and the log are written to the output folder every few steps. An interrupted run
resumes there when it is started again with the same options.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from mehealth_rag.encoder.shipped import file_hash
from mehealth_rag.reader.model import Reader
from training import bases, packaged
from training.batches import Epochs, Mix
from training.examples import Examples, load
from training.fit import Log, Plan, State, train
from training.hard import hard
from training.memory import keep_freed_memory
from training.model import ReaderModel
from training.teacher import taught

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tokenizers import Tokenizer

    from training.batches import Group

CHECKPOINT, LOG = "checkpoint.pt", "log.json"
"""Files that a run writes to its folder."""

LAYERS = {"small": None, "large": 8}
"""Layers kept of each form's base; None keeps all. The last layers of a sentence encoder serve its
single vector; without them, the large form reads 1.5 times as fast and fits into eight bits."""

FROZEN = {"small": 0, "large": 4}
"""First layers of each form that are not trained."""

RATES = {"small": 1e-4, "large": 5e-5}

METHOD = (
    "examples", "shares", "documents", "plan", "mix", "epochs", "groups", "rows", "steps",
    "first", "teacher", "hard", "before",
)  # fmt: skip
"""Keys of a run's log that say how it was trained."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw the epochs, train, and save checkpoints."""
    options = _options().parse_args(arguments)
    keep_freed_memory()
    tokenizer = bases.tokenizer(options.form)
    plan = Plan(
        rate=options.rate or RATES[options.form],
        groups_at_once=options.groups_at_once,
        bfloat16=_has_bfloat16() if options.bfloat16 is None else options.bfloat16,
    )
    mix = Mix(
        questions=options.questions,
        statements=options.statements,
        twins=options.twins,
        answers=options.answers,
        turns=not options.no_turns,
        others=options.others,
        copied=options.copied,
        asked=options.asked,
        gathered=options.gathered,
        unlabelled=options.unlabelled if options.teacher else 0.0,
        facts=options.facts,
    )
    examples = some(joined(options.examples, options.shares), options.documents)
    numbers = range(options.after, options.after + options.epochs)

    def drawn(pieces: Tokenizer) -> list[Group]:
        epochs = Epochs(examples, pieces, plan.seed)
        return [group for number in numbers for group in epochs.draw(number, mix)][: options.most]

    groups = drawn(tokenizer)
    if options.teacher:
        print(f"the teacher reads {len(groups)} groups", file=sys.stderr, flush=True)
        teacher = Reader.load(options.teacher)
        groups = list(taught(groups, drawn(teacher.tokenizer), teacher))
    if options.hard:
        print(f"{len(groups)} groups are read to find the hard ones", file=sys.stderr, flush=True)
        groups = hard(groups, options.hard_share, Reader.load(options.hard), plan)
    torch.manual_seed(plan.seed)  # the heads start from random weights
    model = untrained(options.form)
    if options.first:
        model.load_state_dict(_weights(options.first))
    options.output.mkdir(parents=True, exist_ok=True)
    path = options.output / CHECKPOINT
    facts = {
        "form": options.form,
        "plan": asdict(plan),
        "mix": asdict(mix),
        "epochs": options.epochs,
        "after": options.after,
        "first": options.first.name if options.first else None,
        "before": _before(options.first),
        "teacher": options.teacher.name if options.teacher else None,
        "hard": {"reader": options.hard.name, "share": options.hard_share}
        if options.hard
        else None,
        "documents": options.documents,
        "examples": {p.name: file_hash(p) for p in options.examples},
        "shares": options.shares,
        "groups": len(groups),
        "rows": sum(len(g.rows) for g in groups),
    }

    def keep(state: State, log: Log) -> None:
        torch.save({**state, "log": asdict(log)}, path.with_suffix(".new"))
        path.with_suffix(".new").replace(path)
        text = json.dumps({**facts, **asdict(log)}, indent=1) + "\n"
        (options.output / LOG).write_text(text, encoding="utf-8")
        print(f"step {log.steps}/{log.planned}: {log.entries[-1]}", file=sys.stderr, flush=True)

    earlier = None
    if path.is_file():
        state = _state(options.output)
        earlier = state, Log(**state["log"])
    train(model, groups, plan, keep, earlier)
    return 0


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


def joined(paths: Sequence[Path], shares: Sequence[float] = ()) -> Examples:
    """Merge the examples of several files; `shares` is the share taken of each, all by default."""
    chance = random.Random(2)  # noqa: S311 - not a secret
    merged = Examples([], [])
    remaining = [1.0] * (len(paths) - len(shares))
    for path, share in zip(paths, [*shares, *remaining], strict=True):
        offset, part = len(merged.passages), load(path)
        for example in chance.sample(part.examples, round(share * len(part.examples))):
            for number, reading in enumerate(example.readings):
                moved = type(reading)(reading.passage + offset, reading.labels, reading.rank)
                example.readings[number] = moved
            merged.examples.append(example)
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
    """Whether the processor multiplies bfloat16 natively: at least twice as fast as float32."""
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("amx_bf16") or capabilities.get("avx512_bf16"))


def _weights(first: Path) -> dict[str, torch.Tensor]:
    """The weights to continue from: a run's average, or a packaged reader's."""
    if not (first / CHECKPOINT).is_file():
        return packaged.weights(first)
    average: dict[str, torch.Tensor] = _state(first)["average"]
    return average


def _state(run: Path) -> State:
    state: State = torch.load(run / CHECKPOINT, weights_only=True)
    return state


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training.reader", description=__doc__)
    parser.add_argument("--examples", type=Path, nargs="+", required=True)
    parser.add_argument(
        "--shares", type=float, nargs="+", default=[], help="how much of each file is read; all"
    )
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--form", choices=bases.FORMS, default="small")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--after", type=int, default=0, help="epochs that came before")
    parser.add_argument("--first", type=Path, help="run, or packaged reader, to go on from")
    parser.add_argument("--teacher", type=Path, help="packaged reader to learn from as well")
    parser.add_argument(
        "--hard", type=Path, help="packaged reader of the same form that tells what is hard"
    )
    parser.add_argument("--hard-share", type=float, default=0.5, help="share that is kept as hard")
    parser.add_argument("--documents", type=float, default=1.0, help="share that is read")
    parser.add_argument("--questions", type=float, default=1.0, help="share that is drawn")
    parser.add_argument("--statements", type=float, default=1.0, help="share that is drawn")
    parser.add_argument("--twins", type=float, default=1.0, help="share that is drawn")
    parser.add_argument("--answers", type=float, default=1.0, help="share that is drawn")
    parser.add_argument("--others", type=int, default=1, help="wrong passages of a question")
    parser.add_argument("--copied", type=float, default=0.0, help="share read as statements")
    parser.add_argument("--asked", type=float, default=0.0, help="share of yes or no, as claims")
    parser.add_argument("--gathered", type=float, default=0.4, help="share read as gathered")
    parser.add_argument(
        "--facts", type=float, default=0.0, help="share of told facts that is asked"
    )
    parser.add_argument(
        "--unlabelled", type=float, default=0.0, help="share put to other documents, with a teacher"
    )
    parser.add_argument("--groups-at-once", type=int, default=12, help="groups of a step")
    parser.add_argument("--no-turns", action="store_true", help="read follow-ups by themselves")
    parser.add_argument("--most", type=int, help="stop after so many groups")
    parser.add_argument("--rate", type=float)
    parser.add_argument(
        "--bfloat16", action=argparse.BooleanOptionalAction, help="on where the processor has it"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
