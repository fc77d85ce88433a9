"""Language models: what the engine needs of one, how it is asked, and how its failures look.

Nothing here imports OpenAI's client or llama.cpp before `open_model` is called.
"""

from mehealth_rag.llm.model import LanguageModel, Message, is_configured, open_model
from mehealth_rag.llm.prompts import (
    NOT_THERE,
    Asked,
    EvidenceItem,
    answer_messages,
    estimate_tokens,
    fitting,
    rewrite_messages,
)

__all__ = [
    "NOT_THERE",
    "Asked",
    "EvidenceItem",
    "LanguageModel",
    "Message",
    "answer_messages",
    "estimate_tokens",
    "fitting",
    "is_configured",
    "open_model",
    "rewrite_messages",
]
