"""What the assistant declines: all that is not a question about the documents."""

from __future__ import annotations

import re

from mehealth_rag.language.pronouns import OF_A_PERSON, OF_SEVERAL
from mehealth_rag.language.words import content_words

_INSTRUCTION = re.compile(
    r"^(?:please |kindly |now |can you |could you |would you |will you |i want you to |"
    r"i need you to |you must |go ahead and )*"
    r"(?:write|compose|draft|translate|code|program|generate|sing|draw|paint|pretend|act|role-?play|"
    r"repeat|imagine|forget|ignore|disregard|override|simulate|behave|play|delete|execute|run|print|"
    r"reveal|hack|convert|rewrite|paraphrase|proofread|set(?! out\b)|remind|book|order|call|email|"
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
# “family” and “partner” are left out: investors have family offices and partners.
_KIN = (
    r"father|mother|dad|mum|mom|parents|son|daughter|child|children|kids?|baby|wife|husband|"
    r"brother|sister|grand(?:father|mother|parents?|son|daughter|ad|ma)|uncle|aunt|nephew|"
    r"niece|cousin|girlfriend|boyfriend|fianc[eé]e?"
)
_ADVICE = re.compile(
    r"(?:^|[.;!?] )(?:so |and |ok(?:ay)?,? |please |hi,? |hello,? )*"
    r"(?:should|shall|ought) (?:i|we)\b"
    r"|\bcan i stop taking\b|\bshould i (?:stop|invest|buy|sell|take (?:for|against))\b"
    r"|\b(?:tablets?|pills?|medicines?|drugs?|dose|remedy) (?:should|shall|can|may|must|ought) i\b"
    r"|\bis my (?:\w+ )?(?:medication|medicine|dose)\b"
    r"|\bshould i (?:\w+ ){0,6}my\b|\b(?:i|me) (?:\w+ ){0,3}(?:invest|put) (?:\w+ ){0,3}my\b"
    rf"|\bmy (?:\w+ )?(?:(?:{_KIN})'s )?(?:\w+ )?(?:symptoms?|pain|gp|diagnosis|rash|"
    r"headaches?|pension|savings|portfolio|mortgage|isa|shares|knee|back|chest|cough|fever)\b"
    r"|\bi (?:have|feel|am feeling|am having|'ve got|have got) (?:a |an |some )?(?:\w+ )?(?:pain|"
    r"symptoms?|fever|cough|rash|headache|ill|sick|unwell|depressed|anxious)\b"
    r"|\bi(?:'m| am) (?:pregnant|diabetic|asthmatic|allergic|epileptic|in pain|too old)\b"
    r"|\b(?:would|do) you (?:recommend|advise|suggest)\b|\bis it (?:safe|a good idea|wise) for me\b"
    r"|\b(?:is|would|will) it (?:be )?(?:wise|sensible|advisable)\b"
    r"|\bworth (?:my|our) (?:while|time|money)\b"
    r"|\bwhat (?:would|do) you think\b|\bgood (?:buy|investment) for me\b"
    r"|\byour (?:opinion|advice)\b",
    re.IGNORECASE,
)
_KIN_NAMED = re.compile(rf"\bmy (?:\w+ )?(?:{_KIN})\b", re.IGNORECASE)
_JUDGING = re.compile(
    r"\b(?:should|shall|ought|best|better|safe|wise|worth|advis\w+|recommend\w*)\b", re.IGNORECASE
)
"""Words that ask for a judgement instead of a fact."""

_SENTENCE_ENDS = re.compile(r"(?<=[.;!?])\s+")
_FACT = re.compile(
    r"^\W*(?:(?:and|so|but|ok(?:ay)?) )*(?:where|when|who(?:m|se)?)\b", re.IGNORECASE
)
_OPEN = re.compile(r"^\W*(?:(?:and|so|but|ok(?:ay)?) )*(?:what|which|how|why)\b", re.IGNORECASE)
_OF_THE_PERSON = re.compile(rf"\b(?:{'|'.join(sorted(OF_A_PERSON | OF_SEVERAL))})\b", re.IGNORECASE)
_ON_BEHALF = re.compile(
    rf"^\W*(?:can|could|may|might|do) (?:i|we) .*\b(?:for|with) my (?:\w+ )?(?:{_KIN})\b",
    re.IGNORECASE,
)
"""What the asker may do, where the relative is only whom it is done for."""

_OWN_WORDS = 2
"""So many content words a question has that stands without the sentences before it."""

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
    if _ADVICE.search(text) or _judges_kin(text):
        return ADVICE
    if _SMALL_TALK.search(text):
        return SMALL_TALK
    return None


def _judges_kin(text: str) -> bool:
    """Whether a question that names a relative wants a judgement on that person.

    It does not where it asks for a place, a time or a name, where the asker would do something for
    the relative, or where the relative stands only in what is told before a question of its own.
    """
    if not _KIN_NAMED.search(text):
        return False
    sentences = _SENTENCE_ENDS.split(text)
    asked = [s for s in sentences if s.endswith("?")] or sentences[-1:]
    if any(map(_JUDGING.search, asked)):
        return True
    return not all(map(_asks_a_fact, asked))


def _asks_a_fact(sentence: str) -> bool:
    """Whether a sentence that judges nothing asks for a fact, whoever is named beside it."""
    if _FACT.match(sentence) or _ON_BEHALF.match(sentence):
        return True
    apart = not _KIN_NAMED.search(sentence) and not _OF_THE_PERSON.search(sentence)
    return bool(apart and _OPEN.match(sentence) and len(content_words(sentence)) >= _OWN_WORDS)
