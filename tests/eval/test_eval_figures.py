"""The figures over a group of records, by hand."""

from __future__ import annotations

from dataclasses import replace

from eval_helpers import answered, item, quoted, record, silent

from mehealth_eval.figures import Figure, Group, names, summarise
from mehealth_eval.records import Outcome, Ranking, Record, Reply
from mehealth_eval.sets import Format, Item, Judged

HEIGHT = quoted("is 42 metres tall")
BAD_QUOTE = quoted("A yacht pays 3 pounds.", "fees", 1)


def group(*records: Record, form: Format = Format.OWN) -> Group:
    return summarise("dev", "development half", records, form)


def holds(found: Group, prefix: str, **expected: tuple[float | None, int]) -> bool:
    """Whether the figures under a prefix have these values, rounded, over so many cases."""
    told = {name: found.figures[f"{prefix}{name}"] for name in expected}
    values = {n: (f.value and round(f.value, 4), f.n) for n, f in told.items()}
    assert values == expected
    return True


def test_accuracy_by_kind_with_its_interval() -> None:
    found = group(
        record(item("a"), answered("42 metres", HEIGHT)),
        record(item("b"), silent()),
        record(item("c", kind="near-miss", answerable=False), silent()),
        record(item("d", kind="follow-up", history=(("Which?", "That."),)), answered("No idea")),
    )
    assert holds(found, "", accuracy=(0.5, 4), accuracy_answerable=(0.3333, 3))
    assert holds(found, "", accuracy_unanswerable=(1, 1), follow_ups=(0, 1))
    assert holds(found, "kinds.", figure=(0.5, 2))
    whole = found.figures["accuracy"]
    assert (whole.hits, round(whole.low or 0, 3), round(whole.high or 0, 3)) == (2, 0.15, 0.85)


def test_abstention() -> None:
    due = [item(key, answerable=False) for key in "abc"]
    found = group(
        *(record(asked, silent()) for asked in due[:2]),
        record(due[2], answered("42 metres")),
        record(item("d"), silent()),
        record(item("e"), Reply(Outcome.MISSING)),
    )
    assert holds(found, "abstention.", precision=(0.6667, 3), recall=(0.6667, 3), f1=(0.6667, 5))
    assert holds(found, "", failures=(0.2, 5))
    never_due = group(record(item(), answered("42 metres")))
    assert holds(never_due, "abstention.", f1=(None, 1))
    never_given = group(record(item(answerable=False), answered("42 metres")))
    assert holds(never_given, "abstention.", f1=(0, 1), precision=(None, 0))


def test_citations() -> None:
    found = group(
        record(item("a"), answered("42 metres", HEIGHT, BAD_QUOTE)),
        record(item("b"), answered("42 metres", BAD_QUOTE)),
        record(item("c", answerable=False), answered("42 metres", HEIGHT)),
        record(item("d", facts=(("a.org/x",),)), answered("a.org/x", HEIGHT)),
    )
    assert holds(found, "citations.", page_hit=(0.6667, 3), precision=(0.5, 4), recall=(0.5, 2))
    assert holds(found, "citations.", verbatim=(0.6, 5), statements_cited=(1, 4))


def test_answers_given_and_their_conflicts() -> None:
    found = group(
        record(item("a", forbidden=("1871",)), answered("42 metres in 1871", conflicts=1)),
        record(item("b", conflict=True), answered("42 metres " * 50)),
        record(item("c", conflict=True), answered("42 metres", conflicts=1)),
        record(item("d"), silent()),
    )
    assert holds(found, "answers.", given=(0.75, 4), right=(0.3333, 3))
    assert holds(found, "answers.", forbidden=(0.3333, 3), too_long=(0.3333, 3))
    assert found.figures["answers.forbidden"].falling
    assert holds(found, "conflicts.", told=(0.5, 2), false=(1, 1))


def test_confidence_counts_answers_given_and_abstentions_apart() -> None:
    found = group(
        record(item("a"), answered("42 metres", confidence=0.9)),
        record(item("b"), answered("no", confidence=0.6)),
        record(item("c"), silent(confidence=0.7)),
        record(item("d"), answered("42 metres", confidence=None)),
    )
    assert holds(found, "confidence.", brier=(0.185, 2), ece=(0.35, 2))
    assert holds(found, "confidence.", aurc=(0.25, 2), aurc_excess=(0, 2))
    assert holds(found, "confidence.abstentions.", brier=(0.49, 1))
    assert [p.coverage for p in found.risk_coverage] == [0.25, 0.5]


def test_latency_percentiles() -> None:
    times = [record(item(str(n)), answered("x", milliseconds=float(n))) for n in range(1, 102)]
    found = group(*times, record(item("none"), answered("x", milliseconds=None)))
    assert holds(found, "latency.", p50=(51, 101), p90=(91, 101), p95=(96, 101), p99=(100, 101))


def test_words_of_squad_style_sets() -> None:
    def squad(key: str, **changes: object) -> Item:
        return item(key, group="all", cut=True, max_words=60, **changes)

    found = group(
        record(squad("a"), answered("42 metres", HEIGHT)),
        record(squad("b"), answered("Tall.", HEIGHT)),
        record(squad("c"), silent(nearest=(HEIGHT,))),
        record(squad("d", answerable=False), answered("42 metres")),
        record(squad("e", facts=(), needed=0, judged=Judged.PAGE), answered("Tall.", HEIGHT)),
        form=Format.SQUAD,
    )
    assert holds(found, "words.", answer=(0.3333, 3), answer_given=(0.5, 2))
    assert holds(found, "words.", first_statement=(0.3333, 3), first_sentence=(1, 3))
    assert holds(found, "", accuracy=(0.4, 5))


def test_retrieval_in_all_documents_and_in_its_own() -> None:
    reply = answered("42 metres")
    first = replace(record(item("a"), reply), ranking=Ranking((("guide", 2),), (("guide", 2),)))
    places = (("fees", 1), ("fees", 2), ("guide", 2))
    second = replace(record(item("b"), reply), ranking=Ranking(places, (("guide", 1),)))
    found = group(first, second, record(item("c", answerable=False), reply))
    every = {"success@1": (0.5, 2), "success@3": (1, 2), "mrr@10": (0.6667, 2)}
    assert holds(found, "retrieval.all_documents.", **every)
    assert holds(found, "retrieval.own_document.", **{"recall@10": (0.5, 2)})
    assert holds(found, "retrieval.", document_first=(0.5, 2))


def test_nothing_measured_is_no_nought_and_names_are_known_before_the_work() -> None:
    assert group().figures["accuracy"] == Figure(None, 0)
    assert group().figures["latency.p50"].value is None
    asked = [item("a"), item("b", kind="near-miss", answerable=False)]
    found = group(*(record(i, silent()) for i in asked))
    assert names(asked, Format.OWN) == set(found.figures)
