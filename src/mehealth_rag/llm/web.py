"""HTTP to a model's server and nowhere else: no redirects, no endless replies, no stray keys."""

from __future__ import annotations

import ipaddress
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import urlsplit

import httpx

from mehealth_rag.errors import LanguageModelError, LanguageModelFailure
from mehealth_rag.llm.limits import MAX_BYTES, Limits


def is_local(url: str) -> bool:
    """Whether an address is on this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def client_options(url: str, limits: Limits) -> dict[str, Any]:
    """Options of an httpx client: what is on this machine is never asked by way of a proxy."""
    return {
        "timeout": httpx.Timeout(limits.total, connect=limits.connect),
        "follow_redirects": False,
        "trust_env": not is_local(url),
        "verify": url.startswith("https:"),  # reading all certificates for plain HTTP costs 20 ms
    }


def async_options(
    url: str, limits: Limits, on_response: Callable[[httpx.Response], None]
) -> dict[str, Any]:
    """The same for an asynchronous client that shows each response's head to a callback."""

    async def seen(response: httpx.Response) -> None:
        on_response(response)
        response.stream = _Bounded(response.stream)  # type: ignore[arg-type] # it is asynchronous

    return client_options(url, limits) | {"event_hooks": {"response": [seen]}}


class _Bounded(httpx.AsyncByteStream):
    """A reply's bytes, of which no more than `MAX_BYTES` are taken."""

    def __init__(self, stream: httpx.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        taken = 0
        async for part in self._stream:
            taken += len(part)
            if taken > MAX_BYTES:
                raise LanguageModelError(
                    f"the language model's server sends more than {MAX_BYTES:,} bytes",
                    LanguageModelFailure.GARBAGE,
                    retryable=False,
                )
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()
