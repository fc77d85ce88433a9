"""Language models: what the engine needs of one, how it is asked, and how its failures look.

Nothing here imports OpenAI's client or llama.cpp before `open_model` is called.
"""

from mehealth_rag.llm.model import LanguageModel, Message, is_configured, open_model
from mehealth_rag.llm.prompts import (
    NOT_THERE,
    Asked,
    EvidenceItem,
    TokenBudget,
    answer_messages,
    fitting,
    rewrite_messages,
    translate_messages,
)

__all__ = [
    "NOT_THERE",
    "Asked",
    "EvidenceItem",
    "LanguageModel",
    "Message",
    "TokenBudget",
    "answer_messages",
    "fitting",
    "is_configured",
    "open_model",
    "rewrite_messages",
    "translate_messages",
]
