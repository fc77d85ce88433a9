"""Follow-up questions: what is read and searched for with them, and how they are shown."""

from mehealth_rag.followups.standing import Standalone, stand_alone

__all__ = ["Standalone", "stand_alone"]
