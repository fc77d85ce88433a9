"""Measuring on written documents: what is read, what counts as right, and the command."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from mehealth_eval import written_check
from mehealth_eval.questions import QuestionFileError
from mehealth_eval.terminal import show_written
from mehealth_eval.written_data import (
    SentenceFinder,
    WrittenQuestion,
    load_document,
    load_documents,
    markdown,
    sampled,
)
from mehealth_eval.written_scores import Answered, Judged, JudgedTwin, figures, quoted_ids
from mehealth_rag.types import Span
from tests.conftest import Run

ROOT = Path(__file__).parent.parent.parent
WRITTEN = ROOT / "tests" / "written"
FOLDERS = [ROOT / "training/written", *(ROOT / "eval/written").glob("*/")]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda f: f.name)
def test_our_documents_pass_their_check(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert written_check.main([str(folder)]) == 0, capsys.readouterr().out
    assert all(d.twins for d in load_documents(folder))


def test_a_document_is_set_page_by_page() -> None:
    document = load_document(WRITTEN / "islands.txt")
    first, second = markdown(document).split("\f")
    assert first.startswith("# The ferry to Gull Island\n\nThe ferry to Gull Island is run")
    assert "| Boat | Built | Seats |\n| --- | --- | --- |\n| Petrel | 1998 | 240 |" in first
    assert "We carry free of charge:\n\n- bicycles\n- prams" in second


def test_sentences_are_found_whatever_stands_between_their_letters() -> None:
    document = load_document(WRITTEN / "islands.txt")
    page = "Boat\tBuilt\tSeats\nPet-\nrel 1998   240"
    finder = SentenceFinder(document, [page, ""])
    start = page.index("Pet")
    assert finder.main(1, Span(start, len(page))) == {"s5"}
    assert finder.shares(1, Span(start, start + 8)) == {"s5": pytest.approx(6 / 13)}
    assert "s1" in finder.lost


def test_a_wrong_line_is_told_with_its_place(tmp_path: Path) -> None:
    shutil.copytree(WRITTEN, tmp_path / "written")
    path = tmp_path / "written" / "islands.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*lines, '{"t":"q","q":"Why?"}']), encoding="utf-8")
    with pytest.raises(QuestionFileError, match=rf"islands.jsonl:{len(lines) + 1}: .*kind"):
        load_documents(tmp_path / "written")
    for line, problem in (
        ('{"t":"q","q":"Why?","kind":"why-how","gold":["s99"],"a":"So."}', "no sentence s99"),
        ('{"t":"q","q":"Why?","kind":"why-how","gold":[]}', "why-how needs gold"),
        ('{"t":"q","q":"Why?","kind":"near-miss","gold":["s1"]}', "near-miss has no gold"),
        ('{"t":"q","q":"Why?","kind":"follow-up","gold":["s1"]}', "a follow-up has turns"),
        ('{"t":"c","c":"It is so.","v":"supported"}', "no gold only with not_found"),
    ):
        path.write_text(line, encoding="utf-8")
        with pytest.raises(QuestionFileError, match=problem):
            load_documents(tmp_path / "written")
    with pytest.raises(QuestionFileError, match=r"holds no NAME\.txt"):
        load_documents(tmp_path)


def asked(gold: tuple[str, ...], **more: object) -> WrittenQuestion:
    return WrittenQuestion.model_validate(
        {"q": "Which?", "kind": "list" if gold else "near-miss", "gold": gold, **more}
    )


@pytest.mark.parametrize(
    ("quoted", "right"),
    [
        ({"s1", "s2"}, True),
        ({"s1"}, False),
        ({"s1", "s2", "s3"}, True),  # harmless
        ({"s1", "s2", "s8", "s9"}, True),  # two others at the most
        ({"s1", "s2", "s7", "s8", "s9"}, False),
        ({"s5"}, True),  # an alternative, whole
        (set(), False),
    ],
)
def test_evidence_holds_all_gold_and_little_besides(quoted: set[str], right: bool) -> None:
    question = asked(("s1", "s2"), ok=["s3"], **{"or": [["s5"]]})
    assert Answered(question, frozenset(quoted)).right is right


def test_what_is_not_told_is_to_be_declined_and_what_fails_is_wrong() -> None:
    assert Answered(asked(()), frozenset()).right
    assert not Answered(asked(()), frozenset({"s1"})).right
    assert not Answered(asked(()), frozenset(), failed=True).right


def test_a_sentence_counts_from_sixty_percent_of_it_on() -> None:
    assert quoted_ids([{"s1": 0.59, "s2": 0.6, "s3": 0.4}, {"s3": 0.3}]) == {"s2", "s3"}


def test_figures_are_summed_by_kind() -> None:
    document = load_document(WRITTEN / "islands.txt")
    answered = [Answered(q, frozenset(q.gold), frozenset(q.gold[:1])) for q in document.questions]
    answered[-1] = Answered(document.questions[-1], frozenset({"s1"}))
    judged = [Judged(c, "supported") for c in document.claims]
    twins = [JudgedTwin(t, n == 0, True, 0.9, 0.8 + n / 5) for n, t in enumerate(document.twins)]
    found = figures(1, answered, judged, twins)
    assert found.evidence["all"] == pytest.approx(7 / 8, abs=1e-4)
    assert found.evidence["other-topic"] == 0.0
    assert found.best_right["all"] == 1.0
    assert (found.abstention.precision, found.abstention.recall) == (1.0, 0.6667)
    assert found.verdicts["all"] == pytest.approx(1 / 3, abs=1e-4)
    assert found.false_support == 1.0
    assert (found.twins_in_order, found.true_carried) == (0.5, 0.5)
    assert found.lies_passed["all"] == 1.0
    stream = io.StringIO()
    show_written(Console(file=stream, width=120), found)
    assert "evidence right" in stream.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize("more", [(), ("--reader-only",)])
def test_the_command_measures_engine_and_reader(mehealth: Run, more: tuple[str, ...]) -> None:
    result = mehealth("eval", "--written", str(WRITTEN), "--json", *more)
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert (found["documents"], found["questions"], found["claims"], found["twins"]) == (1, 8, 3, 2)
    assert bool(found["best_right"]) is bool(more)
    assert 0.25 <= found["evidence"]["all"] <= 1.0


def test_a_sample_is_spread_and_always_the_same() -> None:
    document = load_document(WRITTEN / "islands.txt")
    first, second = sampled([document, document], 4)
    assert first.questions == second.questions == document.questions[::4]
    assert (len(first.twins), len(second.claims)) == (2, 2)
    assert sampled([document], None) == [document]


@pytest.mark.slow
def test_the_replies_of_a_good_model_and_of_a_liar_are_measured(mehealth: Run) -> None:
    written = ("eval", "--written", str(WRITTEN), "--engine", "generative")
    result = mehealth(*written, "--sample", "4", "--json")
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert (found["questions"], found["answerable"], found["lies"]) == (4, 3, 2)
    assert found["asked"] == found["right_as_written"]["all"] == 1.0
    assert found["silences_kept"] == {"all": 1.0, "near-miss": 1.0}
    assert 0 <= found["lies_shown"]["all"] <= found["shown_whole"]["all"] <= 1
    assert found["first_words_ms"]["p50"] > 0
    assert "leave out --engine" in mehealth(*written, "--reader-only").stderr


@pytest.mark.slow
def test_the_reader_alone_is_measured_on_a_question_set(mehealth: Run, tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "pier.txt").write_text("The pier is 42 metres long. It is new.")
    rows = [
        {"id": "1", "question": "How long is the pier?", "answers": ["42 metres"], "page": 1,
         "document": "pier"},
        {"id": "2", "question": "Which enzyme splits lactose?", "answerable": False, "answers": []},
    ]  # fmt: skip
    (tmp_path / "questions.jsonl").write_text("\n".join(map(json.dumps, rows)))
    result = mehealth("eval", "--set", str(tmp_path), "--reader-only", "--json")
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert (found["questions"], found["best_right"], found["page_right"]) == (2, 1.0, 1.0)
    assert found["abstention"]["f1"] == 1.0


def test_a_folder_that_is_not_there_is_told(mehealth: Run) -> None:
    missing = mehealth("eval", "--written", "nowhere")
    assert missing.returncode == 2
    assert "nowhere: there is no such folder" in missing.stderr
