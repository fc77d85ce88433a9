"""A model file run on this machine, by llama.cpp's server in a process that ends with ours.

In a separate process, a broken file or too little memory does not end the program, and the model is
used like any other server's.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO

from mehealth_rag.errors import LanguageModelError, LanguageModelFailure, UsageError
from mehealth_rag.llm.language_model import ASSUMED_CONTEXT
from mehealth_rag.llm.server_model import ServerFacts, ServerModel
from mehealth_rag.llm.streaming import Endpoint
from mehealth_rag.settings import Settings

START_TIMEOUT = 120.0
"""Seconds that a model file may take to load from a slow disk."""

_MAGIC = b"GGUF"


class FileModel(ServerModel):
    """A model with its own server, which starts on first use.

    Raises UsageError if the file cannot be read or is no model.
    """

    def __init__(self, path: Path, settings: Settings) -> None:
        _check(path)
        super().__init__(Endpoint("", path.stem), settings.model_copy(update={"llm_context": None}))
        self._path = path
        self._context = settings.llm_context or ASSUMED_CONTEXT
        self._starting = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def facts(self) -> ServerFacts:
        """Start the server if need be, and return what it says about itself.

        Raises LanguageModelError if the file cannot be run.
        """
        with self._starting:
            if self._process is None or self._process.poll() is not None:
                self._endpoint, self._facts, self._failed = self._start(), None, None
            return super().facts()

    def close(self) -> None:
        """End the server, if it runs."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    def __del__(self) -> None:
        if hasattr(self, "_process"):
            self.close()

    def _start(self) -> Endpoint:
        self.close()
        key = secrets.token_urlsafe(24)
        with tempfile.TemporaryFile() as log:
            process = self._process = _spawn(self._path, self._context, key, log)
            late = threading.Timer(START_TIMEOUT, process.kill)
            late.start()
            assert process.stdout is not None  # noqa: S101 - it was started with a pipe
            address = process.stdout.readline().decode().strip()
            late.cancel()
            if address:
                return Endpoint(f"{address}/v1", self._path.stem, key)
            self.close()
            log.seek(0)
            lines = [x.strip() for x in log.read().decode(errors="replace").splitlines()]
        why = next(filter(None, reversed(lines)), "the process ended without a word")[:200]
        raise LanguageModelError(f"{self._path} cannot be run: {why}", LanguageModelFailure.REFUSED)


def _check(path: Path) -> None:
    try:
        with path.open("rb") as stream:
            magic = stream.read(len(_MAGIC))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}; check MEHEALTH_LLM_GGUF") from error
    if magic != _MAGIC:
        raise UsageError(f"{path}: not a GGUF file; check MEHEALTH_LLM_GGUF")


def _spawn(path: Path, context: int, key: str, log: IO[bytes]) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", "mehealth_rag.llm.gguf_server", str(path), str(context)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        # Waiting threads must sleep: spinning slows other work on the same processors.
        env=os.environ | {"OMP_WAIT_POLICY": "passive"},
    )
    assert process.stdin is not None  # noqa: S101 - it was started with a pipe
    with contextlib.suppress(OSError):  # it ended at once; its log says why
        process.stdin.write(f"{key}\n".encode())
        process.stdin.flush()
    return process
