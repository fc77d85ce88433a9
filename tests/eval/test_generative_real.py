"""A real and bad model on a sample of the development questions: worse words, no worse truth.

The whole development half is asked by `make eval ENGINE=generative`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mehealth_eval.answers import reply_of
from mehealth_eval.figures import unsupported_in
from mehealth_eval.judge import judge
from mehealth_eval.sets import OWN_SET, Item, load_set, with_document
from mehealth_rag.assistant import Assistant
from mehealth_rag.llm.file_model import FileModel
from mehealth_rag.serialise import answer_json
from mehealth_rag.types import Answer
from tests.made_corpus import opened

CORPUS = Path(__file__).parents[2] / "corpus"
EVERY, TOKENS = 40, 48


def sample() -> list[Item]:
    items = [i for i in load_set(OWN_SET).items if i.group == "dev" and i.answerable]
    return list(with_document(items[::EVERY], "prospectus"))


@pytest.fixture(scope="module")
def assistant(
    tmp_path_factory: pytest.TempPathFactory, real_model: FileModel
) -> Iterator[Assistant]:
    with opened(CORPUS, tmp_path_factory.mktemp("generative")) as found:
        yield replace(found, model=real_model, answer_tokens=TOKENS)


def right(item: Item, answer: Answer, assistant: Assistant) -> bool:
    reply = reply_of({"id": item.id, **answer_json(answer)})
    return judge(item, reply, lambda d, n: assistant.page(d, n).text).right


@pytest.mark.slow
def test_shown_sentences_are_supported_and_answers_no_worse(assistant: Assistant) -> None:
    plain = replace(assistant, model=None)
    items = sample()
    answers = [assistant.ask(item.question, item.history) for item in items]
    assert any(a.tokens for a in answers)
    for item, answer in zip(items, answers, strict=True):
        reply = reply_of({"id": item.id, **answer_json(answer)})
        if answer.engine == "generative":
            assert not any(unsupported_in(reply)), answer
        assert answer.engine == "generative" or answer.notice or not answer.tokens
    good = sum(right(i, a, assistant) for i, a in zip(items, answers, strict=True))
    best = sum(right(i, plain.ask(i.question, i.history), assistant) for i in items)
    assert len(items) >= 4
    assert good >= best
