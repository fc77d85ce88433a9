"""Building an index and asking it: round trip, what changes cost, what stops it and what not."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from index_helpers import Corpus, HashEncoder, hash_vector, read, split, statuses

from mehealth_rag.encoder.embedding import EncoderInput, PassageVectors
from mehealth_rag.errors import IndexStateError, NoIndexError, ReadingError
from mehealth_rag.index.build_report import RowStatus
from mehealth_rag.index.dense import DenseIndex, DenseWriter, open_client
from mehealth_rag.index.opened import OpenIndex
from mehealth_rag.language.words import stems
from mehealth_rag.types import Document, Source

GUIDE = (
    "The lighthouse is 42 metres tall. It was lit in 1871.\n"
    "The new pier (NP) is long.\fFerries run."
)
MAP = "A map of the harbour. It shows the pier."


def top(corpus: Corpus, question: str) -> tuple[str, str]:
    """The texts that each half of the search puts first."""
    index = corpus.open()
    dense = index.dense(hash_vector(question), 1)
    lexical = index.lexical(stems(question), 1)
    return tuple(index.passage(found[0][0]).text if found else "" for found in (dense, lexical))  # type: ignore[return-value]


def test_everything_that_was_read_comes_back(corpus: Corpus) -> None:
    report = corpus.indexed(guide=GUIDE, map=MAP)
    index = corpus.open()
    source = corpus.plan().sources[0]
    document = read(source)
    assert [index.page("guide", n) for n in (1, 2)] == list(document.pages)
    assert index.passages([0, 1, 2, 3])[:3] == list(split(document))
    assert index.passage(3).text == MAP
    first = index.documents()[0]
    assert (first.source, first.pages, first.passages, first.first) == (source, 2, 3, 0)
    assert len(first.sha256) == 64
    assert first.metadata == {"author": "Test"}
    assert index.passage_count == report.passages == 4
    assert index.acronyms() == {"np": "new pier"}
    assert statuses(report) == {"guide": "added", "map": "added"}


def test_sentence_vectors_belong_to_their_passage(corpus: Corpus) -> None:
    corpus.indexed(guide=GUIDE, map=MAP)
    index = corpus.open()
    for ordinal, count in enumerate([2, 1, 1, 2]):
        passage = index.passage(ordinal)
        vectors = index.sentence_vectors(ordinal)
        assert vectors.shape == (count, 32)
        expected = [
            hash_vector(s.span.of(index.page(passage.document, passage.page).text))
            for s in passage.sentences
        ]
        assert np.allclose(vectors, expected, atol=2e-3)


def test_both_halves_of_the_search_rank_and_filter(corpus: Corpus) -> None:
    corpus.indexed(guide=GUIDE, map=MAP)
    index = corpus.open()
    assert top(corpus, "how tall is the lighthouse")[0].startswith("The lighthouse")
    assert top(corpus, "how tall is the lighthouse")[1].startswith("The lighthouse")
    question = "the pier"
    for documents, expected in (
        (["map"], {3}),
        (["guide"], {0, 1, 2}),
        (["map", "guide"], {0, 1, 2, 3}),
    ):
        dense = index.dense(hash_vector(question), 10, documents)
        assert {ordinal for ordinal, _ in dense} == expected
        lexical = {ordinal for ordinal, _ in index.lexical(stems(question), 10, documents)}
        assert lexical
        assert lexical <= expected
    assert len(index.dense(hash_vector(question), 1000)) == 4
    assert index.lexical(["nowhere"], 10) == []
    assert index.lexical([], 10) == []
    similarities = [s for _, s in index.dense(hash_vector(MAP), 4)]
    assert similarities == sorted(similarities, reverse=True)


def test_word_statistics(corpus: Corpus) -> None:
    corpus.indexed(guide=GUIDE, map=MAP)
    index = corpus.open()
    assert len(index.holding("pier")) == index.passages_with("pier") == 2
    assert len(index.holding("42")) == 1
    assert len(index.holding("unheard")) == index.passages_with("unheard") == 0
    assert index.words()["harbour"] == 4  # the heading counts


def test_equal_passages_rank_in_the_order_of_the_corpus(corpus: Corpus) -> None:
    # The files differ, the passages do not.
    corpus.indexed(**{f"d{n:02}": "Boilerplate of the harbour." + "\n" * n for n in range(60)})
    index = corpus.open()
    assert [o for o, _ in index.dense(hash_vector("harbour"), 20)] == list(range(20))
    assert [o for o, _ in index.lexical(["harbour"], 20)] == list(range(20))
    assert isinstance(corpus.encoder, HashEncoder)
    assert len(corpus.encoder.encoded) == 1  # one text, embedded once


def test_similarities_that_differ_by_noise_alone_rank_by_ordinal(corpus: Corpus) -> None:
    corpus.write(guide="\n".join(f"Berth {n}." for n in range(6)))
    passages = split(read(corpus.plan().sources[0]))
    question = hash_vector("berth")
    other = np.eye(32, dtype=np.float32)[0]
    other -= question * (question @ other)
    slant = np.linspace(3e-4, 0, 6)[:, None]  # the later, the nearer: by less than 1e-7
    client = open_client(corpus.root, None)
    writer = DenseWriter(client, "noise", 6)
    writer.add(passages, (question + slant * other).astype(np.float32))
    writer.close()
    index = DenseIndex(client, "noise", 6)
    assert [o for o, _ in index.query(question, 6)] == list(range(6))
    index.close()


def test_unchanged_corpus_costs_nothing(corpus: Corpus) -> None:
    first = corpus.indexed(guide=GUIDE, map=MAP, bad="BROKEN")
    assert corpus.loads == 1

    def unexpected(_: Source) -> Document:
        raise AssertionError("a file was read again")

    second = corpus.build(read=unexpected)
    assert corpus.loads == 1
    assert not second.changed
    assert second.index == first.index
    assert second.problems == first.problems
    assert statuses(second) == {"bad": "failed", "guide": "unchanged", "map": "unchanged"}
    assert (second.pages, second.passages) == (first.pages, first.passages)


def test_a_broken_file_does_not_stop_the_others(corpus: Corpus) -> None:
    corpus.write(bad="BROKEN", guide=GUIDE)
    plan = corpus.plan()
    gone = replace(plan.sources[0], id="gone", path=corpus.root / "gone.txt")
    report = corpus.build(sources=(*plan.sources, gone))
    rows = {row.id: row for row in report.documents}
    assert rows["bad"].status is rows["gone"].status is RowStatus.FAILED
    assert rows["bad"].reason == "bad.txt is broken"
    assert "No such file" in rows["gone"].reason
    assert rows["guide"].passages == 3
    assert {p.source for p in report.problems} == {"bad", "gone"}
    assert [p.source for p in corpus.open().problems()] == ["bad", "gone"]


def test_nothing_readable_leaves_the_old_index(corpus: Corpus) -> None:
    corpus.indexed(guide=GUIDE)
    corpus.write(guide="BROKEN", map="BROKEN too")
    with pytest.raises(NoIndexError, match=r"no document .*guide\.txt is broken.*map"):
        corpus.build()
    assert corpus.open().passage_count == 3
    assert len(list(corpus.folder.generations.iterdir())) == 1


def test_pages_without_text_are_reported(corpus: Corpus) -> None:
    (problem,) = corpus.indexed(guide="Words.\f\fMore words.").problems
    assert (problem.source, problem.page, problem.reason) == ("guide", 2, "no text")


def test_another_version_of_the_reader_reads_again(corpus: Corpus) -> None:
    corpus.indexed(guide=GUIDE)
    read_again: list[str] = []

    def spy(source: Source) -> Document:
        read_again.append(source.id)
        return read(source)

    assert corpus.build(read=spy, versions=(2, 1)).changed
    assert read_again == ["guide"]
    assert corpus.loads == 1  # the vectors are the same


def test_two_indexes_of_one_corpus_answer_the_same(corpus: Corpus) -> None:
    corpus.write(
        **{f"d{n}": f"Page {n} of ferry {n % 7}. Berth {n % 11} is free." for n in range(90)}
    )
    first = corpus.build()
    before = corpus.answers("ferry 3", "berth 4", "page 17")
    fingerprint = corpus.open().fingerprint
    corpus.close()
    (corpus.root / "index").rename(corpus.root / "old")
    assert corpus.build().index != first.index  # a name is never used twice
    assert corpus.answers("ferry 3", "berth 4", "page 17") == before
    assert corpus.open().fingerprint == fingerprint


def test_old_generations_go_but_the_last_one_stays(corpus: Corpus) -> None:
    names = []
    for n in range(3):
        names.append(corpus.indexed(guide=f"{GUIDE}\nEdition {n}.").index)
        if n == 1:
            reader = corpus.open()
    left = {path.name for path in corpus.folder.generations.iterdir()}
    assert left == set(names[1:])
    assert reader.passage(2).text == "Ferries run."  # it still serves who opened it
    assert reader.lexical(["1"], 5)


def test_an_unused_cache_entry_is_forgotten_after_three_builds(corpus: Corpus) -> None:
    corpus.indexed(guide="Old words.")
    for n in range(4):
        corpus.indexed(guide=f"New words {n}.")
        with sqlite3.connect(corpus.folder.cache) as database:
            (vectors,) = database.execute("select count(*) from vectors").fetchone()
        database.close()
        assert vectors == min(n + 2, 3)


@pytest.mark.parametrize("kept", [0, 4096, 40_000])
def test_a_damaged_cache_is_thrown_away(corpus: Corpus, kept: int) -> None:
    corpus.indexed(**{f"d{n}": f"Berth {n} is free." for n in range(200)})
    data = corpus.folder.cache.read_bytes()
    assert len(data) > 2 * kept
    corpus.folder.cache.write_bytes(data[:kept] + b"\x7f" * (len(data) - kept))
    report = corpus.build(rebuild=True)
    assert report.embedded > 0
    assert corpus.open().passage_count == 200
    corpus.build(rebuild=True)
    assert corpus.build(rebuild=True).embedded == 0


def test_a_smeared_cache_spoils_no_index(corpus: Corpus) -> None:
    """Else `--rebuild`, which mends an index, would build it out of the damage."""
    corpus.indexed(**{f"d{n}": f"Berth {n} is free." for n in range(60)})
    before = corpus.answers("berth 7", "ferry")
    corpus.close()
    with sqlite3.connect(corpus.folder.cache) as database:
        vectors = [row[0] for row in database.execute("select data from vectors")]
    database.close()
    data = bytearray(corpus.folder.cache.read_bytes())
    for vector in vectors:
        data[data.index(vector) + len(vector) // 2] ^= 0x40
    corpus.folder.cache.write_bytes(data)
    corpus.build(rebuild=True)
    assert corpus.answers("berth 7", "ferry") == before


def test_an_error_of_the_encoder_keeps_what_was_embedded(corpus: Corpus) -> None:
    corpus.write(**{f"d{n}": f"Berth {n} is free." for n in range(600)})

    class Failing(HashEncoder):
        def encode_passages(
            self, batch: Sequence[EncoderInput], progress: Callable[[int], None] | None = None
        ) -> list[PassageVectors]:
            if len(self.encoded) >= 256:
                raise ReadingError("stop")
            return super().encode_passages(batch, progress)

    corpus.encoder = Failing()
    with pytest.raises(ReadingError, match="stop"):
        corpus.build()
    corpus.encoder = HashEncoder()
    assert corpus.build().embedded == 600 - 256


def test_the_model_and_layout_must_be_those_of_the_index(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus.indexed(guide=GUIDE)
    with pytest.raises(IndexStateError, match=r"hash-000000000000.*other-1.*mehealth ingest"):
        OpenIndex.open(corpus.folder, "other-1")
    with pytest.raises(IndexStateError, match=r"Chroma address none.*http://h:1"):
        OpenIndex.open(corpus.folder, corpus.model, "http://h:1")
    monkeypatch.setattr("mehealth_rag.index.opened.LAYOUT_VERSION", 99)
    with pytest.raises(IndexStateError, match=r"layout \d+ and 99 .*mehealth ingest --rebuild"):
        corpus.open()


def test_another_model_embeds_anew(corpus: Corpus) -> None:
    corpus.indexed(guide=GUIDE)
    corpus.model = "hash-111111111111"
    assert corpus.build().embedded == 3
    assert corpus.open().manifest["model"] == "hash-111111111111"


def test_no_index_yet(corpus: Corpus) -> None:
    with pytest.raises(NoIndexError, match="mehealth ingest"):
        corpus.open()
