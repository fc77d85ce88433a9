"""Settings: which source wins, what is refused and how, and that all of them are documented."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from mehealth_rag.errors import UsageError
from mehealth_rag.settings import SETTINGS_FILE, Settings, default_index

TABLE = Path(__file__).resolve().parent.parent / "docs" / "settings.md"


def load(folder: Path, file: str = "", flags: dict[str, Any] | None = None, **env: str) -> Settings:
    if file:
        (folder / SETTINGS_FILE).write_text(file, encoding="utf-8")
    return Settings.load(flags, env, folder)


@pytest.mark.parametrize(
    ("env", "file", "flag", "expected"),
    [
        (None, None, None, "corpus"),
        ("e", None, None, "e"),
        ("e", "f", None, "f"),
        ("e", "f", "g", "g"),
        ("e", None, "g", "g"),
        (None, "f", "g", "g"),
        ("", None, None, "corpus"),
    ],
)
def test_the_later_source_wins(
    tmp_path: Path, env: str | None, file: str | None, flag: str | None, expected: str
) -> None:
    made = load(
        tmp_path,
        f'corpus = "{file}"' if file else "",
        {"corpus": flag},
        **({} if env is None else {"MEHEALTH_CORPUS": env}),
    )
    assert made.corpus == Path(expected)


def test_sources_are_merged_key_by_key(tmp_path: Path) -> None:
    made = load(tmp_path, "ui_port = 8000", {"corpus": Path("docs")}, MEHEALTH_UI_HOST="::1")
    assert (made.ui_port, made.ui_host, made.corpus) == (8000, "::1", Path("docs"))


def test_other_variables_do_not_count(tmp_path: Path) -> None:
    assert load(tmp_path, CORPUS="x", HOME="y", mehealth_corpus="z") == load(tmp_path)


def test_settings_cannot_be_changed(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load(tmp_path).corpus = Path("other")  # type: ignore[misc]


def test_each_corpus_has_an_index_of_its_own(tmp_path: Path) -> None:
    one = load(tmp_path, flags={"corpus": tmp_path / "one"})
    other = load(tmp_path, flags={"corpus": tmp_path / "deep" / "one"})
    assert one.index == default_index(tmp_path / "one")
    assert one.index != other.index
    assert one.index.name.startswith("one-")
    assert load(tmp_path, MEHEALTH_INDEX="mine").index == Path("mine")


@pytest.mark.parametrize(
    ("file", "env", "message"),
    [
        (
            "",
            {"MEHEALTH_CORPSE": "x"},
            "the environment variable MEHEALTH_CORPSE is not a setting; "
            "did you mean MEHEALTH_CORPUS?",
        ),
        ("corpuss = 'x'", {}, "the key 'corpuss' in {file} is not a setting; did you mean corpus?"),
        ("[ui]\nport = 1", {}, "the key 'ui' in {file} is not a setting; did you mean ui_"),
        (
            "",
            {"MEHEALTH_UI_PORT": "many"},
            "the environment variable MEHEALTH_UI_PORT is 'many': input should be a valid integer",
        ),
        ("ui_port = 70000", {}, "the key 'ui_port' in {file} is 70000: input should be less than"),
        ("corpus = 5", {}, "the key 'corpus' in {file} is 5: input is not a valid path"),
        ("corpus = ", {}, "{file}: not valid TOML ("),
        (
            "",
            {"MEHEALTH_FETCH_CONTACT": "a\nb"},
            "the environment variable MEHEALTH_FETCH_CONTACT is 'a\\nb': ",
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    tmp_path: Path, file: str, env: dict[str, str], message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        load(tmp_path, file, **env)
    line = str(caught.value)
    assert line.startswith(message.format(file=tmp_path / SETTINGS_FILE))
    assert "\n" not in line


def test_a_wrong_flag_is_named_as_a_flag(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"the option --engine is 'magic': input should be '"):
        load(tmp_path, flags={"engine": "magic"}, MEHEALTH_ENGINE="extractive")


def test_a_wrong_value_that_a_later_source_replaces_does_no_harm(tmp_path: Path) -> None:
    assert load(tmp_path, "ui_port = 8000", MEHEALTH_UI_PORT="many").ui_port == 8000


def documented() -> dict[str, tuple[str, str]]:
    """Key to environment variable and default, as the table of docs/settings.md has them."""
    rows = re.findall(
        r"^\| `(\w+)` \| `(MEHEALTH_\w+)` \| [^|]+ \| ([^|]+) \|", TABLE.read_text(), re.MULTILINE
    )
    return {key: (variable, default.strip()) for key, variable, default in rows}


def test_every_setting_is_documented_and_no_other() -> None:
    assert {k: v for k, (v, _) in documented().items()} == {
        key: f"MEHEALTH_{key.upper()}" for key in Settings.model_fields
    }


@pytest.mark.parametrize("key", [k for k in Settings.model_fields if k != "index"])
def test_defaults_are_documented(key: str) -> None:
    default = Settings.model_fields[key].default
    shown = (
        "none" if default is None else f"`{str(default).lower() if default is False else default}`"
    )
    assert documented()[key][1] == shown
