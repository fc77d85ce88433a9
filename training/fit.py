"""The training loop: two workers of one thread each share a step, checkpoints at every look."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits as binary_loss
from torch.nn.functional import softplus

from training.batches import counted, decides
from training.examples import GOLD
from training.model import VERDICTS, Outputs, ReaderModel, read

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor

    from training.batches import Group, Target, Taught

WORKERS = 2
"""Threads that share a step. Two busy threads within one stall whenever anything else runs."""

ALIKE_AMONG = 8
"""Batches among which groups of like length are put together."""

State = dict[str, Any]
"""The states of the model, of the optimiser, and the running average of the model's weights."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How to train. `averaged_over`: steps of the running average that is kept as the result."""

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
    """The share of the loss that compares with a teacher, where there is one."""
    bfloat16: bool = False
    """Multiply in bfloat16: a step takes half of the time, a sixth on a processor with AMX."""


@dataclass(slots=True)
class Log:
    """What happened: an entry at each look; `seconds` are of the clock, summed over resumptions."""

    entries: list[dict[str, float]] = field(default_factory=list)
    steps: int = 0
    planned: int = 0
    seconds: float = 0.0


def train(
    model: ReaderModel,
    groups: Sequence[Group],
    plan: Plan,
    keep: Callable[[State, Log], None],
    start: tuple[State, Log] | None = None,
) -> Log:
    """Train on the groups in turn; `keep` is given the state at each look and at the end.

    `start` is what `keep` was given in a run of the same plan that was cut short.
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
    began, earlier = time.monotonic(), log.seconds
    losses: list[float] = []

    def look() -> None:
        recent = losses[-plan.every :]
        loss = round(sum(recent) / max(len(recent), 1), 4)
        minutes = round(log.seconds / 60, 1)
        log.entries.append({"step": log.steps, "minutes": minutes, "loss": loss})
        states = {"model": model.state_dict(), "average": average}
        keep({**states, "optimiser": optimiser.state_dict()}, log)

    with ThreadPoolExecutor(WORKERS) as workers:
        for batch in batches[log.steps :]:
            done = log.steps / len(batches)
            share = min(1.0, (done + 1e-3) / plan.warm_up) * max(0.03, 1 - done)
            for group, rate in zip(optimiser.param_groups, rates, strict=True):
                group["lr"] = rate * share
            losses.append(_step(model, optimiser, batch, plan, workers))
            log.steps += 1
            weight = 1 / min(plan.averaged_over, log.steps / 2 + 1)
            for name, value in model.state_dict().items():
                average[name].lerp_(value, weight) if value.is_floating_point() else None
            log.seconds = earlier + time.monotonic() - began
            if log.steps % plan.every == 0:
                look()
    look()
    return log


def _batches(groups: Sequence[Group], plan: Plan) -> list[list[Group]]:
    """Groups that are about as long go together, among so many batches: padding costs time."""
    size, window = plan.groups_at_once, plan.groups_at_once * ALIKE_AMONG
    chance = random.Random(plan.seed)  # noqa: S311 - not a secret
    batches = []
    for start in range(0, len(groups), window):
        alike = sorted(groups[start : start + window], key=_longest)
        part = [alike[i : i + size] for i in range(0, len(alike), size)]
        chance.shuffle(part)
        batches += part
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
            own, outputs = outputs[: len(group.rows)], outputs[len(group.rows) :]
            loss = loss + group_loss(own, group, plan)
        loss = loss / len(batch)
        return float(loss.detach()), torch.autograd.grad(loss, trained, allow_unused=True)

    results = list(workers.map(work, _shared_out(batch)))
    for parameter, *gradients in zip(trained, *(g for _, g in results), strict=True):
        first, *rest = [g for g in gradients if g is not None] or [None]
        for more in rest:
            first.add_(more)
        parameter.grad = first
    torch.nn.utils.clip_grad_norm_(trained, plan.clip)
    optimiser.step()
    return sum(loss for loss, _ in results)


def _shared_out(batch: Sequence[Group]) -> list[list[Group]]:
    """The groups of each worker: about as many word pieces for one as for the other."""
    parts: list[list[Group]] = [[] for _ in range(WORKERS)]
    loads = [0] * WORKERS
    for group in sorted(batch, key=_pieces, reverse=True):
        least = loads.index(min(loads))
        parts[least].append(group)
        loads[least] += _pieces(group)
    return [part for part in parts if part]


def _pieces(group: Group) -> int:
    return sum(len(row.ids) for row in group.rows)


def group_loss(outputs: Sequence[Outputs], group: Group, plan: Plan) -> Tensor:
    """The loss of a question's passages, or of a statement's evidence."""
    taught = [t.taught for t in group.targets if t.taught is not None]
    if not taught:
        return _known_loss(outputs, group, plan)
    each = [
        _taught_loss(o, t, plan, group.of_statement) for o, t in zip(outputs, taught, strict=True)
    ]
    apart = torch.stack(each).sum()
    if not group.labelled:
        return apart
    return _known_loss(outputs, group, plan).lerp(apart, plan.taught_share)


def _known_loss(outputs: Sequence[Outputs], group: Group, plan: Plan) -> Tensor:
    """The loss by what is right."""
    if not group.of_statement:
        return _question_loss(outputs, group.targets, plan)
    pairs = list(zip(outputs, group.targets, strict=True))
    loss = torch.stack([_verdict_loss(o, t, plan) for o, t in pairs]).sum()
    if group.twins:
        true, lie = (carried(o.verdict) for o in outputs)
        loss = loss + plan.twin_weight * softplus(lie - true).sum()
    return loss


def _question_loss(outputs: Sequence[Outputs], targets: Sequence[Target], plan: Plan) -> Tensor:
    """Each sentence by itself; the best of all, or none; and whether each passage answers."""
    logits = torch.cat(
        [o.answers[0, : len(t.labels)] for o, t in zip(outputs, targets, strict=True)]
    )
    gold = torch.tensor([label == GOLD for t in targets for label in t.labels])
    used = torch.tensor([c for t in targets for c in counted(t)])
    each = binary_loss(logits[used], gold[used].float())
    none = torch.zeros(1)
    wanted = logits[gold] if bool(gold.any()) else none
    choice = torch.logsumexp(torch.cat((logits[used], none)), 0) - torch.logsumexp(wanted, 0)
    passages = torch.cat([o.passage for o in outputs])
    truth = torch.tensor([float(decides(t)) for t in targets])
    answering = binary_loss(passages, truth)
    return plan.sentence_weight * each + plan.choice_weight * choice + answering


def _verdict_loss(outputs: Outputs, target: Target, plan: Plan) -> Tensor:
    """The verdict, and which sentences decide it; of a lie only that it is not carried."""
    if target.verdict is None or target.verdict == "not_supported":
        loss = binary_loss(carried(outputs.verdict), torch.zeros(1))
    else:
        right = torch.tensor([VERDICTS.index(target.verdict)])
        loss = torch.nn.functional.cross_entropy(outputs.verdict, right)
    used = torch.tensor(counted(target))
    labels = torch.tensor([label == GOLD for label in target.labels])
    each = binary_loss(outputs.evidence[0, : len(labels)][used], labels[used].float())
    return plan.verdict_weight * loss + 0.5 * each


def _taught_loss(outputs: Outputs, taught: Taught, plan: Plan, of_statement: bool) -> Tensor:
    """How far a row's probabilities are from the teacher's, as cross-entropies.

    Two tokenizers may fit different numbers of sentences: those that both fit are compared.
    """
    if of_statement:
        verdict = torch.tensor([taught.verdict]).softmax(1)
        apart = torch.nn.functional.cross_entropy(outputs.verdict, verdict)
        return plan.verdict_weight * apart + 0.5 * _apart(outputs.evidence[0], taught.evidence)
    passage = _apart(outputs.passage, (taught.passage,))
    return plan.sentence_weight * _apart(outputs.answers[0], taught.answers) + passage


def _apart(logits: Tensor, taught: Sequence[float]) -> Tensor:
    both = min(len(logits), len(taught))
    return binary_loss(logits[:both], torch.tensor(taught[:both]).sigmoid())


def carried(verdict: Tensor) -> Tensor:
    """The log-odds [n] that a statement is carried, of its three logits [n, 3]."""
    return verdict[:, 0] - torch.logsumexp(verdict[:, 1:], 1)
