"""A real PostgreSQL server on this machine, its data in a temporary folder."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg
import pytest
from llm_helpers import free_port

PASSWORD = "a-secret-of-the-database"
_USERS = ("postgres", "nobody")


def _found() -> Path | None:
    """The folder with PostgreSQL's programs; Debian keeps them out of the path."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    in_path = shutil.which("initdb")
    return next(iter(folders), Path(in_path).parent if in_path else None)


def _not_as_root(folder: Path) -> list[str]:
    """What stands before a command so that it does not run as root, which PostgreSQL refuses."""
    if os.getuid() != 0:
        return []
    names = {one.pw_name for one in pwd.getpwall()}
    user = next(name for name in _USERS if name in names)
    shutil.chown(folder, user)
    return ["setpriv", f"--reuid={user}", "--clear-groups", "--"]


class Postgres:
    """A server that can be killed and started again over the same data."""

    def __init__(self) -> None:
        found = _found()
        if found is None:
            pytest.skip("PostgreSQL is not installed on this machine; install it to run this")
        self._programs = found
        self._folder = Path(tempfile.mkdtemp(prefix="mehealth-postgres-"))
        self._data = self._folder / "data"
        self._as = _not_as_root(self._folder)
        self.port = free_port()
        password = self._folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        self._run("initdb", "--pgdata", str(self._data), "--username", "mehealth", "--no-sync",
                  "--auth", "scram-sha-256", "--pwfile", str(password))  # fmt: skip
        self.start()
        self.new("mehealth")

    def url(self, database: str = "mehealth", password: str = PASSWORD) -> str:
        return f"postgresql://mehealth:{password}@127.0.0.1:{self.port}/{database}"

    def new(self, name: str) -> str:
        """Make an empty database; its address."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'create database "{name}"')
        return self.url(name)

    def start(self) -> None:
        """Start it; who was killed leaves processes that end within moments."""
        until = time.monotonic() + 60
        while True:
            self._server = self._started()
            while self._server.poll() is None:
                if self._answers():
                    return
                assert time.monotonic() < until, (self._folder / "log").read_text()
                time.sleep(0.1)
            assert time.monotonic() < until, (self._folder / "log").read_text()

    def _started(self) -> subprocess.Popen[bytes]:
        options = ("-c", "unix_socket_directories=", "-c", "listen_addresses=127.0.0.1")
        place = ("-D", str(self._data), "-p", str(self.port))
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                [*self._as, str(self._programs / "postgres"), *place, *options],
                stdout=log,
                stderr=log,
                cwd=self._folder,
            )

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def kill(self) -> None:
        """End it as a machine that fails does, in the middle of everything."""
        self._server.send_signal(signal.SIGKILL)
        self._server.wait(30)

    def close(self) -> None:
        self._server.send_signal(signal.SIGINT)
        self._server.wait(30)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [*self._as, str(self._programs / program), *arguments],
            capture_output=True,
            encoding="utf-8",
            cwd=self._folder,
            check=False,
        )
        assert done.returncode == 0, done.stderr
