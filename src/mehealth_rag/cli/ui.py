"""`mehealth ui` and `serve`: the web page, an optional package."""

from __future__ import annotations

from mehealth_rag.errors import UsageError
from mehealth_rag.settings import Settings


def run(settings: Settings, *, show: bool) -> None:
    """Serve the page until interrupted; `show` opens it in the browser."""
    try:
        from mehealth_ui.serving.ending import ending
    except ImportError as error:
        raise _missing(error) from error
    with ending():
        try:
            import gradio  # noqa: F401 - only to see whether it is installed

            from mehealth_ui.serving.server import serve
        except ImportError as error:
            raise _missing(error) from error
        serve(settings, show=show)


def _missing(error: ImportError) -> UsageError:
    return UsageError(
        f"the web page needs a package that is missing ({error.name}); "
        "run: pip install 'mehealth-rag[ui]'"
    )
