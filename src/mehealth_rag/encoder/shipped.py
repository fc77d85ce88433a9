"""A model shipped as a folder: an ONNX file, its tokenizer, and a card with their hashes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mehealth_rag.errors import ModelError

if TYPE_CHECKING:
    from pathlib import Path

    from onnxruntime import InferenceSession  # type: ignore[import-untyped,unused-ignore]
    from tokenizers import Tokenizer

CARD, TOKENIZER = "card.json", "tokenizer.json"
REINSTALL = "reinstall mehealth-rag"


@dataclass(frozen=True, slots=True)
class ShippedModel:
    """The files of a model. `what` names it in error messages, and `mend` says how to repair it."""

    folder: Path
    file: str
    what: str
    mend: str

    def card(self) -> dict[str, Any]:
        """Return the model's card. Raises ModelError if there is none or it has no name."""
        try:
            card = json.loads((self.folder / CARD).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise self._damaged(first_line(error)) from error
        if not isinstance(card, dict) or "name" not in card:
            raise self._damaged(f"{CARD} does not describe a model")
        return card

    def open(self, threads: int) -> tuple[InferenceSession, Tokenizer, dict[str, Any]]:
        """Check the model's hashes and load it: session with `threads` threads, tokenizer, card.

        The tokenizer neither pads nor truncates. Raises ModelError if a file is missing or damaged.
        """
        import onnxruntime  # slow, and needed only where a model is run
        from tokenizers import Tokenizer

        card = self.card()
        path = self.folder / self.file
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            hashes = file_hashes(path)
        except OSError as error:
            raise self._damaged(first_line(error)) from error
        for name, (key, actual) in zip((self.file, TOKENIZER), hashes.items(), strict=True):
            if actual != (expected := str(card.get(key))):
                reason = f"SHA-256 of {name} {actual[:12]}…, expected {expected[:12]}…"
                raise self._damaged(reason)
        try:
            tokenizer = Tokenizer.from_file(str(self.folder / TOKENIZER))
            session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # tokenizers and onnxruntime raise their own types
            raise self._damaged(first_line(error)) from error
        tokenizer.no_padding()
        tokenizer.no_truncation()
        return session, tokenizer, card

    def _damaged(self, reason: str) -> ModelError:
        return ModelError(f"{self.what} in {self.folder} cannot be used ({reason}): {self.mend}")


def file_hashes(model: Path) -> dict[str, str]:
    """Return the hashes of a model's file and of its tokenizer, as a card has them."""
    return {
        "sha256": file_hash(model),
        "tokenizer_sha256": file_hash(model.with_name(TOKENIZER)),
    }


def file_hash(path: Path) -> str:
    """Return a file's SHA-256 in hex. Raises OSError."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def first_line(error: BaseException) -> str:
    """Return the first line of an error's text, or the error's type if it has none."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
