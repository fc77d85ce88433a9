"""The way from written documents to a packaged reader, by the real pipeline, with one document."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import mehealth_rag.reader
from mehealth_rag.encoder.shipped import CARD
from mehealth_rag.reader.model import LOG, Reader
from mehealth_rag.reader.rows import PassageText, inputs, passage_text
from mehealth_rag.types import BlockKind, Passage, Sentence, Span
from training import bases, examples, outside, package, reader, verdicts
from training.__main__ import main as training_main
from training.batches import Epochs, Mix
from training.examples import GOLD, Example, Examples, Reading
from training.export import export, weights
from training.fit import Plan, group_loss
from training.model import read
from training.teacher import hard, losses, taught

WRITTEN = Path(__file__).parent.parent / "written"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The examples of the one document, made once."""
    folder = tmp_path_factory.mktemp("examples")
    path = folder / "examples.json"
    given = ["--written", str(WRITTEN), "--output", str(path), "--work", str(folder / "work")]
    assert examples.main(given) == 0
    return path


@pytest.fixture(scope="module")
def epochs(made: Path) -> Epochs:
    return Epochs(examples.load(made), bases.tokenizer("small"), 7)


def run(made: Path, folder: Path, *options: str) -> dict[str, Any]:
    given = ["--examples", str(made), "--output", str(folder), "--most", "12", *options]
    assert reader.main(given) == 0
    log: dict[str, Any] = json.loads((folder / reader.LOG).read_text(encoding="utf-8"))
    return log


