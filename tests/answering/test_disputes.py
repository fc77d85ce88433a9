"""Figures that a corpus gives differently: what counts as such, with a reader that is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mehealth_rag.answering import disputes
from mehealth_rag.errors import UsageError
from mehealth_rag.growing import Progress
from mehealth_rag.types import Conflict, ConflictReport
from tests.answering.told import ToldJudge
from tests.made_corpus import assistant_over

TOWER = "The lighthouse on the North Pier is {} metres tall."
OTHER = "The ferry to Gull Island leaves every hour from the South Pier."


def swept(
    folder: Path, files: Mapping[str, str], judge: ToldJudge, documents: tuple[str, ...] = ()
) -> ConflictReport:
    """What is found in a made corpus; every quote has to stand on its page word for word."""
    with assistant_over(folder, files) as assistant:
        whole = replace(assistant, reader=lambda: judge)  # type: ignore[arg-type, return-value]
        report = whole.conflicts(documents)
        for number, cited in enumerate(report.citations, start=1):
            assert cited.number == number
            assert cited.quote in assistant.page(cited.document, cited.page).text
        return report


def shown(report: ConflictReport) -> list[dict[str, list[str]]]:
    """The values of each conflict, each with the places that it is cited from."""

    def places(conflict: Conflict) -> dict[str, list[str]]:
        cited = {v.value: [report.citations[n - 1] for n in v.citations] for v in conflict.values}
        return {v: [f"{c.document} {c.page}" for c in own] for v, own in cited.items()}

    return [places(conflict) for conflict in report.conflicts]


def pages(*texts: str) -> str:
    return "\n\f\n".join(texts)


def test_pages_alike_but_for_the_figure(tmp_path: Path) -> None:
    """No reader has to deny them; what stands on several pages is one value."""
    text = pages(TOWER.format(42), OTHER, TOWER.format(45), TOWER.format(42))
    report = swept(tmp_path, {"guide.txt": text}, ToldJudge())
    assert report.conflicts[0].about == "The lighthouse on the North Pier is … tall"
    assert shown(report) == [{"42 metres": ["guide 1", "guide 4"], "45 metres": ["guide 3"]}]


def test_documents_of_which_one_denies_the_other(tmp_path: Path) -> None:
    files = {
        "guide.txt": f"{OTHER} A return ticket for the ferry to Gull Island costs £12.",
        "plan.txt": "On the ferry a return ticket to Gull Island is £14.",
    }
    report = swept(tmp_path, files, ToldJudge(denied=("£12",)))
    assert shown(report) == [{"£12": ["guide 1"], "£14": ["plan 1"]}]


def test_what_only_a_reader_can_tell_apart(tmp_path: Path) -> None:
    """A part and its whole: neither denied nor alike."""
    files = {
        "guide.txt": "The trust runs 45 clinics for children in the county.",
        "plan.txt": "Of its clinics for children in the county the trust runs 40 by itself.",
    }
    judge = ToldJudge()
    assert shown(swept(tmp_path, files, judge)) == []
    assert len(judge.judged) == 2


@pytest.mark.parametrize(("carried", "conflicts"), [("42", 0), ("45", 1)])
def test_a_figure_is_carried_only_where_it_stands(
    tmp_path: Path, carried: str, conflicts: int
) -> None:
    """The plan has both figures; that the guide carries 45 metres is not believed."""
    files = {
        "guide.txt": TOWER.format(42),
        "plan.txt": f"{TOWER.format(45)} Before 42 metres were measured without its lantern.",
    }
    found = swept(tmp_path, files, ToldJudge(carried=(carried,)))
    assert len(found.conflicts) == conflicts


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("In 2019 the harbour had 40 berths for yachts.",
         "In 2020 the harbour had 45 berths for yachts."),
        ("The ferry carries about 5 million people a year.",
         "The ferry carries 4.98 million people a year."),
    ],
)  # fmt: skip
def test_what_is_no_conflict_whatever_a_reader_says(tmp_path: Path, one: str, other: str) -> None:
    judge = ToldJudge(denied=("",))
    assert shown(swept(tmp_path, {"guide.txt": pages(one, other)}, judge)) == []
    assert judge.judged == []


def test_one_page_is_not_held_against_itself(tmp_path: Path) -> None:
    text = f"{TOWER.format(42)} {OTHER} {TOWER.format(45)}"
    assert shown(swept(tmp_path, {"guide.txt": text}, ToldJudge(denied=("",)))) == []


def test_rows_of_tables_under_alike_headings(tmp_path: Path) -> None:
    """A row is read with its column headings, which are quoted beside it."""
    table = "# Fees\n\n| Boat | Fee a year |\n| --- | --- |\n| Yacht | £{} |\n| Dinghy | £20 |\n"
    files = {"guide.md": table.format(300), "plan.md": table.format(320)}
    report = swept(tmp_path, files, ToldJudge())
    assert shown(report) == [{"£300": ["guide 1"] * 2, "£320": ["plan 1"] * 2}]
    assert report.conflicts[0].about == "Fees: Yacht | …"
    assert "Fee a year" in report.citations[1].quote


def test_the_surest_come_first(tmp_path: Path) -> None:
    files = {
        "guide.txt": f"A return ticket for the ferry to Gull Island costs £12. {TOWER.format(42)}",
        "plan.txt": f"On the ferry a ticket to Gull Island is £14. {TOWER.format(45)}",
    }
    found = shown(swept(tmp_path, files, ToldJudge(denied=("£",))))
    assert [list(conflict) for conflict in found] == [["42 metres", "45 metres"], ["£12", "£14"]]


def test_a_page_without_a_year_comes_last(tmp_path: Path) -> None:
    files = {
        "guide.txt": f"A return ticket for the ferry to Gull Island costs £12. {TOWER.format(42)}",
        "plan.txt": f"On the ferry a ticket to Gull Island is £14. In 2024 {TOWER.format(45)}",
    }
    report = swept(tmp_path, files, ToldJudge(denied=("£", "metres")))
    assert [list(c) for c in shown(report)] == [["£12", "£14"], ["42 metres", "45 metres"]]
    assert [c.about.endswith(" (one page gives no year)") for c in report.conflicts] == [
        False,
        True,
    ]


def test_only_some_documents(tmp_path: Path) -> None:
    files = {f"{n}.txt": f"{TOWER.format(n)} It was lit in 1871." for n in (42, 45, 48)}
    found = shown(swept(tmp_path, files, ToldJudge(), ("45", "48")))
    assert found == [{"45 metres": ["45 1"], "48 metres": ["48 1"]}]


def test_three_values_are_one_conflict(tmp_path: Path) -> None:
    text = pages(*(TOWER.format(n) for n in (42, 45, 48)))
    found = shown(swept(tmp_path, {"guide.txt": text}, ToldJudge()))
    assert [sorted(conflict) for conflict in found] == [["42 metres", "45 metres", "48 metres"]]


def test_pairs_that_are_not_read_are_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Listener(Progress):
        def message(self, text: str) -> None:
            heard.append(text)

    heard: list[str] = []
    monkeypatch.setattr(disputes, "MOST_READ", 2)
    text = pages(*(TOWER.format(n) for n in (42, 45, 48)))
    with assistant_over(tmp_path, {"guide.txt": text}) as assistant:
        judge = ToldJudge()
        whole = replace(assistant, reader=lambda: judge)  # type: ignore[arg-type, return-value]
        whole.conflicts(progress=Listener())
    assert len(judge.judged) == 2 * disputes.MOST_READ
    assert [line.split(";")[0] for line in heard] == [
        "of 3 pairs of sentences only the nearest 2 are read"
    ]


def test_a_document_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no document 'plan' in the index"):
        swept(tmp_path, {"guide.txt": OTHER}, ToldJudge(), ("plan",))


def test_a_corpus_without_figures(tmp_path: Path) -> None:
    assert swept(tmp_path, {"guide.txt": OTHER}, ToldJudge()).conflicts == ()


ROWS = 90


@pytest.mark.parametrize("block", [7, 32, 1024])
def test_blocks_find_what_one_product_finds(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disputes, "BLOCK", block)
    monkeypatch.setattr(disputes, "NEIGHBOURS", ROWS)
    numbers = np.random.default_rng(3)
    vectors = numbers.normal(size=(ROWS, 3)).astype(np.float32)
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)
    pages, kinds = numbers.integers(0, 9, ROWS), 1 << numbers.integers(0, 3, ROWS)
    found = {(a, b) for a, b, _ in disputes.near_pairs(vectors, pages, kinds, Progress())}
    similar = vectors.astype(np.float32) @ vectors.astype(np.float32).T
    expected = {
        (a, b)
        for a in range(ROWS)
        for b in range(a + 1, ROWS)
        if similar[a, b] >= disputes.NEAR and pages[a] != pages[b] and kinds[a] == kinds[b]
    }
    assert found == expected
    assert expected


def test_a_sentence_is_paired_with_the_nearest_only() -> None:
    """Many sentences that are alike do not make pairs of each with each."""
    vectors = np.ones((200, 1), np.float16)
    pages, kinds = np.arange(200), np.ones(200, np.int64)
    found = list(disputes.near_pairs(vectors, pages, kinds, Progress()))
    assert len(found) <= 200 * disputes.NEIGHBOURS
    assert {a for a, _, _ in found} == set(range(199))
