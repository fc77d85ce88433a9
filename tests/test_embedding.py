"""Other models than the packaged one: vectors as sentence-transformers', late pooling."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from mehealth_rag.encoder.embedding import EncoderInput
from mehealth_rag.encoder.models import TorchEncoder, model_id
from mehealth_rag.errors import ModelError
from mehealth_rag.types import Span
from training import bases

QUESTIONS = [
    "How tall is the North Pier lighthouse?",
    "",
    "Ünïcode — ما هي الرؤية؟ 你好 🚢",
    "funding " * 400,
    "What did the £3bn programme (2014–2020) pay for, and who ran it?",
]
PARTS = [
    "The lighthouse on the North Pier is 42 metres tall.",
    "It was lit in 1871.",
    "Ferries run.",
]

ORIGINAL = bases.folder("small")
"""What the packaged model is made of, named as a folder: used as any other model is."""


def spans(parts: list[str]) -> EncoderInput:
    text, found = "", []
    for part in parts:
        found.append(Span(len(text), len(text) + len(part)))
        text += part + " "
    return EncoderInput(text.strip(), tuple(found))


@pytest.fixture(scope="module")
def encoder() -> TorchEncoder:
    return TorchEncoder(str(ORIGINAL))


@pytest.fixture(scope="module")
def own(encoder: TorchEncoder) -> SentenceTransformer:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(ORIGINAL), device="cpu")


def test_passage_vectors_are_the_models_own(
    encoder: TorchEncoder, own: SentenceTransformer
) -> None:
    batch = [spans(PARTS), *(EncoderInput(q, ()) for q in QUESTIONS)]
    expected = own.encode([item.text for item in batch], normalize_embeddings=True)
    found = np.stack([v.passage for v in encoder.encode_passages(batch)])
    assert found.dtype == np.float32
    assert ((found * expected).sum(axis=1) > 0.9999).all()
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)


def test_a_sentence_is_the_mean_of_its_tokens_in_the_passage(
    encoder: TorchEncoder, own: SentenceTransformer
) -> None:
    item = spans(PARTS)
    (found,) = encoder.encode_passages([item])
    states = own.encode(item.text, output_value="token_embeddings").numpy()
    offsets = own.tokenizer(item.text, return_offsets_mapping=True)["offset_mapping"]
    for vector, span in zip(found.sentences, item.sentences, strict=True):
        inside = [
            s for s, (a, b) in zip(states, offsets, strict=True) if span.start <= a < b <= span.end
        ]
        expected = np.mean(inside, axis=0)
        assert vector @ expected / np.linalg.norm(expected) > 0.9999
    assert np.allclose(np.linalg.norm(found.sentences, axis=1), 1, atol=1e-6)
    assert found.sentences[0] @ found.sentences[2] < 0.95  # sentences differ


def test_spans_without_tokens_get_the_passages_vector(encoder: TorchEncoder) -> None:
    long = spans([*PARTS, "word " * 400, "The end."])
    short = EncoderInput("Ferries run.   ", (Span(12, 15), Span(0, 12)))
    far, near = encoder.encode_passages([long, short])
    assert far.truncated
    assert not near.truncated
    assert np.allclose(far.sentences[-1], far.passage, atol=1e-6)
    assert np.allclose(near.sentences[0], near.passage, atol=1e-6)
    assert not np.allclose(near.sentences[1], near.passage, atol=1e-3)


def test_no_sentences_at_all(encoder: TorchEncoder) -> None:
    assert encoder.encode_passages([]) == []
    assert encoder.encode_passages([EncoderInput("Ferries run.", ())])[0].sentences.shape == (
        0,
        384,
    )


def test_a_vector_does_not_depend_on_its_neighbours(encoder: TorchEncoder) -> None:
    batch = [spans([f"Berth {n} is free.", "long " * (n % 50), "Done."]) for n in range(70)]
    done: list[int] = []
    together = encoder.encode_passages(batch, done.append)
    assert sum(done) == 70
    for n in (0, 13, 49, 69):
        (alone,) = encoder.encode_passages([batch[n]])
        # Not to the last bit: sums are rounded otherwise in other shapes.
        assert alone.passage @ together[n].passage > 0.9999
        assert ((alone.sentences * together[n].sentences).sum(axis=1) > 0.9998).all()


def test_a_folder_is_a_model_too(encoder: TorchEncoder, tmp_path: Path) -> None:
    copy = tmp_path / "my model"
    shutil.copytree(ORIGINAL, copy)
    assert model_id(str(copy)) == f"my-model-{bases.SHA256['small'][:12]}"
    item = spans(PARTS)
    (found,) = TorchEncoder(str(copy)).encode_passages([item])
    assert np.array_equal(found.sentences, encoder.encode_passages([item])[0].sentences)


def test_models_that_pool_otherwise_are_used_through_torch(tmp_path: Path) -> None:
    copy = tmp_path / "cls"
    shutil.copytree(ORIGINAL, copy)
    config = json.loads((copy / "1_Pooling" / "config.json").read_text())
    config |= {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}
    (copy / "1_Pooling" / "config.json").write_text(json.dumps(config))
    (copy / "config_sentence_transformers.json").write_text(
        json.dumps({"prompts": {"query": "ask: ", "document": "text: "}})
    )
    encoder = TorchEncoder(str(copy))
    (found, cut) = encoder.encode_passages(
        [spans(PARTS), EncoderInput("word " * 400, (Span(0, 4),))]
    )
    from sentence_transformers import SentenceTransformer

    own = SentenceTransformer(str(copy), device="cpu")
    assert found.passage @ own.encode("text: " + spans(PARTS).text) > 0.9999
    assert found.sentences[1] @ own.encode("text: " + PARTS[1]) > 0.9999
    assert (found.truncated, cut.truncated) == (False, True)
    assert encoder.encode("How tall?") @ own.encode("ask: How tall?") > 0.9999


def test_prompts_of_a_mean_pooling_model(tmp_path: Path) -> None:
    copy = tmp_path / "prompted"
    shutil.copytree(ORIGINAL, copy)
    (copy / "config_sentence_transformers.json").write_text(
        json.dumps({"prompts": {"query": "query: ", "passage": "passage: "}})
    )
    encoder = TorchEncoder(str(copy))
    from sentence_transformers import SentenceTransformer

    own = SentenceTransformer(str(ORIGINAL), device="cpu")
    (found,) = encoder.encode_passages([spans(PARTS)])
    assert found.passage @ own.encode("passage: " + spans(PARTS).text) > 0.9999
    states = own.encode("passage: " + spans(PARTS).text, output_value="token_embeddings").numpy()
    last = states[-4:-1].mean(axis=0)  # "ferries run ." before the closing token
    assert found.sentences[2] @ last / np.linalg.norm(last) > 0.9999
    assert encoder.encode("How tall?") @ own.encode("query: How tall?") > 0.9999


@pytest.mark.parametrize("setting", ["/no/such/folder", "./nowhere", "a/b/c"])
def test_no_such_model(setting: str) -> None:
    with pytest.raises(ModelError, match="MEHEALTH_EMBEDDING_MODEL"):
        model_id(setting)


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model weights"):
        model_id(str(tmp_path))
    (tmp_path / "model.safetensors").write_bytes(b"junk")
    with pytest.raises(ModelError, match="cannot load the embedding model"):
        TorchEncoder(str(tmp_path))


def test_a_hub_model_that_cannot_be_fetched() -> None:
    assert os.environ.get("HF_HUB_OFFLINE") == "1"  # the tests never go out
    with pytest.raises(ModelError, match="cannot download the embedding model 'nobody/nothing'"):
        model_id("nobody/nothing")
