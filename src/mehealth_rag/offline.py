"""Keeps third-party libraries off the network: no hub look-ups, no telemetry."""

from __future__ import annotations

import os
import re
from pathlib import Path

_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+|[A-Za-z0-9][\w.-]*")


def no_telemetry() -> None:
    """Switch off every known usage report. A value that is already set stays."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    # ONNX Runtime reports from native code, keeps a device id in the user's cache folder, and reads
    # this once, while it loads; its own call to switch that off comes too late.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    # Not telemetry, but of the same kind: the tokenizers' own threads warn after every fork.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


def go_offline(hub: bool = False) -> None:
    """Forbid the model hub to this process and switch off telemetry.

    To be called before the libraries are imported: they read the environment once. `hub` is for a
    setting that names a model of the hub; what the environment says of being offline then stays.
    """
    no_telemetry()
    if not hub:
        os.environ["HF_HUB_OFFLINE"] = "1"
        os.environ["TRANSFORMERS_OFFLINE"] = "1"


def is_hub_name(setting: str) -> bool:
    """Whether a model setting can only be a name on the hub ("owner/model"), not a folder."""
    return not Path(setting).expanduser().exists() and bool(_HUB_NAME.fullmatch(setting))
