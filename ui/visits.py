"""The server opens its own pages before people do, so that the first reader finds everything worked out and drawn.

It goes the way of a reader: a session of its own opens page after page, the weekly review first, since the whole
company opens that one together. So whatever a page needs is known afterwards, and no list of it has to be kept. A load
makes figures anew; the pages of that shop are opened again as soon as no further file follows.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import streamlit as st

from ecops.errors import EcopsError
from ui import navigation
from ui.parts.text import _
from ui.state import scope, workspaces

if TYPE_CHECKING:
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
    from streamlit.runtime import Runtime

FIRST = "weekly_review"
ASIDE = ("data", "settings", "glossary")
"""Pages that work nothing out."""

PARTS = ("overview", "weekly_review", "funnel")
"""Pages that are opened for each platform as well: their figures are other ones then."""

LANGUAGES = ("zh", "en")
MOST_SHOPS = 3
"""Shops whose pages are opened, the ones loaded last; the memory of a server holds about as many."""

LONGEST = 120.0
"""Seconds after which a page is left."""

PAUSE = 5.0
"""Seconds between two looks whether a shop has new data."""

QUIET, PATIENCE = 4.0, 10.0
"""People go first: seconds without anybody opening a page before the next visit, and how long it waits at most."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One page, as a reader asks for it.

    Attributes:
        page: stem of its script.
        choices: what stands in the address.
    """

    page: str
    choices: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Progress:
    """How far the first round is: `done` of `all` visits, both 0 before it begins; `ready` once it is over.

    `person` is when a person was last seen to open a page, on the clock of `time.monotonic`.
    """

    done: int = 0
    all: int = 0
    ready: bool = False
    person: float = -math.inf


progress = Progress()
"""Of this server."""


class _Reader:
    """A browser that nobody sits before: all it knows is when a page is drawn to its end."""

    client_context = None

    def __init__(self) -> None:
        self.drawn = asyncio.Event()

    def write_forward_msg(self, told: ForwardMsg) -> None:
        """Take a message; called on the event loop."""
        if told.WhichOneof("type") == "script_finished" and told.script_finished == told.FINISHED_SUCCESSFULLY:
            self.drawn.set()


def planned(shops: Mapping[str, Sequence[str]]) -> list[Visit]:
    """The visits to shops, what most people ask for first: every page, every page in the other language, each platform.

    Args:
        shops: folder -> the platforms that a reader may choose there.
    """
    pages = sorted((page for page in navigation.pages() if page not in ASIDE), key=lambda page: page != FIRST)
    whole = [
        Visit(page, (("ws", shop), ("lang", language)))
        for language, shop, page in itertools.product(LANGUAGES, shops, pages)
    ]
    parts = [
        Visit(page, (("ws", shop), ("lang", language), ("platform", platform)))
        for shop, platforms in shops.items()
        for platform, language, page in itertools.product(platforms, LANGUAGES, PARTS)
        if page in pages
    ]
    return [*whole, *parts]


async def keep(runtime: Runtime) -> None:
    """Open every page once, then again where data has changed, for as long as the server lives."""
    known: dict[str, str] = {}
    while True:
        newest = await asyncio.to_thread(_versions)
        stale = [name for name, version in newest.items() if known.get(name) != version]
        if stale and progress.ready:
            await asyncio.sleep(PAUSE)
            if newest != await asyncio.to_thread(_versions):
                continue  # somebody is loading file after file
        visits = planned({name: await asyncio.to_thread(_platforms, name) for name in stale})
        known = newest
        if not progress.ready:
            progress.all = len(visits)
        for visit in visits:
            await _quiet()
            await open_page(runtime, visit)
            progress.done += not progress.ready
        progress.ready = True
        await asyncio.sleep(PAUSE)


async def _quiet() -> None:
    latest = time.monotonic() + PATIENCE
    while time.monotonic() < min(latest, progress.person + QUIET):
        await asyncio.sleep(QUIET / 8)


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Say above a page that is being drawn how far the first round is; nothing once it is over."""
    if st.context.headers:  # a visit of the server itself has none
        progress.person = time.monotonic()
    if progress.ready or not progress.all:
        yield
        return
    note = st.empty()
    note.caption(
        _(
            "The server has just started and opens every page once: {done} of {all} so far. "
            "A page comes as soon as its figures are worked out.",
            done=progress.done,
            all=progress.all,
        )
    )
    try:
        yield
    finally:
        note.empty()


async def open_page(runtime: Runtime, visit: Visit) -> bool:
    """Open one page as a reader of a new session and leave again; whether it was drawn to its end.

    Args:
        runtime: of the server, whose event loop this runs on.
        visit: the page.
    """
    from streamlit.proto.BackMsg_pb2 import BackMsg

    reader, asked = _Reader(), BackMsg()
    asked.rerun_script.page_name = visit.page
    asked.rerun_script.query_string = urlencode(visit.choices)
    session = runtime.connect_session(client=reader, user_info={})
    try:
        runtime.handle_backmsg(session, asked)
        async with asyncio.timeout(LONGEST):
            await reader.drawn.wait()
    except TimeoutError:
        return False
    finally:
        runtime.close_session(session)
    return True


def _versions() -> dict[str, str]:
    """The shops whose pages are opened and the versions of their data, the one loaded last first."""
    found = []
    for name in workspaces.names():
        with contextlib.suppress(EcopsError):  # it says so to whoever opens it
            shop = workspaces.known(name)
            if shop is not None and scope.last_day(shop) is not None:
                found.append(shop)
    found.sort(key=lambda shop: (shop.folder / "data").stat().st_mtime, reverse=True)
    return {shop.folder.name: shop.version for shop in found[:MOST_SHOPS]}


def _platforms(name: str) -> list[str]:
    shop = workspaces.known(name)
    values = scope.dimension_values(shop.data())["platform"] if shop is not None else []
    return values if len(values) > 1 else []
