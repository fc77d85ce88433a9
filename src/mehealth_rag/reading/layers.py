"""Whether a PDF has layers (optional content), some of which may be off."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_SIGN = b"/OCProperties"
_PACKED = re.compile(rb"/ObjStm\b[^>]{0,400}?>>\s*stream\r?\n")
_MOST = 20_000_000
"""Bytes that one stream of objects may unpack to; a real one has some thousands."""


def has_layers(path: Path) -> bool:
    """Look for the sign of layers, in packed objects too; an encrypted file may have them."""
    content = path.read_bytes()
    if _SIGN in content or b"/Encrypt" in content:
        return True
    return any(_unpacks_to_sign(content, m.end()) for m in _PACKED.finditer(content))


def _unpacks_to_sign(content: bytes, start: int) -> bool:
    try:
        return _SIGN in zlib.decompressobj().decompress(memoryview(content)[start:], _MOST)
    except zlib.error:
        return True  # packed in another way: it may
