"""From text to typed rows, one rule at a time, each against a value worked out by hand."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ecops.errors import DataError, FileError, MappingError
from ecops.sources.conversion.report import Conversion
from ecops.sources.recognition.mapping import Mapping

Load = Callable[..., tuple[Conversion, list[dict[str, Any]]]]
HEADER = "Order ID,Created at,SKU,Quantity,Price,Paid amount"


def orders(*rows: str, header: str = HEADER) -> str:
    return "\n".join((header, *rows)) + "\n"


def products(column: str, *cells: str) -> str:
    quoted = ('"' + cell.replace('"', '""') + '"' for cell in cells)
    return "\n".join((f"SKU,Product name,{column}", *(f"S{n},Thing,{cell}" for n, cell in enumerate(quoted)))) + "\n"


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("1.2万", 12000.0),
        ("3.5亿", 350_000_000.0),
        ("12.3%", 0.123),
        ("5‰", 0.005),
        ("(1.00)", -1.0),
        ("1,234.50", 1234.5),
        ("1,234,567", 1234567.0),
        ("¥1,299.00", 1299.0),
        ("￥ 88", 88.0),
        ("12.00元", 12.0),
        ("RMB 15.5", 15.5),
        ("$19.99", 19.99),
        ("-3", -3.0),
        ("3-", -3.0),
        ("１２．５", 12.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("1万+", 10000.0),
        ("'42", 42.0),
        ('="7"', 7.0),
        (" 8\t", 8.0),
        ("9\u200b", 9.0),
    ],
)
def test_numbers(load: Load, cell: str, value: float) -> None:
    # One plain money sign a file: a column of them would be several currencies.
    found, rows = load(products("Price", cell), "generic_products")
    assert rows[0]["price"] == pytest.approx(value, rel=1e-15)
    assert not [issue for issue in found.issues if issue.kind == "unreadable"]


@pytest.mark.parametrize("cell", ["-", "--", "—", "/", "N/A", "null", "NULL", "nan", "#N/A", "无", ""])
def test_missing_numbers_are_no_complaint(load: Load, cell: str) -> None:
    found, rows = load(products("Price", cell, "5"), "generic_products")
    assert [row["price"] for row in rows] == [None, 5.0]
    assert found.issues == ()


@pytest.mark.parametrize("cell", ["twelve", "1.2.3", "1,2,3", "12,5,0", "1_000", "2026-05-01", "(5"])
def test_unreadable_numbers_are_told_with_their_row(load: Load, cell: str) -> None:
    found, rows = load(products("Price", "5.25", cell), "generic_products")
    assert [row["price"] for row in rows] == [5.25, None]
    (issue,) = found.issues
    assert (issue.kind, issue.severity, issue.column, issue.count, issue.rows) == (
        "unreadable", "warning", "price", 1, (3,)
    )  # fmt: skip
    assert issue.examples == (cell,)
    assert found.bad_rows is not None
    with found.bad_rows.open(encoding="utf-8-sig") as file:
        assert list(csv.DictReader(file)) == [{"row": "3", "column": "price", "problem": "unreadable", "value": cell}]


def test_decimal_comma_is_seen_from_the_whole_column(load: Load) -> None:
    _, rows = load(products("Price", "1.234,50", "12,5", "7"), "generic_products")
    assert [row["price"] for row in rows] == [1234.5, 12.5, 7.0]
    found, rows = load(products("Price", "1,234.50", "12,5"), "generic_products")
    assert [row["price"] for row in rows] == [1234.5, None]
    assert found.issues[0].examples == ("12,5",)


def test_text_keeps_na_and_none(load: Load) -> None:
    text = orders("1,2026-05-01,S,1,5,5,NA,None", "2,2026-05-01,S,1,5,5,-,null", header=HEADER + ",Country,Channel")
    _, rows = load(text)
    assert [(row["province"], row["channel"]) for row in rows] == [("NA", "None"), (None, None)]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ('"=""260501000000000001"""', "260501000000000001"),
        ("'00123", "00123"),
        ("6923456789012345678\t", "6923456789012345678"),
        ("123456789012345678901234", "123456789012345678901234"),
        ("17850.0", "17850"),
        ("17850.05", "17850.05"),
        ("#1001", "#1001"),
        ("A\u202e1\u200b2", "A12"),
        ("5E3", "5E3"),
    ],
)
def test_ids_keep_every_digit(load: Load, cell: str, value: str) -> None:
    _, rows = load(orders(f"{cell},2026-05-01,S,1,5,5"))
    assert rows[0]["order_id"] == value


