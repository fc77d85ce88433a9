"""`mehealth conflicts`: figures that pages give differently, for people and for programs."""

from __future__ import annotations

import pytest
from cli_helpers import CITATION, assert_shape, the_json

from mehealth_rag.cli.documents import TerminalProgress
from tests.conftest import Library, Run

GUIDE = """\
The lighthouse on the North Pier is 42 metres tall. It was lit by the keeper Mary Anning.
\f
A return ticket for the ferry costs £12. The ferry leaves from the South Pier.
\f
The lighthouse on the North Pier is 45 metres tall. It stands at the end of the pier.
"""
PLAN = """\
# Plan for the harbour

A new fish market is planned. A return ticket for the ferry costs £14.
"""


@pytest.fixture(scope="module")
def disagreeing(tmp_path_factory: pytest.TempPathFactory, mehealth: Run) -> Library:
    """Two documents that disagree about one figure, one of which disagrees with itself."""
    folder = tmp_path_factory.mktemp("disagreeing")
    corpus, index = folder / "corpus", folder / "index"
    corpus.mkdir()
    (corpus / "guide.txt").write_text(GUIDE, encoding="utf-8")
    (corpus / "plan.md").write_text(PLAN, encoding="utf-8")
    built = mehealth("ingest", "--corpus", str(corpus), "--index", str(index))
    assert built.returncode == 0, built.stderr
    return Library(corpus, index, built)


def test_conflicts_as_json(disagreeing: Library, mehealth: Run) -> None:
    found = the_json(mehealth("conflicts", "--json", *disagreeing.options))
    assert_shape(found, {"schema": int, "conflicts": list, "citations": list, "index": str})
    for conflict in found["conflicts"]:
        assert_shape(conflict, {"about": str, "values": list})
        for value in conflict["values"]:
            assert_shape(value, {"value": str, "citations": list})
    cited = found["citations"]
    assert [c["number"] for c in cited] == list(range(1, len(cited) + 1))
    texts = {"guide": GUIDE.split("\f"), "plan": [PLAN]}
    for citation in cited:
        assert_shape(citation, CITATION)
        assert citation["quote"] in texts[citation["document"]][citation["page"] - 1]
    places = [(c["document"], c["page"]) for c in cited]
    assert {
        conflict["about"]: {
            value["value"]: [places[n - 1] for n in value["citations"]]
            for value in conflict["values"]
        }
        for conflict in found["conflicts"]
    } == {
        "The lighthouse on the North Pier is … tall": {
            "42 metres": [("guide", 1)],
            "45 metres": [("guide", 3)],
        },
        "A return ticket for the ferry costs …": {"£12": [("guide", 2)], "£14": [("plan", 1)]},
    }


def test_conflicts_as_a_table(disagreeing: Library, mehealth: Run) -> None:
    done = mehealth("conflicts", *disagreeing.options)
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("│")]
    assert [[cell.strip() for cell in line.split("│")[1:-1]] for line in lines] == [
        ["The lighthouse on the North Pier is … tall", "42 metres", "1", "guide"],
        ["", "45 metres", "3", "guide"],
        ["A return ticket for the ferry costs …", "£12", "2", "guide"],
        ["", "£14", "1", "Plan for the harbour"],
    ]


def test_conflicts_of_one_document(disagreeing: Library, mehealth: Run) -> None:
    done = mehealth("conflicts", "--document", "guide", *disagreeing.options)
    assert "45 metres" in done.stdout
    assert "£" not in done.stdout


def test_none_found_is_one_line(library: Library, mehealth: Run) -> None:
    done = mehealth("conflicts", *library.options)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "No two pages give different figures for the same thing.\n"
    found = the_json(mehealth("conflicts", "--json", *library.options))
    assert found["conflicts"] == found["citations"] == []


def test_progress_is_shown_to_whoever_waits(capsys: pytest.CaptureFixture[str]) -> None:
    """Not of what is soon done."""
    for patience, expected in ((60.0, False), (0.0, True)):
        with TerminalProgress(patience=patience) as progress:
            progress.stage("proving", 2)
            progress.advance()
            progress.advance()
        assert ("proving" in capsys.readouterr().err) is expected
