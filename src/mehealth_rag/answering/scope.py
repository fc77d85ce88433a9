"""What the assistant declines: instructions, and requests for personal advice."""

from __future__ import annotations

import re
from dataclasses import dataclass

_INSTRUCTION = re.compile(
    r"^(?:please |kindly |now |can you |could you |would you |will you |i want you to |"
    r"i need you to |you must |go ahead and )*"
    r"(?:write|compose|draft|translate|code|program|generate|sing|draw|paint|pretend|act|role-?play|"
    r"repeat|imagine|forget|ignore|disregard|override|simulate|behave|play|delete|execute|run|print|"
    r"reveal|hack|convert|rewrite|paraphrase|proofread|set(?! out\b)|remind|book|order|"
    r"(?:call|email)(?! to\b)|"
    r"send|calculate|solve|compute|create)\s+"
    r"(?:[\"'“‘]|(?:me|us|a|an|the|this|that|these|some|my|your|our|it|all|any|everything|as|like|"
    r"after|you|to|out|one|\d+)\b)",
    re.IGNORECASE,
)
_OVERRIDE = re.compile(
    r"\b(?:ignore|disregard|forget|override) (?:\w+ ){0,3}(?:instructions?|rules?|prompts?|above)\b"
    r"|\bsystem prompt\b|\bjailbreak\b|\byou are now\b|\bdeveloper mode\b|\byour instructions\b",
    re.IGNORECASE,
)
_ADVICE = re.compile(
    r"(?:^|[.;!?] )(?:so |and |ok(?:ay)?,? |please |hi,? |hello,? )*"
    r"(?:should|shall|ought) (?:i|we)\b"
    r"|\bcan i stop taking\b|(?<!\bwhy )\bshould i (?:stop|invest|buy|sell|take (?:for|against))\b"
    r"|\b(?:tablets?|pills?|medicines?|drugs?|dose|remedy) (?:should|shall|can|may|must|ought) i\b"
    r"|\bis my (?:\w+ )?(?:medication|medicine|dose)\b"
    r"|\bshould i (?:\w+ ){0,6}my\b|\b(?:i|me) (?:\w+ ){0,3}invest (?:\w+ ){0,3}my\b|\bmy back\b"
    r"|\b(?:i|me) (?:\w+ ){0,3}put (?:\w+ ){0,3}my (?:money|cash)\b"
    r"|\bmy (?:\w+ )?(?:symptoms?|pain|gp|diagnosis|rash|"
    r"headaches?|pension|savings|portfolio|mortgage|isa|shares|knee|chest|cough|fever)\b"
    r"|\bi (?:have|feel|am feeling|am having|'ve got|have got) (?:a |an |some )?(?:\w+ )?(?:pain|"
    r"symptoms?|fever|cough|rash|headache|ill|sick|unwell|depressed|anxious)\b"
    r"|\bi(?:'m| am) (?:pregnant|diabetic|asthmatic|allergic|epileptic|in pain|too old)\b"
    r"|\b(?:would|do) you (?:recommend|advise|suggest)\b|\bis it (?:safe|a good idea|wise) for me\b"
    r"|(?<!\bwhy )\b(?:is|would|will) it (?:be )?(?:wise|sensible|advisable)\b"
    r"|\bworth (?:my|our) (?:while|time|money)\b"
    r"|\bwhat (?:would|do) you think\b|\bgood (?:buy|investment) for me\b"
    r"|\byour (?:opinion|advice)\b",
    re.IGNORECASE,
)
_FACT = re.compile(r"(?:and |so |but )*(?:who|whom|where|when|why|how long) (?!.*\bshould\b)", re.I)
"""Opens a question for a fact, even one about the asker's own affairs."""

_ENTERTAINMENT = re.compile(
    r"\b(?:tell|give|know) (?:me |us )?(?:a |another |some |any )?(?:jokes?|stor(?:y|ies)|"
    r"riddles?|poems?|songs?)\b|^what(?:'s| is)? \d+ ?[-+*x×/] ?\d+",
    re.IGNORECASE,
)


INSTRUCTION = "I only answer questions about the documents; I cannot carry out other requests."
ADVICE = (
    "I can tell you what the documents say, but I cannot give personal medical, legal or "
    "investment advice."
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A polite refusal; `final` means that it holds whatever the documents say."""

    sentence: str
    final: bool = True


def declined(question: str) -> Refusal | None:
    """Return the refusal for input that is not a question about the documents, else None.

    What sounds like personal advice may be about a leaflet's or guide's content ("should I rinse
    it?"), so it is declined only if the documents do not answer it.
    """
    text = " ".join(question.replace("’", "'").split())
    if _OVERRIDE.search(text) or _INSTRUCTION.match(text) or _ENTERTAINMENT.search(text):
        return Refusal(INSTRUCTION)
    advice = _ADVICE.search(text) and not _FACT.match(text)
    return Refusal(ADVICE, final=False) if advice else None
