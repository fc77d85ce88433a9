"""Floors: values that figures must not fall below.

A TOML file has a table for each group of questions, with dotted names:

    [dev]
    accuracy = 0.70
    abstention.f1 = 0.60

Where less is better (latency, forbidden forms, calibration error), the value is a ceiling.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from rapidfuzz import process

from mehealth_eval.figures import Figure, Group
from mehealth_rag.errors import UsageError

Floors = dict[str, dict[str, float]]
"""For each group, the floor of each guarded figure."""


def load_floors(path: Path, groups: Collection[str], names: Collection[str]) -> Floors:
    """Read a floors file.

    Raises:
        UsageError: it cannot be read, or names an unknown group or figure.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be read ({error.strerror}); check --fail-under"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: not valid TOML ({error}); mend it") from error
    floors: Floors = {}
    for group, inside in table.items():
        if group not in groups or not isinstance(inside, dict):
            known = ", ".join(groups)
            raise UsageError(f"{path}: there is no group '{group}'; there are: {known}")
        dotted = _dotted(path, group, inside)
        floors[group] = {name.removeprefix(f"{group}."): floor for name, floor in dotted}
        for name in floors[group]:
            if name not in names:
                raise UsageError(f"{path}: there is no figure '{name}'; {_nearest(name, names)}")
    return floors


def under(floors: Floors, groups: Mapping[str, Group]) -> list[str]:
    """A message for each figure that is worse than its floor."""
    return [
        f"{group}.{name} {fault}"
        for group, by_name in floors.items()
        for name, floor in by_name.items()
        if (fault := _fault(groups[group].figures.get(name), floor))
    ]


def _fault(figure: Figure | None, floor: float) -> str:
    if figure is None or figure.value is None:
        return f"was not measured; its floor is {floor:g}"
    if figure.falling and figure.value > floor:
        return f"is {figure.value:.4g}, over its ceiling of {floor:g}"
    if not figure.falling and figure.value < floor:
        return f"is {figure.value:.4g}, under its floor of {floor:g}"
    return ""


def _dotted(path: Path, prefix: str, table: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """Yield the dotted names of a table, after a prefix, with their floors."""
    for key, value in table.items():
        name = f"{prefix}.{key}"
        if isinstance(value, dict):
            yield from _dotted(path, name, value)
        elif isinstance(value, bool) or not isinstance(value, int | float):
            raise UsageError(f"{path}: {name} is {value!r}; a floor is a number")
        else:
            yield name, float(value)


def _nearest(name: str, names: Collection[str]) -> str:
    match = process.extractOne(name, sorted(names))
    return f"did you mean '{match[0]}'?" if match else "docs/evaluation.md lists them"
