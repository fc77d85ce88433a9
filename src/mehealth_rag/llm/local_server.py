"""A model file run on this machine: llama.cpp's server in a process that ends with ours.

A process of its own, so that a broken file or too little memory ends it and not the program, and
so that this model is spoken to exactly as any other server's.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import selectors
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import IO

from mehealth_rag.errors import LanguageModelError, LanguageModelFailure
from mehealth_rag.llm.limits import ASSUMED_CONTEXT

START_TIMEOUT = 120.0
"""Seconds that a model file may take to load: gigabytes from a slow disk."""

_MAGIC = b"GGUF"


class LocalServer:
    """The process that runs a model file. It is started by `address`, and again if it ended."""

    def __init__(self, model: Path, context: int | None) -> None:
        self._model = model
        self._context = context or ASSUMED_CONTEXT
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._address = ""
        self.key = secrets.token_urlsafe(24)

    def address(self) -> str:
        """Where the server listens, which is started first where it does not run.

        Raises:
            LanguageModelError: the file cannot be run.
        """
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._address = self._start()
            return self._address

    @property
    def pid(self) -> int | None:
        """The process, while there is one."""
        return self._process.pid if self._process is not None else None

    def close(self) -> None:
        """End the process. Does nothing where there is none."""
        process, self._process = self._process, None
        if process is None:
            return
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        try:
            process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def __del__(self) -> None:
        self.close()

    def _start(self) -> str:
        self.close()
        with tempfile.TemporaryFile() as log:
            process = self._process = self._spawn(log)
            line = _first_line(process, START_TIMEOUT)
            if line:
                return str(json.loads(line)["address"])
            ended = process.poll() is not None or process.wait(timeout=5) is not None
            self.close()
            log.seek(0)
            raise LanguageModelError(
                f"{self._model} cannot be run: {_reason(log.read(), ended)}",
                LanguageModelFailure.REFUSED,
                retryable=False,
            )

    def _spawn(self, log: IO[bytes]) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "mehealth_rag.llm.serve_file"]
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [*command, str(self._model), str(self._context)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            # Waiting threads must sleep: where other work shares the processors, spinning is dear.
            env=os.environ | {"OMP_WAIT_POLICY": "passive"},
        )
        assert process.stdin is not None  # noqa: S101 - it was started with a pipe
        with contextlib.suppress(OSError):  # it ended at once; its log says why
            process.stdin.write(f"{self.key}\n".encode())
            process.stdin.flush()
        return process


def check_model_file(path: Path) -> str:
    """What is wrong with a model file at first sight; empty where nothing is."""
    try:
        with path.open("rb") as stream:
            magic = stream.read(len(_MAGIC))
    except OSError as error:
        return f"{path}: {error.strerror or error}; check MEHEALTH_LLM_GGUF"
    if magic != _MAGIC:
        return f"{path}: not a GGUF file; check MEHEALTH_LLM_GGUF"
    return ""


def _first_line(process: subprocess.Popen[bytes], seconds: float) -> bytes:
    """The first line of a process's output; empty where it ends or takes too long."""
    assert process.stdout is not None  # noqa: S101 - it was started with a pipe
    deadline = time.monotonic() + seconds
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        if selector.select(timeout=max(0.0, deadline - time.monotonic())):
            return process.stdout.readline()
    process.kill()
    return b""


def _reason(log: bytes, ended: bool) -> str:
    lines = [x.strip() for x in log.decode(errors="replace").splitlines() if x.strip()]
    if not ended:
        return f"it did not load within {START_TIMEOUT:g} s"
    return lines[-1][:200] if lines else "the process ended without a word"
