"""`mehealth doctor`: what is configured, and whether it is there and will do.

Every check looks only; nothing is built, fetched or changed. The language model is the one thing
that is asked over a connection, and only where the settings name one. Its context is measured with
prompts of numbered lines: two short ones tell how many tokens a line has, so that the count which
the server reports for a long one can be foretold. A server that reads fewer cuts prompts silently,
and the model never sees the question's evidence.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from rich.table import Table

from mehealth_rag.cli.context import Common, console, note, print_json
from mehealth_rag.errors import LanguageModelError, LanguageModelFailure, MehealthError
from mehealth_rag.llm.model import Message, is_configured, open_model

if TYPE_CHECKING:
    from mehealth_rag.llm.server_model import ServerFacts, ServerModel
    from mehealth_rag.settings import Settings

_SCHEMA = 1
TYPICAL_PROMPT, TYPICAL_ANSWER = 1_500, 120
"""Tokens of the prompt and the answer by which a model's speed is judged."""

_SHORT, _LONGER = 4, 12
"""Lines of the two prompts from which a longer one is foretold."""

_AS_FORETOLD = 0.9
"""A prompt of which this share of the foretold tokens was read has been read whole."""

_SPARE = 64
"""Tokens of a context that are left for the answer's and the chat's own marks."""

_WRITTEN = 32
"""Tokens that are written to see how fast."""


class State(StrEnum):
    """How a check came out. `OFF` is something that is not configured and need not be."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: its state, what was found, and what to do where it fails."""

    name: str
    state: State
    found: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Speed:
    """Tokens a second: of a prompt as it is read, and of text as it is written."""

    reading: float
    writing: float


def run(common: Common, seconds: float) -> int:
    """Print all checks; the exit code is 1 where something has failed.

    The language model is measured for about `seconds`, 0 for not at all.
    """
    settings = common.settings
    note("looking at the models and the index")
    checks = [_embedding_model(settings), _reader(settings), _index(settings)]
    checks += look_over(settings, seconds)
    healthy = all(check.state is not State.FAILED for check in checks)
    if common.json:
        found = [asdict(check) for check in checks]
        print_json({"schema": _SCHEMA, "healthy": healthy, "checks": found})
    else:
        table = Table("what", "state", "found", "what to do")
        for check in checks:
            table.add_row(check.name, str(check.state), check.found, check.remedy)
        console().print(table)
    return 0 if healthy else 1


def _guarded(name: str, look: Callable[[], Check]) -> Check:
    """A check that fails with the one line that an error of ours says."""
    try:
        return look()
    except MehealthError as error:
        return Check(name, State.FAILED, " ".join(str(error).split()))


def _embedding_model(settings: Settings) -> Check:
    from mehealth_rag.encoder.model_files import is_packaged, model_id
    from mehealth_rag.offline import is_hub_name
    from mehealth_rag.wiring import open_encoder

    name = "embedding model"
    setting = settings.embedding_model
    if is_hub_name(setting) and not is_packaged(setting):
        return Check(name, State.OK, f"{setting}, from the hub (not looked for here)")

    def look() -> Check:
        if not is_packaged(setting):
            return Check(name, State.OK, model_id(setting))
        open_encoder(setting)  # checks the weights against their card
        return Check(name, State.OK, f"{model_id(setting)}, its hash is the known one")

    return _guarded(name, look)


def _reader(settings: Settings) -> Check:
    from mehealth_rag.wiring import open_reader

    name = "reader"

    def look() -> Check:
        reader = open_reader(settings)  # checks the weights against their card
        return Check(name, State.OK, f"{reader.name}, loads")

    return _guarded(name, look)


def _index(settings: Settings) -> Check:
    from mehealth_rag.corpus import load_sources
    from mehealth_rag.wiring import changed_sources, has_index, open_index

    def look() -> Check:
        if not has_index(settings):
            found = f"there is none of {settings.corpus} yet"
            return Check("index", State.WARNING, found, "run: mehealth ingest")
        index, _ = open_index(settings)
        try:
            documents = index.documents()
            passages = sum(d.passages for d in documents)
            found = f"{settings.index}: {len(documents)} documents, {passages} passages"
            known = load_sources(settings.corpus) if settings.corpus.is_dir() else ()
            changed = changed_sources(index, known) if known else ()
        finally:
            index.close()
        if changed:
            remedy = "run: mehealth ingest"
            return Check("index", State.WARNING, f"{found}; the corpus has changed", remedy)
        return Check("index", State.OK, found)

    return _guarded("index", look)


def look_over(settings: Settings, seconds: float) -> tuple[Check, ...]:
    """The checks of the language model; it is measured for about `seconds`, 0 for not at all."""
    if not is_configured(settings):
        return (_unconfigured(settings),)
    checks = [_configured(settings)]
    try:
        note("asking the language model's server about itself")
        server = open_model(settings)
        checks.append(_named(server.facts()))
        if seconds > 0:
            note("measuring the language model's speed")
            speed = _speed(server)
            checks.append(_fast_enough(speed, settings))
            note("sending it a prompt as long as its context")
            checks.append(_context(server, settings, int(seconds * speed.reading)))
    except MehealthError as error:
        checks.append(Check("language model", State.FAILED, " ".join(str(error).split())))
    return tuple(checks)


