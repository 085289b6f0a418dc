"""The parts of the funnel page below its verdict: tables laid out, sliders; numbers come from `ecops.funnel`."""

from __future__ import annotations

import math
from dataclasses import replace
from importlib.resources import files
from typing import Any

import pandas as pd
import streamlit as st

from ecops.charts import Figure
from ecops.funnel.causes import whatif
from ecops.funnel.paths import segments
from ecops.funnel.table import FunnelTable
from ecops.funnel.telling import figures, reference
from ecops.funnel.telling.findings import told_apart
from ecops.funnel.workspace import ShopFunnel
from ecops.messages import Count, Message, Money, Number, Percent, Points, Value
from ecops.metrics import kpis
from ui.funnel.funnel import Asked, place_label, step_labels, transition_labels
from ui.parts import charts, errors, kept, references, tables
from ui.parts import findings as cards
from ui.parts.tables import Shape, canonical_shape
from ui.parts.text import _, look, plain, say
from ui.state import workspaces
from ui.state.scope import value_label
from ui.weekly_review import review_scenarios

_LEAST, _MOST = -20, 50


def pictures(asked: Asked) -> None:
    """The funnel and what changed its money, side by side."""
    result = asked.funnel
    left, right = st.columns(2, gap="medium")
    with left:
        after, before, name = _looked_at(asked)
        # A benchmark is of whole shops: a channel or a platform is not held against it.
        whole = asked.scope is not None and not asked.scope.where and not name
        marks = reference.marks(workspaces.answer(reference.known), after) if whole else ()
        figure = kept.of(figures.funnel_bars, after, before, kept.of(_overall, after, name), look(), marks)
        table = kept.of(_step_table, after, before)
        charts.show(figure, "funnel_bars", table, _step_shapes(before is not None))
    with right:
        figure = kept.of(figures.money_waterfall, result.diagnosis, look()) if result.diagnosis is not None else None
        if figure is None or figure() is None or result.diagnosis is None or result.diagnosis.money is None:
            st.caption(_("With the days before beside it, this place shows what changed the money."))
            return
        charts.show(
            figure,
            "funnel_waterfall",
            kept.of(_money_parts, result.diagnosis),
            {"factor": Shape(_("Factor")), "part": Shape(_("Contribution"), _unit(result.after))},
        )
        if asked.basis == "counts" and result.after.by and result.after.amount is not None:
            st.caption(
                _(
                    "This is another split than the overview's: here each step and each source is compared for itself "
                    "and the mix of sources stands alone, there the shop as a whole. So parts such as the value of an "
                    "order differ, though both go from the same start to the same end where they count the same "
                    "platforms."
                )
            )


def _money_parts(diagnosis: Any) -> pd.DataFrame:
    figure = figures.money_waterfall(diagnosis, look())
    assert figure is not None
    return pd.DataFrame({"factor": figure.data[0]["x"][1:-1], "part": list(diagnosis.money.by_factor.values())})


def _looked_at(asked: Asked) -> tuple[FunnelTable, FunnelTable | None, Value]:
    """The part that the verdict is about, or the whole shop, as the reader chooses; and its name."""
    result = asked.funnel
    subject = dict(result.findings[0].subject) if result.findings else {}
    place = {name: value for name, value in subject.items() if name in result.after.by}
    if not place or result.before is None:
        return result.after, result.before, ""
    name = result.findings[0].headline.params.get("place", "")
    labels = {"place": plain(name), "all": _("The whole shop")}
    chosen = st.segmented_control(
        _("The whole shop"),
        list(labels),
        default="place",
        format_func=labels.__getitem__,
        key=asked.key("funnel_place"),
        required=True,
        label_visibility="collapsed",
    )
    if chosen == "all":
        return result.after, result.before, ""
    chosen_place = tuple(place.items())
    return kept.numbers(_only, result.after, chosen_place)(), kept.numbers(_only, result.before, chosen_place)(), name


