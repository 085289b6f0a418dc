"""The lists of the stock page: every product, what to clear, suppliers, which products to take."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from ecops import door
from ecops.handbook import parameter
from ecops.inventory import view
from ecops.inventory.telling.figures import ALERTS
from ecops.messages import Message, Number, Percent, Term
from ui.inventory import supposed
from ui.inventory.asked import Asked
from ui.parts import cites, kept, tables
from ui.parts.tables import Shape
from ui.parts.text import _, joined, plain, say
from ui.state import workspaces

_VERDICTS: dict[str, Term] = {
    "pass": Term(en="pass", zh="达标"),
    "fail": Term(en="fail", zh="不达标"),
    "pass_unproven": Term(en="pass, not proven", zh="暂达标，未证实"),
    "fail_unproven": Term(en="fail, not proven", zh="暂不达标，未证实"),
    "too_few": Term(en="too few to say", zh="样本太少"),
    "unknown": Term(en="not known", zh="没有数据"),
    "unproven": Term(en="not proven", zh="未证实"),
}
STAGES: dict[str, Term] = {
    "new": Term(en="new", zh="新品"),
    "growth": Term(en="growing", zh="成长"),
    "mature": Term(en="mature", zh="成熟"),
    "decline": Term(en="declining", zh="衰退"),
    "slow": Term(en="slow", zh="近期无动销"),
    "dead": Term(en="dead", zh="死库存"),
    "unsold": Term(en="never sold", zh="从未售出"),
    "introduction": Term(en="introduction", zh="导入期"),
    "saturation": Term(en="saturation", zh="饱和期"),
    "unknown": Term(en="too little history", zh="历史太短"),
}
_PATTERNS: dict[str, Term] = {
    "smooth": Term(en="smooth", zh="平稳"),
    "erratic": Term(en="erratic", zh="波动"),
    "intermittent": Term(en="intermittent", zh="间断"),
    "lumpy": Term(en="lumpy", zh="块状"),
    "": Term(en="—", zh="—"),
}
_ROLES: dict[str, Term] = {
    "traffic": Term(en="traffic item", zh="引流款"),
    "profit": Term(en="profit item", zh="利润款"),
    "image": Term(en="image item", zh="形象款"),
    "": Term(en="—", zh="—"),
}
_QUADRANTS: dict[str, Term] = {
    "hot": Term(en="hot", zh="爆款"),
    "hot_at_risk": Term(en="hot, supplier late", zh="爆款，供应商不稳"),
    "long_tail": Term(en="long tail", zh="长尾款"),
    "": Term(en="—", zh="—"),
}


def words(column: pd.Series, names: dict[str, Term]) -> list[str]:
    """Each value as it is called."""
    told = {value: plain(names.get(str(value), str(value))) for value in column.unique()}
    return [told[value] for value in column]


def products(asked: Asked) -> None:
    """Every product with its alert, cover and class."""
    table = asked.stock.table
    counted = kept.of(_counted, table)()
    kinds = list(counted)
    labels = {kind: plain(ALERTS[kind]) if kind else _("All") for kind in kinds}
    chosen = st.segmented_control(
        _("Alert"),
        kinds,
        format_func=lambda kind: f"{labels[kind]} {counted[kind]}",
        default="",
        key="ialert",
        required=True,
        label_visibility="collapsed",
    )
    tables.show(
        kept.of(_product_rows, table, str(chosen or "")),
        "stock_products",
        {
            "title": Shape(_("Product")),
            "alert": Shape(_("Alert")),
            "available": Shape(_("Available"), "count"),
            "daily_sales": Shape(_("Sales a day"), "number", _("Mean of the last 28 days, stock-outs given back.")),
            "cover_days": Shape(_("Days of cover"), "number", _("From the forecast; empty beyond a year.")),
            "on_order": Shape(_("On the way"), "count"),
            "overdue": Shape(_("Overdue"), "count", _("Ordered units past their promised day; they count as nothing.")),
            "lead_days": Shape(_("Lead time (days)"), "number"),
            "reorder": Shape(_("Order point"), "count"),
            "at_risk": Shape(_("Sales at risk a week"), "money"),
            "kind": Shape(_("ABC-XYZ"), help=_("A brings 80% of revenue, B up to 95%; X is even, Z uneven.")),
            "pattern": Shape(_("Pattern")),
            "stage": Shape(_("Life cycle")),
            "bulk_share": Shape(_("Bulk orders"), "percent", _("Share of units on days far above the usual.")),
        },
        currency=asked.stock.currency,
        download="ecops_stock",
    )
    limits = ("alarm_cover_days", "reorder_cover_days", "excess_cover_days", "dead_stock_days")
    cites.show([f"inventory.{limit}" for limit in limits])


def _counted(table: pd.DataFrame) -> dict[str, int]:
    """How many products have each alert; "" for all of them."""
    counts = {alert: int((table["alert"] == alert).sum()) for alert in ALERTS}
    return {"": len(table), **{alert: n for alert, n in counts.items() if n}}


def _product_rows(table: pd.DataFrame, chosen: str) -> pd.DataFrame:
    rows = table if not chosen else table[table["alert"] == chosen]
    rows = rows.sort_values(["at_risk", "value"], ascending=False, kind="stable")
    counted = rows["alert"] != "unknown"
    return rows[["title", "daily_sales", "on_order", "overdue", "lead_days", "reorder", "at_risk"]].assign(
        available=rows["available"].where(counted),
        cover_days=rows["cover_days"].where(counted & (rows["cover_days"] < math.inf)),
        alert=words(rows["alert"], ALERTS),
        kind=[f"{abc}{xyz}" for abc, xyz in zip(rows["abc"], rows["xyz"], strict=True)],
        pattern=words(rows["pattern"], _PATTERNS),
        stage=words(rows["stage"], STAGES),
        bulk_share=rows["bulk_share"],
    )


def clearance(asked: Asked) -> None:
    """What to clear."""
    rows = asked.stock.clearance
    surplus = rows[~rows["planned"].astype(bool)]
    if not len(surplus):
        st.markdown(_("Nothing has to be cleared."))
        return
    st.caption(
        _(
            "Over {most} days of sales or {idle} days without one. Products whose long lead time wants this stock are "
            "marked as planned. The discount is a supposition: 20% off, 2% more sold for each per cent.",
            most=int(threshold(asked, "inventory.excess_cover_days")),
            idle=int(threshold(asked, "inventory.dead_stock_days")),
        )
    )
    tables.show(
        kept.of(_clearance_rows, rows),
        "stock_clearance",
        {
            "title": Shape(_("Product")),
            "alert": Shape(_("Alert")),
            "on_hand": Shape(_("On hand"), "count"),
            "surplus": Shape(_("Too many"), "count"),
            "tied_up": Shape(_("Money tied up"), "money"),
            "days_to_clear": Shape(_("Days to clear"), "count"),
            "days_with_discount": Shape(_("Days with 20% off"), "count"),
            "planned": Shape(_("Planned"), "flag"),
        },
        currency=asked.stock.currency,
        download="ecops_clearance",
    )
    cites.show(["inventory.excess_cover_days", "inventory.dead_stock_days"])


def _clearance_rows(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[["title", "on_hand", "surplus", "tied_up", "days_to_clear", "days_with_discount", "planned"]].assign(
        alert=words(rows["alert"], ALERTS),
        days_to_clear=rows["days_to_clear"].where(rows["days_to_clear"] < math.inf),
        days_with_discount=rows["days_with_discount"].where(rows["days_with_discount"] < math.inf),
    )


def suppliers(asked: Asked) -> None:
    """How every supplier keeps its word."""
    rows = asked.stock.suppliers
    if not len(rows):
        st.caption(_("There are no purchase orders yet; with them this place shows who is late and who is faulty."))
        return
    tables.show(
        kept.of(_supplier_rows, rows),
        "stock_suppliers",
        {
            "name": Shape(_("Supplier")),
            "late": Shape(_("Late deliveries (95% interval)"), "figure"),
            "late_verdict": Shape(_("Below {limit}?", limit=Percent(threshold(asked, "supplier.delay_max")))),
            "deliveries": Shape(_("Deliveries"), "count"),
            "defects": Shape(_("Faulty units (95% interval)"), "figure"),
            "defect_verdict": Shape(_("Below {limit}?", limit=Percent(threshold(asked, "supplier.defect_max")))),
            "lead_days": Shape(
                _("Lead time (days)"), "number", _("Orders that are still open count with the days they have waited.")
            ),
            "lead_sd": Shape(_("Its deviation"), "number"),
            "promised_days": Shape(_("Promised (days)"), "number"),
            "overdue": Shape(_("Overdue orders"), "count"),
            "single_source": Shape(_("Products with too few suppliers"), "count"),
            "extra_units": Shape(_("More stock for its delays"), "count"),
            "extra_money": Shape(_("The same in money"), "money"),
        },
        currency=asked.stock.currency,
    )
    cites.show(["supplier.delay_max", "supplier.defect_max"])


def threshold(asked: Asked, key: str) -> float:
    """A threshold of the handbook, as the shop has it."""
    return parameter(key, asked.stock.spec.thresholds)


def _supplier_rows(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "name": rows["supplier"],
            "late": [_rate(row.late_rate, row.late_low, row.late_high) for row in rows.itertuples()],
            "late_verdict": words(rows["late_verdict"], _VERDICTS),
            "deliveries": rows["deliveries"],
            "defects": [_rate(row.defect_rate, row.defect_low, row.defect_high) for row in rows.itertuples()],
            "defect_verdict": words(rows["defect_verdict"], _VERDICTS),
            "lead_days": rows["lead_days"],
            "lead_sd": rows["lead_sd"],
            "promised_days": rows["promised_days"],
            "overdue": rows["overdue"],
            "single_source": rows["single_source"],
            "extra_units": rows["extra_units"],
            "extra_money": rows["extra_value"],
        }
    )


def agreed(asked: Asked) -> None:
    """What was agreed with suppliers, in cash, and which of their papers run out."""
    rows = workspaces.answer(view.terms, asked.spec, asked.today)
    if not len(rows):
        st.caption(
            _("A table of supplier terms (credit, rebate, returns, papers) would show here what they free in cash.")
        )
        return
    tables.show(
        kept.of(_terms, rows),
        "stock_terms",
        {
            "name": Shape(_("Supplier")),
            "expired": Shape(_("Papers expired")),
            "expiring": Shape(_("Expiring in 60 days")),
            "missing": Shape(_("Papers missing")),
            "credit_days": Shape(_("Credit (days)"), "count"),
            "cash_freed": Shape(_("Cash it frees"), "money"),
            "cash_more": Shape(
                _("More with {days} days", days=int(threshold(asked, "finance.credit_days_low"))), "money"
            ),
            "rebate": Shape(_("Rebate a year"), "money"),
            "rebate_more": Shape(
                _("More with {rate}", rate=Percent(threshold(asked, "finance.supplier_rebate"))), "money"
            ),
            "ship48_verdict": Shape(
                _("48-hour shipping from {limit}", limit=Percent(threshold(asked, "supplier.ship48_min")))
            ),
            "chat_verdict": Shape(
                _("Answers within {n} minutes", n=Number(threshold(asked, "supplier.chat_minutes_max"), 0))
            ),
            "data_verdict": Shape(
                _("Stock data within {n} minutes", n=Number(threshold(asked, "supplier.data_delay_minutes_max"), 0))
            ),
            "return_verdict": Shape(
                _(
                    "Slow stock returnable for {days} days",
                    days=int(threshold(asked, "supplier.dead_stock_return_days")),
                )
            ),
            "loss_verdict": Shape(
                _("Loss on returns up to {limit}", limit=Percent(threshold(asked, "supplier.return_loss_max")))
            ),
            "sample_verdict": Shape(_("Three sample tests")),
            "duty_verdict": Shape(_("Works on holidays")),
        },
        currency=asked.stock.currency,
    )
    cites.show(
        [
            "finance.credit_days_low", "finance.supplier_rebate", "supplier.ship48_min", "supplier.chat_minutes_max",
            "supplier.data_delay_minutes_max", "supplier.dead_stock_return_days", "supplier.return_loss_max",
        ]
    )  # fmt: skip


def _terms(rows: pd.DataFrame) -> pd.DataFrame:
    """What was agreed with each supplier, in words."""
    papers = {
        "licence_until": _("licence"),
        "quality_report_until": _("quality report"),
        "environment_until": _("environmental certificate"),
        "inspection_until": _("third-party inspection"),
    }
    return pd.DataFrame({"name": rows["supplier"], "credit_days": rows["credit_days"]}).assign(
        cash_freed=rows["cash_freed"],
        cash_more=rows["cash_more"],
        rebate=rows["rebate"],
        rebate_more=rows["rebate_more"],
        **{
            name: words(rows[name], _VERDICTS)
            for name in ("ship48_verdict", "chat_verdict", "data_verdict", "return_verdict", "loss_verdict",
                         "sample_verdict", "duty_verdict")
        },
        **{
            name: [joined(papers[paper] for paper in text.split(", ") if paper) for text in rows[name]]
            for name in ("expired", "expiring", "missing")
        },
    )  # fmt: skip


def _rate(rate: float, low: float, high: float) -> str:
    if not math.isfinite(rate):
        return "—"
    return plain(
        Message("{rate} ({low} to {high})", rate=Percent(rate), low=Percent(float(low)), high=Percent(float(high)))
    )


def choice_of_products(asked: Asked) -> None:
    """Profit a unit and the handbook's conditions, with the assumed rates in the open."""
    rates = supposed.unit_rates()
    found = workspaces.answer(view.choices, tuple(sorted(rates.items())), asked.spec, asked.today)
    if not len(found):
        st.caption(_("Profit needs the price and the cost of products."))
        return
    tables.show(
        kept.of(_choice_rows, found, door.may_see(["products.cost"], door.reader())),
        "stock_choice",
        {
            "title": Shape(_("Product")),
            "price": Shape(_("Price"), "money"),
            "net": Shape(_("Profit a unit"), "money"),
            "net_margin": Shape(_("Net margin"), "percent"),
            "gross_margin": Shape(_("Gross margin"), "percent"),
            "return_rate": Shape(_("Returns"), "percent"),
            "roi": Shape(_("Sales a unit of promotion"), "number"),
            "taken": Shape(
                _("Handbook's conditions"),
                help=_(
                    "Margin from {margin}, returns below {returns}, ROI from {roi}.",
                    margin=Percent(threshold(asked, "finance.gross_margin_min")),
                    returns=Percent(threshold(asked, "service.return_rate_max")),
                    roi=Number(threshold(asked, "finance.sku_roi_min"), 1),
                ),
            ),
            "role": Shape(_("Price role")),
            "quadrant": Shape(_("Hot or long tail")),
        },
        currency=asked.stock.currency,
        download="ecops_choice",
    )
    cites.show(["finance.gross_margin_min", "service.return_rate_max", "finance.sku_roi_min"])