def _unconfigured(settings: Settings) -> Check:
    if settings.engine == "generative":
        remedy = "set MEHEALTH_LLM_BASE_URL or MEHEALTH_LLM_GGUF"
        found = "the engine is generative, but no model is configured"
        return Check("language model", State.FAILED, found, remedy)
    return Check("language model", State.OFF, "none is configured; answers are extractive")


def _configured(settings: Settings) -> Check:
    model = settings.llm_gguf or settings.llm_base_url
    key = "none" if settings.llm_api_key is None else "set"
    if settings.llm_api_key_file is not None:
        key = f"in {settings.llm_api_key_file}"
    return Check("engine", State.OK, f"{settings.engine}; language model: {model}; key: {key}")


def _named(facts: ServerFacts) -> Check:
    name = facts.place.model
    text = f"{name} at {facts.place.url}"
    if facts.models and not {name, f"{name}:latest"} & set(facts.models):  # Ollama's
        remedy = f"check MEHEALTH_LLM_MODEL; the server lists: {', '.join(facts.models[:8])}"
        text += ", which the server does not list"
        return Check("language model", State.WARNING, text, remedy)
    counted = "its own" if facts.counts_at is not None else "estimated"
    return Check("language model", State.OK, f"{text}; tokens are {counted}")


def _speed(server: ServerModel) -> Speed:
    """Read a short prompt and write a few words, as an answer is written: streamed.

    Raises LanguageModelError where the model does not answer.
    """
    prompt, said = _prompt(_LONGER), ""
    times: list[float] = []
    stream = server.stream([Message("user", prompt)], _WRITTEN)
    started = time.monotonic()
    try:
        for piece in stream:
            times.append(time.monotonic() - started)
            said += piece
    except LanguageModelError:  # that it is cut at the limit is meant
        if not times:
            raise
    streamed = len(times) > 2  # else the whole time is all that is known
    span = times[-1] - times[0] if streamed else times[-1]
    return Speed(server.count(prompt) / max(times[0], 1e-3), server.count(said) / max(span, 1e-3))


def _fast_enough(speed: Speed, settings: Settings) -> Check:
    first = TYPICAL_PROMPT / speed.reading
    whole = first + TYPICAL_ANSWER / speed.writing
    text = (
        f"reads {speed.reading:.0f} and writes {speed.writing:.1f} tokens a second: an answer of "
        f"{TYPICAL_ANSWER} tokens to a prompt of {TYPICAL_PROMPT} takes {whole:.0f} s"
    )
    limits = []
    if first > settings.llm_first_token_timeout:
        limits.append(f"MEHEALTH_LLM_FIRST_TOKEN_TIMEOUT ({settings.llm_first_token_timeout:g} s)")
    if whole > settings.llm_timeout:
        limits.append(f"MEHEALTH_LLM_TIMEOUT ({settings.llm_timeout:g} s)")
    if limits:
        remedy = "take a smaller model, a faster machine, or a higher limit"
        return Check("speed", State.WARNING, f"{text}, over {' and '.join(limits)}", remedy)
    return Check("speed", State.OK, text)


def _context(server: ServerModel, settings: Settings, affordable: int) -> Check:
    """Whether a prompt as long as the context is read whole, or as one of `affordable` tokens.

    Raises LanguageModelError where the model does not answer even a short one.
    """
    told = server.facts().context_from or "assumed, as the server does not tell"
    source = "MEHEALTH_LLM_CONTEXT" if settings.llm_context is not None else told
    claimed = f"{server.context_tokens} tokens ({source})"
    remedy = "set a smaller MEHEALTH_LLM_CONTEXT, or give the server a larger context"
    short, longer = _read(server, _SHORT), _read(server, _LONGER)
    if short is None or longer is None:
        text = f"{claimed}; whether it is read whole is not known: the server counts no tokens"
        return Check("context", State.WARNING, text)
    each = max((longer - short) / (_LONGER - _SHORT), 1.0)
    most = server.context_tokens - _SPARE
    lines = _SHORT + int((max(min(most, affordable), longer) - short) / each)
    foretold = int(short + (lines - _SHORT) * each)
    try:
        read = _read(server, lines) or 0
    except LanguageModelError as error:
        if error.kind is not LanguageModelFailure.OVERFLOW:
            raise
        text = f"{claimed}, but a prompt of {foretold} tokens is refused"
        return Check("context", State.FAILED, text, remedy)
    if read < _AS_FORETOLD * foretold:
        text = f"{claimed}, but of a prompt of {foretold} tokens it read {read}: it cuts silently"
        return Check("context", State.FAILED, text, remedy)
    more = "" if affordable >= most else "; a longer one takes too long, see --seconds"
    text = f"{claimed}; a prompt of {read} tokens was read whole{more}"
    return Check("context", State.OK, text)


def _read(server: ServerModel, lines: int) -> int | None:
    return server.usage([Message("user", _prompt(lines))], 8)


def _prompt(lines: int) -> str:
    """A prompt of so many lines; no two begin alike, as servers keep what they have read before."""
    filler = "\n".join(f"Line {n}: boat {n} came in with the tide." for n in range(lines))
    return f"Prompt {secrets.token_hex(4)}.\n{filler}\nCount from one to fifty in words."
