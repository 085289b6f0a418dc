"""Cohorts, and what customers will bring."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import streamlit as st

from ecops.charts import Figure
from ecops.customers import answers
from ecops.customers.retention.figures import cohort_map
from ecops.customers.value.figures import calibration
from ecops.customers.value.forecast import Prediction, Value, in_words
from ecops.messages import Percent
from ui.customers.choices import Looked, choose
from ui.parts import charts, kept, tables
from ui.parts.tables import Shape
from ui.parts.text import _, look, say


def cohorts(looked: Looked) -> None:
    """Of those who bought first in a month, how many came back."""
    with st.container(horizontal=True, gap="small"):
        metric = choose(
            "coh_metric",
            _("Counted"),
            {"customers": _("customers who ordered"), "orders": _("orders"), "revenue": _("net sales")},
        )
        period = choose("coh_period", _("Time"), {"month": _("calendar months"), "rolling": _("spans of 30 days")})
        added = choose("coh_sum", _("Each period"), {"each": _("by itself"), "sum": _("added up")})
    found = looked.answer(answers.cohort_table, looked.asked.until, metric, period, added == "sum")
    kind: tables.Kind = {"customers": "percent", "orders": "number", "revenue": "money"}[metric]
    shapes = {"first": Shape(_("First order in")), "size": Shape(_("Customers"), "count")}
    shapes |= {name: Shape(name, kind) for name in _ages(found)}
    charts.show(
        kept.of(cohort_map, found, look()), "cohorts", kept.of(_cohort_rows, found), shapes, currency=looked.currency
    )
    mean = [
        f"+{age} {say(Percent(float(value)))}" for age, value in enumerate(found.mature) if age and math.isfinite(value)
    ]
    if metric == "customers" and mean:
        st.caption(_("Mean of the cohorts that are whole, by size: {list}.", list=" · ".join(mean[:6])))


def _ages(found: Any) -> list[str]:
    return [f"+{age}" for age in range(found.rate.shape[1])]


def _cohort_rows(found: Any) -> pd.DataFrame:
    rate = pd.DataFrame(found.rate, columns=_ages(found))
    rate.insert(0, "size", found.size)
    rate.insert(0, "first", [f"{day:%Y-%m}" for day in found.first])
    return rate


def forecast(looked: Looked) -> Value:
    """Probability of an order, money of the next days, and how such forecasts did before."""
    days = int(choose("val_days", _("Days ahead"), {"90": _("90 days"), "30": _("30 days"), "180": _("180 days")}))
    with st.spinner(_("Fitting the forecast and holding older ones against what came")):
        value: Value = looked.answer(answers.forecast, looked.asked.until, days)
    if value.reason is not None:
        (st.warning if value.status == "too_small" else st.info)(say(value.reason))
    if value.purchases is None:
        return value
    found = kept.numbers(_predicted, value, days)()
    st.markdown(say(in_words(value, found)))
    for note in value.notes:
        st.caption(say(note))
    left, right = st.columns([2, 3], gap="medium")
    tried = value.backtest
    with left:
        if tried is not None:
            charts.show(kept.of(_calibration, value), "calibration")
    with right:
        st.markdown(f"**{_('How forecasts of this kind did before')}**")
        if tried is None:
            st.caption(_("The data is too short to hold a forecast against what came."))
        else:
            tables.show(kept.numbers(_held_against, tried), key="backtest", shapes=_held_shapes())
            st.caption(_("The naive forecast lets everybody go on at her past rate."))
            with st.expander(
                _("Every model that was tried"), key="models_box", on_change="rerun", type="compact"
            ) as box:
                if box.open:
                    tables.show(kept.of(_backtest, tried), key="backtest_models", shapes=_backtest_shapes())
                    st.caption(_("Deviance is what the choice of the model goes by, smaller is better."))
    with st.expander(_("Every customer's forecast"), key="value_customers", on_change="rerun", type="compact") as box:
        if box.open:
            frame = found.frame(looked.book).sort_values("value", ascending=False, ignore_index=True)
            tables.show(frame.head(1000), key="value_table", shapes=_customer_shapes(), currency=looked.currency)
            tables.downloads({"forecast": frame}, "ecops_forecast", "forecast")
    return value


def _predicted(value: Value, days: int) -> Prediction:
    return value.predict(days)


_MODELS = ("naive", "nbd", "bg_nbd", "mbg_nbd", "boosted")


def _calibration(value: Value) -> Figure:
    tried = value.backtest
    assert tried is not None
    return calibration(tried.of(value.model)[0] if tried.of(value.model) else tried.folds[0], look())


def _held_against(tried: Any) -> pd.DataFrame:
    """The chosen model beside the naive forecast, one row a day on which they were made."""
    table = tried.table()
    chosen, naive = (table[table["model"] == model].set_index("end") for model in (tried.best, "naive"))
    held = chosen[["actual", "forecast", "bias"]].assign(naive=naive["forecast"], naive_bias=naive["bias"])
    return held.reset_index()


def _held_shapes() -> dict[str, Shape]:
    return {
        "end": Shape(_("Made on"), "date"),
        "actual": Shape(_("Orders that came"), "count"),
        "forecast": Shape(_("Orders forecast"), "count"),
        "bias": Shape(_("Off by"), "percent"),
        "naive": Shape(_("Naive forecast"), "count"),
        "naive_bias": Shape(_("Naive off by"), "percent"),
    }


def _backtest(tried: Any) -> pd.DataFrame:
    table = tried.table()
    words = (
        _("naive"),
        _("nobody leaves (NBD)"),
        _("may leave after a repeat (BG/NBD)"),
        _("may leave after any order (MBG/NBD)"),
        _("learned (boosting)"),
    )
    names = dict(zip(_MODELS, words, strict=True))
    return table.assign(model=table["model"].map(names))[
        ["model", "end", "actual", "forecast", "bias", "deviance", "captured", "calibration_error"]
    ]


def _backtest_shapes() -> dict[str, Shape]:
    return {
        "model": Shape(_("Forecast")),
        "end": Shape(_("Made on"), "date"),
        "actual": Shape(_("Orders that came"), "count"),
        "forecast": Shape(_("Orders forecast"), "count"),
        "bias": Shape(_("Off by"), "percent"),
        "deviance": Shape(_("Deviance"), "number"),
        "captured": Shape(_("Orders of the best tenth"), "percent"),
        "calibration_error": Shape(_("Probabilities off by"), "percent"),
    }


def _customer_shapes() -> dict[str, Shape]:
    return {
        "customer": Shape(_("Customer")),
        "orders": Shape(_("Orders expected"), "number"),
        "buys": Shape(_("Probability of an order"), "percent"),
        "spend": Shape(_("Money of an order"), "money"),
        "value": Shape(_("Money expected"), "money"),
        "next_order": Shape(_("Next order about"), "date"),
    }
