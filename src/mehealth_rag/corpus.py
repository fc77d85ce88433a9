"""The corpus folder: the sources in its manifest, or all its files if it has none."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mehealth_rag.errors import CorpusError, NoIndexError
from mehealth_rag.types import LinkedFrom, Source

MANIFEST = "sources.toml"

FORMATS = {
    f".{form}": form
    for form in (
        "pdf docx pptx xlsx doc ppt xls csv tsv odt ods odp epub rtf eml msg html md rst txt "
        "png jpg tiff"
    ).split()
} | {
    ".htm": "html",
    ".xhtml": "html",
    ".markdown": "md",
    ".text": "txt",
    ".log": "txt",
    **dict.fromkeys((".docm", ".dotx", ".dotm"), "docx"),
    **dict.fromkeys((".pptm", ".ppsx", ".ppsm", ".potx", ".potm"), "pptx"),
    **dict.fromkeys((".xlsm", ".xltx", ".xltm"), "xlsx"),
    **dict.fromkeys((".pps", ".pot"), "ppt"),
    ".dot": "doc",
    ".xlt": "xls",
    ".ott": "odt",
    ".ots": "ods",
    ".otp": "odp",
    ".jpeg": "jpg",
    ".tif": "tiff",
}
"""The format of each file extension that can be read."""

_READ = frozenset(FORMATS.values())
_NO_DOCUMENTS = frozenset({"thumbs.db", "desktop.ini"})
"""Hidden files that Windows puts into folders."""
NOT_LISTED = f"not in the manifest; name it in {MANIFEST} to have it read"
"""Why a file is not read in a corpus with a manifest."""
_LOCK = "~$"
"""The prefix of the lock files that Word and Excel create next to an open file."""

LINKED = "linked"
"""The subfolder for fetched files of sources that name no `file`."""

_AROUND_PATH = re.compile(r"^[a-z][a-z\d+.-]*://[^/?#]*|[?#].*$", re.IGNORECASE | re.DOTALL)
"""The parts of an address before and after its path."""


class _LinkedFrom(BaseModel):
    model_config = ConfigDict(extra="forbid")

    document: str
    pages: tuple[int, ...] = ()


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: str = Field(pattern=r"^[\w.-]+$")
    title: str
    kind: str = "document"
    format: str | None = None
    url: str | None = None
    file: str | None = None
    linked_from: tuple[_LinkedFrom, ...] = ()
    note: str | None = None


class _Manifest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    corpus: dict[str, str] = Field(default_factory=dict)
    source: tuple[_Entry, ...] = ()


def load_sources(folder: Path) -> tuple[Source, ...]:
    """Return the sources of a corpus folder: the manifest's entries, or all files by name.

    Files of unsupported formats are sources too, so that each is reported.

    Raises:
        NoIndexError: the folder is missing or has nothing to read.
        CorpusError: the manifest is not valid; says where and what is wrong.
    """
    if not folder.is_dir():
        raise NoIndexError(
            f"there is no corpus folder {folder}; name one with --corpus or MEHEALTH_CORPUS"
        )
    manifest = folder / MANIFEST
    sources = _from_manifest(manifest) if manifest.is_file() else _from_files(folder)
    if not any(s.path is None or s.format in _READ for s in sources):
        endings = ", ".join(sorted(FORMATS))
        raise NoIndexError(f"the corpus folder {folder} holds no document ({endings}); add one")
    return sources


def unlisted(folder: Path) -> tuple[Source, ...]:
    """Return the files of a corpus folder that its manifest does not list; none without a manifest.

    They are not read, and reports say so.
    """
    manifest = folder / MANIFEST
    if not manifest.is_file():
        return ()
    entries = _entries(manifest)
    named_paths = {(folder / _file_name(entry, folder)).resolve() for entry in entries}
    ids = {entry.id for entry in entries}
    paths = (p for p in _files(folder) if p != manifest and p.resolve() not in named_paths)
    names = (p.relative_to(folder).as_posix() for p in paths)
    return tuple(
        Source(name if name not in ids else f"./{name}", name, "document", "", path=folder / name)
        for name in names
    )


def present(sources: Iterable[Source]) -> tuple[Source, ...]:
    """Return the sources whose file is present."""
    return tuple(s for s in sources if s.path is not None)


def file_names(folder: Path) -> dict[str, str]:
    """Return, by source id, where in the folder each file of the manifest is or belongs.

    Empty without a manifest. Raises CorpusError as `load_sources` does.
    """
    path = folder / MANIFEST
    return {e.id: _file_name(e, folder) for e in _entries(path)} if path.is_file() else {}


def _from_manifest(path: Path) -> tuple[Source, ...]:
    return tuple(_source(entry, path.parent) for entry in _entries(path))


def _entries(path: Path) -> tuple[_Entry, ...]:
    """Return the entries of a manifest. Raises CorpusError if it is not valid."""
    try:
        manifest = _Manifest.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise CorpusError(
            f"{path}: cannot be read ({error.strerror}); mend or remove it"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CorpusError(f"{path}: not valid TOML ({error}); mend or remove it") from error
    except ValidationError as error:
        raise CorpusError(f"{path}: {_first_fault(error)}") from error
    seen: set[str] = set()
    for entry in manifest.source:
        if entry.id in seen:
            raise CorpusError(f"{path}: the id '{entry.id}' stands twice; give each source its own")
        seen.add(entry.id)
    return manifest.source


def _first_fault(error: ValidationError) -> str:
    """Describe the first error in a manifest; entries are counted from 1."""
    fault = error.errors()[0]
    kind, *path = fault["loc"]
    if kind == "source" and path and isinstance(path[0], int):
        where = f"[[source]] number {path[0] + 1}"
        path = path[1:]
    else:
        where = f"[{kind}]"
    if fault["type"] == "extra_forbidden":
        return f"{where}: unknown key '{path[-1] if path else kind}'; remove it or mend its name"
    key = f": '{'.'.join(str(part) for part in path)}'" if path else ""
    return f"{where}{key}: {fault['msg'][:1].lower()}{fault['msg'][1:]}"


def _source(entry: _Entry, folder: Path) -> Source:
    file = folder / _file_name(entry, folder)
    return Source(
        id=entry.id,
        title=entry.title,
        kind=entry.kind,
        format=_format(entry),
        url=entry.url,
        path=file if file.is_file() else None,
        linked_from=tuple(LinkedFrom(x.document, x.pages) for x in entry.linked_from),
        note=entry.note,
    )


def _format(entry: _Entry) -> str:
    """Return a source's format: as stated, by its file name, or by its address."""
    if entry.format:
        return entry.format
    if entry.file:
        suffix = Path(entry.file).suffix.lower()
        return FORMATS.get(suffix, suffix.lstrip(".") or "html")
    return FORMATS.get(Path(_AROUND_PATH.sub("", entry.url or "")).suffix.lower(), "html")


