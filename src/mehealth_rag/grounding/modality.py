"""Whether a sentence states as fact what quotes plan, hope for, or ascribe to someone."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mehealth_rag.grounding.frame import Frame, Text
from mehealth_rag.grounding.matching import ENOUGH
from mehealth_rag.grounding.speech import attribution, same_speaker
from mehealth_rag.grounding.tokens import tokenise
from mehealth_rag.grounding.values import Reason, ReasonKind
from mehealth_rag.language.figures import FigureKind
from mehealth_rag.language.sentences import sentence_spans

_DUE_VERBS = (
    "be open start begin launch complete finish close end arrive leave depart take become receive "
    "move return report publish deliver expire join sail run go come meet happen host hold visit "
    "replace build reopen land retire merge expand double rise fall create relocate appear follow "
    "continue enter undergo commence conclude make give get bring cost last fly stand pay reach"
).replace(" ", "|")
_PLAN = re.compile(
    r"\b(?:will|would|shall|should|could|may|might|aims?|aimed|aiming|plans?|planned|planning|"
    r"intends?|intended|hopes?|hoped|hoping|seeks?|seeking|wants?|wanted|"
    r"wishe?s?|propos(?:es?|ed|ing)|expect(?:s|ed)?|"
    rf"due to (?=(?:\w+ly )?(?:{_DUE_VERBS})\b)|set to|going to|about to|on (?:track|course) to|"
    r"schedul(?:ed|es)|ambitions?|aspir(?:es?|ed|ing|ations?)|striv(?:es?|ing)|visions?|goals?|"
    r"objectives?|looks? to|looking to|soon|targets?|forecast|projected|ideal|subject to|pending|"
    r"potential|is to|are to|must|needs? to|ought to|would like|opportunity to|to become)\b",
    re.IGNORECASE,
)
_ABLE = re.compile(r"\b(?:can|could|may|might|able to)\b", re.IGNORECASE)
_DONE = re.compile(r"\b(?:has|have|had|was|were|did|already)\b|\b\w{3,}ed\b", re.IGNORECASE)
_OPINION = re.compile(
    r"\b(?:believe[sd]?|argue[sd]?|claim(?:s|ed) (?:that|to)|allege(?:s|d|dly)|"
    r"suggest(?:s|ed)? that|think(?:s)?|thought|speculat(?:e|es|ed|ion)|assum(?:e|es|ed|ption)|"
    r"perhaps|possibly|probably|reportedly|supposed(?:ly)?|according to|"
    r"in (?:his|her|their|my|our) (?:view|opinion)|critics|rumou?red|it is said)\b"
    r"|(?-i:(?:^|[.,;“\"\n]\s?|\b(?:and|but|that|which|as|when|if|so)\s)I(?=\s[a-z]|['’]))",
    re.IGNORECASE,
)
_SPEECH = re.compile(r"\b(?:according to|says?|said|tells?|told)\b|[“”\"]", re.IGNORECASE)
_SCOPE_END = re.compile(r"[.;!?\n•](?:\s|$)|\n")

SHARE = 0.6
"""What a plan covers of what a sentence says of its subject makes the sentence its content."""


def check_modality(frame: Frame) -> tuple[Reason, ...]:
    """A plan or an opinion of the quotes that the sentence states as a fact."""
    sentence = frame.sentence.text
    reasons = []
    if not _PLAN.search(sentence) and not _is_timetable(frame.sentence):
        cue = _covering(frame, _PLAN)
        if cue is None and _DONE.search(sentence):
            cue = _covering(frame, _ABLE)
        if cue is not None and not _ABLE.search(sentence):
            reasons.append(Reason(ReasonKind.PLAN, sentence, cue))
    if not _OPINION.search(sentence) and not _PLAN.search(sentence):
        cue = _covering(frame, _OPINION)
        if cue is not None:
            reasons.append(Reason(ReasonKind.OPINION, sentence, cue))
    return (*reasons, *_check_speaker(frame))


def _check_speaker(frame: Frame) -> tuple[Reason, ...]:
    """What a person is said to say, and the sentence states; or says that another person says."""
    claimed = attribution(frame.sentence.text)
    given = [g for g in map(attribution, _lines(frame.quotes.text)) if g is not None and g.personal]
    if claimed is None:
        said = [g for g in given if _spoken(frame, g.what)]
        bare = said and not _OPINION.search(frame.sentence.text)
        return (Reason(ReasonKind.OPINION, frame.sentence.text, said[0].who),) if bare else ()
    if not claimed.personal or any(same_speaker(claimed.who, g.who) for g in given):
        return ()
    if given:
        return (Reason(ReasonKind.OPINION, claimed.who, given[0].who),)
    opined = _SPEECH.search(frame.quotes.text) or _OPINION.search(frame.quotes.text)
    return () if opined else (Reason(ReasonKind.OPINION, claimed.who),)


def _lines(text: str) -> list[str]:
    return [span.of(line) for line in text.split("\n") for span in sentence_spans(line)]


def _spoken(frame: Frame, what: str) -> bool:
    """Whether most of what a sentence says stands in the words that someone says."""
    own = {t.stem for t in tokenise(what) if t.content}
    places = [w.place for w in frame.words if w.score >= ENOUGH and not w.token.quiet]
    spoken = [p for p in places if frame.quotes.tokens[frame.aligned[p].place].stem in own]
    return _weight(frame, spoken) >= SHARE * max(_weight(frame, places), 1e-9)


def _is_timetable(sentence: Text) -> bool:
    """The present with a date speaks of what is to come ("It opens in 2031")."""
    dated = any(p.amount.kind is FigureKind.YEAR for p in sentence.amounts)
    return dated and not _DONE.search(sentence.text)


def _covering(frame: Frame, cues: re.Pattern[str]) -> str | None:
    """The cue of the quotes under which most of what the sentence says stands, else None."""
    text = frame.quotes.text
    starts = {
        w.place: frame.quotes.tokens[frame.aligned[w.place].place].span.start
        for w in frame.words
        if w.score >= ENOUGH and not w.token.quiet
    }
    for cue in cues.finditer(text):
        end = _SCOPE_END.search(text, cue.end())
        stop = end.start() if end else len(text)
        under = [p for p, start in starts.items() if cue.end() <= start < stop]
        said = [p for p, start in starts.items() if under and (p in under or p > min(under))]
        if _weight(frame, under) >= SHARE * max(_weight(frame, said), 1e-9) and _told(frame, under):
            return cue.group()
    return None


def _weight(frame: Frame, places: Sequence[int]) -> float:
    return sum(w.weight for w in frame.words if w.place in places)


def _told(frame: Frame, under: Sequence[int]) -> bool:
    """Whether what stands under a cue tells something: a word that is no name, or a figure."""
    return any(w.place in under and not w.is_name for w in frame.words)
