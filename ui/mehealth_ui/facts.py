"""The fact desk: checks a draft sentence by sentence, as a stream of JSON events.

The events hold the draft with the places of its sentences, a verdict for each, and the counts.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mehealth_rag.checking.drafts import (
    CheckedSentence,
    DraftSentence,
    check_sentences,
    draft_sentences,
)
from mehealth_rag.errors import ReadingError, UsageError
from mehealth_rag.serialise import verdict_json
from mehealth_rag.types import Document, Span, VerdictKind
from mehealth_rag.wiring import read_draft
from mehealth_ui.limits import (
    DECISIONS_PER_MINUTE,
    DRAFT_CHARACTERS,
    DRAFT_SENTENCES,
    DRAFTS_OF_ONE,
    Gate,
    Slots,
)
from mehealth_ui.people.decisions import DecisionStore

if TYPE_CHECKING:
    from mehealth_rag.assistant import Assistant
    from mehealth_rag.settings import Settings

NOT_CHECKED = "not_checked"
"""The outcome of a sentence whose check failed."""

OUTCOMES = (*(str(kind) for kind in VerdictKind), NOT_CHECKED)
_PAGE_BREAK = "\n\n"
_ENDING = re.compile(r"\.[a-z0-9]{1,8}")


@dataclass(frozen=True, slots=True)
class Facts:
    """The parts of the fact desk: decisions and limits."""

    settings: Settings
    decisions: DecisionStore
    gate: Gate
    """For decisions; drafts count as questions."""
    slots: Slots

    @classmethod
    def of(cls, settings: Settings) -> Facts:
        """Return the fact desk of these settings."""
        return cls(
            settings,
            DecisionStore.from_settings(settings),
            Gate.at(DECISIONS_PER_MINUTE, "decisions", "decide"),
            Slots(2 * settings.ui_concurrency, DRAFTS_OF_ONE, "drafts"),
        )

    def read(self, name: str, content: bytes, *, pasted: bool = False) -> Draft:
        """Read a draft: the content of a file of that name, or UTF-8 text that was `pasted`.

        Raises UsageError if it cannot be read, is too long or claims nothing.
        """
        ending = Path(name).suffix.lower()
        ending = ending if _ENDING.fullmatch(ending) else ".txt"
        with tempfile.TemporaryDirectory(prefix="mehealth-draft-") as folder:
            path = Path(folder, f"draft{ending}")
            path.write_bytes(content)
            try:
                document = read_draft(self.settings, path)
            except ReadingError as error:
                raise UsageError(str(error).replace(str(path), name or "the draft")) from error
        sentences = draft_sentences(document)
        original = content.decode("utf-8", "replace") if pasted else ""
        text, places = _text_and_places(document, sentences, original)
        _check_size(len(text), len(sentences))
        return Draft(name, text, sentences, places)


def _text_and_places(
    document: Document, sentences: Sequence[DraftSentence], original: str = ""
) -> tuple[str, tuple[Span, ...]]:
    """Return a draft's text and the span in it of each sentence.

    It is the `original` text if all sentences are found there, whatever the white space between
    their words; else that of the pages as read, with an empty line between two.
    """
    texts = {page.number: page.text for page in document.pages}
    places = _spans_in_order(original, [s.span.of(texts[s.page]) for s in sentences])
    if original and places is not None:
        return original, places
    starts: dict[int, int] = {}
    length = 0
    for number, text in texts.items():
        starts[number] = length
        length += len(text) + len(_PAGE_BREAK)
    moved = (Span(starts[s.page] + s.span.start, starts[s.page] + s.span.end) for s in sentences)
    return _PAGE_BREAK.join(texts.values()), tuple(moved)


def _spans_in_order(text: str, sentences: Sequence[str]) -> tuple[Span, ...] | None:
    """Find sentences in a text, one after the other; None if one is missing."""
    spans: list[Span] = []
    end = 0
    for sentence in sentences:
        words = re.compile(r"\s+".join(map(re.escape, sentence.split())))
        match = words.search(text, end)
        if match is None:
            return None
        end = match.end()
        spans.append(Span(match.start(), end))
    return tuple(spans)


def _check_size(characters: int, sentences: int) -> None:
    if not sentences:
        raise UsageError("the draft holds no sentence that claims something; check another one")
    for count, most, what in (
        (characters, DRAFT_CHARACTERS, "characters"),
        (sentences, DRAFT_SENTENCES, "sentences"),
    ):
        if count > most:
            raise UsageError(
                f"the draft has {count:,} {what}; at most {most:,} are checked, so divide it"
            )


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft that was read: its text, its sentences, and the span in the text of each."""

    name: str
    text: str
    sentences: Sequence[DraftSentence]
    places: Sequence[Span]

    @property
    def hash(self) -> str:
        """The SHA-256 of its text in hex, the key of its decisions."""
        return hashlib.sha256(self.text.encode("utf-8", "replace")).hexdigest()

    def begun(self, decisions: DecisionStore) -> dict[str, Any]:
        """Return the first event: the draft, and the earlier decisions on it."""
        return {
            "draft": {
                "hash": self.hash,
                "name": self.name,
                "text": self.text,
                "places": [self._place(number) for number in range(len(self.places))],
            },
            "decisions": [d.model_dump() for d in decisions.of_draft(self.hash)],
        }

    def checked(self, assistant: Assistant, documents: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Check the sentences: an event for each in order, and one with the counts."""
        began = time.monotonic()
        counts: Counter[str] = Counter()
        check = partial(assistant.check, documents=documents)
        for number, checked in enumerate(check_sentences(self.sentences, check)):
            counts[str(checked.verdict.verdict) if checked.verdict else NOT_CHECKED] += 1
            yield {"place": self._place(number), **_outcome(checked)}
        seconds = round(time.monotonic() - began, 2)
        summary = {"sentences": counts.total(), **{name: counts[name] for name in OUTCOMES}}
        yield {"summary": {**summary, "seconds": seconds}}

    def _place(self, number: int) -> dict[str, int]:
        sentence, span = self.sentences[number], self.places[number]
        return {
            "start": span.start,
            "end": span.end,
            "page": sentence.page,
            "paragraph": sentence.paragraph,
        }


def _outcome(checked: CheckedSentence) -> dict[str, Any]:
    if checked.verdict is None:
        return {"claim": checked.sentence.claim, "error": checked.error}
    return verdict_json(checked.verdict)
