"""`mehealth doctor`: what is configured and reachable; one line each, no key shown."""

from __future__ import annotations

import json
import re
import socket
from pathlib import Path
from typing import Any

from cli_helpers import the_json

from tests.conftest import Library, Run

KEY = "sk-secret-of-the-test"


def by_name(found: dict[str, Any]) -> dict[str, dict[str, str]]:
    return {check["name"]: check for check in found["checks"]}


def test_a_sound_installation_without_a_model(library: Library, mehealth: Run) -> None:
    done = mehealth("doctor", "--json", *library.options)
    found = the_json(done)
    assert found["schema"] == 1
    assert found["healthy"] is True
    checks = by_name(found)
    assert "3 documents" in checks["index"]["found"]
    assert checks["embedding model"]["found"].endswith("its hash is the known one")
    assert checks["language model"]["state"] == "off"
    assert {c["state"] for c in checks.values()} <= {"ok", "off"}


def test_for_people_it_is_a_table(library: Library, mehealth: Run) -> None:
    done = mehealth("doctor", *library.options)
    assert done.returncode == 0
    assert "the language model" not in done.stderr
    for name in ("embedding model", "reader", "index", "language model"):
        assert name in done.stdout


def test_an_index_that_is_not_there_is_not_built(
    library: Library, mehealth: Run, tmp_path: Path
) -> None:
    index = tmp_path / "index"
    done = mehealth("doctor", "--json", "--corpus", str(library.corpus), "--index", str(index))
    check = by_name(the_json(done))["index"]
    assert (check["state"], check["remedy"]) == ("warning", "run: mehealth ingest")
    assert not index.exists()


def test_a_generative_engine_without_a_model_fails(library: Library, mehealth: Run) -> None:
    env = {"MEHEALTH_ENGINE": "generative"}
    done = mehealth("doctor", "--json", *library.options, env=env)
    assert done.returncode == 1
    check = by_name(json.loads(done.stdout))["language model"]
    assert check["state"] == "failed"
    assert "MEHEALTH_LLM_BASE_URL" in check["remedy"]


def test_a_server_that_is_not_there_fails(library: Library, mehealth: Run) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    env = {"MEHEALTH_LLM_BASE_URL": url, "MEHEALTH_LLM_API_KEY": KEY}
    done = mehealth("doctor", "--json", *library.options, env=env)
    assert done.returncode == 1
    checks = by_name(json.loads(done.stdout))
    assert checks["engine"]["found"].endswith(f"language model: {url}; key: set")
    assert "is it running?" in checks["language model"]["found"]
    assert KEY not in done.stdout + done.stderr


def test_a_real_model_is_found_and_described(library: Library, mehealth: Run, gguf: Path) -> None:
    env = {"MEHEALTH_LLM_GGUF": str(gguf), "MEHEALTH_LLM_CONTEXT": "768"}
    done = mehealth("doctor", "--json", *library.options, env=env)
    found = the_json(done)
    assert found["healthy"] is True
    check = by_name(found)["language model"]
    assert check["state"] == "ok"
    assert check["found"].startswith("SmolLM2-135M-Instruct.Q4_1 at http://127.0.0.1:")
    context = by_name(found)["context"]
    assert context["state"] == "ok"
    read = re.fullmatch(r"768 tokens .*; a prompt of (\d+) tokens was read whole", context["found"])
    assert read is not None
    assert 0.8 * (768 - 320) < int(read[1]) <= 768 - 320  # by its own count, with room to answer
