"""The login: hashes, the file, the public address."""

from __future__ import annotations

import time
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
from mehealth_ui.people.door import Door, Visit, device_mark, door, is_loopback
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


def test_a_password_is_kept_as_a_salted_hash(tmp_path: Path) -> None:
    file = tmp_path / "people"
    assert not add_person(file, "ada", PASSWORD)
    assert PASSWORD not in file.read_text()
    assert file.stat().st_mode & 0o077 == 0
    assert hashed(PASSWORD) != hashed(PASSWORD)
    assert matches(PASSWORD, read_people(file)["ada"].password_hash)
    assert not matches(PASSWORD + "x", read_people(file)["ada"].password_hash)
    assert add_person(file, "ada", "another one here")
    assert not matches(PASSWORD, read_people(file)["ada"].password_hash)


@pytest.mark.parametrize(
    ("name", "password"), [("a:b", PASSWORD), ("", PASSWORD), ("ada", "short")]
)
def test_a_bad_name_or_password_is_refused(tmp_path: Path, name: str, password: str) -> None:
    with pytest.raises(UsageError):
        add_person(tmp_path / "people", name, password)


@pytest.mark.parametrize("kept", ["", "scrypt$x", "md5$1$1$1$00$00", "scrypt$3$8$1$00$00"])
def test_a_damaged_hash_opens_nothing(kept: str) -> None:
    assert not matches(PASSWORD, kept)


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    file = tmp_path / "people"
    file.write_text("# staff\n\nada\n")
    with pytest.raises(UsageError, match="line 3"):
        read_people(file)


def test_a_role_is_a_third_part_of_the_line(tmp_path: Path) -> None:
    file = tmp_path / "people"
    add_person(file, "ada", PASSWORD)
    assert read_people(file)["ada"].role is Role.READER  # a line without one
    assert file.read_text().count(":") == 1
    assert set_role(file, "ada", Role.STAFF) is Role.READER
    add_person(file, "bob", PASSWORD, Role.ADMIN)
    add_person(file, "ada", "another password")  # keeps the role
    assert {name: p.role for name, p in read_people(file).items()} == {
        "ada": Role.STAFF,
        "bob": Role.ADMIN,
    }
    assert matches("another password", read_people(file)["ada"].password_hash)
    remove_person(file, "bob")
    assert set(read_people(file)) == {"ada"}
    with pytest.raises(UsageError, match="nobody is called 'bob'"):
        remove_person(file, "bob")
    file.write_text(file.read_text().replace(":staff", ":boss"))
    with pytest.raises(UsageError, match="line 1: 'boss' is no role; there are: reader, staff"):
        read_people(file)


def test_guessing_makes_wait(tmp_path: Path) -> None:
    file = tmp_path / "people"
    add_person(file, "ada", PASSWORD)
    now = [0.0]
    guarded = Door(file, clock=lambda: now[0])
    assert guarded.opens("ada", PASSWORD)
    for _ in range(10):
        assert not guarded.opens("ada", "wrong")
    assert not guarded.opens("ada", PASSWORD)
    now[0] = 301
    assert guarded.opens("ada", PASSWORD)
    assert not guarded.opens("nobody", PASSWORD)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.8.8"])
def test_this_machine_needs_no_login(host: str) -> None:
    assert is_loopback(host)
    assert door(host, None) is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
def test_a_public_address_needs_a_login(host: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="mehealth auth add"):
        door(host, None)
    empty = tmp_path / "people"
    empty.write_text("")
    with pytest.raises(UsageError, match="nobody is in it"):
        door(host, empty)
    add_person(empty, "ada", PASSWORD)
    assert door(host, empty) is not None


def test_fifty_guesses_at_once_count_as_fifty(tmp_path: Path) -> None:
    file = tmp_path / "people"
    add_person(file, "ada", PASSWORD)
    guarded = Door(file)
    compared = 0

    def counting(password: str, kept: str) -> bool:
        nonlocal compared
        compared += 1
        return matches(password, kept)

    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(50) as pool:
        patch.setattr(door_module, "matches", counting)
        assert not any(pool.map(lambda n: guarded.opens("ada", f"guess {n}"), range(50)))
    assert compared == SIGN_IN_ATTEMPTS


def test_a_stranger_shuts_nobody_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door_module, "SIGN_IN_ATTEMPTS", 2)
    monkeypatch.setattr(door_module, "SIGN_IN_ATTEMPTS_ALL", 5)
    file = tmp_path / "people"
    add_person(file, "ada", PASSWORD)
    guarded = Door(file)
    owner = Visit("192.0.2.1")
    assert guarded.opens("ada", PASSWORD, owner)
    for _ in range(3):
        assert not guarded.opens("ada", "wrong", Visit("192.0.2.66"))
    assert not guarded.opens("ada", PASSWORD, Visit("192.0.2.66"))
    assert guarded.opens("ada", PASSWORD, Visit("192.0.2.2"))  # another address is free
    for number in range(9):
        guarded.opens("ada", "wrong", Visit(f"198.51.100.{number}"))
    assert not guarded.opens("ada", PASSWORD, Visit("192.0.2.3"))
    known = Visit(
        "192.0.2.66", device_mark(owner.password_hash)
    )  # even behind the stranger's address
    assert guarded.opens("ada", PASSWORD, known)
    for _ in range(3):
        assert not guarded.opens("ada", "wrong", known)
    assert not guarded.opens("ada", PASSWORD, known)  # a stolen mark opens nothing by itself


