"""Upload and check: how a file of a test looks, what was found in it, and who decides what."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from ecops import experiments as ab
from ecops.experiments.telling.report import readable, split_rows
from ecops.experiments.telling.words import ARMS, arm_name
from ecops.messages import Percent, Term
from ui.ab_test.experiment import Case, row
from ui.ab_test.experiment_store import ACTOR, register
from ui.data import upload
from ui.parts import errors, tables
from ui.parts.tables import Shape
from ui.parts.text import _, plain, say
from ui.state import workspaces

REPORTS = ("generic_experiment_units", "generic_experiment_totals")
"""What may be dropped on this page."""

Rows = tuple[tuple[Term, ...], ...]


def _row(*cells: str | tuple[str, str]) -> tuple[Term, ...]:
    return tuple(Term(en=cell, zh=cell) if isinstance(cell, str) else Term(en=cell[0], zh=cell[1]) for cell in cells)


_ARM, _REVENUE = ("variant", "分组"), ("revenue", "支付金额")
_TEST, _USER, _PAID = ("experiment", "实验"), ("user_id", "用户ID"), ("converted", "是否支付")
_OLD, _NEW = ("control", "对照组"), ("treatment", "实验组")
UNITS: Rows = (
    _row(_TEST, _USER, _ARM, ("exposed_at", "进组时间"), _PAID, _REVENUE),
    _row("ab_1", "u1", _OLD, "2026-11-09", "1", "129.00"),
    _row("ab_1", "u2", _NEW, "2026-11-09", "0", "0.00"),
)
TOTALS: Rows = (
    _row(_ARM, ("users", "人数"), ("conversions", "支付人数"), _REVENUE),
    _row(_OLD, "4000", "401", "52130.00"),
    _row(_NEW, "4000", "505", "66210.00"),
)
DAILY: Rows = (
    _row(("date", "日期"), _ARM, ("visitors", "访客数"), ("buyers", "支付买家数"), _REVENUE),
    _row("2026-11-09", _OLD, "570", "57", "7410.00"),
    _row("2026-11-09", _NEW, "568", "71", "9230.00"),
)
"""How a file looks: its header, then two rows."""


def shapes() -> None:
    """The three shapes of a file, each with two rows and what it can answer."""
    told = (
        ("units", _("One row a user"), UNITS,
         _("The best: every check, conversion and money, segments, outliers. Every user who entered, buyers or not.")),
        ("totals", _("Totals of each arm"), TOTALS,
         _("Enough for rates. Money cannot be tested from totals alone; add days or one row a user.")),
        ("daily", _("Totals of each arm and day"), DAILY,
         _("As platforms export it. Money is compared day by day, from eight days on.")),
    )  # fmt: skip
    for key, label, rows, words in told:
        st.markdown(f"**{label}**  {words}")
        head, *body = [[plain(cell) for cell in line] for line in rows]
        table = pd.DataFrame(body, columns=head)
        st.dataframe(table, hide_index=True, width="content", key=f"shape_{key}")
        tables.downloads({key: table}, f"ecops_ab_{key}", f"shape_{key}")


def box() -> None:
    """The drop zone in the reader's own shop; in the sample shop how to get there."""
    if workspaces.is_sample():
        st.markdown(_("This is the sample shop. Your own tests are read in your own shop."))
        st.button(_("Go to my shop"), key="to_own", on_click=workspaces.choose_own)
    else:
        errors.told()
        upload.box(REPORTS)


def found(shown: Case) -> None:
    """Every check as a sentence, and the arms: planned against seen."""
    order = ("red", "amber", "green")
    for check in sorted(shown.readout.checks, key=lambda check: order.index(check.level)):
        row(check.level, say(readable(check.text)))
    exposure = shown.tally.exposure
    known = exposure is None or exposure.identified
    kinds = {
        "units": _("One row a user") if known else _("No user ids: each row counted as one user"),
        "totals": _("Totals of each arm"),
        "daily": _("Totals of each arm and day"),
    }
    st.caption(kinds[shown.readout.kind])
    shapes = {
        "arm": Shape(_("Arm")), "planned": Shape(_("Planned share"), "percent"), "share": Shape(_("Share"), "percent"),
        "expected": Shape(_("Users planned"), "count"), "users": Shape(_("Users"), "count"),
    }  # fmt: skip
    rows = [(plain(arm_name(shown.spec, arm)), *counts) for arm, *counts in split_rows(shown.readout)]
    tables.show(pd.DataFrame(rows, columns=list(shapes)), "split_table", shapes)
    split = ab.srm(shown.readout.users, shown.spec.arms)
    if shown.readout.kind != "daily" and split.p_value >= 0:
        st.caption(
            _("Chance alone splits the users at least this unevenly in {share} of all tests.",
              share=Percent(split.p_value, digits=0 if split.p_value >= 0.1 else None))
        )  # fmt: skip


