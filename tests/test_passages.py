"""Passages: exact spans of one page, whole sentences, one heading, a size that the model reads."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from mehealth_rag.corpus import load_sources, present
from mehealth_rag.encoder.minilm import FOLDER
from mehealth_rag.index.build import embedding_text
from mehealth_rag.passages.splitting import LONGEST, MAX_PIECES, estimated_pieces, split
from mehealth_rag.reading import read_document
from mehealth_rag.types import Block, BlockKind, Document, Page, Passage, Source, Span

CORPUS = Path(__file__).resolve().parent.parent / "corpus"
MODEL_WINDOW = 256

Part = tuple[BlockKind, str, int]


def heading(text: str, level: int = 1) -> Part:
    return (BlockKind.HEADING, text, level)


def paragraph(text: str) -> Part:
    return (BlockKind.PARAGRAPH, text, 0)


def item(text: str) -> Part:
    return (BlockKind.ITEM, text, 0)


def row(text: str) -> Part:
    return (BlockKind.ROW, text, 0)


def furniture(text: str) -> Part:
    return (BlockKind.FURNITURE, text, 0)


def document(*pages: list[Part]) -> Document:
    source = Source("guide", "A guide", "document", "md")
    return Document(source, "0" * 64, tuple(_page(n, parts) for n, parts in enumerate(pages, 1)))


def _page(number: int, parts: list[Part]) -> Page:
    blocks, start = [], 0
    for kind, text, level in parts:
        blocks.append(Block(kind, Span(start, start + len(text)), level))
        start += len(text) + 1
    return Page(number, str(number + 2), "\n".join(t for _, t, _ in parts), tuple(blocks))


@pytest.fixture(scope="module")
def prospectus() -> Document:
    (found,) = present(load_sources(CORPUS))
    return read_document(found)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    made = Tokenizer.from_file(str(FOLDER / "tokenizer.json"))
    made.no_truncation()
    made.no_padding()
    return made


def assert_exact(made: Document, passages: tuple[Passage, ...]) -> None:
    for passage in passages:
        page = made.pages[passage.page - 1]
        assert (page.number, page.label) == (passage.page, passage.page_label)
        assert passage.span.of(page.text) == passage.text
        assert passage.sentences[0].span.start == passage.span.start
        assert passage.sentences[-1].span.end == passage.span.end


def test_prospectus_spans_are_exact(prospectus: Document) -> None:
    passages = split(prospectus)
    assert len(passages) > 20
    assert_exact(prospectus, passages)
    assert len({p.id for p in passages}) == len(passages)


def test_every_word_of_the_prospectus_is_in_one_passage(prospectus: Document) -> None:
    for page in prospectus.pages:
        found = [s for p in split(prospectus) if p.page == page.number for s in p.sentences]
        kept = [b.span.of(page.text) for b in page.blocks if b.kind is not BlockKind.FURNITURE]
        assert " ".join(s.span.of(page.text) for s in found).split() == " ".join(kept).split()


def test_the_model_reads_every_passage_of_the_prospectus_whole(
    prospectus: Document, tokenizer: Tokenizer
) -> None:
    sizes = {p.id: len(tokenizer.encode(embedding_text(p).text).ids) for p in split(prospectus)}
    assert max(sizes.values()) <= MODEL_WINDOW, sizes


def test_the_estimate_is_not_below_the_model_s_own_count_by_much(
    prospectus: Document, tokenizer: Tokenizer
) -> None:
    for passage in split(prospectus):
        real = len(tokenizer.encode(passage.text, add_special_tokens=False).ids)
        assert real <= estimated_pieces(passage.text) * 1.4 + 8, passage.text


def test_the_path_of_headings_stands_above_each_passage() -> None:
    found = split(
        document(
            [heading("Harbour"), paragraph("A."), heading("Fees", 2), paragraph("B.")],
            [
                paragraph("C."),
                heading("Boats", 2),
                paragraph("D."),
                heading("Town"),
                paragraph("E."),
            ],
        )
    )
    assert [(p.page, p.headings) for p in found] == [
        (1, ("Harbour",)),
        (1, ("Harbour", "Fees")),
        (2, ("Harbour", "Fees")),
        (2, ("Harbour", "Boats")),
        (2, ("Town",)),
    ]
    assert [p.heading for p in found][-1] == "Town"


def test_a_heading_is_the_first_sentence_of_its_passage() -> None:
    (found,) = split(document([heading("Fees"), paragraph("A boat pays. A ship pays more.")]))
    assert [s.kind for s in found.sentences] == [BlockKind.HEADING] + 2 * [BlockKind.PARAGRAPH]
    assert found.text == "Fees\nA boat pays. A ship pays more."


def test_no_heading_above() -> None:
    (found,) = split(document([paragraph("Only this.")]))
    assert (found.headings, found.heading) == ((), "")


@pytest.mark.parametrize(
    ("pages", "found"),
    [
        # A passage ends with its page, even in mid-sentence.
        ([[paragraph("It goes on")], [paragraph("and ends here.")]],
         ["It goes on", "and ends here."]),
        # Running heads part passages and come after them, once.
        ([[furniture("Page head"), heading("Fees"), paragraph("A boat pays."),
           furniture("Side note"), paragraph("A ship pays more."), furniture("3")],
          [furniture("Page head")]],
         ["Fees\nA boat pays.", "A ship pays more.", "Page head", "Side note"]),
        # Lines of contents are in none.
        ([[(BlockKind.CONTENTS, "Fees\t2", 0), paragraph("A boat pays.")]], ["A boat pays."]),
        ([[], [furniture("7")]], []),
    ],
)  # fmt: skip
def test_what_passages_say(pages: list[list[Part]], found: list[str]) -> None:
    assert [p.text for p in split(document(*pages))] == found


def test_items_know_the_words_that_introduce_their_list() -> None:
    page = [
        paragraph("First this. We work on:"),
        item("• boats"),
        item("• piers"),
        paragraph("And so on."),
        item("• alone"),
    ]
    made = document(page)
    sentences = [s for p in split(made) for s in p.sentences]
    leads = [s.lead.of(made.pages[0].text) if s.lead else None for s in sentences]
    assert leads == [None, None, "We work on:", "We work on:", None, None]


def test_a_heading_ends_what_introduced_a_list() -> None:
    made = document([paragraph("We work on:"), heading("Boats"), item("• one")])
    assert [s.lead for p in split(made) for s in p.sentences] == [None, None, None]


def test_a_row_is_not_divided() -> None:
    rows = ["Boat\tIt is old. It floats.\t5", "Ship\tIt is new. It sails.\t9"]
    (found,) = split(document([row(text) for text in rows]))
    assert [s.span.of(found.text) for s in found.sentences] == rows


def test_a_heading_is_not_divided() -> None:
    (found,) = split(document([heading("Boats. And ships."), paragraph("They pay.")]))
    assert found.sentences[0].span.of(found.text) == found.heading == "Boats. And ships."


def test_long_text_is_divided_evenly_between_sentences() -> None:
    sentence = "The harbour master counts every boat that passes the old pier. "
    made = document([heading("Boats"), paragraph((sentence * 40).strip())])
    found = split(made)
    sizes = [estimated_pieces(p.text) for p in found]
    assert len(found) > 2
    assert max(sizes) <= MAX_PIECES
    assert min(sizes) > MAX_PIECES / 2
    assert all(p.text.endswith("pier.") for p in found)


def test_a_passage_keeps_its_id_when_other_pages_change() -> None:
    before = split(document([paragraph("A.")], [paragraph("B.")]))
    after = split(document([paragraph("Changed.")], [paragraph("B.")]))
    assert before[1].id == after[1].id
    assert before[0].id != after[0].id


def test_one_text_twice_on_a_page_is_two_passages() -> None:
    twice = [heading("One"), paragraph("Same."), heading("One"), paragraph("Same.")]
    first, second = split(document(twice))
    assert first.text == second.text
    assert first.id != second.id


WORDS = st.sampled_from(
    "The pier. is old! Boats e.g. £1.6 billion 1871 and, no. 5 so: “Yes.”".split()
)
TEXTS = st.lists(WORDS, min_size=1, max_size=120).map(" ".join)
KINDS = st.sampled_from(list(BlockKind))
PARTS = st.tuples(KINDS, TEXTS, st.integers(1, 3))
PAGES = st.lists(st.lists(PARTS, max_size=6), min_size=1, max_size=3)


@settings(max_examples=80, deadline=None)
@given(PAGES)
def test_invariants(pages: list[list[Part]]) -> None:
    made = document(*pages)
    passages = split(made)
    assert_exact(made, passages)
    assert len({p.id for p in passages}) == len(passages)
    for page in made.pages:
        kept = [b.span for b in page.blocks if not b.kind.aside]
        heads = {b.span for b in page.blocks if b.kind is BlockKind.FURNITURE}
        own = [p for p in passages if p.page == page.number and p.span not in heads]
        spans = [s.span for p in own for s in p.sentences]
        assert spans == sorted(spans, key=lambda s: s.start), "reading order"
        assert all(a.end <= b.start for a, b in pairwise(spans)), "once only"
        assert " ".join(s.of(page.text) for s in spans).split() == (
            " ".join(s.of(page.text) for s in kept).split()
        ), "all of it"
        assert all(any(b.start <= s.start and s.end <= b.end for b in kept) for s in spans)
    for passage in passages:
        many = len(passage.sentences) > 1
        assert not many or estimated_pieces(passage.text) <= MAX_PIECES


@pytest.mark.parametrize("kind", [paragraph, item, row, heading, furniture])
@pytest.mark.parametrize(
    "line",
    [
        "word " * 40_000,
        "x" * 200_000,
        "1,2;" * 50_000,
        "\t".join(["a cell"] * 30_000),
        "far" + " " * 200_000 + "apart",
    ],
)
def test_passages_are_bounded_whatever_the_text(kind: Callable[[str], Part], line: str) -> None:
    made = document([kind(line.strip()), paragraph("The end is here.")])
    passages = split(made)
    assert_exact(made, passages)
    assert max(len(p.text) for p in passages) <= 8 * LONGEST
    assert all(len(h) <= 300 for p in passages for h in p.headings)
    for passage in passages:
        assert all(estimated_pieces(s.span.of(line)) <= LONGEST for s in passage.sentences)
    parts = [s.span.of(made.pages[0].text) for p in passages for s in p.sentences]
    if kind is not furniture or any(map(str.isalpha, line)):  # figures alone are page numbers
        assert "".join(line.split()) in "".join("".join(parts).split())


def test_a_long_sentence_is_cut_between_words() -> None:
    made = document([paragraph("lighthouse " * 1_000)])
    for passage in split(made):
        for sentence in passage.sentences:
            assert set(sentence.span.of(made.pages[0].text).split()) == {"lighthouse"}


def test_a_row_under_endless_headings_does_not_quote_them() -> None:
    made = document([row("Year\t" * 5_000 + "Sum"), row("Fees\t12\t13"), row("Rent\t14\t15")])
    assert all(not s.columns for p in split(made) for s in p.sentences)
