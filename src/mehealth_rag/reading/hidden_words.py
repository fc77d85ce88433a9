"""How text that a page does not show is told of."""

from __future__ import annotations

_SHOWN = 60
"""So many of its characters are quoted, so that a reader knows what it was."""


def hidden_words(text: str) -> str:
    """The problem of a page with the hidden words `text`, which were not used."""
    plain = " ".join(text.split())
    quoted = plain if len(plain) <= _SHOWN else f"{plain[:_SHOWN].rstrip()}…"
    return f"{len(plain):,} characters of hidden text were left out (“{quoted}”)"
