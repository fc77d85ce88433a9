"""The process of a model file: `python -m mehealth_rag.llm.gguf_server FILE CONTEXT`.

It reads the key for requests from standard input, prints its address, and serves until standard
input ends, which happens when the parent process is gone, however it ended.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


def serve(path: str, context: int) -> int:
    """Serve until standard input ends; return 1 at once if the file cannot be run."""
    key = sys.stdin.readline().strip()  # not an argument: anyone can read those
    answers = os.dup(1)
    os.dup2(2, 1)  # what llama.cpp prints belongs to the log
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = path
    parameters.model_alias = [Path(path).stem]
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.api_keys = [key]
    parameters.n_ctx = context
    parameters.n_parallel = 1
    parameters.offline = True
    parameters.ui = False
    parameters.warmup = False
    parameters.verbosity = 1
    threads = os.process_cpu_count() if hasattr(os, "process_cpu_count") else os.cpu_count()
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = threads or 1
    try:
        server = xllamacpp.Server(parameters)
    except RuntimeError as error:
        print(f"{error}; is it a chat model that llama.cpp knows?", file=sys.stderr)
        return 1
    os.write(answers, f"{server.listening_address}\n".encode())
    sys.stdin.read()
    os._exit(0)  # without waiting for the server's threads


if __name__ == "__main__":
    sys.exit(serve(sys.argv[1], int(sys.argv[2])))
