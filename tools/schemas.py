"""The published JSON Schemas: `python -m tools.schemas` writes them anew into docs/schema/."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mehealth_ui.service.contract import AnswerSent, VerdictSent

if TYPE_CHECKING:
    from pydantic import BaseModel

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "schema"
PUBLISHED: dict[str, type[BaseModel]] = {"answer": AnswerSent, "verdict": VerdictSent}
_OF_THE_SERVICE = frozenset({"version", "reader"})
"""Keys that the service adds; what the command line prints is valid without them."""

_ALWAYS = "schema"
"""Has a default in the model, and is in every value all the same."""


def schema(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema of what the service and the command line give."""
    made = model.model_json_schema(mode="serialization")
    required = [name for name in made["required"] if name not in _OF_THE_SERVICE | {_ALWAYS, "id"}]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **made,
        "required": [_ALWAYS, *required],
    }


def text(name: str) -> str:
    """The file of a published schema."""
    return json.dumps(schema(PUBLISHED[name]), indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write all of them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in PUBLISHED:
        (FOLDER / f"{name}.json").write_text(text(name), encoding="utf-8")


if __name__ == "__main__":
    main()
