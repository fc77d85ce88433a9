"""People and programs: the commands that let them in, what is kept of them, the log."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from ui_helpers import PASSWORD, ROOT, judged, printed, refused

from mehealth_ui.people.audit import SIGNED_IN, Audit
from mehealth_ui.people.callers import Role
from mehealth_ui.people.feedback import FeedbackStore, Place
from mehealth_ui.people.keys import add_key, find_key, keys_beside, read_keys, remove_key
from mehealth_ui.people.passwords import matches, read_people

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Done = subprocess.CompletedProcess[str]
    Auth = Callable[..., Done]


@pytest.fixture
def auth(mehealth: Callable[..., Done], tmp_path: Path) -> Auth:
    """`mehealth auth` with a password file and an index folder of the test's own."""
    places = {
        "MEHEALTH_UI_AUTH": str(tmp_path / "people"),
        "MEHEALTH_INDEX": str(tmp_path / "index"),
    }
    return lambda *given, stdin="": mehealth("auth", *given, stdin=stdin, env=places)


ADDS = """
import sys
from pathlib import Path
from mehealth_ui.people.keys import add_key, keys_beside
from mehealth_ui.people.passwords import add_person
from mehealth_ui.people.callers import Role

people, who = Path(sys.argv[1]), sys.argv[2]
print("ready", flush=True)
sys.stdin.readline()
for number in range(8):
    add_person(people, f"{who}-{number}", "correct horse battery")
    add_key(keys_beside(people), f"key-{who}-{number}", Role.READER)
"""


def test_two_processes_at_once_lose_no_change(tmp_path: Path) -> None:
    people = tmp_path / "people"
    paths = os.pathsep.join((str(ROOT / "src"), str(ROOT / "ui")))
    running = [
        subprocess.Popen(
            [sys.executable, "-c", ADDS, str(people), who],
            env={**os.environ, "PYTHONPATH": paths},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for who in ("ada", "bob")
    ]
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in running:
        with process:
            assert process.wait(60) == 0
    names = [f"{who}-{number}" for who in ("ada", "bob") for number in range(8)]
    assert sorted(read_people(people)) == names
    assert sorted(key.name for key in read_keys(keys_beside(people))) == [f"key-{n}" for n in names]


def test_people_are_added_listed_changed_and_removed(auth: Auth, tmp_path: Path) -> None:
    done = auth("add", "ada", stdin=PASSWORD + "\n")
    assert (done.returncode, done.stdout) == (0, "")
    assert "ada is added" in done.stderr
    assert (
        printed(auth("add", "bob", "--role", "staff", "--json", stdin=PASSWORD))["role"] == "staff"
    )
    assert matches(PASSWORD, read_people(tmp_path / "people")["ada"].password_hash)
    listed = printed(auth("list", "--json"))["people"]
    assert listed == [{"name": "ada", "role": "reader"}, {"name": "bob", "role": "staff"}]
    assert "staff" in auth("list").stdout
    assert printed(auth("role", "ada", "admin", "--json"))["before"] == "reader"
    assert auth("remove", "bob").returncode == 0
    assert printed(auth("list", "--json"))["people"] == [{"name": "ada", "role": "admin"}]
    entries = printed(auth("log", "--json"))["entries"]
    assert [(e["what"], e["person"], e["about"]) for e in entries] == [
        ("person added", "ada", "role reader"),
        ("person added", "bob", "role staff"),
        ("role changed", "ada", "from reader to admin"),
        ("person removed", "bob", ""),
    ]
    assert all(e["who"].endswith("(command line)") for e in entries)
    assert [e["person"] for e in printed(auth("log", "--json", "--last", "1"))["entries"]] == [
        "bob"
    ]
    assert "role changed" in auth("log").stdout


@pytest.mark.parametrize("first", ["person", "key"])
def test_a_person_and_a_key_do_not_get_one_name_at_the_same_moment(
    auth: Auth, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    """The second command runs where the first one has just looked whether the name is free."""
    monkeypatch.setattr("mehealth_ui.people.line_files._WAIT", 0.2)
    commands = {"person": ("add", "ada"), "key": ("key", "add", "ada")}
    looks = {"person": ("mehealth_ui.people.keys.read_keys", read_keys),
             "key": ("mehealth_ui.people.passwords.read_people", read_people)}  # fmt: skip
    (second,) = commands.keys() - {first}
    place, look = looks[first]
    auth("add", "bob", stdin=PASSWORD)
    met = []

    def looking(path: Path) -> Any:  # noqa: ANN401 - people or keys
        entries = look(path)
        monkeypatch.setattr(place, look)
        met.append(auth(*commands[second], stdin=PASSWORD))
        return entries

    monkeypatch.setattr(place, looking)
    assert auth(*commands[first], stdin=PASSWORD).returncode == 0
    assert "another command has been changing it" in refused(met[0])
    names = [
        *read_people(tmp_path / "people"),
        *(k.name for k in read_keys(tmp_path / "people.keys")),
    ]
    assert sorted(names) == ["ada", "bob"]


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (("role", "ada", "boss"), "'boss' is no role; there are: reader, staff, admin"),
        (("role", "nobody", "staff"), "nobody is called 'nobody'"),
        (("remove", "nobody"), "nobody is called 'nobody'"),
        (("add", "bob", "--role", "boss"), "'boss' is no role"),
        (("add", "a:b"), "will not do as a name"),
        (("add", "program"), "there is a key of the name 'program'"),
        (("key", "add", "ada"), "'ada' is a person"),
        (("key", "add", "program"), "there is a key 'program' already"),
        (("key", "add", "other", "--role", "boss"), "'boss' is no role"),
        (("key", "remove", "other"), "no key is called 'other'"),
    ],
)
def test_what_is_not_known_is_one_line(auth: Auth, given: tuple[str, ...], line: str) -> None:
    assert auth("add", "ada", stdin=PASSWORD).returncode == 0
    assert auth("key", "add", "program").returncode == 0
    before = printed(auth("log", "--json"))
    assert line in refused(auth(*given, stdin=PASSWORD))
    assert printed(auth("log", "--json")) == before


