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


TICKET, TICKET_14 = "A return ticket for the ferry costs £12.", "On the ferry a ticket is £14."
TOWER_42, TOWER_45, TOWER_48 = (TOWER.format(n) for n in (42, 45, 48))
LANTERN = f"{TOWER_45} Before 42 metres were measured without its lantern."
TOWERS = {"42 metres": ["guide 1"], "45 metres": ["plan 1"]}
TICKETS = {"£12": ["guide 1"], "£14": ["plan 1"]}
FEES = "# Fees\n\n| Boat | Fee a year |\n| --- | --- |\n| Yacht | £{} |\n| Dinghy | £20 |\n"


@pytest.mark.parametrize(
    ("texts", "judge", "expected"),
    [
        # Alike but for the figure: no reader has to deny them, and equal figures are one value.
        ([pages(TOWER_42, OTHER, TOWER_45, TOWER_42)], ToldJudge(),
         [{"42 metres": ["guide 1", "guide 4"], "45 metres": ["guide 3"]}]),
        ([pages(TOWER_42, TOWER_45, TOWER_48)], ToldJudge(),
         [{"42 metres": ["guide 1"], "45 metres": ["guide 2"], "48 metres": ["guide 3"]}]),
        # One page is not held against itself.
        ([f"{TOWER_42} {OTHER} {TOWER_45}"], ToldJudge(denied=("",)), []),
        # Not alike: one document has to deny the other.
        ([f"{OTHER} {TICKET}", TICKET_14], ToldJudge(denied=("£12",)), [TICKETS]),
        ([f"{OTHER} {TICKET}", TICKET_14], ToldJudge(), []),
        # The plan has both figures; that the guide carries 45 metres is not believed.
        ([TOWER_42, LANTERN], ToldJudge(carried=("42",)), []),
        ([TOWER_42, LANTERN], ToldJudge(carried=("45",)), [TOWERS]),
        # The surest comes first, and last what has a year on one page only.
        ([f"{TICKET} {TOWER_42}", f"{TICKET_14} {TOWER_45}"], ToldJudge(denied=("£",)),
         [TOWERS, TICKETS]),
        ([f"{TOWER_42} {TICKET}", f"In 2024 {TOWER_45} {TICKET_14}"],
         ToldJudge(denied=("£", "metres")), [TICKETS, TOWERS]),
        ([OTHER], ToldJudge(), []),
    ],
)  # fmt: skip
def test_figures_of_different_pages_are_compared(
    tmp_path: Path, texts: list[str], judge: ToldJudge, expected: list[dict[str, list[str]]]
) -> None:
    report = swept(tmp_path, dict(zip(("guide.txt", "plan.txt"), texts, strict=False)), judge)
    assert shown(report) == expected
    if expected == [TICKETS, TOWERS]:
        assert report.conflicts[1].about.endswith(" tall (one page gives no year)")


def test_rows_of_tables_under_alike_headings(tmp_path: Path) -> None:
    """A row is read with its column headings, which are quoted beside it."""
    files = {"guide.md": FEES.format(300), "plan.md": FEES.format(320)}
    report = swept(tmp_path, files, ToldJudge())
    assert shown(report) == [{"£300": ["guide 1"] * 2, "£320": ["plan 1"] * 2}]
    assert report.conflicts[0].about == "Fees: Yacht | …"
    assert "Fee a year" in report.citations[1].quote


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


def test_only_some_documents(tmp_path: Path) -> None:
    files = {f"{n}.txt": f"{TOWER.format(n)} It was lit in 1871." for n in (42, 45, 48)}
    conflicts = shown(swept(tmp_path, files, ToldJudge(), ("45", "48")))
    assert conflicts == [{"45 metres": ["45 1"], "48 metres": ["48 1"]}]


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


ROWS = 90


@pytest.mark.parametrize("block", [7, 32, 1024])
def test_blocks_find_what_one_product_finds(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disputes, "BLOCK", block)
    monkeypatch.setattr(disputes, "NEIGHBOURS", ROWS)
    numbers = np.random.default_rng(3)
    vectors = numbers.normal(size=(ROWS, 3)).astype(np.float32)
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)
    pages, kinds = numbers.integers(0, 9, ROWS), 1 << numbers.integers(0, 3, ROWS)
    pairs = {(a, b) for a, b, _ in disputes.near_pairs(vectors, pages, kinds, Progress())}
    similar = vectors.astype(np.float32) @ vectors.astype(np.float32).T
    expected = {
        (a, b)
        for a in range(ROWS)
        for b in range(a + 1, ROWS)
        if similar[a, b] >= disputes.NEAR and pages[a] != pages[b] and kinds[a] == kinds[b]
    }
    assert pairs == expected
    assert expected


def test_a_sentence_is_paired_with_the_nearest_only() -> None:
    """Many sentences that are alike do not make pairs of each with each."""
    vectors = np.ones((200, 1), np.float16)
    pages, kinds = np.arange(200), np.ones(200, np.int64)
    pairs = list(disputes.near_pairs(vectors, pages, kinds, Progress()))
    assert len(pairs) <= 200 * disputes.NEIGHBOURS
    assert {a for a, _, _ in pairs} == set(range(199))
