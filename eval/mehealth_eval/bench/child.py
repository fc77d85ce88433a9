"""Runs commands as child processes and measures them: wall-clock time, peak memory, a timeout.

`python -m mehealth_eval.bench.child MODULE NAME ARGUMENTS` is such a process: it runs one job
offline, with the arguments in a JSON object, and prints its result as JSON.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[3]
_KILOBYTES = 1024 if sys.platform == "darwin" else 1  # macOS reports the peak in bytes


class ChildError(Exception):
    """A measured process failed; the message is one line."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a process and its children used, and what it printed."""

    seconds: float
    cpu_seconds: float
    peak_mb: float
    output: str

    def json(self) -> dict[str, Any]:
        """The JSON object on the last line of the output.

        Raises:
            ChildError: there is none.
        """
        lines = self.output.strip().splitlines()
        try:
            value = json.loads(lines[-1])
        except (IndexError, ValueError) as error:
            raise ChildError("a measured process printed no JSON") from error
        if not isinstance(value, dict):
            raise ChildError("a measured process printed something else than an object")
        return value


def mehealth(*arguments: str) -> list[str]:
    """The command line of `mehealth`: the installed script if there is one."""
    script = Path(sys.executable).with_name("mehealth")
    if script.is_file():
        return [str(script), *arguments]
    return [sys.executable, "-c", "from mehealth_rag.cli import main; main()", *arguments]


def job(module: str, name: str, **arguments: object) -> list[str]:
    """The command line of a job, which is a function of a module of the bench."""
    encoded = json.dumps(arguments, default=str)
    return [sys.executable, "-m", "mehealth_eval.bench.child", module, name, encoded]


def run(command: Sequence[str], folder: Path, timeout: float) -> Run:
    """Run a command in `folder` and measure it.

    The caller's own settings are kept from it, and it is killed with its children after `timeout`
    seconds.

    Raises:
        ChildError: it failed or timed out; a failure's message ends with its last line of errors.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        begun = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603 - our own commands
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            cwd=folder,
            env=_environment(),
            start_new_session=True,
        )
        late, usage = _wait(process, timeout)
        seconds = time.perf_counter() - begun
        if late:
            raise ChildError(f"{_name(command)} took over {timeout:g} s")
        if process.returncode:
            why = (_text(errors).strip().splitlines() or ["no message"])[-1]
            raise ChildError(f"{_name(command)} ended with {process.returncode}: {why}")
        peak_mb = usage.ru_maxrss / _KILOBYTES / 1024
        return Run(seconds, usage.ru_utime + usage.ru_stime, peak_mb, _text(output))


def _wait(process: subprocess.Popen[bytes], timeout: float) -> tuple[bool, resource.struct_rusage]:
    """Wait for a process; return whether it had to be killed, and what it used."""
    late = threading.Event()

    def end() -> None:
        late.set()
        os.killpg(process.pid, signal.SIGKILL)

    timer = threading.Timer(timeout, end)
    timer.start()
    try:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    finally:
        timer.cancel()
        if process.returncode is None:  # interrupted: in its own session, the child gets no signal
            process.kill()
            process.wait()
    return late.is_set(), usage


def _environment() -> dict[str, str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MEHEALTH_")}
    path = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return environment | {"PYTHONPATH": os.pathsep.join(path), "PYTHONWARNINGS": "ignore"}


def _name(command: Sequence[str]) -> str:
    if "-m" in command:
        return " ".join(command[3:5])
    return " ".join([Path(command[0]).name, *command[1:2]])


def _text(stream: IO[bytes]) -> str:
    stream.seek(0)
    return stream.read().decode("utf-8", errors="replace")


def main() -> None:
    """Run the job that the command line names."""
    from mehealth_rag.offline import go_offline  # the parent has to stay small

    module, name, arguments = sys.argv[1:]
    go_offline()
    jobs = import_module(f"mehealth_eval.bench.{module}")
    print(json.dumps(getattr(jobs, name)(**json.loads(arguments))))


if __name__ == "__main__":
    main()
