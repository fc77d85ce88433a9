"""The login: hashes, the file, the public address."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mehealth_rag.errors import UsageError
from mehealth_ui import auth
from mehealth_ui.auth import (
    VISIT,
    Door,
    Sessions,
    Visit,
    add_person,
    device_mark,
    door,
    hashed,
    is_loopback,
    matches,
    read_people,
)
from mehealth_ui.limits import SIGN_IN_ATTEMPTS

PASSWORD = "correct horse battery"


def test_a_password_is_kept_as_a_salted_hash(tmp_path: Path) -> None:
    file = tmp_path / "people"
    assert not add_person(file, "ada", PASSWORD)
    assert PASSWORD not in file.read_text()
    assert file.stat().st_mode & 0o077 == 0
    assert hashed(PASSWORD) != hashed(PASSWORD)
    assert matches(PASSWORD, read_people(file)["ada"])
    assert not matches(PASSWORD + "x", read_people(file)["ada"])
    assert add_person(file, "ada", "another one here")
    assert not matches(PASSWORD, read_people(file)["ada"])


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


def test_the_command_makes_an_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mehealth_rag.cli.app import app

    monkeypatch.chdir(tmp_path)
    file = tmp_path / "people"
    given = CliRunner().invoke(
        app, ["auth", "add", "ada", "--file", str(file)], input=PASSWORD + "\n"
    )
    assert given.exit_code == 0, given.output
    assert matches(PASSWORD, read_people(file)["ada"])


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
        patch.setattr(auth, "matches", counting)
        assert not any(pool.map(lambda n: guarded.opens("ada", f"guess {n}"), range(50)))
    assert compared == SIGN_IN_ATTEMPTS


def test_a_stranger_shuts_nobody_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "SIGN_IN_ATTEMPTS", 2)
    monkeypatch.setattr(auth, "SIGN_IN_ATTEMPTS_ALL", 5)
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
    known = Visit("192.0.2.66", device_mark(owner.kept))  # even behind the stranger's address
    assert guarded.opens("ada", PASSWORD, known)
    for _ in range(3):
        assert not guarded.opens("ada", "wrong", known)
    assert not guarded.opens("ada", PASSWORD, known)  # a stolen mark opens nothing by itself


def test_a_session_ends_with_its_password(tmp_path: Path) -> None:
    file = tmp_path / "people"
    for name in ("ada", "bob"):
        add_person(file, name, PASSWORD)
    guarded = Door(file)
    sessions = Sessions(guarded)
    for name in ("ada", "bob"):
        visit = Visit()
        VISIT.set(visit)
        assert guarded.opens(name, PASSWORD, visit)
        sessions[f"token of {name}"] = name
    assert sessions.get("token of ada") == "ada"
    assert "token of ada" in sessions
    assert sessions.get("another") is None
    add_person(file, "ada", PASSWORD)  # the same words: a new hash all the same
    assert sessions.get("token of ada") is None
    assert "token of ada" not in sessions
    assert sessions.get("token of bob") == "bob"
    del sessions["token of bob"]
    assert sessions.get("token of bob") is None
    file.unlink()
    assert not guarded.still("bob", "any")
