"""No package that the program runs with binds it to the GPL or AGPL; the list of them is valid."""

from __future__ import annotations

import json
import re

import pytest

from tools.licences import Package, bill, runtime_packages

STRONG = re.compile(r"\bA?GPL|(?<!Lesser )General Public License|Affero", re.IGNORECASE)
EXCEPTIONS = {
    "docutils": "public domain and BSD; its one GPL file, a mode for Emacs, is in no wheel",
}
"""Packages that name the GPL and are taken all the same, and why."""


def bound(licence: str) -> bool:
    """Whether each licence that may be chosen binds to the GPL or the AGPL."""
    return all(STRONG.search(choice) for choice in licence.split(" OR "))


@pytest.mark.parametrize(
    ("licence", "expected"),
    [
        ("MIT AND GPL-3.0-only", True),
        ("GNU General Public License v3 (GPLv3)", True),
        ("AGPL-3.0-or-later", True),
        ("GNU Affero General Public License v3", True),
        ("MPL-1.1 OR GPL-2.0-only OR LGPL-2.1-or-later", False),
        ("GNU Library or Lesser General Public License (LGPL)", False),
        ("LGPL-3.0-or-later", False),
        ("Mozilla Public License 2.0 (MPL 2.0)", False),
    ],
)
def test_what_binds(licence: str, expected: bool) -> None:
    assert bound(licence) is expected


def test_no_package_is_under_the_gpl_or_agpl() -> None:
    packages = runtime_packages()
    named = {one.name for one in packages}
    assert {"torch", "gradio", "uvicorn", "starlette", "anyio", "openai"} <= named
    assert not named & {"pytest", "ruff", "mypy", "hypothesis"}
    assert {one.name: one.licence for one in packages if not one.licence} == {}
    found = {one.name: one.licence for one in packages if bound(one.licence)}
    assert found.keys() == EXCEPTIONS.keys(), found


def test_the_list_is_valid_cyclonedx() -> None:
    pytest.importorskip("cyclonedx", reason="cyclonedx-python-lib is missing: run make install")
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    packages = (
        Package("alpha", "1.0", "MIT"),
        Package("beta", "2.0", "Some licence, as its author calls it"),
        *runtime_packages(),
    )
    text = bill(packages)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    listed = {part["name"]: part for part in json.loads(text)["components"]}
    assert listed.keys() == {one.name for one in packages}
    assert listed["alpha"]["licenses"] == [{"license": {"id": "MIT"}}]
    assert listed["alpha"]["purl"] == "pkg:pypi/alpha@1.0"
