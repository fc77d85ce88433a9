"""One job in a process of its own, off the network: JSON on output.

`python -m mehealth_eval.bench.job MODULE NAME ARGUMENTS`, the arguments being a JSON object.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module

from mehealth_rag.offline import go_offline


def main() -> None:
    """Do the job that the command line names."""
    module, name, arguments = sys.argv[1:]
    go_offline()
    jobs = import_module(f"mehealth_eval.bench.{module}")
    print(json.dumps(getattr(jobs, name)(**json.loads(arguments))))


if __name__ == "__main__":
    main()
