"""robots.txt as RFC 9309 has it: groups by product token, the longest rule wins, `*` and `$`.

Python's own parser knows neither the wildcards nor the longest rule, and "no PDFs" is commonly
written with both (`Disallow: /*.pdf$`).
"""

from __future__ import annotations

import math
import re
import string
from dataclasses import dataclass
from urllib.parse import quote

_TRIPLET = re.compile("%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset(string.ascii_letters + string.digits + "-._~")
_ASCII = "".join(chr(code) for code in range(0x21, 0x7F))


@dataclass(frozen=True, slots=True)
class Robots:
    """What one site allows one program. Without rules everything is allowed."""

    rules: tuple[tuple[str, bool], ...] = ()
    """Path patterns, and whether each allows."""
    delay: float | None = None
    """Seconds between two requests, where the site asks for that."""

    def allows(self, path: str) -> bool:
        """Whether a path with its query may be asked for."""
        path = _normal(path or "/")
        if path == "/robots.txt":
            return True
        fitting = [(len(p), allowed) for p, allowed in self.rules if _matches(p, path)]
        return max(fitting, default=(0, True))[1]  # of two equally long ones that which allows


def parse_robots(text: str, token: str) -> Robots:
    """The rules for the program that calls itself `token`; else those for everybody."""
    groups = _groups(text)
    name = token.lower()
    lines = groups.get(name, groups.get("*", []))
    rules = [(_normal(v), k == "allow") for k, v in lines if k in {"allow", "disallow"} and v]
    delays = [_seconds(value) for key, value in lines if key == "crawl-delay"]
    return Robots(tuple(rules), max((d for d in delays if d is not None), default=None))


def _groups(text: str) -> dict[str, list[tuple[str, str]]]:
    """The lines of each agent's groups; several agents may share a group."""
    groups: dict[str, list[tuple[str, str]]] = {}
    agents: list[str] = []
    in_rules = False
    for line in text.lstrip("\ufeff").splitlines():
        key, colon, value = line.partition("#")[0].partition(":")
        key, value = key.strip().lower(), value.strip()
        if not colon:
            continue
        if key == "user-agent":
            if in_rules:
                agents, in_rules = [], False
            agents.append(re.split(r"[/\s]", value.lower(), maxsplit=1)[0])
            groups.setdefault(agents[-1], [])
        elif key in {"allow", "disallow", "crawl-delay"}:
            in_rules = True
            for agent in agents:
                groups[agent].append((key, value))
    return groups


def _seconds(value: str) -> float | None:
    try:
        seconds = float(value)
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _normal(path: str) -> str:
    """One spelling for paths that are the same: what need not be escaped is not."""
    escaped = quote(path, safe=_ASCII)
    return _TRIPLET.sub(_plain, escaped)


def _plain(triplet: re.Match[str]) -> str:
    character = chr(int(triplet[1], 16))
    return character if character in _UNRESERVED else triplet[0].upper()


def _matches(pattern: str, path: str) -> bool:
    """Match from the start of the path, in linear time whatever the pattern."""
    whole = pattern.endswith("$")
    first, *rest = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    at = len(first)
    last = rest.pop() if rest else None
    for piece in rest:
        at = path.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    if last is None:
        return not whole or at == len(path)
    if whole:
        return path.endswith(last) and len(path) - len(last) >= at
    return path.find(last, at) >= 0
