"""A verdict in words: where it stands, what differs, and by which step a figure follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mehealth_rag.guard.exact import Step

NOT_FOUND = "The documents do not say."

_STEPS = {
    "rounding": "“{text}” is {of}, rounded",
    "count": "“{text}” is a count of what is listed",
    "sum": "“{text}” is the sum of {of}",
    "difference": "“{text}” is the difference between {of}",
    "share": "“{text}” is had from {of}",
    "product": "“{text}” is the product of {of}",
    "comparison": "“{text}” is compared with {of}",
}


@dataclass(frozen=True, slots=True)
class Where:
    """A page by its label, and the document's title; that is empty where there is but one."""

    label: str
    title: str = ""

    def __str__(self) -> str:
        return f"page {self.label}{self.of}"

    @property
    def of(self) -> str:
        """The document in words."""
        return f" of “{self.title}”" if self.title else ""


def supported(places: Sequence[Where], steps: Sequence[Step]) -> str:
    """That pages say so, and how the figures follow that do not stand there as they are."""
    told = [_STEPS[s.how].format(text=s.text, of=_joined(s.of)) for s in steps if s.how in _STEPS]
    return f"{_says(places)} so{': ' if told else ''}{'; '.join(dict.fromkeys(told))}."


def contradicted(places: Sequence[Where], differing: Step | None) -> str:
    """What differs, or only that pages say otherwise; the first place is that of the difference."""
    if differing is None:
        return f"{_says(places)} otherwise."
    return (
        f"The documents say {_plain(differing.of[0])}, not {_plain(differing.text)} ({places[0]})."
    )


def disagreeing(places: Sequence[Where], other: Where, differing: Step | None) -> str:
    """That pages say so, and another gives another figure."""
    found = _plain(differing.of[0]) if differing else "otherwise"
    return f"{_says(places)} so. The pages disagree: {other} says {found}."


def not_found(missing: Sequence[Step], place: Where | None) -> str:
    """That the documents do not say; `missing` is what keeps the nearest place from saying it."""
    if not missing:
        return NOT_FOUND
    named = _joined([f"“{_plain(s.text)}”" for s in missing[:3]], "or")
    return f"{NOT_FOUND} The nearest words, on {place}, have no {named}."


def _says(places: Sequence[Where]) -> str:
    """That places say something; the pages of a document are named together."""
    labels: dict[str, list[str]] = {}
    for place in places:
        labels.setdefault(place.of, []).append(place.label)
    parts = [f"page{'s' * (len(own) > 1)} {_joined(own)}{of}" for of, own in labels.items()]
    named = _joined(parts)
    return f"{named[:1].upper()}{named[1:]} {'says' if len(places) == 1 else 'say'}"


def _joined(words: Sequence[str], last: str = "and") -> str:
    *first, end = map(_plain, words)
    return f"{', '.join(first)} {last} {end}" if first else end


def _plain(text: str) -> str:
    return " ".join(text.split())
