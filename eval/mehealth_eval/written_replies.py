"""Scores what is shown of a language model's replies: a good model's and a liar's, both scripted.

The good model gives a question's written answer, or says that nothing answers. The liar gives a
twin's lie to the twin's question. Both are asked over a server that speaks OpenAI's protocol.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np

from mehealth_eval.written_data import (
    Twin,
    WrittenQuestion,
    letters,
    load_documents,
    sampled,
)
from mehealth_eval.written_run import LocatedDocument, as_files, indexed
from mehealth_eval.written_scores import Answered, by_kind, share
from mehealth_rag.generating.answer import ENGINE
from mehealth_rag.generating.units import Splitter
from mehealth_rag.growing import Progress
from mehealth_rag.llm.prompts import NOT_THERE
from mehealth_rag.settings import Settings
from mehealth_rag.types import Answer, Status

NAME = "written"
CONTEXT = 16_384
"""Context length that the model reports, in tokens: few served models have less."""

_FOLLOW_UP = "Follow-up question:"


class WrittenModel(ThreadingHTTPServer):
    """A scripted language model on a free port of this machine.

    It returns `reply` to any prompt, but repeats a follow-up that it is asked to rewrite. `prompt`
    is that of the last reply; None if the model was not asked.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/v1"
        self.reply = ""
        self.prompt: str | None = None

    def reply_to(self, prompt: str) -> str:
        """The reply to a prompt."""
        last = prompt.rsplit("\n", 1)[-1]
        if last.startswith(_FOLLOW_UP):
            return last.removeprefix(_FOLLOW_UP).strip()
        self.prompt = prompt
        return self.reply


