"""The command line: `mehealth`."""

from __future__ import annotations

from mehealth_rag.cli.app import main

__all__ = ["main"]