def test_order_numbers_in_powers_of_ten_are_refused(load: Load) -> None:
    with pytest.raises(DataError, match=r"1 value of Order number reads like 2.60501E\+17.*digits.*rows: 3"):
        load(orders("1,2026-05-01,S,1,5,5", "2.60501E+17,2026-05-01,S,1,5,5"))


def test_other_ids_in_powers_of_ten_are_told(load: Load) -> None:
    found, rows = load(orders("1,2026-05-01,6.9E+12,1,5,5"))
    assert rows[0]["sku"] == "6.9E+12"
    assert [(issue.kind, issue.column) for issue in found.issues] == [("digits_lost", "sku")]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("2026-05-01 09:12:33", dt.datetime(2026, 5, 1, 9, 12, 33)),
        ("2026/5/1 9:05", dt.datetime(2026, 5, 1, 9, 5)),
        ("2026.05.01", dt.datetime(2026, 5, 1)),
        ("20260501", dt.datetime(2026, 5, 1)),
        ("20260501091233", dt.datetime(2026, 5, 1, 9, 12, 33)),
        ("2026年5月1日", dt.datetime(2026, 5, 1)),
        ("2026年5月1日 9时5分", dt.datetime(2026, 5, 1, 9, 5)),
        ("2026/5/1 下午 3:05:09", dt.datetime(2026, 5, 1, 15, 5, 9)),
        ("2025-01-01 10:00:00 +0900", dt.datetime(2025, 1, 1, 9)),
        ("2025-01-01T10:00:00+09:00", dt.datetime(2025, 1, 1, 9)),
        ("2025-01-01T01:00:00Z", dt.datetime(2025, 1, 1, 9)),
        ("2025-01-01 01:00:00 UTC", dt.datetime(2025, 1, 1, 9)),
        ("May 1, 2026 11:58:03 PM PDT", dt.datetime(2026, 5, 2, 14, 58, 3)),
        ("1 May 2026", dt.datetime(2026, 5, 1)),
        ("01-May-26", dt.datetime(2026, 5, 1)),
        ("46143", dt.datetime(2026, 5, 1)),
        ("46143.5", dt.datetime(2026, 5, 1, 12)),
        ("1511848894", dt.datetime(2017, 11, 28, 14, 1, 34)),
        ("1511848894000", dt.datetime(2017, 11, 28, 14, 1, 34)),
        ("13/05/2026 08:00", dt.datetime(2026, 5, 13, 8)),
        ("5/13/26 3:00 PM", dt.datetime(2026, 5, 13, 15)),
        ("01.05.2026", dt.datetime(2026, 5, 1)),
        ("2026-05-01 09:12:33.250", dt.datetime(2026, 5, 1, 9, 12, 33, 250_000)),
    ],
)
def test_dates(load: Load, cell: str, value: dt.datetime) -> None:
    _, rows = load(orders(f'1,"{cell}",S,1,5,5'))
    assert rows[0]["ordered_at"] == value


def test_several_ways_of_writing_dates_in_one_column(load: Load) -> None:
    text = orders("1,2026-05-01 10:00:00 +0900,S,1,5,5", "2,2026-05-01 10:00:00,S,1,5,5", "3,46143,S,1,5,5")
    _, rows = load(text)
    assert [row["ordered_at"].hour for row in rows] == [9, 10, 0]


def test_day_and_month_are_decided_from_the_whole_column_or_not_at_all(load: Load) -> None:
    _, rows = load(orders("1,03/04/2026,S,1,5,5", "2,25/04/2026,S,1,5,5"))
    assert [row["ordered_at"].month for row in rows] == [4, 4]
    _, rows = load(orders("1,03/04/2026,S,1,5,5", "2,04/25/2026,S,1,5,5"))
    assert [row["ordered_at"].month for row in rows] == [3, 4]
    with pytest.raises(MappingError, match="03/04/2026 may be day/month or month/day"):
        load(orders("1,03/04/2026,S,1,5,5"))
    with pytest.raises(MappingError, match="nothing in the file says which"):
        load(orders("1,13/04/2026,S,1,5,5", "2,04/13/2026,S,1,5,5"))
    _, rows = load(orders("1,03/04/2026,S,1,5,5"), choices={"date_order": "dmy"})
    assert rows[0]["ordered_at"].month == 4


