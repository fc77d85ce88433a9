"""Checks written documents: `python -m mehealth_eval.written_check FOLDER...`.

Loading them checks formats, kinds and sentence numbers; this adds counts and repetitions. The exit
code is 1 if a document is wrong.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from mehealth_eval.questions import QuestionFileError
from mehealth_eval.written_data import WrittenDocument, load_document

LIES = frozenset(
    "figure unit name-swapped role-swapped place time plan-as-fact fact-as-plan whole-for-part "
    "narrowed added-detail added-member dropped-condition wrong-speaker negation scope "
    "cause-invented strengthened merged-subjects direction".split()
)

QUESTIONS, CLAIMS = (20, 12, 110), (40, 8, 60)
"""Words of a document for each line of a kind; how many are needed at least, and are enough."""
FEWEST_WORDS = 250


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line for each document, and its faults."""
    parser = argparse.ArgumentParser(
        prog="python -m mehealth_eval.written_check", description=__doc__
    )
    parser.add_argument("folders", type=Path, nargs="+")
    options = parser.parse_args(arguments)
    wrong = 0
    for path in sorted(p for folder in options.folders for p in folder.glob("*.txt")):
        try:
            document = load_document(path)
        except QuestionFileError as error:
            print(error)
            wrong += 1
            continue
        faults = list(check(document))
        wrong += bool(faults)
        print(f"{path.stem}: {document.pages} pages, {len(document.sentences)} sentences, "
              f"{len(document.questions)} questions, {len(document.claims)} claims, "
              f"{len(document.twins)} twins")  # fmt: skip
        for fault in faults:
            print(f"  {fault}")
    return int(bool(wrong))


def check(document: WrittenDocument) -> Iterator[str]:
    """Yield the faults of a document."""
    words = sum(len(part.text.split()) for part in document.sentences.values())
    if words < FEWEST_WORDS:
        yield f"only {words} words, {FEWEST_WORDS} wanted"
    for name, lines, (words_a_line, fewest, enough) in (
        ("questions", document.questions, QUESTIONS),
        ("claims", document.claims, CLAIMS),
    ):
        wanted = min(enough, max(fewest, words // words_a_line))
        if len(lines) < wanted:
            yield f"only {len(lines)} {name}, {wanted} wanted"
    counts = Counter(q.question.lower() for q in document.questions if not q.history)
    yield from (f"asked twice: {question}" for question, times in counts.items() if times > 1)
    unanswered = (q for q in document.questions if q.gold and not q.answer)
    yield from (f"no answer: {question.question}" for question in unanswered)
    for twin in document.twins:
        if twin.how not in LIES or twin.true == twin.lie:
            yield f"how or lie is wrong: {twin.question}"


if __name__ == "__main__":
    sys.exit(main())
