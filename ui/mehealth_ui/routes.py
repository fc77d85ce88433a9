"""What the page fetches beside Gradio's own: pictures of pages, documents, its own few files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from mehealth_rag.errors import MehealthError
from mehealth_rag.types import SourceState
from mehealth_ui.assets import FILES, STATIC
from mehealth_ui.limits import PICTURE_WIDTHS

if TYPE_CHECKING:
    from mehealth_ui.desk import Desk

_KEEP = {"cache-control": "private, max-age=86400"}
_FRESH = {"cache-control": "no-cache"}


def routes(desk: Desk) -> list[Route]:
    """The routes over one desk."""

    async def picture(request: Request) -> Response:
        document, page = request.path_params["document"], request.path_params["page"]
        width = request.query_params.get("width", str(PICTURE_WIDTHS[1]))
        if not width.isdecimal() or len(width) > 5:
            return PlainTextResponse("the width is not a number", 400)
        try:
            png = await run_in_threadpool(desk.pictures.picture, document, page, int(width))
        except MehealthError:
            return PlainTextResponse("there is no such page", 404)
        return Response(png, media_type="image/png", headers=_KEEP)

    async def document(request: Request) -> Response:
        path = _file(desk, request.path_params["document"])
        if path is None:
            return PlainTextResponse("there is no such document", 404)
        pdf = path.suffix.lower() == ".pdf"
        # Anything but a PDF goes out as text: a document's own markup never runs here.
        kind = "application/pdf" if pdf else "text/plain; charset=utf-8"
        return FileResponse(path, media_type=kind, headers=_FRESH)

    async def static(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in FILES:
            return PlainTextResponse("there is no such file", 404)
        return FileResponse(STATIC / name, media_type=FILES[name], headers=_FRESH)

    return [
        Route("/page/{document:str}/{page:int}.png", picture),
        Route("/document/{document:str}", document),
        Route("/ui/{name:str}", static),
    ]


def _file(desk: Desk, document: str) -> Path | None:
    """The file of an indexed document; the id is looked up, never made into a path."""
    status = desk.catalogue.get(document)
    if status is None or status.state is not SourceState.INDEXED:
        return None
    path = status.source.path
    return path if path is not None and path.is_file() else None
