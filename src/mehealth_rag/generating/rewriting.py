"""A follow-up question made to stand alone by a language model, checked against the rules' form.

The model may only put words of the conversation in place of what the question leaves out. What
drops a word, a figure or a name of the question, or brings one that the conversation does not
hold, is not used: then the rules' form stands.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

from mehealth_rag.errors import LanguageModelError
from mehealth_rag.followups import Standalone
from mehealth_rag.language.figures import figures
from mehealth_rag.language.words import POINTING, REQUEST_WORDS, content_words, stem, words
from mehealth_rag.llm import LanguageModel, Message, rewrite_messages, translate_messages
from mehealth_rag.types import Turn

MOST_TOKENS = 80
LONGEST = 300
"""Characters of a rewritten question at the most."""

_DIGITS = re.compile(r"\d+")
_LABEL = re.compile(
    r"^(?:(?:stand-?alone|rewritten|follow-?up)\s+)?(?:question|version)\s*:\s*|^[-*>\s]+",
    re.IGNORECASE,
)


def rewritten(
    question: str, history: Sequence[Turn], ruled: Standalone, model: LanguageModel
) -> Standalone:
    """The model's form of a follow-up where it can be trusted, else the rules' (`ruled`).

    A question that leaves nothing out is not shown to the model.
    """
    if not ruled.leans:
        return ruled
    asked = _line_of(model, rewrite_messages(question, history))
    faithful = is_faithful(asked, question, history, ruled)
    return replace(ruled, text=asked, whole=asked) if faithful else ruled


def in_english(question: str, model: LanguageModel) -> str:
    """A question as a model puts it into English; empty where it fails or loses a figure."""
    line = _line_of(model, translate_messages(question))
    kept = set(_DIGITS.findall(question)) <= set(_DIGITS.findall(line))
    return line if kept and len(line) <= LONGEST else ""


def _line_of(model: LanguageModel, prompt: Sequence[Message]) -> str:
    """The first line that a model writes; empty where it fails."""
    text = ""
    try:
        with closing(model.stream(prompt, MOST_TOKENS)) as pieces:
            for piece in pieces:
                text += piece
                if "\n" in text.strip() or len(text) > LONGEST:
                    break
    except LanguageModelError:
        return ""
    return _first_line(text)


def is_faithful(asked: str, question: str, history: Sequence[Turn], ruled: Standalone) -> bool:
    """Whether a rewritten question asks what was asked, with nothing but the conversation's words.

    It has every word of the question that says something, and one at least of those that it leans
    on; every other word, figure and name of it stands in the turns before.
    """
    if not asked.endswith("?") or len(asked) > LONGEST:
        return False
    own, said = _said(asked), _said(question)
    known = said | _said(ruled.whole).union(*(_said(f"{q} {a}") for q, a in history))
    filled_in = _said(ruled.whole) - said
    values = {f.value for f in figures(asked)}
    asked_values = {f.value for f in figures(question)}
    return (
        said - _left_open(question) <= own
        and own <= known
        and asked_values <= values
        and (not filled_in or bool(own & filled_in))
        and not POINTING & set(words(asked)) - {"that", "there", "one", "this", "same"}
    )


def _said(text: str) -> set[str]:
    return {stem(w) for w in content_words(text) if w not in REQUEST_WORDS}


def _left_open(question: str) -> set[str]:
    """The words of a question that stand for others ("the other one")."""
    return {stem(w) for w in words(question) if w in POINTING}


def _first_line(text: str) -> str:
    line = next((x for x in text.strip().splitlines() if x.strip()), "")
    return _LABEL.sub("", line.strip()).strip("\"“”' ")
