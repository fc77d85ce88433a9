"""Downloads the linked sources of the manifest: the only part that makes connections.

    plan → jobs → downloads (one after the other) → places + record → rows

`web` and `addresses` decide which machines may be reached and how politely, `download` what is
taken, `kept` what lies on disk.
"""

from __future__ import annotations

from mehealth_rag.fetching.orders import fetch, fetch_address
from mehealth_rag.fetching.outcomes import FetchFailure, Row, Status
from mehealth_rag.fetching.web import Limits, Network

__all__ = ["FetchFailure", "Limits", "Network", "Row", "Status", "fetch", "fetch_address"]
