"""The switches that keep libraries off the network; test_network.py watches that they do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mehealth_rag.offline import go_offline, is_hub_name


def test_the_hub_is_forbidden_unless_a_setting_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setenv("TRANSFORMERS_OFFLINE", "0")
    monkeypatch.setenv("DO_NOT_TRACK", "kept")
    monkeypatch.delenv("ANONYMIZED_TELEMETRY", raising=False)
    go_offline(hub=True)
    assert os.environ["HF_HUB_OFFLINE"] == "0"
    assert os.environ["DO_NOT_TRACK"] == "kept"
    assert os.environ["ANONYMIZED_TELEMETRY"] == "False"
    go_offline()
    assert os.environ["HF_HUB_OFFLINE"] == os.environ["TRANSFORMERS_OFFLINE"] == "1"


def test_what_a_hub_name_looks_like(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_hub_name("sentence-transformers/all-mpnet-base-v2")
    assert not is_hub_name(str(tmp_path))
    assert not is_hub_name("./model")
    assert not is_hub_name("/models/mine")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "owner" / "model").mkdir(parents=True)
    assert not is_hub_name("owner/model")
