"""Whether a sentence and quotes agree in what they deny."""

from __future__ import annotations

from mehealth_rag.grounding.frame import Frame, Text
from mehealth_rag.grounding.values import Reason, ReasonKind

_CUES = frozenset(
    """
    not no never none nobody nothing neither nor without cannot hardly scarcely lack lacks lacked
    lacking fail fails failed unable disclaims disclaim denies denied deny refuse refuses refused
    absence prevents prevented avoid avoids
    """.split()
)
_UNIVERSAL = frozenset(
    "all every everyone everything everywhere always entire entirely whole each both fully".split()
)
_NO_CUE_AFTER = frozenset("only just merely least".split())
"""After these "not" does not deny ("not only")."""

SCOPE = 2
"""So many content words after a cue are what it denies."""

SAY, DENY = "say", "deny"


def check_negation(frame: Frame) -> tuple[Reason, ...]:
    """A denial on one side only: of a word that both have."""
    own, theirs = denied_places(frame.sentence), denied_places(frame.quotes)
    for word in frame.words:
        match = frame.aligned.get(word.place)
        if match is None or word.token.quiet:
            continue
        denied, theirs_denied = word.place in own, match.place in theirs
        if denied != (theirs_denied != match.flipped):
            if match.flipped and denied == theirs_denied:
                other = frame.quotes.tokens[match.place].text
                return (Reason(ReasonKind.NEGATION, word.token.text, other),)
            return (_reason(denied),)
    return ()


def _reason(denied: bool) -> Reason:
    return Reason(ReasonKind.NEGATION, DENY if denied else SAY, SAY if denied else DENY)


def denied_places(text: Text) -> frozenset[int]:
    """The places of the words that a text denies."""
    found: set[int] = set()
    for place, token in enumerate(text.tokens):
        if not is_cue(text, place):
            continue
        clause = token.clause
        after = [
            i
            for i, t in enumerate(text.tokens[place + 1 :], start=place + 1)
            if t.content and not t.quiet and t.clause == clause
        ]
        found.update(after[:SCOPE])
    return frozenset(found)


def is_cue(text: Text, place: int) -> bool:
    """Whether the word at a place denies what follows."""
    word = text.tokens[place].word
    following = text.tokens[place + 1].word if place + 1 < len(text.tokens) else ""
    return (word in _CUES or word.endswith("n't")) and following not in _NO_CUE_AFTER


def check_quantifiers(frame: Frame) -> tuple[Reason, ...]:
    """What the sentence says of all ("every", "always"), and the quotes do not."""
    said = {t.word for t in (*frame.quotes.tokens, *frame.above.tokens)}
    hundred = any(p.amount.value == 100 for p in frame.quotes.amounts)
    for place, token in enumerate(frame.sentence.tokens):
        following = frame.sentence.tokens[place + 1 : place + 2]
        rate = token.word in {"each", "every"} and bool(following)
        if token.word not in _UNIVERSAL or rate or said & _UNIVERSAL or hundred:
            continue
        return (Reason(ReasonKind.QUANTIFIER, token.text, _part(frame, place)),)
    return ()


def check_comparison(frame: Frame) -> tuple[Reason, ...]:
    """A comparison ("more than", not before a figure) where the quotes compare nothing."""
    if any(t.word == "than" for t in frame.quotes.tokens):
        return ()
    tokens = frame.sentence.tokens
    for place, token in enumerate(tokens[1:], start=1):
        if token.word == "than" and not {place + 1, place + 2} & frame.sentence.figure_places:
            return (Reason(ReasonKind.QUANTIFIER, f"{tokens[place - 1].text} than"),)
    return ()


def _part(frame: Frame, place: int) -> str:
    """A share that the quotes give in the same place ("two of the three")."""
    counted = [p for p in frame.sentence.amounts if 0 < p.first - place <= 3]
    if not counted:
        return ""
    tokens = frame.quotes.tokens
    for one in frame.quotes.amounts:
        after = [t.word for t in tokens[one.last + 1 : one.last + 3]]
        if after[:1] == ["of"]:
            end = min(one.last + 3, len(tokens) - 1)
            return frame.quotes.text[tokens[one.first].span.start : tokens[end].span.end]
    return ""
