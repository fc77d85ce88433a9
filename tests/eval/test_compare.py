"""Two runs question by question."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from eval_helpers import answered, item, record, silent

from mehealth_eval.compare import Change, Comparison, Earlier, compare, load_earlier
from mehealth_rag.errors import UsageError

HIDDEN = frozenset({"test"})


def earlier(**right: bool) -> Earlier:
    records = [
        {"id": key, "verdict": {"right": good}, "reply": {"text": f"old {key}"}}
        for key, good in right.items()
    ]
    value = {"engine": "old", "made": "then", "records": records}
    return Earlier.model_validate(value | {"set": {"sha256": "0", "name": "x"}})


def compared() -> Comparison:
    now = [
        record(item("a"), answered("42 metres")),
        record(item("b"), silent()),
        record(item("c"), answered("42 metres")),
        record(item("d", group="test"), answered("42 metres")),
        record(item("new"), silent()),
    ]
    return compare(earlier(a=False, b=True, c=True, d=False, gone=True), now, HIDDEN)


def test_what_was_mended_and_what_broke() -> None:
    found = {q.id: q for q in compared().questions}
    assert {key: q.change for key, q in found.items()} == {
        "a": Change.MENDED,
        "b": Change.BROKEN,
        "c": Change.SAME,
        "d": Change.MENDED,
    }
    assert (found["a"].before, found["a"].after) == ("old a", "42 metres")


def test_groups_are_counted_with_their_p_value() -> None:
    dev, test = compared().groups
    assert (dev.group, dev.both, dev.mended, dev.broken, dev.p_value) == ("dev", 3, 1, 1, 1.0)
    assert (test.group, test.both, test.mended, test.broken, test.p_value) == ("test", 1, 1, 0, 1)


def test_questions_of_one_run_alone_are_counted() -> None:
    assert (compared().only_now, compared().only_before) == (1, 1)


def test_of_the_reporting_half_no_words_are_told() -> None:
    hidden = next(q for q in compared().questions if q.id == "d")
    assert (hidden.question, hidden.before, hidden.after) == (None, None, None)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ([], "is no report of schema 1; make it anew: mehealth eval"),
        ({"schema": 2}, "is no report of schema 1"),
        ({"schema": 1}, "is no report (engine); make it anew"),
    ],
)
def test_another_file_is_refused(tmp_path: Path, value: Any, problem: str) -> None:  # noqa: ANN401
    file = tmp_path / "old.json"
    file.write_text(json.dumps(value))
    with pytest.raises(UsageError) as caught:
        load_earlier(file)
    assert problem in str(caught.value)


def test_what_is_no_json_or_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text("{")
    with pytest.raises(UsageError, match=r"is not JSON; --compare takes an earlier report\.json"):
        load_earlier(tmp_path / "old.json")
    with pytest.raises(UsageError, match=r"cannot be read .*; check --compare"):
        load_earlier(tmp_path / "none.json")
