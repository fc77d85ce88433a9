"""A corpus with files that break readers: each is a row with a reason, the others are indexed."""

from __future__ import annotations

import shutil

import pytest
from cli_helpers import the_json

from tests.conftest import Library, Run
from tests.reading import hostile_pdfs as hostile


@pytest.fixture
def corpus(library: Library, tmp_path_factory: pytest.TempPathFactory) -> Library:
    """The small corpus without its manifest, with bad files and good ones under odd names.

    The good ones hold words that are known already, so that nothing has to be embedded.
    """
    copy = library.copy(tmp_path_factory.mktemp("hostile"))
    folder = copy.corpus
    (folder / "sources.toml").unlink()
    (folder / "Häfen 🚢").mkdir()
    shutil.move(folder / "plan.pdf", folder / "Häfen 🚢" / "a 'plan'.pdf")
    bad = {
        "bomb.pdf": hostile.stream_bomb(600_000_000),
        "cut.pdf": hostile.many_pages(50)[:3000],
        "empty.docx": b"",
        "picture.html": b"\xff\xd8\xff\xe0 JFIF",
        "tree.pdf": hostile.pdf([b"<< /Type /Catalog /Pages 9 0 R >>"]),
    }
    for name, content in bad.items():
        (folder / name).write_bytes(content)
    return copy


def test_bad_files_are_rows_and_the_others_are_indexed(corpus: Library, mehealth: Run) -> None:
    env = {"MEHEALTH_READING_MEGABYTES": "700"}
    done = mehealth("ingest", "--json", *corpus.options, env=env)
    assert "Traceback" not in done.stderr
    rows = {row["id"]: row for row in the_json(done)["documents"]}
    failed = {name for name, row in rows.items() if row["status"] == "failed"}
    assert failed == {"bomb", "cut", "empty", "picture", "tree"}
    assert all(f"{name}." in rows[name]["reason"] for name in failed)
    assert "700 MB" in rows["bomb"]["reason"]
    good = {name: row["passages"] for name, row in rows.items() if row["pages"]}
    assert good == {"fees": 2, "guide": 3, "a 'plan'": 2}
    listed = the_json(mehealth("sources", "--json", *corpus.options))
    reasons = {source["id"]: source["reason"] for source in listed}
    assert all(reasons[name] == rows[name]["reason"] for name in failed)
    answer = the_json(
        mehealth("ask", "What will the new fish market cost?", "--json", *corpus.options)
    )
    assert {c["document"] for c in answer["citations"]} == {"a 'plan'"}
    assert "£1.6 million" in answer["answer"]
