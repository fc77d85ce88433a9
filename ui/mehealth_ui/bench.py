"""Measures the speed of the page: `python -m mehealth_ui.bench [--corpus DIR] [--index DIR]`.

Starts a server on a free port and prints a table: first paint, a warm question and a picture of a
page in a real browser; visitors who all ask at once for a minute; memory.
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
from itertools import count, cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from rich.console import Console
from rich.table import Table

from mehealth_rag.settings import Settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

Row = tuple[str, str, str]
"""What was measured, the measurement, and the aim."""

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")
_PAINT = "(performance.getEntriesByName('first-contentful-paint')[0] || {startTime: 0}).startTime"
_QUESTIONS = (
    "How much does MedTech generate for the UK economy?",
    "What is the National Rehabilitation Centre?",
    "How many life sciences businesses are there?",
    "Who is the chairman?",
    "What is the share price of a bakery?",
    "How many people work in the sector?",
)
_ANSWER = """() => new Promise(done => {
  const start = performance.now();
  const look = () => document.querySelectorAll('.turn .tools').length
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


@contextmanager
def server(corpus: Path, index: Path) -> Iterator[tuple[str, int]]:
    """Start a server; yield its address and process id."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "MEHEALTH_CORPUS": str(corpus),
        "MEHEALTH_INDEX": str(index),
        "MEHEALTH_UI_PORT": str(port),
        "MEHEALTH_UI_QUESTIONS_PER_MINUTE": "1000000",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "mehealth_ui"],
        env={**os.environ, **settings},
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
    """Measure first paint, a warm question and a picture of a page."""
    path = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if path is None:
        return [("in a browser", "no Chromium on this machine", "")]
    from playwright.sync_api import sync_playwright

    paints, ready = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_ARGUMENTS))
        for _ in range(5):
            start = time.perf_counter()
            page = _opened(browser, address)
            ready.append((time.perf_counter() - start) * 1000)
            paints.append(float(page.evaluate(_PAINT)))
            page.context.close()
        page = _opened(browser, address)
        answers = [_ask(page, question) for question in islice(cycle(_QUESTIONS), repeats + 3)]
        page.locator("[data-act=read]").first.click()
        page.wait_for_selector("#pane .sheet img")
        pictures = [float(page.evaluate(_PICTURE)) for _ in range(repeats)]
        browser.close()
    return [
        ("first paint", _summary(paints), "2,000 ms"),
        ("ready for a question", _summary(ready), "2,000 ms"),
        ("warm question, shown complete", _summary(answers[3:]), "250 ms at the median"),
        ("page picture", _summary(pictures), "150 ms"),
    ]


def _opened(browser: Browser, address: str) -> Page:
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(address)
    page.wait_for_selector("body.ready")
    return page


def _ask(page: Page, question: str) -> float:
    page.click("[data-act=new]")
    page.fill("#question textarea", question)
    return float(page.evaluate(_ANSWER))


async def crowd(address: str, visitors: int, seconds: float) -> tuple[list[float], int]:
    """Let visitors ask again and again; return the milliseconds of answers, and the failures."""
    until = time.monotonic() + seconds
    times: list[float] = []
    failed = 0

    async def visitor(number: int, client: httpx.AsyncClient) -> None:
        nonlocal failed
        for asked in count(number):
            if time.monotonic() >= until:
                return
            start = time.perf_counter()
            if await _call(client, _QUESTIONS[asked % len(_QUESTIONS)]):
                times.append((time.perf_counter() - start) * 1000)
            else:
                failed += 1

    limits = httpx.Limits(max_connections=visitors * 2)
    async with httpx.AsyncClient(base_url=address, timeout=60, limits=limits) as client:
        await asyncio.gather(*(visitor(n, client) for n in range(visitors)))
    return times, failed


async def _call(client: httpx.AsyncClient, question: str) -> bool:
    try:
        joined = await client.post("/gradio_api/call/ask", json={"data": [question, None, None]})
        event = joined.json()["event_id"]
        answered = await client.get(f"/gradio_api/call/ask/{event}")
    except (httpx.HTTPError, KeyError, ValueError):
        return False
    return "event: complete" in answered.text


def resident(pid: int) -> float:
    """Return the megabytes that a process holds; 0 if the system does not tell."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return next((int(x.split()[1]) / 1024 for x in lines if x.startswith("VmRSS")), 0.0)


def under_load(address: str, pid: int, visitors: int, seconds: float) -> list[Row]:
    """Measure a crowd, then memory over 2,000 questions."""
    asyncio.run(crowd(address, 4, 10))  # warm up
    times, failed = asyncio.run(crowd(address, visitors, seconds))
    memory = [resident(pid)]
    asked = 0
    while asked < 2_000:
        more, _ = asyncio.run(crowd(address, 4, 10))
        asked += max(1, len(more))
        memory.append(resident(pid))
    change = f"{memory[0]:.0f} MB before, {memory[-1]:.0f} MB after, {max(memory):.0f} MB at most"
    return [
        (
            f"{visitors} visitors at once for {seconds:.0f} s",
            f"{len(times)} answered, {failed} failed",
            "none fails",
        ),
        ("… waiting", _summary(times), "95th percentile under 3,000 ms"),
        (f"memory over {asked:,} questions", change, "flat"),
    ]


def _summary(values: Sequence[float]) -> str:
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
    arguments = parser.parse_args()
    settings = Settings.load({"corpus": arguments.corpus, "index": arguments.index})
    with server(settings.corpus.resolve(), settings.index.resolve()) as (address, pid):
        time.sleep(10)  # until the suggested questions are found
        rows = in_browser(address, arguments.repeats)
        if not arguments.browser_only:
            rows += under_load(address, pid, arguments.visitors, arguments.seconds)
    table = Table("what", "measured", "wanted")
    for row in rows:
        table.add_row(*row)
    Console().print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
