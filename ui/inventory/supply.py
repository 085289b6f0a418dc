"""What supply rests on: who else could deliver, customs, the warehouse, and which searched words nobody serves yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from ecops.handbook import parameter
from ecops.inventory import view
from ecops.messages import Percent, Term
from ecops.metrics.daily import NAMES
from ui.parts import cites, kept, tables
from ui.parts.tables import Shape
from ui.parts.text import _, plain
from ui.state import workspaces

if TYPE_CHECKING:
    from ui.inventory.asked import Asked

_LABELS = {
    "open": Term(en="chance", zh="机会词"),
    "moderate": Term(en="moderate", zh="一般"),
    "crowded": Term(en="crowded", zh="竞争激烈"),
    "shrinking": Term(en="shrinking", zh="热度下降"),
    "unknown": Term(en="not known", zh="没有数据"),
}
_MOST = 20


def backups(asked: Asked) -> None:
    """Products that hang on too few suppliers, and what each supplier's failure would leave."""
    short, failing = workspaces.answer(view.backups, asked.spec, asked.today)
    if not len(failing):
        return
    least = int(parameter("supplier.backup_minimum", asked.stock.spec.thresholds))
    floor = parameter("supplier.crisis_supply_min", asked.stock.spec.thresholds)
    told = _("If a supplier fails: {n} products have fewer than {least} suppliers", n=len(short), least=least)
    box = st.expander(told, key="stock_backups", on_change="rerun")
    if not box.open:
        return
    with box:
        st.caption(
            _(
                "Suppliers count that delivered before, or that the table of supplier terms names for the product or "
                "its category. At least {floor} of sales should still be met when one fails.",
                floor=Percent(floor),
            )
        )
        tables.show(
            kept.of(_named, failing, ("name", "products", "alone", "weekly_alone", "kept", "wanted")),
            "stock_failing",
            {
                "name": Shape(_("Supplier")),
                "products": Shape(_("Products that sell"), "count"),
                "alone": Shape(_("From it alone"), "count"),
                "weekly_alone": Shape(_("Their sales a week"), "money"),
                "kept": Shape(_("Sales still met without it"), "percent"),
                "wanted": Shape(_("At least {floor}", floor=Percent(floor)), "flag"),
            },
            currency=asked.stock.currency,
        )
        if len(short):
            tables.show(
                kept.of(_named, short, ("title", "sku", "name", "missing", "emergency", "weekly")),
                "stock_alone",
                {
                    "title": Shape(_("Product")),
                    "sku": Shape(_("SKU")),
                    "name": Shape(_("Supplier")),
                    "missing": Shape(_("Suppliers to find"), "count"),
                    "emergency": Shape(_("Emergency agreement"), "flag"),
                    "weekly": Shape(_("Sales a week"), "money"),
                },
                currency=asked.stock.currency,
                download="ecops_single_source",
            )
        cites.show(["supplier.backup_minimum", "supplier.crisis_supply_min"])


