"""The table of contents of a Word document: a field over several paragraphs, or styles for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docx.oxml.ns import qn

if TYPE_CHECKING:
    from collections.abc import Iterator

_STYLES = ("toc ", "table of figures", "contents heading")
_MARKS = (qn("w:fldChar"), qn("w:instrText"), qn("w:fldSimple"))


class ContentsFields:
    """Knows, paragraph by paragraph in reading order, whether a field of contents is open."""

    def __init__(self) -> None:
        self._open: list[bool] = []

    def holds(self, paragraph: Any, style: str) -> bool:  # noqa: ANN401 - lxml has no types
        """Whether a paragraph is of a table of contents, by its style or by the fields so far."""
        # Every paragraph has to be looked at: a field may begin in one and end in another.
        inside = [any(self._open), *self._states(paragraph)]
        return any(inside) or style.lower().startswith(_STYLES)

    def _states(self, paragraph: Any) -> Iterator[bool]:  # noqa: ANN401
        for mark in paragraph.iter(*_MARKS):
            if mark.tag == qn("w:fldSimple"):
                yield _lists(mark.get(qn("w:instr")))
            elif mark.tag == qn("w:instrText"):
                if self._open and _lists(mark.text):
                    self._open[-1] = True
            elif mark.get(qn("w:fldCharType")) == "begin":
                self._open.append(False)
            elif mark.get(qn("w:fldCharType")) == "end" and self._open:
                self._open.pop()
            yield any(self._open)


def _lists(instruction: str | None) -> bool:
    """Whether a field's instruction asks for a table of contents: not for one of its entries."""
    return (instruction or "").split()[:1] == ["TOC"]
