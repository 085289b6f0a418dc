"""A presale from the tables of a shop: what is told, what is supposed, and that bad input is named and survived."""

import datetime as dt
import json
import math
import tomllib
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

import sample_data
from ecops.errors import DataError
from ecops.locale import LANGUAGES
from ecops.periods import Period
from ecops.presale import Spec, analyse, view
from ecops.presale.capability import CAPABILITY
from ecops.presale.telling.commands import app
from ecops.presale.telling.findings import findings
from ecops.presale.telling.section import section
from tests.presale.conftest import deposits, history, sold

TRUTHS = tomllib.loads((Path(sample_data.__file__).parent / "truths.toml").read_text("utf-8"))
RUNNING = (30, 10, 10, 10, 10, 10)
NOW = deposits(units=RUNNING)
PRODUCTS = pd.DataFrame(
    {"sku": ["A", "B", "C/1"], "title": ["Quilt", "Pillow", "Odd"], "cost": [40.0, 30.0, 5.0],
     "lead_time_days": [3, 3, 3], "pack_size": [10, 1, 1]}
)  # fmt: skip


def shop(*rows, **tables):
    return {"presale_deposits": pd.concat(rows, ignore_index=True), **tables}


def said(found):
    return " ".join(note.text("en") for note in found.notes)


@pytest.fixture(scope="module")
def judged(sample):
    return view.presale(sample.data())


@pytest.mark.row(134, 136)
def test_the_sample_shop_is_told_what_to_order(judged):
    (item,) = judged.items
    assert (item.series.sku, item.series.total, len(judged.past)) == ("NW-S06", 164.0, 3)
    assert [round(series.rate, 3) for series in judged.past] == [0.88, 0.909, 0.839]
    low, high = item.prediction.interval("deposits")
    assert low < 164 / 17 * 32 < high
    assert item.prediction.conversion.mean == pytest.approx(0.876, abs=0.002)
    assert (item.arrives, item.late) == (dt.date(2026, 12, 3), True)
    assert item.plan.quantity % 12 == 0
    assert item.plan.quantity + item.money.available == pytest.approx(item.plan.total, abs=12)
    assert item.two is None
    assert "Order" in judged.verdict.text("en")
    assert f"{round(item.rule.learned, 2)}" == "0.88"


def test_the_planted_rate_is_the_one_that_is_used(judged):
    truth = TRUTHS["presale_balance_rate"]
    low, high = judged.items[0].prediction.interval("paid")
    assert low < truth["expected_paid_of_open"] * judged.items[0].prediction.mean("deposits") / 164 < high
    assert sum(series.paid for series in judged.past) / sum(series.total for series in judged.past) == pytest.approx(
        truth["rate"], abs=1e-3
    )


@pytest.mark.row(134, 160)
def test_findings_reach_the_review_with_money_and_owner(sample, judged):
    told = CAPABILITY.findings(sample.data(), Period(dt.date(2026, 11, 9), dt.date(2026, 11, 15)), "previous")
    order, peak = told
    assert (order.metric, order.confidence, order.action.owner) == ("presale_cover", "confirmed", "supply_chain")
    assert order.money.low < order.money.value < order.money.high < 0
    assert order.compare is None
    assert peak.metric == "presale_peak"
    assert peak.after == pytest.approx(judged.capacities["2026年终新品预售"].times)
    for finding in told:
        for language in LANGUAGES:
            assert "{" not in finding.headline.text(language) + finding.evidence.text(language)
            assert "nan" not in finding.headline.text(language) + finding.evidence.text(language)


def test_the_deck_has_its_section(judged):
    told = section(judged)
    assert told is not None
    assert len(told.blocks) == 3
    assert section(analyse(shop(*history(), order_lines=sold()))) is None


