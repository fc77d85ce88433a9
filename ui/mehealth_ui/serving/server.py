"""Opens the index, puts guard, service, routes and Gradio together, and listens."""

from __future__ import annotations

import contextlib
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
    """The application and the desk behind it."""

    app: ASGIApp
    desk: Desk


def serve(settings: Settings, *, show: bool = False) -> None:
    """Serve until interrupted, building the index first if needed; `show` opens a browser.

    Raises MehealthError: no index, a public address without a login, or the port is taken.
    """
    from mehealth_ui.people.door import door
    from mehealth_ui.serving import logs

    go_offline(is_hub_name(settings.embedding_model))
    login = door(settings.ui_host, settings.ui_auth)
    with _listen(settings.ui_host, settings.ui_port) as listening:
        logs.set_up(settings)
        served = build(settings, open_assistant(settings), login)
        server = uvicorn_server(logs.Logged(served.app), proxies(settings))
        address = _address(settings.ui_host, settings.ui_port)
        with contextlib.closing(served.desk), contextlib.suppress(KeyboardInterrupt):
            logs.announce(settings, f"The page is at {address}  (Ctrl-C stops it)")
            served.desk.begin()
            if show and _has_screen():
                threading.Timer(0.5, webbrowser.open, [address]).start()
            server.run(sockets=[listening])


def open_assistant(settings: Settings) -> Assistant:
    """Open the index, building it first if there is none of this version."""
    from mehealth_rag.assistant import Assistant
    from mehealth_rag.wiring import ingest, why_build
    from mehealth_ui.error_text import sentence
    from mehealth_ui.serving.logs import announce

    if reason := why_build(settings):
        announce(settings, sentence(reason))
        ingest(settings)
    return Assistant.open(settings)


def build(settings: Settings, assistant: Assistant, login: Door | None = None) -> Served:
    """Return the page and the service as one ASGI application."""
    import gradio as gr
    from fastapi import FastAPI

    from mehealth_ui.desk import Desk
    from mehealth_ui.gateway.guard import Guard
    from mehealth_ui.gateway.hosts import Hosts
    from mehealth_ui.gateway.reception import Reception
    from mehealth_ui.page.app import page
    from mehealth_ui.page.assets import STATIC, head
    from mehealth_ui.page.routes import routes
    from mehealth_ui.page.theme import theme
    from mehealth_ui.people.callers import Caller, Role
    from mehealth_ui.service.contract import VERSION
    from mehealth_ui.service.endpoints import add_service, close_service

    desk = Desk.of(settings, assistant)
    title = corpus_title(settings)
    outer = FastAPI(title=title, version=VERSION, docs_url=None, redoc_url=None)
    add_service(outer, desk)
    reception = Reception(login, settings, desk.audit) if login else None
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
    hosts = Hosts.of(settings.ui_host, _names(settings))
    endpoints = tuple(name.strip("/") for name in blocks.get_api_info()["named_endpoints"])
    guard = Guard(outer, head(title, _DESCRIPTION), who, hosts, desk.audit, endpoints)
    return Served(guard, desk)


def uvicorn_server(app: ASGIApp, proxies: Sequence[str] = ()) -> Server:
    """Return the web server; it logs problems only, and believes `X-Forwarded-*` of `proxies`."""
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
    """Return the addresses of proxies: this machine, and the addresses and networks in ui_hosts.

    There are none if ui_hosts is empty; then no client is believed about its address.
    """
    names = _names(settings)
    return ["127.0.0.1", "::1", *filter(is_network, names)] if names else []


def _names(settings: Settings) -> list[str]:
    return [name.strip() for name in (settings.ui_hosts or "").split(",") if name.strip()]


def corpus_title(settings: Settings) -> str:
    """Return the title in the corpus's manifest, or a default."""
    try:
        text = (settings.corpus / "sources.toml").read_text(encoding="utf-8")
        title = tomllib.loads(text).get("corpus", {}).get("title", "")
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        title = ""
    return str(title) or _DEFAULT_TITLE


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
    name = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - only compared
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def _has_screen() -> bool:
    """Tell whether a browser can open a window; a text browser must not start."""
    if sys.platform in {"darwin", "win32"}:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
