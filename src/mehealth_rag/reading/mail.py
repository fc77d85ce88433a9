"""E-mails (EML, MSG): subject as a heading, sender, recipients and date, text.

Attachments are listed by name but not read.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from pathlib import Path
from typing import TYPE_CHECKING

from mehealth_rag.errors import ReadingError
from mehealth_rag.reading.encoding import Decoded, decode, decode_declared
from mehealth_rag.reading.faults import with_hidden
from mehealth_rag.reading.flow import FlowBlock, Read, Visible, page_of, plain
from mehealth_rag.reading.hypertext import blocks_of
from mehealth_rag.reading.packages import BROKEN, damaged
from mehealth_rag.reading.sniffing import NAMES
from mehealth_rag.reading.text import read_text
from mehealth_rag.types import BlockKind

if TYPE_CHECKING:
    from oxmsg import Message

_SHOWN = ("From", "To", "Cc", "Date")
_STANDARD = frozenset(("from", "to", "subject", "date", "received", "message-id", "return-path"))
"""Common headers; every e-mail has at least one of them."""
_QUOTING = re.compile(r"^(?:> ?)+")
"""The marks before a quoted line of an earlier e-mail, one for each reply since."""


@dataclass(frozen=True, slots=True)
class _Letter:
    """The displayed parts of an e-mail; `html` is empty for plain text."""

    subject: str
    headers: tuple[tuple[str, str], ...]
    text: str
    html: str
    attachments: tuple[str, ...]
    day: str
    """ISO date on which it was sent, or empty."""
    note: str | None = None
    """A note about its decoding."""


def read_eml(path: Path, content: bytes) -> Read:
    """Read an e-mail as one page. Raises ReadingError if it is not one or damaged."""
    message: EmailMessage = message_from_bytes(content, policy=policy.default)
    if _STANDARD.isdisjoint(name.lower() for name in message):
        raise ReadingError(f"{path}: not an e-mail (it has no headers); get the e-mail again")
    try:
        letter = _of_eml(path, message)
    except BROKEN as error:
        raise damaged(path, NAMES["eml"], error) from error
    return _pages(path, letter)


def read_msg(path: Path, content: bytes) -> Read:
    """Read an Outlook message as one page. Raises ReadingError if it is damaged."""
    from oxmsg import Message

    try:
        _check_whole(content)
        letter = _of_msg(Message.load(content))
    except (*BROKEN, AssertionError, struct.error, LookupError) as error:
        raise damaged(path, NAMES["msg"], error) from error
    return _pages(path, letter)


def _check_whole(content: bytes) -> None:
    """Raise ValueError if a message is truncated; olefile only returns shorter streams."""
    from olefile import OleFileIO

    with OleFileIO(content) as file:
        for name in file.listdir():
            file.openstream(name).close()
        issues = {str(issue) for _, issue in file.parsing_issues}
    if any("less than declared" in issue or "out of range" in issue for issue in issues):
        raise ValueError("it is cut short")


def _of_eml(path: Path, message: EmailMessage) -> _Letter:
    text, html = (_content(path, message.get_body((kind,))) for kind in ("plain", "html"))
    others = message.iter_attachments() if message.is_multipart() else ()
    names = tuple(part.get_filename() or _unnamed(part) for part in others)
    shown = tuple((name, _header(path, message, name)) for name in _SHOWN if message[name])
    sent = getattr(message["Date"], "datetime", None)
    day = sent.date().isoformat() if sent else ""
    note = (html if html.text else text).note
    subject = _header(path, message, "Subject")
    return _Letter(subject, shown, text.text, html.text, names, day, note)


def _header(path: Path, message: EmailMessage, name: str) -> str:
    """Return the value of a header, including one with unencoded non-ASCII characters."""
    raw = next((str(v) for n, v in message.raw_items() if n.lower() == name.lower()), "")
    if raw.isascii():
        return str(message[name] or "")
    return " ".join(decode(path, raw.encode("ascii", "surrogateescape")).text.split())


def _content(path: Path, part: MIMEPart | None) -> Decoded:
    payload = None if part is None else part.get_payload(decode=True)
    if part is None or not isinstance(payload, bytes) or not payload:
        return Decoded("")
    return decode_declared(path, payload, str(part.get_content_charset() or ""))


def _unnamed(part: EmailMessage) -> str:
    """Name an attachment without a file name: a forwarded message by subject, others by type."""
    inner = part.get_payload(0) if part.get_content_type() == "message/rfc822" else None
    subject = inner["Subject"] if inner is not None and not isinstance(inner, str) else None
    return f"the message “{subject}”" if subject else part.get_content_type()


def _of_msg(message: Message) -> _Letter:
    transport = {name.title(): value for name, value in message.message_headers.items()}
    people = ", ".join(filter(None, (r.name or r.email_address for r in message.recipients)))
    sent = message.sent_date.strftime("%Y-%m-%d %H:%M") if message.sent_date else ""
    properties = {"From": message.sender or "", "To": people, "Date": sent}
    headers = tuple((name, transport.get(name) or properties.get(name, "")) for name in _SHOWN)
    return _Letter(
        message.subject,
        tuple((name, value) for name, value in headers if value),
        message.body or "",
        message.html_body or "",
        tuple(a.file_name or "without a name" for a in message.attachments),
        sent[:10],
    )


def _pages(path: Path, letter: _Letter) -> Read:
    blocks, hidden = blocks_of(letter.html) if letter.html else (_blocks(path, letter.text), "")
    page = page_of(1, [b for b in (*_head(letter), *blocks) if b.words.text])
    page = with_hidden((page,), hidden, letter.note)[0]
    if letter.attachments:
        unread = f"attachments are not read: {', '.join(letter.attachments)}"
        page = replace(page, problem=f"{page.problem}; {unread}" if page.problem else unread)
    metadata = {"title": letter.subject, "date": letter.day}
    return (page,), {key: value for key, value in metadata.items() if value}


def _head(letter: _Letter) -> Iterator[FlowBlock]:
    yield FlowBlock(BlockKind.HEADING, plain(letter.subject), 1)
    for name, value in letter.headers:
        yield FlowBlock(BlockKind.ITEM, plain(f"{name}: {value}"))
    if letter.attachments:
        yield FlowBlock(BlockKind.ITEM, plain(f"Attachments: {', '.join(letter.attachments)}"))


def _blocks(path: Path, text: str) -> Iterator[FlowBlock]:
    """Yield the blocks of a plain text, none a heading: its short lines greet and sign."""
    for page in read_text(path, _unmarked(text).encode())[0] if text.strip() else ():
        for block in page.blocks:
            kind = BlockKind.PARAGRAPH if block.kind is BlockKind.HEADING else block.kind
            yield FlowBlock(kind, Visible(block.span.of(page.text)))


def _unmarked(text: str) -> str:
    """Return a text without the marks of quoted lines and of the signature.

    An empty line separates the words of different authors.
    """
    lines: list[str] = []
    depth = 0
    for line in text.splitlines():
        own = _QUOTING.sub("", line)
        above, depth = depth, line.count(">") - own.count(">")
        lines += [""] * (depth != above)
        lines.append("" if own.rstrip() == "--" else own)
    return "\n".join(lines)
