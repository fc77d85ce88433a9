"""Serves the page: opens the index, puts guard, routes and Gradio together, listens."""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import os
import socket
import sys
import threading
import tomllib
import webbrowser
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mehealth_rag.errors import UsageError
from mehealth_rag.offline import go_offline, is_hub_name
from mehealth_ui.gateway.hosts import is_network

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import ASGIApp
    from uvicorn import Server

    from mehealth_rag.assistant import Assistant
    from mehealth_rag.settings import Settings
    from mehealth_ui.desk import Desk
    from mehealth_ui.people.door import Door

LOG = logging.getLogger("mehealth.ui")
_DEFAULT_TITLE = "Ask the documents"
_DESCRIPTION = "Questions and answers over a set of documents, each answer with its quote and page"


@dataclass(frozen=True)
class Served:
    """A page that is ready to be served."""

    app: ASGIApp
    desk: Desk


def serve(settings: Settings, *, show: bool = False) -> None:
    """Serve until interrupted; `show` opens the page in the person's browser too.

    Raises:
        MehealthError: no index, a public address without a login, or the port is taken.
    """
    from mehealth_ui.people.door import door
    from mehealth_ui.serving import logs

    go_offline(is_hub_name(settings.embedding_model))
    guarded = door(settings.ui_host, settings.ui_auth)
    listening = _listen(settings.ui_host, settings.ui_port)
    with listening:
        logs.set_up(settings)
        served = build(settings, open_assistant(settings), guarded)
        server = uvicorn_server(logs.Logged(served.app), proxies(settings))
        address = _address(settings.ui_host, settings.ui_port)
        with contextlib.closing(served.desk), contextlib.suppress(KeyboardInterrupt):
            logs.announce(settings, f"The page is at {address}  (Ctrl-C stops it)")
            served.desk.begin()
            if show and _has_screen():
                threading.Timer(0.5, webbrowser.open, [address]).start()
            server.run(sockets=[listening])


def open_assistant(settings: Settings) -> Assistant:
    """The assistant over the index, which is built first if there is none of this version."""
    from mehealth_rag.assistant import Assistant
    from mehealth_rag.wiring import ingest, why_build
    from mehealth_ui.serving.logs import announce
    from mehealth_ui.telling import sentence

    if reason := why_build(settings):
        announce(settings, sentence(reason))
        ingest(settings)
    return Assistant.open(settings)


def build(settings: Settings, assistant: Assistant, guarded: Door | None = None) -> Served:
    """The whole page as an ASGI application."""
    import gradio as gr
    from fastapi import FastAPI

    from mehealth_ui.desk import Desk
    from mehealth_ui.gateway.guard import Guard
    from mehealth_ui.gateway.hosts import Hosts
    from mehealth_ui.gateway.reception import Caller, Reception
    from mehealth_ui.page.app import page
    from mehealth_ui.page.assets import STATIC, head
    from mehealth_ui.page.routes import routes
    from mehealth_ui.page.theme import theme
    from mehealth_ui.people.roles import Role
    from mehealth_ui.service.contract import VERSION
    from mehealth_ui.service.endpoints import add_service, close_service

    _check_mcp(settings)
    desk = Desk.of(settings, assistant)
    title = corpus_title(settings)
    outer = FastAPI(title=title, version=VERSION, docs_url=None, redoc_url=None)
    add_service(outer, desk)
    reception = Reception(guarded, settings, desk.audit) if guarded else None
    outer.router.routes += [*routes(desk), *(reception.routes() if reception else ())]
    close_service(outer)
    blocks = page(desk, title)
    gr.mount_gradio_app(
        outer,
        blocks,
        path="/",
        server_name=settings.ui_host,
        server_port=settings.ui_port,
        footer_links=[],
        run_history=False,
        auth=reception.check if reception else None,
        auth_message="Sign in to ask the documents.",
        favicon_path=str(STATIC / "favicon.svg"),
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=settings.ui_mcp,
        theme=theme(),
        show_error=True,
    )
    if reception:
        reception.attach(outer.router.routes[-1].app)  # type: ignore[attr-defined]
    anyone = Caller("", Role.STAFF if settings.ui_documents else Role.READER)
    who = reception.who if reception else lambda _: anyone
    hosts = Hosts.of(settings.ui_host, (settings.ui_hosts or "").split(","))
    endpoints = tuple(name.strip("/") for name in blocks.get_api_info()["named_endpoints"])
    guard = Guard(outer, head(title, _DESCRIPTION), who, hosts, desk.audit, endpoints)
    return Served(guard, desk)


def uvicorn_server(app: ASGIApp, proxies: Sequence[str] = ()) -> Server:
    """The web server around the page; it tells of problems only.

    `proxies` are addresses whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.
    """
    import uvicorn

    from mehealth_ui.limits import CONNECTIONS, ENDING_SECONDS
    from mehealth_ui.serving.connections import Finishing, Watched

    return Finishing(
        uvicorn.Config(
            app,
            http=Watched,
            ws="none",
            log_config=None,
            log_level="warning",
            access_log=False,
            limit_concurrency=CONNECTIONS,
            timeout_graceful_shutdown=round(ENDING_SECONDS),
            server_header=False,
            proxy_headers=bool(proxies),
            forwarded_allow_ips=list(proxies),
        )
    )


def proxies(settings: Settings) -> list[str]:
    """Where a proxy may ask from: this machine, and the addresses and networks in ui_hosts.

    Nowhere if the page has no other names: what a program says of itself is not believed then.
    """
    named = [name.strip() for name in (settings.ui_hosts or "").split(",") if name.strip()]
    return ["127.0.0.1", "::1", *filter(is_network, named)] if named else []


def corpus_title(settings: Settings) -> str:
    """The title that the corpus gives itself."""
    try:
        text = (settings.corpus / "sources.toml").read_text(encoding="utf-8")
        title = tomllib.loads(text).get("corpus", {}).get("title", "")
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        title = ""
    return str(title) or _DEFAULT_TITLE


def _check_mcp(settings: Settings) -> None:
    if not settings.ui_mcp:
        return
    if importlib.util.find_spec("mcp") is None:
        raise UsageError(
            "MEHEALTH_UI_MCP is on but the MCP package is missing; run: pip install 'gradio[mcp]'"
        )


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise UsageError(
            f"{host}:{port} cannot be listened on ({error.strerror}); "
            "choose another with --port or MEHEALTH_UI_PORT"
        ) from error
    return listening


def _address(host: str, port: int) -> str:
    shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - only compared
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"


def _has_screen() -> bool:
    """Whether a browser that opens a window can be expected: never a text browser."""
    if sys.platform in {"darwin", "win32"}:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
