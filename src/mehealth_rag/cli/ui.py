"""`mehealth ui` and `serve`: the web page.

The page is an optional package, so it is imported only when a command needs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

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
