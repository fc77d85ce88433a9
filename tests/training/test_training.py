"""The way from question sets to a packaged reader, with a small model and small sets."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mehealth_rag.answering.reader_model import CARD, Reader, padded
from training import augment, data, lists, package, reader
from training.fit import encoded

TOWNS = "Alford Brigg Caistor Derby Epworth Frome Goole Hythe Ilford Jarrow Kendal Louth".split()
THINGS = "bridge tower market station harbour library garden museum theatre canal".split()


def write_sets(folder: Path) -> None:
    """Questions on made-up towns, a hundred and twenty of them over the three sets."""
    folder.mkdir()
    rows: dict[str, list[str]] = {name: [] for name in data.SETS}
    for number, town in enumerate(TOWNS):
        for place, thing in enumerate(THINGS):
            sentences = [f"The {t} of {town} was opened in {1800 + 3 * number + i}." for i, t in
                         enumerate(THINGS)]  # fmt: skip
            sentences.insert(0, f"{town} number {place} is a town that is known for its {thing}.")
            name = data.SETS[(number + place) % 3]
            question = f"When was the {thing} of {town} opened?"
            row = {"source": name, "question": question, "sentences": sentences,
                   "answers": [place + 1]}  # fmt: skip
            rows[name].append(json.dumps(row))
    for name, lines in rows.items():
        data.set_path(folder, name).write_text("\n".join(lines), encoding="utf-8")


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("training") / "reader"
    write_sets(folder)
    return folder


def train(sets: Path, run: Path, *options: str) -> dict[str, object]:
    given = ["--data", str(sets), "--output", str(run), "--layers", "1", "--epochs", "1", *options]
    assert reader.main(given) == 0
    log: dict[str, object] = json.loads((run / "log.json").read_text(encoding="utf-8"))
    return log


@pytest.mark.slow
def test_a_run_is_packaged_and_can_be_done_again(sets: Path, tmp_path: Path) -> None:
    first = train(sets, tmp_path / "one")
    again = train(sets, tmp_path / "two")
    figures = [[{k: v for k, v in e.items() if k != "minutes"} for e in log["entries"]]  # type: ignore[attr-defined]
               for log in (first, again)]  # fmt: skip
    assert figures[0] == figures[1]
    assert first["data"] == data.hashes(sets)

    output = tmp_path / "packaged"
    given = ["--data", str(sets), "--run", str(tmp_path / "one"), "--output", str(output)]
    assert package.main(given) == 0
    scores = Reader.load(output).scores("When was it opened?", [("", "In 1871."), ("", "Why?")])
    assert scores.shape == (2, 2)
    assert np.isfinite(scores).all()
    card = json.loads((output / CARD).read_text(encoding="utf-8"))
    assert {d["sha256"] for d in card["data"]} == set(data.hashes(sets).values())
    assert card["method"]["runs"][0]["steps"] == first["steps"]
    assert json.loads((output / package.LOG).read_text(encoding="utf-8")) == [first]


@pytest.mark.slow
def test_the_mean_of_two_runs_is_packaged(sets: Path, tmp_path: Path) -> None:
    runs = [tmp_path / "one", tmp_path / "two"]
    for rate, run in zip(("8e-5", "8e-4"), runs, strict=True):
        train(sets, run, "--rate", rate)
    one, two = (reader.trained(run).state_dict() for run in runs)
    mean = package.averaged([reader.trained(run) for run in runs]).state_dict()
    assert not np.allclose(one["mix.weight"], two["mix.weight"])
    np.testing.assert_allclose(mean["mix.weight"], (one["mix.weight"] + two["mix.weight"]) / 2)


@pytest.mark.slow
def test_a_run_goes_on_from_the_mean_of_others(sets: Path, tmp_path: Path) -> None:
    runs = [tmp_path / "one", tmp_path / "two"]
    for rate, run in zip(("8e-5", "8e-4"), runs, strict=True):
        train(sets, run, "--rate", rate)
    first = [word for run in runs for word in ("--first", str(run))]
    last = tmp_path / "last"
    log = train(sets, last, *first, "--rate", "0", "--lists", "near-misses", "--after", "1")
    name = "encoder.encoder.layer.0.attention.self.query.weight"
    mean = package.averaged([reader.trained(run) for run in runs]).state_dict()[name]
    np.testing.assert_allclose(reader.trained(last).state_dict()[name], mean, rtol=1e-5)

    output = tmp_path / "packaged"
    earlier = [word for run in runs for word in ("--earlier", str(run))]
    given = ["--data", str(sets), *earlier, "--run", str(last), "--output", str(output)]
    assert package.main(given) == 0
    method = json.loads((output / CARD).read_text(encoding="utf-8"))["method"]
    assert [r["earlier"] for r in method["runs"]] == [True, True, False]
    assert [r["lists"] for r in method["runs"]] == ["plain", "plain", "near-misses"]
    assert json.loads((output / package.LOG).read_text(encoding="utf-8"))[2] == log


@pytest.mark.slow
def test_a_smaller_model_learns_from_a_trained_one(sets: Path, tmp_path: Path) -> None:
    train(sets, tmp_path / "one", "--layers", "2")
    alone = train(sets, tmp_path / "two")
    taught = train(sets, tmp_path / "three", "--teacher", str(tmp_path / "one"))
    losses = [log["entries"][-1]["loss"] for log in (alone, taught)]  # type: ignore[index]
    assert losses[0] != losses[1]
    assert reader.trained(tmp_path / "three").shape.layers == 1


@pytest.mark.slow
def test_smoothing_changes_no_score(sets: Path, tmp_path: Path) -> None:
    import onnxruntime

    from training.export import _trace
    from training.smoothing import smooth

    train(sets, tmp_path / "run")
    made = lists.build(*[data.load(sets)[:6]] * 2, data.SEED)
    probes = [padded(e.rows) for e in encoded(reader.packaged_tokenizer(), made)]
    plain, even = tmp_path / "plain.onnx", tmp_path / "even.onnx"
    rows = encoded(reader.packaged_tokenizer(), made)[0].rows
    _trace(reader.trained(tmp_path / "run"), rows, plain)
    smooth(plain, probes, even)
    ours, theirs = (
        onnxruntime.InferenceSession(str(path)).run(None, probes[0])[0] for path in (even, plain)
    )
    assert even.read_bytes() != plain.read_bytes()
    np.testing.assert_allclose(ours, theirs, atol=1e-3)


@pytest.mark.slow
def test_a_run_that_was_cut_short_goes_on(sets: Path, tmp_path: Path) -> None:
    short = train(sets, tmp_path / "run", "--minutes", "0.004")
    whole = train(sets, tmp_path / "run", "--resume")
    assert 0 < int(str(short["steps"])) < int(str(whole["steps"])) == whole["planned"]


def test_questions_of_one_passage_are_not_divided(sets: Path) -> None:
    trained, held_out = data.divide(data.load(sets), data.SEED)
    assert trained
    assert held_out
    assert not {i.sentences for i in trained} & {i.sentences for i in held_out}


def test_what_is_unseen_shares_no_sentence_with_what_is_trained_on(sets: Path) -> None:
    trained, _ = data.divide(data.load(sets), data.SEED)
    known = {s for item in trained for s in item.sentences}
    for item in data.unseen(sets, data.SETS, data.SEED):
        assert known.isdisjoint(item.sentences)


def test_lists_hold_the_right_sentence_or_none(sets: Path) -> None:
    items, _ = data.divide(data.load(sets), data.SEED)
    made = lists.build(items, items, data.SEED)
    declined = [e for e in made if not e.right]
    assert 0.2 < len(declined) / len(made) < 0.5
    assert all(len(e.pairs) <= lists.CANDIDATES for e in made)
    assert made == lists.build(items, items, data.SEED)


def test_lists_may_be_longer(sets: Path) -> None:
    items, _ = data.divide(data.load(sets), data.SEED)
    made = lists.build(items, items, data.SEED, 12)
    assert max(len(e.pairs) for e in made) == 12
    for item in made:
        assert len(set(item.pairs)) == len(item.pairs)


def test_near_misses_lose_what_answers(sets: Path) -> None:
    items, _ = data.divide(data.load(sets), data.SEED)
    made = lists.build(items, items, data.SEED, mix=lists.MIXES["near-misses"])
    assert 0.3 < sum(not e.right for e in made) / len(made) < 0.6
    cut = {t for e in made for _, t in e.pairs if t.rstrip(".").endswith("was opened")}
    assert cut
    assert not any(t in cut for e in made for t in (e.pairs[i][1] for i in e.right))


def test_some_passages_are_written_as_lists(sets: Path) -> None:
    items, _ = data.divide(data.load(sets), data.SEED)
    texts = [text for e in lists.build(items, items, data.SEED) for _, text in e.pairs]
    marked = [t for t in texts if t[0] in "•-–*▪"]
    assert 0.03 < len(marked) / len(texts) < 0.3
    assert not any(t.endswith(".") for t in marked)


def test_each_epoch_takes_other_medical_questions(sets: Path) -> None:
    first, second = (reader.training_items(sets, data.SEED, epoch)[0] for epoch in (0, 1))
    medical = [{i.question for i in e if i.source == "covidqa"} for e in (first, second)]
    assert medical[0]
    assert medical[0].isdisjoint(medical[1])


def test_a_question_about_another_year_keeps_its_words() -> None:
    import random

    changed = augment.about_another("Who won in 1998?", [], random.Random(1))
    assert changed is not None
    assert changed != "Who won in 1998?"
    assert changed.startswith("Who won in ")
