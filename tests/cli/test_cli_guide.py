"""`mehealth guide`: what a document is about, for people and for programs."""

from __future__ import annotations

from pathlib import Path

from cli_helpers import CITATION, assert_shape, the_json

from tests.conftest import Library, Run

OUTLINE = {"heading": str, "page": int, "page_label": str}


def test_guides_as_json(library: Library, mehealth: Run) -> None:
    found = the_json(mehealth("guide", "--json", *library.options))
    assert list(found) == ["schema", "index", "guides"]
    assert found["schema"] == 1
    assert [g["document"] for g in found["guides"]] == ["guide", "fees", "plan"]
    guide, fees, plan = found["guides"]
    assert list(guide) == [
        "document", "title", "publisher", "dated", "outline", "sentences", "figures", "people",
        "contacts", "acronyms",
    ]  # fmt: skip
    assert guide["title"] == "A guide to the harbour"
    assert [o["heading"] for o in guide["outline"]][1:] == ["The North Pier", "The ferry"]
    for one in guide["outline"]:
        assert_shape(one, OUTLINE)
    for citation in (*guide["sentences"], *(f["citation"] for f in plan["figures"])):
        assert_shape(citation, CITATION)
    assert [f["value"] for f in plan["figures"]] == ["£1.6 million"]
    assert fees["people"] == fees["contacts"] == fees["acronyms"] == []


def test_one_guide_as_text(library: Library, mehealth: Run) -> None:
    done = mehealth("guide", "plan", *library.options)
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "Plan for the harbour",
        "(plan)",
        "",
        "In short",
        "  “The plan for the harbour foresees a new fish market.” (p. 1)",
        "  “The new fish market will cost £1.6 million and open in 2031.” (p. 2)",
        "",
        "Key figures",
        "  £1.6 million: “The new fish market will cost £1.6 million and open in 2031.” (p. 2)",
    ]


def test_all_guides_as_text(library: Library, mehealth: Run) -> None:
    done = mehealth("guide", *library.options)
    for title in ("A guide to the harbour", "Fees of the harbour", "Plan for the harbour"):
        assert title in done.stdout.splitlines()


def test_the_index_is_built_first(library: Library, mehealth: Run, tmp_path: Path) -> None:
    fresh = ("--corpus", str(library.corpus), "--index", str(tmp_path / "index"))
    found = the_json(mehealth("guide", "fees", "--json", *fresh))
    assert [g["document"] for g in found["guides"]] == ["fees"]
