"""The reader in torch: a base encoder over question and passage, with a head for each task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu
from transformers import AutoModel, logging

from mehealth_rag.reader.rows import Row, inputs

HEAD_WIDTH = 256
VERDICTS = ("supported", "contradicted", "not_found")
ROUNDED = 32
"""Training pads row lengths to a multiple of this many tokens."""
_NEVER = -1e4
"""Masks sentences that are only padding; stands in for minus infinity."""


@dataclass(frozen=True, slots=True)
class Outputs:
    """Logits of n rows with up to k sentences each.

    `answers` [n, k]: the sentence answers the question. `passage` [n]: the passage does. `verdict`
    [n, 3]: the statement's class, in the order of `VERDICTS`. `evidence` [n, k]: the sentence
    decides the verdict.
    """

    answers: Tensor
    passage: Tensor
    verdict: Tensor
    evidence: Tensor

    def row(self, number: int) -> Outputs:
        """The logits of one row, as a batch of one in float32."""
        row = slice(number, number + 1)
        logits = (self.answers, self.passage, self.verdict, self.evidence)
        return Outputs(*(part[row].float() for part in logits))


class ReaderModel(nn.Module):
    """A base encoder, or only its first `layers`, with heads for questions and statements.

    The embeddings and the first `frozen` layers are not trained.

    A sentence's vector is the mean of its token states, as in the sentence encoders that the model
    starts from, and both heads add to the cosine of question and sentence: an untrained model ranks
    like the base.
    """

    def __init__(self, base: Path, frozen: int = 0, layers: int | None = None) -> None:
        super().__init__()
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        logging.set_verbosity_error()  # type: ignore[no-untyped-call]
        self.encoder = AutoModel.from_pretrained(
            str(base), add_pooling_layer=False, hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0, attn_implementation="eager",
        )  # fmt: skip
        if layers is not None:
            del self.encoder.encoder.layer[layers:]
            self.encoder.config.num_hidden_layers = layers
        self.has_types = self.encoder.config.model_type == "bert"
        self.frozen = frozen
        width = self.encoder.config.hidden_size
        self.answer = _SentenceHead(width)
        self.passage = nn.Linear(2 * HEAD_WIDTH, 1)
        self.whole = nn.Linear(width, HEAD_WIDTH)
        self.evidence = _SentenceHead(width)
        self.compare = nn.Linear(5 * width, HEAD_WIDTH)
        self.verdict = nn.Linear(2 * HEAD_WIDTH, len(VERDICTS))
        self.encoder.embeddings.requires_grad_(False)
        for layer in self.encoder.encoder.layer[:frozen]:
            layer.requires_grad_(False)

    def forward(
        self, input_ids: Tensor, types: Tensor, real: Tensor, asked: Tensor, pool: Tensor
    ) -> Outputs:
        """Return the logits of a batch of rows, given the arrays that `rows.inputs` makes."""
        states = self._states(input_ids, types, real)
        question = (asked.unsqueeze(1) @ states).squeeze(1)
        sentences = pool @ states
        mask = pool.sum(-1) > 0
        answers, features = self.answer(question, sentences, mask)
        first = states[:, 0]
        whole = torch.cat((features, gelu(self.whole(first))), -1)
        evidence, decisive = self.evidence(question, sentences, mask)
        pooled = (evidence.softmax(-1).unsqueeze(1) @ sentences).squeeze(1)
        compared = (first, question, pooled, question * pooled, (question - pooled).abs())
        judged = gelu(self.compare(torch.cat(compared, -1)))
        verdict = self.verdict(torch.cat((judged, decisive), -1))
        return Outputs(answers, self.passage(whole).squeeze(-1), verdict, evidence)

    def groups(self, rate: float, head_rate: float) -> list[dict[str, Any]]:
        """The parameters to train, with separate learning rates for the encoder and the heads."""
        trained = [(n, p) for n, p in self.named_parameters() if p.requires_grad]
        encoder = [p for n, p in trained if n.startswith("encoder.")]
        heads = [p for n, p in trained if not n.startswith("encoder.")]
        return [{"params": encoder, "lr": rate}, {"params": heads, "lr": head_rate}]

    def _states(self, input_ids: Tensor, types: Tensor, real: Tensor) -> Tensor:
        optional = {"token_type_ids": types} if self.has_types else {}
        states: Tensor = self.encoder(
            input_ids=input_ids, attention_mask=real, **optional
        ).last_hidden_state
        return states


class _SentenceHead(nn.Module):
    """Returns a logit for each sentence, and each feature's maximum over the sentences."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.own = nn.Linear(2 * width, HEAD_WIDTH)
        self.asked = nn.Linear(width, HEAD_WIDTH, bias=False)
        self.out = nn.Linear(HEAD_WIDTH, 1)
        self.near = nn.Parameter(torch.tensor(8.0))
        self.level = nn.Parameter(torch.tensor(-5.0))
        nn.init.zeros_(self.out.weight)

    def forward(self, question: Tensor, sentences: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        asked = question.unsqueeze(1)
        features = gelu(self.own(torch.cat((sentences, sentences * asked), -1)) + self.asked(asked))
        sizes = sentences.norm(dim=-1) * asked.norm(dim=-1)
        cosine = (sentences * asked).sum(-1) / sizes.clamp(min=1e-6)
        logits = self.out(features).squeeze(-1) + self.near * cosine + self.level
        logits = logits.masked_fill(~mask, _NEVER)
        best = features.masked_fill(~mask.unsqueeze(-1), _NEVER).amax(1)
        return logits, best


def read(model: ReaderModel, rows: Sequence[Row], tokens_at_once: int = 1_024) -> list[Outputs]:
    """The logits of each row, computed in batches of similar length.

    A batch has about `tokens_at_once` tokens. Lengths are padded to a multiple of `ROUNDED`:
    kernels are built for each length, and odd lengths are slower.
    """
    order = sorted(range(len(rows)), key=lambda i: len(rows[i].ids))
    by_place: dict[int, Outputs] = {}
    start = 0
    while start < len(order):
        end = start + 1
        while end < len(order) and len(rows[order[end]].ids) * (end + 1 - start) <= tokens_at_once:
            end += 1
        batch = order[start:end]
        arrays = inputs([rows[i] for i in batch])
        padding = -arrays["input_ids"].shape[1] % ROUNDED
        padded = {
            name: torch.nn.functional.pad(torch.from_numpy(array), (0, padding))
            for name, array in arrays.items()
        }
        outputs = model(**padded)
        by_place |= {place: outputs.row(n) for n, place in enumerate(batch)}
        start = end
    return [by_place[i] for i in range(len(rows))]
