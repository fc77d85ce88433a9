"""`mehealth ui`, `serve` and `auth`: the web page and its users.

The page is an optional package, so it is imported only when a command needs it.
"""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mehealth_rag.cli.context import note
from mehealth_rag.errors import UsageError

if TYPE_CHECKING:
    from mehealth_rag.settings import Settings


def run(settings: Settings, *, show: bool) -> None:
    """Serve the page until interrupted; `show` opens it in the browser."""
    from mehealth_ui.ending import ending

    with ending():
        try:
            import gradio  # noqa: F401 - only to see whether it is installed

            from mehealth_ui import serve
        except ImportError as error:
            raise UsageError(
                f"the web page needs a package that is missing ({error.name}); "
                "run: pip install 'mehealth-rag[ui]'"
            ) from error
        serve(settings, show=show)


def add_person(settings: Settings, name: str, file: Path | None) -> None:
    """Ask for a password and write the user's line to the password file."""
    from mehealth_ui.auth import add_person as write

    path = file or settings.ui_auth
    if path is None:
        raise UsageError("no password file is named; give --file or set MEHEALTH_UI_AUTH")
    replaced = write(path, name, _password(name))
    note(f"{name} is {'changed' if replaced else 'added'} in {path}")


def _password(name: str) -> str:
    """Ask for the password twice, or read one line if standard input is no terminal."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass(f"Password for {name}: ")
    if getpass.getpass("Once more: ") != first:
        raise UsageError("the two passwords differ; nothing was changed")
    return first
