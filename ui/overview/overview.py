"""The parts of the overview: figures asked for, tables laid out, sliders; numbers come from `ecops.growth`."""

from __future__ import annotations

import math
from importlib.resources import files

import pandas as pd
import streamlit as st

from ecops import EcopsError, growth
from ecops.charts import Figure
from ecops.growth import Diagnosis, figures, views
from ecops.locale import write_amount
from ecops.messages import Count, Message, Money, MoneyRange, Percent, Value, write
from ecops.metrics import Kpis
from ecops.metrics.daily import DIMENSIONS
from ecops.metrics.registry import Metric, metric, metrics
from ui.overview import drill
from ui.parts import cards, charts, empty, errors, kept, rates, references, tables
from ui.parts.tables import Kind, Shape
from ui.parts.text import _, joined, language, look, plain, say
from ui.state import address, workspaces
from ui.state.scope import Scope, dimension_values, value_label
from ui.weekly_review import review_scenarios

_TRAFFIC = ("gmv", "visitors", "pay_conversion", "value_per_buyer", "refund_rate")
_ORDERS = ("gmv", "buyers", "orders_per_buyer", "order_value", "refund_rate")
_NAMELESS = ("gmv", "orders", "order_value", "buyers", "refund_rate")
"""Where not every order names its buyer: GMV is orders x order value."""

_SPLITS = ("platform", "channel", "device", "province", "title")
_KINDS: dict[str, Kind] = {"money": "money", "rate": "percent", "ratio": "number", "days": "number", "count": "count"}
_LEVERS = {"visitors": ("wv", "visitors"), "conversion": ("wc", "pay_conversion"), "value": ("wb", "value_per_buyer")}


def kpis(chosen: Scope, by: tuple[str, ...] | None = None) -> Kpis:
    """Every metric of the scope, split by dimensions when asked for."""
    found: Kpis = workspaces.answer(growth.kpis, chosen.period, chosen.compare, by, where=chosen.where)
    return found


def five(result: Kpis) -> tuple[str, ...]:
    """The five figures of the strip: the factors of GMV on the basis there is."""
    if result.basis == "orders":
        return _ORDERS if "buyers" in result.factors else _NAMELESS
    return _TRAFFIC


_MOST_EVENTS = 4
"""Events of the calendar named for one span; of the rest, how many there are."""


def events(chosen: Scope) -> None:
    """What the calendar says of the days looked at and of those they are compared with, in one line."""
    platforms = dict(chosen.where).get("platform", ())
    before = {
        "previous": Message("The comparison held: {events}."),
        "last_week": Message("The same days of last week held: {events}."),
        "last_year": Message("The same days of last year held: {events}."),
    }[chosen.compare]
    told = []
    for sentence, days in ((before, chosen.before), (Message("This period holds: {events}."), chosen.period)):
        names = workspaces.answer(views.events, days, platforms)
        listed: Value = joined(write(name, language()) for name in names[:_MOST_EVENTS])
        if len(names) > _MOST_EVENTS:
            listed = Message("{first} and {n} more", first=listed, n=len(names) - _MOST_EVENTS)
        if names:
            told.append(say(Message(sentence.id, events=listed)))
    if told:
        st.markdown(f":material/event: {' '.join(told)}")


def causes(why: Diagnosis) -> None:
    """The handbook's order of diagnosis in one line, or that nothing changed."""
    names = {"traffic": _("Traffic"), "conversion": _("Conversion"), "retention": _("Retention")}
    states = {
        "confirmed": _("changed"),
        "watch": _("to be watched"),
        "unchanged": _("no confirmed change"),
        "unknown": _("not known"),
    }
    parts = [
        _("{step}: {state}", step=Message(names[block.name]), state=Message(states[block.confidence]))
        for block in why.blocks
    ]
    st.caption(" → ".join(parts))
    if not why.findings:
        st.markdown(_("Nothing changed beyond chance in these days."))


def tree_table(why: Diagnosis) -> pd.DataFrame:
    """Factor and contribution, as the pictures show them."""
    assert why.tree is not None
    labels = [plain(metrics()[key].label) if key in metrics() else key for key in why.tree.by_factor]
    return pd.DataFrame({_("Factor"): labels, _("Contribution"): list(why.tree.by_factor.values())}).round(2)