def test_impossible_dates_leave_the_row_out_and_say_so(load: Load) -> None:
    found, rows = load(orders("1,2026-02-30,S,1,5,5", "2,2026-02-28,S,1,5,5", "3,0000-00-00 00:00:00,S,1,5,5"))
    assert [row["order_id"] for row in rows] == ["2"]
    assert found.dropped == {"invalid": 2}
    assert {(issue.kind, issue.column, issue.count, issue.rows) for issue in found.issues} == {
        ("no_usable_day", "ordered_at", 2, (2, 4))
    }


def test_people_are_hashed_with_the_salt(load: Load) -> None:
    text = orders(
        "1,2026-05-01,S,1,5,5,Ann@Example.com", "2,2026-05-01,S,1,5,5,17850.0", "3,2026-05-01,S,1,5,5,",
        header=HEADER + ",Customer",
    )  # fmt: skip
    _, rows = load(text)
    assert [row["buyer_id"] for row in rows] == [
        hashlib.sha256(b"pepperann@example.com").hexdigest()[:32],
        hashlib.sha256(b"pepper17850").hexdigest()[:32],
        None,
    ]
    _, other = load(text, salt="salt")
    assert other[0]["buyer_id"] != rows[0]["buyer_id"]


def test_currencies_are_never_mixed(load: Load) -> None:
    header = HEADER + ",Currency"
    with pytest.raises(DataError, match="mixes currencies: EUR, USD"):
        load(orders("1,2026-05-01,S,1,5,5,USD", "2,2026-05-01,S,1,5,5,EUR", header=header))
    with pytest.raises(DataError, match="mixes currencies: EUR, GBP"):
        load(orders("1,2026-05-01,S,1,5,€5", "2,2026-05-01,S,1,5,£5"))
    with pytest.raises(DataError, match="The file is in USD, not in CNY"):
        load(orders("1,2026-05-01,S,1,5,5,USD", header=header), currency="CNY")
    found, rows = load(orders("1,2026-05-01,S,1,5,€5"))
    assert found.currency == rows[0]["currency"] == "EUR"
    found, rows = load(orders("1,2026-05-01,S,1,5,5"), currency="CNY")
    assert found.currency == rows[0]["currency"] == "CNY"


def test_amount_is_price_times_quantity_where_the_file_has_none(load: Load) -> None:
    _, rows = load(orders("1,2026-05-01,S,3,5.10", header="Order ID,Created at,SKU,Quantity,Price"))
    assert rows[0]["paid_amount"] == 15.3


def test_rows_of_an_order_get_the_same_numbers_again(load: Load) -> None:
    text = orders("1,2026-05-01,A,1,5,5", "1,2026-05-01,A,1,5,5", "1,2026-05-01,B,1,5,5")
    found, rows = load(text)
    assert [row["line_id"] for row in rows] == ["A|1", "A|2", "B|1"]
    assert [(issue.kind, issue.count) for issue in found.issues] == [("equal_lines", 1)]


def test_a_refund_never_takes_the_number_of_its_sale(load: Load) -> None:
    sale, back = "1,2026-05-01,A,1,5,5", "1,2026-05-03 10:00:00,A,-1,5,-5"
    both = [row["line_id"] for row in load(orders(sale, back))[1]]
    alone = [row["line_id"] for row in load(orders(back))[1]]
    assert both == ["A|1", "A|back 20260503100000|1"]
    assert alone == ["A|back 20260503100000|1"]


def test_the_last_of_rows_with_one_key_is_kept(load: Load) -> None:
    header = HEADER + ",Line id"
    lines = ("1,2026-05-01,A,1,5,5,x", "1,2026-05-01,A,1,5,5,x", "1,2026-05-01,A,1,9,9,y", "1,2026-05-01,A,1,7,7,y")
    text = orders(*lines, header=header)
    found, rows = load(text)
    assert {(row["line_id"], row["paid_amount"]) for row in rows} == {("x", 5.0), ("y", 7.0)}
    assert found.dropped == {"duplicate": 2}
    told = {issue.kind: (issue.severity, issue.count) for issue in found.issues}
    assert told == {"same_key": ("error", 1), "duplicate": ("info", 1)}


def test_footers_headers_and_empty_rows_are_left_out_and_counted(load: Load) -> None:
    text = orders("1,2026-05-01,S,1,5,5", HEADER, ",,,,,", "合计,,,,,5", "说明：金额为 24 小时数据,,,,,", "Total,,,,,5")
    found, rows = load(text)
    assert len(rows) == 1
    assert found.dropped["header"] == 1
    assert found.dropped["footer"] == 3
    assert found.rows_read == 1 + sum(found.dropped.values())


