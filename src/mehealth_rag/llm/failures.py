"""What went wrong with a model, as one line for a user, from what the client raised."""

from __future__ import annotations

import re
from dataclasses import dataclass

import httpx
import openai

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
    """Which server and model are spoken to; `secret` is the key, which no message may hold."""

    url: str
    model: str
    secret: str = ""

    def shown(self, text: str) -> str:
        """The first words of a server's message, the key taken out, on one line."""
        clean = text.replace(self.secret, "…") if self.secret else text
        line = " ".join(clean.split())
        return line if len(line) <= _LONGEST else line[:_LONGEST].rstrip() + "…"


def explain(error: Exception, place: Place) -> LanguageModelError:
    """Any exception of the client as the error that a user is told."""
    if isinstance(error, LanguageModelError):
        return error
    kind, text = _told(error, place)
    told = LanguageModelError(text, kind)
    told.__cause__ = error
    return told


def _told(error: Exception, place: Place) -> tuple[LanguageModelFailure, str]:
    server = f"the language model's server at {place.url}"
    match error:
        case openai.APIStatusError():
            return _by_status(error.status_code, _message(error), place)
        case openai.APIError() if type(error) is openai.APIError:  # told inside a stream
            return _by_status(500, _message(error), place)
        case openai.APITimeoutError() if isinstance(error.__cause__, httpx.ConnectTimeout):
            kind, text = LanguageModelFailure.UNREACHABLE, "does not answer; is it running?"
        case openai.APITimeoutError() | httpx.TimeoutException():
            kind, text = LanguageModelFailure.SLOW, "went silent; mehealth doctor tells more"
        case openai.APIConnectionError() if not isinstance(error.__cause__, ValueError):
            kind, text = LanguageModelFailure.UNREACHABLE, "cannot be reached; is it running?"
        case httpx.TransportError():
            kind, text = LanguageModelFailure.CUT_OFF, "broke off before the answer was complete"
        case _:
            text = "sends what is not a model's reply; check MEHEALTH_LLM_BASE_URL"
            kind = LanguageModelFailure.GARBAGE
    return kind, f"{server} {text}"


def _by_status(status: int, message: str, place: Place) -> tuple[LanguageModelFailure, str]:
    said = f" ({place.shown(message)})" if message else ""
    server = f"the server at {place.url}"
    if status in {401, 403}:
        text = f"{server} does not accept the key; check MEHEALTH_LLM_API_KEY"
        return LanguageModelFailure.WRONG_KEY, text
    if _OVERFLOW.search(message):
        text = f"the prompt is longer than the context of {place.model!r}{said}"
        return LanguageModelFailure.OVERFLOW, f"{text}; run: mehealth doctor"
    if status in {400, 404} and _NO_MODEL.search(message):
        text = f"{server} has no model {place.model!r}; check MEHEALTH_LLM_MODEL"
        return LanguageModelFailure.UNKNOWN_MODEL, text
    if status == 404 or 300 <= status < 400:
        text = f"{place.url} is not a model's address (status {status})"
        return LanguageModelFailure.REFUSED, f"{text}; check MEHEALTH_LLM_BASE_URL"
    if status in {429, 503, 529}:
        text = f"{server} is busy (status {status}); try again later"
        return LanguageModelFailure.BUSY, text
    return LanguageModelFailure.REFUSED, f"{server} failed with status {status}{said}"


def _message(error: openai.APIError) -> str:
    body = error.body
    return str(body.get("message") or body) if isinstance(body, dict) else error.message
