"""Facts that a sentence mentions in passing, turned into questions and statements.

“The new £300 million rehabilitation centre will soon be joined by two research parks” mentions a
price and a count. People ask about these in the words beside them, so questions and statements are
built from such phrases. Negatives have another value, or ask about a thing for which the text gives
none.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from training.augment import YEAR, moved

Kind = Literal["count", "price", "acronym", "role", "place", "year"]

COUNTING = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty thirty forty fifty sixty"
).split()

MOST_WORDS = 5
"""Longest name of a thing, in words."""

_UNITS = frozenset(
    "years months weeks days hours minutes seconds metres meters kilometres kilometers miles "
    "degrees points times percent litres kilograms kilos tonnes tons acres hectares inches pounds "
    "euros dollars pence cents thousands hundreds millions feet yards others nights terms rows "
    "centimetres grams watts megawatts parts".split()
)
_PEOPLE = frozenset("people men women children staff".split())
_STOPS = frozenset(
    "a an the and or of in on at to for from by with as is are was were be been has have had will "
    "can may must should would that which who whose this these those their its our your his her "
    "than then when where while if but so not no all any each every other more most less per "
    "about over under up out off between among during through across within without after before "
    "since until plus it they we you he she do does did times".split()
)
_ROLES = "|".join(
    "chair chairman chairwoman chairperson director manager head officer president dean professor "
    "secretary treasurer coordinator leader editor founder principal warden curator trustee owner "
    "minister mayor surgeon nurse engineer registrar chef captain coach spokesman".split()
)
_NUMBER = rf"(?:\d{{1,3}}(?:,\d{{3}})+|\d{{1,4}}|{'|'.join(COUNTING)})"
_COUNT = re.compile(
    rf"(?<![\w.,:/£$€%-])(?P<value>{_NUMBER}(?: million| billion)?) (?=(?P<after>[A-Za-z].*))", re.I
)
_MONEY = r"[£$€]\d(?:[\d,]*\d)?(?:\.\d+)?(?:(?: million| billion|m|bn|k)\b)?"
_PRICED = re.compile(
    rf"\b(?:the|an?|its|our|their|new|this) (?P<value>{_MONEY})[- ](?=(?P<after>[A-Za-z].*))", re.I
)
_SUM = re.compile(
    rf"\b(?P<thing>(?:[a-z]+ )?[a-z]{{4,}}) of (?:about |over |up to )?(?P<value>{_MONEY})"
)
_ACRONYM = re.compile(
    r"(?P<words>(?:(?:[A-Z][\w'’-]+|of|for|and|the|in|on) ){2,9})\((?:the )?(?P<short>[A-Z]{2,7})\)"
)
_TITLE = r"(?:Dr|Prof|Professor|Sir|Dame|Mrs?|Ms|Councillor)\.? "
_ROLE = re.compile(
    rf"(?P<value>(?:{_TITLE})?[A-Z][\w'’-]+(?: [A-Z][\w'’-]+){{1,2}}), "
    rf"(?:(?:the|our|its|their|an?) )?(?P<thing>(?!who )(?:[\w-]+ ){{0,4}}(?i:{_ROLES})\b"
    r"(?: (?:of|for|at) (?:the )?[\w&'’-]+(?: [A-Z][\w&'’-]+){0,4})?)(?=[,.;:)”\"]|$)"
)
_PLACE = re.compile(
    r"(?P<thing>[A-Z][\w'’-]+(?: (?:of |for |and )?[A-Z][\w'’-]+)+),? (?:in|at) "
    r"(?P<value>[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)?)"
)
_MONTHS = frozenset(
    "january february march april may june july august september october november december "
    "spring summer autumn winter".split()
)
_YEAR = re.compile(
    r"^(?P<thing>(?:The |Our )?[\w'’ -]{3,50}?) (?:was|were) (?:first )?"
    r"(?P<verb>founded|opened|built|established|launched|started|created|introduced|closed|bought|"
    r"sold|signed|completed|formed|published|rebuilt|elected|appointed|set up) in "
    r"(?:\w+ )?(?P<value>(?:1[5-9]|20)\d\d)\b"
)
_NAMING: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("role", _ROLE), ("place", _PLACE), ("year", _YEAR),
)  # fmt: skip
_NAME = re.compile(r"(?<=[a-z,;] )[A-Z][\w'’-]+(?: (?:of |for )?[A-Z][\w'’-]+)+")

_ASKED: dict[Kind, tuple[str, ...]] = {
    "count": (
        "How many {t} are there?", "how many {t}", "How many {t} do they have?", "number of {t}?",
        "How many {t} does it mention?", "{t}, how many?", "what's the number of {t}",
        "tell me how many {t} there are", "how many {t} in all", "and how many {t}?",
        "do you know how many {t} there are", "how many {t} has it got",
    ),
    "price": (
        "How much was the {t}?", "what did the {t} cost", "how much is the {t}",
        "price of the {t}?", "How much money went into the {t}?", "{t}, how much?",
        "what was spent on the {t}?", "how big is the {t} in money",
    ),
    "acronym": (
        "What does {t} stand for?", "whats {t}", "what is {t}", "{t} = ?", "expand {t}",
        "what do the letters {t} mean", "{t} meaning?", "{t} is short for what",
    ),
    "role": (
        "Who is the {t}?", "who's {t}", "name of the {t}?", "{t}, who is that", "who is {t} then",
        "What is the {t} called?",
    ),
    "place": (
        "Where is the {t}?", "wheres the {t}", "where can i find the {t}", "{t} location?",
        "which town is the {t} in", "In which place is the {t}?",
    ),
    "year": (
        "When was {t} {v}?", "what year was {t} {v}", "when was {t} {v}", "{t} {v} when?",
        "In which year was {t} {v}?",
    ),
}  # fmt: skip
_STATED: dict[Kind, tuple[str, ...]] = {
    "count": ("There are {x} {t}.", "They have {x} {t}.", "The number of {t} is {x}."),
    "price": ("The {t} is worth {x}.", "The {t} cost {x}.", "{x} went into the {t}."),
    "acronym": ("{t} stands for {x}.", "{t} is short for {x}."),
    "role": ("{x} is the {t}.", "The {t} is {x}."),
    "place": ("The {t} is in {x}.", "There is a {t} in {x}."),
    "year": ("{t} was {v} in {x}.",),
}


@dataclass(frozen=True, slots=True)
class Fact:
    """A thing, a role or an acronym, and its value; the value is empty if the text gives none."""

    kind: Kind
    thing: str
    value: str = ""
    verb: str = ""

    @property
    def head(self) -> str:
        """The last word of the thing, in lower case."""
        return self.thing.split()[-1].lower()


def facts_of(sentence: str) -> Iterator[Fact]:
    """Yield the facts that the phrases of a sentence state."""
    for match in _COUNT.finditer(sentence):
        if not _is_year(match["value"]) and (thing := _counted(match["after"])):
            yield Fact("count", thing, match["value"].lower())
    yield from _prices(sentence)
    for match in _ACRONYM.finditer(sentence):
        if words := _spelling(match["words"].split(), match["short"]):
            yield Fact("acronym", match["short"], words)
    for kind, pattern in _NAMING:
        for match in pattern.finditer(sentence):
            if not (_STOPS | _MONTHS).intersection(match["value"].lower().split()):
                verb = match["verb"] if kind == "year" else ""
                yield Fact(kind, _inner(match["thing"]), match["value"], verb)


def _prices(sentence: str) -> Iterator[Fact]:
    for match in _PRICED.finditer(sentence):
        if thing := _thing(match["after"]):
            yield Fact("price", thing, match["value"])
    for match in _SUM.finditer(sentence):
        if not _STOPS.intersection(words := match["thing"].split()):
            yield Fact("price", " ".join(words), match["value"])


def missing(sentence: str, fact: Fact) -> Fact | None:
    """A fact of the same kind about another name in the sentence, without a value.

    None if there is no other name, and for kinds other than prices and places.
    """
    if fact.kind not in ("price", "place"):
        return None
    known = f"{fact.thing} {fact.value}"
    names = [m[0] for m in _NAME.finditer(sentence) if m[0] not in known and known not in m[0]]
    return Fact(fact.kind, names[-1]) if names else None


def crossed(fact: Fact, other: Fact) -> Fact | None:
    """The fact without its value, its last word replaced by another fact's.

    None if it is not a count, price or role, has one word, or has the same last word.
    """
    words = fact.thing.split()
    if fact.kind not in ("count", "price", "role") or len(words) < 2 or other.head == fact.head:
        return None
    return replace(fact, thing=" ".join([*words[:-1], other.head]), value="")


def changed(fact: Fact, others: Sequence[Fact], chance: random.Random) -> Fact | None:
    """The fact with a wrong value: another figure, or the value of another fact of its kind.

    None if there is no other value.
    """
    if fact.kind in ("count", "price", "year"):
        return replace(fact, value=_other_figure(fact.value, chance))
    values = [o.value for o in others if o.kind == fact.kind and o.value != fact.value]
    return replace(fact, value=chance.choice(values)) if values else None


def question_of(fact: Fact, chance: random.Random) -> str:
    """A question about the value of a fact, sometimes with the thing's first words left out."""
    words = fact.thing.split()
    if fact.kind in ("count", "price") and len(words) > 1 and chance.random() < 0.3:
        words = words[chance.randrange(1, len(words)) :]
    question = chance.choice(_ASKED[fact.kind]).format(t=" ".join(words), v=fact.verb)
    return question.lower() if chance.random() < 0.4 else question[0].upper() + question[1:]


