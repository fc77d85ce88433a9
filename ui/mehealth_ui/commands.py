"""The commands `mehealth auth`, `backup` and `restore`."""

from __future__ import annotations

import getpass
import sys
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mehealth_rag.cli.context import Common, console, note, print_json, registering
from mehealth_rag.errors import UsageError

if TYPE_CHECKING:
    from mehealth_rag.settings import Settings
    from mehealth_ui.people.audit import Audit

auth_app = typer.Typer(help="Who may use the web page and the service.", no_args_is_help=True)
key_app = typer.Typer(help="API keys for programs.", no_args_is_help=True)
auth_app.add_typer(key_app, name="key")
_command = registering(auth_app)
_key_command = registering(key_app)

Name = Annotated[str, typer.Argument(help="the name to sign in with")]
KeyName = Annotated[str, typer.Argument(help="the key's name, such as that of the program")]
Archive = Annotated[Path, typer.Argument(help="the backup, such as mehealth.tar.gz")]
_PREVIEW = 60
"""Characters of a question in a table; --json has all of it."""


def add_to(app: typer.Typer) -> None:
    """Add the commands to those of `mehealth`."""
    for command in (backup, restore):
        registering(app)("ui_auth")(command)
    app.add_typer(auth_app, name="auth")


def backup(common: Common, archive: Archive) -> None:
    """Save added documents, people, keys, feedback, decisions and the audit log to one file."""
    from mehealth_ui.people.backup import back_up

    _tell_files(common, archive, back_up(common.settings, archive), "saved to")


def restore(
    common: Common,
    archive: Archive,
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="put back what is already there too")
    ] = False,
) -> None:
    """Restore a backup; stop the page first, and ingest afterwards."""
    from mehealth_ui.people.backup import restore as put_back

    names = put_back(common.settings, archive, replace=replace)
    _tell_files(common, archive, names, "restored from")
    note("run mehealth ingest, so that added documents are in the index")


@_command("ui_auth")
def add(
    common: Common,
    name: Name,
    *,
    role: Annotated[str | None, typer.Option("--role", help="reader, staff or admin")] = None,
) -> None:
    """Let a person sign in, or set a new password; asks for it."""
    from mehealth_ui.people.callers import role_named
    from mehealth_ui.people.keys import read_keys
    from mehealth_ui.people.passwords import add_person, read_people

    path = _people_file(common.settings)
    new_role = None if role is None else role_named(role)
    password = _password(name)
    with _naming(path):
        if any(key.name == name for key in read_keys(_keys_file(common.settings))):
            raise UsageError(f"there is a key of the name '{name}'; choose another name")
        replaced = add_person(path, name, password, new_role)
    word = read_people(path)[name].role.word
    done = "changed" if replaced else "added"
    _record(common, f"person {done}", f"role {word}", person=name)
    _tell(common, f"{name} is {done} in {path}, role {word}", name=name, role=word, done=done)


@_command("ui_auth", name="list")
def list_people(common: Common) -> None:
    """List the people who may sign in, with their roles."""
    from mehealth_ui.people.passwords import read_people

    people = read_people(_people_file(common.settings))
    rows = [{"name": n, "role": p.role.word} for n, p in sorted(people.items())]
    _show(common, "people", rows)


@_command("ui_auth", name="role")
def set_role(
    common: Common,
    name: Name,
    role: Annotated[str, typer.Argument(help="reader, staff or admin")],
) -> None:
    """Change a person's role, which counts at once."""
    from mehealth_ui.people import passwords
    from mehealth_ui.people.callers import role_named

    new_role = role_named(role)
    before = passwords.set_role(_people_file(common.settings), name, new_role).word
    word = new_role.word
    _record(common, "role changed", f"from {before} to {word}", person=name)
    _tell(common, f"{name} was {before} and is {word} now", name=name, role=word, before=before)


@_command("ui_auth")
def remove(common: Common, name: Name) -> None:
    """Remove a person, which ends their sessions at once."""
    from mehealth_ui.people.passwords import remove_person

    path = _people_file(common.settings)
    remove_person(path, name)
    _record(common, "person removed", "", person=name)
    _tell(common, f"{name} is removed from {path}", name=name, done="removed")


@_key_command("ui_auth", name="add")
def add_key(
    common: Common,
    name: KeyName,
    *,
    role: Annotated[str, typer.Option("--role", help="reader, staff or admin")] = "reader",
) -> None:
    """Make a key and print it once; only its hash is kept."""
    from mehealth_ui.people import keys
    from mehealth_ui.people.callers import role_named

    new_role, path = role_named(role), _keys_file(common.settings)
    with _naming(common.settings.ui_auth or path):
        if _is_person(common.settings, name):
            raise UsageError(f"'{name}' is a person; give the key a name of its own")
        secret = keys.add_key(path, name, new_role)
    word = new_role.word
    _record(common, "key added", f"role {word}", person=name)
    if not common.json:
        print(secret)
    line = f"the key '{name}' is kept as a hash in {path}, role {word}; it is shown only now"
    _tell(common, line, name=name, role=word, key=secret)


