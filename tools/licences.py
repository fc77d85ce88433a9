"""The packages that the program runs with, and their licences, as a CycloneDX list.

    python -m tools.licences bom.json

Needs `cyclonedx-python-lib` (the dev extra) to write the list.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement

if TYPE_CHECKING:
    from collections.abc import Iterator

OURS = "mehealth-rag"
RUNTIME = ("ui", "llm", "postgres")
"""Extras that people run the program with; the others are for making it."""

_NAME = re.compile("[-_.]+")
_PREFIX = "License :: OSI Approved :: "
_LONGEST = 80
"""Characters of a licence's name; in some packages its whole text stands in that place."""


@dataclass(frozen=True, slots=True)
class Package:
    """A package, and what it says of its licence; `licence` is empty where it says nothing."""

    name: str
    version: str
    licence: str


def runtime_packages() -> tuple[Package, ...]:
    """All packages that ours needs with the extras in RUNTIME, and those that these need, by name.

    A package that is not installed is left out: then its platform is another, or its extra.
    Raises PackageNotFoundError if ours is not installed.
    """
    found: dict[str, Package] = {}
    waiting = [(OURS, frozenset(RUNTIME))]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        asked = waiting.pop()
        if asked in seen:
            continue
        seen.add(asked)
        name, extras = asked
        try:
            dist = distribution(name)
        except PackageNotFoundError:
            if name == OURS:
                raise
            continue
        found[name] = Package(name, dist.version, licence_of(dist))
        waiting += _required(dist, extras)
    del found[OURS]
    return tuple(found[name] for name in sorted(found))


def _required(dist: Distribution, extras: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    """Name and extras of each package that a package needs on this platform, with some extras."""
    for line in dist.requires or ():
        required = Requirement(line)
        asked = [{"extra": extra} for extra in ("", *extras)]
        if required.marker is None or any(map(required.marker.evaluate, asked)):
            yield _NAME.sub("-", required.name).lower(), frozenset(required.extras)


def licence_of(dist: Distribution) -> str:
    """The licence that a package declares: its expression, else its classifiers, else its text."""
    about = dist.metadata
    (expression, *_) = about.get_all("License-Expression") or [""]
    (stated, *_) = about.get_all("License") or [""]
    classified = [
        c.removeprefix(_PREFIX) for c in about.get_all("Classifier") or () if _PREFIX in c
    ]
    return expression or " AND ".join(classified) or stated.strip().split("\n")[0][:_LONGEST]


def bill(packages: tuple[Package, ...]) -> str:
    """The packages as a CycloneDX list in JSON; the same packages give the same list."""
    from cyclonedx.contrib.license.factories import LicenseFactory
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.output.json import JsonV1Dot6
    from packageurl import PackageURL

    make = LicenseFactory()
    bom = Bom(
        components=(
            Component(
                type=ComponentType.LIBRARY,
                name=one.name,
                version=one.version,
                bom_ref=f"{one.name}=={one.version}",
                purl=PackageURL("pypi", None, one.name, one.version),
                licenses=[make.make_from_string(one.licence)] if one.licence else [],
            )
            for one in packages
        )
    )
    return str(JsonV1Dot6(bom).output_as_string(indent=2))


def main() -> None:
    """Write the list to the file that is named, or to standard output."""
    text = bill(runtime_packages()) + "\n"
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