@pytest.mark.row(64, 134, 135, 136, 158, 160)
def test_the_command_answers(sample, tmp_path):
    path = tmp_path / "order.csv"
    run = CliRunner().invoke(
        app, ["presale", "-w", str(sample.folder), "--json", "--uplift", "2", "--orders", str(path)]
    )
    assert run.exit_code == 0, run.output
    told = json.loads(run.output)
    (item,) = told["items"]
    assert item["handbook"]["factor"] == 1.2
    assert item["order"]["quantity"] > 0
    assert item["track"]["state"] == "inside"
    assert "cost" not in json.dumps(told)
    assert "profit" not in item["order"]
    assert [row["balance_rate"] for row in told["funnel"]][:1] == [pytest.approx(0.88)]
    assert told["capacity"]["2026年终新品预售"]["peak"] > 0
    assert "NW-S06" in path.read_text("utf-8-sig")
    plain = CliRunner().invoke(app, ["presale", "-w", str(sample.folder), "-l", "zh"])
    assert "下单" in plain.output
    wrong = CliRunner().invoke(app, ["presale", "-w", str(sample.folder), "--service", "2"])
    assert wrong.exit_code == 2
    assert CliRunner().invoke(app, ["presale", "-w", str(sample.folder), "--today", "soon"]).exit_code == 2


def test_without_a_past_presale_the_doubt_is_said_loudly():
    found = analyse(shop(NOW, products=PRODUCTS))
    known = analyse(shop(NOW, *history(), products=PRODUCTS))
    assert "no past presale" in said(found)
    assert "no past presale" not in said(known)
    wide, narrow = (one.items[0].prediction.interval("need") for one in (found, known))
    assert wide[1] - wide[0] > 1.8 * (narrow[1] - narrow[0])
    assert {finding.confidence for finding in findings(found)} <= {"insufficient", "watch"}
    assert found.items[0].gate is not None
    assert known.items[0].gate is None


@pytest.mark.row(135)
def test_a_new_product_is_held_against_its_gate():
    found = analyse(shop(NOW, *history("B"), products=PRODUCTS))
    (told,) = [finding for finding in findings(found) if finding.kind == "product"]
    assert "80 of 500 deposits" in told.headline.text("en")
    assert "does not pay" in told.evidence.text("en")
    assert "80 of 500 deposits" in found.verdict.text("en")
    met = analyse(shop(NOW, *history("B"), products=PRODUCTS), Spec(gate=60, break_even=50))
    (told,) = [finding for finding in findings(met) if finding.kind == "product"]
    assert "reached" in told.headline.text("en")
    assert "Production pays" in told.evidence.text("en")
    assert met.items[0].gate.verdict == "go"


def test_deposits_after_the_window_are_left_out_and_named():
    late = deposits(units=(5,), start="2026-11-12").assign(
        starts_on=pd.Timestamp("2026-11-01"), ends_on=pd.Timestamp("2026-11-10"),
        balance_from=pd.Timestamp("2026-11-11"),
    )  # fmt: skip
    found = analyse(shop(deposits(), late, *history(), products=PRODUCTS))
    assert found.items[0].series.total == 150
    assert "5 deposits lie outside" in said(found)


def test_more_payments_than_deposits_count_as_all_paid():
    many = deposits("too many", start="2026-03-01", paid_units=60.0)
    found = analyse(shop(NOW, many, *history(), products=PRODUCTS))
    assert {series.campaign: series.rate for series in found.past}["too many"] == 1
    assert "more balances are paid" in said(found)
    assert 0 < found.items[0].prediction.conversion.mean < 1


def test_cancelled_deposits_are_taken_off():
    found = analyse(shop(deposits(units=(30, 10, -15, 10, 10, 10)), *history(), products=PRODUCTS))
    assert found.items[0].series.total == 55
    assert "15 cancelled deposits" in said(found)
    gone = analyse(shop(deposits(units=(5, -9, 0, 0)), *history(), products=PRODUCTS))
    assert gone.items[0].series.total == 0
    assert math.isfinite(gone.items[0].prediction.mean())


def test_two_products_in_one_deposit_count_for_both():
    both = deposits(units=RUNNING, sku="A+B")
    found = analyse(shop(both, *history(), products=PRODUCTS))
    assert {item.series.sku: item.series.total for item in found.items} == {"A": 80.0, "B": 80.0}
    assert "two products in one deposit" in said(found)
    # A code of the product list that holds such a sign stays whole.
    odd = analyse(shop(deposits(units=RUNNING, sku="C/1"), *history(), products=PRODUCTS))
    assert [item.series.sku for item in odd.items] == ["C/1"]


