"""The file with the passwords of locked PDFs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mehealth_rag.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def read_passwords(path: Path) -> tuple[str, ...]:
    """The passwords of a file, one a line; empty lines do not count.

    Raises UsageError where the file cannot be read. No message ever holds a password.
    """
    try:
        lines = path.expanduser().read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not UTF-8; save the file of pdf_passwords as that") from error
    except OSError as error:
        reason = error.strerror or "unreadable"
        raise UsageError(
            f"{path}: cannot be read ({reason}); check the setting pdf_passwords"
        ) from error
    return tuple(dict.fromkeys(line for line in lines if line.strip()))
