"""The packaged reader of passages, as it ships."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest

from mehealth_rag.encoder.shipped import CARD, TOKENIZER, file_hash
from mehealth_rag.errors import ModelError
from mehealth_rag.followups import questions_only
from mehealth_rag.guard.case import Case
from mehealth_rag.guard.verdict import weigh
from mehealth_rag.reader.choice import choose
from mehealth_rag.reader.model import (
    DEFAULT_FORM,
    FORMS,
    LOG,
    MODEL,
    Limits,
    PassageReading,
    Reader,
)
from mehealth_rag.reader.rows import MAX_ROW, PassageText
from mehealth_rag.settings import Settings
from mehealth_rag.wiring import open_reader

READERS = Path(str(files("mehealth_rag.reader")))
PACKAGED = READERS / "small"

HARBOUR = PassageText(
    "A guide to Wexmoor > The harbour",
    (
        "The harbour of Wexmoor lies at the mouth of the river Tarn.",
        "Its lighthouse, 42 metres tall, was lit for the first time in 1871.",
        "Some 300 fishing boats were registered in the town by the end of that century.",
        "The harbour was closed to trade because the river had silted up.",
        "Today Ingrid Vale is the harbour master, and her office stands on the North Pier.",
    ),
)
FARES = PassageText(
    "A guide to Wexmoor > The ferry > What it costs",
    (
        "A return ticket is £12 for adults.",
        "Children under 14 pay £5.",
        "We carry free of charge:",
        "bicycles",
        "prams",
        "dogs on a lead",
    ),
)


@pytest.fixture(scope="module", params=FORMS)
def reader(request: pytest.FixtureRequest) -> Reader:
    return Reader.load(request.param)


def best(reading: PassageReading) -> int:
    return max(range(len(reading.sentences)), key=lambda n: reading.sentences[n])


@pytest.mark.parametrize(
    ("question", "right"),
    [
        ("How tall is the lighthouse?", 1),
        ("when was the lighthouse first lit", 1),
        ("number of fishing boats?", 2),
        ("Why was the harbour closed?", 3),
        ("who is in charge of the harbour", 4),
    ],
)
def test_the_right_sentence_is_found(reader: Reader, question: str, right: int) -> None:
    harbour, fares = reader.read(question, (), [HARBOUR, FARES])
    assert best(harbour) == right
    assert harbour.answers > fares.answers


def test_another_subject_is_not_answered(reader: Reader) -> None:
    readings = reader.read("Which enzyme splits lactose?", (), [HARBOUR, FARES])
    assert max(r.answers for r in readings) < 0.3
    assert choose(readings, reader.limits).sentences == ()


def test_the_passage_that_answers_is_told_from_its_neighbour(reader: Reader) -> None:
    harbour, fares = reader.read("What does a child pay?", (), [HARBOUR, FARES])
    assert fares.answers > harbour.answers
    assert best(fares) == 1


def test_turns_are_read(reader: Reader) -> None:
    turns = questions_only([("What does a return ticket cost?", "£12 for adults.")])
    (alone,) = reader.read("And for children?", (), [HARBOUR])
    (followed,) = reader.read("And for children?", turns, [FARES])
    ranked = sorted(range(len(followed.sentences)), key=lambda n: -followed.sentences[n])
    assert 1 in ranked[:2]  # the small form tells the fare that was asked for before as well
    assert followed.answers > alone.answers


def test_a_passage_is_read_the_same_whatever_else_is(reader: Reader) -> None:
    question = "How tall is the lighthouse?"
    (alone,) = reader.read(question, (), [HARBOUR])
    with ThreadPoolExecutor(4) as pool:
        both = list(
            pool.map(lambda _: reader.read(question, (), [FARES, HARBOUR, FARES]), range(8))
        )
    assert all(readings[1] == alone for readings in both)


def test_a_true_statement_is_carried_more_than_its_lie(reader: Reader) -> None:
    true, lie, strange = (
        weigh(reader, Case(statement, [HARBOUR, FARES]))
        for statement in (
            "Adults pay £12 for a return ticket.",
            "Adults pay £21 for a return ticket.",
            "Lactose is split by an enzyme.",
        )
    )
    judged = true.judgement
    assert judged.carried > lie.read.carried
    assert lie.judgement.carried == 0
    assert judged.carried > strange.judgement.carried
    assert reader.limits.verdict(strange.judgement) == "not_found"
    assert true.quotes[0] == (1, 0)
    assert judged.carried + judged.denied + judged.untold == pytest.approx(1.0)


def test_a_passage_too_long_for_a_row_keeps_a_place_for_each_sentence(reader: Reader) -> None:
    long = PassageText("", ("a word " * 60,) * 10)
    (reading,) = reader.read("Why?", (), [long])
    assert len(reading.sentences) == 10
    assert reading.sentences[-1] < 0.01
    assert MAX_ROW < 10 * 120


def test_nothing_is_read_of_nothing(reader: Reader) -> None:
    assert reader.read("Why?", (), []) == []
    assert choose([], Limits()).sentences == ()


def test_sentences_are_chosen_by_the_limits() -> None:
    readings = [PassageReading(0.9, (0.1, 0.8, 0.7)), PassageReading(0.2, (0.9, 0.0, 0.0))]
    limits = Limits(answer=0.5, sentence=0.4, near=0.45, by_rank=0.0)
    chosen = choose(readings, limits)
    # The other passage's best scores √(0.2 · 0.9), just enough; its order is that of reading.
    assert [(c.passage, c.sentence) for c in chosen.sentences] == [(0, 1), (0, 2), (1, 0)]
    assert choose(readings, replace(limits, answer=0.999)).sentences == ()
    assert len(choose(readings, replace(limits, most=1)).sentences) == 1
    assert choose(readings, replace(limits, answer=0.999)).best == chosen.best
    by_rank = choose(readings, replace(limits, by_rank=1.0))
    assert [(c.passage, c.sentence) for c in by_rank.sentences] == [(0, 1), (0, 2)]


def test_two_sentences_that_may_answer_are_likelier_to_than_one() -> None:
    limits = Limits(answer=0.7, sentence=0.4)
    one, both = PassageReading(0.9, (0.5, 0.0)), PassageReading(0.9, (0.5, 0.5))
    assert choose([one], limits).sentences == ()
    assert choose([both], limits).answerable == pytest.approx((0.9 * 0.75) ** 0.5)
    assert len(choose([both], limits).sentences) == 2


def test_the_likeliest_passage_decides_whether_to_answer() -> None:
    weak, strong = PassageReading(0.05, (0.4, 0.4, 0.4)), PassageReading(0.8, (0.3, 0.0))
    limits = Limits(answer=0.3, sentence=0.1, by_rank=0.0)
    assert choose([weak] * 12, limits).sentences == ()
    assert choose([weak, strong], limits).answerable == pytest.approx((0.8 * 0.3) ** 0.5)
    assert choose([], limits).answerable == 0


@pytest.mark.parametrize("name", [MODEL, TOKENIZER])
def test_another_file_than_the_card_describes_is_refused(tmp_path: Path, name: str) -> None:
    shutil.copytree(PACKAGED, tmp_path / "reader")
    with (tmp_path / "reader" / name).open("ab") as stream:
        stream.write(b"\n")
    with pytest.raises(ModelError, match="SHA-256") as error:
        Reader.load(tmp_path / "reader")
    assert "MEHEALTH_READER" in str(error.value)


@pytest.mark.parametrize("missing", [MODEL, CARD, TOKENIZER])
def test_a_missing_file_is_told_in_one_line(tmp_path: Path, missing: str) -> None:
    shutil.copytree(PACKAGED, tmp_path / "reader")
    (tmp_path / "reader" / missing).unlink()
    with pytest.raises(ModelError) as error:
        Reader.load(tmp_path / "reader")
    assert len(str(error.value).splitlines()) == 1


def test_the_setting_names_a_form_or_a_folder(tmp_path: Path) -> None:
    assert open_reader(Settings()).name == DEFAULT_FORM
    shutil.copytree(PACKAGED, tmp_path / "mine")
    assert open_reader(Settings(reader=str(tmp_path / "mine"))).name == "small"
    with pytest.raises(ModelError, match="small, large"):
        open_reader(Settings(reader="nowhere"))


@pytest.mark.parametrize("form", FORMS)
def test_card_and_log_tell_what_it_was_made_of(form: str) -> None:
    folder = READERS / form
    card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    assert card["name"] == form
    assert card["sha256"] == file_hash(folder / MODEL)
    assert card["tokenizer_sha256"] == file_hash(folder / TOKENIZER)
    assert card["bytes"] == (folder / MODEL).stat().st_size < 90_000_000
    assert {"data", "method", "licence", "figures", "weaknesses", "calibration"} <= set(card)
    log = json.loads((folder / LOG).read_text(encoding="utf-8"))
    assert log["steps"] == log["planned"]
