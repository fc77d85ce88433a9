"""Two runs question by question."""

from __future__ import annotations

from pathlib import Path

import pytest
from eval_helpers import answered, item, record, silent

from mehealth_eval.compare import Change, Earlier, compare, load_earlier
from mehealth_rag.errors import UsageError


def earlier(**right: bool) -> Earlier:
    records = [
        {"id": key, "verdict": {"right": good}, "reply": {"text": f"old {key}"}}
        for key, good in right.items()
    ]
    value = {"engine": "old", "made": "then", "records": records, "set": {"sha256": "0"}}
    return Earlier.model_validate(value)


def test_what_was_mended_and_what_broke() -> None:
    now = [
        record(item("a"), answered("42 metres")),
        record(item("b"), silent()),
        record(item("c"), answered("42 metres")),
        record(item("d", group="test"), answered("42 metres")),
        record(item("new"), silent()),
    ]
    before = earlier(a=False, b=True, c=True, d=False, gone=True)
    found = compare(before, now, frozenset({"test"}))
    questions = {q.id: q for q in found.questions}
    assert {key: q.change for key, q in questions.items()} == {
        "a": Change.MENDED,
        "b": Change.BROKEN,
        "c": Change.SAME,
        "d": Change.MENDED,
    }
    assert (questions["a"].before, questions["a"].after) == ("old a", "42 metres")
    hidden = questions["d"]
    assert (hidden.question, hidden.before, hidden.after) == (None, None, None)
    dev, test = found.groups
    assert (dev.group, dev.both, dev.mended, dev.broken, dev.p_value) == ("dev", 3, 1, 1, 1.0)
    assert (test.group, test.both, test.mended, test.broken) == ("test", 1, 1, 0)
    assert (found.only_now, found.only_before) == (1, 1)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[]", "is no report of schema 1; make it anew: mehealth eval"),
        ('{"schema": 2}', "is no report of schema 1"),
        ('{"schema": 1}', "is no report (engine); make it anew"),
        ("{", "is not JSON; --compare takes an earlier report.json"),
        (None, "check --compare"),
    ],
)
def test_another_file_is_refused(tmp_path: Path, text: str | None, problem: str) -> None:
    file = tmp_path / "old.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(UsageError) as caught:
        load_earlier(file)
    assert problem in str(caught.value)
