from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mehealth_rag.language.sentences import sentence_spans
from mehealth_rag.types import Span


def sentences(text: str) -> list[str]:
    return [span.of(text) for span in sentence_spans(text)]


@pytest.mark.parametrize(
    "text",
    [
        "Dr. Smith met Prof. Jones.",
        "Boats, e.g. ferries, i.e. large ones.",
        "St. Mary’s stands on the hill.",
        "It generates £1.6 billion a year.",
        "An 11.7T scanner, the first of its kind.",
        "Open from 10 a.m. to 5 p.m. daily.",
        "J. R. Smith wrote it.",
        "See no. 5 and Fig. 3 of vol. 2.",
        "It was lit c. 1871 at the pier.",
        "Acme Inc. Shares fell.",
        "It stands at www.example.org today.",
        "The end came… but not at once.",
        "“Is it?” he asked.",
        "Built by the U.S. Government.",
        "1. Bring a passport.",
        "iv. Sign the form.",
        "A. The first of two.",
        "A heading without a full stop",
    ],
)
def test_one_sentence(text: str) -> None:
    assert sentences(text) == [text]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It is so. Next one.", ["It is so.", "Next one."]),
        ("It cost £1.6 billion. Good.", ["It cost £1.6 billion.", "Good."]),
        ("What? No! Yes.", ["What?", "No!", "Yes."]),
        ("under control.The two met.", ["under control.", "The two met."]),
        ("It ends at 5 p.m. The boats leave.", ["It ends at 5 p.m.", "The boats leave."]),
        ("He left Acme Inc. The firm grew.", ["He left Acme Inc.", "The firm grew."]),
        ("“Yes.” She left.", ["“Yes.”", "She left."]),
        ("(It ended.) Then rain.", ["(It ended.)", "Then rain."]),
        ("Done.[1] Next.[2][3]", ["Done.[1]", "Next.[2][3]"]),
        ("It was so in 2021. 3 people came.", ["It was so in 2021.", "3 people came."]),
        ("He said no. They left.", ["He said no.", "They left."]),
        ("She studied art. He did not.", ["She studied art.", "He did not."]),
        ("Take vitamin C. It helps.", ["Take vitamin C.", "It helps."]),
        ("So did I. Then we left.", ["So did I.", "Then we left."]),
        (
            "See https://x.org/Terms.Current now. Go.",
            ["See https://x.org/Terms.Current now.", "Go."],
        ),
        ("  One.   Two.  ", ["One.", "Two."]),
        ("", []),
        (" \n ", []),
    ],
)
def test_borders(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_only_the_asked_part_is_divided() -> None:
    text = "Before it. One here. Two here. After it."
    area = Span(11, 30)
    assert [s.of(text) for s in sentence_spans(text, area)] == ["One here.", "Two here."]


@given(st.text(alphabet="ab AB.!?…”’)\n1", max_size=80), st.data())
def test_every_character_but_white_space_is_in_one_sentence(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    spans = sentence_spans(text, Span(start, end))
    last = start
    for span in spans:
        assert last <= span.start < span.end <= end
        assert not text[last : span.start].strip()
        assert span.of(text) == span.of(text).strip()
        last = span.end
    assert not text[last:end].strip()
