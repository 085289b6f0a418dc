"""Plan a test: how many people, how many days, what waiting costs, and how often one may look."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from ecops import EcopsError, experiments, metrics
from ecops.experiments.design.drafting import BASES, BOUNCE, UNITS, Draft, bounce_aim
from ecops.experiments.telling import figures
from ecops.handbook import roles
from ecops.messages import Count, Message, Money, Percent
from ui.ab_test.experiment_register import fixed_help, save_plan
from ui.parts import charts, cites, errors, tables
from ui.parts.tables import Shape
from ui.parts.text import _, look, plain, say
from ui.state import scope, workspaces

_TOO_LONG = 56
_MONTH = 4
_USUAL = {"pay_conversion": 0.03, "order_value": 120.0, "visitors": 1000.0}
_OTHER_RATES = {"ctr": 0.05, "payment_rate": 0.75}


def show() -> None:
    """Questions on the left, the plan on the right."""
    asked, told = st.columns([2, 3], gap="large")
    with asked:
        draft = _draft()
    with told:
        if draft is None:
            return
        try:
            _plan(draft)
        except EcopsError as error:
            errors.show(error)
            return
    _write_down(draft)


def _known() -> tuple[Mapping[str, float], bool]:
    """What the shop's own data says of conversion, order value and visitors a day; usual figures where it is silent."""
    chosen = scope.current()
    if chosen is None:
        return _USUAL, False
    try:
        result = workspaces.answer(metrics.kpis, chosen.period, chosen.compare, None, where=chosen.where)
    except EcopsError:
        return _USUAL, False
    found = {key: result.kpis[key].value for key in (*_USUAL, "bounce_rate") if key in result.kpis}
    found["visitors"] = found.get("visitors", math.nan) / chosen.period.days
    own = {key: value for key, value in found.items() if math.isfinite(value) and value > 0}
    return {**_USUAL, **own}, own.keys() >= _USUAL.keys()


def _draft() -> Draft | None:
    known, own = _known()
    keys = list(BASES)
    metric = st.selectbox(
        _("What should become better?"),
        keys,
        format_func={key: plain(experiments.presets()[key].label) for key in keys}.__getitem__,
        key="plan_metric",
        persist_state="session",
    )
    basis, preset = BASES[metric], experiments.presets()[metric]
    rate, value, aim = known["pay_conversion"], known["order_value"], preset.suggested_lift
    if basis != "order":
        usual = rate if metric in {"conversion", "uv_value", "roi", "cac"} else _OTHER_RATES.get(metric, 0.2)
        if metric == "bounce_rate":
            usual, aim = workspaces.answer(bounce_aim, known.get("bounce_rate", math.nan))
        label = _("Conversion rate today (%)") if basis == "revenue" or metric == "cac" else _("Rate today (%)")
        rate = (
            st.number_input(label, 0.01, 99.0, round(100 * usual, 2), 0.1, format="%.2f", key=f"plan_rate_{metric}")
            / 100
        )
    if metric not in {"ctr", "bounce_rate", "repeat_rate"}:
        value = st.number_input(
            _("Value of an order"), 0.01, 1e7, round(value, 2), 1.0, format="%.0f", key="plan_value"
        )
    lift = st.number_input(
        _("Smallest change worth having (%)"),
        1.0,
        90.0,
        round(100 * aim, 1),
        1.0,
        format="%.0f",
        key=f"plan_lift_{metric}_{aim:.4f}",
        help=_("Below this you would not bother to roll it out. Smaller changes need many more people."),
    )
    if metric == "bounce_rate":
        st.caption(_("{lift} less would take the bounce down to what others reach.", lift=Percent(aim)))
        cites.show(BOUNCE)
    else:
        st.caption(
            _(
                "{lift} is a suggestion: shops usually test for 10 to 12%. Take what would be worth the work.",
                lift=_round(aim),
            )
        )
    traffic = st.number_input(
        _("Traffic a day that enters the test ({unit})", unit=UNITS[metric]),
        1,
        10**8,
        max(1, round(known["visitors"] * (rate if basis == "order" else 1))),
        100,
        key=f"plan_traffic_{metric}",
    )
    with st.expander(_("More"), key="plan_more", type="compact"):
        arms = st.number_input(_("Versions, the old one included"), 2, 6, 2, key="plan_arms")
        looks = st.number_input(_("Times you want to look"), 1, 28, 4, key="plan_looks")
        kept = st.number_input(
            _("Share of the traffic that keeps the old version (%)"), 1.0, 99.0, round(100 / arms, 1), 5.0,
            key=f"plan_share_{arms}", help=_("An uneven split needs more users in all."),
        )  # fmt: skip
        power = st.slider(_("Chance to find such a change"), 50, 95, 80, 5, format="%d%%", key="plan_power")
    if own:
        st.caption(_("Conversion, order value and traffic are those of the dates chosen on the left."))
    else:
        st.caption(_("The first figures are examples; put your own in."))
    with errors.explained():
        return Draft(
            metric, rate, value, lift=lift / 100, users_per_day=float(traffic), arms=int(arms), looks=int(looks),
            power=power / 100, control_share=math.nan if kept == round(100 / arms, 1) else kept / 100,
        )  # fmt: skip
    return None