def _file_name(entry: _Entry, folder: Path) -> str:
    """Return the manifest's file name, or the one that a fetched file is saved under."""
    name = entry.file or f"{LINKED}/{entry.id}.{_format(entry)}"
    if not (folder / name).resolve().is_relative_to(folder.resolve()):
        raise CorpusError(
            f"{folder / MANIFEST}: the file '{name}' of '{entry.id}' lies outside the corpus folder"
        )
    return name


def _from_files(folder: Path) -> tuple[Source, ...]:
    files = _files(folder)
    names = [p.relative_to(folder).as_posix() for p in files]
    readable = [p.suffix.lower() in FORMATS for p in files]
    # A stem is an id only if no other readable file has it, and no file has it as its name.
    # Files that cannot be read keep their names, so they take no id from one that can.
    stems = Counter(p.stem for p, is_read in zip(files, readable, strict=True) if is_read)
    stems += Counter(names)
    return tuple(
        Source(
            id=p.stem if is_read and stems[p.stem] == 1 else name,
            title=p.stem.replace("_", " "),
            kind="document",
            format=FORMATS.get(p.suffix.lower(), p.suffix.lower().lstrip(".")),
            path=p,
            guessed=True,
        )
        for p, name, is_read in zip(files, names, readable, strict=True)
    )


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if _is_document(p, folder))


def _is_document(path: Path, folder: Path) -> bool:
    """Return whether a path is a user's file: not a folder, hidden or a program's lock file.

    A broken link counts, so that it is reported.
    """
    if any(part.startswith(".") for part in path.relative_to(folder).parts):
        return False
    if path.name.startswith(_LOCK) or path.name.lower() in _NO_DOCUMENTS:
        return False
    return path.is_file() or (path.is_symlink() and not path.exists())
