"""A real model under a real server, over HTTP: a bad one, which is what it is good for."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from mehealth_rag.errors import LanguageModelError, LanguageModelFailure, UsageError
from mehealth_rag.llm.file_model import FileModel
from mehealth_rag.llm.language_model import Message, open_model
from mehealth_rag.llm.prompts import EvidenceItem, PromptQuestion, TokenBudget, answer_messages
from mehealth_rag.llm.server_model import estimate_tokens
from mehealth_rag.settings import Settings

CORPUS = Path(__file__).resolve().parents[2] / "corpus"
ITEMS = (
    EvidenceItem(
        "Guide", "iv", "The lighthouse on the North Pier, 42 metres tall, was lit in 1871."
    ),
    EvidenceItem("Guide", "v", "The harbour has 12 ferries."),
)


def test_it_answers_from_the_evidence(real_model: FileModel) -> None:
    budget = TokenBudget(800, real_model.count)
    messages = answer_messages(PromptQuestion("How tall is the lighthouse?"), ITEMS, budget)
    text = "".join(real_model.stream(messages, 40))
    assert "42 metres" in text
    again = "".join(real_model.stream(messages, 40))
    assert again == text  # temperature 0 and a fixed seed


def test_its_server_tells_its_context_and_counts_its_tokens(real_model: FileModel) -> None:
    assert real_model.context_tokens == 1_024
    assert real_model.count("Hello world") == 2
    assert real_model.count("") == 0


def test_a_prompt_longer_than_its_context_is_an_overflow(real_model: FileModel) -> None:
    with pytest.raises(LanguageModelError) as caught:
        list(real_model.stream([Message("user", "ferry " * 1_500)], 8))
    assert caught.value.kind is LanguageModelFailure.OVERFLOW
    assert "1024" in str(caught.value)


def test_an_answer_is_cut_at_the_limit(real_model: FileModel) -> None:
    question = [Message("user", "Tell me a long story about a lighthouse.")]
    with pytest.raises(LanguageModelError, match="cut at 8 tokens") as caught:
        list(real_model.stream(question, 8))
    assert caught.value.kind is LanguageModelFailure.CUT_OFF


def test_stop_frees_the_model_at_once(real_model: FileModel) -> None:
    story = real_model.stream([Message("user", "Tell me a long story about a lighthouse.")], 600)
    assert next(story)
    story.close()
    started = time.monotonic()
    assert next(real_model.stream([Message("user", "Say yes.")], 30))
    assert time.monotonic() - started < 10  # not behind the six hundred tokens of the story


def test_a_wrong_key_is_told(real_model: FileModel) -> None:
    address = real_model.facts().endpoint.url
    wrong = Settings(llm_base_url=address, llm_model="x", llm_api_key="wrong")
    with pytest.raises(LanguageModelError) as caught:
        list(open_model(wrong).stream([Message("user", "Hi")], 4))
    assert caught.value.kind is LanguageModelFailure.WRONG_KEY


@pytest.mark.parametrize("name", ["prospectus.txt", "README.md"])
def test_the_estimate_is_never_below_the_models_own_count(real_model: FileModel, name: str) -> None:
    lines = [x for x in (CORPUS / name).read_text().splitlines() if x.strip()]
    for line in lines[::5]:
        assert real_model.count(line) <= estimate_tokens(line), line
    for text in (
        "£3bn in 2024/25",
        "Ωμέγα 漢字 🚑🚑",
        "a" * 300,
        "0.333 % – 1,234,567",
        "  \n\n\n ",
    ):
        assert real_model.count(text) <= estimate_tokens(text), text


def test_a_prompt_keeps_its_budget_by_the_models_own_count(real_model: FileModel) -> None:
    pages = re.split(r"\f|\n\n", (CORPUS / "prospectus.txt").read_text())
    items = [EvidenceItem("Prospectus", str(n), page) for n, page in enumerate(pages[:40], 1)]
    for tokens in (300, 700):
        messages = answer_messages(
            PromptQuestion("How many jobs?"), items, TokenBudget(tokens, real_model.count)
        )
        assert sum(real_model.count(m.content) for m in messages) <= tokens
        assert "[1] Prospectus, page 1:" in messages[-1].content


def test_the_server_ends_with_the_process_that_started_it(gguf: Path) -> None:
    work = """
        import os, signal, sys
        from pathlib import Path
        from mehealth_rag.llm.file_model import FileModel
        from mehealth_rag.settings import Settings
        model = FileModel(Path(sys.argv[1]), Settings(llm_context=512))
        model.facts()
        print(model._process.pid, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
        """
    command = [sys.executable, "-c", textwrap.dedent(work), str(gguf)]
    pid = int(subprocess.run(command, capture_output=True, check=False).stdout)
    until = time.monotonic() + 5
    while time.monotonic() < until and is_running(pid):
        time.sleep(0.05)
    assert not is_running(pid)


def is_running(pid: int) -> bool:
    """Whether a process is there and not just waiting to be reaped."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_a_server_that_was_killed_is_started_again(gguf: Path) -> None:
    model = FileModel(gguf, Settings(llm_gguf=gguf, llm_context=512))
    try:
        assert model.count("Hello world") == 2
        assert model._process is not None
        model._process.kill()
        model._process.wait()
        with_new_server = model.stream([Message("user", "Say yes.")], 2)
        with pytest.raises(LanguageModelError, match="cut at 2 tokens"):
            list(with_new_server)
    finally:
        model.close()


def test_a_damaged_model_file_is_one_line(tmp_path: Path, gguf: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(gguf.read_bytes()[:2_000_000])
    model = FileModel(broken, Settings(llm_gguf=broken))
    with pytest.raises(LanguageModelError, match="cannot be run") as caught:
        model.facts()
    assert str(broken) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert model._process is None


def test_what_is_no_model_file_is_refused_before_anything_starts(tmp_path: Path) -> None:
    text = tmp_path / "notes.gguf"
    text.write_text("not a model")
    with pytest.raises(UsageError, match="not a GGUF file; check MEHEALTH_LLM_GGUF"):
        open_model(Settings(llm_gguf=text))
    with pytest.raises(UsageError, match="No such file"):
        open_model(Settings(llm_gguf=tmp_path / "none.gguf"))
