"""`mehealth doctor`: check that what is configured exists and works.

Checks are read-only: they build, fetch and change nothing. The only connection is to the language
model, and only if the settings name one.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from rich.table import Table

from mehealth_rag.cli.context import Common, console, note, print_json
from mehealth_rag.errors import LanguageModelError, LanguageModelFailure, MehealthError
from mehealth_rag.generating.writing import Pace, Pen
from mehealth_rag.llm.language_model import LanguageModel, Message, is_configured, open_model
from mehealth_rag.llm.prompts import MESSAGE_OVERHEAD
from mehealth_rag.settings import Settings

if TYPE_CHECKING:
    from mehealth_rag.llm.server_model import ServerFacts, ServerModel

TYPICAL_PROMPT, TYPICAL_ANSWER = 1_500, 120
"""Tokens of prompt and answer in the speed check, typical of a real question."""

_FILLER = "The boat came in with the tide. "
_FILLER_TOKENS = 8
"""Filler for a long prompt and its token count; common tokenizers use one token per word of it."""

_READ_WHOLE = 0.9
"""Minimum share of a prompt's tokens that the server must report for it to count as read whole;
below 1 because the count of filler tokens is an estimate."""


class State(StrEnum):
    """The result of a check; `OFF` means optional and not configured."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check, with a remedy if something is wrong."""

    name: str
    state: State
    found: str
    remedy: str = ""


def run(common: Common) -> int:
    """Print all checks; return exit code 1 if one failed."""
    note("looking at the models and the index")
    looks = {"embedding model": _embedding_model, "reader": _reader, "index": _index}
    checks = [_look(name, look, common.settings) for name, look in looks.items()]
    checks += language_model_checks(common.settings)
    healthy = all(check.state is not State.FAILED for check in checks)
    if common.json:
        rows = [asdict(check) for check in checks]
        print_json({"schema": 1, "healthy": healthy, "checks": rows})
    else:
        table = Table("what", "state", "found", "what to do")
        for check in checks:
            table.add_row(check.name, str(check.state), check.found, check.remedy)
        console().print(table)
    return 0 if healthy else 1


def _look(name: str, look: Callable[[Settings], tuple[str, str]], settings: Settings) -> Check:
    """Run one check; `look` returns its finding and a remedy, empty if all is well."""
    try:
        finding, remedy = look(settings)
    except MehealthError as error:
        return _failed(name, error)
    return Check(name, State.WARNING if remedy else State.OK, finding, remedy)


def _failed(name: str, error: MehealthError) -> Check:
    return Check(name, State.FAILED, " ".join(str(error).split()))


def _embedding_model(settings: Settings) -> tuple[str, str]:
    from mehealth_rag.encoder.models import is_packaged, model_id
    from mehealth_rag.offline import is_hub_name
    from mehealth_rag.wiring import open_encoder

    setting = settings.embedding_model
    if is_packaged(setting):
        open_encoder(setting)  # verifies the weights against the hash in their model card
        return f"{model_id(setting)}, its hash is the known one", ""
    if is_hub_name(setting):
        return f"{setting}, from the hub (not looked for here)", ""
    return model_id(setting), ""


def _reader(settings: Settings) -> tuple[str, str]:
    from mehealth_rag.wiring import open_reader

    return f"{open_reader(settings).name}, loads", ""  # opening it verifies the hash of its weights


def _index(settings: Settings) -> tuple[str, str]:
    from mehealth_rag.corpus import load_sources
    from mehealth_rag.index.folder import check_seal
    from mehealth_rag.wiring import changed_sources, has_index, open_index

    if not has_index(settings):
        return f"there is none of {settings.corpus} yet", "run: mehealth ingest"
    index, _ = open_index(settings)
    try:
        check_seal(index.generation, index.manifest["files"], thoroughly=True)
        documents = index.documents()
        passages = sum(d.passages for d in documents)
        finding = f"{settings.index}: {len(documents)} documents, {passages} passages"
        known = load_sources(settings.corpus) if settings.corpus.is_dir() else ()
        changed = changed_sources(index, known) if known else ()
    finally:
        index.close()
    if changed:
        return f"{finding}; the corpus has changed", "run: mehealth ingest"
    return finding, ""