def _plan(draft: Draft) -> None:
    with st.spinner(_("Planning")):
        plan = draft.plan()
    unit = UNITS[draft.metric]
    st.header(
        _(
            "{n} {unit}, {days} days: then a change of {lift} or more is found {power} of the time.",
            n=Count(plan.users),
            unit=unit,
            days=Count(plan.days),
            lift=_round(draft.lift),
            power=_round(draft.power),
        ),
        anchor=False,
    )
    st.markdown(
        _("{n} in each version. Whole weeks, so that every weekday counts equally.", n=Count(max(plan.users_of)))
    )
    caveat = draft.caveat()
    if caveat is not None:
        st.markdown(say(caveat))
    _waiting(draft, plan)
    if plan.days > _TOO_LONG and len(plan.detectable) >= _MONTH and math.isfinite(plan.detectable[_MONTH - 1]):
        st.warning(
            _(
                "That is long. In four weeks this traffic shows changes of {lift} and more: test something bolder, "
                "or a place with more traffic.",
                lift=Percent(plan.detectable[_MONTH - 1]),
            )
        )
    if draft.looks > 1:
        st.markdown(
            _(
                "You may look {n} times, at {counts} {unit}. That costs {more} more people, and if the change is as "
                "large as planned the test ends after {share} of them on average.",
                n=Count(draft.looks),
                counts=" / ".join(f"{count:,}" for count in plan.looks),
                unit=unit,
                more=Percent(plan.inflation - 1, digits=1),
                share=Percent(plan.expected_share, digits=0),
            )
        )
    charts.show(figures.power_curve(draft.design(), draft.change, float(plan.users), look()), "power_curve")
    rows = pd.DataFrame(
        [(week, 7 * week * draft.users_per_day, lift) for week, lift in enumerate(plan.detectable, 1)
         if math.isfinite(lift)],
        columns=["week", "users", "lift"],
    )  # fmt: skip
    with st.expander(_("What can be seen after how many weeks?"), key="plan_weeks", type="compact"):
        shapes = {
            "week": Shape(_("Weeks"), "count"),
            "users": Shape(plain(unit), "count"),
            "lift": Shape(_("Smallest change that is found"), "percent"),
        }
        tables.show(rows, "weeks_to_see", shapes)


def _round(share: float) -> Percent:
    """A share that somebody typed in: 12% stays 12%."""
    return Percent(share, digits=0 if abs(100 * share - round(100 * share)) < 1e-9 else 1)


def _waiting(draft: Draft, plan: experiments.Plan) -> None:
    cost = draft.waiting()
    if not math.isfinite(cost):
        return
    currency = workspaces.current().currency
    st.markdown(
        _(
            "Waiting has a price: if the change really brings {lift}, each week of testing forgoes about {week} of "
            "sales in the old version, {all} over the test. If it harms, the test limits the harm to the same amount.",
            lift=_round(draft.lift),
            week=Money(cost, currency),
            all=Money(cost * plan.days / 7, currency),
        )
    )


def _write_down(draft: Draft) -> None:
    """The plan goes into the register before the start; only then does looking early stay honest."""
    fixed = workspaces.is_sample()
    st.subheader(_("Write the plan down"), anchor=False)
    st.caption(_("A plan written down before the start is what makes looking early safe."))
    with st.form("plan", border=False):
        left, right = st.columns(2, gap="medium")
        name = left.text_input(_("Name of the test, as in its file"), key="plan_name", max_chars=80, disabled=fixed)
        owner = right.selectbox(
            _("Owner"),
            list(roles()),
            format_func={key: plain(role) for key, role in roles().items()}.__getitem__,
            key="plan_owner",
            disabled=fixed,
        )
        why = st.text_input(_("Hypothesis: what changes, and why should it work?"), key="plan_why", disabled=fixed)
        if st.form_submit_button(_("Write it into the register"), disabled=fixed, help=fixed_help()):
            fields: dict[str, Any] = {
                "hypothesis": why,
                "owner": owner,
                "goal": draft.metric,
                "baseline": draft.design().mean,
                "minimum_lift": draft.lift,
                "planned_sample": float(draft.plan().users),
            }
            if draft.control_share > 0:
                fields["control_share"] = draft.control_share
            save_plan(name, fields)
    if fixed:
        st.caption(say(Message("The sample shop cannot be changed; do this in your own shop.")))
