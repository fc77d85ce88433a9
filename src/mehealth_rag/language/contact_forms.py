"""Contact details found by pattern: e-mail, telephone, postal and web addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from urllib.parse import urlsplit

from mehealth_rag.types import Span


class ContactKind(StrEnum):
    """A kind of contact detail."""

    WEB = "web"
    EMAIL = "e-mail"
    PHONE = "telephone"
    POST = "post"

    @property
    def noun(self) -> str:
        """The noun for one contact of this kind, for messages ("telephone number")."""
        return {"telephone": "telephone number", "post": "postal address"}.get(
            self.value, f"{self.value} address"
        )


_CALLED = r"\b(?:(?:tele|free)?phone|tel|call|ring|dial|fax|mobile|text|helpline|hotline)\b"
_SEVEN = r"(?=(?:[ \u00a0().-]{0,2}\d){7})"
_GROUPS = rf"{_SEVEN}\(?\d{{2,5}}\)?(?:[ \u00a0.-]\(?\d{{2,6}}\)?){{1,4}}(?![\w%]|[.,]\d)"
_DATED = r"(?!\d\d[ ./-]\d\d[ ./-](?:19|20)?\d\d\b|(?:19|20)\d\d\b)"
_STREET = (
    r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Row|Square|Drive|Close|Place|Court|Quay|Terrace|"
    r"Crescent|Boulevard|Parade|Wharf|Way)"
)
_POSTCODE = r"\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b|\b[A-Z]{2},? \d{5}(?:-\d{4})?\b"
_FORMS = {
    ContactKind.EMAIL: re.compile(r"(?<![\w.+-])[\w.+-]++@[\w-]+(?:\.[\w-]+)+"),
    # figures in groups that begin as a number is dialled, or any that follow a word of calling
    ContactKind.PHONE: re.compile(
        rf"(?<![\w.,£$€/-]){_DATED}(?:\+\d[\d \u00a0().-]{{6,18}}\d|0\d{{8,10}}\b"
        rf"|(?=0|\(\d{{2,5}}\)){_GROUPS})|{_CALLED}(?:[^\d\n£$€]{{0,40}}{_DATED}{_GROUPS}"
        r"|(?: us| on| number| no)*[.:]? \d{3,11}\b(?![.,:-]?\d|%))",
        re.IGNORECASE,
    ),
    # a postcode, a PO box, a house number with its street, or the words "postal address"
    ContactKind.POST: re.compile(
        rf"{_POSTCODE}|\bP\.? ?O\.? Box\b"
        rf"|\b\d{{1,4}}[a-z]?,? (?:[A-Z][\w’'-]*\.? ){{1,4}}{_STREET}\b"
        r"|\b(?:[Pp]ostal|[Mm]ailing) address\b"
    ),
    ContactKind.WEB: re.compile(
        r"\bhttps?://\S+|\bwww\.\w\S*"
        r"|(?<![@\w./-])[a-z\d-]+(?:\.[a-z\d-]+)*\.[a-z]{2,}(?![\w@])(?:/\S*)?"
    ),
}

_DIALLED = re.compile(r"\+?\(?\d")
_MARKS = ".,;:!?'\"’”)]>"
_STOP = re.compile(
    r"[.:;]\s++|(?:(?<!\s)[^\S\n]*+)?\n\s*+|,\s++(?=[a-z])"
    r"|\b(?i:at|to|by post|write|address)\s++(?=[\dA-Za-z])"
)
"""Delimiters of a postal address: it starts after one and ends before the next."""

_LONGEST_ADDRESS = 100

_LABEL = re.compile(r"(?<=[\w)])\s+(?=[A-Z][^\W\d_]*(?: [^\W\d_&][\w’'-]*| &){0,4}:\s)")
"""The space before a label ("… Accounts: Priya Lund") that follows text without a full stop."""

_DETAIL = re.compile(r"\s*(?:e-?mail|tel|phone|mobile|fax|web|address|post)", re.IGNORECASE)
"""A label of another detail of the same contact, so it starts no new entry."""

_GOING_ON = re.compile(
    r"(?:\b(?:and|or|the|an?|our|your|in|on|at|of|to|for|by|with|from)|(?<!\S)[A-Z][\w’'-]*)$"
)
"""An ending that needs a further word: what follows continues the phrase and is no label."""


_UNBROKEN = re.compile(r"\S{200,}")


def contact_kinds(text: str) -> frozenset[ContactKind]:
    """Return the kinds of contact detail in a text."""
    plain = _without_long_runs(text)
    return frozenset(kind for kind, form in _FORMS.items() if form.search(plain))


def contact_spans(text: str) -> Iterator[tuple[ContactKind, Span]]:
    """Yield each contact with the span of its whole address or number, grouped by kind."""
    plain = _without_long_runs(text)
    for kind, form in _FORMS.items():
        for match in form.finditer(plain):
            yield kind, _whole(plain, kind, Span(*match.span()))


def is_front_page(url: str) -> bool:
    """Return whether a web address is that of a whole site, not of a page in it."""
    parts = urlsplit(url)
    return parts.path in {"", "/"} and not parts.query


def _without_long_runs(text: str) -> str:
    """Blank out runs of 200 or more characters without a space, keeping offsets.

    They hold no contact and make the patterns slow.
    """
    return _UNBROKEN.sub(lambda run: "\0" * len(run[0]), text)


def _whole(text: str, kind: ContactKind, match: Span) -> Span:
    """Extend or trim a match to the whole address or number."""
    if kind is ContactKind.POST:
        return _address(text, match)
    number = _DIALLED.search(text, match.start, match.end) if kind is ContactKind.PHONE else None
    start = number.start() if number else match.start
    return Span(start, start + len(text[start : match.end].rstrip(_MARKS)))


def _address(text: str, part: Span) -> Span:
    """Extend a match to the whole postal address: between two stops, or up to its postcode."""
    floor = max(0, part.start - _LONGEST_ADDRESS)
    start = max((m.end() for m in _STOP.finditer(text, floor, part.start)), default=floor)
    stop = _STOP.search(text, part.end, start + _LONGEST_ADDRESS)
    end = stop.start() if stop else part.end
    codes = [m.end() for m in re.finditer(_POSTCODE, text[start:end])]
    end = start + codes[-1] if codes else end
    return Span(start, start + len(text[start:end].rstrip(" (,")))


def entries(text: str, span: Span) -> Iterator[Span]:
    """Split a run of contacts that has no full stops into its entries.

    A sentence that is not such a run comes back as one entry.
    """
    start = span.start
    for label in _LABEL.finditer(text, span.start, span.end):
        before = text[start : label.start()]
        goes_on = _GOING_ON.search(before) or _DETAIL.match(text, label.start())
        if contact_kinds(before) and not goes_on:
            yield Span(start, label.start())
            start = label.end()
    yield Span(start, span.end)
