"""The service for other programs, over the real server: REST, OpenAI's client, health, metrics."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from jsonschema import Draft202012Validator, ValidationError
from openai import OpenAI
from pydantic import TypeAdapter
from ui_helpers import TALL

from mehealth_rag.serialise import answer_json, verdict_json
from mehealth_rag.types import Answer
from tools.schemas import FOLDER, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mehealth_rag.assistant import Assistant


@pytest.fixture(scope="module")
def client(served: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served, timeout=60) as opened:
        yield opened


def post(client: httpx.Client, path: str, **sent: object) -> Any:  # noqa: ANN401 - JSON
    answer = client.post(path, json=sent)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_an_answer_is_the_contracts_and_names_version_and_reader(
    client: httpx.Client, assistant: Assistant
) -> None:
    answer = post(client, "/v1/ask", id="q1", question=TALL)
    assert next(iter(answer)) == "id"
    assert answer["id"] == "q1"
    assert answer.pop("reader") == assistant.reader().name
    assert answer.pop("version")
    own = json.loads(json.dumps(answer_json(assistant.ask(TALL))))
    assert own.pop("timings_ms").keys() == answer.pop("timings_ms").keys()
    assert own == {k: v for k, v in answer.items() if k != "id"}


def test_history_and_documents_count(client: httpx.Client) -> None:
    sent = {
        "question": "And when was it lit?",
        "history": [[TALL, "It is 42 metres tall [1]."]],
    }
    answer = post(client, "/v1/ask", **sent)
    assert "1871" in answer["answer"]
    elsewhere = post(client, "/v1/ask", question=TALL, documents=["prospectus"])
    assert all(c["document"] == "prospectus" for c in elsewhere["citations"])


def test_a_stream_grows_to_the_same_answer(client: httpx.Client) -> None:
    with client.stream("POST", "/v1/ask?stream=true", json={"question": TALL}) as streamed:
        assert streamed.headers["content-type"].startswith("text/event-stream")
        lines = [line.removeprefix("data: ") for line in streamed.iter_lines() if line]
    parts = [json.loads(line) for line in lines]
    assert len(parts) > 1
    texts = [part["answer"] for part in parts]
    assert all(whole.startswith(part) for part, whole in pairwise(texts))
    assert texts[-1] == post(client, "/v1/ask", question=TALL)["answer"]


def test_search_check_sources_and_guide(client: httpx.Client) -> None:
    hits = post(client, "/v1/search", id=7, query=TALL, top_k=3)
    assert hits["id"] == 7
    assert "42 metres" in hits["hits"][0]["text"]
    verdict = post(client, "/v1/check", claim="The lighthouse on the North Pier is 45 metres tall.")
    assert verdict["verdict"] == "contradicted"
    assert "42 metres" in verdict["evidence"][0]["quote"]
    sources = client.get("/v1/sources").json()
    assert "prospectus" in {s["id"] for s in sources}
    guide = client.get("/v1/guide", params={"document": "prospectus"}).json()
    assert [g["document"] for g in guide["guides"]] == ["prospectus"]


@pytest.mark.parametrize(
    ("path", "sent", "status", "problem"),
    [
        ("/v1/ask", b"\xffk\xff", 400, ""),
        ("/v1/ask", {"question": "  "}, 400, "the question is empty"),
        ("/v1/ask", {"question": "x" * 5000}, 400, "5,000 characters"),
        ("/v1/ask", {"question": TALL, "documents": ["nowhere"]}, 400, "no document 'nowhere'"),
        ("/v1/ask", {"question": TALL, "documents": ["a\nb"]}, 400, "no document 'a b'"),
        ("/v1/ask", {"question": TALL, "engine": "generative"}, 400, "cannot be chosen"),
        ("/v1/ask", {"id": "q"}, 422, "question: Field required"),
        ("/v1/search", {"query": TALL, "top_k": 0}, 422, "top_k:"),
        ("/v1/check", {"claim": "Is it tall?"}, 400, ""),
        ("/v1/chat/completions", {"messages": []}, 422, "messages:"),
        (
            "/v1/chat/completions",
            {"messages": [{"role": "assistant", "content": "Hello"}]},
            400,
            "the last one is not the user's",
        ),
    ],
)
def test_what_cannot_be_answered_is_one_line(
    client: httpx.Client, path: str, sent: dict[str, Any] | bytes, status: int, problem: str
) -> None:
    body = sent if isinstance(sent, bytes) else json.dumps(sent)
    answer = client.post(path, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status, answer.text
    (line,) = answer.json().values()
    assert problem in line
    assert "\n" not in line


def test_openais_client_gets_an_answer_with_links_and_annotations(served: str) -> None:
    client = OpenAI(base_url=f"{served}/v1", api_key="none", max_retries=0)
    assert [model.id for model in client.models.list()] == ["mehealth"]
    messages: Any = [
        {"role": "system", "content": "You are a pirate."},
        {"role": "user", "content": TALL},
        {"role": "assistant", "content": "It is 42 metres tall [1]."},
        {"role": "user", "content": [{"type": "text", "text": "And when was it lit?"}]},
    ]
    done = client.chat.completions.create(model="mehealth", messages=messages)
    message = done.choices[0].message
    assert "1871" in (message.content or "")
    assert "[[1]](https://example.org/harbour.txt)" in (message.content or "")
    (note, *_) = message.annotations or []
    cited = (message.content or "")[note.url_citation.start_index : note.url_citation.end_index]
    assert cited.startswith("[[1]](")
    stream = client.chat.completions.create(model="mehealth", messages=messages, stream=True)
    words = "".join(chunk.choices[0].delta.content or "" for chunk in stream)
    assert words == message.content
    ours: Any = [{"role": "user", "content": "How many medical schools are there?"}]
    done = client.chat.completions.create(model="mehealth", messages=ours)
    assert f"[[1]]({served}/document/prospectus#page=2)" in (done.choices[0].message.content or "")


def test_health_and_metrics(client: httpx.Client, assistant: Assistant) -> None:
    assert client.get("/healthz").json()["status"] == "ok"
    ready = client.get("/readyz").json()
    assert (ready["status"], ready["engine"]) == ("ready", "extractive")
    assert (ready["index"], ready["reader"]) == (
        assistant.index.fingerprint,
        assistant.reader().name,
    )
    post(client, "/v1/search", query=TALL)
    metrics = client.get("/metrics").text
    assert 'mehealth_requests_total{path="/v1/search",status="200"}' in metrics
    assert "mehealth_request_seconds_bucket" in metrics


def test_the_published_schema_describes_what_comes(client: httpx.Client) -> None:
    schema = client.get("/openapi.json").json()
    paths = {"/v1/ask", "/v1/search", "/v1/check", "/v1/sources", "/v1/guide", "/v1/models",
             "/v1/chat/completions", "/healthz", "/readyz", "/metrics"}  # fmt: skip
    assert paths <= schema["paths"].keys()
    assert "security" not in schema["paths"]["/v1/ask"]["post"]  # nobody signs in here
    answer = schema["components"]["schemas"]["Answer"]
    own = post(client, "/v1/ask", question=TALL)
    assert answer["properties"].keys() == own.keys()
    assert set(answer["required"]) <= own.keys()
    fields = Answer.__dataclass_fields__
    TypeAdapter(Answer).validate_python({k: v for k, v in own.items() if k in fields})


@pytest.mark.parametrize("name", ["answer", "verdict"])
def test_the_published_schema_files_are_those_of_the_code(name: str) -> None:
    assert (FOLDER / f"{name}.json").read_text(encoding="utf-8") == text(name)


def test_what_comes_is_valid_under_the_schema_files(
    client: httpx.Client, assistant: Assistant
) -> None:
    claim = "The lighthouse on the North Pier is 42 metres tall. It was lit in 1899."
    by_service = {
        "answer": post(client, "/v1/ask", id="q1", question=TALL),
        "verdict": post(client, "/v1/check", id=3, claim=claim),
    }
    assert len(by_service["verdict"]["parts"]) == 2
    printed = {
        "answer": answer_json(assistant.ask("What is the share price of a bakery?")),
        "verdict": verdict_json(assistant.check(claim)),
    }
    for name, sent in by_service.items():
        validator = Draft202012Validator(json.loads((FOLDER / f"{name}.json").read_text("utf-8")))
        assert sent.keys() == validator.schema["properties"].keys()
        for value in (sent, json.loads(json.dumps(printed[name]))):
            validator.validate(value)
            with pytest.raises(ValidationError):
                validator.validate({k: v for k, v in value.items() if k != "confidence"})


@pytest.mark.parametrize(
    ("method", "path", "status", "problem"),
    [
        ("GET", "/v1/ask", 405, "GET is not for this; use POST"),
        ("DELETE", "/v1/sources", 405, "DELETE is not for this; use GET"),
        ("POST", "/v1/nothing", 404, "there is nothing here; see /openapi.json"),
    ],
)
def test_what_is_no_route_is_one_line_too(
    client: httpx.Client, method: str, path: str, status: int, problem: str
) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, answer.json()) == (status, {"error": problem})
    if status == 405:
        assert answer.headers["allow"] == problem.rsplit(" ", 1)[1]
