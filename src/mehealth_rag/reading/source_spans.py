"""Where sentences of a text or Markdown file stand in the file itself.

Reading joins lines and takes marks off, so an offset into a page is none into its file. Letters
and figures keep their order, though: a sentence's are looked for among the file's.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from mehealth_rag.reading.hypertext import TAG
from mehealth_rag.types import Span

_UNSEEN = re.compile(
    r"<!--.*?-->"
    r"|(?<=\])(?:\((?:[^()\n]|\([^()\n]*\))*\)|\[[^\[\]\n]*\])"  # where a link leads
    rf"|{TAG}"
    r"|&(?:#\w{1,7}|[a-zA-Z]\w{1,31});",
    re.DOTALL | re.IGNORECASE,
)
"""What of Markdown a reader does not see as it is written."""


def source_spans(source: str, sentences: Iterable[str], *, markdown: bool) -> Iterator[Span | None]:
    """The place of each sentence, given in their order; None where it cannot be told."""
    seen = _UNSEEN.sub(lambda match: "*" * len(match[0]), source) if markdown else source
    letters = list(_letters(seen))
    text = "".join(letter for letter, _ in letters)
    at = floor = 0
    for sentence in sentences:
        wanted = "".join(letter for letter, _ in _letters(sentence))
        found = text.find(wanted, at)
        if not wanted or found < 0:
            yield None
            continue
        at = found + len(wanted)
        span = _widened(seen, Span(letters[found][1], letters[at - 1][1] + 1), floor)
        floor = span.end
        yield span


def _letters(text: str) -> Iterator[tuple[str, int]]:
    """Each letter and figure in its plainest form, with where it stands."""
    for at, char in enumerate(text):
        if char.isalnum():
            for plain in unicodedata.normalize("NFKC", char).casefold():
                yield plain, at


def _widened(text: str, span: Span, floor: int) -> Span:
    """A span with the marks that touch it: quotation marks, brackets, full stops."""
    start, end = span.start, span.end
    while start > floor and _is_mark(text[start - 1]):
        start -= 1
    while end < len(text) and _is_mark(text[end]):
        end += 1
    return Span(start, end)


def _is_mark(char: str) -> bool:
    return not (char.isalnum() or char.isspace())
