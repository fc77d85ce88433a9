"""Passages: exact spans of one page, whole sentences, one heading, a size that the model reads."""

from __future__ import annotations

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
_KINDS = {
    "#": BlockKind.HEADING, "-": BlockKind.ITEM, "|": BlockKind.ROW, "~": BlockKind.FURNITURE,
    "=": BlockKind.CONTENTS,
}  # fmt: skip


def document(*pages: str) -> Document:
    """Make a document of lines, each a block whose kind is marked: "## Fees" is a heading."""
    return of_parts([[_part(line) for line in page.splitlines()] for page in pages])


def _part(line: str) -> Part:
    mark, _, text = line.partition(" ")
    if mark[:1] in _KINDS:
        return (_KINDS[mark[0]], text, len(mark) if mark[0] == "#" else 0)
    return (BlockKind.PARAGRAPH, line, 0)


def of_parts(pages: list[list[Part]]) -> Document:
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
    (source,) = present(load_sources(CORPUS))
    return read_document(source)


def assert_exact(made: Document, passages: tuple[Passage, ...]) -> None:
    for passage in passages:
        page = made.pages[passage.page - 1]
        assert (page.number, page.label) == (passage.page, passage.page_label)
        assert passage.span.of(page.text) == passage.text
        assert passage.sentences[0].span.start == passage.span.start
        assert passage.sentences[-1].span.end == passage.span.end
    assert len({passage.id for passage in passages}) == len(passages)


def test_every_word_of_the_prospectus_is_in_one_passage(prospectus: Document) -> None:
    passages = split(prospectus)
    assert len(passages) > 20
    assert_exact(prospectus, passages)
    for page in prospectus.pages:
        sentences = [s for p in passages if p.page == page.number for s in p.sentences]
        body = [b.span.of(page.text) for b in page.blocks if b.kind is not BlockKind.FURNITURE]
        assert " ".join(s.span.of(page.text) for s in sentences).split() == " ".join(body).split()


