"""The guide to a document as a value; `Q` is the type of its proofs, a quote or a citation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from mehealth_rag.language.contact_forms import ContactKind

Q = TypeVar("Q")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Outlined:
    """A heading and its page, counted from 1 and as printed."""

    heading: str
    page: int
    page_label: str


@dataclass(frozen=True, slots=True)
class KeyFigure(Generic[Q]):
    """A figure as written, and the words that say what it counts."""

    value: str
    citation: Q


@dataclass(frozen=True, slots=True)
class Person(Generic[Q]):
    """A name and the role given beside it."""

    name: str
    role: str
    citation: Q


@dataclass(frozen=True, slots=True)
class Contact(Generic[Q]):
    """An address or a number, and the quote that has it."""

    kind: ContactKind
    value: str
    citation: Q


@dataclass(frozen=True, slots=True)
class Acronym(Generic[Q]):
    """An acronym and its full name, as the document explains it."""

    short: str
    long: str
    citation: Q


@dataclass(frozen=True, slots=True)
class Guide(Generic[Q]):
    """What a document is about. `publisher` and `dated` are None if it does not say.

    `sentences` are the main ones, best first; the rest is in document order.
    """

    document: str
    title: str
    publisher: str | None = None
    dated: str | None = None
    outline: tuple[Outlined, ...] = ()
    sentences: tuple[Q, ...] = ()
    figures: tuple[KeyFigure[Q], ...] = ()
    people: tuple[Person[Q], ...] = ()
    contacts: tuple[Contact[Q], ...] = ()
    acronyms: tuple[Acronym[Q], ...] = ()

    def proved(self, by: Callable[[Q], R]) -> Guide[R]:
        """Return the same guide with each proof replaced by the result of `by`."""
        return Guide(
            document=self.document,
            title=self.title,
            publisher=self.publisher,
            dated=self.dated,
            outline=self.outline,
            sentences=tuple(map(by, self.sentences)),
            figures=tuple(KeyFigure(f.value, by(f.citation)) for f in self.figures),
            people=tuple(Person(p.name, p.role, by(p.citation)) for p in self.people),
            contacts=tuple(Contact(c.kind, c.value, by(c.citation)) for c in self.contacts),
            acronyms=tuple(Acronym(a.short, a.long, by(a.citation)) for a in self.acronyms),
        )
