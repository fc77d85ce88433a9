"""The command line: `mehealth`."""

from __future__ import annotations


def main() -> None:
    """Run `mehealth`; until then, importing a module of the package costs nothing."""
    from mehealth_rag.cli import app

    app.main()
