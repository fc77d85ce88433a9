"""What a reader may use beside the file: passwords, and whether and how to read pictures."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

NO_OCR = "none"


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """How documents are read.

    `passwords` are tried in turn on locked PDFs. `ocr_languages` are those that pictures of pages
    are read in, by Tesseract's names joined with a plus ("eng+deu"); "none" leaves pictures unread.
    `tesseract` names the installed version and languages, empty where there is none: it is part
    of what the text depends on. `code` is whether the code in Markdown is read.
    """

    passwords: tuple[str, ...] = ()
    ocr_languages: str = NO_OCR
    tesseract: str = ""
    code: bool = True

    def version(self, reader: int) -> int:
        """The number of `reader` with these options: the same file may come out otherwise."""
        reads_pictures = self.tesseract if self.ocr_languages != NO_OCR else ""
        if not self.passwords and not reads_pictures:
            return reader
        said = repr((self.passwords, self.ocr_languages, reads_pictures)).encode()
        return reader * 1_000_000 + int.from_bytes(hashlib.sha256(said).digest()[:8]) % 1_000_000


PLAIN = ReadingOptions()
"""No passwords, and pictures are not read."""
