"""Errors shown to users, each in one line: what is wrong, where, and what to do."""

from __future__ import annotations

from enum import StrEnum


class MehealthError(Exception):
    """Base of all errors that users can fix. `exit_code` is for the command line."""

    exit_code = 1


class UsageError(MehealthError):
    """A wrong option, setting, question or input file."""

    exit_code = 2


class CorpusError(UsageError):
    """The corpus folder or its manifest cannot be used."""


class NoIndexError(MehealthError):
    """There is no index, and nothing to build it from."""

    exit_code = 3


class IndexStateError(MehealthError):
    """The index cannot be used: another layout or model, damaged, unwritable."""


class ReadingError(MehealthError):
    """One file cannot be read; it is reported and the others go on."""


class ModelError(MehealthError):
    """The embedding model or the reader is missing, damaged or the wrong one."""


class WorkersError(MehealthError):
    """Ray cannot be used, or failed."""


class LanguageModelFailure(StrEnum):
    """How a language model failed."""

    UNREACHABLE = "unreachable"
    """No connection: refused, unknown host, or broken before any reply."""
    WRONG_KEY = "wrong key"
    UNKNOWN_MODEL = "unknown model"
    REFUSED = "refused"
    """The server rejected the request or failed internally."""
    BUSY = "busy"
    SLOW = "slow"
    CUT_OFF = "cut off"
    """The text ended early: the connection broke, or the limit was reached."""
    GARBAGE = "garbage"
    EMPTY = "empty"
    OVERFLOW = "context overflow"
    """The prompt has more tokens than the model's context."""


class LanguageModelError(MehealthError):
    """A language model failed; `kind` says how."""

    def __init__(self, message: str, kind: LanguageModelFailure) -> None:
        super().__init__(message)
        self.kind = kind
