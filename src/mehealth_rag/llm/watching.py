"""Watches a model's text as it comes: noise, endless repetition, too much, thinking aloud."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field

from mehealth_rag.errors import LanguageModelError, LanguageModelFailure

_LONGEST_UNIT = 240
"""Characters of the longest unit whose repetition is looked for: some two sentences."""

_REPEATS = 4
_SHORTEST_RUN = 60
"""A repetition is one of at least this many characters: a rule of dashes is shorter."""

_NOISE_AFTER = 80
_NOISE_SHARE = 0.4
_LONGEST_WORD = 200
_CHARACTERS_PER_TOKEN = 12
"""More than any tokenizer puts into a token on average: a server past it ignores `max_tokens`."""

_OPEN, _CLOSE = "<think>", "</think>"


@dataclass(slots=True)
class _Thinking:
    """Leaves out what a reasoning model writes before its answer, between its two marks."""

    held: str = ""
    state: str = "start"

    def take(self, delta: str) -> str:
        if self.state == "answer":
            return delta
        self.held += delta
        if self.state == "start":
            return self._at_start()
        return self._inside()

    def rest(self) -> str:
        held, self.held = self.held, ""
        return "" if self.state == "inside" else held

    def _at_start(self) -> str:
        begun = self.held.lstrip()
        if _OPEN.startswith(begun):  # too short to tell, or nothing yet
            if begun == _OPEN:
                self.state = "inside"
            return ""
        if begun.startswith(_OPEN):
            self.state = "inside"
            return self._inside()
        return self._answer(self.held)

    def _inside(self) -> str:
        _, mark, after = self.held.partition(_CLOSE)
        return self._answer(after) if mark else ""

    def _answer(self, text: str) -> str:
        self.state, self.held = "answer", ""
        return text


@dataclass(slots=True)
class TextWatch:
    """Takes deltas and hands on what is part of the answer; raises when the text goes wrong."""

    max_tokens: int
    text: str = ""
    _thinking: _Thinking = field(default_factory=_Thinking)

    def take(self, delta: str) -> str:
        """The part of a delta that belongs to the answer.

        Raises:
            LanguageModelError: what has come is noise, repeats itself without end, or is more than
                was asked for.
        """
        said = self._thinking.take(delta)
        if not said:
            return ""
        if not self.text:
            said = said.lstrip()
        self.text += said
        self._check()
        return said

    def rest(self) -> str:
        """What was held back at the end because it might have begun a mark."""
        held = self._thinking.rest()
        if not self.text:
            held = held.lstrip()
        self.text += held
        return held

    def _check(self) -> None:
        if is_noise(self.text):
            raise _failed("it writes noise instead of text", LanguageModelFailure.GARBAGE)
        if repeats(self.text):
            raise _failed("it repeats itself without end", LanguageModelFailure.REPETITION)
        if len(self.text) > self.max_tokens * _CHARACTERS_PER_TOKEN:
            raise _failed(
                f"it wrote on past {self.max_tokens} tokens", LanguageModelFailure.CUT_OFF
            )


def is_noise(text: str) -> bool:
    """Whether a text cannot be meant for a reader: control characters, symbols, endless words."""
    tail = text[-400:]
    if sum(_is_control(c) for c in tail) > 2:
        return True
    if len(tail) < _NOISE_AFTER:
        return False
    odd = sum(not (c.isalnum() or c.isspace() or unicodedata.combining(c)) for c in tail)
    if odd > _NOISE_SHARE * len(tail):
        return True
    last = tail.rsplit(maxsplit=1)[-1] if tail.strip() else ""
    return len(last) > _LONGEST_WORD and last.isascii()


def repeats(text: str) -> bool:
    """Whether a text ends in the same unit, four times over or more."""
    tail = text[-_LONGEST_UNIT * _REPEATS :]
    for unit in range(1, _LONGEST_UNIT + 1):
        run = max(unit * _REPEATS, _SHORTEST_RUN)
        if run > len(tail):
            return False
        if tail[-run + unit :] == tail[-run:-unit]:
            return True
    return False


def _is_control(character: str) -> bool:
    if character in "\n\r\t":
        return False
    return character == "\ufffd" or unicodedata.category(character) in {"Cc", "Co", "Cn"}


def _failed(what: str, kind: LanguageModelFailure) -> LanguageModelError:
    return LanguageModelError(f"the language model failed: {what}", kind, retryable=False)
