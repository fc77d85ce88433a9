"""`mehealth check`: one verdict for people and for programs."""

from __future__ import annotations

from cli_helpers import VERDICT, assert_shape, assert_verdict, the_json

from tests.conftest import Library, Run

TICKET = "A return ticket costs £12."
DEARER = "A return ticket costs £21."

PART = {"claim": str, "verdict": str, "explanation": str, "evidence": list, "confidence": float}


def test_a_verdict_as_json_is_what_the_contract_says(library: Library, mehealth: Run) -> None:
    verdict = the_json(mehealth("check", DEARER, "--json", *library.options))
    assert_verdict(verdict)
    assert (verdict["claim"], verdict["verdict"]) == (DEARER, "contradicted")
    first = verdict["evidence"][0]
    assert (first["document"], first["page"], first["quote"]) == ("guide", 1, TICKET)


def test_several_sentences_have_parts(library: Library, mehealth: Run) -> None:
    claim = f"{TICKET} A yacht pays £3 a year."
    verdict = the_json(mehealth("check", claim, "--json", *library.options))
    assert_verdict(verdict, VERDICT | {"parts": list})
    assert verdict["verdict"] == "contradicted"
    for part in verdict["parts"]:
        assert_shape(part, PART)
    assert [p["verdict"] for p in verdict["parts"]] == ["supported", "contradicted"]


def test_a_verdict_for_people_is_plain_in_a_pipe(library: Library, mehealth: Run) -> None:
    done = mehealth("check", DEARER, *library.options)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "Contradicted: The documents say £12, not £21 (page 1 of “A guide to the harbour”).",
        f"  [1] “{TICKET}”",
        "      guide, p. 1",
    ]


def test_each_sentence_is_shown_with_its_verdict(library: Library, mehealth: Run) -> None:
    done = mehealth("check", f"{TICKET} Bananas are yellow.", *library.options)
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"“{TICKET}” Supported: ")
    assert lines[1] == "“Bananas are yellow.” Not found: The documents do not say."
    assert lines[2] == "All together: Not found: The documents do not say."


def test_a_document_filter_keeps_the_others_out(library: Library, mehealth: Run) -> None:
    done = mehealth("check", TICKET, "--document", "fees", "--json", *library.options)
    verdict = the_json(done)
    assert verdict["verdict"] != "supported"
    assert {c["document"] for c in verdict["evidence"]} <= {"fees"}
