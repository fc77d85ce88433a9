"""Nothing that we measure on is among what a reader is trained on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from mehealth_eval.written_data import WrittenDocument, load_documents
from training.examples import WRITTEN

ROOT = Path(__file__).parent.parent.parent
MEASURED_WRITTEN = [ROOT / "eval" / "written" / name for name in ("development", "reporting")]


def test_no_written_document_is_both_trained_and_measured_on() -> None:
    measured = [d for folder in MEASURED_WRITTEN for d in load_documents(folder)]
    trained = load_documents(WRITTEN)
    assert len(trained) >= 83
    assert len(measured) == 16
    assert {d.name for d in trained}.isdisjoint(d.name for d in measured)
    seen = set(runs_of(t for d in measured for t in sentences(d)))
    own = (ROOT / "corpus" / "prospectus.txt", *ROOT.glob("eval/sets/*/corpus/*.txt"))
    seen |= set(runs_of(path.read_text(encoding="utf-8") for path in own))
    assert len(seen) > 10_000
    for document in trained:
        shared = seen.intersection(runs_of(sentences(document)))
        assert not shared, f"{document.name}: {sorted(shared)[0]}"


def sentences(document: WrittenDocument) -> list[str]:
    return [part.text for part in document.sentences.values()]


def runs_of(texts: Iterable[str], size: int = 14) -> Iterator[str]:
    """Every run of so many words: what two texts share by copying, not by chance."""
    for text in texts:
        words = letters(text).split()
        yield from (" ".join(words[i : i + size]) for i in range(len(words) - size + 1))


def letters(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text.lower()).strip()
