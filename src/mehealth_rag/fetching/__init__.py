"""Downloads the linked sources of the manifest: the only part that makes connections.

    order → plan → jobs → gates (one a host) → parts → places + state → report

`addresses` and `network` decide which machines may be reached, `hosts`, `robots` and `exchange` how
politely, `receiving`, `kinds` and `unpacking` what is taken, `parts` and `state` what is kept.
"""

from __future__ import annotations

from mehealth_rag.fetching.limits import Limits
from mehealth_rag.fetching.network import Network
from mehealth_rag.fetching.orders import fetch
from mehealth_rag.fetching.planning import Order
from mehealth_rag.fetching.report import Row, Status, Watcher, row_json

__all__ = ["Limits", "Network", "Order", "Row", "Status", "Watcher", "fetch", "row_json"]