def identity(why: Diagnosis) -> str:
    """GMV as the product of its factors, in words."""
    labels = [say(metrics()[key].label) for key in why.tree.by_factor] if why.tree is not None else []
    return f"GMV = {' × '.join(labels)}" if labels else ""


def change(chosen: Scope, why: Diagnosis) -> None:
    """The change of GMV as bars that sum and as a tree; a click on either shows the days behind it."""
    left, right = st.columns(2, gap="medium")
    with left:
        table = kept.of(tree_table, why) if why.tree is not None else None
        bars = charts.show(kept.of(figures.waterfall, why, look()), "waterfall", table, select=True)
    with right:
        boxes = charts.show(kept.of(figures.gmv_tree, why, look()), "tree", heading=identity(why), select=True)
    if why.tree is None:
        return
    picked = drill.latest("change", {"waterfall": bars, "tree": boxes})
    if picked in ("gmv", *why.tree.by_factor):
        drill.days(chosen, str(picked), why.currency)
    else:
        st.caption(_("Click a bar or a box to see the days behind it."))


@st.fragment
def where(chosen: Scope) -> None:
    """The change by one dimension: picture and table."""
    values = workspaces.answer(dimension_values)
    # A dimension of one value splits nothing; products are many wherever there are order lines.
    usable = [name for name in _SPLITS if len(values.get(name, ())) > 1 or name == "title"]
    names = {name: _title(name) for name in usable}
    address.adopt_one("by", usable, usable[0])
    by = st.segmented_control(
        _("By"), usable, format_func=names.__getitem__, key="by", required=True, label_visibility="collapsed"
    )
    address.publish("by", [by] if by != usable[0] else [])
    with errors.explained():
        split = kpis(chosen, (by,))
        key = next((name for name in ("gmv", "gross_sales") if _has(split, name)), None)
        if key is None:
            st.caption(_("The loaded exports do not say the {dimension}.", dimension=DIMENSIONS[by]))
            return
        left, right = st.columns([2, 3], gap="medium")
        with left:
            clicked = charts.show(kept.of(_segment_bars, split, key, by), f"segments_{by}", select=True)
        with right:
            _segment_table(split, by, key)
            st.caption(_("Click a mark of the picture to see the days behind it."))
        picked = drill.latest(f"segments_{by}", {by: clicked})
        if picked in set(split.table[by]):
            drill.days(chosen, key, split.currency, ((by, str(picked)),))


def _segment_bars(split: Kpis, key: str, by: str) -> Figure:
    rows = min(figures.MOST_SEGMENTS, int((split.table["metric"] == key).sum()))
    return figures.segments(split, key, (by,), look()).update_layout(height=120 + 40 * rows)


def _title(dimension: str) -> str:
    """A dimension as a heading; inside sentences it is written small."""
    label = plain(DIMENSIONS[dimension])
    return label[:1].upper() + label[1:]


def _has(split: Kpis, key: str) -> bool:
    return len(split.table) > 0 and bool((split.table["metric"] == key).any())


_BEHIND = ("visitors", "pay_conversion", "value_per_buyer", "refund_rate")


def _segment_rows(split: Kpis, by: str, key: str) -> pd.DataFrame:
    """One row a segment: money now and before, its change, and the factors behind it."""
    told = split.table.assign(**{by: split.table[by].map(value_label)})
    main = told[told["metric"] == key].set_index(by)[["value", "previous", "change", "relative"]]
    behind = [name for name in _BEHIND if name != key]
    wide = told[told["metric"].isin(behind)].pivot_table(index=by, columns="metric", values="value")
    table = main.join(wide).sort_values("value", ascending=False).reset_index()
    return table[[by, "value", "previous", "change", "relative", *(name for name in behind if name in table)]]


