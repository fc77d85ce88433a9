"""Let a language model make a follow-up stand alone, and check its form against the rules' form.

The model may only fill in what the question leaves out, with words of the conversation. Its form is
rejected if it drops a word, figure or name of the question, or adds one from outside the
conversation; then the rules' form is used.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

from mehealth_rag.errors import LanguageModelError
from mehealth_rag.followups import Standalone
from mehealth_rag.language.figures import figures
from mehealth_rag.language.words import POINTING, stem, stem_all, subject_words, words
from mehealth_rag.llm.language_model import LanguageModel, Message
from mehealth_rag.llm.prompts import rewrite_messages, translate_messages
from mehealth_rag.types import Turn

MOST_TOKENS = 80
LONGEST = 300
"""Characters in a rewritten question at most."""

_DIGITS = re.compile(r"\d+")
_LABEL = re.compile(
    r"^(?:(?:stand-?alone|rewritten|follow-?up)\s+)?(?:question|version)\s*:\s*|^[-*>\s]+",
    re.IGNORECASE,
)


def rewritten(
    question: str, history: Sequence[Turn], ruled: Standalone, model: LanguageModel
) -> Standalone:
    """Return the model's form of a follow-up if it is faithful, else the rules' form (`ruled`).

    A question that leaves nothing out is not sent to the model.
    """
    if not ruled.is_follow_up:
        return ruled
    written = _line_of(model, rewrite_messages(question, history))
    is_used = is_faithful(written, question, history, ruled)
    return replace(ruled, text=written, whole=written) if is_used else ruled


def in_english(question: str, model: LanguageModel) -> str:
    """Return the model's English translation of a question; "" if it fails or loses a figure."""
    line = _line_of(model, translate_messages(question))
    has_figures = set(_DIGITS.findall(question)) <= set(_DIGITS.findall(line))
    return line if has_figures and len(line) <= LONGEST else ""


def _line_of(model: LanguageModel, prompt: Sequence[Message]) -> str:
    """Return the first line a model writes; "" if it fails."""
    text = ""
    try:
        with closing(model.stream(prompt, MOST_TOKENS)) as pieces:
            for piece in pieces:
                text += piece
                if "\n" in text.strip() or len(text) > LONGEST:
                    break
    except LanguageModelError:
        return ""
    line = next((x for x in text.strip().splitlines() if x.strip()), "")
    return _LABEL.sub("", line.strip()).strip("\"“”' ")


def is_faithful(asked: str, question: str, history: Sequence[Turn], ruled: Standalone) -> bool:
    """Return whether a rewritten question asks the same, using only the conversation's words.

    It keeps every content word of the question and has at least one of the words it leans on. All
    its other words, figures and names come from the turns before.
    """
    if not asked.endswith("?") or len(asked) > LONGEST:
        return False
    stems, needed = _subject(asked), _subject(question)
    left_open = {stem(w) for w in words(question) if w in POINTING}  # "the other one"
    known = needed | _subject(ruled.whole).union(*(_subject(f"{q} {a}") for q, a in history))
    filled_in = _subject(ruled.whole) - needed
    values = {f.value for f in figures(asked)}
    asked_values = {f.value for f in figures(question)}
    return (
        needed - left_open <= stems
        and stems <= known
        and asked_values <= values
        and (not filled_in or bool(stems & filled_in))
        and not POINTING & set(words(asked)) - {"that", "there", "one", "this", "same"}
    )


def _subject(text: str) -> set[str]:
    return set(stem_all(subject_words(text)))