def _named(rows: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    """Some columns, those that name suppliers as the tables of this page call them."""
    found = rows.rename(columns={"supplier": "name", "suppliers": "name"})
    return found[list(columns)] if columns else found


def customs(asked: Asked) -> None:
    """Clearance as a stage of lead time."""
    rows = workspaces.answer(view.customs, asked.spec, asked.today)
    if not len(rows):
        return
    box = st.expander(_("Customs clearance within the lead time"), key="stock_customs", on_change="rerun")
    if not box.open:
        return
    with box:
        tables.show(
            kept.of(_named, rows, ()),
            "stock_stages",
            {
                "name": Shape(_("Supplier")),
                "orders": Shape(_("Orders"), "count"),
                "before": Shape(_("Until declared (days)"), "number"),
                "clearance": Shape(_("At customs (days)"), "number"),
                "clearance_sd": Shape(_("Its deviation"), "number"),
                "clearance_longest": Shape(_("Longest (days)"), "count"),
                "after": Shape(_("From customs to the shelf (days)"), "number"),
                "lead_days": Shape(_("Lead time (days)"), "number"),
                "share": Shape(_("Of the uncertainty of lead time"), "percent"),
                "waiting": Shape(_("Orders at customs now"), "count"),
                "waiting_days": Shape(_("Oldest for (days)"), "count"),
            },
        )


def warehouse(asked: Asked) -> None:
    """Accuracy of counts, picking, weights and samples, as far as exports tell."""
    counted, worked, looked = workspaces.answer(view.warehouses, asked.spec, asked.today)
    if not len(counted) and not len(worked) and not len(looked):
        return
    box = st.expander(_("Warehouse: counts, picking, weights, samples"), key="stock_warehouse", on_change="rerun")
    if not box.open:
        return
    with box:
        _counted(asked, counted)
        _worked(worked)
        _looked(asked, looked)


def _rated(rows: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    return rows.assign(told=tables.intervals(rows, ("rate", "low", "high"), Percent))[list(columns)]


def _counted(asked: Asked, rows: pd.DataFrame) -> None:
    if not len(rows):
        return
    st.markdown(_("**Accuracy of stock**: how often the system agrees with what people counted, last 90 days."))
    tables.show(
        kept.of(_rated, rows, ("warehouse", "told", "counts", "missing", "surplus", "value")),
        "stock_accuracy",
        {
            "warehouse": Shape(_("Warehouse")),
            "told": Shape(_("Right (95% interval)"), "figure"),
            "counts": Shape(_("Products counted"), "count"),
            "missing": Shape(_("Units missing"), "count"),
            "surplus": Shape(_("Units too many"), "count"),
            "value": Shape(_("Both at cost"), "money"),
        },
        currency=asked.stock.currency,
    )


def _worked(rows: pd.DataFrame) -> None:
    if not len(rows):
        return
    st.markdown(_("**Picking and weighing**: the last four weeks."))
    tables.show(
        kept.of(_rated, rows, ("warehouse", "picked", "an_hour", "weighed", "told")),
        "stock_work",
        {
            "warehouse": Shape(_("Warehouse")),
            "picked": Shape(_("Orders picked"), "count"),
            "an_hour": Shape(_("Orders an hour"), "number"),
            "weighed": Shape(_("Parcels weighed"), "count"),
            "told": Shape(_("Of a wrong weight (95% interval)"), "figure"),
        },
    )


def _looked(asked: Asked, rows: pd.DataFrame) -> None:
    if not len(rows):
        return
    least = Percent(parameter("inventory.inbound_sample_min", asked.stock.spec.thresholds))
    st.markdown(_("**Inspected on receipt**: at least {least} of what comes in.", least=least))
    tables.show(
        rows.rename(columns={"supplier": "name"})[["name", "receipts", "units", "share", "enough", "below"]],
        "stock_sampled",
        {
            "name": Shape(_("Supplier")),
            "receipts": Shape(_("Receipts"), "count"),
            "units": Shape(_("Units received"), "count"),
            "share": Shape(_("Inspected"), "percent"),
            "enough": Shape(_("At least {floor}", floor=least), "flag"),
            "below": Shape(_("Receipts with less"), "count"),
        },
    )
    cites.show(["inventory.inbound_sample_min"])


def _words(rows: pd.DataFrame) -> pd.DataFrame:
    shown = rows.head(_MOST)
    return shown.assign(
        label=[plain(_LABELS[label]) for label in shown["label"]],
        platform=[plain(NAMES.get(str(name), str(name))) for name in shown["platform"]],
    )[["keyword", "label", "growth", "volume", "competition", "own", "platform"]]


def searched(asked: Asked) -> None:
    """Words of growing search and low competition."""
    rows = workspaces.answer(view.searched, asked.spec, asked.today)
    if not len(rows):
        return
    chances = int((rows["label"] == "open").sum())
    box = st.expander(
        _("Searches of the market: {n} words grow against little competition", n=chances),
        key="stock_searched",
        on_change="rerun",
    )
    if not box.open:
        return
    with box:
        st.caption(
            _(
                "Places among the words of the platform, 100% the most. Search indices are no numbers of people, so "
                "nothing is said of amounts."
            )
        )
        tables.show(
            kept.of(_words, rows),
            "stock_words",
            {
                "keyword": Shape(_("Word")),
                "label": Shape(_("Chance")),
                "growth": Shape(_("Growth of search"), "percent"),
                "volume": Shape(_("Place by search"), "percent"),
                "competition": Shape(_("Place by competition"), "percent"),
                "own": Shape(_("Own products"), "count", _("Products whose title or category has the word.")),
                "platform": Shape(_("Platform")),
            },
            download="ecops_words",
        )


def _words(rows: pd.DataFrame) -> pd.DataFrame:
    first = rows.head(_MOST)
    return first.assign(label=[plain(_LABELS[label]) for label in first["label"]])
