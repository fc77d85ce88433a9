"""No text of a visitor or of a document keeps a pattern busy."""

from __future__ import annotations

import re
import signal
import time

import pytest
from hostile_strings import Found, hostile, modules, patterns, seconds

AT_MOST = 0.05
"""Seconds for a string on a machine that takes `USUAL` for the yardstick."""

USUAL = 0.0035
YARDSTICK = re.compile(r"\b(?:\d{1,2}(?:st|nd)?\s(?:of\s)?[A-Z]|[a-z]+-\d)")
SHORT, LONG = 2_000, 50_000
SUSPECT = 0.00006
"""Whoever takes less for the short string and grows with its square still keeps to the limit."""
WORST = 8

PASSAGES = 10_000
"""Two passages have fewer characters, whatever the text."""

SHORTER = {
    "guide.people:_BRACKETS": PASSAGES,
    "guide.people:_LABEL": PASSAGES,
    "guide.people:_LINE": PASSAGES,
    "guide.people:_RUNNING": PASSAGES,
    "language.acronyms:_NAME": PASSAGES,
    "reading.contents:_TRAILING": 300,
    "reading.contents:_LEADING": 300,
    "reading.contents:_LED": 300,
    "reading.describing:_FOLIO": 300,
    "reading.describing:_TITLED": 300,
    "reading.furniture:_WITH_NAME": 90,
}
"""Patterns whose text the code measures first, and how many characters it may have."""

OURS = frozenset({"guard:_SOCIAL"})
"""Patterns that only ever meet a text of the program's own."""

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="nothing else stops them")


def _limit() -> float:
    """The seconds that a string may take here: a slow machine has more."""
    text, taken = "1\n" * (LONG // 2), []
    for _ in range(5):
        start = time.perf_counter()
        YARDSTICK.findall(text)
        taken.append(time.perf_counter() - start)
    return AT_MOST * max(1.0, min(taken) / USUAL)


LIMIT = _limit()


@pytest.mark.parametrize("module", modules())
def test_no_string_keeps_a_pattern_busy(module: str) -> None:
    slow = {name: worst for found in _strange(module) for name, worst in _slow(found).items()}
    assert not slow


def test_a_pattern_that_is_kept_busy_is_found_out() -> None:
    for source in (r"\s+$", r"(a+)+b", r"\w+@\w+", r"<a.*b", r"(?:x\s*)?\s*y"):
        assert _slow(Found(re.compile(source), (source,), frozenset({"search"})))


def _strange(module: str) -> list[Found]:
    return [found for found in patterns(module) if not OURS.issuperset(found.names)]


def _slow(found: Found) -> dict[str, str]:
    """What keeps a pattern busy, by the pattern's name."""
    most = max((SHORTER.get(name, LONG) for name in found.names), default=LONG)
    timed = []
    for make in hostile(found.pattern):
        text = make(min(SHORT, most))
        taken = seconds(found, text, LIMIT)
        if taken > LIMIT:
            return {found.names[0]: f"{taken:.3f} s for {len(text)}: {text[:60]!r}"}
        timed.append((taken, make))
    if most <= SHORT:
        return {}
    for taken, make in sorted(timed, key=lambda pair: -pair[0])[:WORST]:
        if taken > SUSPECT and (longer := seconds(found, make(most), LIMIT)) > LIMIT:
            return {found.names[0]: f"{longer:.3f} s for {most}: {make(60)!r}"}
    return {}
