"""Small talk and questions about the assistant itself: told by what a line holds besides."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from enum import Enum
from itertools import zip_longest
from typing import TYPE_CHECKING

from mehealth_rag.answering.compose import decline
from mehealth_rag.language.orders import gives_orders
from mehealth_rag.language.words import words
from mehealth_rag.types import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mehealth_rag.index.content import IndexedDocument
    from mehealth_rag.index.opened import OpenIndex
    from mehealth_rag.language.spelling import Speller
    from mehealth_rag.types import Answer, Turn

ENGINE = "assistant"

MOST_WORDS = 14
"""Words of a line of small talk at the most."""

MOST_TITLES, MOST_THINGS = 5, 3
"""So many documents are named, and so many things to ask about."""

_SAMPLED = 60
"""Passages of a document at the most whose headings are looked at."""

_TOPIC = re.compile(r"[^\W\d_][^\[\]*@/“”]{2,59}")
"""A heading that can be asked about: no number, no address, no mark of an answer."""


class Talk(Enum):
    """What is said to the assistant and asks nothing of the documents; the value answers it."""

    GREETING = "Hello! I answer questions from {documents}: ask me, for example, about {things}."
    THANKS = "You are welcome! You could also ask about {things}."
    GOODBYE = "Goodbye! Come back whenever you would like to ask about {things}."
    NOTED = "What would you like to know, for example about {things}?"
    IDENTITY = (
        "I am an AI program, not a person: I look up answers in {documents} and name the pages "
        "that give them; ask me, for example, about {things}."
    )
    ABILITY = (
        "I look up answers in {documents} and name the pages that give them; ask me, for example, "
        "about {things}."
    )
    DOCUMENTS = "I have {titles}; ask me, for example, about {things}."
    UNCLEAR = "I did not understand that: what would you like to know, for example about {things}?"


_THANKS = frozenset("thanks thank thx ty cheers ta appreciated grateful helpful".split())
_GOODBYE = frozenset("bye goodbye goodnight cya farewell".split())
_GREETING = frozenset("hi hello hey hiya howdy greetings morning afternoon evening".split())
_NOTED = frozenset(
    "ok okay k yes yep yeah no nope sure right fine cool great good nice lovely perfect wow "
    "excellent brilliant wonderful awesome alright well understood got see sorry hmm lol oops "
    "test testing question worries problem".split()
)
_COURTESY = _THANKS | _GOODBYE | _GREETING | _NOTED
_YOU = frozenset("you u yourself your ur you're".split())
_LITTLE = _YOU | frozenset(
    "i i'm me my we us am is are was a an the all any so very lot lots for of to in on with and oh "
    "just really again too then now today day have had later soon everyone team folks friend mate "
    "sir madam dear please pls plz night exactly actually will do".split()
)
"""Words that carry nothing beside the others."""

_POLITE = frozenset("that this it there much many help answer assistant bot".split())
_BEING = frozenset("how doing feeling there".split())
_IDENTITY = _BEING | frozenset(
    "who what name called ai robot bot chatbot human person real machine computer program llm "
    "chatgpt gpt made built created introduce tell about".split()
)
_ABILITY = frozenset(
    "what how can could do does help assist ask know answer answers work able capable tell need "
    "question questions thing things something kind sort some about should".split()
)
_FILES = frozenset(
    "documents document files file sources reports pdfs library index information".split()
)
_SHOWN = frozenset("there list show loaded indexed available".split())
_FINDING = frozenset(
    "which what how many tell name has know read use using can could do about here".split()
)
_KINDS: tuple[tuple[Talk, tuple[frozenset[str], ...], frozenset[str]], ...] = (
    (Talk.THANKS, (_THANKS,), _POLITE),
    (Talk.GOODBYE, (_GOODBYE,), _POLITE),
    (Talk.GREETING, (_GREETING,), _POLITE),
    (Talk.NOTED, (_NOTED,), _POLITE),
    (Talk.DOCUMENTS, (_FILES, _YOU | _SHOWN), _FINDING),
    (Talk.GREETING, (_YOU, _BEING), frozenset()),
    (Talk.IDENTITY, (_YOU,), _IDENTITY),
    (Talk.ABILITY, (_YOU, _ABILITY), frozenset()),
    (Talk.ABILITY, (frozenset({"ask"}), frozenset("what question something".split())), _ABILITY),
    (Talk.ABILITY, (frozenset({"help"}),), frozenset("need some".split())),
)
"""Each kind with words of which a line has one of each set, and those that may stand beside them.

