"""Word documents and slides under other names than usual, with the same words in them.

“Strict Open XML” renames everything; templates, shows and files with macros only call their main
part something else.
"""

from __future__ import annotations

import io
import re
import zipfile

_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/(\w+)")
_HYPHENATED = {
    b"extendedProperties": b"extended-properties",
    b"customProperties": b"custom-properties",
}
_ROOT, _TYPES = "_rels/.rels", "[Content_Types].xml"
_MAIN = re.compile(
    rb"application/vnd\.(?:ms-|openxmlformats-officedocument\.)(word|p)[\w.]*\.main\+xml",
    re.IGNORECASE,
)
_USUAL = {
    b"word": b"wordprocessingml.document",
    b"p": b"presentationml.presentation",
}


def transitional(content: bytes) -> bytes:
    """A package with the names that our readers know; unchanged where it has them already."""
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
    family, name = match[1], _HYPHENATED.get(match[2], match[2])
    return b"http://schemas.openxmlformats.org/%b/2006/%b" % (family, name)
