"""The gate's judge for answers in a language other than the documents'.

The reader was trained on English, so such a sentence is checked by what stays the same in every
language: figures, names and addresses. A sentence with none of them cannot be verified and is
dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from mehealth_rag.generating.gate import Ruling
from mehealth_rag.generating.judging import Addresses
from mehealth_rag.generating.units import Unit
from mehealth_rag.guard.case import Exhibit, Place, quotes_of
from mehealth_rag.language.words import fold

NOTHING_TO_CHECK = "has no figure and no name to check"
NO_QUOTE = "no sentence has its figures and names"

_NUMBER = re.compile(r"\d+(?:[.,\u00a0\u202f ]\d{3})+(?:[.,]\d+)?(?!\d)|\d+(?:[.,]\d+)?")
_GAPS = re.compile(r"[\u00a0\u202f ]")
_WORD = re.compile(r"[\w&’'-]+")
_ALONE = re.compile(r"(?<=[^\W\d_A-Z,] )[A-ZÀ-Þ][\w’'-]{2,}")
_LATIN = re.compile(r"[A-Za-z][A-Za-z&’'-]+(?:\s+[A-Za-z][A-Za-z&’'-]+)*")
_NOUNS_IN_CAPITALS = frozenset({"de", "lb"})
_OTHER_SCRIPTS = frozenset("ar be bg el fa he hi ja ka ko mk ru sr th uk ur zh".split())
_EDGES = "'’\"“”.,;:!?()[]-"

_COGNATE = 5
"""Letters two words must have in common at the start to be cognates, as in "Universität"."""


@dataclass(frozen=True)
class ForeignBench:
    """Checks the sentences of one answer against the figures and names of its evidence.

    `asked` is the question in English: its figures and names may be repeated. `language` is the
    answer's ISO 639 code.
    """

    asked: str
    language: str
    exhibits: Sequence[Exhibit]

    def judge(self, unit: Unit, _after_dropped: bool) -> Ruling:
        """Rule on a sentence: the passages it cites must have each of its figures and names."""
        if unknown := self._addresses.unknown(unit.text):
            return Ruling(reasons=(f"unsupported address “{unknown[0]}”",))
        figures, names = figures_of(unit.shown), names_of(unit.shown, self.language)
        if not figures and not names:
            return Ruling(reasons=(NOTHING_TO_CHECK,))
        cited = [n - 1 for n in dict.fromkeys(unit.numbers) if 0 < n <= len(self.exhibits)]
        groups = [cited or [0], *([n] for n in range(len(self.exhibits)) if [n] != cited)]
        reasons: tuple[str, ...] = ()
        for places in groups:
            missing = self._missing(figures, names, places)
            if not missing:
                best = self._best(figures, names, places)
                quotes = quotes_of(self.exhibits, [best]) if best else ()
                return Ruling(quotes, () if best else (NO_QUOTE,))
            reasons = reasons or missing  # those of what is cited
        return Ruling(reasons=reasons)

    @cached_property
    def _addresses(self) -> Addresses:
        return Addresses.of(self.exhibits)

    def _missing(
        self, figures: Sequence[str], names: Sequence[str], places: Sequence[int]
    ) -> tuple[str, ...]:
        """Return the figures and names found neither in these passages nor in the question."""
        known = _Known.of("\n".join((self.asked, *map(self._text, places))))
        lacking = [f"unsupported figure “{f}”" for f in figures if not known.has_figure(f)]
        lacking += [f"unsupported name “{n}”" for n in names if not self._has_name(known, n)]
        return tuple(lacking)

    def _text(self, place: int) -> str:
        text = self.exhibits[place].text
        return "\n".join((text.context, *text.sentences))

    def _has_name(self, known: _Known, name: str) -> bool:
        """Return whether all words of a name are known, in German and Luxembourgish all but one.

        Their nouns are capitalised too, so one may stand beside a name.
        """
        parts = name.split()
        unknown = sum(not known.has_word(part) for part in parts)
        spare = self.language in _NOUNS_IN_CAPITALS and len(parts) > 1
        return unknown <= spare

    def _best(
        self, figures: Sequence[str], names: Sequence[str], places: Sequence[int]
    ) -> Place | None:
        """Return the sentence with most of the figures and names; None if none has any."""
        parts = [part for name in names for part in name.split()]

        best, most = None, 0
        for n in places:
            for i, sentence in enumerate(self.exhibits[n].text.sentences):
                known = _Known.of(sentence)
                shared = 2 * sum(map(known.has_figure, figures)) + sum(map(known.has_word, parts))
                if shared > most:
                    best, most = (n, i), shared
        return best


@dataclass(frozen=True, slots=True)
class _Known:
    figures: frozenset[str]
    words: frozenset[str]

    @classmethod
    def of(cls, text: str) -> _Known:
        figures = (reading for figure in figures_of(text) for reading in _readings(figure))
        words = (word for part in _plain(text).split() for word in _pieces(part))
        return cls(frozenset(figures), frozenset(words))

    def has_figure(self, figure: str) -> bool:
        return not self.figures.isdisjoint(_readings(figure))

    def has_word(self, word: str) -> bool:
        """Return whether a word, a hyphenated part of it, or a cognate is known."""
        pieces = _pieces(_plain(word))
        if not self.words.isdisjoint(pieces):
            return True
        starts = {w[:_COGNATE] for w in pieces if len(w) >= _COGNATE}
        return any(w[:_COGNATE] in starts for w in self.words if len(w) >= _COGNATE)


def figures_of(text: str) -> list[str]:
    """Return the figures of a text as written."""
    return [match[0] for match in _NUMBER.finditer(text)]


def names_of(text: str, language: str) -> list[str]:
    """Return what must be a name in a text, given how its language capitalises.

    The first word of a sentence is capitalised anyway and does not count.
    """
    if language in _OTHER_SCRIPTS:
        return [match[0] for match in _LATIN.finditer(text)]
    capitalises_nouns = language in _NOUNS_IN_CAPITALS
    names = []
    for start, run in _runs(text):
        parts = run if start else run[1:]
        if len(parts) > 1 or (parts and not capitalises_nouns):
            names.append(" ".join(parts))
    alone = [] if capitalises_nouns else _ALONE.findall(text)
    signs = filter(_is_sign, _WORD.findall(text))
    single = [word for word in (*alone, *signs) if word not in " ".join(names)]
    return list(dict.fromkeys([*names, *single]))


def _runs(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield every run of two or more capitalised words, with the place where it begins."""
    run: list[str] = []
    start = end = 0
    for match in _WORD.finditer(text):
        capital = len(match[0]) > 1 and match[0][0].isupper()
        if run and not (capital and text[end : match.start()].isspace()):
            if len(run) > 1:
                yield start, run
            run = []
        if capital:
            start = start if run else match.start()
            run.append(match[0])
        end = match.end()
    if len(run) > 1:
        yield start, run


def _is_sign(word: str) -> bool:
    """Return whether a word is the same in every language: NHS, MedTech, Covid-19."""
    capitals = [letter.isupper() for letter in word]
    return any(capitals[1:]) or (capitals[0] and any(map(str.isdigit, word)))


def _readings(figure: str) -> set[str]:
    """Return the values a figure may have, as "1234.5": "33.000" may be 33,000 or 33."""
    plain = _GAPS.sub("", figure)
    whole = re.sub(r"[.,](?=\d{3}(?:\D|$))", "", plain).replace(",", ".")
    texts = {whole, plain.replace(",", ".")}
    return {text.rstrip("0").rstrip(".") if "." in text else text for text in texts}


def _plain(text: str) -> str:
    return fold(text).replace("’", "'")


def _pieces(word: str) -> list[str]:
    bare = word.strip(_EDGES)
    return [bare, *(piece for piece in bare.split("-") if len(piece) > 1)]