def settings(shown: Case) -> None:
    """What decides, which arm is the old version, what must not suffer: as proposed, changeable in one's own shop."""
    fixed = workspaces.is_sample()
    with st.form("settings", border=False):
        left, right = st.columns(2, gap="medium")
        with left:
            chosen = _decides(shown, fixed)
        with right:
            chosen |= _told(shown, fixed)
        if st.form_submit_button(_("Save"), disabled=fixed):
            loss = chosen.pop("loss") / 100
            rails = [key for key in chosen["guardrails"] if key != chosen["goal"]]
            weights = chosen.pop("weights")
            if shown.spec.split_known or len(set(weights.values())) > 1:
                chosen["weights"] = weights
            chosen["also"] = [key for key in chosen["also"] if key != chosen["goal"] and key not in rails]
            with errors.explained():
                register().write(shown.key, ACTOR, **{**chosen, "guardrails": [[key, loss] for key in rails]})
                st.rerun()


def _decides(shown: Case, fixed: bool) -> dict[str, Any]:
    """The control, the goal and the guardrails."""
    held = shown.held
    label = {key: plain(held.metric(key).label) for key in held.metrics}
    control = st.selectbox(
        _("The version as it was"),
        list(held.users),
        list(held.users).index(shown.spec.control),
        format_func=lambda arm: plain(ARMS.get(arm, arm)),
        disabled=fixed,
    )
    goal_now = shown.spec.goal_metric.key
    goal = st.selectbox(
        _("The one figure that decides"),
        held.metrics,
        held.metrics.index(goal_now) if goal_now in held.metrics else 0,
        format_func=label.__getitem__,
        disabled=fixed,
    )
    rails = {metric.key: margin for metric, margin in shown.spec.guardrail_metrics}
    guarded = st.multiselect(
        _("What must not suffer"),
        held.metrics,
        [key for key in rails if key in held.metrics],
        format_func=label.__getitem__,
        placeholder=_("Nothing"),
        disabled=fixed,
    )
    loss = st.number_input(
        _("Largest acceptable loss there (%)"), 0.0, 50.0, 100 * max([*rails.values(), 0.05]), 1.0, disabled=fixed
    )
    return {"control": control, "goal": goal, "guardrails": guarded, "loss": loss, "weights": _weights(shown, fixed)}


def _weights(shown: Case, fixed: bool) -> dict[str, float]:
    """The planned share of each arm, in per cent; equal ones until somebody says otherwise."""
    whole = sum(shown.spec.arms.values())
    return {
        arm: st.number_input(
            _("Planned share of {arm} (%)", arm=arm_name(shown.spec, arm)),
            0.0,
            100.0,
            round(100 * weight / whole, 2),
            1.0,
            disabled=fixed,
            key=f"weight_{shown.key}_{arm}",
        )
        for arm, weight in shown.spec.arms.items()
    }


def _told(shown: Case, fixed: bool) -> dict[str, Any]:
    """What is told beside the goal, and what turns it into money."""
    held, spec = shown.held, shown.spec
    label = {key: plain(held.metric(key).label) for key in held.metrics}
    secondary = [metric.key for metric in spec.metrics[1 + len(spec.guardrails) :]]
    also = st.multiselect(
        _("What else to tell"),
        held.metrics,
        [key for key in secondary if key in held.metrics],
        format_func=label.__getitem__,
        placeholder=_("Nothing"),
        disabled=fixed,
        key=f"also_{shown.key}",
    )
    less: list[str] = []
    if held.figures:
        less = st.multiselect(
            _("Figures of the file of which less is better"),
            [figure.key for figure in held.figures],
            [figure.key for figure in spec.figures if figure.less_is_better],
            format_func=label.__getitem__,
            placeholder=_("None"),
            disabled=fixed,
            key=f"less_{shown.key}",
        )
    share = st.number_input(_("Gross margin (%); 100 counts sales"), 1.0, 100.0, 100 * spec.margin, 1.0, disabled=fixed)
    month = st.number_input(
        _("Users a month whom the decision will meet"),
        0,
        10**9,
        round(spec.monthly_traffic or 0),
        1000,
        disabled=fixed,
        key=f"month_{shown.key}",
        help=_("0 takes as many as came into the test, where the file has dates."),
    )
    return {"also": also, "less": less, "margin": share / 100, "monthly_traffic": float(month) or None}