def test_a_campaign_without_a_closing_day_is_supposed_as_long_as_others():
    found = analyse(shop(NOW.assign(ends_on=None, balance_from=None), *history(), products=PRODUCTS))
    assert found.items[0].series.days == 10
    assert "does not say when deposits close" in said(found)


def test_balances_are_no_spot_sales_and_uplift_is_learned():
    lines = sold()
    extra = lines[(lines["paid_at"] >= "2026-06-11") & (lines["paid_at"] < "2026-06-13")]
    paid = extra.assign(order_id=extra["order_id"] + "p", quantity=66, paid_amount=6600.0)
    found = analyse(shop(NOW, *history(), products=PRODUCTS, order_lines=pd.concat([lines, paid])))
    last = found.past[-1]
    assert last.base == 5
    assert last.spot == 5 * 7
    assert last.peak_share == pytest.approx(71 / (132 + 35))
    assert found.items[0].demand.rate == 5
    assert found.items[0].demand.variation < 0.2


def test_stock_that_usual_sales_take_before_balances_open_is_not_there():
    stock = pd.DataFrame({"date": ["2026-11-06"], "sku": ["A"], "on_hand": [200]})
    orders = pd.DataFrame(
        {"po_id": ["1", "2", "3"], "sku": "A", "ordered_on": "2026-10-20", "quantity": [40, 500, 70],
         "promised_on": ["2026-11-08", "2026-12-20", "2026-11-01"]}
    )  # fmt: skip
    found = analyse(
        shop(NOW, *history(), products=PRODUCTS, inventory_snapshots=stock, purchase_orders=orders,
             order_lines=sold(days=541))
    )  # fmt: skip
    # Four days of 5 units lie between the last day and the day before balances open; overdue and late orders are none.
    assert found.today == dt.date(2026, 11, 6)
    assert found.items[0].money.available == 200 + 40 - 5 * 4


def test_a_second_order_is_planned_where_it_comes_in_time():
    found = analyse(shop(NOW, *history(), products=PRODUCTS.assign(lead_time_days=1)))
    assert found.items[0].two is not None
    assert found.items[0].two.first + found.items[0].two.second > 0


def test_the_funnel_tells_both_rates():
    visits = pd.DataFrame(
        {"date": pd.date_range("2026-11-01", periods=6), "platform": "taobao", "level": "item", "sku": "A",
         "visitors": 200}
    )  # fmt: skip
    table = analyse(shop(NOW, *history(), products=PRODUCTS, traffic_daily=visits)).funnel
    now = table.iloc[-1]
    assert now["deposit_rate"] == pytest.approx(80 / 1200)
    assert now["deposit_low"] < 80 / 1200 < now["deposit_high"]
    assert math.isnan(now["balance_rate"])
    assert table["balance_rate"].iloc[0] == pytest.approx(132 / 150)


@pytest.mark.row(158)
def test_a_fallen_balance_rate_is_told():
    poor = deposits("poor", start="2026-10-10", paid_units=[12, 4, 4, 4, 4, 4, 4, 4, 4, 16])
    found = analyse(shop(poor, *history(), sold_elsewhere().assign(date=pd.Timestamp("2026-11-06")),
                         products=PRODUCTS))  # fmt: skip
    (told,) = [finding for finding in findings(found) if finding.metric == "deposit_payment_rate"]
    assert told.after == pytest.approx(60 / 150)
    assert told.confidence == "confirmed"
    assert told.action.owner == "operations"


def sold_elsewhere():
    """One deposit of another product, which makes the last day later."""
    return deposits("other", "Z", "2026-11-06", units=(1,))


def test_the_path_that_is_left_is_told_with_money():
    fallen = deposits(units=(60, 40, 30, 30, 0, 0, 0, 0))
    (told, *_rest) = findings(analyse(shop(fallen, *history(), products=PRODUCTS)))
    assert told.metric == "presale_deposits"
    assert told.money.value < 0
    assert "fewer" in told.headline.text("en")


@pytest.mark.parametrize(
    "change",
    [
        {"presale_price": None}, {"sku": None}, {"campaign": None}, {"deposits": 0.0}, {"starts_on": "2026-12-01"},
        {"ends_on": "2026-10-01"}, {"balance_from": "2020-01-01"}, {"deposits": -3.0}, {"presale_price": 0.0},
    ],
)  # fmt: skip
def test_strange_rows_raise_nothing_but_a_helpful_error(change):
    typed = {name: pd.Timestamp(value) if isinstance(value, str) and "-" in value else value
             for name, value in change.items()}  # fmt: skip
    try:
        found = analyse(shop(NOW.assign(**typed), products=PRODUCTS))
    except DataError as error:
        told = error.hint.text("zh")
    else:
        told = found.verdict.text("zh")
    assert told