def test_the_model_reads_every_passage_of_the_prospectus_whole(prospectus: Document) -> None:
    tokenizer = Tokenizer.from_file(str(FOLDER / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    for passage in split(prospectus):
        assert len(tokenizer.encode(embedding_text(passage).text).ids) <= MODEL_WINDOW, passage.id
        tokens = len(tokenizer.encode(passage.text, add_special_tokens=False).ids)
        assert tokens <= estimated_pieces(passage.text) * 1.4 + 8, passage.text


def test_each_passage_has_the_path_of_its_headings() -> None:
    passages = split(document("# Harbour\nA.\n## Fees\nB.", "C.\n## Boats\nD.\n# Town\nE."))
    assert [(p.page, p.headings) for p in passages] == [
        (1, ("Harbour",)),
        (1, ("Harbour", "Fees")),
        (2, ("Harbour", "Fees")),
        (2, ("Harbour", "Boats")),
        (2, ("Town",)),
    ]
    assert [p.heading for p in passages][-1] == "Town"
    (passage,) = split(document("Only this."))
    assert (passage.headings, passage.heading) == ((), "")


@pytest.mark.parametrize(
    ("pages", "texts"),
    [
        # A passage ends with its page, even in mid-sentence.
        (["It goes on", "and ends here."], ["It goes on", "and ends here."]),
        # Running heads separate passages and come after them, once.
        (["~ Page head\n# Fees\nA boat pays.\n~ Side note\nA ship pays more.\n~ 3",
          "~ Page head"],
         ["Fees\nA boat pays.", "A ship pays more.", "Page head", "Side note"]),
        # Lines of contents are in none.
        (["= Fees\t2\nA boat pays."], ["A boat pays."]),
        (["", "~ 7"], []),
    ],
)  # fmt: skip
def test_the_texts_of_passages(pages: list[str], texts: list[str]) -> None:
    assert [p.text for p in split(document(*pages))] == texts


@pytest.mark.parametrize(
    ("page", "sentences"),
    [
        # A heading is the first sentence of its passage.
        ("# Fees\nA boat pays. A ship pays more.",
         ["heading: Fees", "paragraph: A boat pays.", "paragraph: A ship pays more."]),
        # Rows and headings are not divided.
        ("| Boat\tIt is old. It floats.\t5\n| Ship\tIt is new. It sails.\t9",
         ["row: Boat\tIt is old. It floats.\t5", "row: Ship\tIt is new. It sails.\t9"]),
        ("# Boats. And ships.\nThey pay.", ["heading: Boats. And ships.", "paragraph: They pay."]),
        # Items know the words that introduce their list.
        ("First this. We work on:\n- boats\n- piers\nAnd so on.\n- alone",
         ["paragraph: First this.", "paragraph: We work on:", "We work on: item: boats",
          "We work on: item: piers", "paragraph: And so on.", "item: alone"]),
        # A heading ends what introduced a list.
        ("We work on:\n# Boats\n- one", ["paragraph: We work on:", "heading: Boats", "item: one"]),
    ],
)  # fmt: skip
def test_the_sentences_of_passages(page: str, sentences: list[str]) -> None:
    made = document(page)
    text = made.pages[0].text
    assert sentences == [
        " ".join([*([s.lead.of(text)] if s.lead else []), f"{s.kind}:", s.span.of(text)])
        for passage in split(made)
        for s in passage.sentences
    ]


def test_long_text_is_divided_evenly_between_sentences() -> None:
    sentence = "The harbour master counts every boat that passes the old pier. "
    passages = split(document(f"# Boats\n{sentence * 40}".strip()))
    sizes = [estimated_pieces(passage.text) for passage in passages]
    assert len(passages) > 2
    assert MAX_PIECES / 2 < min(sizes) <= max(sizes) <= MAX_PIECES
    assert all(passage.text.endswith("pier.") for passage in passages)


def test_an_id_names_one_place_and_does_not_depend_on_other_pages() -> None:
    before, after = split(document("A.", "B.")), split(document("Changed.", "B."))
    assert before[1].id == after[1].id
    assert before[0].id != after[0].id
    first, second = split(document("# One\nSame.\n# One\nSame."))
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
    made = of_parts(pages)
    passages = split(made)
    assert_exact(made, passages)
    for page in made.pages:
        body = [b.span for b in page.blocks if not b.kind.aside]
        heads = {b.span for b in page.blocks if b.kind is BlockKind.FURNITURE}
        own = [p for p in passages if p.page == page.number and p.span not in heads]
        spans = [s.span for p in own for s in p.sentences]
        assert spans == sorted(spans, key=lambda s: s.start), "reading order"
        assert all(a.end <= b.start for a, b in pairwise(spans)), "once only"
        assert " ".join(s.of(page.text) for s in spans).split() == (
            " ".join(s.of(page.text) for s in body).split()
        ), "all of it"
        assert all(any(b.start <= s.start and s.end <= b.end for b in body) for s in spans)
    for passage in passages:
        many = len(passage.sentences) > 1
        assert not many or estimated_pieces(passage.text) <= MAX_PIECES


@pytest.mark.parametrize("kind", [kind for kind in BlockKind if kind is not BlockKind.CONTENTS])
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
def test_passages_are_bounded_whatever_the_text(kind: BlockKind, line: str) -> None:
    end = (BlockKind.PARAGRAPH, "The end is here.", 0)
    made = of_parts([[(kind, line.strip(), int(kind is BlockKind.HEADING)), end]])
    passages = split(made)
    assert_exact(made, passages)
    assert max(len(p.text) for p in passages) <= 8 * LONGEST
    assert all(len(h) <= 300 for p in passages for h in p.headings)
    for passage in passages:
        assert all(estimated_pieces(s.span.of(line)) <= LONGEST for s in passage.sentences)
    parts = [s.span.of(made.pages[0].text) for p in passages for s in p.sentences]
    if kind is not BlockKind.FURNITURE or any(map(str.isalpha, line)):  # figures: a page number
        assert "".join(line.split()) in "".join("".join(parts).split())


def test_a_long_sentence_is_cut_between_words() -> None:
    made = document("lighthouse " * 1_000)
    for passage in split(made):
        for sentence in passage.sentences:
            assert set(sentence.span.of(made.pages[0].text).split()) == {"lighthouse"}


def test_a_row_under_endless_headings_does_not_quote_them() -> None:
    made = document("| " + "Year\t" * 5_000 + "Sum\n| Fees\t12\t13\n| Rent\t14\t15")
    assert all(not s.columns for p in split(made) for s in p.sentences)
