"""What a follow-up leaves out, filled in from the turns before.

The thread is followed by rules about English, never about a subject: a pronoun takes what the turn
before was about, a fragment ("and jobs?") takes that turn's question with its own words in place,
and a question that is whole is left as it is, so that a change of topic drags nothing along.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from mehealth_rag.followups import exchange, referents, years
from mehealth_rag.followups.exchange import Written
from mehealth_rag.followups.leaning import leans
from mehealth_rag.followups.phrases import BREAKS, VERBS, names
from mehealth_rag.language.pronouns import OF_A_PERSON, OF_SEVERAL, OWNERS
from mehealth_rag.language.words import FUNCTION_WORDS, REQUEST_WORDS, content_words, fold, words
from mehealth_rag.types import Turn


@dataclass(frozen=True, slots=True)
class Standalone:
    """A question that stands alone; `avoid` is an earlier answer that was refused, or empty.

    `leans`: as it was asked it needs the turns before it.
    """

    text: str
    avoid: str = ""
    leans: bool = False


Moved = Callable[[str, str], str | None]
"""A follow-up and the question before: that question, asked of the document the follow-up names."""

_LEAD_IN = re.compile(
    r"^(?:(?:and|but|so|also|then|or|ok(?:ay)?|right|well|now|sorry|thanks?(?: you)?|great|hmm+|"
    r"yes|no|nope|actually|i see|sure)\b[\s,.!:;–-]*)+",
    re.IGNORECASE,
)
_WHAT_ABOUT = re.compile(
    r"^(?:(?:what|how) about|i (?:meant|mean)|not (?:that|this)(?: one)?,?(?: but)?|"
    r"same (?:question )?for|(?:and|only) for|as for)\s+",
    re.IGNORECASE,
)
_WHAT_IF = re.compile(r"^(?:what )?if\s+(?P<clause>[^,]+)$", re.IGNORECASE)
_OTHER = re.compile(
    r"\b(?:the|an)\s?other(?: one| ones)?\b|\bwrong (?:one|figure|number)\b|\bsomething else\b"
    r"|\b(?:any|what|who|where) (?:others?|else|more)\b",
    re.IGNORECASE,
)
_REFUSAL = re.compile(r"^(?:no|nope|not (?:that|this)|wrong|sorry)\b", re.IGNORECASE)
_POSSESSIVE = re.compile(rf"\b(?P<word>{'|'.join(sorted(OWNERS))})\b(?=\s+\w)", re.IGNORECASE)
_PERSONAL = re.compile(
    r"\b(?P<word>it|they|them|he|she|him|her(?=\W*$)|the (?:latter|former))\b", re.IGNORECASE
)
_MADE_IT = re.compile(
    r"\b(?:make|makes|made|making)\s+it\s+(?:to|through|in|into)\b", re.IGNORECASE
)
_DEMONSTRATIVE = re.compile(
    r"\b(?:is|was|are|were|does|did|do|will|would|of|about|for|on|in|at|with|to|by|behind|from|"
    r"than|like|after|before|why|how)\s+(?P<word>that|this|those|these)\b(?!\s+\w+(?:ing|ed)\b)"
    r"|\b(?:has|have|had|is|was|are|were)\s+(?P<done>that|this|those|these)\b"
    r"(?=\s+\w+ed\b(?:\W*$|\s+(?:there|by|in|at|on|for|first)\b))"
    r"|^(?P<first>that|this|those|these)\b",
    re.IGNORECASE,
)
_THERE = re.compile(
    r"(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )\bthere\b(?=\W*$|\s+(?:and|now|today)\b)",
    re.IGNORECASE,
)
_CONJUNCTION = re.compile(
    r"[,;?]|\b(?:and|but|or|when|where|if|that|which|who|what|how|because|since|while)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[,;?]|\b(?:and|but|or|when|where|if|that|which)\b", re.IGNORECASE)
_SINCE_WHEN = re.compile(r"^\W*\w+\s+(?:when|what|which|where|who|whom|how)\b", re.IGNORECASE)
_OF_THOSE = re.compile(
    r"^(how many )of (?:those|these|them)\b(?=\s+(?:are|were|exist)\b)", re.IGNORECASE
)
_OBJECT = re.compile(
    r"(?<!\bdo)(?<!\bdoing)(?<!\bdid)(?<!\bdone)\s(?P<word>it(?=\W*$|\s+(?:in|for|by)\b)|that(?=\W*$))",
    re.IGNORECASE,
)
_AMID = frozenset("in on at near around behind beside under inside with and but or".split())
_NOUN_FOLLOWS = re.compile(r"^\s+(?P<noun>[a-z]+)", re.IGNORECASE)
_ASKED_OF_IT = re.compile(r"(?:\s+[–-]|,)\s+(?=(?:what|who|how|when|where|why|are|is|do|does)\b)")
_ARTICLE = re.compile(r"^(?:the|an?)\s+", re.IGNORECASE)
_HOW_MANY = re.compile(r"^how (?:many|much)\s+(?P<verb>\w+)", re.IGNORECASE)
_BEING = frozenset("are were have had".split())
_NOTHING_OF_ITS_OWN = frozenset("how many much what is was were are did it they there that".split())


def stand_alone(
    question: str,
    history: Sequence[Turn],
    moved: Moved | None = None,
    written: Written | None = None,
) -> Standalone:
    """The question with what it leaves out filled in from the turns before.

    `moved` asks an earlier question of the document that a fragment names, if it names one;
    `written` tells how the documents write a few words, so that a name is known without capitals.
    """
    earlier = ""
    answer = ""
    for asked, answered in history:
        earlier = _rewrite(asked, earlier, answer, moved, written).text if earlier else asked
        answer = answered
    if not earlier:
        return Standalone(question)
    alone = _rewrite(question, earlier, answer, moved, written)
    filled_in = alone.text != " ".join(question.split()) or bool(alone.avoid)
    return replace(alone, leans=filled_in or leans(question, history))


def _rewrite(
    question: str, earlier: str, answer: str, moved: Moved | None, written: Written | None
) -> Standalone:
    text = " ".join(question.split())
    said = _LEAD_IN.sub("", text).strip()
    core = years.dated(said, earlier, answer)
    elsewhere = moved(core, earlier) if moved and _is_fragment(core, led_in=True) else None
    if elsewhere:
        return Standalone(elsewhere)
    if _asks_for_other(text, core):
        return Standalone(_merge_other(core, earlier, written or str), avoid=answer)
    asked_anew = _asked_anew(core, earlier, answer, written or str, led_in=core != text)
    if asked_anew:
        return Standalone(asked_anew)
    filled = _fill_pronouns(exchange.whole(core, earlier), earlier, answer)
    if _counts_nothing(filled):
        return Standalone(_counting(filled, earlier, answer))
    return Standalone(text if filled == said else _capital(filled))


def _asked_anew(core: str, earlier: str, answer: str, written: Written, *, led_in: bool) -> str:
    """The earlier question with what the follow-up changes; empty where that asks by itself."""
    supposed = _WHAT_IF.match(core)
    if supposed:
        return f"{earlier.rstrip(' ?.!')} if {supposed['clause'].rstrip(' ?.!')}?"
    year = _year_alone(core, earlier)
    if year:
        return exchange.in_place(year, earlier, written)
    about = _WHAT_ABOUT.match(core)
    if about or _is_fragment(core, led_in=led_in):
        piece = core[about.end() :] if about else core
        return _fragment(piece, earlier, answer, written, about=bool(about))
    return ""


def _counts_nothing(question: str) -> bool:
    """Whether a question counts what it does not name ("how many joined in 2020?")."""
    match = _HOW_MANY.match(question)
    return (
        match is not None
        and not names(question)
        and (match["verb"].endswith("ed") or fold(match["verb"]) in VERBS | _BEING)
    )


def _counting(question: str, earlier: str, answer: str) -> str:
    """Such a question with what it counts."""
    several = referents.several(earlier, answer)
    match = _HOW_MANY.match(question)
    if not several or match is None:
        return _beside(_capital(question), referents.thing(earlier, answer))
    return _capital(
        f"{question[: match.start('verb')]}of {several} {question[match.start('verb') :]}"
    )


def _asks_for_other(text: str, core: str) -> bool:
    return (_OTHER.search(core) is not None and len(content_words(core)) <= 3) or (
        _REFUSAL.match(text) is not None and not content_words(core)
    )


def _merge_other(core: str, earlier: str, written: Written) -> str:
    rest = [w for w in content_words(core) if w not in {"one", "ones", "other", "wrong", "figure"}]
    new = [w for w in rest if w not in set(content_words(earlier))]
    return exchange.in_place(" ".join(new), earlier, written) if new else earlier


def _year_alone(core: str, earlier: str) -> str:
    """The year of a follow-up that says nothing else ("how many was it in 2022?"), or empty."""
    match = years.PERIOD.search(core)
    if match is None:
        return ""
    rest = words(f"{core[: match.start()]} {core[match.end() :]}")
    counts = {"many", "much"} & set(rest)
    same = counts <= set(words(earlier))
    return match.group() if same and all(w in _NOTHING_OF_ITS_OWN for w in rest) else ""


def _is_fragment(core: str, *, led_in: bool) -> bool:
    """No whole question: few words, and none of them a verb that makes it one."""
    plain = words(core)
    subject = [w for w in content_words(core) if w not in REQUEST_WORDS]
    whole = any(
        w in BREAKS - {"what", "which", "who", "when", "where", "why", "how"} for w in plain
    )
    if led_in or exchange.is_one(core):
        return not whole and len(plain) <= 7
    return (len(subject) <= 1 and len(plain) <= 4 and not whole) or (
        not subject and len(plain) <= 5
    )


def _fragment(piece: str, earlier: str, answer: str, written: Written, *, about: bool) -> str:
    asked = _ASKED_OF_IT.split(piece, maxsplit=1)
    if len(asked) == 2 and exchange.is_phrase(asked[0]):
        of_it = _named_first(asked[1], exchange.whole(asked[0], earlier))
        if of_it != asked[1]:
            return _capital(of_it)
    filled = _fill_pronouns(piece, earlier, answer)
    if filled != piece:
        owned = _POSSESSIVE.match(piece) and referents.asks_who(earlier)
        return _capital(f"{'Who is ' if owned else ''}{filled.rstrip('?')}?")
    if not exchange.is_one(piece) and exchange.whole(piece, earlier) != piece:
        return _capital(exchange.whole(piece, earlier))
    if not about:
        subject = [w for w in content_words(piece) if w not in REQUEST_WORDS]
        if not subject or words(piece)[0] in {"why", "where", "when", "who", "how"}:
            topic = _ARTICLE.sub("", referents.topic(earlier, ""))
            return f"{_capital(piece.rstrip(' ?.!'))}: {topic}?"
    return exchange.in_place(piece, earlier, written)


def _named_first(question: str, named: str) -> str:
    """A question with its first pronoun replaced by what was named right before it."""
    match = _PERSONAL.search(question)
    if match is None:
        return question
    return f"{question[: match.start()]}{named.strip()}{question[match.end() :]}"


def _fill_pronouns(core: str, earlier: str, answer: str) -> str:
    """`core` with what its dangling pronouns stand for in their place."""
    counted = _OF_THOSE.match(core)
    if counted and not referents.several(earlier, answer):
        return f"{counted[1]}{_plural(referents.topic(earlier, answer))}{core[counted.end() :]}"
    for pattern, ending in ((_POSSESSIVE, "'s"), (_PERSONAL, "")):
        match = next((m for m in pattern.finditer(core) if _dangles(m, core)), None)
        if match is None:
            continue
        found = _referent(
            fold(match["word"]), earlier, answer, other=bool(_OBJECT.search(core[match.end() :]))
        )
        if not found:
            return _fill_object(core, "", referents.thing(earlier, answer))
        filled = f"{core[: match.start()]}{_inside(found, match.start())}{ending}"
        rest = core[match.end() :]
        if fold(match["word"]) in OF_A_PERSON | OF_SEVERAL:
            rest = _fill_object(rest, found, referents.thing(earlier, answer))
        return f"{filled}{rest}"
    return _fill_pointing(core, earlier, answer)


def _fill_pointing(core: str, earlier: str, answer: str) -> str:
    """`core` with "that", "those" or "there" filled in."""
    there = _THERE.search(core)
    if there and names(core[: there.start()]):
        there = None
    match = _DEMONSTRATIVE.search(core)
    if match and not _has_antecedent(core[: match.start()]):
        if there and there.start() > match.start():
            core = f"{core[: there.start()].rstrip()}{core[there.end() :]}"
        return _fill_demonstrative(core, match, earlier, answer)
    if there:
        place = _inside(referents.topic(earlier, answer), there.start())
        return f"{core[: there.start()]}at {place}{core[there.end() :]}"
    return core


def _referent(pronoun: str, earlier: str, answer: str, *, other: bool) -> str:
    """What a pronoun stands for, empty if nothing fits.

    "They" that may be anybody takes no single thing where `other` pronouns ask for that.
    """
    if pronoun in OF_A_PERSON:
        return referents.person(earlier, answer)
    if pronoun in OF_SEVERAL:
        several = referents.several(earlier, answer)
        if several or other:
            return several
    if pronoun.startswith("the "):
        return referents.topic(earlier, answer)
    return referents.thing(earlier, answer)


def _fill_object(rest: str, filled: str, thing: str) -> str:
    """The rest of a question with the thing for "it" or a last "that", where it is another."""
    match = _OBJECT.search(rest)
    if match is None or (filled and (thing in filled or filled in thing)):
        return rest
    return f"{rest[: match.start('word')]}{_inside(thing, 1)}{rest[match.end('word') :]}"


def _fill_demonstrative(core: str, match: re.Match[str], earlier: str, answer: str) -> str:
    group = next(g for g in ("word", "done", "first") if match[g])
    start, end = match.span(group)
    of_several = fold(match[group]) in {"these", "those"}
    event = "" if of_several else referents.event(earlier, answer)
    noun = _NOUN_FOLLOWS.match(core[end:])
    if noun and fold(noun["noun"]) == "one" and not of_several:
        found = referents.thing(earlier, answer)
        return f"{core[:start]}{_inside(found, start)}{core[end + noun.end() :]}"
    pointed = group != "done" and noun and fold(noun["noun"]) not in FUNCTION_WORDS | VERBS
    if event and not pointed:
        return _beside(core, event)
    several = referents.several(earlier, answer) if of_several and not pointed else ""
    found = several or referents.thing(earlier, answer)
    if pointed and noun:
        if fold(noun["noun"]) not in words(found):
            return _beside(core, found)
        end += noun.end()
    return f"{core[:start]}{_inside(found, start)}{core[end:]}"


def _dangles(pronoun: re.Match[str], core: str) -> bool:
    """Whether a pronoun stands for nothing that the question itself names."""
    before = core[: pronoun.start()]
    if any(m.start() < pronoun.start() < m.end() for m in _MADE_IT.finditer(core)):
        return False
    if _is_object(fold(pronoun["word"]), before):
        before = _outside_its_clause(before)
    return not _has_antecedent(before)


def _is_object(word: str, before: str) -> bool:
    last = words(before)[-1:]
    return word in {"it", "them", "him"} and bool(last) and last[0] not in BREAKS | _AMID


def _outside_its_clause(before: str) -> str:
    """What stands before an object's clause: none of a clause's other names can be its object."""
    ends = [m.end() for m in _CONJUNCTION.finditer(before)]
    return before[: ends[-1]] if ends else ""


def _has_antecedent(before: str) -> bool:
    """Whether the question itself, before a pronoun, names what the pronoun may stand for."""
    if names(before):
        return True
    clauses = _CLAUSE.split(_SINCE_WHEN.sub("", before))
    return len(clauses) > 1 and any(
        w not in REQUEST_WORDS | VERBS for w in content_words(clauses[0])
    )


def _beside(question: str, told: str) -> str:
    return f"{question.rstrip(' ?')} ({told})?"


def _inside(name: str, place: int) -> str:
    return name[:1].lower() + name[1:] if place and name.lower().startswith("the ") else name


def _plural(name: str) -> str:
    bare = _ARTICLE.sub("", name)
    return bare if bare.endswith("s") else f"{bare}s"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