def _only(table: FunnelTable, place: tuple[tuple[str, str], ...]) -> FunnelTable:
    return table.only(**dict(place))


def _overall(table: FunnelTable, place: Value = "") -> Message:
    first, last = table.steps[table.required[0]], table.steps[table.required[-1]]
    rate = Percent(float(table.total.rows["rate_first"].iloc[-1]))
    named = {"rate": rate, "first": first.term, "last": last.term}
    if place:
        return Message("{place}: {rate} get from {first} to {last}.", place=place, **named)
    return Message("{rate} get from {first} to {last}.", **named)


def _unit(table: FunnelTable) -> tables.Kind:
    return "money" if table.amount is not None else "number"


def _step_shapes(compared: bool) -> dict[str, Shape]:
    shapes = {
        "step": Shape(_("Step")),
        "n": Shape(_("Now"), "count"),
        "rate": Shape(_("From the step before"), "percent"),
    }
    if not compared:
        return shapes
    return shapes | {
        "before": Shape(_("Before"), "count"),
        "rate_before": Shape(_("From the step before, then"), "percent"),
    }


def _step_table(after: FunnelTable, before: FunnelTable | None) -> pd.DataFrame:
    names = step_labels(after)
    now = after.total.rows
    shown = pd.DataFrame({"step": now["step"].map(names), "n": now["n"], "rate": now["rate_prev"]})
    if before is not None:
        then = before.total.rows
        shown = shown.assign(before=then["n"], rate_before=then["rate_prev"])
    return shown


def causes(asked: Asked) -> None:
    """Confirmed causes as cards, then what is only to be watched, folded."""
    result = asked.funnel
    if result.diagnosis is None:
        st.caption(_("Causes need the days before to compare with."))
        return
    if not result.findings:
        st.markdown(_("Nothing changed beyond chance in these days."))
    cards.show(result.findings, "funnel")
    if result.watch:
        with st.expander(_("{n} to be watched, not confirmed", n=len(result.watch)), key="funnel_watch"):
            for place, finding in enumerate(result.watch):
                cards.card(finding, f"funnel_watch_{place}")
    mix = result.diagnosis.mix
    if mix is not None and math.isfinite(mix.total):
        first, last = result.after.required[0], result.after.required[-1]
        before, after = told_apart(mix.before, mix.after, least=2)
        st.caption(
            _(
                "{first} to {last} as a whole: from {before} to {after}; the rates made {rate} points, the mix of "
                "segments {mix} points.",
                first=result.after.steps[first].term,
                last=result.after.steps[last].term,
                before=before,
                after=after,
                rate=Number(round(mix.rate * 100, 2) + 0.0, 2),
                mix=Number(round(mix.mix * 100, 2) + 0.0, 2),
            )
        )


@st.fragment
def by_segment(asked: Asked) -> None:
    """One step in every value of one dimension: picture, table, and the rows behind a value."""
    result = asked.funnel
    if not result.after.by:
        st.caption(_("The data does not split the steps by anything."))
        return
    steps = transition_labels(result.after)
    broken = result.findings[0].subject.get("step") if result.findings else None
    names = {name: _dimension(name) for name in result.after.by}
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        start = list(steps).index(broken) if broken in steps else 0
        step = st.selectbox(
            _("Step"), list(steps), start, format_func=steps.__getitem__, key=asked.step_key("fseg_step"), width=280
        )
        by = st.segmented_control(
            _("By"),
            list(names),
            default=_telling(result),
            format_func=names.__getitem__,
            key=asked.key("fseg_by"),
            required=True,
        )
    rows = kept.numbers(segments.step_by_segment, result, step, by)
    left, right = st.columns([2, 3], gap="medium")
    with left:
        figure = kept.of(_segment_rates, result.after, step, by)
        points = charts.show(figure, f"fseg_{by}_{step}", select=True)
    with right:
        shapes = _segment_shapes(by, result)
        told = kept.of(_segment_rows, rows, tuple(shapes))
        tables.show(told, f"fseg_table_{by}", shapes, result.after.currency, download=f"ecops_funnel_{by}")
    _behind(result, by, list(rows()["value"]), points)


