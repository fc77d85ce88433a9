"""The report: one page that needs nothing but itself, and the same as JSON."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from eval_helpers import answered, item, quoted, record, silent

from mehealth_eval.compare import Earlier, compare
from mehealth_eval.figures import summarise
from mehealth_eval.records import Ranking, Record
from mehealth_eval.report import page, report_json, write_report
from mehealth_eval.run import Report
from mehealth_eval.sets import GROUPS, Format, QuestionSet
from mehealth_rag.errors import MehealthError

EVIL = "<script>alert('x')</script>"
SECRET = "the secret of the reporting half"
HIDDEN = frozenset({"test"})


def records() -> list[Record]:
    right = record(item("good"), answered("42 metres", quoted("is 42 metres tall")))
    return [
        replace(right, ranking=Ranking((("guide", 2),))),
        record(item("evil", question=EVIL, kind=EVIL), answered(f"**{EVIL}** [1]", quoted(EVIL))),
        record(item("mute", quote="42 metres tall"), silent(nearest=(quoted("two piers"),))),
        record(item("held", group="test", question=SECRET), answered(SECRET, quoted(SECRET))),
    ]


def made(*, hidden: frozenset[str] = HIDDEN, earlier: Earlier | None = None) -> Report:
    rows = records()
    groups = tuple(
        summarise(g, GROUPS[g], [r for r in rows if r.item.group == g], Format.OWN)
        for g in ("dev", "test")
    )
    return Report(
        set=QuestionSet("harbour", Format.OWN, tuple(r.item for r in rows), "0" * 64),
        engine="test",
        index="abc",
        made="2030-01-02T03:04:05+00:00",
        groups=groups,
        records=tuple(rows),
        problems=(f"answers.jsonl:3: {EVIL}",),
        comparison=compare(earlier, rows, hidden) if earlier else None,
        under_floors=("dev.accuracy is 0.3, under its floor of 0.7",),
        hidden=hidden,
    )


def test_the_page_is_whole_escaped_and_fetches_nothing() -> None:
    text = page(made())
    opened = Counter(re.findall(r"<([a-z]\w*)\b[^>]*(?<!/)>", text))
    closed = Counter(re.findall(r"</(\w+)>", text))
    assert opened - closed == {"meta": 4}
    assert opened["svg"] == 2
    assert not {"script", "link", "img", "iframe", "object", "a"} & set(opened)
    assert not re.search(r"url\(|@import|https?:", text)
    assert "content=\"default-src 'none'; style-src 'unsafe-inline'\"" in text
    assert EVIL not in text
    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;" in text


def test_wrong_answers_of_the_development_half_are_shown_in_full() -> None:
    text = page(made())
    for part in (
        "mute · not found · confidence 0.80",
        "How tall is the lighthouse?",
        "nothing found, though the documents answer it",
        "two piers",
        "42 metres tall<cite>guide, p. 2</cite>",
        "not word for word on that page",
    ):
        assert part in text
    assert "good · answered" not in text


def test_of_the_reporting_half_only_ids_and_kinds_are_told() -> None:
    report = made()
    assert SECRET not in page(report)
    assert "<b>figure</b> (1): held" in page(report)
    value = report_json(report)
    assert SECRET not in json.dumps(value)
    held = value["records"][3]
    assert (held["id"], held["shown"], held["verdict"]) == ("held", False, {"right": False})
    assert set(held) == {"id", "group", "kind", "answerable", "shown", "verdict", "reply"}
    shown = made(hidden=frozenset())
    assert SECRET in page(shown)
    assert report_json(shown)["records"][3]["item"]["question"] == SECRET


def test_the_json_has_its_keys() -> None:
    value = json.loads(json.dumps(report_json(made())))
    assert list(value) == (
        "schema made engine index set groups under_floors problems comparison records".split()
    )
    accuracy = value["groups"]["dev"]["figures"]["accuracy"]
    assert accuracy == {
        "value": 0.333333,
        "n": 3,
        "hits": 1,
        "low": pytest.approx(0.061492),
        "high": pytest.approx(0.79234),
        "falling": False,
    }
    assert set(value["groups"]["dev"]["figures"]["latency.p50"]) == {"value", "n", "falling"}
    ranking = {"all_documents": [["guide", 2]], "own_document": None}
    assert value["records"][0]["ranking"] == ranking


def test_changes_since_an_earlier_run_are_shown_with_both_answers() -> None:
    value = report_json(made())
    for row, right in zip(value["records"], (False, True, False, True), strict=True):
        row["verdict"]["right"] = right
        row["reply"]["text"] = "before it was so"
    text = page(made(earlier=Earlier.model_validate(value | {"engine": "old"})))
    assert "The earlier run: engine old, 2030-01-02 03:04:05 UTC." in text
    assert "<summary>Mended<small> 1</small></summary>" in text
    assert "<summary>Broken<small> 2</small></summary>" in text
    assert "Reporting half: held (figure)" in text
    assert text.count("before it was so") == 3
    assert SECRET not in text
    assert text.count('"line earlier group-dev"') == text.count('"line group-dev"') == 1


def test_both_files_are_written_or_it_is_said_why_not(tmp_path: Path) -> None:
    report = made()
    path = write_report(tmp_path, report, report_json(report))
    assert path.read_text(encoding="utf-8") == page(report)
    assert json.loads((tmp_path / "report.json").read_text())["set"]["name"] == "harbour"
    with pytest.raises(MehealthError, match=r"cannot be written .*; name another with --report"):
        write_report(tmp_path / "none", report, {})


def test_a_report_of_nothing_measured_is_a_page_too() -> None:
    empty = replace(made(), groups=(summarise("dev", "x", (), Format.OWN),), records=())
    assert page(empty).endswith("</html>\n")
