"""Makes training examples with the real pipeline: `python -m training.examples --output FILE`.

Every written document is typeset in common formats, then parsed, split, indexed and searched like
any user's documents. An example is a question or a statement with the passages to read it in: those
with its gold sentences, and search results.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mehealth_eval.written_data import WrittenDocument, load_documents
from mehealth_eval.written_run import LocatedDocument
from mehealth_rag.assistant import Assistant
from mehealth_rag.reader.rows import PassageText, passage_text, readable
from mehealth_rag.settings import Settings
from mehealth_rag.wiring import ingest
from training.typesetting import FORMS, forms_of, set_document

SEARCHED = 12
"""Search results per question."""

WRITTEN = Path(__file__).parent / "written"

GOLD, HARMLESS, OTHER = 1, -1, 0
"""Labels of a sentence: it answers; it may be quoted as well (no loss); it does not answer."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A passage of an example: its index in the list of passages, and a label for each sentence.

    `rank` is its rank in the search results, from 1; 0 if the search missed it.
    """

    passage: int
    labels: list[int]
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Example:
    """A question, a claim or a twin, with the passages to read.

    `text` is the question or the statement. For a statement that answers a question, `question` is
    that question. `verdict` is empty for questions. `lie` is the false half of a twin.
    """

    kind: str
    document: str
    form: str
    text: str
    readings: list[Reading]
    question: str = ""
    history: list[tuple[str, str]] = field(default_factory=list)
    verdict: str = ""
    lie: str = ""
    answerable: bool = True

    @property
    def gold(self) -> list[Reading]:
        """The readings with a gold sentence."""
        return [r for r in self.readings if GOLD in r.labels]

    @property
    def others(self) -> list[Reading]:
        """The readings without one."""
        return [r for r in self.readings if GOLD not in r.labels]


@dataclass(frozen=True, slots=True)
class Examples:
    """All examples, and the passages that their readings refer to by index."""

    passages: list[PassageText]
    examples: list[Example]


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the examples of all written documents and write them."""
    parser = argparse.ArgumentParser(prog="python -m training.examples", description=__doc__)
    parser.add_argument("--written", type=Path, default=WRITTEN, help="folder of the documents")
    parser.add_argument("--output", type=Path, required=True, help="file to write, JSON")
    parser.add_argument("--work", type=Path, required=True, help="folder for corpus and index")
    parser.add_argument("--forms", default=",".join(FORMS), help="formats to set documents in")
    options = parser.parse_args(arguments)
    documents = load_documents(options.written)
    write(build(documents, options.work, options.forms.split(",")), options.output)
    return 0


def write(examples: Examples, path: Path) -> None:
    """Write examples as JSON."""
    path.write_text(json.dumps(asdict(examples), ensure_ascii=False), encoding="utf-8")


def load(path: Path) -> Examples:
    """Read examples that `write` wrote."""
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    passages = [PassageText(p["context"], tuple(p["sentences"])) for p in data["passages"]]
    examples = [
        Example(**{**e, "readings": [Reading(**r) for r in e["readings"]]})
        for e in data["examples"]
    ]
    return Examples(passages, examples)


def build(documents: Sequence[WrittenDocument], work: Path, forms: Sequence[str]) -> Examples:
    """The examples of documents, each document set in those of `forms` that it is planned for."""
    result = Examples([], [])
    for form in forms:
        chosen = [d for d in documents if form in forms_of(d.name)]
        if not chosen:
            continue
        corpus = work / form / "corpus"
        corpus.mkdir(parents=True, exist_ok=True)
        for document in chosen:
            set_document(document, form, corpus)
        settings = Settings.load({"corpus": corpus, "index": work / form / "index"})
        ingest(settings)
        assistant = Assistant.open(settings)
        for number, document in enumerate(chosen, 1):
            located = LocatedDocument.of(assistant, document)
            result.examples.extend(_Builder(located, form, result).examples())
            missed = f"not found again: {len(located.finder.lost)}/{len(document.sentences)}"
            progress = f"{form}: {number}/{len(chosen)} {document.name}, {missed}"
            print(progress, file=sys.stderr, flush=True)
    return result


class _Builder:
    """Makes the examples of one document, whose passages it adds to the result."""

    def __init__(self, located: LocatedDocument, form: str, result: Examples) -> None:
        self._located, self._form = located, form
        self._first = len(result.passages)
        passages = located.all_passages()
        result.passages.extend(passage_text(p, located.texts[p.page - 1]) for p in passages)
        self._ids = {
            p.id: [located.finder.main(p.page, s.span) for s in readable(p)] for p in passages
        }

    def examples(self) -> Iterator[Example]:
        """Yield questions first, then claims, then twins."""
        document = self._located.document
        for q in document.questions:
            harmless = frozenset(q.harmless)
            ranks = self._ranks(q.question, q.history)
            readings = self._readings(ranks, q.allowed - harmless, harmless, frozenset(q.near))
            yield self._example(
                f"q:{q.kind}", q.question, readings, history=[tuple(t) for t in q.history],
                answerable=bool(q.gold),
            )  # fmt: skip
            if q.gold and q.answer:
                gold = [r for r in readings if GOLD in r.labels]
                yield self._example(
                    "answer", q.answer, gold, question=q.question, verdict="supported"
                )
        for c in document.claims:
            ranks = self._ranks(c.claim)
            readings = self._readings(ranks, frozenset(c.gold), near=frozenset(c.near))
            yield self._example("claim", c.claim, readings, verdict=c.verdict)
        for t in document.twins:
            gold = self._readings({}, frozenset(t.gold))
            yield self._example(
                "twin", t.true, gold, question=t.question, verdict="supported", lie=t.lie
            )

    def _example(self, kind: str, text: str, readings: list[Reading], **more: Any) -> Example:  # noqa: ANN401 - fields of Example
        return Example(kind, self._located.document.name, self._form, text, readings, **more)

    def _ranks(self, text: str, history: Sequence[tuple[str, str]] = ()) -> dict[str, int]:
        """The ranks of the search results, by passage."""
        results = self._located.passages(text, history, SEARCHED)
        return {passage.id: rank for rank, passage in enumerate(results, 1)}

    def _readings(
        self,
        ranks: Mapping[str, int],
        gold: frozenset[str],
        harmless: frozenset[str] = frozenset(),
        near: frozenset[str] = frozenset(),
    ) -> list[Reading]:
        """The passages with a rank, then those with gold or near sentences that have none."""
        readings = []
        for place, (passage, ids) in enumerate(self._ids.items()):
            if passage in ranks or frozenset().union(*ids) & (gold | near):
                labels = [
                    GOLD if sentence_ids & gold else HARMLESS if sentence_ids & harmless else OTHER
                    for sentence_ids in ids
                ]
                readings.append(Reading(self._first + place, labels, ranks.get(passage, 0)))
        return sorted(readings, key=lambda r: r.rank or SEARCHED + 1)


if __name__ == "__main__":
    sys.exit(main())
