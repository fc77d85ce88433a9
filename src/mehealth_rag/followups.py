"""Follow-up questions made to stand alone, from the turns before and without a model.

The thread is followed by rules about English, never about a subject: a pronoun takes the topic of
the turn before, a fragment ("and jobs?") takes that turn's question with its own words in place,
and a question that is whole is left as it is, so that a change of topic drags nothing along.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mehealth_rag.language.words import FUNCTION_WORDS, REQUEST_WORDS, content_words, fold, words
from mehealth_rag.types import Turn


@dataclass(frozen=True, slots=True)
class Standalone:
    """A question that stands alone; `avoid` is an earlier answer that was refused, or empty."""

    text: str
    avoid: str = ""


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
_OTHER = re.compile(
    r"\b(?:the|an)\s?other(?: one| ones)?\b|\bwrong (?:one|figure|number)\b|\bsomething else\b"
    r"|\b(?:any|what|who|where) (?:others?|else|more)\b",
    re.IGNORECASE,
)
_REFUSAL = re.compile(r"^(?:no|nope|not (?:that|this)|wrong|sorry)\b", re.IGNORECASE)
_POSSESSIVE = re.compile(r"\b(?:its|their|his|her)\b(?=\s+\w)", re.IGNORECASE)
_PERSONAL = re.compile(r"\b(?:it|they|them|he|she|him|the (?:latter|former))\b", re.IGNORECASE)
_DEMONSTRATIVE = re.compile(
    r"\b(?:is|was|are|were|does|did|do|will|would|of|about|for|on|in|at|with|to|by|behind|from|"
    r"than|like|after|before|why|how)\s+(?P<word>that|this|those|these)\b(?!\s+\w+(?:ing|ed)\b)"
    r"|^(?P<first>that|this|those|these)\b",
    re.IGNORECASE,
)
_THERE = re.compile(
    r"(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )\bthere\b(?=\W*$|\s+(?:and|now|today)\b)",
    re.IGNORECASE,
)
_CONJUNCTION = re.compile(r"[,;?]|\b(?:and|but|or|when|where|if|that|which)\b", re.IGNORECASE)
_NOUN_FOLLOWS = re.compile(r"^\s+(?P<noun>[a-z]+)", re.IGNORECASE)
_PREPOSITION = re.compile(r"(?:in|at|on|for|by|since|during|within|outside|from)\b", re.IGNORECASE)
_THE_ONE = re.compile(
    r"^(?:the|that|those) ones? (?:on|about|for|in|at|of|from|with) ", re.IGNORECASE
)
_ARTICLE = re.compile(r"^(?:the|an?)\s+", re.IGNORECASE)
_BREAKS = frozenset(
    """
    what which who whom whose when where why how is are was were am be been do does did has have had
    can could will would shall should may might must please if that this these those there it they
    them he she you we i me us
    """.split()
) | {"tell", "give", "show", "list", "name", "explain", "describe", "say", "says"}
_LINKING = frozenset("of the for and in on at to & de von van".split())
_VERBS = frozenset(
    """
    open opens opened opening cost costs generate generates generated contribute contributes employ
    employs provide provides offer offers work works aim aims support supports host hosts stand
    stands mean means happen happens start starts begin began close closes make makes do take takes
    located based founded launched created built called known run runs lead leads led pay pays paid
    live lives come comes go goes went get gets got hold holds include includes produce produces
    written made used there located situated help helps plan plans need needs want wants
    """.split()
)
_SUBJECT_VERB = re.compile(
    r"^(\W*who|what)\s+\w+(?:s|ed)\b(?=\s+(?:the|an?|our|your)\b)", re.IGNORECASE
)
_QUANTITY = re.compile(r"\bhow\s+\w+\b", re.IGNORECASE)
_NAME = re.compile(r"\b[A-Z][\w&’'-]*(?:\s+(?:(?:of|the|for|and|in|&)\s+)*[A-Z0-9][\w&’'-]*)*")


def stand_alone(question: str, history: Sequence[Turn], moved: Moved | None = None) -> Standalone:
    """The question with what it leaves out filled in from the turns before.

    `moved` asks an earlier question of the document that a fragment names, if it names one.
    """
    earlier = ""
    answer = ""
    for asked, answered in history:
        earlier = _rewrite(asked, earlier, answer, moved).text if earlier else asked
        answer = answered
    return _rewrite(question, earlier, answer, moved) if earlier else Standalone(question)


def _rewrite(question: str, earlier: str, answer: str, moved: Moved | None) -> Standalone:
    text = " ".join(question.split())
    core = _LEAD_IN.sub("", text).strip()
    elsewhere = moved(core, earlier) if moved and _is_fragment(core, led_in=True) else None
    if elsewhere:
        return Standalone(elsewhere)
    if _asks_for_other(text, core):
        return Standalone(_merge_other(core, earlier), avoid=answer)
    about = _WHAT_ABOUT.match(core)
    if about:
        return Standalone(_in_place(core[about.end() :], earlier))
    filled = _fill_pronouns(core, earlier, answer)
    if filled != core:
        return Standalone(_capital(filled))
    if _is_fragment(core, led_in=core != text):
        return Standalone(_fragment(core, earlier))
    return Standalone(text)


def _asks_for_other(text: str, core: str) -> bool:
    return (_OTHER.search(core) is not None and len(content_words(core)) <= 3) or (
        _REFUSAL.match(text) is not None and not content_words(core)
    )


def _merge_other(core: str, earlier: str) -> str:
    rest = [w for w in content_words(core) if w not in {"one", "ones", "other", "wrong", "figure"}]
    new = [w for w in rest if w not in set(content_words(earlier))]
    return _in_place(" ".join(new), earlier) if new else earlier


def _fill_pronouns(core: str, earlier: str, answer: str) -> str:
    """`core` with its first dangling pronoun replaced by the topic of the turn before."""
    topic = _topic(earlier, answer)
    inside = topic[:1].lower() + topic[1:] if topic.lower().startswith("the ") else topic
    for pattern, ending in ((_POSSESSIVE, "'s"), (_PERSONAL, "")):
        match = pattern.search(core)
        if match and not _has_antecedent(core[: match.start()]):
            name = inside if match.start() else topic
            return f"{core[: match.start()]}{name}{ending}{core[match.end() :]}"
    match = _THERE.search(core)
    if match and not _names(core[: match.start()]):
        return f"{core[: match.start()]}at {inside}{core[match.end() :]}"
    match = _DEMONSTRATIVE.search(core)
    if match and not _has_antecedent(core[: match.start()]):
        return _fill_demonstrative(core, match, inside)
    return core


def _fill_demonstrative(core: str, match: re.Match[str], topic: str) -> str:
    group = "word" if match["word"] else "first"
    start, end = match.span(group)
    noun = _NOUN_FOLLOWS.match(core[end:])
    if noun and fold(noun["noun"]) not in FUNCTION_WORDS | _VERBS:
        if fold(noun["noun"]) in words(topic):
            end += noun.end()
        else:
            return f"{core.rstrip(' ?')} ({topic})?"
    return f"{core[:start]}{topic}{core[end:]}"


def _has_antecedent(before: str) -> bool:
    """Whether the question itself, before a pronoun, names what the pronoun may stand for."""
    if _names(before):
        return True
    clauses = _CONJUNCTION.split(before)
    return len(clauses) > 1 and any(
        w not in REQUEST_WORDS | _VERBS for w in content_words(clauses[0])
    )


def _is_fragment(core: str, *, led_in: bool) -> bool:
    """No whole question: few words, and none of them a verb that makes it one."""
    plain = words(core)
    subject = [w for w in content_words(core) if w not in REQUEST_WORDS]
    whole = any(
        w in _BREAKS - {"what", "which", "who", "when", "where", "why", "how"} for w in plain
    )
    if led_in:
        return not whole and len(plain) <= 7
    return (len(subject) <= 1 and len(plain) <= 4 and not whole) or (
        not subject and len(plain) <= 5
    )


def _fragment(core: str, earlier: str) -> str:
    subject = [w for w in content_words(core) if w not in REQUEST_WORDS]
    if not subject or words(core)[0] in {"why", "where", "when", "who", "how"}:
        return f"{_capital(core.rstrip(' ?.!'))}: {_ARTICLE.sub('', _topic(earlier, ''))}?"
    return _in_place(core, earlier)


def _in_place(piece: str, earlier: str) -> str:
    """The earlier question with `piece` where it named something of the same sort."""
    piece = _THE_ONE.sub("", piece.strip(" ?.!,"))
    bare = _ARTICLE.sub("", piece)
    names = _names(earlier)
    if _NAME.match(bare) and names:
        return earlier.replace(names[-1], bare)
    counted = re.search(
        r"\b(how (?:many|much)|what|which)\s+((?:[\w'-]+\s+){0,3}?)(?=(?:is|are|was|were|do|does|"
        r"did|has|have|had|can|will)\b)",
        earlier,
        re.IGNORECASE,
    )
    if _PREPOSITION.match(piece):
        return f"{earlier.rstrip(' ?.!')} {piece}?"
    if counted and counted[2].strip() and not names:
        return f"{earlier[: counted.start(2)]}{bare} {earlier[counted.end(2) :]}"
    return f"{earlier.rstrip(' ?.!')} – {piece}?"


def _topic(earlier: str, answer: str) -> str:
    """The words for what the turn before was about: a name, else its longest noun phrase."""
    names = _names(earlier)
    if names:
        return _with_its_noun(max(names, key=len), earlier)
    asked_for_name = re.match(r"\W*(?:which|who|what)\b", earlier, re.IGNORECASE)
    phrase = _noun_phrase(earlier)
    if answer and (asked_for_name and len(phrase.split()) < 2):
        new = [n for n in _names(answer) if " " in n]
        if new:
            return new[0]
    return _as_written(phrase, answer)


def _with_its_noun(name: str, text: str) -> str:
    """A name with the nouns that belong to it ("the North Pier *lighthouse*")."""
    place = text.find(name)
    after = text[place + len(name) :]
    match = re.match(r"(?:\s+[a-z][\w-]*)+", after)
    kept: list[str] = []
    for word in match.group().split() if match else []:
        if word in FUNCTION_WORDS | _BREAKS | _VERBS:
            break
        kept.append(word)
    article = "the " if re.search(r"\bthe\s$", text[:place], re.IGNORECASE) else ""
    return " ".join([f"{article}{name}", *kept])


def _names(text: str) -> list[str]:
    """Runs of capitalised words, the question word at the beginning aside."""
    found = []
    for match in _NAME.finditer(text):
        kept = match.group().split()
        while kept and fold(kept[0]) in FUNCTION_WORDS | REQUEST_WORDS | _BREAKS:
            kept = kept[1:]
        lone_first = match.start() == 0 and len(kept) == 1 == len(match.group().split())
        if kept and not lone_first:
            found.append(" ".join(kept))
    return found


def _noun_phrase(text: str) -> str:
    """The longest run of words without a verb or a question word in between."""
    runs: list[list[str]] = [[]]
    text = _SUBJECT_VERB.sub(r"\1 is ", _QUANTITY.sub(" what ", text))
    for word in re.findall(r"[\w£$€%&’'.-]*\w", text):
        plain = fold(word)
        if plain in _BREAKS or plain in _VERBS:
            runs.append([])
        elif runs[-1] or plain not in _LINKING or plain == "the":
            runs[-1].append(word)
    for run in runs:
        while run and fold(run[-1]) in FUNCTION_WORDS:
            run.pop()
    best = max(runs, key=lambda r: sum(fold(w) not in FUNCTION_WORDS for w in r))
    return " ".join(best) or text.rstrip("?")


def _as_written(phrase: str, answer: str) -> str:
    """The phrase with the capitals that the answer gives it."""
    match = re.search(re.escape(phrase), answer, re.IGNORECASE)
    return match.group() if match else phrase


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
