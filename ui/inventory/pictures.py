"""Figures and pictures of the stock page."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import streamlit as st

from ecops.charts import Figure
from ecops.handbook import parameter
from ecops.inventory import view
from ecops.inventory.policies.rules import rules
from ecops.inventory.telling import figures
from ecops.messages import Message, Money, Number, Percent
from ui.inventory.asked import Asked
from ui.parts import charts, cites, kept, tables
from ui.parts.tables import Shape
from ui.parts.text import _, look, plain, say
from ui.state import workspaces


def cards(asked: Asked) -> None:
    """At most five figures."""
    stock = asked.stock
    lost = kept.numbers(_lost, stock.table)()
    spend = sum(line.value for line in stock.lines if math.isfinite(line.value))
    turned = stock.turnover
    counted = len(stock.shop.stock) > 0
    shown = [
        (_("Sales lost a week"), _money(asked, lost) if counted else "—",
         _("What customers ask for a week of products that are out of stock, at their price.")),
        (_("Orders due today"), _money(asked, spend) if counted else "—", _("Cost of today's purchase list.")),
        (_("Stock lasts"),
         _("{n} days", n=Number(turned.days, 0)) if turned is not None and math.isfinite(turned.days) else "—",
         _turnover(asked)),
        (_("Stock-out rate"), _share(stock.shares.stock_out),
         _("Product days without stock over all product days of products that sell, last 28 days.")),
        (_("Slow-mover share"), _share(stock.shares.slow),
         _("Stock at cost of products without a sale in {days} days, over all stock at cost.",
           days=int(parameter("inventory.dead_stock_days", stock.spec.thresholds)))),
    ]  # fmt: skip
    with st.grid(5, min_column_width=148, gap="xsmall", key="figure_cards"):
        for label, value, meaning in shown:
            st.metric(label, value, help=meaning, border=True, height="stretch")


def _lost(table: pd.DataFrame) -> float:
    """What a week without the products that are out of stock costs."""
    return float(table["at_risk"][table["alert"] == "out"].sum())


def _money(asked: Asked, amount: float) -> str:
    return plain(Money(amount, asked.stock.currency))


def _share(value: float) -> str:
    return plain(Percent(value)) if math.isfinite(value) else "—"


def _turnover(asked: Asked) -> str:
    turned = asked.stock.turnover
    if turned is None:
        return _("Needs counts of stock and the cost of products.")
    words = _(
        "Cost of sales over average inventory: turned {ratio} times in {days} days, {yearly} times a year, from "
        "{points} days on which stock was counted. References: {low}, {mid} and {high} times a year.",
        ratio=Number(turned.ratio, 1),
        days=turned.span,
        yearly=Number(turned.yearly, 1),
        points=turned.points,
        **{
            name: Number(parameter(f"inventory.turnover_reference_{name}", asked.stock.spec.thresholds), 0)
            for name in ("low", "mid", "high")
        },
    )
    return "\n\n".join([words, *(say(note) for note in turned.notes)])


def side_by_side(asked: Asked) -> None:
    """How long products last, and what each rule delivers."""
    left, right = st.columns(2, gap="medium")
    with left:
        figure = kept.of(figures.cover_bars, asked.stock, look())
        if figure() is None:
            st.caption(_("No product that was counted sold in the last 28 days."))
        else:
            charts.show(
                figure,
                "stock_cover",
                kept.of(_urgent_rows, asked.stock),
                {
                    "title": Shape(_("Product")),
                    "alert": Shape(_("Alert")),
                    "available": Shape(_("Available"), "count"),
                    "daily_sales": Shape(_("Sales a day"), "number"),
                    "cover_days": Shape(_("Days of cover"), "number"),
                    "lead_days": Shape(_("Lead time (days)"), "number"),
                },
            )
    with right:
        comparison(asked)


def _urgent_rows(stock: Any) -> pd.DataFrame:
    rows = figures.urgent(stock.table)
    shown = rows[["title", "available", "daily_sales", "cover_days", "lead_days"]]
    return shown.assign(alert=_alerts(rows), cover_days=rows["cover_days"].where(rows["cover_days"] < math.inf))


def _alerts(rows: pd.DataFrame) -> list[str]:
    return [plain(figures.ALERTS[alert]) for alert in rows["alert"]]


def _frontier(found: Any, overrides: tuple[tuple[str, float], ...]) -> Figure:
    return figures.frontier_lines(found, rules(dict(overrides)), look())


def _rule_rows(
    found: Any, money: pd.DataFrame, overrides: tuple[tuple[str, float], ...], currency: str
) -> pd.DataFrame:
    known, now = rules(dict(overrides)), found.points[found.points["chosen"]]
    costs = money.set_index("rule").loc[list(now["rule"])]
    return pd.DataFrame(
        {
            "rule": [plain(known[key].label) for key in now["rule"]],
            "meaning": [plain(known[key].meaning) for key in now["rule"]],
            "cycle_service": now["cycle_service"].to_numpy(),
            "fill_rate": now["fill_rate"].to_numpy(),
            "cover_days": now["cover_days"].to_numpy(),
            "stock_value": now["stock_value"].to_numpy(),
            "orders": now["orders"].to_numpy(),
            "source": [known[key].source for key in now["rule"]],
            "cost": costs["cost"].to_numpy(),
            "more": [_more(row, currency) for row in costs.itertuples()],
        }
    )


def comparison(asked: Asked) -> None:
    """The frontier of stock against service, and every rule as it stands."""
    with st.spinner(_("Replaying each rule on your own sales")):
        found = workspaces.answer(view.compared, asked.spec, asked.today, float(asked.longer))
    if found is None:
        st.caption(_("Three months of sales are needed to replay rules on them."))
        return
    known = rules(asked.stock.spec.thresholds)
    overrides = tuple(asked.spec.thresholds.items())
    charts.show(kept.of(_frontier, found, overrides), "stock_frontier")
    money = workspaces.answer(view.rules_in_money, asked.spec, asked.today, float(asked.longer))
    _in_money(asked, money)
    box = st.expander(_("Every rule as it stands"), key="stock_rules", on_change="rerun")
    if not box.open:
        return
    with box:
        tables.show(
            kept.of(_rule_rows, found, money, overrides, asked.stock.currency),
            "stock_rules_table",
            {
                "rule": Shape(_("Rule")),
                "cycle_service": Shape(_("Cycles without a stock-out"), "percent"),
                "fill_rate": Shape(_("Units served"), "percent"),
                "cover_days": Shape(_("Days of stock"), "number"),
                "stock_value": Shape(_("Stock value"), "money"),
                "orders": Shape(_("Orders a product and month"), "number"),
                "cost": Shape(
                    _("Cost in four weeks"), "money", _("Profit of sales lost, and 25% a year for holding stock.")
                ),
                "more": Shape(_("More than the learned rule (95% interval)"), "figure"),
                "meaning": Shape(_("What it says")),
                "source": Shape(_("Handbook")),
            },
            currency=asked.stock.currency,
            download="ecops_rules",
        )
        cites.show([key for rule in known.values() for key in rule.parameters])


def _more(row: Any, currency: str) -> str:
    if row.verdict == "base":
        return "—"
    if not math.isfinite(row.low):
        return plain(Money(float(row.more), currency))
    words = {name: Money(float(getattr(row, name)), currency) for name in ("more", "low", "high")}
    return plain(Message("{more} ({low} to {high})", **words))


def _of_rule(costs: pd.DataFrame, rule: str) -> Any:
    return next(costs[costs["rule"] == rule].itertuples())


def _in_money(asked: Asked, costs: pd.DataFrame) -> None:
    """What the reader's rule costs beside the learned one: the chosen rule, else the handbook's first."""
    mine = asked.spec.rule if asked.spec.rule != "learned" else "cover_days"
    row = kept.of(_of_rule, costs, mine)()
    words: dict[str, Any] = {
        "rule": rules(asked.stock.spec.thresholds)[mine].label,
        **{name: Money(abs(float(getattr(row, name))), asked.stock.currency) for name in ("more", "low", "high")},
    }
    if row.verdict == "dearer":
        told = Message(
            "In money: the {rule} would have cost {more} more in four weeks than ordering by the learned rule "
            "({low} to {high}), in sales lost and stock held.",
            **words,
        )
    elif row.verdict == "cheaper":
        words["low"], words["high"] = words["high"], words["low"]
        told = Message(
            "In money: the {rule} would have cost {more} less in four weeks than ordering by the learned rule "
            "({low} to {high}); lower the promised service, or keep your rule.",
            **words,
        )
    else:
        told = Message(
            "In money, the {rule} and the learned rule cannot be told apart on these sales.", rule=words["rule"]
        )
    st.caption(say(told))
