"""Raised and lowered words in plain text: “33,000” with a note's “1” above it is not 33,0001."""

from __future__ import annotations

import re

_RAISED = str.maketrans("0123456789+-−–=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻⁼⁽⁾ⁿ")
_LOWERED = str.maketrans("0123456789+-−–=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₋₌₍₎")
_WHOLE = re.compile(r"[-\d+−–=()n,;*†‡§ ]*")
"""What has raised letters of its own, and the marks that stand between them."""
_REFERENCE = re.compile(r"\s*\[.*\]\s*", re.DOTALL)


def raised(text: str) -> str:
    """Words that stand raised: figures as raised figures, letters (“1st”) as they are."""
    if not any(map(str.isdigit, text)) and text.strip() != "n":
        return text
    if _REFERENCE.fullmatch(text):
        return text
    if _WHOLE.fullmatch(text):
        return text.translate(_RAISED)
    return f"^({text.strip()})"


def lowered(text: str, before: str) -> str:
    """Words that stand lowered after `before`: only next to a figure would they change it."""
    return text.translate(_LOWERED) if before[-1:].isdigit() else text
