"""The packaged model: its 8-bit vectors against the original's, its files, no torch."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import numpy_helper

from mehealth_rag.encoder.embedding import EncoderInput
from mehealth_rag.encoder.minilm import FOLDER, MODEL, MiniLM, word_pieces
from mehealth_rag.encoder.models import TorchEncoder, model_id
from mehealth_rag.encoder.shipped import CARD, TOKENIZER, file_hash
from mehealth_rag.errors import ModelError
from mehealth_rag.types import Span
from training import bases
from training import encoder as packaging
from training.graph import write_encoder

PASSAGES = [
    "The lighthouse on the North Pier is 42 metres tall. It was lit in 1871.",
    "Net revenues\t2022\t17,606\t15,785\t12,868",
    "Ünïcode — ما هي الرؤية؟ 你好 🚢",
    "",
    "What did the £3bn programme (2014–2020) pay for, and who ran it? " * 3,
    "funding " * 400,
]


def item(text: str) -> EncoderInput:
    middle = len(text) // 2
    return EncoderInput(text, (Span(0, middle), Span(middle, len(text))))


@pytest.fixture(scope="module")
def encoder() -> MiniLM:
    return MiniLM.load(threads=1)


@pytest.fixture(scope="module")
def exact() -> TorchEncoder:
    return TorchEncoder(str(bases.folder("small")))


def test_8_bit_vectors_are_nearly_the_models_own(encoder: MiniLM, exact: TorchEncoder) -> None:
    items = [item(text) for text in PASSAGES if text]
    found, expected = encoder.encode_passages(items), exact.encode_passages(items)
    for ours, theirs in zip(found, expected, strict=True):
        # One word 400 times over adds up what is rounded: 0.979 on a processor without VNNI.
        near = 0.97 if ours.truncated else 0.99
        assert ours.passage @ theirs.passage > near
        assert ((ours.sentences * theirs.sentences).sum(axis=1) > near - 0.01).all()
        assert ours.passage.dtype == ours.sentences.dtype == np.float32
        assert ours.truncated is theirs.truncated


def test_a_vector_does_not_depend_on_its_neighbours(encoder: MiniLM) -> None:
    done: list[int] = []
    together = encoder.encode_passages([item(text) for text in PASSAGES * 3], done.append)
    assert sum(done) == len(together) == 18
    for text, vectors in zip(PASSAGES * 3, together, strict=True):
        (alone,) = encoder.encode_passages([item(text)])
        assert np.array_equal(alone.passage, vectors.passage)
        assert np.array_equal(alone.sentences, vectors.sentences)


def test_a_question_is_read_as_a_passage_is(encoder: MiniLM) -> None:
    (passage,) = encoder.encode_passages([item(PASSAGES[0])])
    assert MiniLM.load().encode(PASSAGES[0]) @ passage.passage > 0.99999


def test_the_card_tells_what_the_packaged_model_is() -> None:
    card = json.loads((FOLDER / CARD).read_text(encoding="utf-8"))
    assert card == packaging.card(FOLDER / MODEL)
    # The id that indexes of earlier versions were built with: they are opened as they are.
    assert model_id() == card["id"] == "all-MiniLM-L6-v2-53aa51172d14-int8.1"


def test_one_command_makes_the_same_weights_again(tmp_path: Path) -> None:
    assert packaging.main(["--output", str(tmp_path)]) == 0
    assert file_hash(tmp_path / TOKENIZER) == file_hash(FOLDER / TOKENIZER)
    made, packaged = _weights(tmp_path / MODEL), _weights(FOLDER / MODEL)
    assert made.keys() == packaged.keys()
    for name, weights in packaged.items():
        if weights.dtype == np.int8:  # processors differ in the last bit of what is rounded here
            apart = np.abs(made[name].astype(int) - weights)
            assert apart.max() <= 1, name
            assert np.count_nonzero(apart) <= 8, name
        else:
            assert np.allclose(made[name], weights, rtol=1e-5, atol=0), name


def _weights(path: Path) -> dict[str, NDArray[Any]]:
    initializers = onnx.load(str(path)).graph.initializer
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in initializers}


def test_the_graph_in_fp32_is_the_model(exact: TorchEncoder, tmp_path: Path) -> None:
    shutil.copy(FOLDER / TOKENIZER, tmp_path)
    write_encoder(bases.folder("small"), tmp_path / MODEL, None)
    card = packaging.card(tmp_path / MODEL)
    (tmp_path / CARD).write_text(json.dumps(card), encoding="utf-8")
    whole = MiniLM.load(folder=tmp_path)
    for text in PASSAGES:
        assert whole.encode(text) @ exact.encode(text) > 0.999999


@pytest.mark.parametrize("harm", [MODEL, TOKENIZER, CARD, "bit"])
def test_what_is_missing_or_damaged_is_told_in_one_line(tmp_path: Path, harm: str) -> None:
    for name in (MODEL, TOKENIZER, CARD):
        shutil.copy(FOLDER / name, tmp_path)
    if harm == "bit":
        data = bytearray((tmp_path / MODEL).read_bytes())
        data[len(data) // 2] ^= 1
        (tmp_path / MODEL).write_bytes(data)
    else:
        (tmp_path / harm).unlink()
    with pytest.raises(ModelError, match=r"^the embedding model .*reinstall mehealth-rag$"):
        MiniLM.load(folder=tmp_path)


def test_a_tokenizer_with_other_numbers_is_refused(tmp_path: Path) -> None:
    for name in (MODEL, TOKENIZER, CARD):
        shutil.copy(FOLDER / name, tmp_path)
    tokenizer = json.loads((tmp_path / TOKENIZER).read_bytes())
    vocabulary = tokenizer["model"]["vocab"]
    vocabulary |= {"midlands": vocabulary["engine"], "engine": vocabulary["midlands"]}
    (tmp_path / TOKENIZER).write_text(json.dumps(tokenizer), encoding="utf-8")
    with pytest.raises(ModelError, match=r"SHA-256 of tokenizer.json .*: reinstall mehealth-rag$"):
        MiniLM.load(folder=tmp_path)


def test_the_vocabulary_is_the_originals() -> None:
    original = (bases.folder("small") / "vocab.txt").read_text(encoding="utf-8")
    assert set(word_pieces()) == set(original.split())


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
