"""Near misses made of questions that are answered: right subject, nothing that answers.

A sentence on the very subject from which the figure, date, name or reason that is asked for has
been taken out; somebody else's question put to a passage that tells nothing of it; a question
narrowed to another year. Changes of these forms are also made to questions that stay answerable, so
that the trace of a change tells nothing by itself.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from typing import TYPE_CHECKING

from mehealth_rag.answering.wanted import new_figures, new_names, strictly_holds
from mehealth_rag.language import kinds
from mehealth_rag.language.figures import FigureKind, figures
from mehealth_rag.language.words import content_words, stem_all
from mehealth_rag.questions import Wanted, analyse
from training.augment import names_in

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mehealth_rag.language.figures import Figure
    from mehealth_rag.questions import Question

Place = tuple[int, int]

_LEADING = re.compile(
    r"\b(?:in|on|at|by|from|since|of|to|for|near|with|between|until|around|about|some|over|during|"
    r"than|as)\s+(?:the\s+)?(?:early\s+|late\s+|about\s+)?$",
    re.IGNORECASE,
)
"""Small words that fall with what they lead to."""

_CLAUSE = re.compile(
    r",?\s*\b(?:because|since|so that|due to|owing to|in order to|as a result|thanks to)\b[^.;]*",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"[\s\d,]{0,6}")
_SUBJECTS = ("It", "They", "He", "She", "This")
_SHORTEST = 4
_DATED = frozenset({Wanted.COUNT, Wanted.MONEY, Wanted.PERCENT, Wanted.PERSON, Wanted.NAME})


def redacted(question: str, sentence: str, chance: random.Random) -> str | None:
    """The sentence without what answers the question; None where that cannot be told or done."""
    asked = analyse(question)
    found = _spans(asked, sentence)
    if not found:
        return None
    text = _without(sentence, found, chance)
    if len(text.split()) < _SHORTEST or _still_answers(asked, text):
        return None
    return text


def thinned(question: str, sentence: str, chance: random.Random) -> str:
    """The sentence without something that is not asked for, where it has such a thing."""
    asked = analyse(question)
    kept = _spans(asked, sentence)
    others = [
        span
        for find in (_dates, _figures, _names)
        for span in find(asked, sentence)
        if all(span[1] <= k[0] or k[1] <= span[0] for k in kept)
    ]
    if not others or not kept:
        return sentence
    text = _without(sentence, [chance.choice(others)], chance)
    return text if len(text.split()) >= _SHORTEST else sentence


def borrowed(sentences: Sequence[str], others: Sequence[str]) -> str | None:
    """Somebody else's question asked of what a passage is about, None where none fits.

    The passage must share no word with it but the name that was put in.
    """
    names = Counter(n for s in sentences for n in names_in(s))
    if not names:
        return None
    subject = names.most_common(1)[0][0]
    told = {stem for s in sentences for stem in stem_all(content_words(s))}
    for other in others:
        own = names_in(other)
        if len(own) != 1 or own[0] in subject or subject in own[0]:
            continue
        rest = set(stem_all(content_words(other.replace(own[0], " "))))
        if len(rest) >= 2 and not rest & told:
            return other.replace(own[0], subject)
    return None


def narrowed(question: str, sentence: str, chance: random.Random) -> tuple[str, bool] | None:
    """The question narrowed to the sentence's only year, or to another; whether it is the same.

    None where the question is of a kind that no year goes with, or has one; or the sentence has
    not just one.
    """
    years = [sentence[f.span.start : f.span.end] for f in _years(sentence)]
    asked = analyse(question)
    if len(set(years)) != 1 or asked.wanted not in _DATED or kinds.has_date(question):
        return None
    same = chance.random() < 0.5
    year = years[0] if same else str(int(years[0]) + chance.choice([-3, -2, -1, 1, 2, 3, 5]))
    return f"{question.rstrip(' ?.')} in {year}?", same


def _years(text: str) -> list[Figure]:
    return [f for f in figures(text) if f.kind is FigureKind.YEAR and not f.spelled]


def _spans(asked: Question, sentence: str) -> list[Place]:
    """Where the kind of thing that is asked for stands in a sentence; empty if it has no form."""
    find = _FINDERS.get(asked.wanted)
    return find(asked, sentence) if find and strictly_holds(asked, sentence) else []


def _dates(_: Question, text: str) -> list[Place]:
    """Dates; what stands between two parts of one ("February 14, 2015") belongs to it."""
    found: list[Place] = []
    for start, end in (m.span() for m in kinds.DATE.finditer(text)):
        if found and _BETWEEN.fullmatch(text[found[-1][1] : start]):
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


def _figures(asked: Question, text: str) -> list[Place]:
    return [(f.span.start, f.span.end) for f in new_figures(asked, text)]


def _names(asked: Question, text: str) -> list[Place]:
    """Capitalised runs with a word that the question has not; a lone first word is none."""
    new = new_names(asked, text)
    runs = (m for m in kinds.NAME_RUN.finditer(text) if m.start() or len(m.group().split()) > 1)
    return [m.span() for m in runs if kinds.names(m.group()) & new]


def _reasons(_: Question, text: str) -> list[Place]:
    return [m.span() for m in _CLAUSE.finditer(text) if m.start()]


_FINDERS: dict[Wanted, Callable[[Question, str], list[Place]]] = {
    Wanted.DATE: _dates,
    Wanted.COUNT: _figures,
    Wanted.MONEY: _figures,
    Wanted.PERCENT: _figures,
    Wanted.PERSON: _names,
    Wanted.PLACE: _names,
    Wanted.NAME: _names,
    Wanted.REASON: _reasons,
}


def _still_answers(asked: Question, text: str) -> bool:
    if asked.wanted in {Wanted.PERSON, Wanted.PLACE, Wanted.NAME}:
        return bool(new_names(asked, text))
    if asked.wanted.is_figure:
        return bool(new_figures(asked, text))
    return asked.wanted is Wanted.DATE and kinds.has_date(text)


def _without(text: str, spans: Sequence[Place], chance: random.Random) -> str:
    """The text without some spans and the small words that lead to them; a lost subject returns."""
    for start, end in sorted(spans, reverse=True):
        lead = _LEADING.search(text[:start])
        first = lead.start() if lead else start
        gap = chance.choice(_SUBJECTS) if not text[:first].strip() else ""
        text = text[:first] + gap + text[end:]
    text = re.sub(r"\(\s*[,;–-]*\s*\)", "", text)
    return re.sub(r"\s+([,.;:)])", r"\1", " ".join(text.split()))
