"""reStructuredText: docutils makes HTML of it, whose blocks are read like those of any HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes
from docutils.core import publish_doctree, publish_from_doctree

from mehealth_rag.reading.encoding import decode, noted
from mehealth_rag.reading.flow import page_of
from mehealth_rag.reading.fragments import blocks_of
from mehealth_rag.types import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mehealth_rag.types import Page

_SETTINGS = {
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "report_level": 5,
    "halt_level": 6,
    "warning_stream": False,
    "embed_stylesheet": False,
    "syntax_highlight": "none",
    "math_output": "LaTeX",
    "_disable_config": True,
}
"""No file is read but the one that is asked for, and nothing is said of what is not known."""


def read_restructured(path: Path, content: bytes) -> tuple[tuple[Page, ...], Mapping[str, str]]:
    """Read the one page of a reStructuredText file."""
    decoded = decode(path, content)
    tree = publish_doctree(decoded.text, settings_overrides=_SETTINGS)
    for message in list(tree.findall(nodes.system_message)):  # a directive that is not known
        kept = [n for n in message.children if isinstance(n, nodes.literal_block)]
        message.parent.replace(message, kept)
    made = publish_from_doctree(tree, writer="html5", settings_overrides=_SETTINGS)
    blocks, _ = blocks_of(made.decode("utf-8").partition("<body")[2].partition(">")[2])
    return noted((page_of(1, blocks),), decoded.told, Fault.ENCODING), {}
