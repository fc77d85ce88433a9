"""The corpus folder: the sources in its manifest, or all its files if it has none."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
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
"""Files that Windows hides in folders."""
_NOT_LISTED = f"not in the manifest; name it in {MANIFEST} to have it read"
_LEADS_OUT = "a link that leads out of the corpus folder; put the file itself there"
_LINKED_FOLDER = "a link to a folder, which is not followed; put the folder itself there"
_ODD_NAME = "its name is not UTF-8; rename it"
_LOCK = "~$"
"""The prefix of the lock files that Word and Excel create next to an open file."""

LINKED = "linked"
"""The subfolder for fetched files of sources that name no `file`."""

ADDED = "added"
"""The subfolder for files that people add: documents in addition to those of a manifest."""

ADDRESSES = ".fetched.json"
"""The record, in a folder, of the addresses that its files were fetched from."""

_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
"""Characters of names that control a terminal, reverse text, or are bytes that do not decode."""

_AROUND_PATH = re.compile(r"^[a-z][a-z\d+.-]*://[^/?#]*|[?#].*$", re.IGNORECASE | re.DOTALL)
"""The parts of an address before and after its path."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _ManifestLink(_Strict):
    document: str
    pages: tuple[int, ...] = ()


class _ManifestEntry(_Strict):
    id: str = Field(pattern=r"^[\w.-]+$")
    title: str
    kind: str = "document"
    format: str | None = None
    url: str | None = None
    file: str | None = None
    linked_from: tuple[_ManifestLink, ...] = ()
    note: str | None = None


class _Manifest(_Strict):
    corpus: dict[str, str] = Field(default_factory=dict)
    source: tuple[_ManifestEntry, ...] = ()


def load_sources(folder: Path) -> tuple[Source, ...]:
    """Return the sources of a corpus folder: the manifest's entries, or all files by name.

    The files in its subfolder `added` follow, with or without a manifest, and take no id from the
    others. Files of unsupported formats are sources too, so that each is reported.

    Raises:
        NoIndexError: the folder is missing or has nothing to read.
        CorpusError: the manifest is not valid; says where and what is wrong.
    """
    if not folder.is_dir():
        raise NoIndexError(
            f"there is no corpus folder {folder}; name one with --corpus or MEHEALTH_CORPUS"
        )
    manifest = folder / MANIFEST
    files, _ = _walked(folder)
    added = tuple(p for p in files if is_added(p, folder))
    if manifest.is_file():
        own = tuple(_source(entry, folder) for entry in _entries(manifest))
        named = {s.path.resolve() for s in own if s.path is not None}
        added = tuple(p for p in added if p.resolve() not in named)
    else:
        own = _from_files(tuple(p for p in files if not is_added(p, folder)), folder)
    sources = (*own, *_from_files(added, folder, frozenset(s.id for s in own)))
    if not any(s.path is None or s.format in _READ for s in sources):
        endings = ", ".join(sorted(FORMATS))
        raise NoIndexError(f"the corpus folder {folder} holds no document ({endings}); add one")
    return sources


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file or folder of the corpus that is not read, and the reason."""

    source: Source
    reason: str


def left_out(folder: Path) -> tuple[LeftOut, ...]:
    """Return what a corpus folder holds besides its sources, ordered by path.

    That is what the manifest does not name, links that lead out, and folders that cannot be
    entered. Raises CorpusError as `load_sources` does.
    """
    manifest, names = folder / MANIFEST, file_names(folder)
    files, refused = _walked(folder)
    others = dict(refused)
    if manifest.is_file():
        listed = {(folder / name).resolve() for name in names.values()}
        own = (p for p in files if p != manifest and not is_added(p, folder))
        others |= dict.fromkeys((p for p in own if p.resolve() not in listed), _NOT_LISTED)
    left: list[LeftOut] = []
    for path in sorted(others):
        name = _shown(path, folder)
        source = Source(f"./{name}" if name in names else name, name, "document", "", path=path)
        left.append(LeftOut(source, others[path]))
    return tuple(left)


def present(sources: Iterable[Source]) -> tuple[Source, ...]:
    """Return the sources whose file is present."""
    return tuple(s for s in sources if s.path is not None)


def is_added(path: Path, folder: Path) -> bool:
    """Return whether a path is in the corpus folder's subfolder for added files."""
    return path.is_relative_to(folder / ADDED) and path != folder / ADDED


def file_names(folder: Path) -> dict[str, str]:
    """Map each source of the manifest to the path of its file within the folder, present or not.

    Empty without a manifest. Raises CorpusError as `load_sources` does.
    """
    path = folder / MANIFEST
    return {e.id: _file_name(e, folder) for e in _entries(path)} if path.is_file() else {}


