"""The command line: `mehealth`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; Ctrl-C while it is being imported is no traceback either."""
    try:
        from mehealth_rag.cli.app import main as run
    except KeyboardInterrupt:
        print("mehealth: stopped", file=sys.stderr)
        sys.exit(1)
    run()
