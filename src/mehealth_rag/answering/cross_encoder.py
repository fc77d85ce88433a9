"""Any sentence-transformers CrossEncoder in the reader's place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from mehealth_rag.answering.reader_model import Scores
from mehealth_rag.errors import ModelError
from mehealth_rag.model_files import first_line

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder


class CrossEncoderReader:
    """A cross-encoder with one output: its logit stands for both of the reader's."""

    def __init__(self, model: CrossEncoder) -> None:
        self._model = model

    @classmethod
    def load(cls, name: str) -> CrossEncoderReader:
        """The model of a folder or hub name; imports torch.

        Raises:
            ModelError: it cannot be loaded, or has more than one output.
        """
        from sentence_transformers import CrossEncoder

        try:
            model = CrossEncoder(name, device="cpu")
        except Exception as error:
            raise ModelError(
                f"the reader '{name}' cannot be loaded ({first_line(error)}); "
                "check MEHEALTH_READER, or set it to none"
            ) from error
        if model.num_labels != 1:
            raise ModelError(
                f"the reader '{name}' has {model.num_labels} outputs; "
                "set MEHEALTH_READER to a cross-encoder with one"
            )
        return cls(model)

    def scores(self, question: str, pairs: Sequence[tuple[str, str]]) -> Scores:
        """The logit of each (before, sentence), twice: [n, 2]."""
        if not pairs:
            return np.zeros((0, 2), dtype=np.float32)
        from torch.nn import Identity

        texts = [(question, f"{before} {sentence}".strip()) for before, sentence in pairs]
        logits = np.asarray(
            self._model.predict(texts, activation_fn=Identity(), show_progress_bar=False),
            dtype=np.float32,
        )
        return np.stack([logits, logits], axis=1)
