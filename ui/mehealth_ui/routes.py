"""What the page fetches beside Gradio's own: pictures of pages, documents, its own few files."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from mehealth_rag.errors import ReadingError, UsageError
from mehealth_ui.assets import FILES, STATIC
from mehealth_ui.limits import PICTURE_WIDTHS
from mehealth_ui.pictures import grey_page
from mehealth_ui.telling import told

if TYPE_CHECKING:
    from mehealth_ui.desk import Desk

LOG = logging.getLogger("mehealth.ui")
_KEEP = {"cache-control": "private, max-age=86400"}
_NEVER = {"cache-control": "no-store"}
_FRESH = {"cache-control": "no-cache"}


def routes(desk: Desk) -> list[Route]:
    """The routes over one desk."""

    async def picture(request: Request) -> Response:
        document, page = request.path_params["document"], request.path_params["page"]
        width = request.query_params.get("width", str(PICTURE_WIDTHS[1]))
        if not width.isdecimal() or len(width) > 5:
            return PlainTextResponse("the width is not a number", 400)
        try:
            drawn = await run_in_threadpool(desk.pictures.picture, document, page, int(width))
            png = await asyncio.shield(asyncio.wrap_future(drawn))  # others may wait for it too
        except UsageError:
            return PlainTextResponse("there is no such page", 404)
        except ReadingError as error:
            LOG.warning("no picture of page %d of %s: %s", page, document, error)
            shown = grey_page(told(error, *desk.folders))
            return Response(shown, 503, _NEVER, "image/svg+xml")
        return Response(png, media_type="image/png", headers=_KEEP)

    async def document(request: Request) -> Response:
        try:
            path = await run_in_threadpool(desk.originals.path, request.path_params["document"])
        except UsageError:
            return PlainTextResponse("there is no such document", 404)
        except ReadingError as error:
            return PlainTextResponse(told(error, *desk.folders), 409, _NEVER)
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
