"""Plans stay plans, and what a person says stays that person's."""

from __future__ import annotations

import pytest

from mehealth_rag.grounding.judge import carries
from mehealth_rag.grounding.speech import Attribution, attribution, same_speaker, voice_at
from mehealth_rag.grounding.values import Outcome, ReasonKind
from mehealth_rag.types import Block, BlockKind, Page, Span

SIMILAR = 0.8


def kinds_of(sentence: str, quote: str) -> set[ReasonKind]:
    return {r.kind for r in carries(sentence, [quote], SIMILAR).reasons}


PLANS = [
    ("The fish market opened.", "The fish market is due to open in spring."),
    ("The fish market opened in spring.", "The fish market is due to be opened in spring."),
    ("The council doubled the fees.", "The council aims to double the fees."),
    ("The ferry runs at night.", "The ferry will soon run at night."),
    ("The pier was rebuilt.", "The pier is scheduled to be rebuilt."),
    ("The pier has been rebuilt.", "Our vision is a pier that has been rebuilt."),
    ("The pier is rebuilt.", "Subject to funding, the pier is rebuilt."),
    ("The harbour attracts yachts.", "The harbour strives to attract yachts."),
    ("The harbour dredges the channel.", "The harbour must dredge the channel."),
    ("The harbour attracts yachts.", "The harbour hopes to attract yachts."),
]
OPINIONS = [
    ("The lamp is too weak.", "Mary Anning said that the lamp is too weak."),
    ("The lamp is too weak.", "“The lamp is too weak,” said Mary Anning."),
    ("The lamp is too weak.", "According to Mary Anning, the lamp is too weak."),
    ("The lamp is too weak.", "The harbour master believes that the lamp is too weak."),
    ("The harbour is the finest place.", "I think the harbour is the finest place."),
    ("John Smith said that the lamp is too weak.", "Mary Anning said that the lamp is too weak."),
    ("Mary Anning said that the pier is old.", "Mary Anning built the pier, which is old."),
    (
        "John Smith said that Mary Anning broke the lamp.",
        "Mary Anning said that John Smith broke the lamp.",
    ),
]
KEPT = [
    ("The fish market is due to open in spring.", "The fish market is due to open in spring."),
    ("The council plans to double the fees.", "The council aims to double the fees."),
    ("The ferry was cancelled due to fog.", "The ferry was cancelled due to fog."),
    ("The ferry was cancelled.", "The ferry was cancelled due to the fog."),
    ("Mary Anning said that the lamp is too weak.", "Mary Anning said that the lamp is too weak."),
    (
        "According to Mary Anning, the lamp is too weak.",
        "“The lamp is too weak,” said Mary Anning.",
    ),
    ("The lighthouse was lit in 1871.", "The lighthouse was lit in 1871."),
    ("The report says that the lamp is weak.", "The report says that the lamp is weak."),
]


@pytest.mark.parametrize(("sentence", "quote"), PLANS)
def test_a_plan_is_no_fact(sentence: str, quote: str) -> None:
    assert ReasonKind.PLAN in kinds_of(sentence, quote)
    assert carries(sentence, [quote], SIMILAR).outcome is not Outcome.CARRIED


@pytest.mark.parametrize(("sentence", "quote"), OPINIONS)
def test_an_opinion_is_its_owners(sentence: str, quote: str) -> None:
    assert ReasonKind.OPINION in kinds_of(sentence, quote)
    assert carries(sentence, [quote], SIMILAR).outcome is not Outcome.CARRIED


@pytest.mark.parametrize(("sentence", "quote"), KEPT)
def test_what_keeps_owner_and_time_is_carried(sentence: str, quote: str) -> None:
    assert not kinds_of(sentence, quote) & {ReasonKind.PLAN, ReasonKind.OPINION}
    assert carries(sentence, [quote], SIMILAR).outcome is Outcome.CARRIED


@pytest.mark.parametrize(
    ("sentence", "who", "what"),
    [
        ("According to Mary Anning, the lamp is weak.", "Mary Anning", "The lamp is weak."),
        (
            "According to Mary Anning, Keeper, North Pier, the lamp is weak.",
            "Mary Anning, Keeper, North Pier",
            "The lamp is weak.",
        ),
        ("Mary Anning said the lamp is weak.", "Mary Anning", "The lamp is weak."),
        ("The lamp is weak, Mary Anning said.", "Mary Anning", "The lamp is weak"),
        ("“The lamp is weak,” said Mary Anning.", "Mary Anning", "The lamp is weak"),
        ("The lamp is weak, according to Mary Anning.", "Mary Anning", "The lamp is weak"),
    ],
)
def test_a_sentence_is_taken_apart(sentence: str, who: str, what: str) -> None:
    found = attribution(sentence)
    assert isinstance(found, Attribution)
    assert (found.who, found.what) == (who, what)


@pytest.mark.parametrize(
    "sentence", ["The lighthouse is believed to be old.", "The harbour has 1,200 boats."]
)
def test_a_plain_sentence_is_nobodys(sentence: str) -> None:
    found = attribution(sentence)
    assert found is None or not found.personal


def page_of(*blocks: tuple[BlockKind, str]) -> Page:
    text, placed = "", []
    for kind, words in blocks:
        text += "\n" * bool(text)
        placed.append(Block(kind, Span(len(text), len(text) + len(words))))
        text += words
    return Page(1, "1", text, tuple(placed))


STATEMENT = page_of(
    (BlockKind.PARAGRAPH, "The harbour is old."),
    (BlockKind.HEADING, "A word of welcome"),
    (BlockKind.PARAGRAPH, "Mary Anning, Keeper of the light"),
    (BlockKind.PARAGRAPH, "“The harbour is the finest in the land. Nobody will deny that."),
    (BlockKind.PARAGRAPH, "“Come and see it.”"),
    (BlockKind.PARAGRAPH, "The fees were “modest” in 2019."),
)


@pytest.mark.parametrize("words", ["The harbour is the finest", "Nobody will", "Come and see"])
def test_whose_words_a_quotation_is(words: str) -> None:
    place = STATEMENT.text.index(words)
    voice = voice_at(STATEMENT, Span(place, place + len(words)))
    assert voice is not None
    assert same_speaker("Mary Anning", voice.name)
    assert not same_speaker("John Smith", voice.name)


@pytest.mark.parametrize("words", ["The harbour is old.", "The fees were", "in 2019"])
def test_the_document_speaks_elsewhere(words: str) -> None:
    place = STATEMENT.text.index(words)
    assert voice_at(STATEMENT, Span(place, place + len(words))) is None
