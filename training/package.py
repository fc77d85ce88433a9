"""Packages a run as a reader: `python -m training.package --run DIR --development FILE`.

Exports the model, calibrates it on documents that it was not trained on, and writes its card.
`python -m training.verdicts` then fits how it weighs statements.
"""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

import mehealth_rag.reader
from mehealth_eval.stats import f1, ratio
from mehealth_eval.written_scores import MOST_OTHERS
from mehealth_rag.encoder.shipped import CARD, file_hashes
from mehealth_rag.reader.choice import Choice, Weighed, chosen, weighed
from mehealth_rag.reader.model import (
    LOG,
    MODEL,
    Calibration,
    Limits,
    PassageReading,
    Reader,
)
from training import bases
from training.batches import Epochs
from training.examples import GOLD, HARMLESS, OTHER, Example, Examples, Reading, load
from training.export import WEIGHTS_OF, export
from training.reader import method, trained

OUTPUT = Path(mehealth_rag.reader.__file__).parent

WEAKNESSES = (
    "English only",
    "does not calculate: figures that follow by a step are told by exact values beside it",
    "reads a passage at a time: what is told only by two passages together is often missed",
    "written data of invented documents taught it; scans and forms are new to it",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Export, calibrate and write the card."""
    parser = argparse.ArgumentParser(prog="python -m training.package", description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="folder of the run")
    parser.add_argument("--development", type=Path, required=True, help="its examples")
    parser.add_argument("--output", type=Path, help="folder to write; the package's by default")
    options = parser.parse_args(arguments)
    log = json.loads((options.run / "log.json").read_text(encoding="utf-8"))
    form = log["form"]
    folder = options.output or OUTPUT / form
    examples = load(options.development)
    tokenizer = bases.tokenizer(form)
    _, group = next(iter(Epochs(examples, tokenizer, 0).questions()))
    export(trained(options.run), tokenizer, group.rows[0], folder, WEIGHTS_OF[form])
    (folder / LOG).write_text(json.dumps(log, indent=1) + "\n", encoding="utf-8")
    card = _facts(form, log, folder)
    write_card(folder, card)
    calibration, figures = calibrate(folder, examples)
    write_card(folder, card | {"calibration": calibration, "figures": {"development": figures}})
    print(json.dumps(figures), file=sys.stderr)
    return 0


def calibrate(folder: Path, examples: Examples) -> tuple[dict[str, Any], dict[str, float]]:
    """Calibrate the exported reader's probabilities, then choose the best thresholds for them.

    Returns the calibration as the card holds it, and the figures on the examples.
    """
    reader = Reader.load(folder)
    questions = [e for e in examples.examples if e.kind.startswith("q:")]
    raw = [_read(reader, e, examples) for e in questions]
    pairs = [
        (passage_reading, r.labels)
        for e, readings in zip(questions, raw, strict=True)
        for r, passage_reading in zip(_searched(e), readings, strict=True)
    ]
    sentence = _platt(
        (probability, label == GOLD)
        for reading, labels in pairs
        for probability, label in zip(reading.sentences, labels, strict=True)
        if label != HARMLESS
    )
    passage = _platt((reading.answers, GOLD in labels) for reading, labels in pairs)
    calibrated = [[_calibrated(r, sentence, passage) for r in readings] for readings in raw]
    limits, right = best_limits(questions, calibrated)
    answers = _answers_right(_asked(questions, calibrated, limits), limits)
    calibration = {"sentence": asdict(sentence), "passage": asdict(passage),
                   "limits": asdict(limits), "right": asdict(_platt(answers))}  # fmt: skip
    return calibration, right


def _searched(example: Example) -> list[Reading]:
    return [r for r in example.readings if r.rank]


def _read(reader: Reader, example: Example, examples: Examples) -> list[PassageReading]:
    texts = [examples.passages[r.passage] for r in _searched(example)]
    return reader.read(example.text, [(q, a) for q, a in example.history], texts)


def _platt(pairs: Iterable[tuple[float, bool]]) -> Calibration:
    """Fit the slope and offset of a calibration to a reader's raw probabilities (Platt, 1999)."""
    samples = list(pairs)
    chances = np.clip(np.array([p for p, _ in samples]), 1e-9, 1 - 1e-9)
    logits = np.log(chances / (1 - chances))
    fit = LogisticRegression(C=1e6).fit(logits[:, None], [right for _, right in samples])
    return Calibration(float(fit.coef_[0, 0]), float(fit.intercept_[0]))


def _calibrated(
    reading: PassageReading, sentence: Calibration, passage: Calibration
) -> PassageReading:
    sentences = tuple(map(sentence.of, reading.sentences))
    return replace(reading, answers=passage.of(reading.answers), sentences=sentences)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question weighed with one `by_rank`, and the labels to score its answer with.

    `labels` are those of each passage's sentences, `gold` is the number of gold sentences.
    """

    weighed: Weighed
    labels: Sequence[Sequence[int]]
    gold: int
    answerable: bool

    def is_whole(self, choice: Choice) -> bool:
        """True if the choice has all gold sentences and at most `MOST_OTHERS` labelled OTHER."""
        labels = [self.labels[c.passage][c.sentence] for c in choice.sentences]
        return (
            bool(labels)
            and self.answerable
            and labels.count(GOLD) == self.gold
            and labels.count(OTHER) <= MOST_OTHERS
        )

    def is_best(self, choice: Choice) -> bool:
        """True if the best sentence is gold."""
        best = choice.best
        return best is not None and self.labels[best.passage][best.sentence] == GOLD


def _asked(
    questions: Sequence[Example], read: Sequence[Sequence[PassageReading]], limits: Limits
) -> list[_Asked]:
    """The questions, weighed under limits of which only `by_rank` matters here."""
    return [
        _Asked(
            weighed=weighed(readings, limits),
            labels=[r.labels for r in _searched(example)],
            gold=sum(r.labels.count(GOLD) for r in example.readings),
            answerable=example.answerable,
        )
        for example, readings in zip(questions, read, strict=True)
    ]


def best_limits(
    questions: Sequence[Example], read: Sequence[Sequence[PassageReading]]
) -> tuple[Limits, dict[str, float]]:
    """Search a grid for the limits with the most right answers and the best abstention."""
    weights = [Limits(answer=0.0, by_rank=by_rank) for by_rank in (0.0, 0.4, 0.7, 1.0, 1.4)]
    by_rank = [(limits, _asked(questions, read, limits)) for limits in weights]
    ranked, asked = max(by_rank, key=lambda pair: _figures(pair[1], pair[0])["best_right"])
    grid = product(_steps(0.05, 0.75), _steps(0.05, 0.7), (0.2, 0.3, 0.45, 0.6, 0.75))
    tried = [
        replace(ranked, answer=answer, sentence=sentence, near=near)
        for answer, sentence, near in grid
        if sentence <= answer + 0.15
    ]
    measured = [(limits, _figures(asked, limits)) for limits in tried]
    return max(measured, key=lambda m: m[1]["evidence"] + 0.5 * m[1]["abstention_f1"])


def _answers_right(asked: Sequence[_Asked], limits: Limits) -> Iterator[tuple[float, bool]]:
    """Yield the confidence of each answer given, and whether it is right."""
    for question in asked:
        choice = chosen(question.weighed, limits)
        if choice.sentences:
            yield choice.confidence, question.is_whole(choice)


def _steps(first: float, end: float) -> list[float]:
    return [round(float(x), 3) for x in np.arange(first, end, 0.05)]


def _figures(asked: Sequence[_Asked], limits: Limits) -> dict[str, float]:
    """Estimate what `mehealth eval --written` measures, from the labels of the parsed sentences."""
    counts: Counter[str] = Counter()
    for question in asked:
        choice = chosen(question.weighed, limits)
        declined = not choice.sentences
        counts["declined"] += declined
        counts["unanswerable"] += not question.answerable
        counts["both"] += declined and not question.answerable
        counts["right"] += question.is_whole(choice) if question.answerable else declined
        counts["best"] += question.answerable and question.is_best(choice)
    precision = ratio(counts["both"], counts["declined"])
    recall = ratio(counts["both"], counts["unanswerable"])
    return {
        "evidence": round(counts["right"] / len(asked), 4),
        "best_right": round(counts["best"] / (len(asked) - counts["unanswerable"]), 4),
        "abstention_f1": round(f1(precision, recall), 4),
    }


def _facts(form: str, log: dict[str, Any], folder: Path) -> dict[str, Any]:
    path = folder / MODEL
    return {
        "name": form,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "purpose": "reads a question or a statement with a passage: which sentences answer, and "
        "whether it does; whether it carries or denies the statement, and by which sentences",
        "licence": "Apache 2.0",
        "starts_from": bases.starts_from(form),
        "data": log["examples"],
        "method": method(log),
        "weaknesses": list(WEAKNESSES),
        **file_hashes(path),
        "bytes": path.stat().st_size,
    }


def write_card(folder: Path, card: dict[str, Any]) -> None:
    """Write the card of a reader's folder."""
    text = json.dumps(card, indent=1, ensure_ascii=False) + "\n"
    (folder / CARD).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
