"""Nothing leaves this machine: watched at the system calls, where native code cannot hide."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from llm_helpers import free_port, says, serving

from tests.conftest import clean_environment, command

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parent.parent
PROSPECTUS_QUESTIONS = ROOT / "eval" / "mehealth_eval" / "prospectus.jsonl"
ADDRESS = re.compile(
    r'(?:connect|send\w+)\(.*?port=htons\((?P<port>\d+)\).*?(?:inet_addr\("(?P<four>[^"]+)"|"(?P<six>[0-9a-f:.]+)")'
)
NAME_SERVICE = 53
A_MINUTE = 60

Peer = tuple[str, int]


@pytest.fixture(scope="module", autouse=True)
def strace() -> str:
    found = shutil.which("strace")
    if found is None:
        if os.environ.get("REQUIRE_STRACE") == "1":
            pytest.fail("REQUIRE_STRACE is set and there is no strace")
        pytest.skip("there is no strace (apt-get install strace): system calls are not watched")
    return found


class Watched:
    """Runs commands under strace, children too, each home and corpus its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.home = folder, folder / "home"
        self.home.mkdir()
        self.corpus = folder / "corpus"
        shutil.copytree(ROOT / "corpus", self.corpus)
        self.options = ("--corpus", str(self.corpus), "--index", str(folder / "index"))

    def start(
        self, name: str, *arguments: str, env: dict[str, str] | None = None
    ) -> subprocess.Popen[str]:
        # Without HF_HUB_OFFLINE and its like in the environment: the program sets them itself.
        watch = ("strace", "-f", "--seccomp-bpf", "-e", "trace=network", "-o", self._log(name))
        clean = {k: v for k, v in clean_environment(self.home).items() if not _is_switch(k)}
        return subprocess.Popen(
            [*watch, *arguments],
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.home,
            env=clean | (env or {}),
        )

    def run(self, name: str, *arguments: str, env: dict[str, str] | None = None) -> str:
        process = self.start(name, command(), *arguments, *self.options, env=env)
        out, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
        return out

    def peers(self, name: str) -> set[Peer]:
        """Every address that was to be connected or sent to."""
        found = ADDRESS.finditer(Path(self._log(name)).read_text(encoding="utf-8"))
        return {(m["four"] or m["six"], int(m["port"])) for m in found}

    def _log(self, name: str) -> str:
        return str(self.folder / f"{name}.strace")


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Watched:
    found = Watched(tmp_path_factory.mktemp("network"))
    found.run("ingest", "ingest")
    return found


def outside(peers: set[Peer]) -> set[Peer]:
    """The peers that are not on this machine; a name service is asked about what is not."""
    here = {"127.0.0.1", "::1", "0.0.0.0", "::"}
    return {(host, port) for host, port in peers if host not in here or port == NAME_SERVICE}


def _is_switch(name: str) -> bool:
    return name.startswith(("HF_", "TRANSFORMERS_", "ORT_", "GRADIO_", "ANONYMIZED_", "DO_NOT_"))


def _batch(folder: Path, name: str, rows: Sequence[dict[str, str]]) -> list[str]:
    path = folder / f"{name}.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return ["--batch", str(path), "--output", str(folder / f"{name}.out.jsonl")]


def _page_for_a_minute(watched: Watched) -> None:
    port = free_port()
    page = watched.start("ui", command(), "ui", "--port", str(port), *watched.options)
    began = time.monotonic()
    try:
        while time.monotonic() - began < A_MINUTE:
            time.sleep(1)
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
                    served = answer.status
            except OSError:
                served = 0
            assert page.poll() is None, page.communicate()[1]
        assert served == 200
    finally:
        children = f"/proc/{page.pid}/task/{page.pid}/children"
        os.kill(int(Path(children).read_text().split()[0]), signal.SIGTERM)
        page.communicate(timeout=30)


@pytest.mark.slow
def test_no_command_reaches_out(watched: Watched) -> None:
    lines = PROSPECTUS_QUESTIONS.read_text(encoding="utf-8").splitlines()[:200]
    questions = [{"id": str(n), "question": json.loads(q)["question"]} for n, q in enumerate(lines)]
    claims = [{"id": str(n), "claim": "There are seven medical schools."} for n in range(20)]
    assert len(questions) == 200
    few = watched.folder / "few.jsonl"
    few.write_text("\n".join(lines[:30]), encoding="utf-8")
    with ThreadPoolExecutor() as pool:
        page = pool.submit(_page_for_a_minute, watched)
        watched.run("ask", "ask", *_batch(watched.folder, "questions", questions))
        watched.run("check", "check", *_batch(watched.folder, "claims", claims))
        watched.run("eval", "eval", "--set", str(few), "--report", str(watched.folder / "report"))
        page.result()
    for name in ("ingest", "ask", "check", "eval", "ui"):
        assert outside(watched.peers(name)) == set(), name
    left = [p for p in watched.home.rglob("*") if "microsoft" in p.name.lower()]
    assert left == []


def test_a_configured_language_model_is_the_only_one_spoken_to(watched: Watched) -> None:
    with serving(says("The Chairman is Sir John Peace [1].")) as server:
        port = int(server.url.split(":")[2].split("/")[0])
        env = {"MEHEALTH_LLM_BASE_URL": server.url, "MEHEALTH_LLM_MODEL": "test"}
        question = "Who is the Chairman of the Midlands Engine?"
        out = watched.run("model", "ask", question, "--engine", "generative", "--json", env=env)
    assert json.loads(out)["status"] == "answered"
    assert watched.peers("model") == {("127.0.0.1", port)}


def test_the_watch_sees_an_attempt(watched: Watched) -> None:
    code = (
        "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "s.connect(('192.0.2.1', 9))"
    )
    watched.start("attempt", shutil.which("python3") or "python3", "-c", code).communicate()
    assert outside(watched.peers("attempt")) == {("192.0.2.1", 9)}
