"""How fast the page is on this machine: `python -m mehealth_ui.bench [--corpus DIR] [--index DIR]`.

Starts a server of its own on a free port and prints a table: first paint, a warm question and a
page picture in a real browser; visitors who all ask at once for a minute; memory.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from rich.console import Console
from rich.table import Table

from mehealth_rag.settings import Settings

if TYPE_CHECKING:
    from playwright.sync_api import Page

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")
_QUESTIONS = (
    "How much does MedTech generate for the UK economy?",
    "What is the National Rehabilitation Centre?",
    "How many life sciences businesses are there?",
    "Who is the chairman?",
    "What is the share price of a bakery?",
    "How many people work in the sector?",
)
_SHOWN = """n => new Promise(done => {
  const start = performance.now();
  const look = () => document.querySelectorAll('.turn .tools').length > n
    ? requestAnimationFrame(() => done(performance.now() - start)) : requestAnimationFrame(look);
  document.querySelector('#ask').click();
  look();
})"""
_PICTURE = """() => new Promise(done => {
  const old = document.querySelector('#pane .sheet');
  const start = performance.now();
  const look = () => {
    const sheet = document.querySelector('#pane .sheet');
    const image = sheet && sheet !== old && sheet.querySelector('img');
    return image && image.complete && image.naturalWidth
      ? requestAnimationFrame(() => done(performance.now() - start)) : requestAnimationFrame(look);
  };
  document.querySelector('#pane [data-act=leaf]:not(:disabled)').click();
  look();
})"""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    what: str
    measured: str
    wanted: str


@contextmanager
def server(corpus: Path, index: Path) -> Iterator[tuple[str, int]]:
    """A server of its own, ready; its address and process id."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    named = {
        "MEHEALTH_CORPUS": str(corpus),
        "MEHEALTH_INDEX": str(index),
        "MEHEALTH_UI_PORT": str(port),
        "MEHEALTH_UI_QUESTIONS_PER_MINUTE": "1000000",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "mehealth_ui"],
        env={**os.environ, **named},
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(address, process)
        yield address, process.pid
    finally:
        process.terminate()
        process.wait(20)


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        try:
            httpx.get(address, timeout=5)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the server did not start; try: python -m mehealth_ui")


def in_browser(address: str, repeats: int) -> list[Row]:
    """First paint, a warm question, a page picture."""
    path = next((found for name in _BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        return [Row("in a browser", "no Chromium on this machine", "")]
    from playwright.sync_api import sync_playwright

    paints, usable = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_ARGUMENTS))
        for _ in range(5):
            page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
            start = time.perf_counter()
            page.goto(address)
            page.wait_for_selector("body.ready")
            usable.append((time.perf_counter() - start) * 1000)
            paints.append(_first_paint(page))
            page.context.close()
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.goto(address)
        page.wait_for_selector("body.ready")
        asked = [_ask(page, _QUESTIONS[n % len(_QUESTIONS)]) for n in range(repeats + 3)][3:]
        drawn = _leaf(page, repeats)
        browser.close()
    return [
        Row("first paint", _of(paints), "2,000 ms"),
        Row("ready for a question", _of(usable), "2,000 ms"),
        Row("warm question, shown complete", _of(asked), "250 ms at the median"),
        Row("page picture", _of(drawn), "150 ms"),
    ]


def _first_paint(page: Page) -> float:
    entry = "performance.getEntriesByName('first-contentful-paint')[0]"
    return float(page.evaluate(f"({entry} || {{startTime: 0}}).startTime"))


def _ask(page: Page, question: str) -> float:
    page.click("[data-act=new]")
    page.fill("#question textarea", question)
    return float(page.evaluate(_SHOWN, 0))


def _leaf(page: Page, repeats: int) -> list[float]:
    page.locator("[data-act=read]").first.click()
    page.wait_for_selector("#pane .sheet img")
    return [float(page.evaluate(_PICTURE)) for _ in range(repeats)]


async def crowd(address: str, visitors: int, seconds: float) -> tuple[list[float], int]:
    """So many visitors, each asking again as soon as answered: milliseconds, and failures."""
    until = time.monotonic() + seconds
    took: list[float] = []
    failed = 0

    async def visitor(number: int, client: httpx.AsyncClient) -> None:
        nonlocal failed
        asked = number
        while time.monotonic() < until:
            start = time.perf_counter()
            if await _call(client, _QUESTIONS[asked % len(_QUESTIONS)]):
                took.append((time.perf_counter() - start) * 1000)
            else:
                failed += 1
            asked += 1

    limits = httpx.Limits(max_connections=visitors * 2)
    async with httpx.AsyncClient(base_url=address, timeout=60, limits=limits) as client:
        await asyncio.gather(*(visitor(n, client) for n in range(visitors)))
    return took, failed


async def _call(client: httpx.AsyncClient, question: str) -> bool:
    try:
        joined = await client.post("/gradio_api/call/ask", json={"data": [question, None, None]})
        event = joined.json()["event_id"]
        answered = await client.get(f"/gradio_api/call/ask/{event}")
    except (httpx.HTTPError, KeyError, ValueError):
        return False
    return "event: complete" in answered.text


def resident(pid: int) -> float:
    """Megabytes that a process holds; 0 where the system does not tell."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return next((int(x.split()[1]) / 1024 for x in lines if x.startswith("VmRSS")), 0.0)


def under_load(address: str, pid: int, visitors: int, seconds: float) -> list[Row]:
    """The crowd, then memory over 2,000 questions."""
    asyncio.run(crowd(address, 4, 10))  # warm
    took, failed = asyncio.run(crowd(address, visitors, seconds))
    name = f"{visitors} visitors at once for {seconds:.0f} s"
    rows = [
        Row(name, f"{len(took)} answered, {failed} failed", "none fails"),
        Row("… waiting", _of(took), "95th percentile under 3,000 ms"),
    ]
    held = [resident(pid)]
    asked = 0
    while asked < 2_000:
        more, _ = asyncio.run(crowd(address, 4, 10))
        asked += max(1, len(more))
        held.append(resident(pid))
    shown = f"{held[0]:.0f} MB before, {held[-1]:.0f} MB after, {max(held):.0f} MB at most"
    return [*rows, Row(f"memory over {asked:,} questions", shown, "flat")]


def _of(values: Sequence[float]) -> str:
    if not values:
        return "none"
    last = sorted(values)[min(len(values) - 1, round(0.95 * len(values)))]
    return f"median {statistics.median(values):,.0f} ms, 95th percentile {last:,.0f} ms"


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m mehealth_ui.bench", description=__doc__)
    parser.add_argument("--corpus", type=Path, help="folder with the documents")
    parser.add_argument("--index", type=Path, help="folder of the index")
    parser.add_argument("--visitors", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument("--browser-only", action="store_true")
    given = parser.parse_args()
    settings = Settings.load({"corpus": given.corpus, "index": given.index})
    with server(settings.corpus.resolve(), settings.index.resolve()) as (address, pid):
        time.sleep(10)  # the suggested questions are tried out first
        rows = in_browser(address, given.repeats)
        if not given.browser_only:
            rows += under_load(address, pid, given.visitors, given.seconds)
    table = Table("what", "measured", "wanted")
    for row in rows:
        table.add_row(row.what, row.measured, row.wanted)
    Console().print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
