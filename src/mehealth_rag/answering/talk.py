"""Small talk and questions about the assistant itself: told by what a line holds besides."""

from __future__ import annotations

import re
from collections import Counter
from enum import Enum
from functools import partial
from itertools import zip_longest
from typing import TYPE_CHECKING

from mehealth_rag.language.orders import gives_orders
from mehealth_rag.language.words import words
from mehealth_rag.types import Answer, Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mehealth_rag.index.content import IndexedDocument
    from mehealth_rag.index.opened import OpenIndex
    from mehealth_rag.language.spelling import Speller
    from mehealth_rag.types import Turn

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


_COURTESY = {
    Talk.THANKS: frozenset("thanks thank thx ty cheers ta appreciated grateful helpful".split()),
    Talk.GOODBYE: frozenset("bye goodbye goodnight cya farewell".split()),
    Talk.GREETING: frozenset("hi hello hey hiya howdy greetings morning afternoon evening".split()),
    Talk.NOTED: frozenset(
        "ok okay k yes yep yeah no nope sure right fine cool great good nice lovely perfect wow "
        "excellent brilliant wonderful awesome alright well understood got see sorry hmm lol oops "
        "test testing question worries problem".split()
    ),
}
"""Words of courtesy, the first kind of which a line has one."""

_ADDRESS = frozenset(
    "you your u ur i i'm me my we us am is are was a an the all any so very much many lot lots for "
    "of to in on with and oh just really again too that this it there then now today day have had "
    "later soon everyone team folks friend mate sir madam dear assistant bot help answer "
    "please pls plz night exactly actually".split()
)
"""Words of address, and those that carry nothing beside a word of courtesy."""

_ASKED = frozenset("is are was am have had".split())
"""Of those, the words that make a question where they come first."""

_YOU = frozenset("you u yourself your ur you're".split())
_LITTLE = _ADDRESS - frozenset("help answer it this that there many much assistant bot".split())

_OF_IDENTITY = frozenset(
    "who what how name called ai robot bot chatbot human person real machine computer program llm "
    "chatgpt gpt made built created yourself introduce tell about doing feeling "
    "there".split()
)
_OF_ABILITY = frozenset(
    "what how can could do does help assist ask know answer answers work able capable tell need "
    "question questions thing things something kind sort some about should".split()
)
_DOCUMENT = frozenset(
    "documents document files file sources reports pdfs library index information".split()
)
_OF_DOCUMENTS = _DOCUMENT | frozenset(
    "which what how many list show tell name got has know read use using see can could do about "
    "there here loaded indexed available".split()
)
_THERE = _YOU | frozenset("there list show loaded indexed available".split())


def talk_of(text: str, speller: Speller) -> Talk | None:
    """What kind of small talk a line is; None where it may be a question about the documents."""
    said = words(text)
    if not said:
        return Talk.UNCLEAR
    if len(said) > MOST_WORDS:
        return None
    mended = words(speller.mend(text))
    tries = (kind(line) for line in (said, mended) for kind in (partial(_courtesy, text), _itself))
    return next(filter(None, tries), None) or _noise(text, mended, speller)


def about_documents(history: Sequence[Turn], speller: Speller) -> list[Turn]:
    """The turns without small talk: a follow-up leans on none of it."""
    return [turn for turn in history if talk_of(turn[0], speller) is None]


def _courtesy(text: str, said: Sequence[str]) -> Talk | None:
    """Courtesy with nothing beside it but words of address."""
    rest = set(said) - _ADDRESS
    kinds = [kind for kind, own in _COURTESY.items() if rest & own]
    if not kinds or rest - frozenset().union(*_COURTESY.values()) or said[0] in _ASKED:
        return None
    asked = "?" in text and kinds[-1:] == [Talk.NOTED]
    return None if asked and Talk.GREETING not in kinds else kinds[0]


def _itself(said: Sequence[str]) -> Talk | None:
    """A question about the assistant, its courtesies aside."""
    left = [w for w in said if not any(w in own for own in _COURTESY.values()) or w == "question"]
    rest, you = set(left) - _LITTLE, bool(_YOU & set(left))
    if rest & _DOCUMENT and rest <= _OF_DOCUMENTS and _THERE & set(left):
        return Talk.DOCUMENTS
    if you and rest and rest <= {"how", "doing", "feeling", "there"}:
        return Talk.GREETING
    if you and rest <= _OF_IDENTITY:
        return Talk.IDENTITY
    asks = "ask" in rest and rest & {"what", "question", "questions", "something"}
    if rest <= _OF_ABILITY and (you or asks or rest <= {"help", "need", "some"}):
        return Talk.ABILITY if rest else None
    return None


def _noise(text: str, said: Sequence[str], speller: Speller) -> Talk | None:
    """A word or two that neither the documents nor English know; a name has a capital letter."""
    bare = text.isascii() and text.islower() and "?" not in text and all(map(str.isalpha, said))
    return Talk.UNCLEAR if bare and len(said) < 3 and not any(map(speller.knows, said)) else None


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
    return Answer(
        question=question,
        standalone_question=question,
        status=Status.ANSWERED,
        answer=text,
        confidence=1.0,
        engine=ENGINE,
        index=index.fingerprint,
    )


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
    return [
        heading
        for heading, _ in said.most_common()
        if _TOPIC.fullmatch(heading) and heading.casefold() != title and not gives_orders(heading)
    ]
