"""Chat completions for OpenAI clients, with one model."""

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
from mehealth_ui.limits import HISTORY_TURNS
from mehealth_ui.messages import Sent
from mehealth_ui.page.handlers import check_question
from mehealth_ui.people.callers import visitor
from mehealth_ui.service.routing import STREAMED, event, service_router, streamed

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
    """Return the routes over one desk."""
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
        linked = Linked(answer, base)
        message = {"role": "assistant", "content": linked.text, "annotations": linked.annotations}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        usage = {"prompt_tokens": answer.tokens.get("prompt", 0),
                 "completion_tokens": answer.tokens.get("written", 0),
                 "total_tokens": sum(answer.tokens.values())}  # fmt: skip
        return {**about, "object": "chat.completion", "choices": [choice], "usage": usage}

    return router


def _conversation(sent: ChatSent) -> tuple[str, list[Turn]]:
    """Return the user's last message, and the turns before it."""
    messages = [m for m in sent.messages if m.role in {"user", "assistant"} and m.text]
    if not messages or messages[-1].role != "user":
        raise UsageError("messages: the last one is not the user's; ask something")
    turns = [
        (question.text, answer.text)
        for question, answer in pairwise(messages)
        if (question.role, answer.role) == ("user", "assistant")
    ]
    return messages[-1].text, turns[-HISTORY_TURNS:]


def _chunks(about: dict[str, Any], parts: Iterable[Linked]) -> Iterator[str]:
    """Yield a growing answer as chunks of a chat completion."""

    def chunk(delta: dict[str, Any], reason: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return event({**about, "object": "chat.completion.chunk", "choices": [choice]})

    written = ""
    annotations: list[dict[str, Any]] = []
    for number, part in enumerate(parts):
        if number == 0:  # errors of the question are raised before the first chunk
            yield chunk({"role": "assistant", "content": ""})
        text, annotations = part.text, part.annotations
        if text.startswith(written) and len(text) > len(written):
            yield chunk({"content": text[len(written) :]})
            written = text
    yield chunk({"annotations": annotations}, "stop")
    yield "data: [DONE]\n\n"


@dataclass(frozen=True, slots=True)
class Linked:
    """An answer whose citation numbers are links to pages, on this service at `base` if need be."""

    answer: Answer
    base: str

    @property
    def text(self) -> str:
        """The text with its links."""
        marks = {c.number: self._mark(c) for c in self.answer.citations}
        return _NUMBER.sub(lambda m: marks.get(int(m[1]), m[0]), self.answer.answer)

    @property
    def annotations(self) -> list[dict[str, Any]]:
        """The citations, each with its first place in the text."""
        text = self.text
        annotations = []
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
            annotations.append({"type": "url_citation", "url_citation": cited})
        return annotations

    def _mark(self, citation: Citation) -> str:
        return f"[[{citation.number}]]({self._address(citation)})"

    def _address(self, citation: Citation) -> str:
        own = f"{self.base}document/{quote(citation.document)}#page={citation.page}"
        return citation.url or own
