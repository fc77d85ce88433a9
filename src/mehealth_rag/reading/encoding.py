"""Decoding of text files: byte order mark, UTF-8, declared encoding, else a reported guess."""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from mehealth_rag.errors import ReadingError

if TYPE_CHECKING:
    from charset_normalizer.models import CharsetMatch


_BEYOND_ASCII = re.compile(rb"[\x80-\xff]+")
_AFTER_WORDS = frozenset("’”“‘»«…–—€°®™\u00a0\u00ad")
"""Non-ASCII signs that may directly follow a word."""
_SAMPLE = 4096
"""Number of bytes at the start of a file in which to look for UTF-16."""
_GUESSED_FROM = 100_000
"""Maximum bytes of non-ASCII lines to guess the encoding from; more only costs time."""
_MARKS = (
    ((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE), "utf-32"),  # first: one starts with UTF-16's mark
    ((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE), "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
_WIDE = ("utf_16_le", "utf_16_be", "utf_32_le", "utf_32_be")
_LATIN = ("cp1252", "cp1250", "cp1254", "cp1257", "cp1258", "iso8859_2", "mac_roman", "cp850")
_OTHERS = (
    "cp1255", "cp1251", "koi8_r", "gb18030", "big5", "cp932", "cp949", "euc_jp", "cp1253",
    "cp1256", "cp866", "iso8859_5", "mac_cyrillic",
)  # fmt: skip
"""Candidate encodings, Latin and other scripts; the first wins between equally good ones."""
_LATIN_RUN = 1.6
"""Maximum mean length of non-ASCII byte runs in Latin text; other scripts have longer ones."""
_FEW = 4
"""Minimum non-ASCII bytes for a guess."""
_NAMES = {"cp932": "Shift JIS", "cp949": "EUC-KR", "mac_roman": "Mac Roman"}
_BROKEN_SHARE = 0.02
"""Maximum share of broken characters among the non-ASCII ones for a file to count as UTF-8."""
_CLOSE = 0.06
"""Difference of charset-normalizer scores below which two guesses count as equal."""
_BROWSERS_MEAN = (
    dict.fromkeys(("iso-8859-1", "latin1", "latin-1", "us-ascii", "ascii"), "cp1252")
    | dict.fromkeys(("gb2312", "gbk", "x-gbk"), "gb18030")
    | dict.fromkeys(("shift_jis", "shift-jis", "x-sjis", "sjis"), "cp932")
    | dict.fromkeys(("euc-kr", "ks_c_5601-1987"), "cp949")
    | {"iso-8859-9": "cp1254", "big5": "big5hkscs", "x-mac-roman": "mac_roman"}
)
"""Maps a declared encoding to the one that browsers use: "iso-8859-1" pages hold curly quotes."""
_ODD = frozenset({"Cn", "Co", "Cs", "Cc"})


@dataclass(frozen=True, slots=True)
class Decoded:
    """A file's text, and a note for the user about its decoding; None if that was certain."""

    text: str
    note: str | None = None


def decode(path: Path, content: bytes) -> Decoded:
    """Decode a text file by its byte order mark, as UTF-8 or UTF-16, else by the best guess.

    Raises ReadingError if the file is not text.
    """
    for marks, encoding in _MARKS:
        if content.startswith(marks):
            return Decoded(content.decode(encoding, "replace").removeprefix("\ufeff"))
    if b"\0" in content:
        return _wide(path, content)
    # ISO-2022-JP uses only ASCII bytes, with this escape sequence to switch the script.
    if b"\x1b$" in content and (text := _exactly(content, "iso2022_jp_ext")) is not None:
        return Decoded(text, _guess_note("iso2022_jp"))
    if (text := _exactly(content, "utf-8")) is not None:
        return Decoded(text)
    replaced = content.decode("utf-8", "replace")
    non_ascii = sum(not char.isascii() for char in replaced)
    broken = replaced.count("\ufffd")
    if broken <= _BROKEN_SHARE * non_ascii:
        return Decoded(replaced, f"{broken} of its characters cannot be read (broken UTF-8)")
    encoding = _guess(content)
    return Decoded(content.decode(encoding, "replace"), _guess_note(encoding))


def decode_declared(path: Path, content: bytes, name: str) -> Decoded:
    """Decode a file with a declared encoding; valid UTF-8 wins, as declarations can be wrong."""
    named = _BROWSERS_MEAN.get(name, name)
    for encoding in (named,) if content.isascii() else ("utf-8", named):
        if (text := _exactly(content, encoding)) is not None:
            return Decoded(text)
    return decode(path, content)


def _exactly(content: bytes, encoding: str) -> str | None:
    """Decode strictly; None if the bytes do not fit the encoding or it is unknown."""
    try:
        return content.decode(encoding)
    except (LookupError, UnicodeDecodeError):
        return None


def _wide(path: Path, content: bytes) -> Decoded:
    """Decode a file with zero bytes: UTF-16 or UTF-32 without a mark.

    Raises ReadingError if it is neither.
    """
    for zeros, encoding in (
        (content[1:_SAMPLE:2], "utf-16-le"),
        (content[:_SAMPLE:2], "utf-16-be"),
    ):
        others = content[: 2 * len(zeros)].count(0) - zeros.count(0)
        if zeros.count(0) > len(zeros) // 2 > others:  # one of the two bytes of a Latin letter is 0
            return Decoded(content.decode(encoding, "replace"))
    for match in _matches(content, _WIDE):
        text = content.decode(match.encoding, "replace")
        if _is_text(text):
            return Decoded(text, _guess_note(match.encoding))
    raise ReadingError(f"{path}: not a text file (it holds zero bytes); check its format")


def _is_text(text: str) -> bool:
    """Return whether decoded text is mostly letters and digits, without unassigned characters."""
    dense = "".join(text.split())
    odd = sum(unicodedata.category(char) in _ODD or char == "\ufffd" for char in dense)
    words = sum(map(str.isalnum, dense))
    return odd == 0 and 2 * words > len(dense)


def _guess(content: bytes) -> str:
    """Return the most likely encoding of non-UTF-8 bytes; Windows-1252 if there is no evidence."""
    lines = [line for line in content.splitlines() if not line.isascii()]
    sample = b"\n".join(lines)[:_GUESSED_FROM]
    runs = [len(run) for run in _BEYOND_ASCII.findall(sample)]
    if sum(runs) < _FEW:
        return "mac_roman" if _exactly(sample, "cp1252") is None else "cp1252"
    likely = _LATIN if sum(runs) <= _LATIN_RUN * len(runs) else _OTHERS
    matches = _matches(sample, likely)
    if not matches:
        return "cp1252"
    clean = min(m.chaos for m in matches) + _CLOSE
    best = [m for m in matches if m.chaos <= clean]
    odd = [_odd_in_words(str(m)) for m in best]
    best = [m for m, count in zip(best, odd, strict=True) if count == min(odd)]
    fluent = max(m.coherence for m in best) - _CLOSE
    names = {n for m in best if m.coherence >= fluent for n in m.could_be_from_charset}
    return min(names & set(likely), key=likely.index, default=best[0].encoding)


def _odd_in_words(text: str) -> int:
    """Count implausible characters inside words, which a wrong encoding produces."""
    return sum(_is_odd(*pair) for pair in pairwise(f" {text}") if not pair[1].isascii())


def _is_odd(before: str, char: str) -> bool:
    if before.islower():  # within a word, signs and capitals are implausible
        return not (char.islower() or char in _AFTER_WORDS)
    loose = unicodedata.category(char) == "Mn" and unicodedata.category(before)[0] not in "LM"
    within = before in "ךםןףץ" and char.isalpha()  # Hebrew final forms only end words
    # Korean uses single jamo only on their own.
    return loose or within or (before.isalpha() and "ㄱ" <= char <= "ㆎ")


def _matches(content: bytes, encodings: tuple[str, ...]) -> list[CharsetMatch]:
    from charset_normalizer import from_bytes  # needed only for files that are not UTF-8

    return list(from_bytes(content, cp_isolation=list(encodings), preemptive_behaviour=False))


def _guess_note(encoding: str) -> str:
    name = _NAMES.get(encoding) or encoding.upper().replace("_", "-").replace("CP12", "Windows-12")
    return f"its encoding is not told, and was guessed: {name}"
