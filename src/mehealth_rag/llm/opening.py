"""Which model the settings mean, and what is wrong with them where they mean none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mehealth_rag.errors import UsageError

if TYPE_CHECKING:
    from mehealth_rag.llm.model import LanguageModel
    from mehealth_rag.settings import Settings


def open_configured(settings: Settings) -> LanguageModel:
    """Open the model; see `mehealth_rag.llm.open_model`."""
    if settings.llm_base_url is not None and settings.llm_gguf is not None:
        raise UsageError("llm_base_url and llm_gguf are both set; unset one of them")
    raise UsageError(
        "no language model is configured; set MEHEALTH_LLM_BASE_URL to a server's address "
        "or MEHEALTH_LLM_GGUF to a model file"
    )
