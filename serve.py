"""The app behind security headers: `streamlit run serve.py`.

The policy lets a page ask nothing but this server, so a picture hidden in a product title stays unfetched.
"""

import asyncio
import contextlib
import gc
import importlib
import os
import sys
import threading
import zoneinfo  # noqa: F401 - looks for the zones of this machine once; of two threads at once, one may find none
from collections.abc import AsyncIterator

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import ui  # noqa: F401 - what it says about the folder "pages" must stand before the first page is asked for
from ecops.capability import capabilities

POLICY = "; ".join(
    (
        "default-src 'self'",
        # Streamlit and Plotly compile templates at run time and style inline.
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' blob: data:",
        "worker-src 'self' blob:",
        "frame-ancestors 'self'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
    )
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=()"),
)


prepared = threading.Event()
"""Set when every module is imported. Two threads that import modules of one package from different ends wait for each
other, and Python ends that with an error for one of them; so no page runs while `prepare` imports."""


class SecurityHeaders:
    """Adds the headers to every HTTP answer; web sockets wait until pages can be drawn."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            if scope["type"] == "websocket" and not prepared.is_set():
                await asyncio.to_thread(prepared.wait)
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                ours = {name for name, _ in HEADERS}
                theirs = [pair for pair in message.get("headers", ()) if pair[0].lower() not in ours]
                message = {**message, "headers": [*theirs, *HEADERS]}
            await send(message)

        await self.app(scope, receive, send_with_headers)


WANTED = (
    "ecops.store.workspace",
    "ecops.review.collecting",
    "sample_data.loading",
    "ui.overview.overview",
    "ui.parts.findings",
    "ui.state.settings",
    "duckdb",
    "pandas",
    "plotly.graph_objects",
    "sqlalchemy.dialects.sqlite",
    "sqlglot.dialects.duckdb",
    "pyarrow.pandas_compat",
    "babel.messages.pofile",
    "sqlite3",
    "streamlit.emojis",
    "streamlit.material_icon_names",
)
"""What the first page needs beside the modules that the capabilities name, as far as it is not imported with it."""


def wanted() -> list[str]:
    """Every module to be imported before anybody asks."""
    return [*WANTED, *(name for guest in capabilities().values() for name in guest.modules)]


def prepare() -> None:
    """Import what the first page needs while nobody has asked for it yet; a page that comes meanwhile waits.

    Streamlit collects garbage after every run of a page; what is imported here never is, so it is not looked at.
    """
    gc.disable()
    try:
        try:
            for name in wanted():
                importlib.import_module(name)
        finally:
            prepared.set()
        warm_up()
        gc.freeze()
    finally:
        gc.enable()


def warm_up() -> None:
    """Do once what takes much longer the first time: read catalogues, parse."""
    from PIL import Image
    from streamlit.env_util import is_repl

    from ecops.locale import LANGUAGES, catalogue
    from ecops.store.data import names_in

    for language in LANGUAGES:
        catalogue(language)
    names_in("select 1 as parsed from order_lines")
    Image.preinit()
    is_repl()  # the first page asks it, and the first time it looks at every module


@contextlib.asynccontextmanager
async def visiting(_app: st.App) -> AsyncIterator[None]:
    """While the server lives it opens its pages before people do, see `ui.visits`; not with ECOPS_VISITS=0."""
    from streamlit.runtime import Runtime

    async def visit() -> None:
        await asyncio.to_thread(prepared.wait)
        from ui import visits

        await visits.keep(Runtime.instance())

    task = asyncio.create_task(visit()) if os.environ.get("ECOPS_VISITS") != "0" else None
    yield
    if task is not None:
        task.cancel()


async def ready(_request: Request) -> PlainTextResponse:
    """Whether every page has been opened once: 200, and 503 with how far it is before. For who starts the server."""
    visits = sys.modules.get("ui.visits")
    if visits is not None and visits.progress.ready:
        return PlainTextResponse("ready")
    return PlainTextResponse(f"{visits.progress.done} of {visits.progress.all}" if visits else "starting", 503)


threading.Thread(target=prepare, name="prepare", daemon=True).start()
app = st.App("app.py", lifespan=visiting, routes=[Route("/ready", ready)], middleware=[Middleware(SecurityHeaders)])
