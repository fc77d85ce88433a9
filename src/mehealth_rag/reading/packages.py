"""Opens, checks and safely parses documents that are ZIP packages of XML."""

from __future__ import annotations

import io
import re
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from lxml import etree

from mehealth_rag.errors import ReadingError
from mehealth_rag.reading.flow import Node
from mehealth_rag.reading.sniffing import NAMES

UNPACKED = 300_000_000
"""Maximum unpacked bytes, against ZIP bombs; a real thousand-page file has some ten million."""
_PROPERTIES = "docProps/core.xml"
_PROPERTY_NAMES = {"author": "creator"} | {
    name: name for name in ("title", "subject", "keywords", "created", "modified")
}
BROKEN = (KeyError, ValueError, AttributeError, TypeError, IndexError, etree.LxmlError,
          zipfile.BadZipFile, NotImplementedError, RecursionError, EOFError, OSError)  # fmt: skip
"""Exceptions of zipfile, lxml and the libraries on top of them for a damaged package."""


@contextmanager
def opened(
    path: Path, content: bytes, kind: str, member: str, *errors: type[Exception]
) -> Iterator[zipfile.ZipFile]:
    """Open a package of `kind`; `member` is a file that every such package has.

    Raises ReadingError if it lacks `member` or would unpack to more than `UNPACKED` bytes, and
    turns `BROKEN` and a library's own `errors`, raised while it is open, into ReadingError.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            if sum(info.file_size for info in package.infolist()) > UNPACKED:
                limit = UNPACKED // 1_000_000
                raise ReadingError(
                    f"{path}: unpacks to over {limit} MB; no real document is that large"
                )
            if member not in package.namelist():
                raise ReadingError(f"{path}: a ZIP archive, not {kind}; get the document as {kind}")
            yield package
    except (*BROKEN, *errors) as error:
        raise damaged(path, kind, error) from error


def parse(content: bytes) -> Node:
    """Parse an XML file and return its root, without resolving entities or using the network."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    return etree.fromstring(content, parser)


def properties(package: zipfile.ZipFile) -> dict[str, str]:
    """Return title, author, subject, keywords and dates from the package of an Office file."""
    if _PROPERTIES not in package.namelist():
        return {}
    return metadata_of(parse(package.read(_PROPERTIES)), _PROPERTY_NAMES)


def metadata_of(root: Node, names: Mapping[str, str]) -> dict[str, str]:
    """Return the text of the first element for each of `names`, which maps our key to its name."""
    texts = {key: root.findtext(f".//{{*}}{name}") for key, name in names.items()}
    return {key: " ".join(value.split()) for key, value in texts.items() if value}


def related(element: Node, name: str = "id") -> str:
    """Return the relationship id of an element; the attribute's namespace has two spellings."""
    return next((str(v) for k, v in element.attrib.items() if k.endswith(f"}}{name}")), "")


def damaged(path: Path, kind: str, error: BaseException) -> ReadingError:
    """Return a ReadingError for a damaged file."""
    reason = " ".join(str(error).split())[:120] or type(error).__name__
    return ReadingError(f"{path}: {kind} that is damaged ({reason}); get the file again")


_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/(\w+)")
_CAPITAL = re.compile(rb"(?<=[a-z])P(?=roperties)")
_ROOT, _TYPES = "_rels/.rels", "[Content_Types].xml"
_MAIN = re.compile(
    rb"application/vnd\.(?:ms-|openxmlformats-officedocument\.)(word|p)[\w.]*\.main\+xml",
    re.IGNORECASE,
)
_USUAL = {b"word": b"wordprocessingml.document", b"p": b"presentationml.presentation"}


def transitional(content: bytes) -> bytes:
    """Convert a strict or unusual Office package to the names that our readers know.

    Returns the content unchanged if it has them already.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        types = _MAIN.sub(_usual, package.read(_TYPES))
        if types == package.read(_TYPES) and not _STRICT.search(package.read(_ROOT)):
            return content
        renamed = io.BytesIO()
        with zipfile.ZipFile(renamed, "w", zipfile.ZIP_STORED) as copy:
            for name in dict.fromkeys(package.namelist()):
                data = types if name == _TYPES else package.read(name)
                is_xml = name.endswith((".xml", ".rels"))
                copy.writestr(name, _STRICT.sub(_renamed, data) if is_xml else data)
    return renamed.getvalue()


def _usual(match: re.Match[bytes]) -> bytes:
    name = _USUAL[match[1].lower()]
    return b"application/vnd.openxmlformats-officedocument.%b.main+xml" % name


def _renamed(match: re.Match[bytes]) -> bytes:
    name = _CAPITAL.sub(b"-p", match[2])  # extendedProperties, customProperties
    return b"http://schemas.openxmlformats.org/%b/2006/%b" % (match[1], name)


def converted(path: Path, content: bytes, form: str) -> bytes:
    """Convert a legacy Office file to its successor format with office_oxide.

    Headings, lists, tables with merged cells, superscripts, notes, running headers and number
    formats are kept; hidden words are left out. Raises ReadingError if the file is damaged or
    locked.
    """
    from office_oxide import Document, OfficeOxideError

    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / f"converted.{form}x"
        try:
            kind: Node = form  # the library types this as a closed list of literals
            with Document.from_bytes(content, kind) as document:
                document.save_as(target)
        except OfficeOxideError as error:
            reason = " ".join(str(error).split())[:120]
            remedy = f"open it in an Office program and save it as .{form}x"
            raise ReadingError(
                f"{path}: {NAMES[form]} that cannot be read ({reason}); {remedy}"
            ) from error
        return target.read_bytes()