def test_a_product_called_total_is_no_footer(load: Load) -> None:
    _, rows = load("Product name,SKU,Price\nTotal,S1,5\n合计,S2,6\n", "generic_products")
    assert [row["title"] for row in rows] == ["Total", "合计"]


STATUS = HEADER + ",Status,Paid at,Refund amount"


def test_when_an_order_counts_as_paid(load: Load) -> None:
    rows = load(
        orders(
            "1,2026-05-01,S,1,5,5,交易成功,2026-05-02,",
            "2,2026-05-01,S,1,5,5,等待买家付款,,",
            "3,2026-05-01,S,1,5,5,交易关闭,,",
            "4,2026-05-01,S,1,5,5,交易关闭,2026-05-02,",
            "5,2026-05-01,S,1,5,5,已发货,,",
            "6,2026-05-01,S,1,5,5,refunded,2026-05-02,2",
            header=STATUS,
        )
    )[1]
    assert [row["status"] for row in rows] == ["completed", "unpaid", "closed", "closed", "shipped", "refunded"]
    assert [row["paid_at"] and row["paid_at"].day for row in rows] == [2, None, None, 2, 1, 2]
    assert [row["refund_amount"] for row in rows] == [None, None, None, 5.0, None, 2.0]


def test_a_file_without_payment_times_counts_orders_when_placed(load: Load) -> None:
    header = HEADER + ",Status"
    rows = load(orders("1,2026-05-01,S,1,5,5,paid", "2,2026-05-01,S,1,5,5,unpaid", header=header))[1]
    assert [row["paid_at"] is not None for row in rows] == [True, False]


def test_report_of_what_deserves_a_look(load: Load) -> None:
    found, _ = load(
        orders(
            "1,2026-05-05,S,1,5,5,paid,2026-05-01,",
            "2,2026-05-05,S,1,5,5,paid,2026-05-06,9",
            "3,2026-05-07,S,-1,5,-5,paid,2026-05-07,",
            "4,2026-05-07,S,1,-5,5,paid,2026-05-07,",
            header=STATUS,
        )
    )
    told = {(issue.kind, issue.column): (issue.count, issue.rows) for issue in found.issues}
    assert told == {
        ("paid_before_ordered", "paid_at"): (1, (2,)),
        ("refund_over_paid", "refund_amount"): (1, (3,)),
        ("returns", "paid_amount"): (1, (4,)),
        ("negative", "unit_price"): (1, (5,)),
        ("missing_days", "ordered_at"): (1, ()),
    }


def test_rates_and_funnels_that_cannot_be(load: Load) -> None:
    text = "日期,渠道,访客数,支付买家数,跳出率\n2026-05-01,搜索,100,120,50%\n2026-05-01,直播,100,90,130%\n"
    found, _ = load(text, "generic_funnel")
    told = {(issue.kind, issue.column): issue.rows for issue in found.issues}
    assert told == {("funnel_grows", "pay_buyers"): (2,), ("rate_over_one", "bounce_rate"): (3,)}


def test_an_unknown_dimension_of_a_funnel_becomes_the_segment(load: Load) -> None:
    found, rows = load("城市等级,曝光,点击\n一线,1000,50\n二线,900,40\n", "generic_funnel")
    assert [(row["segment"], row["impressions"], row["date"]) for row in rows] == [
        ("一线", 1000.0, None),
        ("二线", 900.0, None),
    ]
    assert [issue.kind for issue in found.issues] == ["no_day"]


def test_order_amounts_are_spread_over_lines_and_never_repeated(load: Load) -> None:
    header = "Name,Financial Status,Paid at,Subtotal,Refunded Amount,Created at"
    header += ",Lineitem quantity,Lineitem name,Lineitem price"
    text = "\n".join((
        header,
        "#1,paid,2026-05-01,90.00,30.00,2026-05-01,1,Pillow,60",
        "#1,,,,,2026-05-01,2,Mat,20",
        "#2,paid,2026-05-02,0.00,0.00,2026-05-02,1,Gift,0",
    ))  # fmt: skip
    _, rows = load(text, "shopify_orders")
    by_title = {row["title"]: row for row in rows}
    assert (by_title["Pillow"]["paid_amount"], by_title["Mat"]["paid_amount"]) == (54.0, 36.0)
    assert sum(row["refund_amount"] for row in rows) == 30.0
    assert by_title["Mat"]["status"] == "paid"
    assert by_title["Mat"]["paid_at"] == dt.datetime(2026, 5, 1)
    assert by_title["Gift"]["paid_amount"] == 0.0


