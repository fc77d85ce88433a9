"""Requests for an overview: how they are worded, and the subject that is left without the words."""

from __future__ import annotations

import re

_NOUNS = (
    r"overview|summary|outline|account|introduction|description|profile|sketch|picture|idea|"
    r"impression|information|info|background|briefing|details|facts"
)
_ABOUT = r"(?:about|on|of|to|regarding|concerning)"
_FRAMES = (
    rf"(?<!\bon )(?<!\bon an )\b(?:{_NOUNS}) {_ABOUT}\s+(?P<noun>\S.*)",
    r"\b(?:(?:tell|told|show|inform) (?:me|us)|know|learn|hear|read|say|said|something|anything|"
    r"everything|a little|a bit|a few words|more|what)(?: \w+)? (?:about|of|on)\s+(?P<verb>\S.*)",
    r"\b(?:describe|summari[sz]e|outline|introduce|explain)(?: briefly)?(?: to (?:me|us))?\s+"
    r"(?P<bid>\S.*)",
)
_COMPILED = tuple(re.compile(frame, re.IGNORECASE) for frame in _FRAMES)

_CLAUSE = re.compile(r"(?:what|which|who\w*|how|why|when|where|whether|if)\b", re.IGNORECASE)
"""A clause asks for something of a subject, not for the subject as a whole."""


def overview_subject(text: str) -> str:
    """What an overview is asked of ("a short account of *the old mill*"), empty where none is."""
    for frame in _COMPILED:
        match = frame.search(text)
        if match is not None:
            subject = match[match.lastindex or 0].strip(" ?.!")
            return "" if _CLAUSE.match(subject) else subject
    return ""
