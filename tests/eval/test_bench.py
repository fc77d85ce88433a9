"""The speed measurement: its arithmetic, its tables, its children, and one quick run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mehealth_eval.bench import sets
from mehealth_eval.bench.__main__ import main, remarks
from mehealth_eval.bench.child import ROOT, ChildError, run
from mehealth_eval.bench.figures import SPECS, Figure, Side, Spec, figures
from mehealth_eval.bench.measure import Measured
from mehealth_eval.bench.synthetic import Pool, write_corpus
from mehealth_eval.bench.table import markdown

SPEED = Spec("speed", "warm `ask`", "ms", target=30)
COUNTS = {"passages": 50_000, "sheets": 1_000, "kills": 50}
PAGES = Spec("pages", "reading | alone", "pages/s", "more")


@pytest.mark.parametrize(
    ("spec", "ours", "stock", "ratio"),
    [
        (SPEED, 10, 40, 4),
        (PAGES, 40, 10, 4),
        (SPEED, 40, 10, 0.25),
        (SPEED, None, 10, None),
        (PAGES, 10, None, None),
    ],
)
def test_the_ratio_is_over_one_where_ours_is_better(
    spec: Spec, ours: float | None, stock: float | None, ratio: float | None
) -> None:
    assert Figure(spec, "", ours, stock).ratio == ratio


def test_markdown_is_a_table_that_a_cell_cannot_break() -> None:
    rows = (
        Figure(SPEED, SPEED.label, ours=10, stock=25),
        Figure(PAGES, PAGES.label, ours=None, stock=1, ours_gap="it failed"),
    )
    assert markdown(rows, ["Measured here."]) == (
        "| figure | ours | target | stock | ratio |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| warm `ask` | 10.0 ms | ≤ 30 ms | 25.0 ms | 2.50× |\n"
        "| reading \\| alone | not measured: it failed |  | 1.00 pages/s |  |\n"
        "\n"
        "- Measured here.\n"
    )


def test_every_figure_has_a_row_even_when_nothing_was_measured() -> None:
    stock_side = Side()
    stock_side.leave_out(("warm_p50",), "not installed")
    rows = figures(Side({"warm_p50": 12.0}), stock_side, COUNTS)
    assert [r.spec for r in rows] == list(SPECS)
    by_key = {r.spec.key: r.as_json() for r in rows}
    assert by_key["warm_p50"]["ours"] == 12
    assert by_key["warm_p50"]["met"] is True
    assert by_key["warm_p50"]["stock_not_measured"] == "not installed"
    assert by_key["help"]["stock_not_measured"] == "no counterpart"
    assert "50,000 passages" in str(by_key["large_p50"]["label"])


def test_a_child_is_measured(tmp_path: Path) -> None:
    code = "import json; x = b'x' * 200_000_000; print('noise'); print(json.dumps({'a': 1}))"
    done = run([sys.executable, "-c", code], tmp_path, 30)
    assert done.json() == {"a": 1}
    assert done.seconds > 0
    assert done.peak_mb > 190  # a child begins with what its parent holds


def test_a_child_that_fails_or_hangs_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ChildError, match="ended with 3: no message"):
        run([sys.executable, "-c", "raise SystemExit(3)"], tmp_path, 30)
    with pytest.raises(ChildError, match="ValueError: broken"):
        run([sys.executable, "-c", "raise ValueError('broken')"], tmp_path, 30)
    with pytest.raises(ChildError, match=r"took over 0\.5 s"):
        run([sys.executable, "-c", "import time; time.sleep(60)"], tmp_path, 0.5)


def test_a_child_does_not_see_the_callers_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEHEALTH_CORPUS", "/elsewhere")
    code = "import os; print([k for k in os.environ if k.startswith('MEHEALTH_')])"
    assert run([sys.executable, "-c", code], tmp_path, 30).output == "[]\n"


def test_the_questions_are_varied_and_of_the_development_half() -> None:
    chosen = sets.chosen_questions(40)
    assert len(chosen) == 40
    assert chosen == sets.chosen_questions(40)
    assert {q.split for q in chosen} == {"dev"}
    assert len({q.kind for q in chosen}) > 12
    assert any(q.history for q in chosen)


def test_without_data_the_filings_have_a_reason(tmp_path: Path) -> None:
    assert sets.filings(None) == (None, "no --data given")
    assert sets.filings(tmp_path)[0] is None
    assert sets.text_corpora(None) == []


def _pool() -> Pool:
    chance = np.random.default_rng(1)
    texts = [f"The harbour of town number {n} was built by its own people." for n in range(50)]
    rows = chance.standard_normal((51, 8)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return Pool(tuple(texts), ("Harbours",), dict(zip([*texts, "Harbours"], rows, strict=True)))


def test_the_synthetic_corpus_is_the_same_each_time(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_corpus(_pool(), tmp_path / name, 450)
    files = sorted(p.name for p in (tmp_path / "a").iterdir())
    assert len(files) == 3
    for name in files:
        text = (tmp_path / "a" / name).read_text(encoding="utf-8")
        assert text == (tmp_path / "b" / name).read_text(encoding="utf-8")
    sections = sum((tmp_path / "a" / n).read_text(encoding="utf-8").count("## ") for n in files)
    assert sections == 450


def test_a_data_folder_that_is_not_there_is_bad_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--data", str(tmp_path / "none")]) == 2
    assert "there is no data folder" in capsys.readouterr().err


def test_the_notes_tell_what_each_side_cuts_off_and_whether_the_machine_was_busy() -> None:
    details = {
        "ingest_filings": [{"result": {"truncated": 10, "passages": 1913}}],
        "stock_coverage_filings": [{"result": {"embedded": 0.411}}],
    }
    notes = remarks(Measured(details=details), {"load": 8.5, "cores": 2})
    assert "stock embeds 41% of the text" in notes[1]
    assert "10 of 1,913 passages are cut" in notes[1]
    assert "load 8.5 on 2 cores" in notes[2]
    assert len(remarks(Measured(), {"load": 0.1, "cores": 2})) == 1


@pytest.mark.slow
def test_a_quick_run_gives_every_figure_of_ours(tmp_path: Path) -> None:
    target, table = tmp_path / "bench.json", tmp_path / "bench.md"
    command = [sys.executable, "-m", "mehealth_eval.bench", "--quick", "--json", str(target)]
    done = subprocess.run(
        [*command, "--markdown", str(table)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(target.read_text(encoding="utf-8"))
    assert found["schema"] == 1
    by_key = {figure["key"]: figure for figure in found["figures"]}
    assert list(by_key) == [spec.key for spec in SPECS]
    for key, figure in by_key.items():
        if "filings" in key:
            assert figure["ours_not_measured"] == "no --data given"
        else:
            assert figure["ours"] > 0, key
        assert figure["stock"] is None
    assert found["machine"]["cores"] >= 1
    assert table.read_text(encoding="utf-8").count("\n| ") == len(SPECS) + 1
    assert "ours: warm ask" in done.stderr