def test_without_a_password_file_the_commands_say_which_to_name(
    mehealth: Callable[..., Done],
) -> None:
    for given in (("list",), ("remove", "ada"), ("key", "list")):
        assert "MEHEALTH_UI_AUTH" in refused(mehealth("auth", *given))


def test_a_key_is_told_once_and_kept_as_a_hash(auth: Auth, tmp_path: Path) -> None:
    assert printed(auth("key", "list", "--json"))["keys"] == []
    done = auth("key", "add", "report", "--role", "staff")
    key = done.stdout.strip()
    assert key.startswith("mh_")
    assert len(key) == 3 + 43  # 32 bytes
    file = tmp_path / "people.keys"
    assert key not in file.read_text() + done.stderr
    assert hashlib.sha256(key.encode()).hexdigest() in file.read_text()
    assert file.stat().st_mode & 0o077 == 0
    (row,) = printed(auth("key", "list", "--json"))["keys"]
    assert (row["name"], row["role"]) == ("report", "staff")
    assert row["added"] >= "2026-01-01"
    other = printed(auth("key", "add", "other", "--json"))
    assert (other["role"], other["key"] != key) == ("reader", True)
    assert auth("key", "remove", "report").returncode == 0
    assert [k["name"] for k in printed(auth("key", "list", "--json"))["keys"]] == ["other"]
    assert key not in auth("log").stdout


def test_only_the_whole_key_is_the_key(tmp_path: Path) -> None:
    file = keys_beside(tmp_path / "people.txt")
    assert file.name == "people.txt.keys"
    key = add_key(file, "one", Role.STAFF)
    add_key(file, "two", Role.READER)
    keys = read_keys(file)
    entry = find_key(keys, key)
    assert entry is not None
    assert (entry.name, entry.role) == ("one", Role.STAFF)
    for wrong in ("", key[:-1], key + "x", key.upper(), entry.digest, "mh_ü"):
        assert find_key(keys, wrong) is None, wrong
    remove_key(file, "one")
    assert find_key(read_keys(file), key) is None


def test_what_is_kept_of_a_person_is_shown_and_forgotten(auth: Auth, tmp_path: Path) -> None:
    auth("add", "ada", stdin=PASSWORD)
    index = tmp_path / "index"
    store, log = FeedbackStore.beside(index), Audit.beside(index)
    store.save(judged(verdict="wrong", comment="ada's words"), Place("harbour-guide", 3), "ada")
    other = judged(verdict="right")
    store.save(other.model_copy(update={"turn": other.turn.model_copy(update={"id": "t2"})}),
               Place(), "bob")  # fmt: skip
    log.record("ada", SIGNED_IN, "from 192.0.2.77")
    log.record("bob", "document added", "harbour-guide")
    data = printed(auth("data", "ada", "--json"))
    (verdict,) = data["feedback"]
    assert verdict["question"] == "When was it lit?"
    assert verdict["answer"]["answer"] == "In 1871 [1]."
    assert verdict["history"] == [["How tall is the lighthouse?", "42 metres [1]."]]
    assert verdict["at"].endswith("Z")
    assert [e["what"] for e in data["audit"]] == ["person added", SIGNED_IN]
    assert "When was it lit?" in auth("data", "ada").stdout
    gone = auth("forget", "ada")
    assert "deleted 1 of feedback, 0 of decisions, 2 of audit" in gone.stderr
    assert "ada can still sign in" in gone.stderr
    assert printed(auth("data", "ada", "--json")) == {
        "schema": 1, "name": "ada", "feedback": [], "decisions": [], "audit": []
    }  # fmt: skip
    for file in index.iterdir():  # overwritten, not only marked as free
        assert b"ada" not in file.read_bytes(), file.name
    assert len(printed(auth("data", "bob", "--json"))["feedback"]) == 1
    assert [e["what"] for e in printed(auth("log", "--json"))["entries"]] == [
        "document added",
        "data deleted",
    ]
