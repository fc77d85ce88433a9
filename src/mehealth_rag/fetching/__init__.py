"""Downloads the linked sources of the manifest: the only part that makes connections.

    order → plan → jobs → downloads (one host, one connection) → parts → places + record → rows

`web` and `addresses` decide which machines may be reached and how politely, `kinds` what is taken,
`kept` what lies on disk; `handed_over` files what was downloaded by hand.
"""

from __future__ import annotations

from mehealth_rag.fetching.orders import Order, fetch
from mehealth_rag.fetching.report import Row, Status, Watcher, row_json
from mehealth_rag.fetching.web import Limits, Network

__all__ = ["Limits", "Network", "Order", "Row", "Status", "Watcher", "fetch", "row_json"]
