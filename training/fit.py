"""The training loop: two single-threaded workers share each step; checkpoints at intervals."""

from __future__ import annotations

import ctypes
import random
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits as binary_loss
from torch.nn.functional import softplus

from training.batches import Group, Target, Taught
from training.model import VERDICTS, Outputs, ReaderModel, read

WORKERS = 2
"""Single-threaded workers that share a step. Two threads within one operation stall whenever
anything else runs."""

ALIKE_AMONG = 8
"""Groups are sorted by length within this many batches: similar lengths need less padding."""

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX, _ARENA_MAX = -1, -2, -4, -8
"""Parameter numbers of `mallopt` (malloc.h)."""

State = dict[str, Any]
"""States of the model and the optimiser, and the running average of the model's weights."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Hyperparameters of a run.

    `every`: steps between checkpoints. `averaged_over`: steps in the running average of the
    weights, which is the result.
    """

    rate: float = 1e-4
    head_rate: float = 8e-4
    warm_up: float = 0.05
    groups_at_once: int = 12
    clip: float = 1.0
    seed: int = 7
    every: int = 50
    averaged_over: int = 150
    sentence_weight: float = 2.0
    choice_weight: float = 0.5
    verdict_weight: float = 1.0
    twin_weight: float = 1.0
    taught_share: float = 0.5
    """Weight of the teacher's loss where there is one; the labels' loss has the rest."""
    bfloat16: bool = False
    """Multiply in bfloat16: a step takes half as long, or a sixth on a processor with AMX."""


@dataclass(slots=True)
class Log:
    """An entry per checkpoint; `seconds` is wall-clock time, summed over resumed runs."""

    entries: list[dict[str, float]] = field(default_factory=list)
    steps: int = 0
    planned: int = 0
    seconds: float = 0.0


