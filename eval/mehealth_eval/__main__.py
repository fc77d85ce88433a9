"""`python -m mehealth_eval` is `mehealth eval`, with the same options."""

from __future__ import annotations

import sys

from mehealth_rag.cli import main

if __name__ == "__main__":
    sys.argv[1:1] = ["eval"]
    main()
