"""A model file run on this machine: llama.cpp's server in a process that ends with ours.

A process of its own, so that a broken file or too little memory ends it and not the program, and
so that this model is spoken to as any other server's. It is this module: `python -m
mehealth_rag.llm.file_model FILE CONTEXT` reads from standard input the key that requests must bear,
prints its address, and serves until standard input ends, which it does when the process that
started it is gone, however it went. That process imports no client.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

from mehealth_rag.errors import LanguageModelError, LanguageModelFailure, UsageError
from mehealth_rag.llm.model import ASSUMED_CONTEXT, Message

if TYPE_CHECKING:
    from mehealth_rag.llm.server_model import ServerModel
    from mehealth_rag.llm.streaming import ReplyStream
    from mehealth_rag.settings import Settings

START_TIMEOUT = 120.0
"""Seconds that a model file may take to load: gigabytes from a slow disk."""

_MAGIC = b"GGUF"


class FileModel:
    """A model file, as `mehealth_rag.llm.LanguageModel`. Its server is started when it is needed.

    Raises UsageError where the file cannot be read or is none.
    """

    def __init__(self, path: Path, settings: Settings) -> None:
        _check(path)
        self._path = path
        self._context = settings.llm_context or ASSUMED_CONTEXT
        self._settings = settings.model_copy(update={"llm_context": None})  # the server tells
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._model: ServerModel | None = None

    @property
    def context_tokens(self) -> int:
        """The context that the server really has: a file may allow less than what is set."""
        try:
            return self.running().context_tokens
        except LanguageModelError:
            return self._context

    def count(self, text: str) -> int:
        """Tokens of a text by the model's own tokenizer."""
        try:
            return self.running().count(text)
        except LanguageModelError:
            from mehealth_rag.llm.server_model import estimate_tokens

            return estimate_tokens(text)

    def stream(self, messages: Sequence[Message], max_tokens: int) -> ReplyStream:
        """Send the messages; see `mehealth_rag.llm.LanguageModel.stream`."""
        return self.running().stream(messages, max_tokens)

    def running(self) -> ServerModel:
        """The model on its server, which is started where it does not run.

        Raises:
            LanguageModelError: the file cannot be run.
        """
        with self._lock:
            ended = self._process is None or self._process.poll() is not None
            if self._model is None or ended:
                self._model = self._start()
            return self._model

    def close(self) -> None:
        """End the server. Does nothing where there is none."""
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
        if hasattr(self, "_process"):
            self.close()

    def _start(self) -> ServerModel:
        from mehealth_rag.llm.failures import Place
        from mehealth_rag.llm.server_model import ServerModel

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
                return ServerModel(Place(f"{address}/v1", self._path.stem, key), self._settings)
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
        [sys.executable, "-m", __name__, str(path), str(context)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        # Waiting threads must sleep: where other work shares the processors, spinning is dear.
        env=os.environ | {"OMP_WAIT_POLICY": "passive"},
    )
    assert process.stdin is not None  # noqa: S101 - it was started with a pipe
    with contextlib.suppress(OSError):  # it ended at once; its log says why
        process.stdin.write(f"{key}\n".encode())
        process.stdin.flush()
    return process


def _serve(path: str, context: int) -> int:
    """Serve; 0 when told to end, 1 when the file cannot be run."""
    key = sys.stdin.readline().strip()  # not an argument: those are anyone's to read
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
    os._exit(0)  # the server's threads are not waited for: nothing of theirs is to be kept


if __name__ == "__main__":
    sys.exit(_serve(sys.argv[1], int(sys.argv[2])))
