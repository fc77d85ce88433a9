from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from mehealth_rag.answering.reader_model import (
    CARD,
    MAX_BEFORE,
    MAX_QUESTION,
    MAX_SENTENCE,
    MODEL,
    TOKENIZER,
    Reader,
    context,
    encode,
    padded,
)
from mehealth_rag.errors import ModelError

PACKAGED = Path(str(files("mehealth_rag.answering") / "reader"))

needs_reader = pytest.mark.skipif(
    not (PACKAGED / MODEL).is_file(), reason="no reader is packaged: run training.package first"
)

HARBOUR = (
    "The harbour of Wexmoor lies at the mouth of the river Tarn.",
    "Its lighthouse, 42 metres tall, was lit for the first time in 1871.",
    "Some 300 fishing boats were registered in the town by the end of that century.",
    "The harbour was closed to trade because the river had silted up.",
    "Today Ingrid Vale is the harbour master, and her office stands on the North Pier.",
    "Visitors may climb the tower between May and September.",
)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader.load()


def pairs_of(sentences: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(context("", b), s) for b, s in zip(("", *sentences), sentences, strict=False)]


@needs_reader
@pytest.mark.parametrize(
    ("question", "right"),
    [
        ("How tall is the lighthouse?", 1),
        ("when was the lighthouse first lit", 1),
        ("How many fishing boats were there?", 2),
        ("Why was the harbour closed?", 3),
        ("who is the harbour master", 4),
    ],
)
def test_the_right_sentence_wins(reader: Reader, question: str, right: int) -> None:
    scores = reader.scores(question, pairs_of(HARBOUR))
    assert int(scores[:, 0].argmax()) == right


@needs_reader
def test_a_question_on_another_subject_scores_lower(reader: Reader) -> None:
    asked = reader.scores("Who is the harbour master?", pairs_of(HARBOUR))
    strange = reader.scores("Which enzyme splits lactose?", pairs_of(HARBOUR))
    assert strange[:, 1].max() < asked[:, 1].max()


@needs_reader
def test_scores_are_the_same_every_time_and_in_every_thread(reader: Reader) -> None:
    first = reader.scores("How tall is the lighthouse?", pairs_of(HARBOUR))
    assert first.dtype == np.float32
    assert first.shape == (len(HARBOUR), 2)
    with ThreadPoolExecutor(4) as pool:
        again = list(
            pool.map(
                lambda _: reader.scores("How tall is the lighthouse?", pairs_of(HARBOUR)),
                range(12),
            )
        )
    other = Reader.load().scores("How tall is the lighthouse?", pairs_of(HARBOUR))
    assert all(np.array_equal(first, scores) for scores in [*again, other])


@needs_reader
def test_no_pairs_give_no_scores(reader: Reader) -> None:
    assert reader.scores("Is there anything?", []).shape == (0, 2)


@needs_reader
def test_empty_and_endless_texts_are_scored(reader: Reader) -> None:
    scores = reader.scores("why " * 500, [("", ""), ("before " * 500, "word " * 500)])
    assert np.isfinite(scores).all()


@needs_reader
def test_rows_keep_to_160_word_pieces_and_mark_the_sentence() -> None:
    from tokenizers import Tokenizer

    from mehealth_rag.answering.reader_model import plain_tokenizer

    tokenizer = plain_tokenizer(Tokenizer.from_file(str(PACKAGED / TOKENIZER)))
    long, short = encode(tokenizer, "why " * 90, [("so " * 90, "it " * 200), ("", "it")])
    assert len(long.ids) == 4 + MAX_QUESTION + MAX_BEFORE + MAX_SENTENCE == 160
    assert sum(short.types) == 2  # the sentence's one piece and the mark after it
    arrays = padded([long, short])
    assert arrays["attention_mask"].sum(axis=1).tolist() == [len(long.ids), len(short.ids)]


def test_context_joins_heading_and_the_end_of_what_comes_before() -> None:
    assert context("Jobs", "We list  them:") == "Jobs: We list them:"
    assert context("", "One. ") == "One."
    assert context("Jobs", "") == "Jobs"
    assert context("", "") == ""
    assert context("", "first " + "x " * 40).count("first") == 0


@needs_reader
def test_a_model_that_is_not_the_one_of_its_card_is_refused(tmp_path: Path) -> None:
    shutil.copytree(PACKAGED, tmp_path / "reader")
    path = tmp_path / "reader" / MODEL
    path.write_bytes(path.read_bytes()[:-1] + b"\x00\x01")
    with pytest.raises(ModelError, match=r"SHA-256 .* expected") as error:
        Reader.load(tmp_path / "reader")
    assert "\n" not in str(error.value)


@needs_reader
@pytest.mark.parametrize("missing", [CARD, MODEL, TOKENIZER])
def test_a_missing_file_is_a_one_line_error(tmp_path: Path, missing: str) -> None:
    shutil.copytree(PACKAGED, tmp_path / "reader")
    (tmp_path / "reader" / missing).unlink()
    with pytest.raises(ModelError, match="reader") as error:
        Reader.load(tmp_path / "reader")
    assert "\n" not in str(error.value)


@needs_reader
def test_the_card_says_what_the_reader_was_made_of() -> None:
    card = json.loads((PACKAGED / CARD).read_text(encoding="utf-8"))
    assert {d["file"] for d in card["data"]} == {"selqa.jsonl", "qed.jsonl", "covidqa.jsonl"}
    assert all(len(d["sha256"]) == 64 for d in card["data"])
    assert card["weaknesses"]
    assert card["input"]["max_tokens"] == 160


@needs_reader
def test_the_reader_runs_without_torch() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from mehealth_rag.answering.reader_model import Reader;"
        "Reader.load().scores('why', [('', 'so')]); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
