"""Encodings: declared, undeclared, declared wrongly."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from mehealth_rag.errors import ReadingError
from mehealth_rag.reading.encoding import decode
from mehealth_rag.reading.html import decode_html
from mehealth_rag.types import Fault
from tests.reading.reading_helpers import read

HERE = Path("made.txt")

RUSSIAN = "Правила читального зала\n\nЧитальный зал открыт с девяти тридцати. Билет сорок."
CHINESE = "阅览室规则\n\n阅览室每天上午九点半开放，下午六点关闭。门票四十元。\n"
JAPANESE = "閲覧室の規則\n\n閲覧室は午前九時三十分から午後六時まで開いています。券は四百円です。\n"


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1251", RUSSIAN),
        ("koi8-r", RUSSIAN),
        ("cp866", RUSSIAN),
        ("utf-16-le", RUSSIAN),
        ("gb18030", CHINESE),
        ("big5", "博物館每天九點至六點開放。票價四十元。"),
        ("shift_jis", JAPANESE),
        ("euc-jp", JAPANESE),
        ("iso2022-jp", JAPANESE),
        ("utf-16-le", JAPANESE),
        ("utf-16-be", JAPANESE),
        ("euc-kr", "박물관은 매일 아홉 시부터 여섯 시까지 열려 있습니다"),
        ("euc-jp", "会長は田中花子です。会費は年額五千円です。"),
        ("cp1251", "Билет стоит 450 рублей."),
        ("euc-kr", "보트 대여 규칙. 보트 대여 요금은 시간당 450원입니다. 보증금은 2000원입니다."),
        ("iso8859-5", RUSSIAN),
        ("mac-cyrillic", RUSSIAN),
        ("mac-roman", "Crème caramel: £3"),
        ("cp1250", "Czytelnia jest czynna od dziewiątej do osiemnastej. Wstęp pięć złotych."),
        ("cp1253", "Το μουσείο είναι ανοιχτό από τις εννέα έως τις έξι κάθε μέρα"),
        ("cp1255", "המוזיאון פתוח מתשע עד שש בכל יום"),
        ("cp1256", "قاعة القراءة مفتوحة من التاسعة حتى السادسة. سعر التذكرة أربعون ريالا."),
        ("mac-roman", "Café Zoë is open till 6 – “nice”."),
        ("cp1252", "Der Eintritt kostet für Erwachsene 5 €. Schöne Grüße aus Köln."),
        ("cp1252", "The café costs £3 – “cheap” – they said."),
        ("cp1252", "It’s £4"),
    ],
)  # fmt: skip
def test_an_undeclared_encoding_is_guessed_and_reported(
    tmp_path: Path, encoding: str, text: str
) -> None:
    path = tmp_path / "rules.txt"
    path.write_bytes(text.encode(encoding))
    page = read(path).pages[0]
    assert page.text.split() == text.split()
    assert page.fault is Fault.ENCODING
    assert str(page.problem).startswith("its encoding is not told, and was guessed: ")


YACHT = "A yacht pays £300 – a café less."


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        *((encoding, RUSSIAN) for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32")),
        *((encoding, YACHT) for encoding in ("utf-16-le", "utf-16-be")),  # each other byte is zero
    ],
)
def test_a_certain_encoding_gives_no_note(encoding: str, text: str) -> None:
    decoded = decode(HERE, text.encode(encoding))
    assert (decoded.text, decoded.note) == (text, None)


def test_one_broken_letter_does_not_make_mojibake_of_a_file() -> None:
    content = (RUSSIAN * 3).encode() + b"\xd0."
    decoded = decode(HERE, content)
    assert decoded.text.startswith(RUSSIAN)
    assert decoded.note == "1 of its characters cannot be read (broken UTF-8)"


NOISE = random.Random(1).randbytes(5_000)


@pytest.mark.parametrize("content", [b"\x7fELF\0\0\0", b"\0" * 100, NOISE])
def test_bytes_without_letters_are_no_text(content: bytes) -> None:
    with pytest.raises(ReadingError, match="not a text file"):
        decode(HERE, content + b"\0")


def test_markdown_and_web_pages_are_guessed_too(tmp_path: Path) -> None:
    body = RUSSIAN.replace("\n\n", "</h1><p>")
    for name, text in (("a.md", RUSSIAN), ("a.html", f"<html><body><h1>{body}</p></body></html>")):
        path = tmp_path / name
        path.write_bytes(text.encode("cp1251"))
        page = read(path).pages[0]
        assert page.text.split() == RUSSIAN.split()
        assert page.problem == "its encoding is not told, and was guessed: Windows-1251"


@pytest.mark.parametrize(
    ("head", "encoding", "text", "guessed"),
    [
        ('<meta charset="iso-8859-2">', "iso-8859-2", "Łódź", False),
        ('<meta http-equiv="Content-Type" content="text/html; charset=windows-1250">', "cp1250",
         "Łódź", False),
        ('<meta charset="iso-2022-jp">', "iso2022-jp", JAPANESE, False),
        ("", "utf-8", "Łódź", False),
        ("", "utf-16", "Łódź", False),
        # Browsers take this declaration for Windows-1252.
        ('<meta charset="iso-8859-1">', "cp1252", "“Quoted” – €5", False),
        # A declaration that is wrong or unknown is not believed.
        ('<meta charset="utf-8">', "cp1251", RUSSIAN, True),
        ('<meta charset="klingon">', "cp1252", "£12 a café", True),
    ],
)  # fmt: skip
def test_the_encoding_of_a_web_page(head: str, encoding: str, text: str, guessed: bool) -> None:
    page = f"<html><head>{head}</head><body><p>{text}</p></body></html>"
    decoded = decode_html(HERE, page.encode(encoding))
    assert decoded.text.removeprefix("\ufeff") == page
    assert (decoded.note is not None) is guessed


@pytest.mark.parametrize(
    ("declared", "encoding", "words"),
    [
        (None, "cp1252", "A café costs £3.20 – “cheap”."),
        (None, "koi8-r", RUSSIAN),
        ("us-ascii", "utf-8", "A café costs £3.20."),
        ("iso-8859-1", "cp1252", "A café costs €3.20."),
        ("iso-2022-jp", "iso2022-jp", JAPANESE),
        ("x-nobody-knows", "cp1251", RUSSIAN),
    ],
)
def test_an_e_mail_is_read_whatever_encoding_it_declares(
    tmp_path: Path, declared: str | None, encoding: str, words: str
) -> None:
    kind = f"Content-Type: text/plain; charset={declared}\n" if declared else ""
    path = tmp_path / "letter.eml"
    head = f"Subject: Café\n{kind}Content-Transfer-Encoding: 8bit\n\n".encode()
    path.write_bytes(head + words.encode(encoding))
    page = read(path).pages[0]
    assert page.text.split() == ["Café", *words.split()]
    assert (page.fault is Fault.ENCODING) is (declared in (None, "x-nobody-knows"))
