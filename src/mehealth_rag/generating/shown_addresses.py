"""Addresses in a model's evidence and output; those on no page are not shown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from mehealth_rag.guard.verdict import Exhibit

LONGEST = 300
"""Characters of an address given to the model; longer ones usually carry session data."""

_ADDRESS = re.compile(
    r"(?:\bhttps?://|\bmailto:|\bwww\.)[^\s<>\"“”()\[\]]*[^\s<>\"“”()\[\].,;:!?'’]"
    r"|\b[\w.+-]{1,40}@[\w-]+(?:\.[\w-]+)+",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"^(?:https?://|mailto:)", re.IGNORECASE)


def links_of(exhibit: Exhibit, place: int) -> dict[str, str]:
    """Return the link addresses within a sentence, each with the words that it covers."""
    page, bounds = exhibit.page, exhibit.sentences[place].span
    links = {}
    for link in page.links:
        span = page.words_at(link)
        if (
            span
            and span.overlaps(bounds)
            and len(link.url) <= LONGEST
            and _ADDRESS.fullmatch(link.url)
        ):
            links[link.url.removeprefix("mailto:")] = span.of(page.text)
    return links


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses of some passages, each with the words that stand for it on its page."""

    known: dict[str, str]
    text: str
    """All sentences of the passages in lower case: an address may be printed there without a
    scheme."""

    @classmethod
    def of(cls, exhibits: Sequence[Exhibit]) -> Self:
        """Return the addresses printed in the passages and those behind their links."""
        known: dict[str, str] = {}
        for exhibit in exhibits:
            for place, sentence in enumerate(exhibit.text.sentences):
                linked = {_plain(url): words for url, words in links_of(exhibit, place).items()}
                printed = {_plain(address): address for address in _ADDRESS.findall(sentence)}
                known = {**linked, **known, **printed}
        sentences = (sentence for exhibit in exhibits for sentence in exhibit.text.sentences)
        return cls(known, "\n".join(sentences).lower())

    def unknown(self, text: str) -> list[str]:
        """Return the addresses in a text that no passage has."""
        return [a for a in _ADDRESS.findall(text) if not self._has(_plain(a))]

    def in_words(self, text: str) -> str:
        """Return a text with each known address replaced by its words on the page."""
        return _ADDRESS.sub(lambda a: self.known.get(_plain(a.group()), a.group()), text)

    def _has(self, address: str) -> bool:
        pattern = rf"(?<![\w.@/-]){re.escape(address)}(?![\w@/-]|\.\w)"
        return address in self.known or re.search(pattern, self.text) is not None


def _plain(address: str) -> str:
    return _SCHEME.sub("", address).rstrip("/").lower()