def test_a_span_of_days_above_the_header_is_no_day(sheet: Callable[..., Any]) -> None:
    from ecops.sources.recognition.detect import detect

    header = "Session primary channel group (Default Channel Group),Sessions,Engaged sessions"
    text = "# Start date: 20260501\n# End date: {end}\n" + header + "\nDirect,5,3\n"
    (one,) = [match for match in detect(sheet(text.format(end="20260501"))) if match.source == "ga4_traffic"]
    assert one.mapping.constants["date"] == "20260501"
    (week,) = [match for match in detect(sheet(text.format(end="20260507"))) if match.source == "ga4_traffic"]
    assert "date" not in week.mapping.constants
    assert week.missing == ("date",)


def test_headers_cannot_reach_the_query(load: Load) -> None:
    evil = 'x"); DROP TABLE t; --'
    quoted = '"' + evil.replace('"', '""') + '"'
    found, rows = load(orders("1,2026-05-01,S,1,5,5,9", header=HEADER + "," + quoted))
    assert (found.rows_kept, rows[0]["paid_amount"]) == (1, 5.0)


def test_values_cannot_reach_the_query(load: Load) -> None:
    _, rows = load(orders('1,2026-05-01,"\'); DROP TABLE t; --",1,5,5'))
    assert rows[0]["sku"].endswith("DROP TABLE t; --")


def test_nothing_usable_is_an_error(load: Load) -> None:
    with pytest.raises(FileError, match="No row of the file can be used"):
        load(orders("1,never,S,1,5,5"))


def test_the_same_file_gives_the_same_rows_in_any_order(load: Load) -> None:
    lines = [f"{n},2026-05-{1 + n % 9:02d},S{n % 3},1,5,{n}" for n in range(40)]
    _, rows = load(orders(*lines))
    _, turned = load(orders(*reversed(lines)))
    key = lambda row: row["order_id"]  # noqa: E731
    assert sorted(rows, key=key) == sorted(turned, key=key)


def test_conversion_survives_json(load: Load) -> None:
    import json

    found, _ = load(products("Price", "x", "1"), "generic_products")
    assert Conversion.from_dict(json.loads(json.dumps(found.to_dict()))) == found


def test_mapping_is_checked(sheet: Callable[..., Any], tmp_path: Path) -> None:
    from ecops.sources.conversion.convert import convert

    grid = sheet(orders("1,2026-05-01,S,1,5,5"))
    good = {"order_id": 0, "ordered_at": 1}
    for mapping, message in [
        (Mapping("generic_orders", "order_lines", {**good, "nonsense": 2}, constants={"platform": "x"}), "no column"),
        (
            Mapping("generic_orders", "order_lines", {**good, "sku": 77}, constants={"platform": "x"}),
            "no column number",
        ),
        (Mapping("generic_orders", "order_lines", {"order_id": 0}, constants={"platform": "x"}), "does not say"),
        (Mapping("generic_orders", "products", {"sku": 0}), "does not fill"),
        (
            Mapping("generic_orders", "order_lines", good, {"status": {"w": "nope"}}, {"platform": "x"}),
            "not a known Status",
        ),
        (
            Mapping("generic_funnel", "traffic_daily", {"channel": 0}, constants={"date": "soon"}),
            "does not say|be read",
        ),
    ]:
        with pytest.raises(MappingError, match=message):
            convert(grid, mapping, tmp_path / "x.parquet", salt="s")


@pytest.mark.parametrize(
    "word", ["合 计", "总  计", "共计", "本周合计", "5月小计：", "平均", "Grand  Total", "AVERAGE"]
)
def test_sums_are_left_out_under_other_words_too(load: Load, word: str) -> None:
    text = f"日期,访客数,支付买家数\n2026-05-01,100,10\n2026-05-02,100,10\n{word},200,20\n"
    found, rows = load(text, "generic_funnel")
    assert [row["visitors"] for row in rows] == [100.0, 100.0]
    assert found.dropped["footer"] == 1


