"""The endpoint that clients of OpenAI's can talk to: chat completions, with the one model."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from pydantic import Field

from mehealth_rag.errors import UsageError
from mehealth_rag.types import Answer, Citation
from mehealth_ui.desk import Desk
from mehealth_ui.events import event, streamed
from mehealth_ui.limits import HISTORY_TURNS
from mehealth_ui.page.handlers import check_question
from mehealth_ui.service.routers import STREAMED, service_router
from mehealth_ui.visitors import visitor
from mehealth_ui.wire import Sent

if TYPE_CHECKING:
    from mehealth_rag.types import Turn

MODEL = "mehealth"
_NUMBER = re.compile(r"\[(\d+)\](?!\()")


class Message(Sent):
    """One message of a chat, as OpenAI's protocol has it; its content may come in parts."""

    role: str
    content: str | list[dict[str, Any]] | None = None

    @property
    def text(self) -> str:
        """Its text."""
        if isinstance(self.content, list):
            return " ".join(str(p["text"]) for p in self.content if p.get("type") == "text")
        return self.content or ""


class ChatSent(Sent):
    """A chat: the last message of the user is the question. What else is sent is ignored."""

    messages: list[Message] = Field(min_length=1)
    model: str = MODEL
    stream: bool = False


def chat(desk: Desk) -> APIRouter:
    """The routes over one desk."""
    router = service_router("/v1", "OpenAI-compatible")

    @router.get("/models")
    def models() -> dict[str, Any]:
        """The one model that there is."""
        return {"object": "list", "data": [{"id": MODEL, "object": "model", "created": 0,
                                            "owned_by": MODEL}]}  # fmt: skip

    @router.post("/chat/completions", responses=STREAMED)
    def completions(sent: ChatSent, request: Request) -> Any:  # noqa: ANN401 - JSON or a stream
        """An answer as a chat completion, its citations as Markdown links and annotations."""
        desk.gate.admit(*visitor(request))
        question, history = _conversation(sent)
        check_question(desk, question)
        growing = desk.edition.assistant.stream(question, history)
        base = str(request.base_url)
        about = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": MODEL}
        if sent.stream:
            return streamed(_chunks(about, (Linked(part, base) for part in growing)))
        *_, answer = growing
        told = Linked(answer, base)
        message = {"role": "assistant", "content": told.text, "annotations": told.annotations}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        usage = {"prompt_tokens": answer.tokens.get("prompt", 0),
                 "completion_tokens": answer.tokens.get("written", 0),
                 "total_tokens": sum(answer.tokens.values())}  # fmt: skip
        return {**about, "object": "chat.completion", "choices": [choice], "usage": usage}

    return router


def _conversation(sent: ChatSent) -> tuple[str, list[Turn]]:
    """The last message of the user, and the turns before it."""
    said = [m for m in sent.messages if m.role in {"user", "assistant"} and m.text]
    if not said or said[-1].role != "user":
        raise UsageError("messages: the last one is not the user's; ask something")
    turns = [
        (asked.text, answered.text)
        for asked, answered in pairwise(said)
        if (asked.role, answered.role) == ("user", "assistant")
    ]
    return said[-1].text, turns[-HISTORY_TURNS:]


def _chunks(about: dict[str, Any], parts: Iterable[Linked]) -> Iterator[str]:
    """A growing answer as the chunks of a chat completion."""

    def chunk(delta: dict[str, Any], reason: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return event({**about, "object": "chat.completion.chunk", "choices": [choice]})

    shown = ""
    notes: list[dict[str, Any]] = []
    for number, part in enumerate(parts):
        if number == 0:  # what is wrong with the question is told before the first chunk
            yield chunk({"role": "assistant", "content": ""})
        text, notes = part.text, part.annotations
        if text.startswith(shown) and len(text) > len(shown):
            yield chunk({"content": text[len(shown) :]})
            shown = text
    yield chunk({"annotations": notes}, "stop")
    yield "data: [DONE]\n\n"


@dataclass(frozen=True, slots=True)
class Linked:
    """An answer's text, the numbers of its citations as links to their pages.

    A document without an address of its own is linked where this service, at `base`, shows it.
    """

    answer: Answer
    base: str

    @property
    def text(self) -> str:
        """The text with its links."""
        marks = {c.number: self._mark(c) for c in self.answer.citations}
        return _NUMBER.sub(lambda m: marks.get(int(m[1]), m[0]), self.answer.answer)

    @property
    def annotations(self) -> list[dict[str, Any]]:
        """The citations, each with the place in the text that names it first."""
        text = self.text
        found = []
        for citation in self.answer.citations:
            mark = self._mark(citation)
            start = text.find(mark)
            cited = {
                "title": f"{citation.title}, p. {citation.page_label}",
                "url": self._address(citation),
                "quote": citation.quote,
                "start_index": max(start, 0),
                "end_index": start + len(mark) if start >= 0 else 0,
            }
            found.append({"type": "url_citation", "url_citation": cited})
        return found

    def _mark(self, citation: Citation) -> str:
        return f"[[{citation.number}]]({self._address(citation)})"

    def _address(self, citation: Citation) -> str:
        own = f"{self.base}document/{quote(citation.document)}#page={citation.page}"
        return citation.url or own
