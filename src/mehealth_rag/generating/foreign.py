"""The gate's judge for what a model writes in another language than the documents'.

The reader was taught English, so such a sentence is held to what every language writes alike: its
figures, its names and its addresses. One that has none of them cannot be proved, and is dropped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mehealth_rag.generating.addresses import Addresses
from mehealth_rag.generating.gate import Ruling
from mehealth_rag.guard.verdict import quotes_of
from mehealth_rag.language.words import fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mehealth_rag.generating.splitting import Unit
    from mehealth_rag.guard.verdict import Exhibit, Place

NOTHING_TO_CHECK = "has no figure and no name to check"
NO_QUOTE = "no sentence has its figures and names"

_NUMBER = re.compile(r"\d+(?:[.,\u00a0\u202f ]\d{3})+(?:[.,]\d+)?(?!\d)|\d+(?:[.,]\d+)?")
_GAPS = re.compile(r"[\u00a0\u202f ]")
_SIGNS = re.compile(r"[A-Za-z]*[A-Z][\w&’'-]*[A-Z\d][\w&’'-]*")
"""Letters that no language changes: NHS, MedTech, Covid-19."""
_RUN = re.compile(r"[^\W\d_a-z][\w’'-]+(?:\s+[^\W\d_a-z][\w’'-]+)+")
_ALONE = re.compile(r"(?<=[^\W\d_A-Z,] )[A-ZÀ-Þ][\w’'-]{2,}")
_LATIN = re.compile(r"[A-Za-z][A-Za-z&’'-]+(?:\s+[A-Za-z][A-Za-z&’'-]+)*")
_NOUNS_IN_CAPITALS = frozenset({"de", "lb"})
_OTHER_SCRIPTS = frozenset("ar be bg el fa he hi ja ka ko mk ru sr th uk ur zh".split())
_EDGES = "'’\"“”.,;:!?()[]-"

_COGNATE = 5
"""Letters of a beginning by which two words are one in two languages: "Universität"."""


@dataclass(frozen=True, slots=True)
class ForeignBench:
    """Holds the sentences of one answer against the figures and names of its evidence.

    `asked` is the question in English: its own figures and names may be said again. `language` is
    that of the answer, as ISO 639 writes it.
    """

    asked: str
    language: str
    exhibits: Sequence[Exhibit]

    def judge(self, unit: Unit, _after_dropped: bool) -> Ruling:
        """Rule on one sentence: every figure and name of it stands in what it cites."""
        if unknown := Addresses.of(self.exhibits).unknown(unit.text):
            return Ruling(reasons=(f"unsupported address “{unknown[0]}”",))
        figures, names = figures_of(unit.told), names_of(unit.told, self.language)
        if not figures and not names:
            return Ruling(reasons=(NOTHING_TO_CHECK,))
        cited = [n - 1 for n in dict.fromkeys(unit.numbers) if 0 < n <= len(self.exhibits)]
        each = [[n] for n in range(len(self.exhibits)) if [n] != cited]
        missing = {n: self._missing(figures, names, n) for n in map(tuple, [cited or [0], *each])}
        places = next((places for places, lacking in missing.items() if not lacking), None)
        if places is None:
            return Ruling(reasons=next(iter(missing.values())))
        best = self._best(figures, names, places)
        return Ruling(quotes_of(self.exhibits, [best])) if best else Ruling(reasons=(NO_QUOTE,))

    def _missing(
        self, figures: Sequence[str], names: Sequence[str], places: Sequence[int]
    ) -> tuple[str, ...]:
        """What of some figures and names neither some passages nor the question have."""
        known = _Known.of("\n".join((self.asked, *map(self._text, places))))
        lacking = [f"unsupported figure “{f}”" for f in figures if not known.has_figure(f)]
        lacking += [f"unsupported name “{n}”" for n in names if not self._has_name(known, n)]
        return tuple(lacking)

    def _text(self, place: int) -> str:
        text = self.exhibits[place].text
        return "\n".join((text.context, *text.sentences))

    def _has_name(self, known: _Known, name: str) -> bool:
        """Whether all words of a name are known; beside one a noun in capitals may stand."""
        parts = name.split()
        unknown = sum(not known.has_word(part) for part in parts)
        spare = self.language in _NOUNS_IN_CAPITALS and len(parts) > 1
        return unknown <= spare

    def _best(
        self, figures: Sequence[str], names: Sequence[str], places: Sequence[int]
    ) -> Place | None:
        """The sentence that has most of some figures and names; None where none has any."""
        parts = [part for name in names for part in name.split()]

        def shared(n: int, i: int) -> int:
            known = _Known.of(self.exhibits[n].text.sentences[i])
            return 2 * sum(map(known.has_figure, figures)) + sum(map(known.has_word, parts))

        every = [(n, i) for n in places for i in range(len(self.exhibits[n].text.sentences))]
        best = max(every, key=lambda place: shared(*place), default=None)
        return best if best and shared(*best) else None


@dataclass(frozen=True, slots=True)
class _Known:
    """The figures and words of some evidence."""

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
        """Whether a word is known, or a part of it that a hyphen sets off, or its beginning."""
        own = _pieces(_plain(word))
        if not self.words.isdisjoint(own):
            return True
        starts = {w[:_COGNATE] for w in own if len(w) >= _COGNATE}
        return any(w[:_COGNATE] in starts for w in self.words if len(w) >= _COGNATE)


def figures_of(text: str) -> list[str]:
    """The figures of a text as they are written."""
    return [match[0] for match in _NUMBER.finditer(text)]


def names_of(text: str, language: str) -> list[str]:
    """What must be a name in a text, whatever its language does with capitals.

    A sentence's first word has a capital anyway.
    """
    if language in _OTHER_SCRIPTS:
        return [match[0] for match in _LATIN.finditer(text)]
    own_nouns = language in _NOUNS_IN_CAPITALS
    names = []
    for match in _RUN.finditer(text):
        name = match[0] if match.start() else match[0].split(maxsplit=1)[1]
        if " " in name or not own_nouns:
            names.append(name)
    alone = [] if own_nouns else _ALONE.findall(text)
    signs = [sign for sign in (*alone, *_SIGNS.findall(text)) if sign not in " ".join(names)]
    return list(dict.fromkeys([*names, *signs]))


def _readings(figure: str) -> set[str]:
    """What a figure may be, as "1234.5": "33.000" is 33,000 in one language, 33 in another."""
    plain = _GAPS.sub("", figure)
    whole = re.sub(r"[.,](?=\d{3}(?:\D|$))", "", plain).replace(",", ".")
    texts = {whole, plain.replace(",", ".")}
    return {text.rstrip("0").rstrip(".") if "." in text else text for text in texts}


def _plain(text: str) -> str:
    return fold(text).replace("’", "'")


def _pieces(word: str) -> list[str]:
    whole = word.strip(_EDGES)
    return [whole, *(piece for piece in whole.split("-") if len(piece) > 1)]
