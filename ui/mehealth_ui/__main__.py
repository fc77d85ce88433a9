"""`python -m mehealth_ui`: the same as `mehealth ui`, without opening a browser."""

from __future__ import annotations

import sys

from mehealth_rag.cli import main

if __name__ == "__main__":
    sys.argv[1:1] = ["ui", "--no-open"]
    main()
