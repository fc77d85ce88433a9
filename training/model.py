"""The cross-encoder in torch: the embedding model's layers and a head with two outputs."""

from __future__ import annotations

from dataclasses import dataclass
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

SEPARATOR = 102
"""The word piece [SEP] of the packaged model's vocabulary."""

SPREAD = 8.0
"""Brings the parts of unit vectors to about the size that a layer expects."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How many layers, how many of them look at the parts apart, how many are not trained."""

    layers: int = 6
    split: int = 0
    frozen: int = 0


class CrossEncoder(nn.Module):
    """Scores input rows: [n, length] to [n, 2].

    In the first `split` layers question and sentence do not see each other, as in the embedding
    model whose layers these are; above they do. The head adds to the cosine of the two means, so
    that an untrained model ranks like the embedding model. The word embeddings and the first
    `frozen` layers stay as they are. `layers` keeps only so many layers, evenly spread. With
    `low_precision` the layers compute in bfloat16; the weights stay float32.
    """

    def __init__(
        self, plan: Shape | None = None, attention: str = "eager", low_precision: bool = False
    ) -> None:
        super().__init__()
        shape = plan or Shape()
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        logging.set_verbosity_error()  # type: ignore[no-untyped-call]
        self.encoder = AutoModel.from_pretrained(
            str(model_folder()), add_pooling_layer=False, hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0, attn_implementation=attention,
        )  # fmt: skip
        _keep_layers(self.encoder, shape.layers)
        self.shape, self.low_precision = shape, low_precision
        width = self.encoder.config.hidden_size
        self.mark = nn.Embedding(2, width)
        self.mix = nn.Linear(4 * width, HEAD_WIDTH)
        self.out = nn.Linear(HEAD_WIDTH, 2)
        self.cosine = nn.Parameter(torch.tensor([12.0, 8.0]))
        self.level = nn.Parameter(torch.tensor([-6.0, -5.0]))
        nn.init.zeros_(self.mark.weight)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)
        self.encoder.embeddings.requires_grad_(False)
        for layer in self.encoder.encoder.layer[: shape.frozen]:
            layer.requires_grad_(False)

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
        """The logits, from the means over the question's and the sentence's states."""
        asked = ((input_ids == SEPARATOR).long().cumsum(1) == 0).to(torch.float32)
        own = token_type_ids.to(torch.float32)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.low_precision):
            states = self._states(
                input_ids, attention_mask.to(torch.float32), token_type_ids, asked
            )
        return self._head(_mean(states.float(), asked), _mean(states.float(), own))

    def _states(self, input_ids: Tensor, real: Tensor, parts: Tensor, asked: Tensor) -> Tensor:
        same = asked.unsqueeze(2) == asked.unsqueeze(1)
        apart = _additive(same.to(torch.float32) * real.unsqueeze(1))
        joint = _additive(real.unsqueeze(1).expand_as(same))
        states: Tensor = self.encoder.embeddings(
            input_ids=input_ids, token_type_ids=torch.zeros_like(parts)
        )
        for number, layer in enumerate(self.encoder.encoder.layer):
            if number == self.shape.split:
                states = states + self.mark(parts)
            states = layer(states, apart if number < self.shape.split else joint)
        return states

    def _head(self, asked: Tensor, own: Tensor) -> Tensor:
        near = (asked * own).sum(1, keepdim=True)
        together = torch.cat((asked, own, asked * own, (asked - own).abs()), dim=-1)
        mixed = torch.tanh(self.mix(together * SPREAD))
        scores: Tensor = self.out(mixed) + near * self.cosine + self.level
        return scores

    def groups(self, rate: float, head_rate: float) -> list[dict[str, object]]:
        """The parameters to train, with the encoder's and the head's learning rates."""
        encoder = [p for p in self.encoder.parameters() if p.requires_grad]
        head = [*self.mix.parameters(), *self.out.parameters(), *self.mark.parameters()]
        head += [self.cosine, self.level]
        return [{"params": encoder, "lr": rate}, {"params": head, "lr": head_rate}]


def score(model: CrossEncoder, rows: Sequence[Row], at_once: int = 9) -> Tensor:
    """The logits [n, 2] of rows in their order, computed in runs of similar length."""
    order = sorted(range(len(rows)), key=lambda i: len(rows[i].ids))
    parts = []
    for start in range(0, len(order), at_once):
        arrays = padded([rows[i] for i in order[start : start + at_once]])
        parts.append(model(**{name: torch.from_numpy(a) for name, a in arrays.items()}))
    back = torch.empty(len(order), dtype=torch.long)
    back[torch.tensor(order)] = torch.arange(len(order))
    return torch.cat(parts)[back]


def _mean(states: Tensor, mask: Tensor) -> Tensor:
    """The mean of the marked states [n, d], scaled to length 1."""
    weight = mask.unsqueeze(-1)
    mean = (states * weight).sum(1) / weight.sum(1).clamp(min=1.0)
    unit: Tensor = mean / mean.norm(dim=-1, keepdim=True).clamp(min=1e-6)
    return unit


def _additive(seen: Tensor) -> Tensor:
    """An attention mask [n, 1, length, length] to add: 0 for what is seen."""
    return ((1.0 - seen) * -10000.0).unsqueeze(1)


def _keep_layers(encoder: nn.Module, layers: int) -> None:
    stack = encoder.encoder.layer  # type: ignore[union-attr]
    whole = len(stack)  # type: ignore[arg-type]
    kept = [round((i + 1) * whole / layers) - 1 for i in range(layers)]
    encoder.encoder.layer = nn.ModuleList(stack[i] for i in kept)  # type: ignore[union-attr,index,misc]
    encoder.config.num_hidden_layers = layers  # type: ignore[union-attr]
