"""What is found of one part of an installation, by whoever looks at it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a check came out. `OFF` is something that is not configured and need not be."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: its state, what was found, and what to do where it fails."""

    name: str
    state: State
    found: str
    remedy: str = ""
