"""What the figures were measured on, and with which versions."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

OURS = ("mehealth-rag", "torch", "sentence-transformers", "onnxruntime", "chromadb", "bm25s")
READERS = ("pypdfium2", "pypdf")
STOCK = ("llama-index-core", "llama-index-readers-file", "llama-index-embeddings-huggingface")


def machine() -> dict[str, object]:
    """Cores, memory, processor, system and Python; `load` is of the minute before."""
    return {
        "cores": _cores(),
        "memory_gb": _memory_gb(),
        "processor": _processor(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }


def sentence(found: dict[str, object]) -> str:
    """The machine in one line."""
    memory = f"{found['memory_gb']:g} GB" if found["memory_gb"] else "memory unknown"
    return (
        f"Measured on {found['processor']}, {found['cores']} cores, {memory}, "
        f"{found['system']}, Python {found['python']}."
    )


def versions() -> dict[str, str | None]:
    """The versions of what is measured; None for what is not installed."""
    return {name: _version(name) for name in (*OURS, *READERS, *STOCK)}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory_gb() -> float | None:
    kilobytes = _proc("/proc/meminfo", "MemTotal").removesuffix("kB").strip()
    return round(int(kilobytes) / 1024**2, 1) if kilobytes.isdigit() else None


def _processor() -> str:
    return _proc("/proc/cpuinfo", "model name") or platform.processor() or "an unnamed processor"


def _proc(path: str, key: str) -> str:
    """The first value of a key in a file of Linux; empty elsewhere."""
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    found = (line.partition(":") for line in lines)
    return next((value.strip() for name, _, value in found if name.strip() == key), "")
