"""What went wrong with a model, told from whatever its connector raised.

The connectors' own exceptions are known by their status code and by what caused them, so that
nothing of them has to be imported here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import httpx

from mehealth_rag.errors import LanguageModelError, LanguageModelFailure

_OVERFLOW = re.compile(
    r"context[\s_-]?(?:length|size|window)|exceed_context|maximum context|too many tokens"
    r"|prompt is too long|input is too long",
    re.IGNORECASE,
)
_NO_MODEL = re.compile(
    r"model\b.{0,80}\b(?:not (?:found|exist)|does not exist|unknown|invalid)"
    r"|(?:unknown|invalid|no such) model",
    re.IGNORECASE | re.DOTALL,
)
_LONGEST = 160


@dataclass(frozen=True, slots=True)
class Place:
    """Which server and model an error is about; `secret` is the key, which no message may hold."""

    url: str
    model: str
    secret: str = ""

    def shown(self, text: str) -> str:
        """The first words of a server's message, the key taken out, on one line."""
        clean = text.replace(self.secret, "…") if self.secret else text
        line = " ".join(clean.split())
        return line if len(line) <= _LONGEST else line[:_LONGEST].rstrip() + "…"


def explain(error: BaseException, place: Place) -> LanguageModelError:
    """Any exception of a connector as the error that a user is told."""
    chain = _chain(error)
    for cause in chain:
        if isinstance(cause, LanguageModelError):
            return cause
    for cause in chain:
        status = getattr(cause, "status_code", None)
        if isinstance(status, int) and status > 0:
            return explain_status(status, _message(cause), place)
    for cause in chain:
        if isinstance(cause, (httpx.TransportError, OSError)):
            return _transport(cause, place)
    if type(error).__name__ in {"APIError", "ResponseError"}:  # an error inside a stream
        return explain_status(500, _message(error), place)
    return garbage(place)


def garbage(place: Place) -> LanguageModelError:
    """The reply is not what a model's server sends."""
    return LanguageModelError(
        f"the server at {place.url} sends what is not a language model's reply; "
        "check MEHEALTH_LLM_BASE_URL",
        LanguageModelFailure.GARBAGE,
        retryable=False,
    )


def cut_off(place: Place) -> LanguageModelError:
    """The connection ended before the model was done."""
    return LanguageModelError(
        f"the server at {place.url} broke off before the answer was complete",
        LanguageModelFailure.CUT_OFF,
        retryable=True,
    )


def too_long(max_tokens: int) -> LanguageModelError:
    """The answer reached the limit before it was complete."""
    return LanguageModelError(
        f"the answer was cut at {max_tokens} tokens; a higher MEHEALTH_LLM_MAX_TOKENS allows more",
        LanguageModelFailure.CUT_OFF,
        retryable=False,
    )


def empty(place: Place) -> LanguageModelError:
    """The model ended its answer without a word."""
    return LanguageModelError(
        f"the model {place.model!r} gave an empty answer",
        LanguageModelFailure.EMPTY,
        retryable=True,
    )


def slow(place: Place, what: str, seconds: float, setting: str) -> LanguageModelError:
    """A time limit has passed."""
    return LanguageModelError(
        f"the model at {place.url} took more than {seconds:g} s {what}; "
        f"a higher {setting} waits longer",
        LanguageModelFailure.SLOW,
        retryable=False,
    )


def explain_status(status: int, message: str, place: Place) -> LanguageModelError:
    """What an HTTP status with its message means."""
    kind, text, retryable = _by_status(status, message, place)
    return LanguageModelError(text, kind, retryable=retryable)


def _by_status(status: int, message: str, place: Place) -> tuple[LanguageModelFailure, str, bool]:
    said = f" ({place.shown(message)})" if message else ""
    if status in {401, 403}:
        text = f"the server at {place.url} does not accept the key; check MEHEALTH_LLM_API_KEY"
        return LanguageModelFailure.WRONG_KEY, text, False
    if _OVERFLOW.search(message):
        text = (
            f"the prompt is longer than the context of {place.model!r}{said}; run: mehealth doctor"
        )
        return LanguageModelFailure.OVERFLOW, text, False
    if status in {400, 404} and _NO_MODEL.search(message):
        text = f"the server at {place.url} has no model {place.model!r}; check MEHEALTH_LLM_MODEL"
        return LanguageModelFailure.UNKNOWN_MODEL, text, False
    if status == 404 or 300 <= status < 400:
        text = (
            f"{place.url} is not a model's address (status {status}); check MEHEALTH_LLM_BASE_URL"
        )
        return LanguageModelFailure.REFUSED, text, False
    if status in {429, 503, 529}:
        text = f"the server at {place.url} is busy (status {status})"
        return LanguageModelFailure.BUSY, text, True
    text = f"the server at {place.url} failed with status {status}{said}"
    return LanguageModelFailure.REFUSED, text, status >= 500


def _transport(cause: BaseException, place: Place) -> LanguageModelError:
    if isinstance(cause, (httpx.ConnectTimeout, httpx.PoolTimeout)):
        return _unreachable("does not answer", place, retryable=False)
    if isinstance(cause, httpx.TimeoutException):
        return LanguageModelError(
            f"the server at {place.url} went silent", LanguageModelFailure.SLOW, retryable=False
        )
    if isinstance(cause, (httpx.ConnectError, OSError)):
        return _unreachable("cannot be reached", place, retryable=True)
    return cut_off(place)


def _unreachable(what: str, place: Place, *, retryable: bool) -> LanguageModelError:
    return LanguageModelError(
        f"the language model's server at {place.url} {what}; is it running?",
        LanguageModelFailure.UNREACHABLE,
        retryable=retryable,
    )


def _chain(error: BaseException) -> list[BaseException]:
    """The error and what caused it, outermost first; a cause that was hidden on purpose too."""
    found: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in found:
        found.append(current)
        current = current.__cause__ or current.__context__
    return found


def _message(error: BaseException) -> str:
    body = getattr(error, "body", None)
    if isinstance(body, dict):
        return str(body.get("message") or body)
    return str(getattr(error, "message", "") or error)