def _choice_rows(found: pd.DataFrame, with_margins: bool) -> pd.DataFrame:
    # Columns are named for what they tell: the unit's cost itself stays with those who may see it.
    # Margins tell the cost as well; they are for those who may see it.
    margins = ["net", "net_margin", "gross_margin"] if with_margins else []
    return found[["title", "price", *margins, "return_rate", "roi", "taken", "role", "quadrant"]].assign(
        taken=words(found["taken"], _VERDICTS),
        role=words(found["role"], _ROLES),
        quadrant=words(found["quadrant"], _QUADRANTS),
        roi=found["roi"].where(found["roi"] < math.inf),
    )


def ahead(asked: Asked) -> None:
    """Events within two months."""
    for event in asked.stock.events:
        told = (
            _("{event} begins on {day}; factories and couriers rest, order before.", event=event.label,
              day=event.period.start)
            if event.closed
            else _("{event} begins on {day}.", event=event.label, day=event.period.start)
        )  # fmt: skip
        st.caption(told)


def method() -> None:
    """Where the numbers come from."""
    box = st.expander(_("How this is worked out"), key="stock_method", on_change="rerun")
    if not box.open:
        return
    with box:
        for told in (
            Message(
                "Demand is what was sold plus what stock-outs lost: units over the share of the day's usual demand "
                "that met stock. Days without a sale count from the first sale to today."
            ),
            Message(
                "The forecast is the middle one of four weeks' mean, eight weeks' mean, TSB, SBA and smoothing, times "
                "a weekday index. On public data it misses a product's four-week total by 37% to 45%."
            ),
            Message(
                "The order point adds a factor times the spread of the lead-time total. The factor is learned from the "
                "shop's own past errors at the moments orders were due; the textbook's z promises 95% and keeps "
                "75% to 90%."
            ),
            Message(
                "Rules are replayed on the last 16 weeks of the shop's own sales: lost sales stay lost, orders arrive "
                "after each product's own lead time. A supplier verdict needs the whole 95% interval on one side of "
                "the limit."
            ),
        ):
            st.markdown(say(told))