def statement_of(fact: Fact, chance: random.Random) -> str:
    """The fact as a sentence."""
    template = chance.choice(_STATED[fact.kind])
    sentence = template.format(t=fact.thing, x=fact.value, v=fact.verb)
    return sentence[0].upper() + sentence[1:]


def _other_figure(value: str, chance: random.Random) -> str:
    if value in COUNTING:
        return chance.choice([word for word in COUNTING[:12] if word != value])
    if not any(map(str.isdigit, value)):
        number, scale = value.split()
        return f"{chance.choice([word for word in COUNTING[:9] if word != number])} {scale}"
    return moved(value, _is_year(value), chance)


def _counted(text: str) -> str:
    """The things counted at the beginning of a text: two words or more, to the last plural."""
    words = _words(text, MOST_WORDS + 1, lambda w: w.replace("-", "").replace("’", "").isalpha())
    ends = max((n for n, word in enumerate(words, 1) if _is_plural(word)), default=0)
    thing = words[:ends]
    # A single word (“spaces”) is ambiguous: a document counts it in many places.
    fitting = len(thing) > 1 and not _UNITS.intersection((thing[0].lower(), thing[-1].lower()))
    return " ".join(thing) if fitting else ""


def _thing(text: str) -> str:
    words = _words(text, MOST_WORDS, lambda word: word[0].isalpha())
    fitting = words and not {"million", "billion", *_UNITS}.intersection(w.lower() for w in words)
    return " ".join(words) if fitting and len(words[-1]) > 3 else ""


def _words(text: str, most: int, fits: Callable[[str], bool]) -> list[str]:
    """The words at the beginning of a text, up to a stop word, a punctuation mark or a misfit."""
    words: list[str] = []
    for raw in text.split()[:most]:
        word = raw.strip("“”\"'’().,;:!?")
        if not word or word.lower() in _STOPS or not fits(word):
            break
        words.append(word)
        if raw[-1] in ".,;:!?)”":
            break
    return words


def _spelling(words: list[str], short: str) -> str:
    """The last words whose capitals spell the acronym; empty if none do."""
    for start in range(len(words) - 1, -1, -1):
        tail = words[start:]
        if "".join(w[0] for w in tail if w[0].isupper()) == short and tail[0][0].isupper():
            return " ".join(tail)
    return ""


def _inner(thing: str) -> str:
    """The thing as it reads within a sentence: an initial “The” or “Our” in lower case."""
    return re.sub(r"^(The|Our) ", lambda m: m[0].lower(), thing)


def _is_plural(word: str) -> bool:
    low = word.lower()
    return low in _PEOPLE or (
        len(low) > 3 and low.endswith("s") and not low.endswith(("ss", "us", "is"))
    )


def _is_year(value: str) -> bool:
    return YEAR.fullmatch(value) is not None
