"""Who may do what: functions by role, sub-accounts with end and quota, the log, and what was changed in bulk."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import streamlit as st

from ecops.handbook import roles
from ecops.messages import Message
from ecops.periods import ONE_DAY, Period
from ecops.review.access import accounts, log
from ui.parts import cards, errors, tables
from ui.parts.tables import Shape
from ui.parts.text import _, escape, joined, plain, say
from ui.settings.parts import ACTOR
from ui.state import scope, workspaces

_LOOK_BACK = 91


def show() -> None:
    """The accounts and what is doubtful about them, the form, the roles, the log."""
    workspace = workspaces.current()
    kept = accounts.Accounts(workspace.state)
    standing, today = kept.all(), dt.date.today()
    found = accounts.doubts(standing, today)
    if not standing:
        cards.verdict(Message("No sub-account is written down yet."))
    else:
        cards.verdict(Message("{n} sub-accounts, {doubts} to look at.", n=len(standing), doubts=len(found)))
    for one in found:
        (st.warning if one.kind == "ended" else st.caption)(say(one.sentence))
    _bulk(workspace)
    _table(standing, workspace.currency)
    if workspaces.is_sample():
        st.caption(say(Message("The sample shop cannot be changed; do this in your own shop.")))
    else:
        _form(standing)
    _refunds(workspace, standing)
    _roles()
    _log(workspace)


def _span() -> Period:
    last = scope.last_day(workspaces.current()) or dt.date.today()
    return Period(last - (_LOOK_BACK - 1) * ONE_DAY, last)


def _bulk(workspace: object) -> None:
    """What was changed in bulk, as a warning."""
    told = (*log.bulk_records(workspace.state.trail()), *workspaces.answer(log.bulk_prices, _span()))  # type: ignore[attr-defined]
    for one in told[:3]:
        st.warning(say(one.sentence))


def _table(standing: tuple[accounts.Account, ...], currency: str) -> None:
    if not standing:
        return
    rows = pd.DataFrame(
        [
            {
                "employee": one.employee,
                "role": plain(roles()[one.role]),
                "functions": joined(plain(accounts.functions()[key].label) for key in one.functions) or "—",
                "until": one.until,
                "quota": plain(accounts.quota_told(one, currency)),
            }
            for one in standing
        ]
    )
    shapes = {
        "employee": Shape(_("Employee number")),
        "role": Shape(_("Role")),
        "functions": Shape(_("May do")),
        "until": Shape(_("Valid until"), "date"),
        "quota": Shape(_("Refunds released alone"), "figure"),
    }
    tables.show(rows, "settings_accounts", shapes, download="ecops_sub_accounts")


def _form(standing: tuple[accounts.Account, ...]) -> None:
    st.subheader(_("Write a sub-account down"), anchor=False)
    owners = {key: plain(roles()[key]) for key in accounts.matrix()}
    with st.form("account_form", border=True, enter_to_submit=False):
        left, middle, right, last = st.columns(4)
        left.text_input(_("Employee number"), key="account_employee", max_chars=60)
        middle.selectbox(_("Role"), list(owners), format_func=owners.__getitem__, key="account_role")
        right.date_input(
            _("Valid until"), value=dt.date.today() + 365 * ONE_DAY, key="account_until", format="YYYY-MM-DD"
        )
        last.number_input(_("Refund quota"), min_value=0.0, value=0.0, step=50.0, key="account_quota")
        st.caption(
            _("A new account gets what its role may do, and no more; the end makes sure that nobody is forgotten.")
        )
        st.form_submit_button(_("Write it down"), type="primary", on_click=_grant)
    if standing:
        with st.expander(_("Take permissions back"), key="account_removal"):
            names = [one.employee for one in standing]
            name = st.selectbox(_("Employee number"), names, format_func=escape, key="account_name")
            st.button(_("Take it back"), key="account_remove", on_click=_revoke, args=(name,))


def _grant() -> None:
    said = {name: st.session_state[f"account_{name}"] for name in ("employee", "role", "until", "quota")}
    with errors.kept("settings"):
        accounts.Accounts(workspaces.current().state).grant(
            ACTOR, said["employee"], said["role"], said["until"], float(said["quota"])
        )
        st.session_state["account_employee"] = ""


def _revoke(name: str) -> None:
    with errors.kept("settings"):
        accounts.Accounts(workspaces.current().state).revoke(ACTOR, name)


def _refunds(workspace: object, standing: tuple[accounts.Account, ...]) -> None:
    """Refunds that the lead had to release."""
    span = _span()
    rows = accounts.refunds_beyond(workspace.data(), span, standing)  # type: ignore[attr-defined]
    if rows.empty:
        return
    with st.expander(_("Refunds above every quota ({n})", n=len(rows)), key="account_refunds"):
        st.caption(_("{period}. The lead had to release these.", period=span.range))
        tables.show(rows, "settings_refunds", {}, workspace.currency, download="ecops_refunds", source="after_sales")  # type: ignore[attr-defined]


def _roles() -> None:
    """What each role may do, as a matrix."""
    with st.expander(_("What each role may do"), key="account_matrix"):
        table = pd.DataFrame(
            [
                {
                    "role": plain(roles()[role]),
                    "functions": joined(plain(accounts.functions()[key].label) for key in keys),
                    "sensitive": joined(
                        plain(accounts.functions()[key].label) for key in keys if accounts.functions()[key].sensitive
                    ) or "—",
                }
                for role, keys in accounts.matrix().items()
            ]
        )  # fmt: skip
        shapes = {
            "role": Shape(_("Role")),
            "functions": Shape(_("May do")),
            "sensitive": Shape(_("Sensitive of these")),
        }
        tables.show(table, "settings_roles", shapes, download="ecops_roles")


def _log(workspace: object) -> None:
    """Every operation, and whether the log is whole."""
    with st.expander(_("What was done in this shop"), key="account_log"):
        rows = log.lines(workspace.state)  # type: ignore[attr-defined]
        if rows.empty:
            st.caption(_("Nothing was changed yet."))
            return
        wrong = log.broken(workspace.state)  # type: ignore[attr-defined]
        for one in wrong:
            st.error(say(one))
        if not wrong:
            st.caption(_("The log is whole: every line is chained to the one before."))
        shapes = {
            "at": Shape(_("When (UTC)"), "time"),
            "actor": Shape(_("Who")),
            "action": Shape(_("What")),
            "detail": Shape(_("Exactly")),
            "seq": Shape(_("Line"), "count"),
        }
        tables.show(rows, "settings_log", shapes, download="ecops_log")  # type: ignore[attr-defined]
