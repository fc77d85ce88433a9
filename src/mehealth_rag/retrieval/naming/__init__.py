"""Which documents a question names, learnt from the corpus's own titles."""

from __future__ import annotations

from mehealth_rag.retrieval.naming.lexicon import NameLexicon
from mehealth_rag.retrieval.naming.register import Named, Naming, Register

__all__ = ["NameLexicon", "Named", "Naming", "Register"]
