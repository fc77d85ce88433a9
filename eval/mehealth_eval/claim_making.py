"""Claims made mechanically out of a public question set, to measure on documents not our own.

The set is a folder with `corpus/` (one text a document, a form feed between pages) and
`questions.jsonl` (question, document, page, answers). Each question gives claims whose verdict
follows from how they are made:

- verbatim: the sentence that holds the answer, as it stands: supported
- restated: question and answer put into one statement: supported
- verbatim-changed, restated-changed: the same with another answer of the same type: contradicted
- verbatim-negated: a verbatim claim with a "not": contradicted
- word-changed: one common word of a verbatim or restated claim exchanged: not found, or denied
- taken-out: a restated claim whose sentence is left out of the corpus: not found
- other-article: a sentence of an article that is left out of the corpus: not found
"""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mehealth_rag.language.figures import FigureKind, figures
from mehealth_rag.language.sentences import sentence_spans
from mehealth_rag.language.words import is_content, stem
from mehealth_rag.types import VerdictKind

OMITTED_ARTICLES = 3
TAKEN_OUT_EVERY = 3
"""The sentences that answer are left out of every third page."""

SHORTEST, LONGEST = 5, 45
"""Words of a sentence that makes a claim."""

MOST_WORDS = 3
"""An answer of more words than this is more than its figure."""

LONGEST_CHANGED = 20
"""Words of a sentence that is changed, at the most."""

_AUX = r"(?:did|do|does|was|were|is|are|has|have|had|can|could|will|would)"
_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), statement)
    for pattern, statement in (
        (
            rf"^(?:in|on) (?:what|which) (?P<n>\w+(?: \w+)?) {_AUX} (?P<rest>.+)$",
            "{rest} in {answer}",
        ),
        (rf"^when {_AUX} (?P<rest>.+)$", "{rest} in {answer}"),
        (rf"^where {_AUX} (?P<rest>.+)$", "{rest} in {answer}"),
        (rf"^how many (?P<n>\w+(?: \w+)?) {_AUX} (?P<rest>.+)$", "{rest} {answer} {n}"),
        (r"^how many (?P<rest>.+)$", "{answer} {rest}"),
        (r"^who(?:m)? (?:did|do|does) (?P<rest>.+)$", "{rest} {answer}"),
        (r"^who (?P<rest>.+)$", "{answer} {rest}"),
        (r"^what (?P<be>is|was|are|were) (?P<rest>.+)$", "{rest} {be} {answer}"),
        (r"^(?:what|which) (?P<n>\w+) (?:did|do|does) (?P<rest>.+)$", "{rest} the {n} {answer}"),
        (r"^what (?:did|do|does) (?P<rest>.+)$", "{rest} {answer}"),
        (r"^what (?P<rest>[a-z]+(?:s|ed) .+)$", "{answer} {rest}"),
    )
)
_NEGATABLE = re.compile(r"\b(?:is|are|was|were|can|could|will|would|has|have|had)\b(?= \w)")
_DENIES = re.compile(r"\b(?:not|no|never|nor|without|cannot)\b|n't\b", re.IGNORECASE)
_NUMBER_OF = {FigureKind.MONEY: "money", FigureKind.PERCENT: "percent", FigureKind.YEAR: "year"}


@dataclass(frozen=True, slots=True)
class MadeClaim:
    """A claim with the verdict that follows from how it was made, and its article."""

    kind: str
    claim: str
    verdict: VerdictKind
    document: str
    page: int


@dataclass(frozen=True, slots=True)
class MadeSet:
    """The corpus, file name to text, and the claims put to it."""

    files: dict[str, str]
    claims: tuple[MadeClaim, ...] = field(default=())


_Made = dict[str, tuple[str | None, VerdictKind]]
"""Claims, None where one could not be made, with their verdicts, by kind."""


@dataclass(frozen=True, slots=True)
class _Drawing:
    """Draws what a claim is changed to: from all answers, by type."""

    pool: dict[str, list[str]]
    chance: random.Random

    def other_answer(self, answer: str) -> str | None:
        """Another answer of the same type, that shares neither word nor figure with it."""
        kind = answer_type(answer)
        if kind == "other":
            return None
        words = set(answer.lower().split())
        values = {f.value for f in figures(answer)}
        fitting = [
            a
            for a in self.pool[kind]
            if not words & set(a.lower().split()) and not values & {f.value for f in figures(a)}
        ]
        return self.chance.choice(fitting) if fitting else None

    def word_changed(self, sentence: str) -> str | None:
        """A short sentence with one of its common words exchanged for a word of an answer."""
        words = re.findall(r"(?<=\s)[a-z]{4,}(?=[\s.,])", sentence)
        content = [w for w in words if is_content(w)]
        if not content or len(sentence.split()) > LONGEST_CHANGED:
            return None
        word = self.chance.choice(content)
        others = [o for o in self._common_words() if stem(o) != stem(word)]
        if not others:
            return None
        other = self.chance.choice(others)
        return re.sub(rf"\b{word}\b", other, sentence) if other not in sentence else None

    def _common_words(self) -> list[str]:
        words = (w for answer in self.pool.get("other", ()) for w in answer.split())
        return [w for w in words if w.isalpha() and w.islower() and is_content(w)]


