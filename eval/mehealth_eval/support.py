"""Checks whether an answer's sentences stand in their quotes, with none of the engine's code.

A coarser, independent check on the gate: it compares numbers, months, weekdays and capitalised
words as strings and knows nothing of meaning. It shares no pattern or word list with
`mehealth_rag.guard`, so that a fault there does not hide itself here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_NUMBER = re.compile(
    r"(?<![\w.])(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)\s?"
    r"(?P<scale>%|per\s?cent|thousand|million|billion|trillion|bn|mn|tn|[kmb](?![a-z]))?",
    re.IGNORECASE,
)
_SCALES = {
    "percent": "%", "per cent": "%", "k": "thousand", "m": "million", "mn": "million",
    "b": "billion", "bn": "billion", "tn": "trillion",
}  # fmt: skip
_SPELT = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty"
).split()
_CALENDAR = re.compile(
    r"\b(January|February|March|April|May|June|July|August|September|October|November|December|"
    r"Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)\b"
)
_CAPITAL = re.compile(r"(?<!\w)[A-Z][\w&’'-]*")
_WORD = re.compile(r"\b[A-Z]\w*")
_RUN = re.compile(r"[A-Z][\w’'-]*(?:\s(?:of\s|and\s|for\s|the\s|&\s)?[A-Z][\w’'-]*)+")
_SENTENCE_START = re.compile(r"(?:^|[.!?:]\s+|[“\"(]|\n)\s*$")
_TOKEN = re.compile(r"[\w&’'-]+")
_PAIR = re.compile(r"(?<!\w)([A-Z][\w&’'-]*)(?=\s([A-Z][\w&’'-]*))")
_ARTICLES = {"the", "a", "an", "in", "it", "this", "its", "as", "at", "our"}
_MARKUP = re.compile(r"\*\*|\[\d+\]")


def unsupported(sentence: str, quotes: Iterable[str]) -> tuple[str, ...]:
    """The numbers, dates and names of a sentence that are in none of its quotes."""
    statement = _MARKUP.sub("", sentence)
    evidence = "\n".join(quotes)
    return (
        *_numbers(statement, evidence),
        *_dates(statement, evidence),
        *_names(statement, evidence),
        *_composed(statement, evidence),
    )


def repetition(text: str) -> float:
    """The share of word triples that occurred before: 0 for text that never repeats."""
    words = re.findall(r"\w+", _MARKUP.sub("", text).lower())
    triples = list(zip(words, words[1:], words[2:], strict=False))
    return 1 - len(set(triples)) / len(triples) if triples else 0.0


def _numbers(statement: str, evidence: str) -> list[str]:
    known = {_value(m) for m in _NUMBER.finditer(evidence)}
    known |= {
        (str(n), "") for n, word in enumerate(_SPELT) if re.search(rf"\b{word}\b", evidence, re.I)
    }
    return [m.group().strip() for m in _NUMBER.finditer(statement) if _value(m) not in known]


def _value(match: re.Match[str]) -> tuple[str, str]:
    number = match["number"].replace(",", "")
    scale = re.sub(r"\s+", " ", (match["scale"] or "").lower())
    return (number.rstrip("0").rstrip(".") if "." in number else number), _SCALES.get(scale, scale)


def _dates(statement: str, evidence: str) -> list[str]:
    known = set(_CALENDAR.findall(evidence))
    return [d for d in _CALENDAR.findall(statement) if d not in known]


def _names(statement: str, evidence: str) -> list[str]:
    known = {_plain(w) for w in re.findall(r"[\w&’'-]+", evidence)} | _initials(evidence)
    spelt_out = {w for w in known if len(w) > 1}
    names = []
    for match in _CAPITAL.finditer(statement):
        after = statement[match.end() : match.end() + 2]
        opens = _SENTENCE_START.search(statement[: match.start()]) is not None
        if opens and not re.match(r"\s[A-Z]", after):
            continue
        word = _plain(match.group())
        if (
            word in known
            or _CALENDAR.fullmatch(match.group())
            or _in_acronym(statement, match, spelt_out)
        ):
            continue
        if not (opens and word in _ARTICLES):
            names.append(match.group())
    return names


def _composed(statement: str, evidence: str) -> list[str]:
    """Pairs of adjacent capitalised words that the quotes contain, but never close together."""
    words = [_plain(w) for w in _TOKEN.findall(evidence)]
    near = {pair for k in (1, 2, 3) for pair in zip(words, words[k:], strict=False)}
    pairs = []
    for pair in _PAIR.finditer(statement):
        left, right = _plain(pair[1]), _plain(pair[2])
        first = left in _ARTICLES and _SENTENCE_START.search(statement[: pair.start()])
        if not first and {left, right} <= set(words) and (left, right) not in near:
            pairs.append(f"{pair[1]} {pair[2]}")
    return pairs


def _plain(word: str) -> str:
    """A word without accents, case, and possessive or plural s."""
    bare = unicodedata.normalize("NFKD", word).encode("ascii", "ignore").decode().lower()
    return re.sub(r"['’]?s$", "", bare.replace("’", "'")) if len(bare) > 3 else bare


def _initials(text: str) -> set[str]:
    """The acronyms of the runs of capitalised words ("North Pier Lighthouse": npl)."""
    return {a for run in _RUN.finditer(text) for a, _ in _acronyms(run)}


def _in_acronym(statement: str, match: re.Match[str], known: set[str]) -> bool:
    """Return whether a word is part of a run whose initials the quotes contain."""
    return any(
        acronym in known and match.start() in starts
        for run in _RUN.finditer(statement)
        for acronym, starts in _acronyms(run)
    )


def _acronyms(run: re.Match[str]) -> list[tuple[str, tuple[int, ...]]]:
    """The initials of every part of a run with two or more words, and where its words start."""
    words = [(w.group()[0].lower(), run.start() + w.start()) for w in _WORD.finditer(run.group())]
    parts = [words[a:b] for a in range(len(words)) for b in range(a + 2, len(words) + 1)]
    return [("".join(c for c, _ in part), tuple(start for _, start in part)) for part in parts]
