"""Load over time: visitors who ask the real server for many minutes.

`python -m mehealth_eval.bench.soak [--visitors 50 200] [--minutes 30] [--pause 20]` starts a server
of its own and tells, for each number of visitors: how long they waited, how much memory the server
held, which questions got no answer, and which got another than the same question gets from an idle
server. The last two have to be none, or the command fails.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import httpx

from mehealth_eval.bench.ours import settings
from mehealth_eval.bench.sets import chosen_questions, prospectus_corpus
from mehealth_eval.questions import Question
from mehealth_rag.wiring import ingest
from mehealth_ui.bench import resident, server

_QUESTIONS = 40
_PATIENCE = 300.0
"""Seconds after which a visitor gives up: the question counts as lost."""
_SAMPLE = 5.0
"""Seconds between two looks at the server's memory."""
_VARIES = frozenset({"timings_ms", "id"})

Answer = dict[str, Any]


@dataclass(slots=True)
class Met:
    """What the visitors of one run met; `megabytes` are samples in the order of time."""

    seconds: list[float] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    mixed: list[str] = field(default_factory=list)
    megabytes: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Figures:
    """A run in figures; memory is of the server's process, at the median of a fifth of the run."""

    visitors: int
    minutes: float
    answers: int
    answers_a_second: float
    p50_s: float
    p95_s: float
    longest_s: float
    lost: int
    mixed: int
    memory_second_fifth_mb: float
    memory_last_fifth_mb: float
    memory_peak_mb: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Run each load after the other and print its figures; 1 if any answer was lost or mixed."""
    given = _parser().parse_args(arguments)
    fine = True
    with tempfile.TemporaryDirectory(prefix="mehealth-soak-") as scratch:
        corpus, index = prospectus_corpus(Path(scratch) / "corpus"), Path(scratch) / "index"
        ingest(settings(str(corpus), str(index)))
        for visitors in given.visitors:
            with server(corpus, index) as (address, pid):
                met = asyncio.run(soak(address, pid, visitors, given.minutes * 60, given.pause))
            figures = summed_up(met, visitors, given.minutes)
            print(json.dumps(asdict(figures)), flush=True)
            for problem in (*met.lost, *met.mixed)[:10]:
                print(f"soak: {problem}", file=sys.stderr)
            fine = fine and not met.lost and not met.mixed
    return 0 if fine else 1


async def soak(address: str, pid: int, visitors: int, seconds: float, pause: float) -> Met:
    """Let visitors ask, each with pauses of `pause` seconds on average, for so many seconds."""
    questions = chosen_questions(_QUESTIONS)
    met = Met()
    endless = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=address, timeout=_PATIENCE, limits=endless) as client:
        alone = [await ask(client, question, stream=False) for question in questions]
        until = time.monotonic() + seconds
        watching = asyncio.create_task(_watch(pid, met))
        async with asyncio.TaskGroup() as group:
            for number in range(visitors):
                visits = _visits(number, questions, alone)
                group.create_task(_visitor(client, visits, pause, until, met))
        watching.cancel()
    return met


async def ask(client: httpx.AsyncClient, question: Question, *, stream: bool) -> Answer:
    """An answer without what differs each time.

    Raises httpx.HTTPError and ValueError where there is none.
    """
    sent = {"question": question.question, "history": question.history}
    got = await client.post("/v1/ask", json=sent, params={"stream": stream})
    got.raise_for_status()
    last = got.text.rstrip().rpartition("\n\n")[2].removeprefix("data: ")
    answer: Answer = json.loads(last)
    return {key: value for key, value in answer.items() if key not in _VARIES}


def summed_up(met: Met, visitors: int, minutes: float) -> Figures:
    """The figures of a run."""
    took, held = sorted(met.seconds) or [0.0], met.megabytes or [0.0]
    fifth = -(-len(held) // 5)
    return Figures(
        visitors=visitors,
        minutes=minutes,
        answers=len(met.seconds),
        answers_a_second=round(len(met.seconds) / (minutes * 60), 2),
        p50_s=round(median(took), 2),
        p95_s=round(quantiles([*took, took[-1]], n=20)[-1], 2),
        longest_s=round(took[-1], 2),
        lost=len(met.lost),
        mixed=len(met.mixed),
        memory_second_fifth_mb=round(median(held[fifth : 2 * fifth] or held)),
        memory_last_fifth_mb=round(median(held[-fifth:])),
        memory_peak_mb=round(max(held)),
    )


@dataclass(frozen=True, slots=True)
class _Visit:
    """A question, the answer that an idle server gave, and how the answer is fetched."""

    visitor: int
    question: Question
    expected: Answer
    stream: bool
    patience: float
    """How long the visitor waits before asking, as a part of the pause."""


def _visits(
    visitor: int, questions: Sequence[Question], expected: Sequence[Answer]
) -> Iterator[_Visit]:
    """The endless visits of a visitor, the same on every run; every other one is streamed."""
    chance = random.Random(visitor)  # noqa: S311 - nothing secret
    while True:
        n = chance.randrange(len(questions))
        yield _Visit(
            visitor, questions[n], expected[n], chance.random() < 0.5, chance.uniform(0, 2)
        )


async def _visitor(
    client: httpx.AsyncClient, visits: Iterator[_Visit], pause: float, until: float, met: Met
) -> None:
    for visit in visits:
        await asyncio.sleep(visit.patience * pause)
        if time.monotonic() > until:
            return
        name = f"visitor {visit.visitor}, {visit.question.id}"
        begun = time.perf_counter()
        try:
            answer = await ask(client, visit.question, stream=visit.stream)
        except (httpx.HTTPError, ValueError) as error:
            met.lost.append(f"{name}: no answer ({type(error).__name__}: {error})")
            continue
        met.seconds.append(time.perf_counter() - begun)
        if answer != visit.expected:
            met.mixed.append(f"{name}: another answer than alone: {answer.get('answer')!r}")


async def _watch(pid: int, met: Met) -> None:
    while True:
        met.megabytes.append(resident(pid))
        await asyncio.sleep(_SAMPLE)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m mehealth_eval.bench.soak", description=__doc__)
    parser.add_argument("--visitors", type=int, nargs="+", default=[50, 200])
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--pause", type=float, default=20, help="seconds between two questions")
    return parser


if __name__ == "__main__":
    sys.exit(main())