Words of courtesy and those that carry nothing may stand beside any.
"""

_ASKED = frozenset("is are was am have had".split())
"""What makes a question where it comes first."""


def talk_of(text: str, speller: Speller) -> Talk | None:
    """What kind of small talk a line is; None where it may be a question about the documents."""
    said = words(text)
    if not said:
        return Talk.UNCLEAR
    if len(said) > MOST_WORDS:
        return None
    mended = words(speller.mend(text))
    found = _kind(text, said) or _kind(text, mended)
    return found or (Talk.UNCLEAR if _is_noise(text, mended, speller) else None)


def about_documents(history: Sequence[Turn], speller: Speller) -> list[Turn]:
    """The turns without small talk: a follow-up leans on none of it."""
    return [turn for turn in history if talk_of(turn[0], speller) is None]


def _kind(text: str, said: Sequence[str]) -> Talk | None:
    asked = "?" in text or said[0] in _ASKED
    for talk, signs, beside in _KINDS:
        known = beside.union(_COURTESY, _LITTLE, *signs)
        answers = asked and talk in {Talk.THANKS, Talk.GOODBYE, Talk.NOTED}
        if known.issuperset(said) and all(s.intersection(said) for s in signs) and not answers:
            return talk
    return None


def _is_noise(text: str, said: Sequence[str], speller: Speller) -> bool:
    """A word or two that neither the documents nor English know; a name has a capital letter."""
    bare = text.isascii() and text.islower() and "?" not in text and all(map(str.isalpha, said))
    return bare and len(said) < 3 and not any(map(speller.knows, said))


def reply(question: str, talk: Talk, index: OpenIndex, documents: Sequence[str]) -> Answer:
    """What is said to small talk, with things to ask that the documents speak of."""
    chosen = index.described(documents)
    titles = [f"“{d.source.title}”" for d in chosen]
    many = f"{len(titles)} documents"
    named = _listed(titles[:MOST_TITLES], "and", len(titles) - MOST_TITLES)
    text = talk.value.format(
        documents=titles[0] if len(titles) == 1 else many,
        titles=named if len(titles) == 1 else f"{many}: {named}",
        things=_listed(_things(index, chosen), "or"),
    )
    said = decline(question, text, index.fingerprint)
    return replace(said, status=Status.ANSWERED, engine=ENGINE)


def _listed(items: Sequence[str], joint: str, more: int = 0) -> str:
    *first, last = [*items, f"{more} more"] if more > 0 else items
    return f"{', '.join(first)} {joint} {last}" if first else last


def _things(index: OpenIndex, documents: Sequence[IndexedDocument]) -> list[str]:
    """Headings that most is said under, of one document or of the first few; or else titles."""
    first = documents[:MOST_THINGS]
    turns = zip_longest(*(_topics(index, document) for document in first))
    found = [topic for turn in turns for topic in turn if topic]
    things = dict.fromkeys(found or (d.source.title for d in first))
    return [f"“{thing}”" for thing in things][:MOST_THINGS]


def _topics(index: OpenIndex, document: IndexedDocument) -> list[str]:
    """The headings of a document that can be asked about, those with the most sentences first."""
    step = document.passages // _SAMPLED + 1
    places = range(document.first, document.first + document.passages, step)
    said: Counter[str] = Counter()
    for passage in index.passages(places):
        said[" ".join(passage.heading.rstrip(" :.").split())] += len(passage.sentences)
    title = document.source.title.casefold()
    found = (h for h, _ in said.most_common() if h.casefold() != title and not gives_orders(h))
    return list(filter(_TOPIC.fullmatch, found))
