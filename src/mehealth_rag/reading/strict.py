"""Word documents saved as “Strict Open XML”: the same words under other names."""

from __future__ import annotations

import io
import re
import zipfile

_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/(\w+)")
_HYPHENATED = {
    b"extendedProperties": b"extended-properties",
    b"customProperties": b"custom-properties",
}
_ROOT = "_rels/.rels"


def transitional(content: bytes) -> bytes:
    """A package with the names that python-docx knows; unchanged where it has them already."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        if not _STRICT.search(package.read(_ROOT)):
            return content
        renamed = io.BytesIO()
        with zipfile.ZipFile(renamed, "w", zipfile.ZIP_STORED) as copy:
            for name in dict.fromkeys(package.namelist()):
                data = package.read(name)
                is_xml = name.endswith((".xml", ".rels"))
                copy.writestr(name, _STRICT.sub(_renamed, data) if is_xml else data)
    return renamed.getvalue()


def _renamed(match: re.Match[bytes]) -> bytes:
    family, name = match[1], _HYPHENATED.get(match[2], match[2])
    return b"http://schemas.openxmlformats.org/%b/2006/%b" % (family, name)
