"""The routes under `/v1/documents`, which add, reread and remove documents."""

from __future__ import annotations

import asyncio
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from mehealth_rag.errors import UsageError
from mehealth_ui.documents.jobs import Job
from mehealth_ui.limits import UPLOAD_SECONDS
from mehealth_ui.messages import first_problem
from mehealth_ui.people.callers import Role, require
from mehealth_ui.service.routing import service_router

if TYPE_CHECKING:
    from mehealth_ui.desk import Desk


class AddressSent(BaseModel):
    """A document by its address."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(min_length=1, max_length=4_000)


class TextSent(BaseModel):
    """A document as text; a name without an ending is that of plain text."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=200)
    text: str = Field(min_length=1)


_FILE = {
    "type": "object",
    "required": ["file"],
    "properties": {"file": {"type": "string", "format": "binary"}},
}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {"schema": _FILE},
            "application/json": {
                "schema": {"anyOf": [AddressSent.model_json_schema(), TextSent.model_json_schema()]}
            },
        },
    }
}
"""The body of a new document in the published schema."""


def uploads(desk: Desk) -> APIRouter:
    """Return the routes over one desk; each needs the role of staff."""
    router = service_router("/v1/documents", "adding documents")

    @router.post("", status_code=202, openapi_extra=_BODY, response_model=Job)
    async def add(request: Request) -> Any:  # noqa: ANN401 - a job, or nothing if the client left
        """Add a document: a file, an address, or a name with a text. The job tells the outcome."""
        require(request.scope, Role.STAFF)
        try:
            async with asyncio.timeout(UPLOAD_SECONDS):
                return await _added(desk, request)
        except TimeoutError:
            raise UsageError(f"the file took over {UPLOAD_SECONDS:g} s to come") from None
        except ClientDisconnect:
            return Response(status_code=400)

    @router.get("/jobs/{job}")
    def job(job: str, request: Request) -> Job:
        """How far a job has come, and what came of it."""
        require(request.scope, Role.STAFF)
        return desk.additions.job(job)

    @router.post("/{document:path}/read", status_code=202)
    def read(document: str, request: Request) -> Job:
        """Have a document read again; one from an address is fetched again first."""
        require(request.scope, Role.STAFF)
        return desk.additions.read(document)

    @router.delete("/{document:path}", status_code=202)
    def remove(document: str, request: Request) -> Job:
        """Remove a document that was added here, with its file."""
        require(request.scope, Role.STAFF)
        return desk.additions.remove(document)

    return router


async def _added(desk: Desk, request: Request) -> Job:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return await _added_file(desk, request)
    sent = _parsed(await request.body())
    if isinstance(sent, AddressSent):
        return await run_in_threadpool(desk.additions.add_address, sent.url)
    name = sent.name if Path(sent.name).suffix else f"{sent.name}.txt"
    content = io.BytesIO(sent.text.encode(errors="replace"))
    return await run_in_threadpool(desk.additions.add_file, name, content)


async def _added_file(desk: Desk, request: Request) -> Job:
    try:
        async with request.form(max_files=1, max_fields=1) as form:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise UsageError("file: there is none; send one, with its name")
            return await run_in_threadpool(desk.additions.add_file, file.filename or "", file.file)
    except HTTPException as error:  # no form
        raise UsageError(f"the upload cannot be read: {error.detail}") from error


def _parsed(body: bytes) -> AddressSent | TextSent:
    """Parse a JSON body. Raises UsageError."""
    try:
        sent = json.loads(body)
        kind = AddressSent if isinstance(sent, dict) and "url" in sent else TextSent
        return kind.model_validate(sent)
    except ValidationError as error:
        where, why = first_problem(error.errors(), "the body")
        raise UsageError(f"{where}: {why}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(
            'the body is not JSON; send a file, {"url"} or {"name", "text"}'
        ) from error
