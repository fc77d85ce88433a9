"""`mehealth sources`: every source and whether it can be searched."""

from __future__ import annotations

from cli_helpers import assert_shape, the_json
from conftest import Library, Run

SOURCE = {
    "id": str,
    "title": str,
    "kind": str,
    "format": str,
    "url": (str, type(None)),
    "state": str,
    "reason": str,
    "pages": int,
    "passages": int,
    "linked_from": list,
}


def test_sources_as_json(library: Library, mehealth: Run) -> None:
    done = mehealth("sources", "--json", *library.options)
    assert done.stderr == ""
    found = the_json(done)
    for source in found:
        assert_shape(source, SOURCE)
    assert [(s["id"], s["state"], s["pages"]) for s in found] == [
        ("guide", "indexed", 1),
        ("fees", "indexed", 2),
        ("plan", "indexed", 2),
        ("map", "not fetched", 0),
    ]
    assert found[3]["linked_from"] == [{"document": "plan", "pages": [2]}]
    assert found[3]["url"] == "https://example.org/map.pdf"