def _entries(path: Path) -> tuple[_ManifestEntry, ...]:
    """Return the entries of a manifest. Raises CorpusError if it is not valid."""
    try:
        manifest = _Manifest.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        why = f"cannot be read ({error.strerror}); mend or remove it"
        raise CorpusError(f"{path}: {why}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CorpusError(f"{path}: not valid TOML ({error}); mend or remove it") from error
    except ValidationError as error:
        raise CorpusError(f"{path}: {_first_fault(error)}") from error
    for name, count in Counter(entry.id for entry in manifest.source).items():
        if count > 1:
            raise CorpusError(f"{path}: the id '{name}' stands twice; give each source its own")
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


def _source(entry: _ManifestEntry, folder: Path) -> Source:
    file = folder / _file_name(entry, folder)
    return Source(
        id=entry.id,
        title=entry.title,
        kind=entry.kind,
        format=_format(entry),
        url=entry.url,
        path=file if _is_there(file) else None,
        linked_from=tuple(LinkedFrom(x.document, x.pages) for x in entry.linked_from),
        note=entry.note,
        collection=_collection(file, folder),
    )


def _format(entry: _ManifestEntry) -> str:
    """Return a source's format: as stated, by its file name, or by its address."""
    if entry.format:
        return entry.format
    if entry.file:
        suffix = Path(entry.file).suffix.lower()
        return FORMATS.get(suffix, suffix.lstrip(".") or "html")
    return FORMATS.get(Path(_AROUND_PATH.sub("", entry.url or "")).suffix.lower(), "html")


def _file_name(entry: _ManifestEntry, folder: Path) -> str:
    """Return the manifest's file name, or the one that a fetched file is saved under."""
    name = entry.file or f"{LINKED}/{entry.id}.{_format(entry)}"
    if not _is_inside(folder / name, folder):
        raise CorpusError(
            f"{folder / MANIFEST}: the file '{name}' of '{entry.id}' lies outside the corpus folder"
        )
    return name


def _is_there(file: Path) -> bool:
    """Return whether a file exists; one that cannot be inspected counts, and reading says why."""
    try:
        return file.is_file()
    except OSError:
        return True


def _is_inside(path: Path, folder: Path) -> bool:
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):  # circular links, or an invalid path
        return False


def _from_files(
    files: tuple[Path, ...], folder: Path, taken: frozenset[str] = frozenset()
) -> tuple[Source, ...]:
    """Return files as sources, with the stem as id unless another file has it or it is `taken`."""
    names = [_shown(p, folder) for p in files]
    own = [_printable(p.stem) for p in files]
    read = [p.suffix.lower() in FORMATS for p in files]
    # No stem may equal a full name, and unreadable files take no name from readable ones.
    stems = Counter(stem for stem, is_read in zip(own, read, strict=True) if is_read)
    stems += Counter(names)
    addresses = _addresses({p.parent for p in files if is_added(p, folder)})
    return tuple(
        Source(
            id=stem if is_read and stems[stem] == 1 and stem not in taken else name,
            title=stem.replace("_", " "),
            kind="document",
            format=FORMATS.get(p.suffix.lower(), _printable(p.suffix.lower().lstrip("."))),
            url=addresses.get(p),
            path=p,
            guessed=True,
            collection=_collection(p, folder),
        )
        for p, stem, name, is_read in zip(files, own, names, read, strict=True)
    )


def _addresses(folders: Iterable[Path]) -> dict[Path, str]:
    """Return the addresses that files in these folders were fetched from, as far as known.

    A damaged record only loses its addresses.
    """
    addresses: dict[Path, str] = {}
    for folder in folders:
        try:
            records = json.loads((folder / ADDRESSES).read_bytes())["sources"]
            addresses |= {folder / str(r["file"]): str(r["url"]) for r in records}
        except (OSError, ValueError, TypeError, LookupError, RecursionError):
            continue
    return addresses


def _collection(path: Path, folder: Path) -> str:
    """Return the top folder that a file of the corpus is in, or "" if it is in none."""
    top, *below = path.relative_to(folder).parts if path.is_relative_to(folder) else [""]
    return _printable(top) if below else ""


def _shown(path: Path, folder: Path) -> str:
    """Return a path in a corpus folder as shown to users and used in ids."""
    return _printable(path.relative_to(folder).as_posix())


def _printable(name: str) -> str:
    """Return a name with its unprintable characters as hexadecimal bytes."""
    return _UNPRINTABLE.sub(lambda odd: "".join(f"%{b:02X}" for b in os.fsencode(odd[0])), name)


def _walked(folder: Path) -> tuple[tuple[Path, ...], tuple[tuple[Path, str], ...]]:
    """Return the files in a folder, at any depth, and what is refused there, with the reason."""
    files: list[Path] = []
    refused: list[tuple[Path, str]] = []
    folders = [folder]
    while folders:
        parent = folders.pop()
        try:
            inside = [Path(entry) for entry in os.scandir(parent)]
        except OSError as error:
            refused.append((parent, f"the folder cannot be entered ({error.strerror})"))
            continue
        for path in filter(_is_put_there, inside):
            if why := _why_refused(path, folder):
                refused.append((path, why))
            elif path.is_dir():
                folders.append(path)
            elif path.is_file() or path.is_symlink():
                files.append(path)
    return tuple(sorted(files)), tuple(refused)


def _why_refused(path: Path, folder: Path) -> str:
    """Return why a path is not read whatever it holds, or "" if it may be.

    A broken link is no reason: its row says that there is no file.
    """
    try:
        str(path).encode()
        path.lstat()
        if path.is_symlink():
            if not _is_inside(path, folder):
                return _LEADS_OUT
            return _LINKED_FOLDER if path.is_dir() else ""
    except UnicodeEncodeError:
        return _ODD_NAME
    except OSError as error:
        return f"it cannot be looked at ({error.strerror})"
    return ""


def _is_put_there(path: Path) -> bool:
    """Return whether a person put a file there: it is neither hidden nor a program's lock file."""
    return not path.name.startswith((".", _LOCK)) and path.name.lower() not in _NO_DOCUMENTS
