"""Who sends a request, by name and by address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import gradio as gr
    from starlette.requests import Request

USER = "mehealth.user"
"""Where a request's scope says who is signed in, or which key was sent."""


def user_of(request: Request | gr.Request) -> str:
    """The person or key by name; empty where nobody signs in."""
    return str(_unwrapped(request).scope.get(USER) or "")


def address_of(request: Request) -> str:
    """The address that a request comes from; empty where none is known."""
    return request.client.host if request.client else ""


def visitor(request: Request | gr.Request | None) -> tuple[str, str]:
    """Who asks, and the address it comes from: the person or key by name, or the address again.

    A session is what a browser says it is: one that asks too much would only take another.
    """
    if request is None:
        return "", ""
    address = address_of(_unwrapped(request))
    return user_of(request) or address, address


def _unwrapped(request: Request | gr.Request) -> Request:
    """The web server's request: Gradio's queue wraps it, its server functions get it as it is."""
    plain: Any = getattr(request, "request", request)
    return cast("Request", plain)
