"""`mehealth ui` and `serve`, the web page; `backup` and `restore`, what is kept beside it.

The page is an optional package, so it is imported only when a command needs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mehealth_rag.cli.context import note, print_json
from mehealth_rag.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from mehealth_rag.cli.context import Common
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


def back_up(common: Common, archive: Path) -> None:
    """Write a backup and tell what it holds."""
    from mehealth_ui import backup

    _tell(common, archive, backup.back_up(common.settings, archive), "saved to")


def restore(common: Common, archive: Path, *, replace: bool) -> None:
    """Put a backup back and tell what it held."""
    from mehealth_ui import backup

    names = backup.restore(common.settings, archive, replace=replace)
    _tell(common, archive, names, "restored from")
    note("run mehealth ingest, so that added documents are in the index")


def _tell(common: Common, archive: Path, names: list[str], done: str) -> None:
    if common.json:
        print_json({"archive": str(archive), "files": names})
    else:
        print(f"{len(names)} file{'s' * (len(names) != 1)} {done} {archive}: {', '.join(names)}")
