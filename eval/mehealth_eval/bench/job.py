"""Runs one job in its own process, offline, and prints its result as JSON.

`python -m mehealth_eval.bench.job MODULE NAME ARGUMENTS`; the arguments are a JSON object.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module

from mehealth_rag.offline import go_offline


def main() -> None:
    """Run the job that the command line names."""
    module, name, arguments = sys.argv[1:]
    go_offline()
    jobs = import_module(f"mehealth_eval.bench.{module}")
    print(json.dumps(getattr(jobs, name)(**json.loads(arguments))))


if __name__ == "__main__":
    main()
