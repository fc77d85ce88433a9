"""Files that are added: their names, their size, their places."""

from __future__ import annotations

import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from mehealth_rag.errors import MehealthError, UsageError
from mehealth_ui.documents import added_files
from mehealth_ui.documents.added_files import AddedFiles, copied, safe_name
from mehealth_ui.documents.jobs import FILE, Job, Jobs
from mehealth_ui.gateway import guard
from mehealth_ui.gateway.guard import Guard
from mehealth_ui.gateway.hosts import Hosts
from mehealth_ui.limits import TooLargeError
from mehealth_ui.page.sources import adding_markup
from mehealth_ui.people.callers import Caller, Role, role_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("report.PDF", "report.pdf"),
        ("../../x.pdf", "x.pdf"),
        ("C:\\Users\\ada\\Plan 2.docx", "Plan 2.docx"),
        ("/etc/passwd.txt", "passwd.txt"),
        (".hidden.txt", "hidden.txt"),
        ("~$lock.docx", "lock.docx"),
        ("a\x00b\x1b[31m\u202ec.txt", "a_b_31m_c.txt"),
        ("e\u0301t\xe9.txt", "\xe9t\xe9.txt"),
        ("\xe9" * 300 + ".txt", "\xe9" * 60 + ".txt"),
        ("semi;colon|pipe`.md", "semi_colon_pipe_.md"),
    ],
)
def test_a_file_is_kept_under_a_safe_name(name: str, kept: str) -> None:
    assert safe_name(name) == kept


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../", "x", "x.exe", "x.pdf/", ".pdf", "a.pdf.exe"]
)
def test_a_name_without_a_known_ending_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="is of no format that is read; there are: PDF"):
        safe_name(name)


def test_a_file_never_takes_the_place_of_another(tmp_path: Path) -> None:
    files = AddedFiles(tmp_path)

    def put(number: int) -> str:
        with files.part() as part:
            copied(io.BytesIO(b"%d" % number), part)
            return files.put(part, "note.txt", ["NOTE-3"]).name

    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(put, range(8)))
    assert sorted(names) == sorted(["note.txt", *(f"note-{n}.txt" for n in (2, *range(4, 10)))])
    contents = {(tmp_path / "added" / name).read_bytes() for name in names}
    assert contents == {b"%d" % n for n in range(8)}
    assert not list((tmp_path / "added").glob(".*"))


def test_a_file_that_is_too_large_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(added_files, "UPLOAD_BYTES", 1_000)
    with AddedFiles(tmp_path).part() as part:
        assert copied(io.BytesIO(b"x" * 1_000), part) == hashlib.sha256(b"x" * 1_000).hexdigest()
    with pytest.raises(TooLargeError), AddedFiles(tmp_path).part() as part:
        copied(io.BytesIO(b"x" * 1_001), part)
    assert list((tmp_path / "added").iterdir()) == []


def test_the_added_documents_together_have_a_limit(tmp_path: Path) -> None:
    files = AddedFiles(tmp_path, room=1_000)

    def put(size: int) -> Path:
        with files.part() as part:
            part.write_bytes(b"x" * size)
            return files.put(part, "note.txt", ())

    first = put(600)
    with files.part() as other:  # what is on its way takes no room from others
        other.write_bytes(b"x" * 600)
        put(400)
    with pytest.raises(TooLargeError, match=r"1 MB together.*; remove some, or ask") as error:
        put(1)
    assert "\n" not in str(error.value)
    with files.part() as part:
        part.write_bytes(b"y" * 600)
        files.replace(part, first, "")
    assert first.read_bytes() == b"y" * 600
    with files.part() as part:
        part.write_bytes(b"x" * 601)
        with pytest.raises(TooLargeError):
            files.replace(part, first, "")
    files.remove(first)
    assert put(600).is_file()


def test_a_folder_that_is_none_is_told_without_its_path(tmp_path: Path) -> None:
    (tmp_path / "added").write_text("a file")
    with (
        pytest.raises(MehealthError, match="cannot be written") as error,
        AddedFiles(tmp_path).part(),
    ):
        pass
    assert str(tmp_path) not in str(error.value)


def guarded(everybody: Role = Role.READER) -> TestClient:
    async def taken(request: Request) -> Response:
        try:
            async with request.form() as form:
                size = form["file"].size  # type: ignore[union-attr]
        except TooLargeError as error:
            return PlainTextResponse(str(error), 413)
        return PlainTextResponse(f"{size} {role_of(request.scope).name}")

    app = Starlette(routes=[Route(path, taken, methods=["POST"]) for path in PATHS])
    hosts = Hosts.of("127.0.0.1", ())
    return TestClient(
        Guard(app, "", lambda _: Caller("", everybody), hosts), base_url="http://127.0.0.1"
    )


PATHS = ("/v1/documents", "/v1/ask")


def test_an_upload_may_be_larger_than_other_requests_but_not_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(guard, "UPLOAD_BYTES", 6_000_000)
    client = guarded(Role.STAFF)
    file = {"file": ("x.txt", b"x" * 5_000_000)}
    assert client.post("/v1/documents", files=file).text == "5000000 STAFF"
    assert client.post("/v1/ask", files=file).status_code == 413
    assert client.post("/v1/documents", content=b"x" * 5_000_000).status_code == 413
    more = {"file": ("x.txt", b"x" * 7_000_000)}
    assert client.post("/v1/documents", files=more).status_code == 413


def test_jobs_that_a_server_did_not_end_are_told_by_the_next_one(tmp_path: Path) -> None:
    before = Jobs(tmp_path / FILE)
    for name, deed, state in (
        ("one", "add", "waiting"),
        ("two", "add", "fetching"),
        ("three", "remove", "waiting"),
        ("four", "add", "waiting"),
    ):
        before.put(Job(name, deed, f"{name}.txt", state))
    before.change(["four"], state="done")
    before.settle()  # the server is told to end, and its ingest ends with it
    before.change(["one"], state="failed", error="ended from outside")
    for _ in range(2):  # told until an ingest has gone well
        after = Jobs(tmp_path / FILE)
        errors = {job.id: job.error for job in after.unsettled()}
        assert set(errors) == {"one", "two", "three"}
        assert all(error.startswith("Interrupted") for error in errors.values())
        assert "have it read again" in errors["one"]
        assert "add the address again" in errors["two"]
        assert "the file is removed" in errors["three"]
        assert after.get("one").state == "failed"
        assert after.running() == 0
        after.put(Job("five", "add", "five.txt"))
        after.change(["five"], state="reading")
        after.change(["five"], state="failed")
    after.resume()
    after.put(Job("six", "add", "six.txt"))
    after.change(["six"], state="done")
    assert Jobs(tmp_path / FILE).unsettled() == ()


def test_a_damaged_file_of_jobs_stops_nothing(tmp_path: Path) -> None:
    for content in (b"\xff", b"{\n[]\n", b'{"id": "x"}\n{"odd": 1}\n[1]\n"x"\n'):
        (tmp_path / FILE).write_bytes(content)
        assert Jobs(tmp_path / FILE).unsettled() == ()


def test_who_has_not_signed_in_is_a_reader_unless_told_otherwise() -> None:
    sent = {"file": ("x.txt", b"x")}
    assert guarded().post("/v1/documents", files=sent).text == "1 READER"


def test_the_page_says_who_may_add_documents() -> None:
    assert "MEHEALTH_UI_DOCUMENTS=true" in adding_markup(may=False, signed_in=False)
    assert "role of staff" in adding_markup(may=False, signed_in=True)
    assert 'type="file"' in adding_markup(may=True, signed_in=False)