def keep_freed_memory() -> None:
    """Make glibc keep freed memory for the next step; call this before torch allocates.

    Clearing fresh pages takes half of each step otherwise.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    if mallopt is not None:
        for parameter, value in (
            (_ARENA_MAX, 1), (_MMAP_MAX, 0), (_TRIM_THRESHOLD, 2**31 - 1), (_TOP_PAD, 2**28),
        ):  # fmt: skip
            mallopt(parameter, value)


def train(
    model: ReaderModel,
    groups: Sequence[Group],
    plan: Plan,
    keep: Callable[[State, Log], None],
    start: tuple[State, Log] | None = None,
) -> Log:
    """Train on the groups, and return the log.

    `keep` receives the state at each checkpoint and at the end. `start` is what `keep` last
    received in an interrupted run of the same plan.
    """
    optimiser = torch.optim.AdamW(
        model.groups(plan.rate, plan.head_rate), weight_decay=0.01, fused=True
    )
    rates = [group["lr"] for group in optimiser.param_groups]
    batches = _batches(groups, plan)
    log = Log(planned=len(batches))
    average = {n: v.detach().clone() for n, v in model.state_dict().items()}
    if start is not None:
        state, log = start
        model.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        log.planned = len(batches)
        average = state["average"]
    began, seconds_before = time.monotonic(), log.seconds
    losses: list[float] = []

    def checkpoint() -> None:
        recent = losses[-plan.every :]
        loss = round(sum(recent) / max(len(recent), 1), 4)
        minutes = round(log.seconds / 60, 1)
        log.entries.append({"step": log.steps, "minutes": minutes, "loss": loss})
        states = {"model": model.state_dict(), "average": average}
        keep({**states, "optimiser": optimiser.state_dict()}, log)

    with ThreadPoolExecutor(WORKERS) as workers:
        for batch in batches[log.steps :]:
            progress = log.steps / len(batches)
            share = min(1.0, (progress + 1e-3) / plan.warm_up) * max(0.03, 1 - progress)
            for group, rate in zip(optimiser.param_groups, rates, strict=True):
                group["lr"] = rate * share
            losses.append(_step(model, optimiser, batch, plan, workers))
            log.steps += 1
            weight = 1 / min(plan.averaged_over, log.steps / 2 + 1)
            for name, value in model.state_dict().items():
                average[name].lerp_(value, weight) if value.is_floating_point() else None
            log.seconds = seconds_before + time.monotonic() - began
            if log.steps % plan.every == 0:
                checkpoint()
    checkpoint()
    return log


def _batches(groups: Sequence[Group], plan: Plan) -> list[list[Group]]:
    """Batches of groups of similar length, shuffled within each window: padding costs time."""
    size, window = plan.groups_at_once, plan.groups_at_once * ALIKE_AMONG
    chance = random.Random(plan.seed)  # noqa: S311 - not a secret
    batches = []
    for start in range(0, len(groups), window):
        alike = sorted(groups[start : start + window], key=_longest)
        window_batches = [alike[i : i + size] for i in range(0, len(alike), size)]
        chance.shuffle(window_batches)
        batches += window_batches
    return batches


def _longest(group: Group) -> int:
    return max(len(row.ids) for row in group.rows)


def _step(
    model: ReaderModel,
    optimiser: torch.optim.Optimizer,
    batch: Sequence[Group],
    plan: Plan,
    workers: Executor,
) -> float:
    trained = [p for p in model.parameters() if p.requires_grad]

    def work(part: Sequence[Group]) -> tuple[float, Sequence[Tensor | None]]:
        torch.set_num_threads(1)
        with torch.autocast("cpu", torch.bfloat16, enabled=plan.bfloat16):
            outputs = read(model, [row for group in part for row in group.rows])
        loss = torch.zeros(())
        for group in part:
            group_outputs, outputs = outputs[: len(group.rows)], outputs[len(group.rows) :]
            loss = loss + group_loss(group_outputs, group, plan)
        loss = loss / len(batch)
        return float(loss.detach()), torch.autograd.grad(loss, trained, allow_unused=True)

    results = list(workers.map(work, _shared_out(batch)))
    for parameter, *gradients in zip(trained, *(g for _, g in results), strict=True):
        present = [g for g in gradients if g is not None]
        for gradient in present[1:]:
            present[0].add_(gradient)
        parameter.grad = present[0] if present else None
    torch.nn.utils.clip_grad_norm_(trained, plan.clip)
    optimiser.step()
    return sum(loss for loss, _ in results)


def _shared_out(batch: Sequence[Group]) -> list[list[Group]]:
    """Split a batch into one part per worker, with about as many tokens in each."""
    parts: list[list[Group]] = [[] for _ in range(WORKERS)]
    loads = [0] * WORKERS
    tokens = {id(g): sum(len(row.ids) for row in g.rows) for g in batch}
    for group in sorted(batch, key=lambda g: tokens[id(g)], reverse=True):
        least = loads.index(min(loads))
        parts[least].append(group)
        loads[least] += tokens[id(group)]
    return [part for part in parts if part]


def group_loss(outputs: Sequence[Outputs], group: Group, plan: Plan) -> Tensor:
    """The loss of a question's passages, or of a statement's evidence."""
    taught = [t.taught for t in group.targets if t.taught is not None]
    if not taught:
        return _known_loss(outputs, group, plan)
    rows = zip(outputs, taught, strict=True)
    row_losses = [_taught_loss(o, t, plan, group.of_statement) for o, t in rows]
    teacher_loss = torch.stack(row_losses).sum()
    if not group.labelled:
        return teacher_loss
    return _known_loss(outputs, group, plan).lerp(teacher_loss, plan.taught_share)


def _known_loss(outputs: Sequence[Outputs], group: Group, plan: Plan) -> Tensor:
    """The loss against the labels."""
    if not group.of_statement:
        return _question_loss(outputs, group.targets, plan)
    pairs = list(zip(outputs, group.targets, strict=True))
    loss = torch.stack([_verdict_loss(o, t, plan) for o, t in pairs]).sum()
    if group.twins:
        true, lie = (carried(o.verdict) for o in outputs)
        loss = loss + plan.twin_weight * softplus(lie - true).sum()
    return loss


def _question_loss(outputs: Sequence[Outputs], targets: Sequence[Target], plan: Plan) -> Tensor:
    """Sum the losses of each sentence, of the best sentence or none, and of each passage."""
    logits = torch.cat(
        [o.answers[0, : len(t.labels)] for o, t in zip(outputs, targets, strict=True)]
    )
    gold = torch.tensor([is_gold for t in targets for is_gold in t.gold])
    used = torch.tensor([is_counted for t in targets for is_counted in t.counted])
    sentence_loss = binary_loss(logits[used], gold[used].float())
    none = torch.zeros(1)
    gold_logits = logits[gold] if bool(gold.any()) else none
    choice = torch.logsumexp(torch.cat((logits[used], none)), 0) - torch.logsumexp(gold_logits, 0)
    passage_logits = torch.cat([o.passage for o in outputs])
    truth = torch.tensor([float(any(t.gold)) for t in targets])
    passage_loss = binary_loss(passage_logits, truth)
    return plan.sentence_weight * sentence_loss + plan.choice_weight * choice + passage_loss


def _verdict_loss(outputs: Outputs, target: Target, plan: Plan) -> Tensor:
    """Sum the losses of the verdict and of the sentences that decide it.

    A "not_supported" statement only needs a low probability of being supported.
    """
    if target.verdict is None or target.verdict == "not_supported":
        verdict_loss = binary_loss(carried(outputs.verdict), torch.zeros(1))
    else:
        true_class = torch.tensor([VERDICTS.index(target.verdict)])
        verdict_loss = torch.nn.functional.cross_entropy(outputs.verdict, true_class)
    used, gold = torch.tensor(target.counted), torch.tensor(target.gold)
    evidence_loss = binary_loss(outputs.evidence[0, : len(gold)][used], gold[used].float())
    return plan.verdict_weight * verdict_loss + 0.5 * evidence_loss


def _taught_loss(outputs: Outputs, taught: Taught, plan: Plan, of_statement: bool) -> Tensor:
    """Cross-entropies of a row's probabilities against the teacher's.

    The two tokenizers may fit different numbers of sentences: only those that both fit are
    compared.
    """
    if of_statement:
        verdict = torch.tensor([taught.verdict]).softmax(1)
        verdict_loss = torch.nn.functional.cross_entropy(outputs.verdict, verdict)
        return plan.verdict_weight * verdict_loss + 0.5 * _soft_loss(
            outputs.evidence[0], taught.evidence
        )
    passage_loss = _soft_loss(outputs.passage, (taught.passage,))
    return plan.sentence_weight * _soft_loss(outputs.answers[0], taught.answers) + passage_loss


def _soft_loss(logits: Tensor, taught: Sequence[float]) -> Tensor:
    shared = min(len(logits), len(taught))
    return binary_loss(logits[:shared], torch.tensor(taught[:shared]).sigmoid())


def carried(verdict: Tensor) -> Tensor:
    """The log-odds [n] that the statement is supported, from its verdict logits [n, 3]."""
    return verdict[:, 0] - torch.logsumexp(verdict[:, 1:], 1)
