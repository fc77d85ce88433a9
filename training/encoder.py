"""Packages the embedding model: `python -m training.encoder`.

Writes `mehealth_rag/encoder/minilm.onnx` with its tokenizer and card; the bytes are the same every
time.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mehealth_rag.encoder import minilm
from mehealth_rag.encoder.shipped import CARD, TOKENIZER, file_hashes
from training import bases
from training.graph import write_encoder
from training.ranges import PIECES, RANGES

if TYPE_CHECKING:
    from collections.abc import Sequence

FORM = "int8.1"
"""Version of the packaged form. Raise it when the bytes change, since vectors of different forms
cannot be compared."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the model, its tokenizer and its card."""
    parser = argparse.ArgumentParser(prog="python -m training.encoder", description=__doc__)
    parser.add_argument("--output", type=Path, default=minilm.FOLDER, help="folder to write")
    folder: Path = parser.parse_args(arguments).output
    source = bases.folder("small")
    with np.load(RANGES) as ranges:
        write_encoder(source, folder / minilm.MODEL, ranges)
    shutil.copyfile(source / TOKENIZER, folder / TOKENIZER)
    text = json.dumps(card(folder / minilm.MODEL), indent=1) + "\n"
    (folder / CARD).write_text(text, encoding="utf-8")
    return 0


def card(model: Path) -> dict[str, Any]:
    """The card of a written model file."""
    return {
        "name": bases.SMALL,
        "id": f"{bases.SMALL}-{bases.SMALL_SHA256[:12]}-{FORM}",
        "purpose": "vectors of passages, of their sentences and of questions",
        "licence": "Apache 2.0",
        "starts_from": {
            "model": f"sentence-transformers/{bases.SMALL}",
            "sha256": bases.SMALL_SHA256,
            "licence": "Apache 2.0",
        },
        "method": {
            "command": "python -m training.encoder",
            "matrices": "8-bit integers, a scale for each column, inputs smoothed by their widths",
            "words": "16-bit floats",
            "rest": "32-bit floats",
        },
        "max_tokens": PIECES,
        **file_hashes(model),
        "bytes": model.stat().st_size,
    }


if __name__ == "__main__":
    sys.exit(main())
