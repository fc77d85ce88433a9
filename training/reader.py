"""Train the reader: `python -m training.reader --data DIR --output DIR`.

DIR of `--data` holds selqa.jsonl, qed.jsonl and covidqa.jsonl. A checkpoint and the log are written
to the output folder every few steps; `training.package` makes the packaged form of them.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from tokenizers import Tokenizer

from mehealth_rag.answering.reader_model import plain_tokenizer
from mehealth_rag.model_files import model_folder
from training import data, lists
from training.fit import Log, Plan, State, encoded, taught, train
from training.model import CrossEncoder, Shape

if TYPE_CHECKING:
    from collections.abc import Sequence


CHECKPOINT, LOG = "checkpoint.pt", "log.json"
"""What a run leaves in its folder."""

COVIDQA_SHARES, MOST_OF_COVIDQA = 3, 400
"""Its passages are long and narrow in subject: each epoch takes another third of its questions."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the lists, train, export."""
    options = _options().parse_args(arguments)
    shape = Shape(options.layers, options.split, options.frozen)
    low_precision = bfloat16_is_faster()
    plan = Plan(
        rate=options.rate, minutes=options.minutes, shape=shape, low_precision=low_precision
    )
    options.output.mkdir(parents=True, exist_ok=True)
    tokenizer = packaged_tokenizer()
    mix = lists.MIXES[options.lists]
    epochs = [
        encoded(tokenizer, training_lists(options.data, plan.seed, epoch, options.candidates, mix))
        for epoch in range(options.after, options.after + options.epochs)
    ]
    if options.teacher is not None:
        teacher = trained(options.teacher)
        epochs = [taught(lists, teacher) for lists in epochs]
    watch = encoded(tokenizer, held_out_lists(options.data, plan.seed))

    path = options.output / CHECKPOINT

    def keep(state: State, log: Log) -> None:
        torch.save({**state, "log": asdict(log)}, path)
        given = {"epochs": options.epochs, "candidates": options.candidates}
        given |= {"lists": options.lists, "after": options.after}
        report = {"plan": asdict(plan), "data": data.hashes(options.data), **asdict(log)}
        text = json.dumps({**report, **given}, indent=1) + "\n"
        (options.output / LOG).write_text(text, encoding="utf-8")
        print(log.entries[-1], file=sys.stderr, flush=True)

    earlier = _earlier(path) if options.resume else None
    first = averaged([trained(run) for run in options.first]) if options.first else None
    train(epochs, watch, plan, keep, earlier, first)
    return 0


def trained(run: Path) -> CrossEncoder:
    """The model of a run: the average of its weights."""
    plan = json.loads((run / LOG).read_text(encoding="utf-8"))["plan"]
    model = CrossEncoder(Shape(**plan["shape"]), low_precision=plan["low_precision"])
    model.load_state_dict(torch.load(run / CHECKPOINT, weights_only=True)["average"])
    return model.eval()


def averaged(models: Sequence[CrossEncoder]) -> CrossEncoder:
    """The model whose weights are the mean of those of models of one shape."""
    states = [model.state_dict() for model in models]
    mean = {name: torch.stack([s[name] for s in states]).mean(0) for name in states[0]}
    models[0].load_state_dict(mean)
    return models[0].eval()


def _earlier(path: Path) -> tuple[State, Log] | None:
    """The state and the log of a run that was cut short, None where there is none."""
    if not path.is_file():
        return None
    state = torch.load(path, weights_only=True)
    return state, Log(**state["log"])


def training_items(
    folder: Path, seed: int, epoch: int = 0
) -> tuple[list[data.Item], list[data.Item]]:
    """The questions that an epoch is trained on, and those held out."""
    items, held_out = data.divide(data.load(folder), seed)
    medical = [i for i in items if i.source == "covidqa"]
    medical = medical[epoch % COVIDQA_SHARES :: COVIDQA_SHARES][:MOST_OF_COVIDQA]
    return [i for i in items if i.source != "covidqa"] + medical, held_out


def training_lists(
    folder: Path,
    seed: int,
    epoch: int = 0,
    size: int = lists.CANDIDATES,
    mix: lists.Mix = lists.MIXES["plain"],
) -> list[lists.CandidateList]:
    """The lists of one epoch."""
    items, _ = training_items(folder, seed, epoch)
    return lists.build(items, items, seed + epoch, size, mix)


def held_out_lists(folder: Path, seed: int) -> list[lists.CandidateList]:
    """Lists about passages that are never trained on; wrong sentences come from anywhere."""
    items, held_out = training_items(folder, seed)
    return lists.build(held_out, items + held_out, seed)


def bfloat16_is_faster() -> bool:
    """Whether this processor multiplies in bfloat16 well ahead of float32: some only emulate it."""
    times = {}
    for kind in (torch.float32, torch.bfloat16):
        left, right = torch.ones(1024, 384, dtype=kind), torch.ones(384, 1536, dtype=kind)
        left @ right
        started = time.perf_counter()
        for _ in range(20):
            left @ right
        times[kind] = time.perf_counter() - started
    return times[torch.bfloat16] < 0.7 * times[torch.float32]


def packaged_tokenizer() -> Tokenizer:
    """The embedding model's tokenizer, which the reader shares."""
    return plain_tokenizer(Tokenizer.from_file(str(model_folder() / "tokenizer.json")))


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the question sets")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=2, help="each with lists drawn anew")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--split", type=int, default=0, help="layers that see the parts apart")
    parser.add_argument("--candidates", type=int, default=lists.CANDIDATES, help="of a list")
    parser.add_argument("--frozen", type=int, default=0, help="first layers that stay as they are")
    parser.add_argument("--teacher", type=Path, help="run of a trained model to learn from too")
    parser.add_argument(
        "--first", type=Path, action="append", default=[], help="run to go on from; may be repeated"
    )
    parser.add_argument("--after", type=int, default=0, help="epochs that came before these")
    parser.add_argument("--lists", choices=sorted(lists.MIXES), default="plain")
    parser.add_argument("--rate", type=float, default=8e-5)
    parser.add_argument("--minutes", type=float, default=45.0, help="processor minutes")
    return parser


if __name__ == "__main__":
    sys.exit(main())
