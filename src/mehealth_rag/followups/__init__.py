"""Follow-up questions made to stand alone, from the turns before and without a model."""

from mehealth_rag.followups.exchange import Written
from mehealth_rag.followups.rewriting import Moved, Standalone, stand_alone

__all__ = ["Moved", "Standalone", "Written", "stand_alone"]