def test_endless_deposits_are_left_out_and_named():
    endless = deposits(units=(math.inf,), start="2026-11-07").assign(ends_on=pd.Timestamp("2026-11-10"))
    found = analyse(shop(NOW, endless.assign(starts_on=pd.Timestamp("2026-11-01")), *history(), products=PRODUCTS))
    assert found.items[0].series.total == 80
    assert "1 row of deposits holds no number" in said(found)


def test_a_price_below_cost_and_a_shop_without_presales():
    found = analyse(shop(NOW.assign(presale_price=30.0), *history(), products=PRODUCTS))
    assert any("costs more" in note.text("en") for note in found.items[0].notes)
    with pytest.raises(DataError):
        analyse({"order_lines": sold()})


def test_row_order_changes_nothing():
    rows = pd.concat([NOW, *history()], ignore_index=True)
    one, other = (
        analyse({"presale_deposits": table, "products": PRODUCTS})
        for table in (rows, rows.sample(frac=1, random_state=3))
    )
    assert one.items[0].plan == other.items[0].plan
    assert one.past == other.past


def test_an_earlier_day_knows_nothing_of_later_ones():
    rows = shop(*history(), NOW, products=PRODUCTS)
    found = analyse(rows, today=dt.date(2026, 6, 5))
    assert [item.series.campaign for item in found.items] == ["past 2"]
    assert found.items[0].series.seen == 5
    assert len(found.past) == 2


def test_days_that_stand_for_without_end_count_as_not_told():
    endless = NOW.assign(
        starts_on=dt.date(1900, 1, 1), ends_on=dt.date(9999, 12, 31), balance_from=dt.date(9999, 12, 31)
    )
    (item,) = analyse(shop(endless)).items
    assert (item.series.opens, item.series.days) == (dt.date(2026, 11, 1), 14)
    assert item.series.balance_from == dt.date(2026, 11, 15)
    assert "does not say when deposits close; 14 days are supposed" in said(analyse(shop(endless)))


def test_a_smallest_order_that_does_not_pay_is_not_told_as_enough_stock():
    found = analyse(shop(*history(), NOW, products=PRODUCTS[:1].assign(moq=1e9)))
    assert found.items[0].plan.reason == "unworthy"
    assert "smallest order costs more" in found.verdict.text("en")


def test_a_product_without_a_price_does_not_hide_the_others():
    other = deposits(sku="B", units=RUNNING, presale_price=0.0)
    listed = analyse(shop(NOW, other, products=PRODUCTS.assign(price=90.0)))
    assert {item.series.sku: item.money.price for item in listed.items} == {"A": 100.0, "B": 90.0}
    lacking = analyse(shop(NOW, other))
    assert [item.series.sku for item in lacking.items] == ["A"]
    assert "B has no price" in said(lacking)
    with pytest.raises(DataError, match="no price"):
        analyse(shop(other))


def test_what_is_sold_already_is_no_new_product():
    found = analyse(shop(NOW, products=PRODUCTS, order_lines=sold()))
    assert found.items[0].gate is None
    assert "will be needed" in found.verdict.text("en")


def test_missing_sales_are_said_and_a_gate_holds_the_order_back():
    item = analyse(shop(NOW, products=PRODUCTS)).items[0]
    assert any("spot sales count as none" in note.text("en") for note in item.notes)
    assert item.waits
    assert (item.quantity, item.plan.quantity > 0) == (0, True)
    ready = analyse(shop(NOW, products=PRODUCTS), Spec(gate=60, break_even=5)).items[0]
    assert ready.quantity == ready.plan.quantity > 0


def test_two_unknown_products_in_one_deposit_are_named_and_count_once():
    found = analyse(shop(deposits(sku="X,Y", units=(5, 5, 5))))
    assert [item.series.sku for item in found.items] == ["X,Y"]
    assert "X,Y looks like several products" in said(found)
