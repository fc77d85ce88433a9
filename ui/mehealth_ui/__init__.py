"""The web page and the service. `python -m mehealth_ui` starts them.

- Put together: `server`, over one `desk`, which serves the newest of its `editions`.
- Before everything: `guard` (with `hosts`, `reception`, `auth`, `sessions`, `keys`, `people`,
  `roles`, `visitors`), `limits`, `logs`, `connections`.
- The page: `app` (Gradio) calls `handlers`; `wire` is what the browser sends, `routes` what it
  fetches; markup comes from `turns`, `answers`, `evidence`, `guide`, `sources`, `fact_view`.
- The service: `service` puts together `rest`, `uploads`, `chat`, `health` and `fact_service`;
  `contract` is its JSON, `api` what Gradio's named endpoints give.
- Documents that people add: `adding`, `jobs`, `keeping`, `ingesting`.
- The fact desk: `facts`, `fact_report`, `decisions`.
- Kept beside the index or in PostgreSQL (`database`): `feedback`, `decisions`, `audit`, all of them
  under `kept`; `sessions` that were ended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mehealth_rag.settings import Settings


def serve(settings: Settings, *, show: bool = False) -> None:
    """Open the index (building it where there is none) and serve the page until interrupted.

    `show` opens it in the person's browser as well.
    """
    from mehealth_ui.serving.server import serve as start

    start(settings, show=show)
