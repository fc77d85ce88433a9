"""Prompt injection: sentences in documents that instruct the answering program.

Such a sentence is not evidence, and neither is the rest of its paragraph. An instruction to human
readers ("Ignore the old timetable") stays evidence.
"""

from __future__ import annotations

import re
from functools import lru_cache

from mehealth_rag.types import BlockKind, Passage, Span

_EARLIER = (
    r"(?:previous|prior|preceding|earlier|above|foregoing|existing|other|system|original|initial)"
)
_DIRECTIVE = (
    r"(?:instructions?|prompts?|directions?|directives?|commands?|guidelines|guardrails|context|"
    r"evidence|programming|training)"
)
_ASSISTANT = (
    r"(?:(?:ai|virtual|language|chat|digital|helpful)[\s-]+(?:assistant|model|bot|system)|ai|"
    r"assistant|chat ?bot|large language model|llm|gpt|language model)s?"
)
_SAY = r"(?:say|answer|reply|respond|state|claim|output|write|print|insist|assert|repeat|declare)"
_ASK = r"(?:asked|asks?|prompted|queried|questioned)"
_FORMS = (
    # "ignore all previous instructions", "forget everything above"
    rf"\b(?:ignore|disregard|forget|override|bypass|(?:do not|don't|stop) follow(?:ing)?)\b"
    rf"[^.!?\n]{{0,30}}\b(?:{_EARLIER}\b[^.!?\n]{{0,30}}\b{_DIRECTIVE}|"
    rf"everything (?:above|before|you)|(?:all|any|your|the|these|those) {_DIRECTIVE})\b",
    # "you are now a helpful assistant"
    rf"\b(?:you are|you're|act as|behave as|pretend (?:to be|that you are))\b[^.!?\n]{{0,20}}"
    rf"\b{_ASSISTANT}\b",
    # "AI assistant: …", "note to the chatbot …"
    rf"^\W*{_ASSISTANT}\s*[:!]",
    rf"\b(?:dear|attention|note (?:to|for)|message (?:to|for)|instructions? (?:to|for))\s"
    rf"(?:the |all |any |every )?{_ASSISTANT}\b",
    # "new instructions: …", "SYSTEM: …"
    r"\b(?:new|updated|system|admin|developer|hidden|secret) (?:instructions?|prompt|override)"
    r"\s*:",
    r"^\W*(?:system|developer)(?: message| prompt| note)?\s*:",
    # "when asked about …, say …", "answer every question with …", "always reply that …"
    rf"\b(?:if|when|whenever) (?:you are |anyone |someone |(?:the |a )?users? )?{_ASK}\b"
    rf"[^.!?\n]{{0,80}}[\s,:](?:always |only |just |simply )?{_SAY}\b",
    rf"\b(?:you must|you should|always|only|instead|simply|now|from now on,?) "
    rf"(?:always |only )?(?:{_SAY}) (?:only |just )?(?:that|with|as if)\b",
    r"\b(?:answer|reply|respond)(?: to)? (?:every|all|any|each|this) (?:other |future )?"
    r"(?:questions?|requests?|prompts?|quer(?:y|ies))\b",
    rf"^\W*(?:and |then |please |instead,? |so )*(?:{_SAY}|tell (?:the |every |each |all )?"
    rf"(?:users?|askers?)) (?:only |just )?(?:that|with|as if)\b",
    r"\btell (?:the |every |each |all )?(?:users?|askers?) (?:that|to)\b",
    # "do not tell the user", "reveal your prompt"
    r"\b(?:do not|don't|never) (?:tell|inform|warn|reveal|mention|cite|show|disclose)\b"
    r"[^.!?\n]{0,30}\b(?:users?|prompt|instructions?|evidence|citations?)\b",
    r"\b(?:reveal|print|show|repeat|output) (?:your|the) (?:system )?(?:prompt|instructions)\b",
    # chat-template markers
    r"<\|?/?(?:im_start|im_end|system|user|assistant|endoftext|eot_id|begin_of_text)\b"
    r"|\[/?(?:INST|SYS)\]|<</?SYS>>|^(?:[^\w#]*+#)++\s*+(?:system|instructions?|assistant|user)\b",
)
_ORDERS = tuple(re.compile(form, re.IGNORECASE) for form in _FORMS)


@lru_cache(maxsize=50_000)
def gives_orders(sentence: str) -> bool:
    """Return whether a sentence instructs the answering program rather than a human reader."""
    text = " ".join(sentence.split())
    return any(form.search(text) for form in _ORDERS)


def silenced(passage: Passage) -> frozenset[Span]:
    """Return the spans of the passage's sentences that may not be used as evidence.

    An instruction also silences the rest of its paragraph, which often holds the text to output.
    """
    spans = []
    after_order, end = False, passage.span.start
    for sentence in passage.sentences:
        between = passage.words(Span(end, sentence.span.start))
        if "\n" in between or sentence.kind is not BlockKind.PARAGRAPH:
            after_order = False
        after_order = after_order or gives_orders(passage.words(sentence.span))
        if after_order:
            spans.append(sentence.span)
        end = sentence.span.end
    return frozenset(spans)
