"""The web page: ask on the left, see the proof on the right. `python -m mehealth_ui` starts it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mehealth_rag.settings import Settings


def serve(settings: Settings, *, show: bool = False) -> None:
    """Open the index (building it where there is none) and serve the page until interrupted.

    `show` opens it in the person's browser as well.
    """
    from mehealth_ui.server import serve as start

    start(settings, show=show)
