"""The login: hashes, the file, the public address."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jwt
import pytest
from ui_helpers import PASSWORD

from mehealth_rag.errors import UsageError
from mehealth_rag.settings import Settings
from mehealth_ui.gateway.reception import Reception
from mehealth_ui.limits import SIGN_IN_ATTEMPTS
from mehealth_ui.people import door as door_module
from mehealth_ui.people import sessions as sessions_module
from mehealth_ui.people.audit import Audit
from mehealth_ui.people.callers import Role
from mehealth_ui.people.door import Door, Visit, device_mark, door
from mehealth_ui.people.keys import read_keys
from mehealth_ui.people.passwords import (
    add_person,
    hashed,
    matches,
    read_people,
    remove_person,
    set_role,
)
from mehealth_ui.people.sessions import Ended, Sessions, secret_beside

SECRET = "5e" * 32


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """A password file with Ada in it."""
    add_person(tmp_path / "people", "ada", PASSWORD)
    return tmp_path / "people"


@pytest.fixture
def login(people: Path) -> Door:
    return Door(people)


def test_a_password_is_kept_as_a_salted_hash(people: Path) -> None:
    assert PASSWORD not in people.read_text()
    assert people.stat().st_mode & 0o077 == 0
    assert hashed(PASSWORD) != hashed(PASSWORD)
    assert matches(PASSWORD, read_people(people)["ada"].password_hash)
    assert not matches(PASSWORD + "x", read_people(people)["ada"].password_hash)
    assert add_person(people, "ada", "another one here")
    assert not matches(PASSWORD, read_people(people)["ada"].password_hash)


@pytest.mark.parametrize(
    ("name", "password"), [("a:b", PASSWORD), ("", PASSWORD), ("ada", "short")]
)
def test_a_bad_name_or_password_is_refused(tmp_path: Path, name: str, password: str) -> None:
    with pytest.raises(UsageError):
        add_person(tmp_path / "people", name, password)


@pytest.mark.parametrize("damaged", ["", "scrypt$x", "md5$1$1$1$00$00", "scrypt$3$8$1$00$00"])
def test_a_damaged_hash_opens_nothing(damaged: str) -> None:
    assert not matches(PASSWORD, damaged)


DIGEST = "0" * 64


@pytest.mark.parametrize(
    ("read", "line", "problem"),
    [
        (read_people, "ada", "not NAME:HASH"),
        (read_people, "ada:scrypt$1:boss", "'boss' is no role; there are: reader, staff"),
        (read_keys, "x", "mehealth auth key add"),
        (read_keys, f"a:{DIGEST}:boss:2026-01-01", "'boss' is no role.*mehealth auth key add"),
        (read_keys, f"a:{DIGEST}:staff:2026-13-01", "mehealth auth key add"),
        (read_keys, "a:0:staff:1", "mehealth auth key add"),
    ],
)
def test_a_damaged_line_is_named(
    tmp_path: Path, read: Callable[[Path], object], line: str, problem: str
) -> None:
    file = tmp_path / "file"
    file.write_text(f"# a comment\n\n{line}\n")
    with pytest.raises(UsageError, match=f"line 3: .*{problem}"):
        read(file)


def test_a_role_is_a_third_part_of_the_line(people: Path) -> None:
    assert read_people(people)["ada"].role is Role.READER  # a line without one
    assert people.read_text().count(":") == 1
    assert set_role(people, "ada", Role.STAFF) is Role.READER
    assert not add_person(people, "bob", PASSWORD, Role.ADMIN)
    add_person(people, "ada", "another password")  # keeps the role
    roles = {name: person.role for name, person in read_people(people).items()}
    assert roles == {"ada": Role.STAFF, "bob": Role.ADMIN}
    remove_person(people, "bob")
    assert set(read_people(people)) == {"ada"}
    with pytest.raises(UsageError, match="nobody is called 'bob'"):
        remove_person(people, "bob")


def test_guessing_makes_wait(people: Path) -> None:
    now = [0.0]
    login = Door(people, clock=lambda: now[0])
    assert login.opens("ada", PASSWORD)
    for _ in range(10):
        assert not login.opens("ada", "wrong")
    assert not login.opens("ada", PASSWORD)
    now[0] = 301
    assert login.opens("ada", PASSWORD)
    assert not login.opens("nobody", PASSWORD)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.8.8"])
def test_this_machine_needs_no_login(host: str) -> None:
    assert door(host, None) is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
def test_a_public_address_needs_a_login(host: str, people: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="mehealth auth add"):
        door(host, None)
    empty = tmp_path / "empty"
    empty.write_text("")
    with pytest.raises(UsageError, match="nobody is in it"):
        door(host, empty)
    assert door(host, people) is not None


def test_fifty_guesses_at_once_count_as_fifty(login: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []

    def counting(password: str, password_hash: str) -> bool:
        compared.append(password)
        return matches(password, password_hash)

    monkeypatch.setattr(door_module, "matches", counting)
    with ThreadPoolExecutor(50) as pool:
        assert not any(pool.map(lambda n: login.opens("ada", f"guess {n}"), range(50)))
    assert len(compared) == SIGN_IN_ATTEMPTS


def test_a_stranger_shuts_nobody_out(login: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door_module, "SIGN_IN_ATTEMPTS", 2)
    monkeypatch.setattr(door_module, "SIGN_IN_ATTEMPTS_ALL", 5)
    owner = Visit("192.0.2.1")
    assert login.opens("ada", PASSWORD, owner)
    for _ in range(3):
        assert not login.opens("ada", "wrong", Visit("192.0.2.66"))
    assert not login.opens("ada", PASSWORD, Visit("192.0.2.66"))
    assert login.opens("ada", PASSWORD, Visit("192.0.2.2"))  # another address is free
    for number in range(9):
        login.opens("ada", "wrong", Visit(f"198.51.100.{number}"))
    assert not login.opens("ada", PASSWORD, Visit("192.0.2.3"))
    known = Visit(
        "192.0.2.66", device_mark(owner.password_hash)
    )  # even behind the stranger's address
    assert login.opens("ada", PASSWORD, known)
    for _ in range(3):
        assert not login.opens("ada", "wrong", known)
    assert not login.opens("ada", PASSWORD, known)  # a stolen mark opens nothing by itself


def signed_in(login: Door, sessions: Sessions, name: str) -> str:
    visit = Visit()
    assert login.opens(name, PASSWORD, visit)
    return sessions.begin(name, visit.password_hash)


def test_a_session_ends_with_its_password(people: Path, login: Door, tmp_path: Path) -> None:
    add_person(people, "bob", PASSWORD)
    sessions = Sessions(login, 60, SECRET, Ended.beside(tmp_path))
    ada, bob = (signed_in(login, sessions, name) for name in ("ada", "bob"))
    assert sessions.get(ada) == "ada"
    assert sessions.get(None) is None
    assert sessions.get(ada[:-4] + "AAAA", "nobody") == "nobody"
    add_person(people, "ada", PASSWORD)  # the same words: a new hash all the same
    assert sessions.get(ada) is None
    assert sessions.get(bob) == "bob"
    remove_person(people, "bob")
    assert sessions.get(bob) is None


def test_a_session_ends_after_its_time(login: Door, tmp_path: Path) -> None:
    store = Ended.beside(tmp_path)
    over, going = (Sessions(login, seconds, SECRET, store) for seconds in (-1, 60))
    assert going.get(signed_in(login, over, "ada")) is None
    assert over.get(signed_in(login, going, "ada")) == "ada"


def test_a_session_counts_in_every_replica_until_it_is_ended_in_one(
    login: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = tmp_path / "index"
    secret = secret_beside(index)
    assert (index / "sessions.key").stat().st_mode & 0o077 == 0
    assert secret_beside(index) == secret
    one, two = (Sessions(login, 60, secret, Ended.beside(index)) for _ in range(2))
    first, second = (signed_in(login, one, "ada") for _ in range(2))
    assert two.get(first) == "ada"
    assert one.end(first) == "ada"
    assert (one.get(first), one.end(first), one.get(second)) == (None, None, "ada")
    monkeypatch.setattr(sessions_module, "LEARN_SECONDS", 0.0)
    until = time.monotonic() + 10
    while two.get(first) is not None and time.monotonic() < until:
        time.sleep(0.01)
    assert (two.get(first), two.get(second)) == (None, "ada")
    assert Sessions(login, 60, secret, Ended.beside(index)).get(first) is None  # started anew
    assert Sessions(login, 60, secret_beside(tmp_path), Ended.beside(index)).get(second) is None


def test_what_has_ended_is_forgotten_after_its_time(tmp_path: Path) -> None:
    store = Ended.beside(tmp_path)
    store.add("old", time.time() - 1)
    store.add("new", time.time() + 60)
    assert store.all() == {"new"}


def test_without_a_place_for_the_secret_sessions_count_in_one_process(
    login: Door, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    nowhere = tmp_path / "people" / "index"
    assert secret_beside(nowhere) != secret_beside(nowhere)
    assert "sessions count in this process only" in caplog.text
    (tmp_path / "sessions.sqlite").write_text("no database, but long enough to be taken for one")
    sessions = Sessions(login, 60, SECRET, Ended.beside(tmp_path))
    token = signed_in(login, sessions, "ada")
    assert sessions.get(token) == "ada"
    assert sessions.end(token) == "ada"
    assert sessions.get(token) is None
    assert "a session is ended in this process only" in caplog.text


def test_the_setting_says_how_long_a_session_lasts(login: Door, tmp_path: Path) -> None:
    values = {"ui_session_hours": 2, "index": tmp_path}
    settings = Settings.load(values, environ={}, folder=tmp_path)
    token = Reception(login, settings, Audit.beside(tmp_path)).sessions.begin("ada", "kept")
    claims = jwt.decode(token, secret_beside(tmp_path), ["HS256"])
    assert abs(claims["exp"] - time.time() - 2 * 3600) < 60


def test_a_changed_role_does_not_end_a_session(people: Path, login: Door) -> None:
    visit = Visit()
    assert login.opens("ada", PASSWORD, visit)
    set_role(people, "ada", Role.STAFF)
    assert login.still("ada", device_mark(visit.password_hash))
    assert login.people()["ada"].role is Role.STAFF
