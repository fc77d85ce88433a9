"""The words that stand for something that was named before: one list for all who mind them."""

from __future__ import annotations

SUBJECTS = frozenset("it they he she this these that those such".split())
"""What a sentence may begin with in place of what it speaks of."""

OWNERS = frozenset("its their his her".split())

POINTING = (
    SUBJECTS
    | OWNERS
    | frozenset("them him there one ones same latter former other another else".split())
)
"""All of them, wherever they stand in a sentence."""