def _segment_rates(table: FunnelTable, step: str, by: str) -> Figure:
    return figures.segment_rates(_labelled(table, by), step, by, look())


def _segment_rows(rows: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    return rows.assign(value=rows["value"].map(place_label))[list(columns)]


def _telling(result: ShopFunnel) -> str:
    """The dimension to open with: where a whole value of one fell, the next one shows what fell inside it."""
    subject = result.findings[0].subject if result.findings else {}
    inside = [name for name in result.after.by if name not in subject]
    placed = [name for name in result.after.by if name in subject]
    return inside[0] if len(placed) == 1 and inside else (placed or inside)[0]


def _labelled(table: FunnelTable, by: str) -> FunnelTable:
    """The table along one dimension with its values as people call them."""
    part = table.along(by)
    return replace(part, segments=tuple((place_label(value) or "—",) for (value,) in part.segments))


def _dimension(name: str) -> str:
    if name == "people":
        return _("New or returning")
    shape = canonical_shape(name)
    return shape.label if shape is not None else plain(name)


def _segment_shapes(by: str, result: ShopFunnel) -> dict[str, Shape]:
    shapes = {
        "value": Shape(_dimension(by)),
        "entered": Shape(_("Entered"), "count"),
        "went_on": Shape(_("Went on"), "count"),
        "rate": Shape(_("Rate"), "percent"),
    }
    if result.before is None:
        return shapes | {"low": Shape(_("Low"), "percent"), "high": Shape(_("High"), "percent")}
    shapes |= {
        "before": Shape(_("Before"), "percent"),
        "gained": Shape(_("More or fewer"), "count", _("Units of this step beside the rate before")),
    }
    return shapes | ({"money": Shape(_("Worth"), "money")} if result.after.amount is not None else {})


def _behind(result: ShopFunnel, by: str, values: list[str], points: list[dict[str, object]]) -> None:
    """The smallest segments of one value: the one clicked, else the one chosen."""
    if not values or len(result.after.by) < 2:
        return
    labels = {value: place_label(value) for value in values}
    clicked = str(points[0].get("y", "")) if points else ""
    start = next((place for place, value in enumerate(values) if plain(labels[value]) == clicked), 0)
    value = st.selectbox(
        _("The rows behind"),
        values,
        start,
        format_func=labels.__getitem__,
        key=f"fseg_value_{by}_{clicked}",
        width=280,
    )
    steps = step_labels(result.after)
    rows = kept.numbers(segments.segment_rows, result, by, value)
    shapes = {name: Shape(_dimension(name)) for name in result.after.by if name != by}
    shapes |= {name: Shape(label, "count") for name, label in steps.items()}
    shapes |= {"rate": Shape(_("First to last step"), "percent"), "amount": Shape(_("Money"), "money")}
    named = kept.of(_places_named, rows, tuple(name for name in result.after.by if name != by))
    tables.show(named, f"fseg_rows_{by}", shapes, result.after.currency, download=f"ecops_funnel_{by}_rows")


def _places_named(rows: pd.DataFrame, places: tuple[str, ...]) -> pd.DataFrame:
    return rows.assign(**{name: rows[name].map(place_label) for name in places})


def products(asked: Asked) -> None:
    """Products that many put into the cart and few pay for."""
    found = asked.products
    if asked.span is not None:
        st.caption(_("Over {period}; small numbers are drawn towards the usual.", period=asked.span.range))
    if found.empty:
        st.caption(_("No product stands out, or no loaded report has products (SYCM item report)."))
        return
    shapes = {
        "title": Shape(_("Product")),
        "product": Shape(_("SKU")),
        "platform": Shape(_("Platform")),
        "tier": Shape(_("Certainty")),
        "visitors": Shape(_("Visitors"), "count"),
        "cart_rate": Shape(_("Cart rate"), "percent"),
        "pay_rate": Shape(_("Paid of carts"), "percent"),
        "expected_pay_rate": Shape(_("Usual"), "percent"),
        "money_at_stake": Shape(_("Money at stake"), "money"),
        "carts": Shape(_("Carts"), "count"),
        "pays": Shape(_("Payments"), "count"),
    }
    columns = tuple(name for name in shapes if asked.span is not None or name not in {"product", "platform"})
    shown = kept.of(_product_rows, found, columns)
    tables.show(shown, "funnel_products", shapes, asked.funnel.after.currency, download="ecops_cart_products")


def _product_rows(found: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    tiers = {"confirmed": _("confirmed"), "watch": _("to be watched")}
    named = found.assign(tier=found["tier"].map(tiers), platform=found["platform"].map(value_label))
    return named[list(columns)]


@st.fragment
def what_if(asked: Asked) -> None:
    """Raise one step in one part of the shop: base, scenario, difference."""
    result = asked.funnel
    steps = transition_labels(result.after)
    hint = dict(result.findings[0].subject) if result.findings else {}
    choosing, outcome = st.columns([2, 3], gap="large")
    with choosing:
        start = list(steps).index(hint["step"]) if hint.get("step") in steps else len(steps) - 1
        step = st.selectbox(
            _("Step"), list(steps), start, format_func=steps.__getitem__, key=asked.step_key("fwi_step")
        )
        where = {name: value for name in result.after.by if (value := _part(asked, name, hint.get(name, "")))}
        slider = asked.key("fwi_points")
        st.session_state.setdefault(slider, 0)
        points = st.slider(
            _("Raise the rate by (points)"), _LEAST, _MOST, key=slider, format="%+d", persist_state="session"
        )
        _as_before(result, step, where, slider)
    with outcome, errors.explained():
        case = _raised(result.after, step, points / 100, where)
        _outcome(result, case, points)
        if case.with_money and asked.scope is not None:
            results = review_scenarios.results(case.base, case.scenario, case.low, case.high)
            review_scenarios.of_step(points / 100, {"step": step, **where}, asked.scope, results, case.currency)


def _part(asked: Asked, name: str, start: str) -> str:
    """One value of a dimension, "" for all of them."""
    values = kept.of(_values, asked.funnel.after, name)()
    labels = {value: place_label(value) if value else _("All") for value in values}
    place = values.index(start) if start in values else 0
    chosen = st.selectbox(_dimension(name), values, place, format_func=labels.__getitem__, key=asked.key(f"fwi_{name}"))
    return str(chosen or "")


def _values(table: FunnelTable, name: str) -> list[str]:
    return ["", *(value for (value,) in table.along(name).segments if value)]


def _raised(table: FunnelTable, step: str, points: float, where: dict[str, str]) -> whatif.StepWhatIf:
    """`whatif.raise_step`, kept: base and scenario are asked for by everybody who opens the page."""
    found: whatif.StepWhatIf = kept.numbers(_raise, table, step, points, tuple(where.items()))()
    return found


def _raise(table: FunnelTable, step: str, points: float, where: tuple[tuple[str, str], ...]) -> whatif.StepWhatIf:
    return whatif.raise_step(table, step, points, dict(where))


def _as_before(result: ShopFunnel, step: str, where: dict[str, str], slider: str) -> None:
    """A button that sets the slider to what the step has lost."""
    if result.before is None:
        return
    with errors.explained():
        now, then = (_raised(table, step, 0.0, where).rate for table in (result.after, result.before))
        lost = round((then - now) * 100)
        if _LEAST <= lost <= _MOST and lost:
            label = _("As it was before: {points}", points=Points(lost / 100))
            st.button(label, key="fwi_before", type="tertiary", on_click=_set_points, args=(slider, lost))
    st.button(_("Back to the base case"), key="fwi_reset", type="tertiary", on_click=_set_points, args=(slider, 0))


def _set_points(slider: str, points: int) -> None:
    st.session_state[slider] = points


def _outcome(result: ShopFunnel, case: whatif.StepWhatIf, points: int) -> None:
    st.markdown(f"**{say(whatif.outcome(result.after, case) if points else whatif.standing(result.after, case))}**")
    if points:
        st.caption(say(whatif.interval(result.after, case)))
    if case.capped:
        st.caption(_("Some rates cannot go that far; they are held at 0% or 100%."))
    names = step_labels(result.after)
    rows = [f"| | {_('Base')} | {_('Scenario')} | {_('Difference')} |", "|:--|--:|--:|--:|"]
    rate = (say(Percent(case.rate)), say(Percent(case.raised)), say(Points(case.raised - case.rate)))
    rows.append(f"| {_('Rate of the step there')} | {' | '.join(rate)} |")
    for row in case.steps.itertuples():
        cells = (Count(row.base), Count(row.scenario), Count(row.difference))
        rows.append(f"| {say(names[row.step])} | {' | '.join(say(cell) for cell in cells)} |")
    if case.with_money:
        money = tuple(Money(value, case.currency) for value in (case.base, case.scenario, case.difference))
        rows.append(f"| {_('Money')} | {' | '.join(say(cell) for cell in money)} |")
    st.markdown("\n".join(rows))


def against(asked: Asked) -> None:
    """The rates of the whole shop beside their reference values."""
    if asked.scope is None or asked.scope.where:
        return
    result = workspaces.answer(kpis, asked.scope.period, asked.scope.compare)
    references.show(result, [*dict.fromkeys(reference.RATES.values()), "bounce_rate"])


def details(asked: Asked) -> None:
    """Every comparison made, the queries behind the numbers, and the method, folded away."""
    result = asked.funnel
    if result.diagnosis is not None and not result.diagnosis.cells.empty:
        every = st.expander(_("Every comparison made, with its q-value"), key="fcells", on_change="rerun")
        if every.open:
            with every:
                _cells(result)
    if asked.basis != "paste":
        queries = st.expander(_("Queries behind the numbers (SQL)"), key="fqueries", on_change="rerun")
        if queries.open:
            with queries:
                names = ("scan_events", "pack_events") if asked.basis == "events" else ("steps", "items")
                for name in names:
                    st.code(files("ecops.funnel.queries").joinpath(f"{name}.sql").read_text("utf-8"), language="sql")
    with st.expander(_("How this is worked out"), key="fmethod"):
        for sentence in (
            _("A rate is units of a step over units of the step before, sum over sum; intervals are Wilson's."),
            _("A step in a part of the shop is compared inside its smallest segments, so a shift of mix is no change."),
            _("Days swing more than chance: their spread widens every interval and every test."),
            _("All parts and steps are corrected together (Benjamini-Hochberg); one cause is told once."),
            _("Money lost: units lost at the step × the share that pays later × the value of an order."),
            _("Products: both rates are drawn towards the usual of all products (empirical Bayes) before judging."),
        ):
            st.markdown(f"- {sentence}")


def _cells(result: ShopFunnel) -> None:
    assert result.diagnosis is not None
    steps = transition_labels(result.after)
    cells = result.diagnosis.cells.sort_values(["q_value", "p_value"])
    shown = cells.assign(step=cells["step"].map(steps)).drop(columns=["depth"])
    shown = shown.assign(**{name: shown[name].map(lambda v: place_label(v) if v else "") for name in result.after.by})
    shapes = {"step": Shape(_("Step"))} | {name: Shape(_dimension(name)) for name in result.after.by}
    shapes |= {
        "before": Shape(_("Before"), "percent"),
        "after": Shape(_("Now"), "percent"),
        "n": Shape(_("Base of the figure"), "count"),
        "gained": Shape(_("More or fewer"), "number"),
        "money": Shape(_("Worth"), "money"),
        "p_value": Shape(_("p-value"), "number"),
        "q_value": Shape(_("q-value"), "number"),
    }
    tables.show(shown, "funnel_cells", shapes, result.after.currency, download="ecops_funnel_cells")