@contextmanager
def serving() -> Iterator[WrittenModel]:
    """Run the model."""
    with WrittenModel() as model:
        thread = threading.Thread(target=model.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield model
        finally:
            model.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: WrittenModel

    def log_message(self, *_: object) -> None:
        """Log nothing: standard error shows progress."""

    def do_GET(self) -> None:
        """Send the list of models; 404 for any other path."""
        models = {"data": [{"id": NAME, "object": "model", "context_length": CONTEXT}]}
        self._send(200 if self.path == "/v1/models" else 404, "application/json", models)

    def do_POST(self) -> None:
        """Stream the reply word by word."""
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path != "/v1/chat/completions":
            self._send(404, "application/json", {"error": "no such page"})
            return
        text = self.server.reply_to("\n".join(m["content"] for m in body["messages"]))
        self._begin(200, "text/event-stream")
        for word in text.split(" "):
            self._event({"content": f"{word} "}, None)
        self._event({}, "stop")
        self.wfile.write(b"data: [DONE]\n\n")

    def _event(self, delta: dict[str, Any], finish: str | None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        kind = "chat.completion.chunk"
        event = {"id": "1", "created": 1, "model": NAME, "object": kind, "choices": [choice]}
        self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())

    def _send(self, status: int, kind: str, value: object) -> None:
        self._begin(status, kind)
        self.wfile.write(json.dumps(value).encode())

    def _begin(self, status: int, kind: str) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.end_headers()


@dataclass(frozen=True, slots=True)
class GoodReply:
    """The outcome of a right reply.

    `asked`: the model was asked at all. `evidence_sent`: its prompt held every sentence of a
    complete answer. `sentences`: whether each sentence of the reply was shown; empty if nothing
    answers. `right`: the answer shown is right.
    """

    question: WrittenQuestion
    asked: bool
    evidence_sent: bool
    sentences: tuple[bool, ...]
    right: bool
    first_words: float | None

    @property
    def whole(self) -> bool:
        """True if the whole reply is shown."""
        return bool(self.sentences) and all(self.sentences)


@dataclass(frozen=True, slots=True)
class ReplyFigures:
    """Shares of 1; times in milliseconds, None if no words came.

    `right_as_written`: a good model was sent what the right reply needs, or nothing answers.
    `shown_whole`, `true_sentences_shown` and `silences_kept` are of a good model's replies. A lie
    counts as shown if a sentence of it is shown that the true half lacks.
    """

    documents: int
    questions: int
    answerable: int
    lies: int
    asked: float
    right_as_written: Mapping[str, float]
    right_as_shown: Mapping[str, float]
    shown_whole: Mapping[str, float]
    true_sentences_shown: float
    silences_kept: Mapping[str, float]
    lies_shown: Mapping[str, float]
    first_words_ms: Mapping[str, float | None]


def evaluate_replies(
    folder: Path, settings: Settings, progress: Progress, sample: int | None = None
) -> ReplyFigures:
    """Ask about the written documents of a folder, each on its own.

    `sample` limits the questions, and the twins. Raises QuestionFileError if the folder holds no
    documents, or a line is invalid.
    """
    documents = sampled(load_documents(folder), sample)
    good: list[GoodReply] = []
    lies: list[tuple[str, bool]] = []
    with serving() as model:
        chosen = {"engine": "generative", "llm_base_url": model.url, "llm_model": NAME}
        unset = {"llm_gguf": None, "llm_api_key": None, "llm_api_key_file": None}
        with indexed(as_files(documents), settings.model_copy(update=chosen | unset)) as assistant:
            progress.stage("asking", sum(len(d.questions) + len(d.twins) for d in documents))
            for document in documents:
                desk = _Desk(LocatedDocument.of(assistant, document), model)
                for question in document.questions:
                    good.append(desk.good(question))
                    progress.advance()
                for twin in document.twins:
                    lies.append((twin.how, desk.is_shown(twin)))
                    progress.advance()
    return _figures(len(documents), good, lies)


@dataclass(frozen=True)
class _Desk:
    """Asks questions about one document, and hands the model its replies."""

    located: LocatedDocument
    model: WrittenModel

    def good(self, question: WrittenQuestion) -> GoodReply:
        """Ask a question, with its right reply from the model, and score what is shown."""
        reply = question.answer if question.gold else NOT_THERE
        answer = self._ask(question.question, question.history, reply)
        sentences = _shown(_sentences(reply), answer) if question.gold else ()
        prompt = letters(self.model.prompt or "")
        parts = self.located.document.sentences
        sent = any(all(letters(parts[i].text) in prompt for i in ids) for ids in question.complete)
        quoted = Answered(question, self.located.quoted(answer)).right
        declined = answer.status is Status.NOT_FOUND
        right = (bool(sentences) and all(sentences)) or quoted if question.gold else declined
        first_words = answer.timings_ms.get("first_words")
        asked = self.model.prompt is not None
        return GoodReply(question, asked, sent, sentences, right, first_words)

    def is_shown(self, twin: Twin) -> bool:
        """Return whether a sentence of the lie is shown that the true half lacks."""
        sentences = _sentences(twin.lie)
        untrue = [s for s in sentences if s not in _sentences(twin.true)] or sentences
        return any(_shown(untrue, self._ask(twin.question, (), twin.lie)))

    def _ask(self, question: str, history: Sequence[tuple[str, str]], reply: str) -> Answer:
        self.model.reply, self.model.prompt = reply, None
        return self.located.assistant.ask(question, history, [self.located.document.name])


def _sentences(reply: str) -> list[str]:
    splitter = Splitter()
    return [unit.shown for unit in (*splitter.feed(reply), *splitter.finish())]


def _shown(sentences: Sequence[str], answer: Answer) -> tuple[bool, ...]:
    """For each sentence that the model wrote, whether it is shown as the model's own."""
    dropped = " ".join(d.text for d in answer.dropped)
    shown = letters(" ".join(s.text for s in answer.statements))
    spoken = answer.engine == ENGINE
    return tuple(spoken and letters(s) in shown and s not in dropped for s in sentences)


def _figures(
    documents: int, good: Sequence[GoodReply], lies: Sequence[tuple[str, bool]]
) -> ReplyFigures:
    answerable = [g for g in good if g.question.gold]
    silences = [g for g in good if not g.question.gold]
    times = [g.first_words for g in good if g.first_words is not None]
    return ReplyFigures(
        documents=documents,
        questions=len(good),
        answerable=len(answerable),
        lies=len(lies),
        asked=share(g.asked for g in good),
        right_as_written=by_kind(
            (g.question.kind, g.evidence_sent or not g.question.gold) for g in good
        ),
        right_as_shown=by_kind((g.question.kind, g.right) for g in good),
        shown_whole=by_kind((g.question.kind, g.whole) for g in answerable),
        true_sentences_shown=share(s for g in answerable for s in g.sentences),
        silences_kept=by_kind((g.question.kind, g.right) for g in silences),
        lies_shown=by_kind(lies),
        first_words_ms={
            f"p{p}": round(float(np.percentile(times, p)), 1) if times else None for p in (50, 95)
        },
    )
