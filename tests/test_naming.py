"""Which documents a question names: on a real index of small reports, some not named by a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from mehealth_rag.assistant import Assistant
from mehealth_rag.retrieval.naming import Naming, Register
from mehealth_rag.wiring import register
from tests.answering.told import told
from tests.made_corpus import assistant_over

REPORTS = {
    "BRIGHTBAY_2024Q2_10Q": "The shops sold less. Cash fell to £40 million. There are 982 shops.",
    "ADNOR_2021_10K": "Sales were £11 million. The income statement shows a loss.",
    "ADNOR_2022_10K": "Sales were £12 million. The income statement shows a profit.",
    "GULLWINGCO_2023_8K_dated-2023-05-05": "The members voted against the proposal.",
    "HOLM_HOLM_2023_8K_dated-2023-08-30": "The sale of the pharmacy brought a gain of £20 million.",
    "7R_2018_10K": "Spending on plant was £1,577 million. Brightbay sells its tape.",
    "Annual_report_of_the_ferry": "The ferry carried 9,000 people. Its report is read by all.",
}
ADNOR = ("ADNOR_2021_10K", "ADNOR_2022_10K")


@dataclass(frozen=True, slots=True)
class Corpus:
    register: Register
    assistant: Assistant

    def named(self, question: str, *documents: str) -> Naming:
        return self.register.named(question, documents)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    files = {f"{name}.md": text for name, text in REPORTS.items()}
    with assistant_over(tmp_path_factory.mktemp("reports"), files) as assistant:
        yield Corpus(register(assistant.index), assistant)


def test_words_of_a_phrase_are_no_initials(tmp_path: Path) -> None:
    files = {"Orchard_annual_review.md": "Apples were picked.", "Club.md": "We meet on Fridays."}
    with assistant_over(tmp_path, files) as assistant:
        found = register(assistant.index).named("Who meets on a Friday?", ())
    assert found.documents == frozenset()


@pytest.mark.parametrize(
    ("question", "documents"),
    [
        ("How many shops does Brightbay have?", [("BRIGHTBAY_2024Q2_10Q",)]),
        ("how many shops does brightbay have?", [("BRIGHTBAY_2024Q2_10Q",)]),
        ("How many shops does Bright Bay have?", [("BRIGHTBAY_2024Q2_10Q",)]),
        ("HOW MANY SHOPS DOES BRIGHTBAY HAVE?", [("BRIGHTBAY_2024Q2_10Q",)]),
        ("What are Adnor's sales?", [ADNOR]),
        ("What did HnH gain?", [("HOLM_HOLM_2023_8K_dated-2023-08-30",)]),
        ("What did H&H gain by the sale?", [("HOLM_HOLM_2023_8K_dated-2023-08-30",)]),
        ("What is 7R's spending on plant?", [("7R_2018_10K",)]),
        ("What does the annual report of the ferry say?", [("Annual_report_of_the_ferry",)]),
        (
            "Compare the cash of Brightbay and 7R.",
            [("BRIGHTBAY_2024Q2_10Q",), ("7R_2018_10K",)],
        ),
        ("How many people came by bus?", []),
        ("What does the income statement report?", []),
        ("Which report is read by all?", []),
        ("What happened in 2022?", []),
        ("", []),
    ],
)
def test_the_documents_that_a_question_names(
    corpus: Corpus, question: str, documents: list[tuple[str, ...]]
) -> None:
    assert [n.documents for n in corpus.named(question).named] == documents


def test_periods_lean_towards_the_documents_whose_titles_give_them(corpus: Corpus) -> None:
    leaning = corpus.named("What were Adnor's sales in FY2022?").leaning
    assert leaning["ADNOR_2022_10K"] > leaning.get("ADNOR_2021_10K", 0.0)
    hits = corpus.assistant.search("What were Adnor's sales in FY2022?", 2)
    assert [h.passage.document for h in hits] == ["ADNOR_2022_10K", "ADNOR_2021_10K"]
    assert hits[0].score >= hits[1].score


def test_a_mark_and_a_day_narrow_a_name(corpus: Corpus) -> None:
    found = corpus.named("What did Adnor's 10-K of 2021 say?", "ADNOR_2021_10K")
    assert [n.documents for n in found.named] == [("ADNOR_2021_10K",)]
    dated = corpus.named("What did Holm's 8-K of August 30, 2023 say of the gain?")
    assert [n.documents for n in dated.named] == [("HOLM_HOLM_2023_8K_dated-2023-08-30",)]


def test_the_rest_of_a_question_is_without_its_names(corpus: Corpus) -> None:
    found = corpus.named("What were Adnor's sales and spending in FY2022?")
    assert "Adnor" not in found.query
    assert "2022" not in found.query
    assert "sales and spending" in found.query
    assert corpus.named("What is Adnor?").query == "What is Adnor?"


def test_other_documents_come_in_where_they_mention_the_name(corpus: Corpus) -> None:
    hits = corpus.assistant.search("Who sells tape to Brightbay?", 7)
    assert {h.passage.document for h in hits} == {"BRIGHTBAY_2024Q2_10Q", "7R_2018_10K"}


def test_documents_that_are_chosen_bound_what_is_named(corpus: Corpus) -> None:
    assert corpus.named("What are Adnor's sales?", "7R_2018_10K").named == ()
    hits = corpus.assistant.search("What are Adnor's sales?", 5, ["7R_2018_10K"])
    assert {h.passage.document for h in hits} == {"7R_2018_10K"}


def test_a_corpus_of_one_document_has_no_names(tmp_path: Path) -> None:
    with assistant_over(tmp_path, {"BRIGHTBAY_2024Q2_10Q.md": "There are 982 shops."}) as assistant:
        known = register(assistant.index)
    assert known.words() == frozenset()
    question = "How many shops does Brightbay have in 2024?"
    assert known.named(question) == Naming(question, with_it=question)


ASKED = ("What were Adnor's sales in FY2022?", "Sales were £12 million [1].")


@pytest.mark.parametrize(
    ("question", "document"),
    [
        ("and Brightbay's?", "BRIGHTBAY_2024Q2_10Q"),
        ("And in Bright Bay's?", "BRIGHTBAY_2024Q2_10Q"),
        ("what about 7R?", "7R_2018_10K"),
        ("and Brightbay in 2024?", "BRIGHTBAY_2024Q2_10Q"),
    ],
)
def test_a_follow_up_that_names_a_document_leaves_the_one_before(
    corpus: Corpus, question: str, document: str
) -> None:
    found = corpus.assistant.passages(question, [ASKED])
    assert {e.hit.passage.document for e in found} == {document}


def test_a_name_in_place_of_another_is_shown(corpus: Corpus) -> None:
    answer = corpus.assistant.ask("and Brightbay's?", [ASKED])
    assert answer.standalone_question == "What were Brightbay's sales in FY2022?"


def test_documents_that_are_compared_take_turns(corpus: Corpus) -> None:
    hits = corpus.assistant.search("Compare the money of Brightbay and of Adnor.", 2)
    assert [h.passage.document[:5] for h in hits] == ["BRIGH", "ADNOR"]
    assert [h.score for h in hits] == sorted((h.score for h in hits), reverse=True)


class _Counting(Register):
    """A register that counts how often it is asked."""

    def __init__(self, register: Register) -> None:
        self.register, self.asked = register, 0

    def named(self, question: str, documents: Sequence[str] = ()) -> Naming:
        self.asked += 1
        return self.register.named(question, documents)


def test_what_a_search_names_is_worked_out_once(corpus: Corpus) -> None:
    counting = _Counting(corpus.register)
    retriever = replace(corpus.assistant.retriever, register=counting)
    replace(corpus.assistant, retriever=retriever).search("What are Adnor's sales?")
    assert counting.asked == 1


def test_documents_of_a_follow_up_take_turns_as_its_search_names_them(corpus: Corpus) -> None:
    asked = [("Compare the money of Brightbay and of Adnor.", "It differs [1].")]
    assistant = told(corpus.assistant, "Spending")  # stands in the passage that comes third
    found = assistant.read("And when was it?", asked, top_k=4)
    ordered = assistant.read("And when was it?", asked, top_k=4, ranked=True)
    documents = [hit.hit.passage.document for hit in found]
    assert len(set(documents)) == 4
    assert [hit.hit.passage.document for hit in ordered] == documents
