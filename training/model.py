"""The cross-encoder in torch: the embedding model's layers and a head with two outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from transformers import AutoModel, logging

from mehealth_rag.answering.reader_model import padded
from mehealth_rag.model_files import model_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mehealth_rag.answering.reader_model import Row

HEAD_WIDTH = 384


class CrossEncoder(nn.Module):
    """Scores input rows: [n, length] to [n, 2].

    `layers` keeps only so many of the encoder's layers, evenly spread. The word embeddings and the
    first `frozen` layers stay as they are: they hold half of the weights and move little in so
    short a training.
    """

    def __init__(self, layers: int = 6, frozen: int = 0, attention: str = "sdpa") -> None:
        super().__init__()
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        self.encoder = AutoModel.from_pretrained(
            str(model_folder()), add_pooling_layer=False, hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0, attn_implementation=attention,
        )  # fmt: skip
        _keep_layers(self.encoder, layers)
        self.encoder.embeddings.requires_grad_(False)
        self.encoder.embeddings.token_type_embeddings.requires_grad_(frozen == 0)
        for layer in self.encoder.encoder.layer[:frozen]:
            layer.requires_grad_(False)
        width = self.encoder.config.hidden_size
        self.mix = nn.Linear(2 * width, HEAD_WIDTH)
        self.out = nn.Linear(HEAD_WIDTH, 2)

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
        """The logits from the first state and the mean over the sentence's states."""
        states = self.encoder(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state
        own = token_type_ids.unsqueeze(-1).to(states.dtype)
        mean = (states * own).sum(1) / own.sum(1).clamp(min=1.0)
        mixed = torch.tanh(self.mix(torch.cat((states[:, 0], mean), dim=-1)))
        scores: Tensor = self.out(mixed)
        return scores

    def groups(self, rate: float, head_rate: float) -> list[dict[str, object]]:
        """The parameters to train, with the encoder's and the head's learning rates."""
        encoder = [p for p in self.encoder.parameters() if p.requires_grad]
        head = [*self.mix.parameters(), *self.out.parameters()]
        return [{"params": encoder, "lr": rate}, {"params": head, "lr": head_rate}]


def score(model: CrossEncoder, rows: Sequence[Row], at_once: int = 24) -> Tensor:
    """The logits [n, 2] of rows in their order, computed in runs of similar length."""
    order = sorted(range(len(rows)), key=lambda i: len(rows[i].ids))
    parts = []
    for start in range(0, len(order), at_once):
        arrays = padded([rows[i] for i in order[start : start + at_once]])
        parts.append(model(**{name: torch.from_numpy(a) for name, a in arrays.items()}))
    back = torch.empty(len(order), dtype=torch.long)
    back[torch.tensor(order)] = torch.arange(len(order))
    return torch.cat(parts)[back]


def _keep_layers(encoder: nn.Module, layers: int) -> None:
    stack = encoder.encoder.layer  # type: ignore[union-attr]
    whole = len(stack)  # type: ignore[arg-type]
    kept = [round((i + 1) * whole / layers) - 1 for i in range(layers)]
    encoder.encoder.layer = nn.ModuleList(stack[i] for i in kept)  # type: ignore[union-attr,index]
    encoder.config.num_hidden_layers = layers  # type: ignore[union-attr]
