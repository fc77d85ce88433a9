"""A verdict in words: where it stands, what differs, and by which step a figure follows."""

from __future__ import annotations

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
}


def supported(place: str, steps: Sequence[Step]) -> str:
    """That a page says so, and how the figures follow that do not stand there as they are."""
    told = [_STEPS[s.how].format(text=s.text, of=_joined(s.of)) for s in steps if s.how in _STEPS]
    return f"{_capital(place)} says so{': ' if told else ''}{'; '.join(dict.fromkeys(told))}."


def contradicted(place: str, missing: Sequence[Step]) -> str:
    """What differs, or only that a page says otherwise."""
    for step in missing:
        if step.of:
            return f"The documents say {_joined(step.of[:2], 'or')}, not {step.text} ({place})."
    return f"{_capital(place)} says otherwise."


def not_found(missing: Sequence[Step]) -> str:
    """That the documents do not say; which value of the statement stands nowhere near."""
    if not missing:
        return NOT_FOUND
    named = _joined([f"“{s.text}”" for s in missing[:3]], "or")
    return f"{NOT_FOUND} The nearest passage has no {named}."


def _joined(words: Sequence[str], last: str = "and") -> str:
    *first, end = (" ".join(word.split()) for word in words)
    return f"{', '.join(first)} {last} {end}" if first else end


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
