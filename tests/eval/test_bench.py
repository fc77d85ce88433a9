"""The speed measurement: its table, its children, and one quick run."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mehealth_eval.bench import sets
from mehealth_eval.bench.__main__ import main
from mehealth_eval.bench.child import ROOT, ChildError, run
from mehealth_eval.bench.figures import SPECS, Side, Spec, ratio, table
from mehealth_eval.bench.soak import Outcome, figures, soak
from mehealth_eval.bench.synthetic import Pool, write_corpus

COUNTS = {"passages": 50_000, "sheets": 1_000, "kills": 50}
SPEED, PAGES = Spec("speed", "warm `ask`", "ms", target=30), Spec("pages", "x", "pages/s", "more")


@pytest.mark.parametrize(
    ("spec", "ours", "stock", "times"),
    [(SPEED, 10, 40, 4), (PAGES, 40, 10, 4), (SPEED, 40, 10, 0.25), (SPEED, 0, 10, None)],
)
def test_the_ratio_is_over_one_where_ours_is_better(
    spec: Spec, ours: float, stock: float, times: float | None
) -> None:
    assert ratio(spec, Side({spec.key: ours}), Side({spec.key: stock})) == times


def test_every_figure_has_a_row_that_a_cell_cannot_break() -> None:
    ours = Side({"warm_p50": 10.0, "embed": 1_240.4}, {"help": "it | failed"})
    lines = table(ours, Side({"warm_p50": 25.0}), COUNTS, ["Measured here."]).splitlines()
    assert lines[:2] == [
        "| figure | ours | target | stock | ratio |",
        "| --- | --- | --- | --- | --- |",
    ]
    assert len(lines) == len(SPECS) + 4
    assert lines[2].split(" | ")[1] == "not measured: it \\| failed"
    assert "| warm `ask`, prospectus, median | 10.0 ms | ≤ 80 ms | 25.0 ms | 2.50× |" in lines
    assert "50,000 passages" in lines[7]
    assert lines[-1] == "- Measured here."


def test_a_child_is_measured_without_the_callers_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEHEALTH_CORPUS", "/elsewhere")
    code = (
        "import json, os; x = b'x' * 200_000_000; print('noise');"
        "print(json.dumps({'a': [k for k in os.environ if k.startswith('MEHEALTH_')]}))"
    )
    done = run([sys.executable, "-c", code], tmp_path, 30)
    assert done.json() == {"a": []}
    assert done.seconds > 0
    assert done.peak_mb > 190  # a child begins with what its parent holds


@pytest.mark.parametrize(
    ("code", "limit", "problem"),
    [
        ("raise SystemExit(3)", 30, "ended with 3: no message"),
        ("raise ValueError('broken')", 30, "ValueError: broken"),
        ("import time; time.sleep(60)", 0.5, r"took over 0\.5 s"),
    ],
)
def test_a_child_that_fails_or_hangs_is_one_line(
    tmp_path: Path, code: str, limit: float, problem: str
) -> None:
    with pytest.raises(ChildError, match=problem):
        run([sys.executable, "-c", code], tmp_path, limit)


def test_the_questions_are_varied_and_of_the_development_half() -> None:
    chosen = sets.chosen_questions(40)
    assert len(chosen) == 40
    assert {q.split for q in chosen} == {"dev"}
    assert len({q.kind for q in chosen}) > 12


def test_the_synthetic_corpus_is_the_same_each_time(tmp_path: Path) -> None:
    texts = (f"The harbour of town number {n} was built by its own people." for n in range(50))
    pool = Pool(tuple(texts), ("Harbours",))
    for name in ("a", "b"):
        write_corpus(pool, tmp_path / name, 450)
    one, other = ([p.read_text() for p in sorted((tmp_path / n).iterdir())] for n in "ab")
    assert one == other
    assert len(one) == 3
    assert sum(text.count("## ") for text in one) == 450


def test_a_data_folder_that_is_not_there_is_bad_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--data", str(tmp_path / "none")]) == 2
    assert "there is no data folder" in capsys.readouterr().err


def soaked(faulty: Callable[[int, str], str | None]) -> Outcome:
    """What five visitors meet at a server that answers each question with `faulty` of it.

    `faulty` also gets the number of earlier questions; None stands for an error of the server.
    """
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer = faulty(len(asked), sent["question"])
            asked.append(sent["question"])
            reply = json.dumps({"answer": answer, "timings_ms": {"total": len(asked)}})
            events = "stream=true" in self.path
            body = f"data: {{}}\n\ndata: {reply}\n\n" if events else reply
            self.send_response(500 if answer is None else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            address = f"http://127.0.0.1:{server.server_port}"
            return asyncio.run(soak(address, os.getpid(), 5, seconds=1.0, pause=0.02))
        finally:
            server.shutdown()


@pytest.mark.parametrize(
    ("faulty", "lost", "mixed"),
    [
        (lambda _, question: question, False, False),
        (lambda n, question: "another's" if n >= 40 and n % 3 == 0 else question, False, True),
        (lambda n, question: None if n >= 40 and n % 3 == 0 else question, True, False),
    ],
)
def test_a_soak_tells_answers_that_are_lost_or_mixed(
    faulty: Callable[[int, str], str | None], lost: bool, mixed: bool
) -> None:
    outcome = soaked(faulty)
    assert (bool(outcome.lost), bool(outcome.mixed)) == (lost, mixed)
    found = figures(outcome, 5, 1 / 60)
    assert found["answers"] == len(outcome.seconds) > 5
    assert found["p50_s"] <= found["p95_s"] <= found["longest_s"]
    assert found["memory_peak_mb"] > 10


def test_a_soak_without_an_answer_has_figures() -> None:
    assert figures(Outcome(lost=["one"]), 5, 1)["answers"] == 0


@pytest.mark.full
def test_a_quick_run_gives_every_figure_of_ours(tmp_path: Path) -> None:
    target = tmp_path / "bench.json"
    command = [sys.executable, "-m", "mehealth_eval.bench", "--quick", "--json", str(target)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(target.read_text(encoding="utf-8"))
    filings = {spec.key for spec in SPECS if "filings" in spec.key}
    assert set(found["ours"]["values"]) == {spec.key for spec in SPECS} - filings
    assert all(value > 0 for value in found["ours"]["values"].values())
    assert found["ours"]["gaps"] == dict.fromkeys(filings, "no --data given")
    assert found["stock"]["values"] == {}
    assert done.stdout.count("\n| ") == len(SPECS) + 1
