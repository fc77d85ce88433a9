"""The pronouns that stand for what was named before."""

from __future__ import annotations

SUBJECTS = ("it", "they", "he", "she")
OBJECTS = ("it", "them", "him", "her")
OWNERS = ("its", "their", "his", "her")
POINTERS = ("this", "that", "these", "those")

PERSONAL = frozenset((*SUBJECTS, *OBJECTS))
OF_SEVERAL = frozenset(("they", "them", "their"))
OF_A_PERSON = frozenset(("he", "she", "him", "his", "her"))
