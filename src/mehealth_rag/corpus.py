"""The corpus folder: its manifest, or where there is none every readable file in it."""

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
    ".pdf": "pdf",
    ".docx": "docx",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".md": "md",
    ".markdown": "md",
    ".txt": "txt",
    ".text": "txt",
}
"""File endings that can be read, and the format that each stands for."""

LINKED = "linked"
"""The folder in the corpus for fetched files of sources that name no `file`."""

_AROUND_PATH = re.compile(r"^[a-z][a-z\d+.-]*://[^/?#]*|[?#].*$", re.IGNORECASE | re.DOTALL)
"""What stands in an address before and after its path."""


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
    """Every source of a corpus folder: the manifest's entries, or all readable files by name.

    Raises:
        NoIndexError: the folder is missing or holds nothing to read.
        CorpusError: the manifest is not valid; says where and what is wrong.
    """
    if not folder.is_dir():
        raise NoIndexError(
            f"there is no corpus folder {folder}; name one with --corpus or MEHEALTH_CORPUS"
        )
    manifest = folder / MANIFEST
    sources = _from_manifest(manifest) if manifest.is_file() else _from_files(folder)
    if not sources:
        endings = ", ".join(sorted(FORMATS))
        raise NoIndexError(f"the corpus folder {folder} holds no document ({endings}); add one")
    return sources


def present(sources: Iterable[Source]) -> tuple[Source, ...]:
    """The sources whose file is there."""
    return tuple(s for s in sources if s.path is not None)


def file_names(folder: Path) -> dict[str, str]:
    """Where in a corpus folder the file of each source of the manifest lies or belongs, by id.

    Raises CorpusError as `load_sources` does; a folder without a manifest has none.
    """
    path = folder / MANIFEST
    return {e.id: _file_name(e, folder) for e in _entries(path)} if path.is_file() else {}


def _from_manifest(path: Path) -> tuple[Source, ...]:
    return tuple(_source(entry, path.parent) for entry in _entries(path))


def _entries(path: Path) -> tuple[_Entry, ...]:
    """The entries of a manifest."""
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
    """The first thing that is wrong with a manifest; its entries are counted from 1."""
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
    suffix = Path(entry.file or _AROUND_PATH.sub("", entry.url or "")).suffix.lower()
    return entry.format or FORMATS.get(suffix, suffix.lstrip(".") or "html")


def _file_name(entry: _Entry, folder: Path) -> str:
    """The name that the manifest gives, else that under which a fetched file is kept."""
    name = entry.file or f"{LINKED}/{entry.id}.{_format(entry)}"
    return _inside(folder, name, entry.id)


def _inside(folder: Path, name: str, source: str) -> str:
    """The name of a source's file, which must not lead out of the corpus folder."""
    if not (folder / name).resolve().is_relative_to(folder.resolve()):
        raise CorpusError(
            f"{folder / MANIFEST}: the file '{name}' of '{source}' lies outside the corpus folder"
        )
    return name


def _from_files(folder: Path) -> tuple[Source, ...]:
    files = sorted(p for p in folder.rglob("*") if p.is_file() and _is_document(p, folder))
    names = [p.relative_to(folder).as_posix() for p in files]
    stems = Counter(p.stem for p in files) + Counter(names)  # no stem may be another's full name
    return tuple(
        Source(
            id=p.stem if stems[p.stem] == 1 else name,
            title=p.stem.replace("_", " "),
            kind="document",
            format=FORMATS[p.suffix.lower()],
            path=p,
        )
        for p, name in zip(files, names, strict=True)
    )


def _is_document(path: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return path.suffix.lower() in FORMATS and not hidden
