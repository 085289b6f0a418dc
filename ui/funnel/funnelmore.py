"""The subjects behind the steps: tables and pictures laid out; numbers come from `ecops.funnel.leaks`."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from ecops.funnel.leaks import carts as unpaid
from ecops.funnel.leaks import content as pieces
from ecops.funnel.leaks import journeys as paths
from ecops.funnel.leaks import launches, pages, pictures, sources
from ecops.funnel.leaks import payments as failed
from ecops.funnel.leaks import searches as words
from ecops.funnel.leaks import service as contacts
from ecops.funnel.spec import known_steps
from ecops.messages import Message
from ui.funnel.funnel import Asked
from ui.parts import charts, empty, tables
from ui.parts.tables import Shape
from ui.parts.text import _, joined, look, say
from ui.state import workspaces
from ui.state.scope import Scope, value_label


def _missing(sentence: Message, table: str) -> None:
    """Which file would fill the place."""
    empty.show(sentence, (table,), key=f"empty_{table}")


def _interval() -> dict[str, Shape]:
    return {"low": Shape(_("Low"), "percent"), "high": Shape(_("High"), "percent")}


def searches(scope: Scope, asked: Asked) -> None:
    """Words searched for: the frequent ones, and those that find nothing."""
    rows = workspaces.answer(words.search_words, scope.period, where=scope.where)
    if rows.empty:
        _missing(Message("There is no list of search words for these days."), "search_words")
        return
    shapes = {
        "word": Shape(_("Word")),
        "searches": Shape(_("Searches"), "count"),
        "empty_share": Shape(_("Without result"), "percent"),
        "wanted": Shape(_("To act on"), "flag", _("Most searches found nothing, and there were at least thirty.")),
        "conversion": Shape(_("Paid of those who searched"), "percent"),
        **_interval(),
        "pay_amount": Shape(_("Money"), "money"),
    }
    shown = rows.sort_values(["wanted", "searches"], ascending=False, kind="stable")[list(shapes)]
    tables.show(shown, "funnel_words", shapes, asked.funnel.after.currency, download="ecops_search_words")


def payments(scope: Scope, asked: Asked) -> None:
    """Why payments failed."""
    rows = workspaces.answer(failed.payment_reasons, scope.period, where=scope.where)
    if rows.empty:
        _missing(Message("There is no payment log for these days, or no payment failed."), "payment_attempts")
        return
    shapes = {
        "reason": Shape(_("Reason")),
        "failures": Shape(_("Failures"), "count"),
        "share": Shape(_("Share"), "percent"),
        "method": Shape(_("Most with")),
        "orders": Shape(_("Orders"), "count"),
        "paid_later": Shape(_("Paid later"), "count"),
        "never_paid": Shape(_("Never paid"), "money"),
    }
    left, right = st.columns([2, 3], gap="medium")
    with left:
        figure = pictures.reason_bars(rows, look())
        if figure is not None:
            charts.show(figure, "funnel_reasons")
    with right:
        shown = rows.assign(reason=rows["reason"].where(rows["reason"] != "", _("no reason given")))[list(shapes)]
        tables.show(shown, "funnel_reason_rows", shapes, asked.funnel.after.currency, download="ecops_payment_reasons")


def service(scope: Scope, asked: Asked) -> None:
    """Orders with and without a question, and what reminders brought."""
    silent = workspaces.answer(contacts.silent_orders, scope.period, scope.compare, where=scope.where)
    rows = workspaces.answer(contacts.reminder_ways, scope.period, where=scope.where)
    if silent.reason is not None and rows.empty:
        _missing(Message("There are no chats and no reminders for these days."), "service_contacts")
        return
    if silent.reason is None:
        split = pd.DataFrame(
            {
                "kind": [_("without a question"), _("after a question")],
                "orders": [silent.on, silent.n - silent.on],
                "share": [silent.value, 1 - silent.value],
            }
        )
        shapes = {
            "kind": Shape(_("Orders placed")),
            "orders": Shape(_("Orders"), "count"),
            "share": Shape(_("Share"), "percent"),
        }
        tables.show(split, "funnel_silent", shapes)
        st.caption(say(silent.note) if silent.note is not None else "")
    else:
        st.caption(say(silent.reason))
    if rows.empty:
        st.caption(_("No reminder of these days has had its three days yet."))
        return
    shapes = {
        "way": Shape(_("Way")),
        "reminded": Shape(_("Orders reminded"), "count"),
        "reminded_paid": Shape(_("Paid within three days"), "count"),
        "rate": Shape(_("Rate"), "percent"),
        **_interval(),
        "amount": Shape(_("Money"), "money"),
    }
    tables.show(rows[list(shapes)], "funnel_reminders", shapes, asked.funnel.after.currency, download="ecops_reminders")


def carts(scope: Scope, asked: Asked) -> None:
    """Who left a cart unpaid, who comes back, and the list."""
    found = workspaces.answer(unpaid.unpaid_carts, scope.period, where=scope.where)
    if found is None:
        _missing(Message("Nothing that is loaded knows of carts in these days."), "events")
        return
    for sentence in found.told:
        st.markdown(say(sentence))
    if found.rows.empty:
        st.caption(_("A list of people needs an event log."))
        return
    shapes = {
        "user_id": Shape(_("Person (hashed)")),
        "platform": Shape(_("Platform")),
        "last_cart": Shape(_("Last cart"), "time"),
        "products": Shape(_("Products"), "count"),
        "value": Shape(_("Value"), "money"),
    }
    shown = found.rows.assign(platform=found.rows["platform"].map(value_label))[list(shapes)]
    tables.show(
        shown, "funnel_carts", shapes, asked.funnel.after.currency, download="ecops_unpaid_carts", source="events"
    )


def traffic(scope: Scope, _asked: Asked) -> None:
    """Quality of sources, bounce of pages and products, bounce by loading time."""
    rows = workspaces.answer(sources.source_quality, scope.period, where=scope.where)
    if rows.empty:
        st.caption(_("No platform reports several sources in these days."))
    else:
        _sources(rows)
    loads = workspaces.answer(pages.bounce_by_page, scope.period, where=scope.where)
    items = workspaces.answer(pages.bounce_by_item, scope.period, where=scope.where)
    left, right = st.columns(2, gap="medium")
    with left:
        _loading(scope)
    with right:
        if not loads.empty:
            shapes = {
                "page": Shape(_("Page")),
                **_bounce_shapes(),
                "load_seconds": Shape(_("Seconds to load"), "number"),
            }
            tables.show(loads[list(shapes)], "funnel_pages", shapes, download="ecops_pages")
        if not items.empty:
            shapes = {"title": Shape(_("Product")), **_bounce_shapes()}
            tables.show(items[list(shapes)], "funnel_item_bounce", shapes, download="ecops_item_bounce")
        if loads.empty and items.empty:
            st.caption(_("No loaded report has the bounce of pages or products."))


def _bounce_shapes() -> dict[str, Shape]:
    return {"visits": Shape(_("Visits"), "count"), "rate": Shape(_("Bounce"), "percent"), **_interval()}


def _sources(rows: pd.DataFrame) -> None:
    shapes = {
        "platform": Shape(_("Platform")),
        "channel": Shape(_("Source")),
        "visitors": Shape(_("Visitors"), "count"),
        "score": Shape(_("Quality"), "count", _("50 is like the rest of the platform, 100 twice as good.")),
        "flags": Shape(_("To look at"), help=_("Surely below half of the rest: a question to ask, never a verdict.")),
        "dwell": Shape(_("Seconds stayed"), "number"),
        "depth": Shape(_("Pages"), "number"),
        "bounce": Shape(_("Bounce"), "percent"),
        "conversion": Shape(_("Pay"), "percent"),
    }
    flags = [joined(say(flag) for flag in sources.flags_told(value)) for value in rows["flags"]]
    shown = rows.assign(flags=flags, platform=rows["platform"].map(value_label))[list(shapes)]
    tables.show(shown, "funnel_sources", shapes, download="ecops_sources")


def _loading(scope: Scope) -> None:
    rows = workspaces.answer(pages.bounce_by_loading, scope.period, where=scope.where)
    told = pages.loading_told(rows) if not rows.empty else None
    figure = pictures.loading_bars(rows, told, look()) if told is not None else None
    if figure is None:
        st.caption(_("Bounce by loading time needs a report of pages with their loading time."))
        return
    shapes = {"seconds": Shape(_("Seconds to load")), **_bounce_shapes()}
    charts.show(figure, "funnel_loading", rows[list(shapes)], shapes)


def journeys(scope: Scope, _asked: Asked) -> None:
    """How many events a purchase takes, who recommends, and whom a friend sent."""
    rows = workspaces.answer(paths.path_lengths, scope.period, where=scope.where)
    if rows.empty:
        _missing(Message("There is no event log with purchases for these days."), "events")
        return
    takeaway = paths.lengths_told(rows)
    shapes = {
        "steps": Shape(_("Events before"), "count"),
        "purchases": Shape(_("Purchases"), "count"),
        "share": Shape(_("Share"), "percent"),
        "cumulative": Shape(_("Up to here"), "percent"),
    }
    figure = pictures.length_bars(rows, takeaway, look())
    if figure is not None:
        charts.show(figure, "funnel_lengths", rows[list(shapes)], shapes)
    st.caption(_("Events of the week before each purchase, since the purchase before. Fewer is a shorter path."))
    _ways(scope)


def _ways(scope: Scope) -> None:
    """By which way purchases came: whence, and over which steps."""
    rows = workspaces.answer(paths.conversion_paths, scope.period, where=scope.where)
    if rows.empty:
        return
    shapes = {
        "entry": Shape(_("Came from")),
        "path": Shape(_("Steps taken")),
        "purchases": Shape(_("Purchases"), "count"),
        "share": Shape(_("Share"), "percent"),
        **_interval(),
    }
    known = known_steps()
    unnamed = _("not given")
    shown = rows.assign(
        path=[
            " → ".join(say(known[step].term) if step in known else step for step in path.split(" → "))
            if path
            else _("all other ways")
            for path in rows["path"]
        ],
        entry=rows["entry"].where((rows["entry"] != "") | (rows["path"] == ""), unnamed),
    )
    tables.show(shown[list(shapes)], "funnel_ways", shapes, download="ecops_conversion_paths")


def products(scope: Scope, asked: Asked) -> None:
    """The funnel of new products beside the others."""
    rows = workspaces.answer(launches.new_products, scope.period, where=scope.where)
    if rows.empty:
        st.caption(_("No product was first seen in the last sixty days, or no report has products that long."))
        return
    shapes = {
        "title": Shape(_("Product")),
        "first_day": Shape(_("First seen"), "date"),
        "visitors": Shape(_("Visitors"), "count"),
        "interest": Shape(_("Favourites and carts"), "percent"),
        "other_interest": Shape(_("Other products"), "percent"),
        "cart_rate": Shape(_("Cart rate"), "percent"),
        "pay_rate": Shape(_("Pay"), "percent"),
        **_interval(),
        "other_pay_rate": Shape(_("Other products pay"), "percent"),
        "pay_amount": Shape(_("Money"), "money"),
    }
    tables.show(rows[list(shapes)], "funnel_launches", shapes, asked.funnel.after.currency, download="ecops_launches")


def content(scope: Scope, _asked: Asked) -> None:
    """Videos and live rooms, and a live room minute by minute."""
    rows = workspaces.answer(pieces.content_pieces, scope.period, where=scope.where)
    if rows.empty:
        _missing(Message("There is no report of videos or live rooms for these days."), "content_daily")
        return
    kinds = {"video": _("video"), "live": _("live")}
    shapes = {
        "title": Shape(_("Title")),
        "kind": Shape(_("Kind")),
        "plays": Shape(_("Plays"), "count"),
        "completion": Shape(_("Seen to the end"), "percent"),
        "interaction": Shape(_("Reactions"), "percent"),
        "viewers": Shape(_("Viewers"), "count"),
        "minutes": Shape(_("Minutes a viewer"), "number"),
        "kept": Shape(_("Stayed 30 seconds"), "percent"),
        "orders": Shape(_("Orders"), "count"),
    }
    shown = rows.assign(kind=rows["kind"].map(lambda kind: kinds.get(kind, kind)))[list(shapes)]
    tables.show(shown, "funnel_content", shapes, download="ecops_content")
    minutes = workspaces.answer(pieces.live_minutes, scope.period, where=scope.where)
    told = pieces.live_told(minutes)
    if told is not None:
        st.markdown(say(told))
    if not minutes.empty:
        shapes = {
            "minute": Shape(_("Minute"), "count"),
            "online": Shape(_("Online"), "count"),
            "rate": Shape(_("Reactions"), "percent"),
            "orders": Shape(_("Orders"), "count"),
        }
        tables.show(minutes[list(shapes)], "funnel_live", shapes, download="ecops_live")
