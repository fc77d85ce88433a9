"""The training loop: list-wise softmax with room for "none of these", and an absolute output."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import torch
from sklearn.metrics import roc_auc_score
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from mehealth_rag.answering.reader_model import encode
from training.data import SEED
from training.model import CrossEncoder, Shape, score

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor

    from tokenizers import Tokenizer

    from mehealth_rag.answering.reader_model import Row
    from training.lists import CandidateList


WORKERS = 2
"""Threads that share a batch."""

WATCHED = 40
"""Held-out lists to look at on the way; all of them at the end."""

_TAUGHT_AT_ONCE = 50
"""Lists that a teacher scores together."""

State = dict[str, Any]
"""The states of the model, of the optimiser, and the running average of the model's weights."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How to train. `minutes` of processor time for each of two cores end a run early.

    The learning rate then falls with that clock. It does not run while a process is paused or
    waits for others. `low_precision` computes in bfloat16. What is looked at and packaged is the
    running average of the weights over about `averaged_over` steps.
    """

    rate: float = 8e-5
    head_rate: float = 8e-4
    warm_up: float = 0.06
    lists_at_once: int = 6
    clip: float = 1.0
    answer_weight: float = 0.5
    seed: int = SEED
    minutes: float = 60.0
    every: int = 60
    low_precision: bool = False
    averaged_over: int = 200
    shape: Shape = field(default_factory=Shape)


@dataclass(frozen=True, slots=True)
class Encoded:
    """A list as input rows; `taught` [rows, 2] are a teacher's logits, where there is a teacher."""

    rows: tuple[Row, ...]
    right: tuple[int, ...]
    taught: Tensor | None = None


@dataclass(slots=True)
class Log:
    """What happened: one entry at each look at the held-out lists."""

    entries: list[dict[str, float]] = field(default_factory=list)
    steps: int = 0
    planned: int = 0
    seconds: float = 0.0


def encoded(tokenizer: Tokenizer, lists: Sequence[CandidateList]) -> list[Encoded]:
    """All lists as input rows."""
    return [Encoded(tuple(encode(tokenizer, e.question, e.pairs)), e.right) for e in lists]


def taught(lists: Sequence[Encoded], teacher: CrossEncoder) -> list[Encoded]:
    """The lists with what a trained model makes of them."""
    teacher.eval()
    found = []
    with torch.no_grad():
        for start in range(0, len(lists), _TAUGHT_AT_ONCE):
            part = lists[start : start + _TAUGHT_AT_ONCE]
            scores = score(teacher, [r for e in part for r in e.rows], 24)
            split = torch.split(scores, [len(e.rows) for e in part])
            found += [replace(e, taught=s) for e, s in zip(part, split, strict=True)]
    return found


def train(
    epochs: Sequence[Sequence[Encoded]],
    held_out: Sequence[Encoded],
    plan: Plan,
    keep: Callable[[State, Log], None],
    start: tuple[State, Log] | None = None,
    first: CrossEncoder | None = None,
) -> Log:
    """Train on the epochs in turn; `keep` is called with the state at each look and at the end.

    `start` is what `keep` was given in a run with the same plan that was cut short. `first` is a
    trained model to go on from; without one the embedding model is.
    """
    torch.manual_seed(plan.seed)
    model = CrossEncoder(plan.shape, low_precision=plan.low_precision)
    if first is not None:
        model.load_state_dict(first.state_dict())
    optimiser = torch.optim.AdamW(model.groups(plan.rate, plan.head_rate), weight_decay=0.01)
    base = [group["lr"] for group in optimiser.param_groups]
    batches = [b for i, e in enumerate(epochs) for b in _batches(e, plan, i)]
    log = Log(planned=len(batches))
    average = Average(model, plan.averaged_over)
    if start is not None:
        state, log = start
        model.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        average.state = state["average"]
    earlier, started = log.seconds, time.process_time()
    workers = ThreadPoolExecutor(WORKERS)
    losses: list[float] = []

    def look(lists: Sequence[Encoded]) -> None:
        log.entries.append(
            {
                "step": log.steps,
                "minutes": round(log.seconds / 60, 1),
                "loss": round(sum(losses[-40:]) / max(len(losses[-40:]), 1), 4),
                **average.figures(lists),
            }
        )
        state = {"model": model.state_dict(), "average": average.state}
        keep({**state, "optimiser": optimiser.state_dict()}, log)

    for batch in batches[log.steps :]:
        share = log.steps / len(batches)
        done = max(share, log.seconds / 60 / plan.minutes)
        if done >= 1:
            break
        for group, rate in zip(optimiser.param_groups, base, strict=True):
            group["lr"] = rate * _share(done, share, plan.warm_up)
        losses.append(_step(model, optimiser, batch, plan, workers))
        log.steps += 1
        average.take(model, log.steps)
        log.seconds = earlier + (time.process_time() - started) / WORKERS
        if log.steps % plan.every == 0:
            look(held_out[:WATCHED])
    look(held_out)
    return log


