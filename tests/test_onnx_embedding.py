"""The packaged model without torch: its 8-bit vectors against fp32, and what is written where."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from mehealth_rag.encoder import onnx_embedding
from mehealth_rag.encoder.embedding import PassageEncoder, PassageText
from mehealth_rag.encoder.graph import write_encoder
from mehealth_rag.encoder.model_files import PACKAGED_SHA256, model_folder, model_id
from mehealth_rag.encoder.onnx_embedding import OnnxPassageEncoder
from mehealth_rag.encoder.question import QuestionEncoder, open_question_encoder
from mehealth_rag.types import Span

PASSAGES = [
    "The lighthouse on the North Pier is 42 metres tall. It was lit in 1871.",
    "Net revenues\t2022\t17,606\t15,785\t12,868",
    "Ünïcode — ما هي الرؤية؟ 你好 🚢",
    "",
    "What did the £3bn programme (2014–2020) pay for, and who ran it? " * 3,
    "funding " * 400,
]


def item(text: str) -> PassageText:
    middle = len(text) // 2
    return PassageText(text, (Span(0, middle), Span(middle, len(text))))


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def encoder(models: Path) -> OnnxPassageEncoder:
    return OnnxPassageEncoder.load(models)


@pytest.fixture(scope="module")
def exact() -> PassageEncoder:
    return PassageEncoder.load(str(model_folder()))


def test_8_bit_vectors_are_nearly_the_models_own(
    encoder: OnnxPassageEncoder, exact: PassageEncoder
) -> None:
    items = [item(text) for text in PASSAGES if text]
    for ours, theirs in zip(encoder.encode(items), exact.encode(items), strict=True):
        # One word 400 times over adds up what is rounded: 0.979 on a processor without VNNI.
        near = 0.97 if ours.truncated else 0.99
        assert ours.passage @ theirs.passage > near
        assert ((ours.sentences * theirs.sentences).sum(axis=1) > near - 0.01).all()
        assert ours.passage.dtype == ours.sentences.dtype == np.float32
        assert ours.truncated is theirs.truncated


def test_the_fp32_graph_is_the_model(exact: PassageEncoder, tmp_path: Path) -> None:
    model = model_folder()
    write_encoder(model, tmp_path / "model.onnx", None)
    shutil.copy(model / "tokenizer.json", tmp_path)
    found = QuestionEncoder.from_card(tmp_path, {"max_tokens": 256})
    for text in PASSAGES:
        (theirs,) = exact._model.encode([text], normalize_embeddings=True)
        assert found.encode(text) @ theirs > 0.999999


def test_a_vector_does_not_depend_on_its_neighbours(encoder: OnnxPassageEncoder) -> None:
    done: list[int] = []
    together = encoder.encode([item(text) for text in PASSAGES * 3], done.append)
    assert sum(done) == len(together) == 18
    for text, vectors in zip(PASSAGES * 3, together, strict=True):
        (alone,) = encoder.encode([item(text)])
        assert np.array_equal(alone.passage, vectors.passage)
        assert np.array_equal(alone.sentences, vectors.sentences)


def test_questions_and_passages_have_the_same_encoder(
    encoder: OnnxPassageEncoder, models: Path
) -> None:
    questions = open_question_encoder(models)
    (passage,) = encoder.encode([item(PASSAGES[0])])
    assert questions.encode(PASSAGES[0]) @ passage.passage > 0.99999
    assert encoder.export(models).name == model_id()
    assert model_id().startswith(f"all-MiniLM-L6-v2-{PACKAGED_SHA256[:12]}-int8")
    assert json.loads((models / model_id() / "encoder.json").read_text())["form"] == "int8"


def test_a_processor_that_spoils_8_bits_gets_fp32(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ranges of a model that is not this one stand in for such a processor."""
    with np.load(onnx_embedding.RANGES) as ranges:
        widths = {n: ranges[n].astype(np.float32) for n in ranges.files if n != "probe"}
        wrong = {name: values[::-1] ** 4 for name, values in widths.items()}
        np.savez(tmp_path / "ranges.npz", probe=ranges["probe"], **wrong)
        probe = ranges["probe"]
    monkeypatch.setattr(onnx_embedding, "RANGES", tmp_path / "ranges.npz")
    folder = onnx_embedding.export(tmp_path / "models")
    assert json.loads((folder / "encoder.json").read_text())["form"] == "fp32"
    encoder = open_question_encoder(tmp_path / "models")
    assert encoder.encode(onnx_embedding.PROBE) @ probe > 0.999999


def test_what_is_damaged_is_written_anew(encoder: OnnxPassageEncoder, tmp_path: Path) -> None:
    folder = onnx_embedding.export(tmp_path)
    (folder / "model.onnx").write_bytes(b"short")
    onnx_embedding.export(tmp_path)
    (vectors,) = OnnxPassageEncoder.load(tmp_path).encode([item(PASSAGES[0])])
    assert np.array_equal(vectors.passage, encoder.encode([item(PASSAGES[0])])[0].passage)
    assert [path.name for path in tmp_path.iterdir()] == [model_id()]


def test_ingesting_asking_and_checking_import_no_torch(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "guide.txt").write_text("The lighthouse is 42 metres tall.")
    code = f"""
        import sys
        from pathlib import Path
        from mehealth_rag import Assistant, Settings, ingest
        flags = {{"corpus": Path({str(tmp_path / "corpus")!r}), "index": Path({str(tmp_path)!r})}}
        settings = Settings.load(flags)
        assert ingest(settings).embedded == 1
        assistant = Assistant.open(settings)
        assert assistant.ask("How tall is the lighthouse?").citations
        assert assistant.check("The lighthouse is 42 metres tall.").evidence
        heavy = {{"torch", "transformers", "sentence_transformers"}} & sys.modules.keys()
        sys.exit(f"imported {{heavy}}" if heavy else 0)
        """
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