@pytest.fixture(scope="module")
def trained(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    log = run(made, folder)
    assert log["steps"] == log["planned"] == 1
    return folder


def gold_of(made: Examples, question: str) -> set[str]:
    (example,) = (e for e in made.examples if e.text == question)
    return {
        sentence
        for r in example.readings
        for sentence, label in zip(made.passages[r.passage].sentences, r.labels, strict=True)
        if label == GOLD
    }


def test_gold_sentences_are_found_again_in_what_was_read(made: Path) -> None:
    found = examples.load(made)
    assert gold_of(found, "how many passengers a year") == {
        "About 310,000 people cross each year, a third of them in July and August."
    }
    assert {s.split()[0] for s in gold_of(found, "which boat has more seats")} == {
        "Petrel", "Guillemot",
    }  # fmt: skip
    listed = gold_of(found, "What can I take along for nothing?")
    assert {"We carry free of charge:", "- bicycles", "- dogs on a lead"} <= listed


def test_a_question_that_nothing_answers_has_no_gold_and_its_tempting_passage(made: Path) -> None:
    found = examples.load(made)
    (example,) = (e for e in found.examples if e.text == "What does a single ticket cost?")
    assert not example.answerable
    assert all(label != GOLD for r in example.readings for label in r.labels)
    texts = [" ".join(found.passages[r.passage].sentences) for r in example.readings]
    assert any("A return ticket costs £12" in text for text in texts)


def test_a_follow_up_is_read_with_its_turns(epochs: Epochs) -> None:
    (with_turns,) = (g for e, g in epochs.questions() if e.text == "And for a child?")
    alone = epochs.draw(0, Mix(turns=False))
    assert with_turns.rows[0].asked > max(g.rows[0].asked for g in alone if not g.twins) - 20
    words = bases.tokenizer("small").decode(with_turns.rows[0].ids[: with_turns.rows[0].asked])
    assert "what does a return cost" in words


def test_gold_sentences_are_read_as_statements(epochs: Epochs) -> None:
    none = Mix(questions=0.0, statements=0.0, twins=0.0, answers=0.0)
    assert epochs.draw(0, none) == []
    copies = epochs.draw(0, replace(none, copied=1.0))
    assert {g.targets[0].verdict for g in copies} == {"supported"}
    assert {g.targets[1].verdict for g in copies if g.twins} <= {"contradicted", "not_supported"}
    assert all(GOLD in g.targets[0].labels for g in copies)


def test_facts_that_phrases_tell_are_asked_and_stated(made: Path) -> None:
    given = examples.load(made)
    told = "The Trust owns two old car ferries and a new £4 million dry dock."
    place = given.examples[0].readings[0].passage
    first = given.passages[place]
    given.passages[place] = replace(first, sentences=(told, *first.sentences[1:]))
    tokenizer = bases.tokenizer("small")
    mix = Mix(questions=0.0, statements=0.0, twins=0.0, answers=0.0, facts=1.0)
    found = Epochs(given, tokenizer, 7)
    groups = [g for n in range(6) for g in found.draw(n, mix)]
    asked = [g for g in groups if not g.of_statement and GOLD in g.targets[0].labels]
    words = " ".join(tokenizer.decode(g.rows[0].ids[: g.rows[0].asked]) for g in asked)
    assert "car ferries" in words
    assert "dry dock" in words
    assert all(g.targets[0].labels[0] == GOLD for g in asked)
    assert all(GOLD not in t.labels for g in asked for t in g.targets[1:])
    stated = [g for g in groups if g.of_statement]
    assert {g.targets[0].verdict for g in stated} == {"supported"}
    assert {g.targets[1].verdict for g in stated} == {"contradicted"}


def test_a_question_for_yes_or_no_is_read_as_a_statement(made: Path) -> None:
    given = examples.load(made)
    (answer,) = (e for e in given.examples if e.text == "Mary Anning founded it.")
    question = "Was it Mary Anning who founded the ferry?"
    tokenizer = bases.tokenizer("small")
    for text, verdict in (("Yes, she did.", "supported"), ("No, her son.", "contradicted")):
        asked = replace(answer, text=text, question=question)
        found = Epochs(Examples(given.passages, [asked]), tokenizer, 7)
        (group,) = found.draw(0, Mix(answers=0.0, asked=1.0))
        assert group.targets[0].verdict == verdict
        assert question.lower() in tokenizer.decode(group.rows[0].ids[: group.rows[0].asked]) + "?"


def test_documents_are_set_as_pdf_and_word_too(tmp_path: Path) -> None:
    from mehealth_eval.written_data import SentenceFinder, load_document
    from mehealth_rag.reading import read_document
    from mehealth_rag.types import Source
    from training.typesetting import set_document

    document = load_document(WRITTEN / "islands.txt")
    for form in ("md", "pdf", "docx"):
        path = set_document(document, form, tmp_path)
        pages = read_document(Source("islands", "Islands", "report", form, path=path)).pages
        assert SentenceFinder(document, [p.text for p in pages]).lost == [], form


def test_a_trained_model_is_packaged_and_reads_alike(
    made: Path, epochs: Epochs, trained: Path, tmp_path: Path
) -> None:
    given = ["--run", str(trained), "--development", str(made), "--output", str(tmp_path)]
    assert package.main(given) == 0
    card = json.loads((tmp_path / CARD).read_text(encoding="utf-8"))
    assert card["data"] == json.loads((tmp_path / LOG).read_text(encoding="utf-8"))["examples"]
    assert set(card["calibration"]) == {"sentence", "passage", "limits", "right"}
    packaged = Reader.load(tmp_path)
    model = reader.trained(trained)
    passages = examples.load(made).passages
    own, other = [], []
    for example, group in epochs.questions():
        with torch.no_grad():
            (outputs,) = read(model, group.rows[:1])
        own.append(float(outputs.passage[0]))
        text = passages[example.readings[0].passage]
        (reading,) = packaged.read(example.text, [(q, a) for q, a in example.history], [text])
        other.append(reading.answers)
    # Calibrating what has learnt next to nothing may turn the order round; it keeps it otherwise.
    ranks = [np.argsort(np.argsort(values)) for values in (own, other)]
    assert abs(np.corrcoef(*ranks)[0, 1]) > 0.9


@pytest.mark.parametrize("kept", ["floats", "integers"])
def test_training_goes_on_from_what_is_packaged(
    made: Path, epochs: Epochs, trained: Path, tmp_path: Path, kept: str
) -> None:
    model = reader.trained(trained)
    with torch.no_grad():  # after one step these are still as in the other head: kept only once
        model.evidence.near += 0.5
        model.evidence.level += 0.5
    _, group = next(epochs.questions())
    export(model, bases.tokenizer("small"), group.rows[0], tmp_path / kept, kept)
    found = weights(tmp_path / kept)
    own = model.state_dict()
    assert set(found) == set(own)
    for name, weight in found.items():
        step = own[name].abs().max() / (63 if kept == "integers" else 127)
        assert (weight - own[name]).abs().max() <= 0.51 * step, name
    shutil.copy(trained / LOG, tmp_path / kept / LOG)
    log = run(made, tmp_path / "run", "--first", str(tmp_path / kept))
    assert log["first"] == kept
    assert [earlier["steps"] for earlier in log["before"]] == [1]


def test_a_run_that_was_cut_short_goes_on_where_it_stopped(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = {"groups_at_once": 4, "every": 1}
    monkeypatch.setattr(reader, "Plan", lambda **given: Plan(**(given | small)))
    whole = run(made, tmp_path / "whole")
    assert whole["steps"] == 3
    real, saved = torch.save, []

    def stops(state: object, path: Path) -> None:
        real(state, path)
        saved.append(path)
        if len(saved) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(torch, "save", stops)
    with pytest.raises(KeyboardInterrupt):
        run(made, tmp_path / "cut")
    monkeypatch.setattr(torch, "save", real)
    (tmp_path / "cut" / "checkpoint.new").replace(tmp_path / "cut" / reader.CHECKPOINT)
    resumed = run(made, tmp_path / "cut")
    assert resumed["steps"] == resumed["planned"] == 3
    one, two = ([e["loss"] for e in log["entries"]] for log in (whole, resumed))
    assert one == pytest.approx(two, rel=1e-3)  # the third step follows on the first two


def test_a_lie_that_is_carried_more_than_the_truth_costs_more(epochs: Epochs) -> None:
    twins = [g for g in epochs.draw(0, Mix(questions=0.0, answers=0.0)) if g.twins]
    assert len(twins) >= 2
    model = reader.ReaderModel(bases.folder("small")).eval()
    with torch.no_grad():
        outputs = read(model, twins[0].rows)
    for output, logit in zip(outputs, (3.0, -3.0), strict=True):
        output.verdict[:, 0], output.verdict[:, 1:] = logit, 0.0
    right = group_loss(outputs, twins[0], Plan())
    assert right < group_loss(outputs[::-1], twins[0], Plan())


def test_a_teacher_is_agreed_with_the_more_the_less_it_costs(made: Path) -> None:
    found = examples.load(made)
    teacher = Reader.load("large")
    own, its = (
        Epochs(found, pieces, 7).draw(0, Mix())
        for pieces in (bases.tokenizer("small"), teacher.tokenizer)
    )
    groups = list(taught(own, its, teacher))
    assert [g.rows for g in groups] == [g.rows for g in own]
    plan = Plan(taught_share=1.0)
    for group in (groups[0], next(g for g in groups if g.twins)):
        with torch.no_grad():
            outputs = read(reader.ReaderModel(bases.folder("small")).eval(), group.rows)
        far = group_loss(outputs, group, plan)
        said = [t.taught for t in group.targets if t.taught is not None]
        for output, its_own in zip(outputs, said, strict=True):
            output.answers[0, : len(its_own.answers)] = torch.tensor(its_own.answers)
            output.evidence[0, : len(its_own.evidence)] = torch.tensor(its_own.evidence)
            output.passage[0], output.verdict[0] = its_own.passage, torch.tensor(its_own.verdict)
        assert group_loss(outputs, group, plan) < far


def test_a_small_reader_is_taught_by_the_large_one(made: Path, tmp_path: Path) -> None:
    large = Path(mehealth_rag.reader.__file__).parent / "large"
    log = run(made, tmp_path / "run", "--teacher", str(large))
    assert log["teacher"] == "large"


def test_a_question_is_put_to_another_document_for_the_teacher_to_judge() -> None:
    texts = (
        ("A return ticket costs £12.",),
        ("A single ticket costs £3.", "It rains."),
        ("Visitors leave at eight.", "The café shuts at six."),
    )
    asked = [
        Example("q:figure", f"d{n}", "md", "What does a return ticket cost?", [Reading(n, [GOLD])])
        for n in range(len(texts))
    ]
    made = Examples([PassageText("", sentences) for sentences in texts], asked)
    teacher = Reader.load("large")
    own, its = (
        Epochs(made, pieces, 7).draw(0, Mix(questions=0.0, unlabelled=1.0))
        for pieces in (bases.tokenizer("small"), teacher.tokenizer)
    )
    foreign = next(g for g in own if [len(row.bounds) for row in g.rows] == [2, 2])
    (judged,) = taught([foreign], [its[own.index(foreign)]], teacher)
    with torch.no_grad():
        outputs = read(reader.ReaderModel(bases.folder("small")).eval(), judged.rows)
    costs = {float(group_loss(outputs, judged, Plan(taught_share=s))) for s in (0.0, 0.5, 1.0)}
    assert len(costs) == 1  # nothing is known of it but what the teacher says
    labels = tuple(replace(t, labels=(0, 0)) for t in judged.targets)
    known = replace(judged, targets=labels, labelled=True)
    assert float(group_loss(outputs, known, Plan(taught_share=0.5))) not in costs


def test_what_a_reader_finds_hard_is_drawn_more_often(epochs: Epochs) -> None:
    reader_ = Reader.load("small")
    groups = epochs.draw(0, Mix(copied=1.0))
    cost = dict(zip(map(id, groups), losses(groups, reader_, Plan()), strict=True))
    kept = hard(groups, 0.4, reader_, Plan())
    assert len(kept) == pytest.approx(0.4 * len(groups), abs=1)
    mean = sum(cost.values()) / len(cost)
    assert sum(cost[id(g)] for g in kept) / len(kept) > mean


def test_a_share_of_the_documents_is_the_same_each_time() -> None:
    many = Examples([], [Example("q:figure", f"d{n}", "md", "?", []) for n in range(10)])
    half = reader.some(many, 0.5)
    assert len(half.examples) == 5
    assert half == reader.some(many, 0.5)


@pytest.mark.parametrize("form", bases.FORMS)
def test_one_command_does_what_is_not_done_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    steps: list[tuple[str, list[str]]] = []

    def step(name: str, arguments: list[str]) -> int:
        steps.append((name, arguments))
        if name == "examples":
            Path(arguments[arguments.index("--output") + 1]).touch()
        if name == "reader":
            reader.options_of(arguments).output.mkdir(parents=True)
        return 0

    for module in (examples, reader, package, verdicts):
        monkeypatch.setattr(module, "main", partial(step, module.__name__.split(".")[-1]))
    command = ["--form", form, "--run", str(tmp_path)]
    assert training_main(command) == 0
    assert [name for name, _ in steps] == [
        *["examples"] * 2,
        *["reader"] * 2,
        "package",
        "verdicts",
    ]
    assert reader.options_of(steps[3][1]).first == tmp_path / form / "first"
    (tmp_path / form / "second" / "done").unlink()
    (tmp_path / form / "second").rmdir()
    assert training_main(command) == 0
    assert [name for name, _ in steps[6:]] == ["reader", "package", "verdicts"]


def test_other_peoples_sets_become_examples(tmp_path: Path) -> None:
    rows = [
        {"source": "selqa", "question": f"When was the bridge of {town} opened?", "answers": [1],
         "sentences": [f"{town} is small.", f"Its bridge was opened in {year}.", f"{town} is wet."]}
        for town, year in (("Alford", 1871), ("Brigg", 1902))
    ]  # fmt: skip
    for name in ("selqa", "qed", "covidqa"):
        lines = map(json.dumps, rows if name == "selqa" else [])
        (tmp_path / f"{name}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    output = tmp_path / "outside.json"
    assert outside.main(["--data", str(tmp_path), "--output", str(output)]) == 0
    found = examples.load(output)
    assert gold_of(found, "When was the bridge of Brigg opened?") == {
        "Its bridge was opened in 1902."
    }
    assert len(found.examples[0].readings) == 2  # the other town's passage shares the words


def test_rows_hold_the_heading_and_a_mean_for_each_sentence() -> None:
    text = "Fares\nA return costs £12. It rains."
    spans = (Span(0, 5), Span(6, 25), Span(26, 35))
    kinds = (BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.PARAGRAPH)
    sentences = tuple(Sentence(s, k) for s, k in zip(spans, kinds, strict=True))
    passage = Passage("p", "d", "Ferry", 1, "1", ("Fares",), Span(0, 35), text, sentences)
    shown = passage_text(passage)
    assert shown.context == "Ferry > Fares"
    assert shown.sentences == ("A return costs £12.", "It rains.")
    from mehealth_rag.reader.rows import question_row

    row = question_row(bases.tokenizer("small"), "how much", (), shown)
    arrays = inputs([row])
    np.testing.assert_allclose(arrays["pool"].sum(-1), [[1.0, 1.0]])
    np.testing.assert_allclose(arrays["asked"].sum(), 1.0)
