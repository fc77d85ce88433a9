"""Load over time: visitors who ask the real server for many minutes.

`python -m mehealth_eval.bench.soak [--visitors 50 200] [--minutes 30] [--pause 20]` starts a server
of its own and prints, for each number of visitors: how long they waited, how much memory the server
used, which questions got no answer, and which got another than the same question gets from an idle
server. There must be none of the last two, or the command fails.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
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
class Outcome:
    """What the visitors of one run met; `megabytes` are samples in the order of time."""

    seconds: list[float] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    mixed: list[str] = field(default_factory=list)
    megabytes: list[float] = field(default_factory=list)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run each load after the other and print its figures; 1 if any answer was lost or mixed."""
    parser = argparse.ArgumentParser(prog="python -m mehealth_eval.bench.soak", description=__doc__)
    parser.add_argument("--visitors", type=int, nargs="+", default=[50, 200])
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--pause", type=float, default=20, help="seconds between two questions")
    options = parser.parse_args(arguments)
    faults = 0
    with tempfile.TemporaryDirectory(prefix="mehealth-soak-") as scratch:
        corpus, index = prospectus_corpus(Path(scratch) / "corpus"), Path(scratch) / "index"
        ingest(settings(str(corpus), str(index)))
        for visitors in options.visitors:
            with server(corpus, index) as (address, pid):
                load = soak(address, pid, visitors, options.minutes * 60, options.pause)
                outcome = asyncio.run(load)
            print(json.dumps(figures(outcome, visitors, options.minutes)), flush=True)
            problems = (*outcome.lost, *outcome.mixed)
            for problem in problems[:10]:
                print(f"soak: {problem}", file=sys.stderr)
            faults += len(problems)
    return int(faults > 0)


async def soak(address: str, pid: int, visitors: int, seconds: float, pause: float) -> Outcome:
    """Let visitors ask, each with pauses of `pause` seconds on average, for so many seconds."""
    questions = chosen_questions(_QUESTIONS)
    outcome = Outcome()
    endless = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=address, timeout=_PATIENCE, limits=endless) as client:
        expected = [(q, await ask(client, q, stream=False)) for q in questions]
        until = time.monotonic() + seconds
        watching = asyncio.create_task(_watch(pid, outcome))
        async with asyncio.TaskGroup() as group:
            for number in range(visitors):
                group.create_task(_visitor(client, number, expected, (pause, until), outcome))
        watching.cancel()
    return outcome


async def ask(client: httpx.AsyncClient, question: Question, *, stream: bool) -> Answer:
    """An answer without what differs each time.

    Raises httpx.HTTPError and ValueError where there is none.
    """
    body = {"question": question.question, "history": question.history}
    response = await client.post("/v1/ask", json=body, params={"stream": stream})
    response.raise_for_status()
    last = response.text.rstrip().rpartition("\n\n")[2].removeprefix("data: ")
    answer: Answer = json.loads(last)
    return {key: value for key, value in answer.items() if key not in _VARIES}


def figures(outcome: Outcome, visitors: int, minutes: float) -> dict[str, float]:
    """A run in figures; memory is of the server's process, at the median of a fifth of the run."""
    seconds, megabytes = sorted(outcome.seconds) or [0.0], outcome.megabytes or [0.0]
    fifth = -(-len(megabytes) // 5)
    return {
        "visitors": visitors,
        "minutes": minutes,
        "answers": len(outcome.seconds),
        "answers_a_second": round(len(outcome.seconds) / (minutes * 60), 2),
        "p50_s": round(median(seconds), 2),
        "p95_s": round(quantiles([*seconds, seconds[-1]], n=20)[-1], 2),
        "longest_s": round(seconds[-1], 2),
        "lost": len(outcome.lost),
        "mixed": len(outcome.mixed),
        "memory_second_fifth_mb": round(median(megabytes[fifth : 2 * fifth] or megabytes)),
        "memory_last_fifth_mb": round(median(megabytes[-fifth:])),
        "memory_peak_mb": round(max(megabytes)),
    }


async def _visitor(
    client: httpx.AsyncClient,
    number: int,
    expected: Sequence[tuple[Question, Answer]],
    timing: tuple[float, float],
    outcome: Outcome,
) -> None:
    """Ask the same questions on every run, every other one streamed.

    `expected` are the questions with an idle server's answers, `timing` the pause and the end.
    """
    pause, until = timing
    chance = random.Random(number)  # noqa: S311 - nothing secret
    while True:
        question, right = expected[chance.randrange(len(expected))]
        stream = chance.random() < 0.5
        await asyncio.sleep(chance.uniform(0, 2) * pause)
        if time.monotonic() > until:
            return
        name = f"visitor {number}, {question.id}"
        begun = time.perf_counter()
        try:
            answer = await ask(client, question, stream=stream)
        except (httpx.HTTPError, ValueError) as error:
            outcome.lost.append(f"{name}: no answer ({type(error).__name__}: {error})")
            continue
        outcome.seconds.append(time.perf_counter() - begun)
        if answer != right:
            outcome.mixed.append(f"{name}: another answer than alone: {answer.get('answer')!r}")


async def _watch(pid: int, outcome: Outcome) -> None:
    while True:
        outcome.megabytes.append(resident(pid))
        await asyncio.sleep(_SAMPLE)


if __name__ == "__main__":
    sys.exit(main())