@_key_command("ui_auth", name="list")
def list_keys(common: Common) -> None:
    """List the keys with role and date of creation."""
    from mehealth_ui.people.keys import read_keys

    keys = read_keys(_keys_file(common.settings))
    rows = [{"name": k.name, "role": k.role.word, "added": str(k.added)} for k in keys]
    _show(common, "keys", rows)


@_key_command("ui_auth", name="remove")
def remove_key(common: Common, name: KeyName) -> None:
    """Remove a key, which stops working at once."""
    from mehealth_ui.people import keys

    path = _keys_file(common.settings)
    keys.remove_key(path, name)
    _record(common, "key removed", "", person=name)
    _tell(common, f"the key '{name}' is removed from {path}", name=name, done="removed")


@_command()
def log(
    common: Common,
    *,
    last: Annotated[int, typer.Option("--last", min=1, help="how many of the newest")] = 100,
) -> None:
    """Show the audit log: who signed in, what was refused, who changed what."""
    _show(common, "entries", [_dated(row) for row in _audit(common.settings).entries(last)])


@_command()
def data(
    common: Common,
    name: Annotated[str, typer.Argument(help="the name of a person or a key")],
) -> None:
    """Show the data kept about a person; --json has all of it."""
    from mehealth_ui.people.personal_data import PersonalData

    data = PersonalData.from_settings(common.settings).of(name)
    dated = {what: [_dated(row) for row in rows] for what, rows in data.items()}
    if common.json:
        print_json({"schema": 1, "name": name, **dated})
        return
    for what, rows in dated.items():
        note(f"{what}: {len(rows) or 'nothing'}")
        if rows:
            _table([{k: v for k, v in row.items() if isinstance(v, str | int)} for row in rows])


@_command("ui_auth")
def forget(
    common: Common,
    name: Annotated[str, typer.Argument(help="the name of a person or a key")],
) -> None:
    """Delete the data kept about a person, but not their login."""
    from mehealth_ui.people.personal_data import PersonalData

    deleted = PersonalData.from_settings(common.settings).forget(name)
    if any(deleted.values()):
        _record(common, "data deleted", "")  # without the name, which would be kept then
    counts = ", ".join(f"{count} of {what}" for what, count in deleted.items())
    _tell(common, f"{name}: deleted {counts}", name=name, deleted=deleted)
    if _is_person(common.settings, name):
        note(f"{name} can still sign in; to end that: mehealth auth remove {name}")


def _naming(people: Path) -> AbstractContextManager[None]:
    """Hold the lock on names, so that a person and a key never get the same one."""
    from mehealth_ui.people.line_files import changing

    return changing(people.with_name(f"{people.name}.names"))


def _is_person(settings: Settings, name: str) -> bool:
    from mehealth_ui.people.passwords import read_people

    path = settings.ui_auth
    return path is not None and path.is_file() and name in read_people(path)


def _people_file(settings: Settings) -> Path:
    if settings.ui_auth is None:
        raise UsageError("no password file is named; give --file or set MEHEALTH_UI_AUTH")
    return settings.ui_auth


def _keys_file(settings: Settings) -> Path:
    from mehealth_ui.people.keys import keys_beside

    return settings.ui_keys or keys_beside(_people_file(settings))


def _password(name: str) -> str:
    """Ask for the password twice, or read one line if standard input is no terminal."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass(f"Password for {name}: ")
    if getpass.getpass("Once more: ") != first:
        raise UsageError("the two passwords differ; nothing was changed")
    return first


def _audit(settings: Settings) -> Audit:
    from mehealth_ui.people.audit import Audit

    return Audit.from_settings(settings)


def _record(common: Common, what: str, about: str, *, person: str = "") -> None:
    """Record a command in the audit log under the account on this machine."""
    try:
        account = getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container may have no name for its user
        account = "somebody"
    _audit(common.settings).record(f"{account} (command line)", what, about, person=person)


def _dated(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with its time in ISO format, in UTC."""
    at = datetime.fromtimestamp(row["at"], UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"at": at} | {key: value for key, value in row.items() if key != "at"}


def _tell_files(common: Common, archive: Path, names: list[str], done: str) -> None:
    if common.json:
        print_json({"archive": str(archive), "files": names})
    else:
        print(f"{len(names)} file{'s' * (len(names) != 1)} {done} {archive}: {', '.join(names)}")


def _tell(common: Common, line: str, **values: object) -> None:
    if common.json:
        print_json({"schema": 1, **values})
    else:
        note(line)


def _show(common: Common, what: str, rows: list[dict[str, Any]]) -> None:
    if common.json:
        print_json({"schema": 1, what: rows})
    elif rows:
        _table(rows)
    else:
        note(f"there are no {what}")


def _table(rows: list[dict[str, Any]]) -> None:
    from rich.table import Table

    table = Table(*rows[0])
    for row in rows:
        table.add_row(*(str(value)[:_PREVIEW] for value in row.values()))
    console().print(table)
