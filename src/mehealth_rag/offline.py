"""Keeps third-party libraries off the network: no hub requests, no telemetry."""

from __future__ import annotations

import os
import re
from pathlib import Path

_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+|[A-Za-z0-9][\w.-]*")


def no_telemetry() -> None:
    """Disable all known usage reports. Variables that are already set are kept."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # ONNX Runtime reports from native code and keeps a device id in the user's cache folder. It
    # reads this once, on import; its own function to disable telemetry comes too late.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    # Not telemetry: otherwise tokenizers warn about their threads after every fork.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


def go_offline(hub: bool = False) -> None:
    """Block access to the model hub for this process, and disable telemetry.

    Call this before the libraries are imported: they read the environment once. `hub` is for a
    setting that names a hub model; the environment's own offline settings are then kept.
    """
    no_telemetry()
    if not hub:
        os.environ["HF_HUB_OFFLINE"] = "1"
        os.environ["TRANSFORMERS_OFFLINE"] = "1"


def is_hub_name(setting: str) -> bool:
    """Return whether a model setting is a name on the hub ("owner/model") and not a local path."""
    return not Path(setting).expanduser().exists() and bool(_HUB_NAME.fullmatch(setting))
