"""Options of the readers: passwords, OCR and code blocks."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

NO_OCR = "none"


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """How documents are read.

    `passwords` are tried in order on locked PDFs. `ocr_languages` are Tesseract language names
    joined with a plus ("eng+deu"); "none" turns OCR off. `tesseract` is the installed version and
    its languages, empty if there is none; it is here because the text depends on it. `code` is
    whether code blocks in Markdown are read.
    """

    passwords: tuple[str, ...] = ()
    ocr_languages: str = NO_OCR
    tesseract: str = ""
    code: bool = True

    def version(self, reader: int) -> int:
        """Combine the reader version with a hash of the options that can change the text."""
        reads_pictures = self.tesseract if self.ocr_languages != NO_OCR else ""
        if not self.passwords and not reads_pictures:
            return reader
        key = repr((self.passwords, self.ocr_languages, reads_pictures)).encode()
        return reader * 1_000_000 + int.from_bytes(hashlib.sha256(key).digest()[:8]) % 1_000_000


PLAIN = ReadingOptions()
"""Default options: no passwords and no OCR."""
