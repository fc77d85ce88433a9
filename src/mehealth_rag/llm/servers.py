"""What a model's server tells about itself: its kind, models, context, and how it counts tokens."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import httpx

from mehealth_rag.errors import LanguageModelError, LanguageModelFailure
from mehealth_rag.llm import failures
from mehealth_rag.llm.failures import Place
from mehealth_rag.llm.limits import Limits
from mehealth_rag.llm.web import client_options

Provider = Literal["openai-like", "ollama"]

_ASKING = 5.0
"""Seconds for a question about the server itself."""

_COUNTING = Limits(connect=1.0, first_token=2.0, token=2.0, total=2.0)

_CONTEXT_KEYS = ("max_model_len", "context_length", "loaded_context_length", "context_window")
"""What vLLM, hosted routers and LM Studio call a model's context in their lists of models."""


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """A server as it describes itself.

    `url` is the address that requests go to. `context` is None where it does not tell;
    `context_from` says where it stood. `counts_at` is the address that counts tokens, if any.
    """

    provider: Provider
    url: str
    models: tuple[str, ...]
    context: int | None = None
    context_from: str = ""
    counts_at: str | None = None
    counts_key: str = "content"


def ask_server(
    place: Place, provider: Literal["auto", "openai-like", "ollama"], limits: Limits
) -> ServerFacts:
    """Ask a server what it is.

    Raises:
        LanguageModelError: it cannot be reached, refuses the key, or is no model's server.
    """
    options = client_options(place.url, limits) | {
        "timeout": httpx.Timeout(_ASKING, connect=limits.connect)
    }
    headers = {"authorization": f"Bearer {place.secret}"} if place.secret else {}
    try:
        with httpx.Client(headers=headers, **options) as client:
            return _ask(client, place, provider)
    except httpx.HTTPError as error:
        raise failures.explain(error, place) from error


def count_tokens(facts: ServerFacts, place: Place, text: str) -> int | None:
    """Have the server count a text's tokens; None where it cannot."""
    if facts.counts_at is None:
        return None
    headers = {"authorization": f"Bearer {place.secret}"} if place.secret else {}
    options = client_options(place.url, _COUNTING) | {"headers": headers}
    body = {facts.counts_key: text, "model": place.model}
    try:
        tokens = httpx.post(facts.counts_at, json=body, **options).json()
        return int(tokens["count"] if "count" in tokens else len(tokens["tokens"]))
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return None


def _ask(client: httpx.Client, place: Place, provider: str) -> ServerFacts:
    root = place.url.rstrip("/").removesuffix("/v1").rstrip("/")
    if provider != "openai-like" and "version" in _json(client, f"{root}/api/version"):
        return _ollama(client, root, place)
    if provider == "ollama":
        raise LanguageModelError(
            f"the server at {root} is not Ollama; check MEHEALTH_LLM_BASE_URL",
            LanguageModelFailure.REFUSED,
            retryable=False,
        )
    return _openai(client, root, place)


def _ollama(client: httpx.Client, root: str, place: Place) -> ServerFacts:
    models = tuple(str(m.get("name")) for m in _items(_json(client, f"{root}/api/tags"), "models"))
    facts = ServerFacts("ollama", root, models)
    name = place.model or (models[0] if len(models) == 1 else "")
    shown = _json(client, f"{root}/api/show", {"model": name}) if name else {}
    details = shown.get("model_info", {})
    sizes = [v for k, v in details.items() if k.endswith(".context_length")]
    if sizes and isinstance(sizes[0], int):
        return replace(facts, context=sizes[0], context_from="/api/show (what the model allows)")
    return facts


def _openai(client: httpx.Client, root: str, place: Place) -> ServerFacts:
    url, listed = _models(client, root, place)
    entries = _items(listed, "data")
    facts = ServerFacts("openai-like", url, tuple(str(e.get("id")) for e in entries))
    properties = _json(client, f"{root}/props")  # llama.cpp's own
    running = properties.get("default_generation_settings", {})
    if isinstance(running, dict) and isinstance(running.get("n_ctx"), int):
        counts = f"{root}/tokenize"
        return replace(facts, context=running["n_ctx"], context_from="/props", counts_at=counts)
    return _from_list(facts, entries, root, place)


def _from_list(
    facts: ServerFacts, entries: list[dict[str, Any]], root: str, place: Place
) -> ServerFacts:
    name = place.model or (facts.models[0] if len(facts.models) == 1 else "")
    entry = next((e for e in entries if e.get("id") == name), {})
    meta = entry.get("meta") or {}
    for key, value in (*((k, entry.get(k)) for k in _CONTEXT_KEYS), ("n_ctx", meta.get("n_ctx"))):
        if isinstance(value, int) and value > 0:
            told = replace(facts, context=value, context_from=f"/v1/models ({key})")
            if key == "max_model_len":  # vLLM
                return replace(told, counts_at=f"{root}/tokenize", counts_key="prompt")
            return told
    return facts


def _models(client: httpx.Client, root: str, place: Place) -> tuple[str, Mapping[str, Any]]:
    """The address that requests go to and the list of models there, both as given or with /v1."""
    given = place.url.rstrip("/")
    tried = [given] if given != root else [f"{root}/v1", root]
    for url in tried:
        reply = client.get(f"{url}/models")
        if reply.status_code in {401, 403, 429} or reply.status_code >= 500:
            raise failures.explain_status(reply.status_code, "", place)
        if reply.status_code == 200 and isinstance(found := _parsed(reply), dict):
            return url, found
    if reply.status_code == 200:
        raise failures.garbage(place)
    return given, {}  # some servers list no models; the request itself will tell


def _json(
    client: httpx.Client, url: str, body: Mapping[str, str] | None = None
) -> Mapping[str, Any]:
    reply = client.get(url) if body is None else client.post(url, json=body)
    found = _parsed(reply) if reply.status_code == 200 else None
    return found if isinstance(found, dict) else {}


def _parsed(reply: httpx.Response) -> object:
    try:
        return json.loads(reply.content)
    except ValueError:
        return None


def _items(found: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    items = found.get(key)
    return [i for i in items if isinstance(i, dict)] if isinstance(items, list) else []
