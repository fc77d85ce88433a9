"""The gate measured: of a good writer's sentences and a liar's, what is shown.

The writers are the two halves of written twins; the passages of a twin's gold sentences are what
they were given. `python -m mehealth_eval.written_gate [FOLDER] [--each N]` prints the shares as
JSON.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mehealth_eval.written_data import load_documents
from mehealth_eval.written_run import Found, indexed
from mehealth_eval.written_scores import by_kind
from mehealth_rag.generating.gate import Gate
from mehealth_rag.generating.judging import Bench
from mehealth_rag.guard.exhibits import Exhibit
from mehealth_rag.retrieval import Evidence
from mehealth_rag.settings import Settings
from mehealth_rag.types import Hit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mehealth_eval.written_data import Twin
    from mehealth_rag.reader.model import Reader

DEVELOPMENT = Path(__file__).parent / "written" / "development"


@dataclass(frozen=True, slots=True)
class GateFigures:
    """Shares of true and untrue halves that are shown whole, in all and by how the lie was made."""

    twins: int
    true_shown: Mapping[str, float]
    lies_shown: Mapping[str, float]


def evaluate_gate(folder: Path, settings: Settings, each: int | None = None) -> GateFigures:
    """Let the twins of a folder's documents pass the gate, `each` of a document at the most."""
    documents = load_documents(folder)
    true: list[tuple[str, bool]] = []
    lies: list[tuple[str, bool]] = []
    with indexed(documents, settings) as assistant:
        reader = assistant.reader()
        for document in documents:
            found = Found.of(assistant, document)
            for twin in document.twins[:each]:
                exhibits = _exhibits(found, twin)
                true.append((twin.how, is_shown(twin.true, twin.question, exhibits, reader)))
                lies.append((twin.how, is_shown(twin.lie, twin.question, exhibits, reader)))
    return GateFigures(len(true), by_kind(true), by_kind(lies))


def is_shown(text: str, question: str, exhibits: Sequence[Exhibit], reader: Reader) -> bool:
    """Whether all that a model wrote passes the gate."""
    gate = Gate(Bench(question, exhibits, reader).judge)
    gate.feed(text)
    gate.finish()
    return bool(gate.passed) and not gate.dropped


def _exhibits(found: Found, twin: Twin) -> list[Exhibit]:
    assistant = found.assistant
    return [
        Exhibit.of(
            Evidence(Hit(p, 1.0)), assistant.page(p.document, p.page), assistant.passage_text(p)
        )
        for p, _ in found.holding(frozenset(twin.gold))
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures of a folder of written documents."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=DEVELOPMENT)
    parser.add_argument("--each", type=int, help="twins of a document at the most")
    given = parser.parse_args(arguments)
    print(json.dumps(asdict(evaluate_gate(given.folder, Settings.load({}), given.each)), indent=2))


if __name__ == "__main__":
    main()
