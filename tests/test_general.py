"""No rule of ours knows the prospectus: the words in the code are those of any document."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
PROSPECTUS = ROOT / "corpus/prospectus.txt"
OTHERS = ("training/written/*.txt", "eval/written/*/*.txt", "eval/sets/*/corpus/*.txt")
COMMON = {
    *("mehealth", "prospectus"),  # the program's name, and what people call such a document
    *("embedded", "enable", "highlight", "unique", "visibility"),  # names in formats, SQL, settings
    *("mailing", "subscribe", "twitter"),  # what is asked for of addresses anywhere
    *("defence", "generate"),  # one of two spellings; an order that is given to assistants
}
"""What stands in literals though few of our other documents have it: it is English of its own."""


def test_no_literal_has_a_word_that_only_the_prospectus_has() -> None:
    known = Counter(
        word for pattern in OTHERS for path in ROOT.glob(pattern) for word in words_of(path)
    )
    assert len(known) > 10_000
    rare = {word for word in words_of(PROSPECTUS) if known[word] < 2} - COMMON
    assert {"midlands", "medtech"} <= rare
    told = {
        f"{path.relative_to(ROOT)}:{line}: {word}"
        for path in ROOT.glob("src/**/*.py")
        for line, text in literals(path)
        for word in long_words(text) & rare
    }
    assert not told, "\n".join(sorted(told))


def literals(path: Path) -> Iterator[tuple[int, str]]:
    """The lines and texts of a module's strings, without those that stand by themselves."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
            yield node.lineno, node.value


def words_of(path: Path) -> set[str]:
    return long_words(path.read_text(encoding="utf-8"))


def long_words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]{5,}", text.lower()))