class Average:
    """The running average of a model's weights, evened out over about so many steps."""

    def __init__(self, model: CrossEncoder, steps: int) -> None:
        self.state = {name: value.clone() for name, value in model.state_dict().items()}
        self._model = CrossEncoder(model.shape, low_precision=model.low_precision)
        self._steps = steps

    def take(self, model: CrossEncoder, step: int) -> None:
        """Move towards the model as it is after so many steps; the first ones move it more."""
        share = 1 / min(self._steps, step / 2 + 1)
        for name, value in model.state_dict().items():
            self.state[name].lerp_(value, share)

    def figures(self, lists: Sequence[Encoded]) -> dict[str, float]:
        """How well the average chooses and declines on lists."""
        self._model.load_state_dict(self.state)
        return figures(self._model, lists)


def figures(model: CrossEncoder, lists: Sequence[Encoded]) -> dict[str, float]:
    """How well the model chooses and declines on lists."""
    model.eval()
    with torch.no_grad():
        scores = score(model, [r for e in lists for r in e.rows]).numpy()
    model.train()
    first, best, answers, losses = 0, [], [], []
    for item in lists:
        own = scores[first : first + len(item.rows)]
        first += len(item.rows)
        best.append(int(own[:, 0].argmax()) in item.right)
        answers.append(float(own[:, 1].max()))
        losses.append(float(_loss(torch.from_numpy(own), item, 0.0)))
    truth = [bool(e.right) for e in lists]
    kept = [b for b, t in zip(best, truth, strict=True) if t]
    return {
        "best_is_right": round(sum(kept) / len(kept), 4),
        "choosing_loss": round(sum(losses) / len(losses), 4),
        "answerable_auc": round(float(roc_auc_score(truth, answers)), 4),
    }


def _batches(lists: Sequence[Encoded], plan: Plan, epoch: int) -> list[list[Encoded]]:
    order = list(lists)
    random.Random(f"{plan.seed}-{epoch}").shuffle(order)  # noqa: S311 - not a secret
    return [order[i : i + plan.lists_at_once] for i in range(0, len(order), plan.lists_at_once)]


def _share(done: float, steps: float, warm_up: float) -> float:
    """The share of the learning rate: up at first, then down in a line to a twentieth."""
    return min(1.0, (steps + 1e-3) / warm_up) * max(0.05, 1 - done)


def _step(
    model: CrossEncoder,
    optimiser: torch.optim.Optimizer,
    batch: Sequence[Encoded],
    plan: Plan,
    workers: Executor,
) -> float:
    """One step. Workers share the batch, one thread each: they do not wait for one another."""
    trained = [p for p in model.parameters() if p.requires_grad]

    def work(part: Sequence[Encoded]) -> tuple[float, Sequence[Tensor]]:
        torch.set_num_threads(1)
        scores = score(model, [r for e in part for r in e.rows])
        split = torch.split(scores, [len(e.rows) for e in part])
        losses = [_loss(s, e, plan.answer_weight) for s, e in zip(split, part, strict=True)]
        loss = torch.stack(losses).sum() / len(batch)
        return float(loss.detach()), torch.autograd.grad(loss, trained)

    results = list(workers.map(work, [p for p in (batch[::2], batch[1::2]) if p]))
    for number, parameter in enumerate(trained):
        parameter.grad = torch.stack([gradients[number] for _, gradients in results]).sum(0)
    torch.nn.utils.clip_grad_norm_(trained, plan.clip)
    optimiser.step()
    return sum(loss for loss, _ in results)


def _loss(scores: Tensor, item: Encoded, answer_weight: float) -> Tensor:
    """Choosing: softmax over the sentences and "none", whose logit is 0. Answering: yes or no.

    With a teacher, half of it is how far the answers are from the teacher's.
    """
    choices = torch.cat((scores[:, 0], torch.zeros(1)))
    wanted = list(item.right) or [len(scores)]
    choosing = torch.logsumexp(choices, 0) - torch.logsumexp(choices[wanted], 0)
    answered = torch.logsumexp(scores[:, 1], 0)
    truth = torch.tensor(float(bool(item.right)))
    if item.taught is not None:
        told = torch.cat((item.taught[:, 0], torch.zeros(1))).softmax(0)
        choosing = (choosing - (told * choices.log_softmax(0)).sum()) / 2
        truth = (truth + torch.logsumexp(item.taught[:, 1], 0).sigmoid()) / 2
    answering = binary_cross_entropy_with_logits(answered, truth)
    return choosing + answer_weight * answering
