"""Contacts by their form, and where a run of them is divided."""

from __future__ import annotations

import time

import pytest

from mehealth_rag.language.contact_forms import ContactKind, contact_kinds, contact_spans, entries
from mehealth_rag.types import Span


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("write to ann.lee@northby.example.", ContactKind.EMAIL),
        ("Priya Lund, 01632 960 274, mornings only", ContactKind.PHONE),
        ("(555) 014-2290", ContactKind.PHONE),
        ("+44 (0)20 7946 0000", ContactKind.PHONE),
        ("telephone 555 0142", ContactKind.PHONE),
        ("Ring 999 now", ContactKind.PHONE),
        ("West Bridgford, NG2 6BJ", ContactKind.POST),
        ("The Old Cellar, 4 Tanner’s Row, Otterby", ContactKind.POST),
        ("Springfield, IL 62701", ContactKind.POST),
        ("use www.northby.example/repairs", ContactKind.WEB),
        ("Order page: order.northby.example; ask Jean", ContactKind.WEB),
        ("from 2019-2024", None),
        ("on 05.10.2024", None),
        ("1,200,000 people, 12 345 678 in all", None),
        ("a call for 25 projects in 2019", None),
        ("the line carried 410 people", None),
        ("It costs £01 632 960.", None),
        ("ISBN 0-19-852663-6", None),
        ("e.g. this, i.e. that", None),
    ],
)
def test_a_contact_is_recognised_by_its_form(text: str, kind: ContactKind | None) -> None:
    assert contact_kinds(text) == ({kind} if kind else set())


@pytest.mark.parametrize(
    "parts",
    [
        ["Accounts: Priya Lund, 01632 960 274, mornings only", "Claims: Jo Ray, jo@x.org"],
        ["Ann Lee E-mail: ann@x.org Tel: 01632 960 274"],
        ["Give at www.x.org/give To help, write to Jo Ray: jo@x.org"],
        ["The rule is old Note: it still holds"],
    ],
)
def test_a_run_of_contacts_is_divided_at_its_labels(parts: list[str]) -> None:
    text = " ".join(parts)
    assert [span.of(text) for span in entries(text, Span(0, len(text)))] == parts


@pytest.mark.parametrize("piece", ["a", "1", "a.", "a-", "a@"])
def test_a_long_run_without_a_blank_costs_no_time(piece: str) -> None:
    text = f"{piece * 20_000} or write to office@gannetbay.example"
    began = time.process_time()
    assert [span.of(text) for _, span in contact_spans(text)] == ["office@gannetbay.example"]
    assert time.process_time() - began < 0.5
