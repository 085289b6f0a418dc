"""Rules that somebody must hear of at once, written and given up on the page."""

from __future__ import annotations

from typing import get_args

import pandas as pd
import streamlit as st

from ecops.handbook import roles
from ecops.messages import Message, Percent, Value
from ecops.metrics.daily import DIMENSIONS
from ecops.metrics.registry import metric, metrics
from ecops.review import AlertRule, AlertRules
from ecops.review.alarms import Comparison
from ecops.words import written
from ui.parts import cards, errors, tables
from ui.parts.tables import Shape
from ui.parts.text import _, joined, plain
from ui.settings.parts import ACTOR
from ui.state import workspaces

_FIRST = "gmv"
_FIELDS = ("metric", "comparison", "threshold", "weeks", "by", "owner")


def show() -> None:
    """The rules that hold, the form of a new one, and giving one up."""
    workspace = workspaces.current()
    rules = AlertRules(workspace.state).all()
    cards.verdict(Message("{n} alert rules are looked at every week.", n=len(rules)))
    st.caption(_("What fires stands on top of the weekly review, and `python -m ecops alerts` ends with code 3."))
    rows = pd.DataFrame(
        [
            {
                "metric": plain(metric(rule.metric).label),
                "rule": _sentence(rule, workspace.currency),
                "by": joined(plain(DIMENSIONS[name]) for name in rule.by) or _("the whole shop"),
                "owner": plain(roles()[rule.owner]),
            }
            for rule in rules
        ]
    )
    tables.show(
        rows,
        "settings_rules",
        {
            "metric": Shape(_("Metric")),
            "rule": Shape(_("Fires when it")),
            "by": Shape(_("Looked at by")),
            "owner": Shape(_("Owner")),
        },
        download="ecops_alert_rules",
    )
    _form()
    _removal(rules, workspace.currency)


def _sentence(rule: AlertRule, currency: str) -> str:
    limit: Value = Percent(rule.threshold)
    if rule.comparison in {"below", "above"}:
        limit = written(rule.metric, rule.threshold, currency)
    sentence = {
        "below": Message("is below {limit} over {n} weeks", limit=limit, n=rule.weeks),
        "above": Message("is above {limit} over {n} weeks", limit=limit, n=rule.weeks),
        "falls_by": Message("falls by {limit} within {n} weeks", limit=limit, n=rule.weeks),
        "rises_by": Message("rises by {limit} within {n} weeks", limit=limit, n=rule.weeks),
    }[rule.comparison]
    return plain(sentence)


def _form() -> None:
    st.subheader(_("Write a rule"), anchor=False)
    keys = [_FIRST, *(key for key in metrics() if key != _FIRST)]
    labels = {key: plain(metric(key).label) for key in keys}
    kinds = {
        "falls_by": _("falls by (%)"),
        "rises_by": _("rises by (%)"),
        "below": _("is below"),
        "above": _("is above"),
    }
    dimensions = {name: plain(word) for name, word in DIMENSIONS.items()}
    owners = {key: plain(word) for key, word in roles().items()}
    with st.form("rule_form", border=True, enter_to_submit=False):
        left, middle, right = st.columns(3)
        with left:
            st.selectbox(_("Metric"), keys, format_func=labels.__getitem__, key="rule_metric")
            st.selectbox(_("Fires when it"), list(kinds), format_func=kinds.__getitem__, key="rule_comparison")
        with middle:
            st.number_input(
                _("Limit (a rate or a change in %)"), min_value=0.0, value=None, key="rule_threshold", placeholder="—"
            )
            st.number_input(_("Weeks"), min_value=1, max_value=13, value=1, key="rule_weeks")
        with right:
            st.multiselect(
                _("Looked at by"),
                list(DIMENSIONS),
                format_func=dimensions.__getitem__,
                key="rule_by",
                placeholder=_("the whole shop"),
            )
            st.selectbox(_("Owner"), list(roles()), format_func=owners.__getitem__, key="rule_owner")
        st.form_submit_button(_("Write it down"), type="primary", on_click=_write)


def _write() -> None:
    said = {name: st.session_state[f"rule_{name}"] for name in _FIELDS}
    hundredths = said["comparison"] in get_args(Comparison)[2:] or metric(said["metric"]).percent
    with errors.kept("settings"):
        value = float("nan") if said["threshold"] is None else float(said["threshold"])
        rule = AlertRule(
            said["metric"],
            said["comparison"],
            value / 100 if hundredths else value,
            by=tuple(said["by"]),
            weeks=int(said["weeks"]),
            owner=said["owner"],
        )
        log = AlertRules(workspaces.current().state)
        log.keep_defaults(ACTOR)
        log.add(ACTOR, rule)
        st.session_state["rule_threshold"] = None


def _removal(rules: tuple[AlertRule, ...], currency: str) -> None:
    if not rules:
        return
    with st.expander(_("Give a rule up"), key="rule_removal"):
        names = [f"{plain(metric(rule.metric).label)} {_sentence(rule, currency)}" for rule in rules]
        place = st.selectbox(_("Rule"), range(len(names)), format_func=names.__getitem__, key="rule_place")
        st.button(_("Give it up"), key="rule_remove", on_click=_remove, args=(place,))


def _remove(place: int) -> None:
    with errors.kept("settings"):
        log = AlertRules(workspaces.current().state)
        log.keep_defaults(ACTOR)
        log.remove(ACTOR, log.all()[place].id)
