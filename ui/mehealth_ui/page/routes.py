"""The page's routes beside Gradio's: pictures of pages, documents, static files."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from mehealth_rag.errors import ReadingError, UsageError
from mehealth_ui.documents.pictures import grey_page
from mehealth_ui.error_text import visible_text
from mehealth_ui.limits import PICTURE_WIDTHS
from mehealth_ui.page.assets import FILES, STATIC

if TYPE_CHECKING:
    from mehealth_ui.desk import Desk
    from mehealth_ui.documents.editions import Edition

LOG = logging.getLogger("mehealth.ui")
_KEEP = {"cache-control": "private, max-age=86400"}
_NEVER = {"cache-control": "no-store"}
_FRESH = {"cache-control": "no-cache"}
_CHANGED = "The document has changed since this was told of it; ask again."


def _is_same(desk: Desk, edition: Edition, request: Request) -> bool:
    """Tell whether a document is still the same file as in the index version `v`."""
    version = request.query_params.get("v", "")
    document = request.path_params["document"]
    return not version or desk.editions.same_file(document, version, edition)


async def _picture(desk: Desk, request: Request) -> Response:
    document, page = request.path_params["document"], request.path_params["page"]
    width = request.query_params.get("width", str(PICTURE_WIDTHS[1]))
    if not width.isdecimal() or len(width) > 5:
        return PlainTextResponse("the width is not a number", 400)
    edition = await run_in_threadpool(lambda: desk.edition)
    if not _is_same(desk, edition, request):
        return Response(grey_page(_CHANGED), 409, _NEVER, "image/svg+xml")
    try:
        picture = await run_in_threadpool(edition.pictures.picture, document, page, int(width))
        png = await asyncio.shield(asyncio.wrap_future(picture))  # others may wait for it too
    except UsageError:
        return PlainTextResponse("there is no such page", 404)
    except ReadingError as error:
        LOG.warning("no picture of page %d of %s: %s", page, document, error)
        return Response(grey_page(visible_text(error, *desk.folders)), 503, _NEVER, "image/svg+xml")
    return Response(png, media_type="image/png", headers=_KEEP)


async def _document(desk: Desk, request: Request) -> Response:
    edition = await run_in_threadpool(lambda: desk.edition)
    if not _is_same(desk, edition, request):
        return PlainTextResponse(_CHANGED, 409, _NEVER)
    try:
        path = await run_in_threadpool(edition.originals.path, request.path_params["document"])
    except UsageError:
        return PlainTextResponse("there is no such document", 404)
    except ReadingError as error:
        return PlainTextResponse(visible_text(error, *desk.folders), 409, _NEVER)
    pdf = path.suffix.lower() == ".pdf"
    # All but PDFs are sent as text, so that a document's markup never runs here.
    kind = "application/pdf" if pdf else "text/plain; charset=utf-8"
    return FileResponse(path, media_type=kind, headers=_FRESH)


async def _static(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in FILES:
        return PlainTextResponse("there is no such file", 404)
    return FileResponse(STATIC / name, media_type=FILES[name], headers=_FRESH)


def routes(desk: Desk) -> list[Route]:
    """Return the routes over one desk."""
    return [  # ids contain slashes if files in two folders have the same name
        Route("/page/{document:path}/{page:int}.png", partial(_picture, desk)),
        Route("/document/{document:path}", partial(_document, desk)),
        Route("/ui/{name:str}", _static),
    ]
