"""Nothing leaves this machine: watched at the socket while an index is built and asked."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from mehealth_rag.offline import go_offline, is_hub_name

if TYPE_CHECKING:
    import pytest

INDEX_TESTS = Path(__file__).parent / "index"

WATCH = """
import socket, sys
sys.path.insert(0, {tests!r})
attempts = []
HERE = ("127.0.0.1", "::1", "localhost")

def watched(real):
    def call(self, address, *rest):
        if not isinstance(address, (str, bytes)) and address[0] not in HERE:
            attempts.append(address)
        return real(self, address, *rest)
    return call

def looked_up(host, *rest, **named):
    if host is not None and host not in HERE:
        attempts.append(host)
    return resolve(host, *rest, **named)

class Watched(socket.socket):
    connect = watched(socket.socket.connect)
    connect_ex = watched(socket.socket.connect_ex)
    sendto = lambda self, *a: (attempts.append(a[-1]), super().sendto(*a))[1]

resolve = socket.getaddrinfo
socket.socket, socket.getaddrinfo = Watched, looked_up
{work}
print("attempts", attempts)
"""

WORK = """
from pathlib import Path
from index_helpers import Corpus
from mehealth_rag.encoder.model_files import model_id
from mehealth_rag.encoder.onnx_embedding import OnnxPassageEncoder
from mehealth_rag.encoder.question import open_question_encoder

corpus = Corpus(Path({root!r}), model=model_id())
corpus.write(guide="The lighthouse is 42 metres tall. It was lit in 1871.\\nFerries run.")
corpus._load = lambda: OnnxPassageEncoder.load(corpus.folder.models)
corpus.build()
vector = open_question_encoder(corpus.folder.models).encode("How tall is the lighthouse?")
print("found", corpus.open().dense(vector, 1)[0][0])
"""


MODEL = """
sys.path.insert(0, {helpers!r})
from llm_helpers import ASK, opened, says, serving
with serving(says("It is 42 metres tall.")) as server:
    model = opened(server.url)
    print(model.count("one two"), "".join(model.stream(ASK, 40)))
"""


def watch(work: str) -> subprocess.CompletedProcess[str]:
    code = WATCH.format(tests=str(INDEX_TESTS), work=textwrap.dedent(work))
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "TRANSFORMERS_"))}
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=clean
    )


def test_building_and_asking_touches_no_network(tmp_path: Path) -> None:
    result = watch(WORK.format(root=str(tmp_path)))
    assert result.stdout.splitlines() == ["found 0", "attempts []"], result.stderr
    assert result.stderr == ""  # no progress bar of a library either


def test_a_language_model_is_asked_where_it_is_configured_and_nothing_else() -> None:
    result = watch(MODEL.format(helpers=str(INDEX_TESTS.parent / "llm")))
    assert result.stdout.splitlines() == ["3 It is 42 metres tall.", "attempts []"], result.stderr


def test_the_watch_sees_an_attempt() -> None:
    result = watch(
        """
        import contextlib
        with contextlib.suppress(OSError):
            socket.create_connection(("192.0.2.1", 9), timeout=0.1)
        with contextlib.suppress(OSError):
            socket.getaddrinfo("nowhere.invalid", 80)
        """
    )
    assert "192.0.2.1" in result.stdout
    assert "nowhere.invalid" in result.stdout


def test_the_hub_is_forbidden_unless_a_setting_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setenv("TRANSFORMERS_OFFLINE", "0")
    monkeypatch.setenv("DO_NOT_TRACK", "kept")
    monkeypatch.delenv("ANONYMIZED_TELEMETRY", raising=False)
    go_offline(hub=True)
    assert os.environ["HF_HUB_OFFLINE"] == "0"
    assert os.environ["DO_NOT_TRACK"] == "kept"
    assert os.environ["ANONYMIZED_TELEMETRY"] == "False"
    go_offline()
    assert os.environ["HF_HUB_OFFLINE"] == os.environ["TRANSFORMERS_OFFLINE"] == "1"


def test_what_a_hub_name_looks_like(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_hub_name("sentence-transformers/all-mpnet-base-v2")
    assert not is_hub_name(str(tmp_path))
    assert not is_hub_name("./model")
    assert not is_hub_name("/models/mine")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "owner" / "model").mkdir(parents=True)
    assert not is_hub_name("owner/model")