def test_a_row_without_a_day_among_days_is_left_out(load: Load) -> None:
    """A weekly table ends with its change to the week before: neither a day nor a word we know."""
    text = "日期,访客数,支付买家数\n2026-05-01,100,10\n2026-05-02,120,10\n环比,12%,-3%\n"
    found, rows = load(text, "generic_funnel")
    assert [row["visitors"] for row in rows] == [100.0, 120.0]
    assert found.dropped["invalid"] == 1
    (told,) = (issue for issue in found.issues if issue.kind == "no_usable_day")
    assert (told.column, told.rows, told.examples) == ("date", (4,), ("环比",))


def test_a_wrong_year_is_told(load: Load) -> None:
    days = [f"{n},2026-05-{n:02d},S,1,5,5" for n in range(1, 21)]
    found, rows = load(orders(*days, "21,2014-05-21,S,1,5,5"))
    assert len(rows) == 21
    (told,) = (issue for issue in found.issues if issue.kind == "far_days")
    assert (told.severity, told.count, told.examples) == ("warning", 1, ("2014-05-21",))
    found, _ = load(orders(*days))
    assert not [issue for issue in found.issues if issue.kind == "far_days"]


def test_two_seasons_a_year_apart_are_no_wrong_year(load: Load) -> None:
    found, _ = load(orders("1,2024-11-11,S,1,5,5", "2,2024-11-12,S,1,5,5", "3,2026-05-01,S,1,5,5"))
    assert not [issue for issue in found.issues if issue.kind == "far_days"]


def test_exports_pasted_together_are_told(load: Load) -> None:
    header = HEADER + ",Status"
    twice = orders(
        "1,2026-05-01,S,1,5,5,paid", "2,2026-05-01,S,1,5,5,paid", "1,2026-05-01,S,1,5,5,已完成", header=header
    )
    found, _ = load(twice)
    told = {issue.kind: (issue.severity, issue.count, issue.rows) for issue in found.issues}
    assert told == {"two_states": ("warning", 1, (4,))}
    found, _ = load(orders("1,2026-05-01,S,1,5,5,paid", "1,2026-05-01,T,1,5,5,已完成", header=header))
    assert found.issues == ()


def test_an_amount_that_no_row_has_is_told(load: Load) -> None:
    found, _ = load("订单号,下单时间,商品,单价,数量,实付金额\nA1,2026-05-01,杯,5,1,\nA2,2026-05-01,杯,5,1,赠品\n")
    told = {(issue.kind, issue.column): issue.count for issue in found.issues}
    assert told == {("empty_amount", "paid_amount"): 2, ("unreadable", "paid_amount"): 1}


SOURCES = "日期,流量来源,来源明细,访客数,下单买家数,支付买家数,支付金额\n"


def test_details_beside_their_sum_never_count_twice(load: Load) -> None:
    text = SOURCES + (
        "2026-05-01,淘内免费,汇总,100,9,8,800\n"
        "2026-05-01,淘内免费,手淘搜索,70,6,5,500\n"
        "2026-05-01,淘内免费,手淘推荐,60,4,4,400\n"
        "2026-05-01,付费流量,直通车,50,3,3,300\n"
        "2026-05-02,淘内免费,手淘搜索,75,6,6,600\n"
    )
    found, rows = load(text, "sycm_sources")
    assert {(row["date"].day, row["channel"], row["segment"]): (row["level"], row["visitors"]) for row in rows} == {
        (1, "淘内免费", None): ("source", 100),
        (1, "淘内免费", "手淘搜索"): ("detail", 70),
        (1, "淘内免费", "手淘推荐"): ("detail", 60),
        (1, "付费流量", "直通车"): ("source", 50),
        (2, "淘内免费", "手淘搜索"): ("source", 75),
    }
    assert [(issue.kind, issue.count, issue.rows) for issue in found.issues if issue.kind == "detail"] == [
        ("detail", 2, (3, 4))
    ]


def test_columns_of_one_name_that_differ_further_down_are_told(load: Load) -> None:
    header = "Order ID,Created at,Paid amount,Paid amount"
    days = [f"A{n},2026-05-{n:02}" for n in range(1, 7)]
    alike, unlike = ([f"{day},{n},{n + (n > 4) * more}" for n, day in enumerate(days)] for more in (0, 1))
    assert [issue.kind for issue in load(orders(*alike, header=header))[0].issues if issue.kind == "twins"] == []
    found, rows = load(orders(*unlike, header=header))
    (told,) = (issue for issue in found.issues if issue.kind == "twins")
    assert (told.count, told.column, told.message.params["column"]) == (1, "paid_amount", "Paid amount")
    assert sum(row["paid_amount"] for row in rows) == 15
