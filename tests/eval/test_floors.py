"""Floors: what is worse than a stored value is told, one line a figure."""

from __future__ import annotations

from pathlib import Path

import pytest

from mehealth_eval.figures import Figure, Group, names
from mehealth_eval.floors import load_floors, under
from mehealth_eval.sets import OWN_SET, load_set
from mehealth_rag.errors import UsageError

KNOWN = {"accuracy", "abstention.f1", "retrieval.all_documents.mrr@10"}
FLOORS = """
[dev]
accuracy = 0.7
abstention.f1 = 0.6
retrieval.all_documents."mrr@10" = 0.5
"""


def write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "floors.toml"
    file.write_text(text)
    return file


def test_dotted_names_are_read(tmp_path: Path) -> None:
    floors = load_floors(write(tmp_path, FLOORS), ["dev"], KNOWN)["dev"]
    assert floors == dict(zip(sorted(KNOWN), (0.6, 0.7, 0.5), strict=True))


def test_one_line_for_each_figure_that_is_worse() -> None:
    figures = {
        "accuracy": Figure(0.69, 10),
        "abstention.f1": Figure(0.6, 10),
        "answers.forbidden": Figure(0.03, 10, falling=True),
        "ece": Figure(None, 0),
    }
    groups = {"dev": Group("dev", "", figures)}
    floors = {"accuracy": 0.7, "abstention.f1": 0.6, "answers.forbidden": 0.02, "ece": 0.1}
    assert under({"dev": floors}, groups) == [
        "dev.accuracy is 0.69, under its floor of 0.7",
        "dev.answers.forbidden is 0.03, over its ceiling of 0.02",
        "dev.ece was not measured; its floor is 0.1",
    ]
    assert under({"dev": {"answers.forbidden": 0.03}}, groups) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[dev]\naccurracy = 0.7", "there is no figure 'accurracy'; did you mean 'accuracy'?"),
        ("[prod]\naccuracy = 0.7", "there is no group 'prod'; there are: dev"),
        ("accuracy = 0.7", "there is no group 'accuracy'; there are: dev"),
        ("[dev]\naccuracy = 'high'", "dev.accuracy is 'high'; a floor is a number"),
        ("[dev]\nabstention.f1 = true", "dev.abstention.f1 is True; a floor is a number"),
        ("[dev", "not valid TOML"),
    ],
)
def test_a_bad_file_is_one_line(tmp_path: Path, text: str, problem: str) -> None:
    file = write(tmp_path, text)
    with pytest.raises(UsageError) as caught:
        load_floors(file, ["dev"], KNOWN)
    assert str(caught.value).startswith(f"{file}: ")
    assert problem in str(caught.value)


@pytest.mark.parametrize("name", ["floors.toml", "floors-sample.toml"])
def test_our_floors_name_figures_that_there_are(name: str) -> None:
    ours = load_set(OWN_SET)
    floors = load_floors(OWN_SET.parents[1] / name, ours.groups, names(ours.items, ours.format))
    assert set(floors) == {"dev", "test"}
    assert floors["dev"]["citations.verbatim"] == 1
