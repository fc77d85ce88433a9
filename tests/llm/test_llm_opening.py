"""Which model the settings mean, what its server tells, and that a key stays secret."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from llm_helpers import ASK, KEY, opened, says, serving, settings

from mehealth_rag.errors import LanguageModelError, LanguageModelFailure, UsageError
from mehealth_rag.llm.language_model import is_configured, open_model
from mehealth_rag.settings import Settings

TEXT = "It is 42 metres tall."


def test_no_model_is_configured_by_default() -> None:
    assert not is_configured(Settings())
    with pytest.raises(UsageError, match="set MEHEALTH_LLM_BASE_URL to a server's address"):
        open_model(Settings())


def test_two_models_at_once_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="both set; unset one"):
        open_model(Settings(llm_base_url="http://127.0.0.1:1", llm_gguf=tmp_path))


def test_a_key_is_shown_nowhere() -> None:
    made = settings("http://127.0.0.1:1/v1")
    assert is_configured(made)
    for shown in (repr(made), str(made), str(made.model_dump()), made.model_dump_json()):
        assert KEY not in shown


@pytest.mark.parametrize("wrong", [{"MEHEALTH_LLM_BASE_URL": f"http://user:{KEY}@host/v1"}, {}])
def test_a_wrong_setting_does_not_show_the_key(tmp_path: Path, wrong: dict[str, str]) -> None:
    if not wrong:
        (tmp_path / "mehealth.toml").write_text(f'llm_api_key = ["{KEY}"]')
    with pytest.raises(UsageError) as caught:
        Settings.load(environ=wrong, folder=tmp_path)
    assert KEY not in str(caught.value)
    assert "not shown" in str(caught.value)


def test_a_key_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{KEY}\nsecond line\n")
    with serving(says(TEXT)) as server:
        model = opened(server.url, llm_api_key=None, llm_api_key_file=file)
        assert "".join(model.stream(ASK, 40)) == TEXT
        assert server.headers[0]["Authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "No such file"), ("\n", "holds no key"), ("two words", "cannot be a key")],
)
def test_a_wrong_key_file_is_one_line(tmp_path: Path, content: str | None, message: str) -> None:
    file = tmp_path / "key"
    if content is not None:
        file.write_text(content)
    with pytest.raises(UsageError, match=message) as caught:
        opened("http://127.0.0.1:1", llm_api_key=None, llm_api_key_file=file)
    assert str(file) in str(caught.value)
    assert "two words" not in str(caught.value)


def test_a_key_of_another_service_is_not_sent_along(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-another-service")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://192.0.2.1/v1")
    monkeypatch.setenv("OPENAI_ORG_ID", "another-service")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "another-service")
    monkeypatch.setenv(
        "OPENAI_CUSTOM_HEADERS", "X-Key: another-service\nAuthorization: another-service"
    )
    with serving(says(TEXT)) as server:
        model = opened(server.url, llm_api_key=None)
        assert "".join(model.stream(ASK, 40)) == TEXT
        sent = json.dumps(server.headers).lower()
        assert "another-service" not in sent
        assert "stainless" not in sent  # nor what machine this is


def test_a_model_on_this_machine_is_not_asked_through_a_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://192.0.2.1:3128")
    with serving(says(TEXT)) as server:
        assert "".join(opened(server.url).stream(ASK, 40)) == TEXT


@pytest.mark.parametrize("path", ["", "/", "/v1", "/v1/"])
def test_the_address_may_leave_out_the_version(path: str) -> None:
    with serving(says(TEXT)) as server:
        assert "".join(opened(server.url.removesuffix("/v1") + path).stream(ASK, 40)) == TEXT


def test_the_only_model_of_a_server_need_not_be_named() -> None:
    with serving(says(TEXT)) as server:
        model = opened(server.url, llm_model=None)
        list(model.stream(ASK, 40))
        assert server.requests[0]["model"] == "tester"
        server.pages["/v1/models"] = {"data": [{"id": "one"}, {"id": "two"}]}
        with pytest.raises(LanguageModelError, match="there are: one, two") as caught:
            opened(server.url, llm_model=None).stream(ASK, 40)
        assert caught.value.kind is LanguageModelFailure.UNKNOWN_MODEL


@pytest.mark.parametrize(
    ("pages", "context"),
    [
        ({}, 4_096),
        ({"/props": {"default_generation_settings": {"n_ctx": 3_000}}}, 3_000),
        ({"/v1/models": {"data": [{"id": "tester", "max_model_len": 8_000}]}}, 8_000),
        ({"/v1/models": {"data": [{"id": "tester", "context_length": 9_000}]}}, 9_000),
        ({"/v1/models": {"data": [{"id": "tester", "meta": {"n_ctx": 5_000}}]}}, 5_000),
        ({"/v1/models": {"data": "nonsense"}, "/props": {"default_generation_settings": 5}}, 4_096),
    ],
)
def test_the_context_is_what_the_server_tells(pages: dict[str, Any], context: int) -> None:
    with serving(says(TEXT)) as server:
        server.pages |= pages
        assert opened(server.url).context_tokens == context
        assert opened(server.url, llm_context=1_111).context_tokens == 1_111


def test_tokens_are_counted_by_the_server_that_can() -> None:
    with serving(says(TEXT)) as server:
        server.pages["/props"] = {"default_generation_settings": {"n_ctx": 3_000}}
        server.pages["/tokenize"] = lambda body: {"tokens": list(body["content"])}
        assert opened(server.url).count("abcdefg") == 7
        server.pages["/tokenize"] = {"error": "no"}
        assert opened(server.url).count("abcdefg") == 4  # the estimate
        del server.pages["/props"]
        server.pages["/v1/models"] = {"data": [{"id": "tester", "max_model_len": 8_000}]}
        server.pages["/tokenize"] = lambda body: {"count": len(body["prompt"])}
        assert opened(server.url).count("abcdefg") == 7
