"""What the assistant declines: all that is not a question about the documents."""

from __future__ import annotations

import re

from mehealth_rag.language.overviews import overview_subject

_INSTRUCTION = re.compile(
    r"^(?:please |kindly |now |can you |could you |would you |will you |i want you to |"
    r"i need you to |you must |go ahead and )*"
    r"(?:write|compose|draft|translate|code|program|generate|sing|draw|paint|pretend|act|role-?play|"
    r"repeat|imagine|forget|ignore|disregard|override|simulate|behave|play|delete|execute|run|print|"
    r"reveal|hack|convert|rewrite|paraphrase|proofread|set(?! out\b)|remind|book|order|call|email|"
    r"send|calculate|solve|compute|create)\s+"
    r"(?:me|us|a|an|the|this|that|these|some|my|your|our|it|all|any|everything|as|like|after|you|"
    r"to|out|one|\d+)\b",
    re.IGNORECASE,
)
_OVERRIDE = re.compile(
    r"\b(?:ignore|disregard|forget|override) (?:\w+ ){0,3}(?:instructions?|rules?|prompts?|above)\b"
    r"|\bsystem prompt\b|\bjailbreak\b|\byou are now\b|\bdeveloper mode\b|\byour instructions\b",
    re.IGNORECASE,
)
# “family” and “partner” are left out: investors have family offices and partners.
_KIN = (
    r"father|mother|dad|mum|mom|parents|son|daughter|child|children|kids?|baby|wife|husband|"
    r"brother|sister|grand(?:father|mother|parents?|son|daughter|ad|ma)|uncle|aunt|nephew|"
    r"niece|cousin|girlfriend|boyfriend|fianc[eé]e?"
)
_ADVICE = re.compile(
    r"^(?:so |and |ok(?:ay)?,? |please |hi,? |hello,? )*(?:should|shall|ought) (?:i|we)\b"
    r"|\bcan i stop taking\b|\bshould i (?:stop|invest|buy|sell|take (?:for|against))\b"
    r"|\b(?:tablets?|pills?|medicines?|drugs?|dose|remedy) (?:should|shall|can|may|must) i\b"
    r"|\bis my (?:\w+ )?(?:medication|medicine|dose)\b"
    r"|\bshould i (?:\w+ ){0,6}my\b|\b(?:i|me) (?:\w+ ){0,3}(?:invest|put) (?:\w+ ){0,3}my\b"
    rf"|\bmy (?:\w+ )?(?:{_KIN})\b"
    r"|\bmy (?:\w+ )?(?:symptoms?|pain|gp|diagnosis|rash|headaches?|pension|savings|portfolio|"
    r"mortgage|isa|shares|knee|back|chest|cough|fever)\b"
    r"|\bi (?:have|feel|am feeling|am having|'ve got|have got) (?:a |an |some )?(?:\w+ )?(?:pain|"
    r"symptoms?|fever|cough|rash|headache|ill|sick|unwell|depressed|anxious)\b"
    r"|\bi(?:'m| am) (?:pregnant|diabetic|asthmatic|allergic|epileptic|in pain|too old)\b"
    r"|\b(?:would|do) you (?:recommend|advise|suggest)\b|\bis it (?:safe|a good idea|wise) for me\b"
    r"|\bwhat (?:would|do) you think\b|\bgood (?:buy|investment) for me\b"
    r"|\byour (?:opinion|advice)\b",
    re.IGNORECASE,
)
_SMALL_TALK = re.compile(
    r"^\W*(?:hi|hello|hey|good (?:morning|afternoon|evening)|thanks?(?: you)?|cheers|bye|goodbye)"
    r"(?: there| all| very much| so much)?\W*$"
    r"|\b(?:tell|give|know) (?:me |us )?(?:a |another |some |any )?(?:jokes?|stor(?:y|ies)|"
    r"riddles?|"
    r"poems?|songs?)\b|^how are you\b|\bwho (?:made|built|created) you\b|\bwho are you\W*$"
    r"|\bwhat(?:'s| is) your name\b|^are you (?:a |an )?(?:human|robot|ai|bot|real)\b"
    r"|^what(?:'s| is)? \d+ ?[-+*x×/] ?\d+",
    re.IGNORECASE,
)

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")

INSTRUCTION = "I only answer questions about the documents; I cannot carry out other requests."
ADVICE = (
    "I can tell you what the documents say, but I cannot give personal medical, legal or "
    "investment advice."
)
SMALL_TALK = "I answer questions about the documents; please ask me what you would like to know."


def declined(question: str) -> str | None:
    """The polite sentence to decline with, or None for a question about the documents."""
    text = " ".join(question.replace("’", "'").split())
    if _OVERRIDE.search(text) or _INSTRUCTION.match(text):
        return INSTRUCTION
    if _ADVICE.search(_about(text)):
        return ADVICE
    if _SMALL_TALK.search(text):
        return SMALL_TALK
    return None


def _about(text: str) -> str:
    """What is to be judged: of one who explains himself and then asks for an overview, only that.

    General information on a subject is no advice, whoever it is for.
    """
    last = _SENTENCE_END.split(text)[-1]
    return last if overview_subject(last) else text
