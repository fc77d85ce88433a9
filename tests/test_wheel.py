"""The wheel, built and installed beside nothing of the checkout: it answers from its own corpus."""

from __future__ import annotations

import importlib.util
import json
import os
import socket
import subprocess
import sys
import sysconfig
import time
import zipfile
from pathlib import Path

import httpx
import pytest

from tests.conftest import clean_environment

pytestmark = [
    pytest.mark.slow,
    pytest.mark.full,
    pytest.mark.skipif(
        importlib.util.find_spec("hatchling") is None,
        reason="hatchling, which builds the wheel, is not installed: run make install",
    ),
]
ROOT = Path(__file__).resolve().parents[1]
QUESTION = "How many medical schools are there?"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "-d", str(folder)]
    subprocess.run(build, check=True, cwd=ROOT, capture_output=True, timeout=600)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the commands of a fresh environment: the wheel, and the packages of this one.

    Those are found through a path file, which leaves out what this environment has by path files
    of its own: the checkout.
    """
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, timeout=600)
    schemes = sysconfig.get_paths(vars={"base": str(folder), "platbase": str(folder)})
    packages = [path for path in sys.path if path.endswith("site-packages")]
    Path(schemes["purelib"], "others.pth").write_text("\n".join(packages), encoding="utf-8")
    pip = [str(Path(schemes["scripts"], "python")), "-m", "pip", "install", "--no-index"]
    subprocess.run([*pip, "--no-deps", "--quiet", str(wheel)], check=True, timeout=600)
    return Path(schemes["scripts"])


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    made = clean_environment(tmp_path_factory.mktemp("home"))
    return {name: value for name, value in made.items() if name != "PYTHONPATH"}


def test_the_prospectus_and_nothing_of_the_checkout_travels(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "mehealth_rag/prospectus/sources.toml",
        "mehealth_rag/prospectus/prospectus.pdf",
        "mehealth_ui/page/parts/facts.html",
        "mehealth_ui/page/static/page.js",
    } <= names
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {
        "mehealth_eval",
        "mehealth_rag",
        "mehealth_ui",
    }


def test_it_answers_outside_a_checkout(
    installed: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(installed / "mehealth"), *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=600,
        )

    answered = run("ask", QUESTION, "--json")
    assert answered.returncode == 0, answered.stderr
    assert "Seven" in json.loads(answered.stdout)["answer"]
    listed = run("sources").stdout.splitlines()
    assert listed[0].startswith("corpus: ")
    assert listed[0].endswith("/mehealth_rag/prospectus (came with the program)")
    refused = run("fetch")
    assert refused.returncode == 2
    assert "copy it to the folder corpus/" in refused.stderr
    own = tmp_path / "corpus"
    own.mkdir()
    (own / "notes.txt").write_text("The ferry costs £12.\n", encoding="utf-8")
    assert run("sources").stdout.splitlines()[0] == "corpus: corpus"


def test_the_page_answers_outside_a_checkout(
    installed: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    started = [str(installed / "mehealth"), "ui", "--no-open", "--port", str(port)]
    log = tmp_path / "log"
    with (
        log.open("wb") as out,
        subprocess.Popen(
            started, cwd=tmp_path, env=environment | {"BROWSER": "none"}, stdout=out, stderr=out
        ) as process,
    ):
        try:
            until = time.monotonic() + 600
            while not _ready(address):
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < until, log.read_text()
                time.sleep(0.5)
            assert "Midlands Engine Health" in httpx.get(address, timeout=60).text
            asked = httpx.post(f"{address}/v1/ask", json={"question": QUESTION}, timeout=60)
            assert "Seven" in asked.json()["answer"]
        finally:
            process.terminate()
        assert process.wait(90) == 0


def _ready(address: str) -> bool:
    try:
        return httpx.get(f"{address}/readyz", timeout=60).is_success
    except httpx.TransportError:
        return False


def test_nothing_else_is_imported(installed: Path, environment: dict[str, str]) -> None:
    code = "import mehealth_rag, mehealth_ui; print(mehealth_rag.__file__, mehealth_ui.__file__)"
    done = subprocess.run(
        [str(installed / "python"), "-c", code],
        cwd=os.sep,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=60,
    )
    assert str(ROOT) not in done.stdout
