"""What `mehealth doctor` says of the language model: reachable, how long a prompt, fast enough."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mehealth_rag.errors import LanguageModelError, MehealthError
from mehealth_rag.health import Check, State
from mehealth_rag.llm.file_model import FileModel
from mehealth_rag.llm.model import is_configured, open_model
from mehealth_rag.llm.probing import Context, ContextProbe, Prober, Speed
from mehealth_rag.llm.server_model import ServerModel
from mehealth_rag.llm.servers import ServerFacts

if TYPE_CHECKING:
    from mehealth_rag.settings import Settings

TYPICAL_PROMPT, TYPICAL_ANSWER = 1_500, 120
"""Tokens of the prompt and the answer by which a model's speed is judged."""

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ModelFindings:
    """A language model as it was found; what was not measured is None."""

    name: str
    provider: str
    url: str
    context: int
    context_from: str
    own_tokenizer: bool
    probe: ContextProbe | None = None
    speed: Speed | None = None


def look_over(
    settings: Settings, seconds: float, progress: Progress
) -> tuple[tuple[Check, ...], ModelFindings | None]:
    """The checks of the language model, and what was found out about it."""
    if not is_configured(settings):
        return (_unconfigured(settings),), None
    try:
        progress("asking the language model's server about itself")
        model = open_model(settings)
        server = model.running() if isinstance(model, FileModel) else model
        assert isinstance(server, ServerModel)  # noqa: S101 - there are these two
        return _of_server(server, settings, seconds, progress)
    except MehealthError as error:
        line = " ".join(str(error).split())
        return (_configured(settings), Check("language model", State.FAILED, line)), None


def _of_server(
    server: ServerModel, settings: Settings, seconds: float, progress: Progress
) -> tuple[tuple[Check, ...], ModelFindings]:
    facts, endpoint = server.facts(), server.endpoint()
    found = ModelFindings(
        name=endpoint.place.model,
        provider=facts.provider,
        url=facts.url,
        context=endpoint.context,
        context_from=_context_from(settings, facts),
        own_tokenizer=facts.counts_at is not None,
    )
    checks = [_configured(settings), _named(found, facts)]
    if seconds <= 0:
        return (*checks, Check("context", State.OK, _claimed(found))), found
    try:
        prober = Prober(server, seconds)
        progress("measuring the language model's speed")
        speed = prober.speed()
        progress("sending it prompts of growing length")
        probe = prober.context()
    except LanguageModelError as error:
        return (*checks, Check("answers", State.FAILED, str(error))), found
    checks += [_context(found, probe), _speed(speed, settings)]
    return tuple(checks), ModelFindings(
        **{f: getattr(found, f) for f in found.__slots__ if f not in {"probe", "speed"}},
        probe=probe,
        speed=speed,
    )


def _unconfigured(settings: Settings) -> Check:
    if settings.engine == "generative":
        remedy = "set MEHEALTH_LLM_BASE_URL or MEHEALTH_LLM_GGUF"
        found = "the engine is generative, but no model is configured"
        return Check("language model", State.FAILED, found, remedy)
    return Check("language model", State.OFF, "none is configured; answers are extractive")


def _configured(settings: Settings) -> Check:
    model = settings.llm_gguf or settings.llm_base_url
    key = "none"
    if settings.llm_api_key is not None:
        key = "set"
    elif settings.llm_api_key_file is not None:
        key = f"in {settings.llm_api_key_file}"
    return Check("engine", State.OK, f"{settings.engine}; language model: {model}; key: {key}")


def _named(found: ModelFindings, facts: ServerFacts) -> Check:
    text = f"{found.name} at {found.url} ({found.provider})"
    if facts.models and found.name not in _aliases(facts.models):
        known = ", ".join(facts.models[:8])
        remedy = f"check MEHEALTH_LLM_MODEL; the server lists: {known}"
        return Check(
            "language model", State.WARNING, f"{text}, which the server does not list", remedy
        )
    counted = "its own" if found.own_tokenizer else "estimated"
    return Check("language model", State.OK, f"{text}; tokens are {counted}")


def _aliases(models: tuple[str, ...]) -> set[str]:
    """The names of the models; Ollama's may leave out ":latest"."""
    return {*models, *(m.removesuffix(":latest") for m in models)}


def _context_from(settings: Settings, facts: ServerFacts) -> str:
    if settings.llm_context is not None:
        return "MEHEALTH_LLM_CONTEXT"
    if facts.provider == "ollama":
        return "asked of Ollama with every request"
    return facts.context_from or "assumed, as the server does not tell"


def _claimed(found: ModelFindings) -> str:
    return f"{found.context} tokens ({found.context_from})"


def _context(found: ModelFindings, probe: ContextProbe) -> Check:
    claimed = _claimed(found)
    certainty = "measured" if probe.sure else "not certain"
    text = f"{claimed}; prompts of {probe.tokens} tokens are read whole"
    remedy = f"set MEHEALTH_LLM_CONTEXT={probe.tokens}, or give the server a larger context"
    match probe.outcome:
        case Context.CUT:
            text = f"{claimed}, but longer prompts than {probe.tokens} tokens are cut silently"
            return Check("context", State.FAILED, f"{text} ({certainty}: {probe.note})", remedy)
        case Context.REFUSED if probe.tokens < found.context // 2:
            return Check("context", State.WARNING, f"{text} ({certainty}: {probe.note})", remedy)
        case Context.UNTOLD:
            text = f"{claimed}; whether longer prompts are cut is not known ({probe.note})"
            return Check("context", State.WARNING, text)
    return Check("context", State.OK, f"{text} ({certainty}: {probe.note})")


def _speed(speed: Speed, settings: Settings) -> Check:
    first = TYPICAL_PROMPT / speed.reading
    whole = speed.seconds(TYPICAL_PROMPT, TYPICAL_ANSWER)
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
