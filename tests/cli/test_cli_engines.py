"""`--engine generative` on the command line: the model writes, is not there, is not configured."""

from __future__ import annotations

import json

import pytest
from cli_helpers import json_lines, the_error, the_json
from llm_helpers import free_port, says, serving

from tests.conftest import Library, Run

ASK = ("ask", "How tall is the lighthouse on the North Pier?", "--engine", "generative")
TRUE = "The lighthouse on the North Pier is 42 metres tall [1]."


def at(url: str) -> dict[str, str]:
    return {"MEHEALTH_LLM_BASE_URL": url, "MEHEALTH_LLM_MODEL": "tester"}


def test_the_model_writes_and_is_named(library: Library, mehealth: Run) -> None:
    with serving(says(TRUE)) as server:
        found = the_json(mehealth(*ASK, "--json", *library.options, env=at(server.url)))
    assert found["engine"] == "generative"
    assert [s["text"] for s in found["statements"]] == [TRUE.removesuffix(" [1].")]
    assert found["citations"][0]["document"] == "guide"
    assert (found["notice"], found["dropped"]) == ("", [])


def test_without_its_server_the_documents_own_words_are_given(
    library: Library, mehealth: Run
) -> None:
    done = mehealth(*ASK, *library.options, env=at(f"http://127.0.0.1:{free_port()}/v1"))
    assert done.returncode == 0, done.stderr
    assert "42 metres" in done.stdout
    assert "could not be reached; these are the documents' own words" in done.stdout


@pytest.mark.parametrize("command", [ASK, ("chat", "--engine", "generative")])
def test_a_model_that_is_not_configured_is_one_line(
    library: Library, mehealth: Run, command: tuple[str, ...]
) -> None:
    line = the_error(mehealth(*command, *library.options), 2)
    assert "set MEHEALTH_LLM_BASE_URL to a server's address or MEHEALTH_LLM_GGUF" in line


def test_a_line_of_a_batch_names_its_engine(library: Library, mehealth: Run) -> None:
    row = {"question": ASK[1]}
    rows = [row, row | {"engine": "generative"}, row | {"engine": "poetic"}]
    lines = "\n".join(map(json.dumps, rows))
    with serving(says(TRUE)) as server:
        batch = ("ask", "--batch", "-", *library.options)
        done = mehealth(*batch, stdin=lines, env=at(server.url))
        first, second, third = json_lines(done.stdout)
        assert len(server.requests) == 1
    assert (first["engine"], second["engine"]) == ("extractive", "generative")
    assert third["error"].startswith("line 3: engine: Input should be 'extractive' or")
    alone = mehealth(*batch, stdin=json.dumps(rows[1]))
    assert "set MEHEALTH_LLM_BASE_URL" in json_lines(alone.stdout)[0]["error"]