def _segment_table(split: Kpis, by: str, key: str) -> None:
    rows = kept.of(_segment_rows, split, by, key)
    label = plain(metric(key).label)
    shapes = {
        by: Shape(_title(by)),
        "value": Shape(label, "money"),
        "previous": Shape(_("Before"), "money"),
        "change": Shape(_("Change"), "money"),
        "relative": Shape(_("Change in %"), "percent"),
    }
    shapes |= {
        name: Shape(plain(metric(name).label), "percent" if metric(name).percent else _KINDS[metric(name).unit])
        for name in rows().columns
        if name not in shapes
    }
    tables.show(rows, f"segments_table_{by}", shapes, split.currency, download=f"ecops_{by}")


def trend(chosen: Scope, result: Kpis) -> None:
    """GMV by day with the same weekday a year before."""
    rows = workspaces.answer(views.trend, chosen.period, "gmv", where=chosen.where)
    across = references.lines("gmv", chosen.where)
    figure = kept.of(figures.trend, rows, "gmv", chosen.period, result.currency, look(), across)
    charts.show(figure, "trend", rows, {
        "date": Shape(_("Day"), "date"),
        "value": Shape(plain(metric("gmv").label), "money"),
        "year_before": Shape(_("A year before"), "money"),
    })  # fmt: skip


def against(chosen: Scope, result: Kpis) -> None:
    """The figures beside their reference values; a benchmark is of whole shops, so not of a part of one."""
    if chosen.where:
        return

    def picture(key: str) -> None:
        rows = workspaces.answer(views.trend, chosen.period, key)
        figure = figures.trend(rows, key, chosen.period, result.currency, look(), references.lines(key))
        charts.show(figure, f"against_{key}")

    references.show(result, picture=picture)


def heat_map(chosen: Scope, result: Kpis) -> None:
    """Sales by weekday and hour."""
    rows = workspaces.answer(views.hours, chosen.period, where=chosen.where)
    charts.show(kept.of(figures.heat_map, rows, result.currency, look()), "hours", rows, {
        "weekday": Shape(_("Weekday (1 is Monday)"), "count"),
        "hour": Shape(_("Hour"), "count"),
        "gross_sales": Shape(plain(metric("gross_sales").label), "money"),
        "orders": Shape(plain(metric("orders").label), "count"),
    })  # fmt: skip


@st.fragment
def what_if(chosen: Scope) -> None:
    """Three sliders beside the base case: base, scenario, difference."""
    result = kpis(chosen)
    if result.basis != "traffic":
        st.caption(_("With a daily traffic report, sliders for visitors, conversion and value per buyer stand here."))
        empty.reports(("traffic_daily",))
        return
    sliders, outcome = st.columns([2, 3], gap="large")
    with sliders:
        changes = {factor: _lever(key, plain(metric(name).label)) for factor, (key, name) in _LEVERS.items()}
        st.button(_("Back to the base case"), key="what_if_reset", type="tertiary", on_click=_reset)
    with outcome:
        try:
            case = growth.what_if(result, **changes)
        except EcopsError as error:
            errors.show(error)
            empty.reports(("traffic_daily",))
            return
        _outcome(case, result.currency)
        named = {_LEVERS[factor][1]: change for factor, change in changes.items()}
        results = review_scenarios.results(case.base, case.scenario, case.low, case.high)
        review_scenarios.of_factors(named, chosen, results, result.currency)


def _lever(key: str, label: str) -> float:
    def read(told: list[str]) -> int | None:
        return int(told[0]) if told[0].lstrip("-").isdigit() and -50 <= int(told[0]) <= 50 else None

    address.adopt(key, 0, read)
    st.slider(label, -50, 50, format="%+d%%", key=key, persist_state="session")
    chosen = int(st.session_state[key])
    address.publish(key, [str(chosen)] if chosen else [])
    return chosen / 100


def _reset() -> None:
    for key, _name in _LEVERS.values():
        st.session_state[key] = 0