def make_claims(folder: Path, seed: int = 11) -> MadeSet:
    """The corpus and the claims of one question set; the same folder gives the same claims."""
    texts = {
        p.stem: p.read_text("utf-8").split("\f") for p in sorted((folder / "corpus").iterdir())
    }
    lines = (folder / "questions.jsonl").read_text("utf-8").splitlines()
    rows = [r for r in map(json.loads, lines) if r["answerable"] and r["answers"]]
    omitted = sorted(texts)[::-1][:: len(texts) // OMITTED_ARTICLES][:OMITTED_ARTICLES]
    taken = _taken_out(rows, texts)
    files = {
        f"{name}.txt": "\f".join(_left(page, taken.get((name, n), ())) for n, page in _paged(pages))
        for name, pages in texts.items()
        if name not in omitted
    }
    chance = random.Random(seed)  # noqa: S311 - drawing a sample, not a secret
    drawing = _Drawing(_answers_by_type(rows), chance)
    claims: dict[str, MadeClaim] = {}
    for row in rows:
        sentence = _sentence(row, texts)
        if sentence is not None:
            for made in _claims(row, sentence, frozenset(omitted), taken, drawing):
                claims.setdefault(made.claim, made)
    return MadeSet(files, tuple(claims.values()))


def _claims(
    row: dict[str, Any],
    sentence: str,
    omitted: frozenset[str],
    taken: dict[tuple[str, int], tuple[str, ...]],
    drawing: _Drawing,
) -> Iterator[MadeClaim]:
    """The claims of one question, by what its article and its page are left with."""
    document, page = row["document"], row["page"]
    restated = restate(row["question"], row["answers"][0])
    made: _Made
    if document in omitted:
        made = {"other-article": (sentence, VerdictKind.NOT_FOUND)}
    elif (document, page) in taken:
        made = {"taken-out": (restated, VerdictKind.NOT_FOUND)}
    else:
        made = _true_and_changed(row, sentence, restated, drawing)
    for kind, (claim, verdict) in made.items():
        if claim is not None:
            yield MadeClaim(kind, claim, verdict, document, page)


def _true_and_changed(
    row: dict[str, Any], sentence: str, restated: str | None, drawing: _Drawing
) -> _Made:
    answer = row["answers"][0]
    words = drawing.word_changed(restated or sentence)
    other = drawing.other_answer(answer)
    made: _Made = {
        "verbatim": (sentence, VerdictKind.SUPPORTED),
        "restated": (restated, VerdictKind.SUPPORTED),
        "verbatim-negated": (negate(sentence), VerdictKind.CONTRADICTED),
        "word-changed": (words, VerdictKind.NOT_FOUND),
    }
    if other is not None:
        changed = sentence.replace(answer, other, 1)
        made["verbatim-changed"] = (changed, VerdictKind.CONTRADICTED)
        made["restated-changed"] = (restate(row["question"], other), VerdictKind.CONTRADICTED)
    return made


def restate(question: str, answer: str) -> str | None:
    """Question and answer as one statement, None where no rule fits."""
    text = " ".join(question.strip().rstrip("?").split())
    for pattern, statement in _RULES:
        match = pattern.match(text)
        if match:
            said = statement.format(**match.groupdict(), answer=answer)
            return said[:1].upper() + said[1:] + "."
    return None


def negate(sentence: str) -> str | None:
    """A short sentence with a "not" after its first auxiliary; None where it has none, or a "no".

    What follows the first auxiliary of a short sentence is mostly what the sentence says.
    """
    found = _NEGATABLE.search(sentence)
    if found is None or _DENIES.search(sentence) or len(sentence.split()) > LONGEST_CHANGED:
        return None
    return f"{sentence[: found.end()]} not{sentence[found.end() :]}"


def answer_type(answer: str) -> str:
    """Its one figure's kind, name, or other."""
    found = figures(answer)
    words = answer.split()
    if found:
        plain = len(found) == 1 and len(words) <= MOST_WORDS and not re.search(r"[(×]", answer)
        return _NUMBER_OF.get(found[0].kind, "quantity") if plain else "other"
    capital = all(w[:1].isupper() or w in {"of", "the", "and", "de", "van"} for w in words)
    return "name" if capital and words[0][:1].isupper() else "other"


def _answers_by_type(rows: Sequence[dict[str, Any]]) -> dict[str, list[str]]:
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for row in rows:
        found[answer_type(row["answers"][0])].setdefault(row["answers"][0])
    return {kind: list(answers) for kind, answers in found.items()}


def _sentence(row: dict[str, Any], texts: dict[str, list[str]]) -> str | None:
    """The one sentence of the page that holds the answer; None where several or none does."""
    page = texts[row["document"]][row["page"] - 1]
    holding = [t for t in _sentences(page) if row["answers"][0] in t]
    if len(holding) != 1 or not SHORTEST <= len(holding[0].split()) <= LONGEST:
        return None
    return holding[0]


def _taken_out(
    rows: Sequence[dict[str, Any]], texts: dict[str, list[str]]
) -> dict[tuple[str, int], tuple[str, ...]]:
    """For every third page the sentences with an answer of it."""
    places = list(dict.fromkeys((r["document"], r["page"]) for r in rows))[::TAKEN_OUT_EVERY]
    found = {}
    for document, page in places:
        answers = [r["answers"][0] for r in rows if (r["document"], r["page"]) == (document, page)]
        sentences = _sentences(texts[document][page - 1])
        found[document, page] = tuple(s for s in sentences if any(a in s for a in answers))
    return found


def _left(page: str, taken: Sequence[str]) -> str:
    for sentence in taken:
        page = page.replace(sentence, "")
    return page


def _paged(pages: Sequence[str]) -> Iterator[tuple[int, str]]:
    return enumerate(pages, start=1)


def _sentences(text: str) -> list[str]:
    return [s.of(text) for s in sentence_spans(text)]
