"""Addresses in what a model is given and in what it writes: none is shown that no page has."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from mehealth_rag.passages.places import words_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mehealth_rag.guard.verdict import Exhibit

LONGEST = 300
"""Characters of an address that is told: what is longer holds a session, not a place."""

_ADDRESS = re.compile(
    r"(?:\bhttps?://|\bmailto:|\bwww\.)[^\s<>\"“”()\[\]]*[^\s<>\"“”()\[\].,;:!?'’]"
    r"|\b[\w.+-]{1,40}@[\w-]+(?:\.[\w-]+)+",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"^(?:https?://|mailto:)", re.IGNORECASE)


def links_of(exhibit: Exhibit, place: int) -> dict[str, str]:
    """Where the links of a sentence lead, each with the words that it covers."""
    page, own = exhibit.page, exhibit.sentences[place].span
    found = {}
    for link in page.links:
        span = words_at(page, link)
        within = span is not None and span.start < own.end and own.start < span.end
        if span and within and len(link.url) <= LONGEST and _ADDRESS.fullmatch(link.url):
            found[link.url.removeprefix("mailto:")] = span.of(page.text)
    return found


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses of some passages, each with the words that stand for it on its page."""

    known: dict[str, str]
    text: str
    """All that is said in the passages, in small letters: an address may stand there as a name."""

    @classmethod
    def of(cls, exhibits: Sequence[Exhibit]) -> Self:
        """Those that are printed in the passages, and those that their links lead to."""
        known: dict[str, str] = {}
        for exhibit in exhibits:
            for place, sentence in enumerate(exhibit.text.sentences):
                own = {_plain(url): words for url, words in links_of(exhibit, place).items()}
                printed = {_plain(a): a for a in _ADDRESS.findall(sentence)}
                known = {**own, **known, **printed}
        said = (sentence for exhibit in exhibits for sentence in exhibit.text.sentences)
        return cls(known, "\n".join(said).lower())

    def unknown(self, text: str) -> list[str]:
        """The addresses of a text that no passage has."""
        return [a for a in _ADDRESS.findall(text) if not self._has(_plain(a))]

    def in_words(self, text: str) -> str:
        """A text with the words of the page in place of each address that a link leads to."""
        return _ADDRESS.sub(lambda a: self.known.get(_plain(a.group()), a.group()), text)

    def _has(self, address: str) -> bool:
        whole = rf"(?<![\w.@/-]){re.escape(address)}(?![\w@/-]|\.\w)"
        return address in self.known or re.search(whole, self.text) is not None


def _plain(address: str) -> str:
    return _SCHEME.sub("", address).rstrip("/").lower()
