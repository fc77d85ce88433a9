"""Questions and answers over a document corpus, each answer proved by a quote and its page.

The names of `__all__` are the package's public ones; each is imported when it is first used, so
that importing the package costs next to nothing. What it does at once is to switch off the usage
reports of the libraries: some read the environment when they load, whoever loads them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from mehealth_rag.offline import no_telemetry

if TYPE_CHECKING:
    from mehealth_rag.assistant import Assistant
    from mehealth_rag.errors import MehealthError
    from mehealth_rag.settings import Settings
    from mehealth_rag.types import Answer, Citation, ConflictReport, Hit, Source, Statement, Verdict
    from mehealth_rag.wiring import ingest

__all__ = [
    "Answer",
    "Assistant",
    "Citation",
    "ConflictReport",
    "Hit",
    "MehealthError",
    "Settings",
    "Source",
    "Statement",
    "Verdict",
    "ingest",
]

_HOME = {
    "Assistant": "assistant",
    "MehealthError": "errors",
    "Settings": "settings",
    "ingest": "wiring",
} | dict.fromkeys(
    ("Answer", "Citation", "ConflictReport", "Hit", "Source", "Statement", "Verdict"), "types"
)


no_telemetry()


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