def signed_in(guarded: Door, sessions: Sessions, name: str) -> str:
    visit = Visit()
    assert guarded.opens(name, PASSWORD, visit)
    return sessions.begin(name, visit.password_hash)


def test_a_session_ends_with_its_password(tmp_path: Path) -> None:
    file = tmp_path / "people"
    for name in ("ada", "bob"):
        add_person(file, name, PASSWORD)
    guarded = Door(file)
    sessions = Sessions(guarded, 60, SECRET, Ended.beside(tmp_path))
    ada, bob = (signed_in(guarded, sessions, name) for name in ("ada", "bob"))
    assert sessions.get(ada) == "ada"
    assert sessions.get(None) is None
    assert sessions.get(ada[:-4] + "AAAA", "nobody") == "nobody"
    add_person(file, "ada", PASSWORD)  # the same words: a new hash all the same
    assert sessions.get(ada) is None
    assert sessions.get(bob) == "bob"
    remove_person(file, "bob")
    assert sessions.get(bob) is None


def test_a_session_ends_after_its_time(tmp_path: Path) -> None:
    add_person(tmp_path / "people", "ada", PASSWORD)
    guarded = Door(tmp_path / "people")
    store = Ended.beside(tmp_path)
    over, going = (Sessions(guarded, seconds, SECRET, store) for seconds in (-1, 60))
    assert going.get(signed_in(guarded, over, "ada")) is None
    assert over.get(signed_in(guarded, going, "ada")) == "ada"


def test_a_session_counts_in_every_replica_until_it_is_ended_in_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_person(tmp_path / "people", "ada", PASSWORD)
    guarded, index = Door(tmp_path / "people"), tmp_path / "index"
    secret = secret_beside(index)
    assert (index / "sessions.key").stat().st_mode & 0o077 == 0
    assert secret_beside(index) == secret
    one, two = (Sessions(guarded, 60, secret, Ended.beside(index)) for _ in range(2))
    first, second = (signed_in(guarded, one, "ada") for _ in range(2))
    assert two.get(first) == "ada"
    assert one.end(first) == "ada"
    assert (one.get(first), one.end(first), one.get(second)) == (None, None, "ada")
    monkeypatch.setattr(sessions_module, "LEARN_SECONDS", 0.0)
    until = time.monotonic() + 10
    while two.get(first) is not None and time.monotonic() < until:
        time.sleep(0.01)
    assert (two.get(first), two.get(second)) == (None, "ada")
    assert Sessions(guarded, 60, secret, Ended.beside(index)).get(first) is None  # started anew
    assert Sessions(guarded, 60, secret_beside(tmp_path), Ended.beside(index)).get(second) is None


def test_what_has_ended_is_forgotten_after_its_time(tmp_path: Path) -> None:
    store = Ended.beside(tmp_path)
    store.add("old", time.time() - 1)
    store.add("new", time.time() + 60)
    assert store.all() == {"new"}


def test_without_a_place_for_the_secret_sessions_count_in_one_process(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    add_person(tmp_path / "people", "ada", PASSWORD)
    guarded, nowhere = Door(tmp_path / "people"), tmp_path / "people" / "index"
    assert secret_beside(nowhere) != secret_beside(nowhere)
    assert "sessions count in this process only" in caplog.text
    (tmp_path / "sessions.sqlite").write_text("no database, but long enough to be taken for one")
    sessions = Sessions(guarded, 60, SECRET, Ended.beside(tmp_path))
    token = signed_in(guarded, sessions, "ada")
    assert sessions.get(token) == "ada"
    assert sessions.end(token) == "ada"
    assert sessions.get(token) is None
    assert "a session is ended in this process only" in caplog.text


def test_the_setting_says_how_long_a_session_lasts(tmp_path: Path) -> None:
    file = tmp_path / "people"
    add_person(file, "ada", PASSWORD)
    given = {"ui_session_hours": 2, "index": tmp_path}
    settings = Settings.load(given, environ={}, folder=tmp_path)
    token = Reception(Door(file), settings, Audit.beside(tmp_path)).sessions.begin("ada", "kept")
    said = jwt.decode(token, secret_beside(tmp_path), ["HS256"])
    assert abs(said["exp"] - time.time() - 2 * 3600) < 60


def test_a_changed_role_does_not_end_a_session(tmp_path: Path) -> None:
    file = tmp_path / "people"
    add_person(file, "ada", PASSWORD)
    guarded, visit = Door(file), Visit()
    assert guarded.opens("ada", PASSWORD, visit)
    set_role(file, "ada", Role.STAFF)
    assert guarded.still("ada", device_mark(visit.password_hash))
    assert guarded.people()["ada"].role is Role.STAFF