def _outcome(case: growth.WhatIf, currency: str) -> None:
    difference = case.difference
    money = {"scenario": Money(case.scenario, currency), "difference": Money(abs(difference), currency)}
    if difference > 0:
        told = Message("GMV would be {scenario}, {difference} more than now.", **money)
    elif difference < 0:
        told = Message("GMV would be {scenario}, {difference} less than now.", **money)
    else:
        told = Message("Move a slider to see what it would bring. GMV now: {base}.", base=Money(case.base, currency))
    st.markdown(f"**{say(told)}**")
    if difference and math.isfinite(case.low) and math.isfinite(case.high):
        st.caption(_("95% interval of the difference: {interval}", interval=MoneyRange(case.low, case.high, currency)))
    names = {factor: name for factor, (_key, name) in _LEVERS.items()} | {"gmv": "gmv"}
    rows = [f"| | {_('Base')} | {_('Scenario')} | {_('Difference')} |", "|:--|--:|--:|--:|"]
    for row in case.table.itertuples():
        entry = metric(names[row.factor])
        base, scenario = (say(cards.value(entry, number, currency)) for number in (row.base, row.scenario))
        relative = row.scenario / row.base - 1 if row.base else float("nan")
        rows.append(f"| {say(entry.label)} | {base} | {scenario} | {say(Percent(relative, 1, signed=True))} |")
    st.markdown("\n".join(rows))


def details(result: Kpis, chosen: Scope) -> None:
    """Every metric as a table, the queries behind the numbers, and the method, folded away."""
    every = st.expander(_("All metrics as a table"), key="all_metrics", on_change="rerun")
    if every.open:
        with every:
            _all_metrics(result, chosen)
    rates.box("overview")
    queries = st.expander(_("Queries behind the numbers (SQL)"), key="queries", on_change="rerun")
    if queries.open:
        with queries:
            for name in ("sales", "traffic", "buyers"):
                st.code(files("ecops.metrics.queries").joinpath(f"{name}.sql").read_text("utf-8"), language="sql")
    with st.expander(_("How this is worked out"), key="method"):
        for sentence in (
            _("The change of GMV is split by the logarithmic mean (LMDI, Ang 2004): the parts add up exactly."),
            _("Rates carry Wilson and Newcombe intervals, counts the swing of their own days of the weeks before."),
            _("All comparisons are corrected together (Benjamini-Hochberg); what does not hold is only to be watched."),
            _("A ratio is always sum over sum at its own level, never a mean of ratios."),
            _("Days that one of the two periods lacks are left out of the comparison on both sides."),
        ):
            st.markdown(f"- {sentence}")


def _all_metrics(result: Kpis, chosen: Scope) -> None:
    known = [kpi for kpi in result.kpis.values() if math.isfinite(kpi.value) and cards.may_see(kpi.metric)]
    shown = pd.DataFrame(
        {
            "metric": [plain(kpi.metric.label) for kpi in known],
            "now": [_in_full(kpi.metric, kpi.value, result.currency) for kpi in known],
            "before": [_in_full(kpi.metric, kpi.previous, result.currency) for kpi in known],
            "change": [_change(kpi) for kpi in known],
            "formula": [plain(kpi.metric.formula) for kpi in known],
        }
    )
    shapes = {
        "metric": Shape(_("Metric")),
        "now": Shape(_("Now"), "figure"),
        "before": Shape(_("Before"), "figure"),
        "change": Shape(_("Change"), "figure"),
        "formula": Shape(_("Formula")),
    }
    tables.show(shown, "metrics_table", shapes, result.currency)
    rates.told(known)
    numbers = pd.DataFrame(
        [(plain(kpi.metric.label), kpi.value, kpi.previous, kpi.change, kpi.low, kpi.high, kpi.n) for kpi in known],
        columns=[_("Metric"), _("Now"), _("Before"), _("Change"), _("Low"), _("High"), _("Base of the figure")],
    )
    tables.downloads({_("Metrics"): numbers}, f"ecops_{chosen.period.start}_{chosen.period.end}", "metrics")


def _in_full(entry: Metric, number: float, currency: str) -> str:
    """A figure with all its digits, to be compared with other books; cards and sentences round it."""
    if not math.isfinite(number):
        return "—"
    shown = cards.value(entry, number, currency)
    if isinstance(shown, Money):
        return write_amount(number, currency)
    return f"{number:,.0f}" if isinstance(shown, Count) else plain(shown)


def _change(kpi: growth.Kpi) -> str:
    moved = cards.change(kpi)
    return plain(moved) if moved is not None else "—"
