"""Backs up what cannot be rebuilt: added documents, people, keys and the data about people.

The index is left out, because `mehealth ingest` builds it from the corpus.
"""

from __future__ import annotations

import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from mehealth_rag.corpus import ADDED
from mehealth_rag.errors import UsageError
from mehealth_ui.people.database import Store
from mehealth_ui.people.keys import keys_beside
from mehealth_ui.people.line_files import replacing
from mehealth_ui.people.personal_data import STORES

if TYPE_CHECKING:
    from mehealth_rag.settings import Settings

_NOTHING = "there is nothing to back up: no person, key, feedback or added document"


@dataclass(frozen=True, slots=True)
class Places:
    """The place on this machine of each name in an archive."""

    stores: dict[str, Store]
    files: dict[str, Path]
    added: Path

    @classmethod
    def of(cls, settings: Settings) -> Places:
        """Return the places that the settings name."""
        stores = {kind.FILE: kind.from_settings(settings) for kind in STORES}
        files = {"people": settings.ui_auth} if settings.ui_auth is not None else {}
        if keys := settings.ui_keys or (settings.ui_auth and keys_beside(settings.ui_auth)):
            files["keys"] = keys
        return cls(stores, files, settings.corpus / ADDED)

    def saved(self, folder: Path) -> Iterator[tuple[str, Path]]:
        """Yield names in the archive and files to save.

        A table is copied to `folder` in one consistent state, even while others write it.
        """
        for name, store in self.stores.items():
            if not store.is_empty():
                copy = type(store).beside(folder)
                store.copy_to(copy)
                yield name, copy.path
        yield from ((name, path) for name, path in self.files.items() if path.is_file())
        if self.added.is_dir():
            for path in sorted(self.added.rglob("*")):
                if path.is_symlink() or not path.is_file():  # a link could not be restored
                    continue
                yield f"{ADDED}/{path.relative_to(self.added).as_posix()}", path

    def place(self, name: str) -> Path | Store | None:
        """Return the place of a name; None if backups have no such name."""
        folder, _, rest = name.partition("/")
        if folder == ADDED and rest:
            path = (self.added / rest).resolve()
            return path if path.is_relative_to(self.added.resolve()) else None
        return self.stores.get(name) or self.files.get(name)


def back_up(settings: Settings, archive: Path) -> list[str]:
    """Write a backup and return the names in it; the page may be serving meanwhile.

    Raises UsageError if there is nothing to save or the archive cannot be written.
    """
    names = []
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            replacing(archive) as file,
            tarfile.open(fileobj=file, mode="w:gz") as tar,
        ):
            for name, path in Places.of(settings).saved(Path(folder)):
                tar.add(path, name, recursive=False)
                names.append(name)
            if not names:
                raise UsageError(_NOTHING)
    except OSError as error:
        raise UsageError(f"{archive}: the backup cannot be written ({error})") from error
    return names


def restore(settings: Settings, archive: Path, *, replace: bool) -> list[str]:
    """Restore a backup and return the names in it.

    Raises UsageError before writing anything if the archive is no backup, or if data would be
    overwritten and `replace` is not set.
    """
    places = Places.of(settings)
    try:
        with tarfile.open(archive) as tar:
            members = [(member, _place(places, member, archive)) for member in tar.getmembers()]
            present = next((place for _, place in members if _is_there(place)), None)
            if present is not None and not replace:
                what = f"{present.FILE} or its table" if isinstance(present, Store) else present
                raise UsageError(f"{what} is already there: add --replace to put it back anyway")
            for member, place in members:
                with cast("IO[bytes]", tar.extractfile(member)) as content:  # all are files
                    _put(place, content)
    except (OSError, tarfile.TarError, EOFError) as error:
        raise UsageError(f"{archive}: cannot be restored ({error})") from error
    return [member.name for member, _ in members]


def _place(places: Places, member: tarfile.TarInfo, archive: Path) -> Path | Store:
    place = places.place(member.name)
    if member.isfile() and place is not None:
        return place
    if member.name in {"people", "keys"}:
        raise UsageError(f"{archive} holds {member.name}: set MEHEALTH_UI_AUTH to say where to")
    raise UsageError(f"{archive} is no backup of mehealth: it holds '{member.name}'")


def _is_there(place: Path | Store) -> bool:
    return place.exists() if isinstance(place, Path) else not place.is_empty()


def _put(place: Path | Store, content: IO[bytes]) -> None:
    """Replace a file, readable by its owner only, or all rows of a table."""
    if isinstance(place, Path):
        place.parent.mkdir(parents=True, exist_ok=True)
        with replacing(place) as file:
            shutil.copyfileobj(content, file)
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = type(place).beside(Path(folder))
        with copy.path.open("wb") as file:
            shutil.copyfileobj(content, file)
        copy.copy_to(place)
