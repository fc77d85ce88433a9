"""Content codings of a response, unpacked in small pieces: a bomb is noticed, never held."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Protocol

from mehealth_rag.fetching.failures import FetchFailure, Passing

_PIECE = 256 * 1024
_GZIP = 16 + zlib.MAX_WBITS
_MEMBER = b"\x1f"
_RAW = -zlib.MAX_WBITS
_HEADER = 2
_AGAIN = "run mehealth fetch again later"


class Unpacker(Protocol):
    """Turns the bytes that were sent into those of the file."""

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """What a chunk brings, in pieces of bounded size."""

    def end(self) -> None:
        """Raise Passing where more should have come."""


class Plain:
    """Nothing to unpack."""

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Give the chunk itself."""
        yield chunk

    def end(self) -> None:
        """Nothing can be missing that the transfer would not have told."""


class Inflater:
    """gzip (several members too) and deflate, with or without its zlib header."""

    def __init__(self, coding: str) -> None:
        self._gzip = coding == "gzip"
        self._stream = zlib.decompressobj(_GZIP)
        self._start: bytes | None = None if self._gzip else b""
        """The first bytes of a deflate stream, until they tell whether it has a header."""

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Unpack; raises FetchFailure where the bytes are not what they are called."""
        if self._start is not None:
            self._start = chunk = self._start + chunk
            if len(chunk) < _HEADER:
                return
            self._start = None
            self._stream = zlib.decompressobj(zlib.MAX_WBITS if _has_header(chunk) else _RAW)
        more = True
        while chunk or more:
            if self._stream.eof:
                if not self._gzip or not chunk.startswith(_MEMBER):
                    return  # what follows the packed stream is padding
                self._stream = zlib.decompressobj(_GZIP)
            try:
                piece = self._stream.decompress(chunk, _PIECE)
            except zlib.error as error:
                raise FetchFailure("what was sent cannot be unpacked", _AGAIN) from error
            more = len(piece) == _PIECE  # the stream may hold more, also where all was taken in
            chunk = self._stream.unconsumed_tail or self._stream.unused_data
            if piece:
                yield piece

    def end(self) -> None:
        """Raise Passing where the packed stream is cut short."""
        if not self._stream.eof:
            raise Passing("the packed file was cut short", _AGAIN)


def _has_header(start: bytes) -> bool:
    """Whether a deflate stream begins with zlib's header; some servers leave it out."""
    return start[0] & 0x0F == 8 and int.from_bytes(start[:_HEADER]) % 31 == 0


def unpacker(coding: str) -> Unpacker:
    """The way to unpack a Content-Encoding; raises FetchFailure for one that was not asked for."""
    name = coding.strip().lower().removeprefix("x-")
    if name in {"", "identity"}:
        return Plain()
    if name in {"gzip", "deflate"}:
        return Inflater(name)
    raise FetchFailure(f"sent with the coding {coding[:40]!r}, which was not asked for", _AGAIN)
