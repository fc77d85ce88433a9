"""Bytes to letters: UTF-8, what a mark or the file itself tells, else a guess that is told."""

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
"""Signs beyond ASCII that stand right after a word."""
_SAMPLE = 4096
"""Bytes at a file's beginning that show how its letters are written."""
_GUESSED_FROM = 100_000
"""So many bytes of lines with other letters than ASCII's are enough to guess from."""
_MARKS = (
    ((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE), "utf-32"),  # its marks begin with UTF-16's
    ((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE), "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
_WIDE = ("utf_16_le", "utf_16_be", "utf_32_le", "utf_32_be")
_LATIN = ("cp1252", "cp1250", "cp1254", "cp1257", "cp1258", "iso8859_2", "mac_roman", "cp850")
_OTHERS = (
    "cp1255", "cp1251", "koi8_r", "gb18030", "big5", "cp932", "cp949", "euc_jp", "cp1253",
    "cp1256", "cp866", "iso8859_5", "mac_cyrillic",
)  # fmt: skip
"""Encodings that files are met in; the first wins where two read equally well."""
_LATIN_RUN = 1.6
"""Latin words have no more bytes beyond ASCII in a row, on average: other scripts' are all so."""
_FEW = 4
"""Fewer bytes beyond ASCII than this tell nothing."""
_NAMES = {"cp932": "Shift JIS", "cp949": "EUC-KR", "mac_roman": "Mac Roman"}
_BROKEN_SHARE = 0.02
"""A file with fewer broken letters than this share of those beyond ASCII is UTF-8 all the same."""
_CLOSE = 0.06
"""How close two guesses are that charset-normalizer's marks do not part."""
_BROWSERS_MEAN = (
    dict.fromkeys(("iso-8859-1", "latin1", "latin-1", "us-ascii", "ascii"), "cp1252")
    | dict.fromkeys(("gb2312", "gbk", "x-gbk"), "gb18030")
    | dict.fromkeys(("shift_jis", "shift-jis", "x-sjis", "sjis"), "cp932")
    | dict.fromkeys(("euc-kr", "ks_c_5601-1987"), "cp949")
    | {"iso-8859-9": "cp1254", "big5": "big5hkscs", "x-mac-roman": "mac_roman"}
)
"""What a browser takes a declared encoding for: pages say "iso-8859-1" over curly quotes."""
_ODD = frozenset({"Cn", "Co", "Cs", "Cc"})


@dataclass(frozen=True, slots=True)
class Decoded:
    """A file's text, and what is to be told of how it was decoded; None where that is sure."""

    text: str
    told: str | None = None


def decode(path: Path, content: bytes) -> Decoded:
    """Decode a text file: by its mark, as UTF-8 or UTF-16, else by what its letters are likest.

    Raises ReadingError where the file is no text.
    """
    for marks, encoding in _MARKS:
        if content.startswith(marks):
            return Decoded(content.decode(encoding, "replace").removeprefix("\ufeff"))
    if b"\0" in content:
        return _wide(path, content)
    # ISO-2022-JP has bytes of ASCII alone, and these between two scripts.
    if b"\x1b$" in content and (text := _exactly(content, "iso2022_jp_ext")) is not None:
        return Decoded(text, _told("iso2022_jp"))
    if (text := _exactly(content, "utf-8")) is not None:
        return Decoded(text)
    mended = content.decode("utf-8", "replace")
    beyond = sum(not char.isascii() for char in mended)
    broken = mended.count("\ufffd")
    if broken <= _BROKEN_SHARE * beyond:
        return Decoded(mended, f"{broken} of its characters cannot be read (broken UTF-8)")
    encoding = _guess(content)
    return Decoded(content.decode(encoding, "replace"), _told(encoding))


def decode_declared(path: Path, content: bytes, name: str) -> Decoded:
    """Decode what tells its encoding, perhaps falsely: UTF-8 goes by its bytes alone."""
    named = _BROWSERS_MEAN.get(name, name)
    for encoding in (named,) if content.isascii() else ("utf-8", named):
        if (text := _exactly(content, encoding)) is not None:
            return Decoded(text)
    return decode(path, content)


def _exactly(content: bytes, encoding: str) -> str | None:
    """The letters of bytes; None where the encoding is not theirs, or one that nobody knows."""
    try:
        return content.decode(encoding)
    except (LookupError, UnicodeDecodeError):
        return None


def _wide(path: Path, content: bytes) -> Decoded:
    """Decode what holds zero bytes: UTF-16 or UTF-32 without its mark, or no text at all."""
    for zeros, encoding in (
        (content[1:_SAMPLE:2], "utf-16-le"),
        (content[:_SAMPLE:2], "utf-16-be"),
    ):
        others = content[: 2 * len(zeros)].count(0) - zeros.count(0)
        if zeros.count(0) > len(zeros) // 2 > others:  # half of each Latin letter is a zero byte
            return Decoded(content.decode(encoding, "replace"))
    for match in _matches(content, _WIDE):
        text = content.decode(match.encoding, "replace")
        if _is_text(text):
            return Decoded(text, _told(match.encoding))
    raise ReadingError(f"{path}: not a text file (it holds zero bytes); check its format")


def _is_text(text: str) -> bool:
    """Whether decoded letters are some that people write with."""
    dense = "".join(text.split())
    odd = sum(unicodedata.category(char) in _ODD or char == "\ufffd" for char in dense)
    words = sum(map(str.isalnum, dense))
    return odd == 0 and 2 * words > len(dense)


def _guess(content: bytes) -> str:
    """The likeliest encoding of bytes that are not UTF-8; Windows-1252 where nothing speaks."""
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
    """How many letters and signs stand where none of their kind does, as of a wrong encoding."""
    return sum(_is_odd(*pair) for pair in pairwise(f" {text}") if not pair[1].isascii())


def _is_odd(before: str, char: str) -> bool:
    if before.islower():  # signs and capitals come after a word
        return not (char.islower() or char in _AFTER_WORDS)
    loose = unicodedata.category(char) == "Mn" and unicodedata.category(before)[0] not in "LM"
    within = before in "ךםןףץ" and char.isalpha()  # they end words of Hebrew
    return loose or within or (before.isalpha() and "ㄱ" <= char <= "ㆎ")  # Korean has them alone


def _matches(content: bytes, encodings: tuple[str, ...]) -> list[CharsetMatch]:
    from charset_normalizer import from_bytes  # only where a file is not UTF-8

    return list(from_bytes(content, cp_isolation=list(encodings), preemptive_behaviour=False))


def _told(encoding: str) -> str:
    name = _NAMES.get(encoding) or encoding.upper().replace("_", "-").replace("CP12", "Windows-12")
    return f"its encoding is not told, and was guessed: {name}"
