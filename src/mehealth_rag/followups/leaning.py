"""Whether a question leans on the turns before it, or stands alone and may change the subject."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mehealth_rag.followups.names import names
from mehealth_rag.language.pronouns import POINTING
from mehealth_rag.language.words import REQUEST_WORDS, content_words, stem_all, words
from mehealth_rag.types import Turn

ENOUGH_WORDS, ENOUGH_WITH_NAME = 4, 2
"""Words of its own with which a question says what it is about; fewer where a new name is one."""

_GOES_ON = re.compile(r"^\W*(?:and|but|so|also|then|or|yes|no|not|sorry)\b", re.IGNORECASE)

# "That" and "there" mostly point at nothing ("Are there boats that sail?").
_POINTING = POINTING - {"that", "there"}


def leans(question: str, history: Sequence[Turn]) -> bool:
    """Whether a question needs the turns before it.

    In doubt it does: it stands alone only where it points at nothing, goes on with nothing, and
    either names something new or has enough words, none of which the conversation has.
    """
    if _GOES_ON.match(question) or _POINTING & set(words(question)):
        return True
    said = _subject(" ".join(f"{asked} {answer}" for asked, answer in history))
    own = _subject(question)
    if any(_subject(name.text) - said for name in names(question)):
        return len(own) < ENOUGH_WITH_NAME
    return bool(own & said) or len(own) < ENOUGH_WORDS


def _subject(text: str) -> set[str]:
    """The stems of the words that say what a text is about."""
    return set(stem_all(w for w in content_words(text) if w not in REQUEST_WORDS))
