"""Every canonical table: complete in two languages, and no header can mean two columns."""

from __future__ import annotations

import re

import pytest

from ecops.sources.text import normalise_header
from ecops.tables import SQL_TYPES, table, tables

PROMISED = {
    "order_lines", "orders", "events", "traffic_daily", "ad_spend_daily", "products", "inventory_snapshots",
    "purchase_orders", "presale_deposits", "experiment_units", "experiment_totals", "peer_kpis", "listings",
    "after_sales", "settlements", "coupons", "ad_keywords_daily", "rival_indices", "search_terms", "rival_practices",
    "crowds", "markets",
    "price_history", "cost_history", "reviews", "benchmarks", "calendar", "customers", "surveys", "coupon_redemptions",
    "suppliers", "search_words", "payment_attempts", "service_contacts", "page_loads", "content_daily",
    "placements_daily", "team", "warehouse_daily",
}  # fmt: skip
ALL = [(name, column.name) for name, entry in tables().items() for column in entry.columns]


def test_all_promised_tables_exist() -> None:
    assert set(tables()) == PROMISED


@pytest.mark.parametrize(("name", "column"), ALL)
def test_column_is_complete(name: str, column: str) -> None:
    entry = table(name)[column]
    assert entry.type in SQL_TYPES
    for text in (entry.label, entry.meaning):
        assert text.zh
        assert text.en
        assert any("\u4e00" <= letter <= "\u9fff" for letter in text.zh) or text.zh.isascii()
        assert text.en.isascii() or "×" in text.en
    assert column.isidentifier()
    assert column == column.lower()
    assert entry.sensitive in ("", "cost", "supplier", "person")
    assert (entry.type == "person") == (entry.sensitive == "person")
    if entry.name in ("cost", "unit_cost") and name not in ("ad_spend_daily", "ad_keywords_daily"):
        assert entry.sensitive == "cost"


@pytest.mark.parametrize("name", tables())
def test_synonyms_mean_one_column(name: str) -> None:
    seen: dict[str, str] = {}
    for column in table(name).columns:
        for synonym in column.synonyms:
            header = re.sub("[ _.-]", "", normalise_header(synonym))
            assert seen.get(header, column.name) == column.name, f"{synonym} means {seen[header]} and {column.name}"
            seen[header] = column.name


@pytest.mark.parametrize("name", tables())
def test_key_date_and_dimensions_are_columns(name: str) -> None:
    entry = table(name)
    named = {*entry.key, *entry.dimensions, *([entry.date] if entry.date else [])}
    assert named <= set(entry.names)
    assert entry.key
    if entry.date:
        assert entry[entry.date].type in ("date", "timestamp")
    assert len(set(entry.names)) == len(entry.names)
