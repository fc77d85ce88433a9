"""The words that stand for something that was named before: one list for all who mind them."""

from __future__ import annotations

OF_SEVERAL = frozenset("they them their".split())
OF_A_PERSON = frozenset("he she him his her".split())
OWNERS = frozenset("its their his her".split())
DEMONSTRATIVES = frozenset("this that these those".split())

SUBJECTS = DEMONSTRATIVES | frozenset("it they he she such".split())
"""What a sentence may begin with in place of what it speaks of."""

POINTING = SUBJECTS.union(
    OWNERS,
    OF_SEVERAL,
    OF_A_PERSON,
    "there one ones same latter former other another else".split(),
)
"""All of them, wherever they stand in a sentence."""
