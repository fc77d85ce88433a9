"""Small talk and questions about the assistant, recognised by the words a line consists of."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from enum import Enum
from itertools import zip_longest

from mehealth_rag.answering.compose import decline
from mehealth_rag.index.content import IndexedDocument
from mehealth_rag.index.opened import OpenIndex
from mehealth_rag.language.injection import gives_orders
from mehealth_rag.language.spelling import Speller
from mehealth_rag.language.words import consists_of, words
from mehealth_rag.types import Answer, Status, Turn

ENGINE = "assistant"

MOST_WORDS = 14
"""Words in a line of small talk at most."""

MOST_TITLES, MOST_THINGS = 5, 3
"""Documents named in a reply, and suggestions of what to ask about."""

_SAMPLED = 60
"""Passages of a document whose headings are considered, at most."""

_TOPIC = re.compile(r"[^\W\d_][^\[\]*@/“”]{2,59}")
"""A heading that can be asked about: no digits, no address, no citation mark."""


class Talk(Enum):
    """A kind of small talk; the value is the reply."""

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
"""Filler words."""

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
    (Talk.DOCUMENTS, (frozenset({"what"}), frozenset({"have", "got"}), _YOU), _FINDING),
    (Talk.GREETING, (_YOU, _BEING), frozenset()),
    (Talk.IDENTITY, (_YOU,), _IDENTITY),
    (Talk.ABILITY, (_YOU, _ABILITY), frozenset()),
    (Talk.ABILITY, (frozenset({"ask"}), frozenset("what question something".split())), _ABILITY),
    (Talk.ABILITY, (frozenset({"help"}),), frozenset("need some".split())),
)
"""Each kind with sets of words, of which a line needs one each, and the words allowed beside them.

Courtesies and filler words are always allowed.
"""

_ASKED = frozenset("is are was am have had".split())
"""Verbs that make a question when they come first."""


def talk_of(text: str, speller: Speller) -> Talk | None:
    """Return the kind of small talk; None if the line may be a question about the documents."""
    typed = words(text)
    if not typed:
        return Talk.UNCLEAR
    if len(typed) > MOST_WORDS:
        return None
    corrected = words(speller.mend(text))
    kind = _kind(text, typed) or _kind(text, corrected)
    return kind or (Talk.UNCLEAR if _is_noise(text, corrected, speller) else None)


def about_documents(history: Sequence[Turn], speller: Speller) -> list[Turn]:
    """Return the turns without small talk, which follow-ups ignore."""
    return [turn for turn in history if talk_of(turn[0], speller) is None]


def _kind(text: str, typed: Sequence[str]) -> Talk | None:
    asked = "?" in text or typed[0] in _ASKED
    for talk, required, allowed in _KINDS:
        asks = asked and talk in {Talk.THANKS, Talk.GOODBYE, Talk.NOTED}
        if not asks and consists_of(typed, required, allowed | _COURTESY | _LITTLE):
            return talk
    return None


def _is_noise(text: str, corrected: Sequence[str], speller: Speller) -> bool:
    """Return whether a line is one or two lower-case words unknown to the documents and English."""
    bare = (
        text.isascii() and text.islower() and "?" not in text and all(map(str.isalpha, corrected))
    )
    return bare and len(corrected) < 3 and not any(map(speller.knows, corrected))


def reply(talk: Talk, index: OpenIndex, documents: Sequence[str]) -> Answer:
    """Return the reply to small talk, with suggestions taken from the documents."""
    chosen = index.described(documents)
    titles = [f"“{d.source.title}”" for d in chosen]
    count = f"{len(titles)} documents"
    listed = _listed(titles[:MOST_TITLES], "and", len(titles) - MOST_TITLES)
    text = talk.value.format(
        documents=titles[0] if len(titles) == 1 else count,
        titles=listed if len(titles) == 1 else f"{count}: {listed}",
        things=_listed(_things(index, chosen), "or"),
    )
    return replace(decline(text), status=Status.ANSWERED, engine=ENGINE)


def _listed(items: Sequence[str], conjunction: str, more: int = 0) -> str:
    *first, last = [*items, f"{more} more"] if more > 0 else items
    return f"{', '.join(first)} {conjunction} {last}" if first else last


def _things(index: OpenIndex, documents: Sequence[IndexedDocument]) -> list[str]:
    """Return headings to suggest, taken in turn from the first few documents; else titles."""
    first = documents[:MOST_THINGS]
    rounds = zip_longest(*(_topics(index, document) for document in first))
    topics = [topic for picks in rounds for topic in picks if topic]
    things = dict.fromkeys(topics or (d.source.title for d in first))
    return [f"“{thing}”" for thing in things][:MOST_THINGS]


def _topics(index: OpenIndex, document: IndexedDocument) -> list[str]:
    """Return the headings of a document that can be asked about, most sentences first."""
    step = document.passages // _SAMPLED + 1
    places = range(document.first, document.first + document.passages, step)
    counts: Counter[str] = Counter()
    for passage in index.passages(places):
        counts[" ".join(passage.heading.rstrip(" :.").split())] += len(passage.sentences)
    title = document.source.title.casefold()
    headings = (h for h, _ in counts.most_common() if h.casefold() != title and not gives_orders(h))
    return list(filter(_TOPIC.fullmatch, headings))