def language_model_checks(settings: Settings) -> Iterator[Check]:
    """Yield the checks of the language model, up to the first one that fails to get an answer."""
    if not is_configured(settings):
        if settings.engine == "generative":
            remedy = "set MEHEALTH_LLM_BASE_URL or MEHEALTH_LLM_GGUF"
            finding = "the engine is generative, but no model is configured"
            yield Check("language model", State.FAILED, finding, remedy)
        else:
            yield Check("language model", State.OFF, "none is configured; answers are extractive")
        return
    key = "none" if settings.llm_api_key is None else "set"
    if settings.llm_api_key_file is not None:
        key = f"in {settings.llm_api_key_file}"
    model_name = settings.llm_gguf or settings.llm_base_url
    finding = f"{settings.engine}; language model: {model_name}; key: {key}"
    yield Check("engine", State.OK, finding)
    try:
        note("asking the language model's server about itself")
        model = open_model(settings)
        yield _named(model.facts())
        note("having it read and write as much as for an answer")
        pace = Pace.of(settings)
        yield _speed(Pen(model, TYPICAL_ANSWER, pace))
        note("having it read the longest prompt that it may be sent")
        yield _context(model, settings, Pen(model, settings.llm_max_tokens, pace).prompt_tokens)
    except MehealthError as error:
        yield _failed("language model", error)


def _named(facts: ServerFacts) -> Check:
    name = facts.endpoint.model
    text = f"{name} at {facts.endpoint.url}"
    if facts.models and not {name, f"{name}:latest"} & set(facts.models):  # Ollama adds ":latest"
        remedy = f"check MEHEALTH_LLM_MODEL; the server lists: {', '.join(facts.models[:8])}"
        text += ", which the server does not list"
        return Check("language model", State.WARNING, text, remedy)
    return Check("language model", State.OK, text)


def _speed(pen: Pen) -> Check:
    """Check that an answer of typical length arrives within the time limits.

    Raises LanguageModelError if the model does not answer.
    """
    tokens = min(TYPICAL_PROMPT, pen.model.context_tokens - TYPICAL_ANSWER)
    prompt = _prompt(pen.model, tokens)
    first_words, started = 0.0, time.monotonic()
    try:
        for _ in pen.pieces(prompt):
            first_words = first_words or time.monotonic() - started
    except LanguageModelError as error:
        if error.kind is LanguageModelFailure.SLOW:
            remedy = "take a smaller model, a faster machine, or a higher limit"
            return Check("speed", State.WARNING, str(error), remedy)
        if not first_words:  # otherwise it was cut at the token limit, as intended
            raise
    total = time.monotonic() - started
    text = f"{TYPICAL_ANSWER} tokens to a prompt of {tokens} took {total:.1f} s"
    return Check("speed", State.OK, f"{text}, the first words {first_words:.1f} s")


def _context(model: ServerModel, settings: Settings, longest: int) -> Check:
    """Check that the server reads a prompt of `longest` tokens whole.

    `longest` is the largest prompt that we send, given the model's reading speed. Some servers
    truncate prompts silently, so that the model never sees the evidence. Raises LanguageModelError
    if the model does not answer.
    """
    reported = model.facts().context_from or "assumed, as the server does not tell"
    source = "MEHEALTH_LLM_CONTEXT" if settings.llm_context is not None else reported
    finding = f"{model.context_tokens} tokens ({source})"
    remedy = "set a smaller MEHEALTH_LLM_CONTEXT, or give the server a larger context"
    prompt = _prompt(model, longest)
    sent = prompt[0].content.count(_FILLER) * _FILLER_TOKENS
    try:
        read = model.usage(prompt, 8)
    except LanguageModelError as error:
        if error.kind not in {LanguageModelFailure.OVERFLOW, LanguageModelFailure.SLOW}:
            raise
        failure = "refused" if error.kind is LanguageModelFailure.OVERFLOW else "not read in time"
        finding += f", but a prompt of {sent} tokens is {failure}"
        return Check("context", State.FAILED, finding, remedy)
    if read is None:
        finding += "; whether it is read whole is not known: the server counts no tokens"
        return Check("context", State.WARNING, finding)
    if read < _READ_WHOLE * sent:
        finding += f", but of a prompt of {sent} tokens it read {read}: it cuts silently"
        return Check("context", State.FAILED, finding, remedy)
    return Check("context", State.OK, f"{finding}; a prompt of {read} tokens was read whole")


def _prompt(model: LanguageModel, tokens: int) -> list[Message]:
    """Build a prompt of at most `tokens` tokens.

    It starts with a random word, so that the server cannot reuse a cached prompt prefix.
    """
    begin, end = f"Prompt {secrets.token_hex(4)}. ", "Count from one to fifty in words."
    room = tokens - model.count(begin + end) - MESSAGE_OVERHEAD
    filler = _FILLER * max(room // model.count(_FILLER), 1)
    return [Message("user", f"{begin}{filler}{end}")]
