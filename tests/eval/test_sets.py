"""Question sets: two formats, a file or a folder; our own hold together."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from eval_helpers import PROSPECTUS, normalised

from mehealth_eval.forms import match_forms
from mehealth_eval.questions import Question, QuestionFileError, load_questions
from mehealth_eval.sets import OWN_SET, Format, Judged, load_set, sampled, with_document

OWN = {
    "id": "x-1", "split": "dev", "kind": "list", "question": "What does the ferry carry?",
    "answerable": True, "facts": [["walkers"], ["bicycles"], ["dogs"]], "min_facts": 2,
    "pages": [1], "quote": "walkers",
}  # fmt: skip
FOLDERS = sorted(p.parent for p in (OWN_SET.parents[1] / "sets").glob("*/questions.jsonl"))
REPORTING = {"museum", "foods", "software"}

QUESTIONS = load_questions(OWN_SET)
TURNS = [["Which pier?", "The north one."]]
SQUAD = {
    "id": 7, "question": "How tall is it?", "document": "guide", "page": 2,
    "answers": ["42 metres", "42"], "title": "ignored",
}  # fmt: skip


def write(path: Path, *lines: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def test_our_format(tmp_path: Path) -> None:
    found = load_set(write(tmp_path / "own.jsonl", OWN, OWN | {"id": "x-2", "split": "test"}))
    assert (found.name, found.format, found.corpus) == ("own", Format.OWN, None)
    assert found.groups == ("dev", "test")
    first = found.items[0]
    assert (first.needed, first.group, first.cut) == (2, "dev", False)
    assert len(found.sha256) == 64


def test_squad_style(tmp_path: Path) -> None:
    bare = {"id": "n", "question": "Why?", "answerable": False, "document": "fees", "page": 1}
    paged = SQUAD | {"id": "p", "answers": [], "answer": "Tall.", "pages": [1, 2], "page": None}
    found = load_set(write(tmp_path / "s.jsonl", SQUAD, bare | {"answers": ["x"]}, paged))
    assert (found.format, found.groups) == (Format.SQUAD, ("all",))
    worded, none, by_page = found.items
    assert worded.facts == (("42 metres", "42"),)
    assert (worded.id, worded.pages, worded.needed, worded.cut) == ("7", (2,), 1, True)
    assert (none.answerable, none.facts, none.pages, none.document) == (False, (), (), None)
    assert (by_page.judged, by_page.pages, by_page.quote) == (Judged.PAGE, (1, 2), "Tall.")


def test_a_folder_has_a_corpus_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(QuestionFileError, match=r"a folder with questions\.jsonl and corpus/"):
        load_set(tmp_path)
    (tmp_path / "corpus").mkdir()
    write(tmp_path / "questions.jsonl", SQUAD)
    found = load_set(tmp_path)
    assert (found.corpus, found.name) == (tmp_path / "corpus", tmp_path.name)


def test_pages_belong_to_the_first_document_where_none_is_named(tmp_path: Path) -> None:
    named = OWN | {"id": "x-2", "document": "fees"}
    items = load_set(write(tmp_path / "own.jsonl", OWN, named)).items
    assert [item.document for item in with_document(items, "guide")] == ["guide", "fees"]


def test_a_sample_is_always_the_same_and_keeps_the_shares_of_groups_and_kinds() -> None:
    whole = load_set(OWN_SET)
    part = sampled(whole, 200)
    assert part == sampled(whole, 200)
    assert len(part.items) == 200
    assert sampled(whole, 1_000) == whole
    for counted in (lambda i: i.group, lambda i: (i.group, i.kind)):
        of_whole, of_part = Counter(map(counted, whole.items)), Counter(map(counted, part.items))
        assert all(abs(of_part[k] - n * 200 / len(whole.items)) <= 1 for k, n in of_whole.items())


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ([], "holds no question; add one"),
        ([{"id": 1, "question": "Why?"}], ":1: is of no known format; a question has either split"),
        ([[1]], ":1: is of no known format"),
        ([SQUAD, SQUAD], ":2: id 7 stands on line 1 already"),
        ([SQUAD | {"page": 0}], ":1: page: Input should be greater than or equal to 1"),
        ([SQUAD | {"document": None}], "pages need the document that they belong to"),
        ([SQUAD | {"answers": [], "page": None}], "needs answers or pages to be judged by"),
        ([OWN | {"kind": "riddle"}], ":1: kind: Input should be"),
        ([OWN | {"colour": "red"}], ":1: colour: Extra inputs are not permitted"),
        ([OWN | {"facts": [[]]}], ":1: facts.0: Tuple should have at least 1 item"),
        ([OWN | {"quote": None}], "an answerable question needs facts, pages and a quote"),
        ([OWN | {"answerable": False}], "an unanswerable question has no facts"),
        ([OWN | {"kind": "near-miss"}], "kind near-miss is for unanswerable questions"),
        ([OWN | {"min_facts": 4}], "min_facts is larger than the number of facts"),
        ([OWN | {"history": TURNS}], "follow-ups, and only they, have a history"),
        ([OWN | {"kind": "follow-up"}], "follow-ups, and only they, have a history"),
        ([OWN, SQUAD | {"id": "s"}], ":2: split: Field required"),
    ],
)
def test_a_bad_set_is_one_line(tmp_path: Path, lines: list[Any], problem: str) -> None:
    with pytest.raises(QuestionFileError) as caught:
        load_set(write(tmp_path / "bad.jsonl", *lines))
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'bad.jsonl'}")
    assert problem in message
    assert "\n" not in message
    assert caught.value.exit_code == 2


def test_what_is_no_json_or_not_there(tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text("\n{")
    with pytest.raises(QuestionFileError, match=r"bad\.jsonl:2: is not JSON .*; correct this line"):
        load_set(tmp_path / "bad.jsonl")
    (tmp_path / "bad.jsonl").write_text(f"{json.dumps(OWN)}\n{{")
    with pytest.raises(QuestionFileError, match=r"bad\.jsonl:2: Invalid JSON.*; correct this line"):
        load_set(tmp_path / "bad.jsonl")
    with pytest.raises(QuestionFileError, match=r"none\.jsonl: cannot be read .*; check the path"):
        load_set(tmp_path / "none.jsonl")


def plain(text: str) -> str:
    return normalised(text.replace("’", "'")).casefold()


def ask_nothing_twice(questions: list[Question]) -> bool:
    return len({(q.history, plain(q.question)) for q in questions}) == len(questions)


def test_our_own_set_has_every_kind_in_both_halves() -> None:
    assert len(QUESTIONS) >= 230
    assert ask_nothing_twice(QUESTIONS)
    for kind in {question.kind for question in QUESTIONS}:
        halves = Counter(question.split for question in QUESTIONS if question.kind == kind)
        assert halves.total() >= 5, kind
        assert abs(halves["dev"] - halves["test"]) <= 2, kind


def test_what_answers_our_own_questions_stands_on_every_listed_page() -> None:
    for question in (q for q in QUESTIONS if q.answerable):
        pages = [plain(PROSPECTUS[number - 1]) for number in question.pages]
        quote = plain(question.quote or "")
        forms = [plain(form) for fact in question.facts for form in fact]
        assert any(quote in page for page in pages), question.id
        assert all(any(form in page for form in forms) for page in pages), question.id
        for fact in question.facts:
            assert any(plain(form) in page for form in fact for page in pages), question.id
        for form in question.forbidden:
            assert not any(plain(form) in text for text in (quote, *forms)), question.id
        if question.conflict:
            assert question.facts_needed == len(question.facts) >= 2, question.id


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_set_is_whole_and_what_answers_stands_on_its_pages(folder: Path) -> None:
    questions = load_questions(folder / "questions.jsonl")
    assert len(questions) == 110
    assert ask_nothing_twice(questions)
    assert {q.split for q in questions} == {"test" if folder.name in REPORTING else "dev"}
    files = (folder / "corpus").glob("*.txt")
    pages = {path.stem: path.read_text(encoding="utf-8").split("\f") for path in files}
    for question in (q for q in questions if q.answerable):
        texts = [pages[question.document or ""][number - 1] for number in question.pages]
        assert any(plain(question.quote or "") in plain(text) for text in texts), question.id
        there = match_forms("\n".join(texts), question.facts).facts
        assert all(there) or question.kind == "link", question.id
