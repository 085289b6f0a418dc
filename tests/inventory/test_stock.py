"""A whole shop: what the sample shop hides is named, a small one by hand, bad input is told, doors answer."""

import datetime as dt
import json
import re
import tomllib

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import sample_data
from ecops.capability import capabilities
from ecops.charts import Look
from ecops.commands.app import app
from ecops.errors import DataError, SpecError
from ecops.inventory import Spec, analyse, view
from ecops.inventory.policies.rules import rules
from ecops.inventory.telling import figures
from ecops.inventory.telling.commands import rules_told
from ecops.inventory.telling.findings import findings
from ecops.inventory.telling.section import section
from ecops.periods import Period
from ecops.store.inputs import open_data
from tests.inventory import shops

TRUTHS = tomllib.loads((sample_data.FOLDER.parent / "truths.toml").read_text("utf-8"))


@pytest.fixture(scope="module")
def data(sample):
    return sample.data()


@pytest.fixture(scope="module")
def stock(data):
    return view.stock(data)


def told(stock, rule):
    return [finding for finding in findings(stock) if finding.action.rule == rule]


@pytest.mark.row(24, 137)
def test_exactly_the_planted_stock_out(stock):
    truth = TRUTHS["stock_out"]
    (found,) = told(stock, "stock_out_overdue")
    assert found.subject == {"sku": truth["sku"]}
    assert found.confidence == "confirmed"
    row = stock.table.set_index("sku").loc[truth["sku"]]
    assert row["out_days"] == truth["days"]
    assert row["daily_sales"] == pytest.approx(truth["units_per_day_before"], rel=0.05)
    lost = row["daily_sales"] * truth["days"] * truth["price"]
    assert lost == pytest.approx(-truth["money"], rel=0.05)
    assert -found.money.value == pytest.approx(row["at_risk"]) == pytest.approx(lost * 7 / truth["days"], rel=0.05)
    assert stock.verdict.params["lost"].amount == pytest.approx(row["at_risk"])
    assert found.money.low < found.money.value < found.money.high < 0
    assert row["overdue"] == truth["pending_order"]
    assert row["sold_rate"] < 0.7 * row["daily_sales"]
    assert any("too little" in note.text("en") for note in found.notes)


@pytest.mark.row(132)
def test_exactly_the_planted_dead_stock(stock):
    truth = TRUTHS["dead_stock"]
    (found,) = told(stock, "stock_dead")
    assert found.subject == {"sku": truth["sku"]}
    row = stock.table.set_index("sku").loc[truth["sku"]]
    assert (row["on_hand"], row["value"]) == (truth["stock"], -truth["money"])
    assert stock.today - dt.timedelta(days=int(row["idle_days"])) == truth["last_sale"]


def test_exactly_the_planted_slow_mover(stock):
    truth = TRUTHS["slow_mover"]
    (found,) = told(stock, "stock_slow")
    assert found.subject == {"sku": truth["sku"]}
    row = stock.table.set_index("sku").loc[truth["sku"]]
    assert row["value"] == -truth["money"]
    assert f"{truth['units_last_90_days']} were sold in 90 days" in found.headline.text("en")


@pytest.mark.row(139, 140, 144, 263)
def test_exactly_the_planted_supplier(stock):
    truth = TRUTHS["late_supplier"]
    (found,) = told(stock, "supplier_late")
    assert found.subject == {"supplier": truth["supplier"]}
    row = stock.suppliers.set_index("supplier").loc[truth["supplier"]]
    assert (row["late"], row["deliveries"]) == (truth["late"], truth["deliveries"])
    assert row["defect_rate"] == pytest.approx(truth["defect_rate"], abs=1e-4)
    assert row["extra_units"] > 0
    assert row["single_source"] == row["products"] == 8
    assert len(findings(stock)) == 4


@pytest.mark.row(153)
def test_more_promised_to_deposits_than_there_is(stock):
    assert stock.oversold["sku"].tolist() == [TRUTHS["presale_balance_rate"]["sku"]]
    assert stock.oversold["missing"].tolist() == [TRUTHS["presale_balance_rate"]["open_deposits"] - 76]


def test_figures_of_the_whole(stock):
    assert stock.turnover.points > 2
    cost = stock.shop.products.set_index("sku")["cost"]
    sold = stock.shop.panel.units[:, -365:].sum(axis=1)
    assert stock.turnover.cost_of_sales == pytest.approx(sold @ cost[list(stock.shop.panel.skus)].to_numpy())
    sells = int((stock.table["daily_sales"] > 0).sum())
    assert stock.shares.stock_out == pytest.approx(11 / (28 * sells), rel=0.03)
    assert stock.shares.slow == pytest.approx(58_630 / stock.shares.stock_value)


def test_an_earlier_day_sees_nothing_later(data):
    then = view.stock(data, today=dt.date(2026, 10, 25))
    assert then.shop.panel.until == dt.date(2026, 10, 25)
    assert not told(then, "stock_out_overdue")
    row = then.table.set_index("sku").loc["NW-B01"]
    assert (row["on_order"], row["overdue"]) == (300, 0)
    later = view.stock(data).shop.purchases
    coming = (pd.to_datetime(later["received_on"]) > "2026-10-25") & (later["ordered_on"].astype(str) <= "2026-10-25")
    assert coming.any()
    assert set(then.shop.purchases.loc[then.shop.purchases["received_on"].isna(), "status"]) == {"open"}
    assert (then.shop.purchases["received_on"].dropna() <= pd.Timestamp(2026, 10, 25)).all()


def test_the_guest_speaks_to_the_review(data):
    guest = capabilities()["inventory"]
    week = Period(dt.date(2026, 11, 9), dt.date(2026, 11, 15))
    assert guest.speaks(data)
    found = guest.findings(data, week, "previous")
    assert {finding.area for finding in found} == {"inventory"}
    assert {finding.period for finding in found} == {week}
    assert all(finding.compare is None for finding in found)
    part = guest.section(data, week)
    assert part.blocks
    for finding in found:
        for language in ("zh", "en"):
            assert "nan" not in finding.headline.text(language).casefold()


def test_pictures(data, stock):
    known = rules()
    compared = view.compared(data)
    for look in (Look("zh", dark=True), Look("en")):
        assert len(figures.cover_bars(stock, look).data) == 2
        assert len(figures.frontier_lines(compared, known, look).data) == len(known)
    now = compared.points[compared.points["chosen"]].set_index("rule")["cycle_service"]
    assert now["cover_days"] < 0.5 < now["learned"]


def test_the_command_line(sample, tmp_path):
    runner = CliRunner()
    asked = ["inventory", "-w", str(sample.folder), "--json", "--budget", "8000", "--compare"]
    answer = runner.invoke(app, [*asked, "--orders", str(tmp_path / "orders.xlsx")])
    assert answer.exit_code == 0, answer.output
    found = json.loads(answer.stdout)
    assert len(found["findings"]) == 4
    assert found["budget"]["spent"] <= 8000
    assert {line["sku"] for line in found["lines"]} == {"NW-B01", "NW-S06"}
    whole = pd.read_excel(tmp_path / "orders.xlsx", sheet_name="Purchase list")
    assert whole["Value"].sum() == pytest.approx(found["budget"]["spent"])
    runner.invoke(app, ["inventory", "-w", str(sample.folder), "-l", "zh", "--orders", str(tmp_path / "orders.xlsx")])
    book = pd.read_excel(tmp_path / "orders.xlsx", sheet_name=None)
    whole = book.pop("采购清单")
    assert [rows["下单量"].sum() for rows in book.values()] == list(whole.groupby("供应商")["下单量"].sum())
    wrong = runner.invoke(app, ["inventory", "-w", str(sample.folder), "--target", "2"])
    assert wrong.exit_code == 2


def test_rules_are_told_with_their_money(data):
    told = rules_told(view.compared(data), view.rules_in_money(data), view.stock(data))
    thumb, learned = (
        next(one.text("en") for one in told if one.text("en").startswith(name)) for name in ("7/30", "Learn")
    )
    assert re.search(
        r"7/30-day rule: \d+\.\d% of cycles .+ ¥\S+ in four weeks, ¥\S+ beside the learned rule \(¥\S+ to ¥", thumb
    )
    assert "beside" not in learned
    assert "四周花" in told[0].text("zh")


@pytest.mark.row(159)
def test_what_the_shelf_tells(data):
    found = view.shelf(data)
    assert len(found["trends"]) == 6
    assert 0.5 < found["fulfilled"][0] <= 1
    assert TRUTHS["cart_high_pay_low"]["sku"] not in set(found["shortlist"]["product"])
    choices = view.choices(data, (("commission", 0.05),))
    assert len(choices) == 40


def test_sheets_of_suppliers(data):
    sheets = view.purchase_sheets(data, "All")
    assert sorted(sheets) == sorted({"All", "浙江安杯制品厂", "南通棉语家纺"})
    whole = sheets.pop("All")
    assert len(whole) == sum(map(len, sheets.values())) == len(view.stock(data).lines)
    budget = 0.4 * whole["value"].sum()
    bought = view.purchase_sheets(data, "All", budget=budget)["All"]
    assert 0 < bought["value"].sum() <= budget
    assert bought["value"].sum() == pytest.approx(view.spent(data, budget).spent)


def test_a_small_shop_by_hand():
    found = analyse(shops.shop())
    table = found.table.set_index("sku")
    assert table.loc["A", ["daily_sales", "on_hand", "alert"]].tolist() == [2.0, 9.0, "reorder"]
    assert table.loc["B", "alert"] == "excess"
    assert [line.sku for line in found.lines] == ["A"]
    assert found.lines[0].quantity >= 2 * 8 - 9
    assert any("7 days stand in" in note.text("en") for note in found.notes)
    assert found.turnover.points == 1
    assert any("1 count of" in note.text("en") for note in found.notes)


def test_rows_in_another_order_tell_the_same():
    frames = shops.shop()
    shuffled = {name: frame.sample(frac=1, random_state=2) for name, frame in frames.items()}
    pd.testing.assert_frame_equal(analyse(frames).table, analyse(shuffled).table)


@pytest.mark.parametrize(("currency", "told_of"), [("CNY", ["mid_year"]), ("USD", [])])
def test_sales_of_chinas_platforms_are_nothing_to_a_shop_abroad(currency, told_of):
    frames = shops.shop()
    frames["order_lines"] = frames["order_lines"].assign(currency=currency)
    found = analyse(frames)  # ends on 30 April
    assert found.currency == currency
    assert [event.key for event in found.events] == told_of


def test_no_stock_report():
    frames = shops.shop()
    del frames["inventory_snapshots"]
    found = analyse(frames)
    assert set(found.table["alert"]) == {"unknown"}
    assert not found.lines
    assert found.turnover is None
    assert "no count of stock" in found.verdict.text("en")


def test_a_purchase_without_a_cost_has_no_sum():
    frames = shops.shop()
    frames["products"] = frames["products"].drop(columns="cost", errors="ignore")
    (due,) = told(analyse(frames), "stock_reorder")
    assert due.headline.text("en").startswith("1 product needs an order today; waiting")
    frames = shops.shop(stock=(("A", 9), ("B", 1)))
    frames["products"] = frames["products"].assign(cost=[4.0, None])
    found = analyse(frames)
    (due,) = told(found, "stock_reorder")
    spend = next(line.value for line in found.lines if line.sku == "A")
    assert due.headline.params["spend"].amount == spend
    assert due.notes[0].text("en") == "1 product without a cost is not in the sum."


def test_negative_stock_counts_as_nothing_and_is_told():
    found = analyse(shops.shop(stock=(("A", -7), ("B", 30))))
    assert found.table.set_index("sku").loc["A", "alert"] == "out"
    assert any("less than nothing" in note.text("en") for note in found.notes)


def test_what_is_sent_and_being_received_is_on_its_way_too():
    frames = shops.shop()
    frames["inventory_snapshots"] = frames["inventory_snapshots"].assign(
        on_order=5.0, on_the_way=20.0, receiving=[7.0, None]
    )
    found = analyse(frames).table.set_index("sku")
    assert found.loc["A", ["on_order", "position"]].tolist() == [32.0, 41.0]
    assert found.loc["B", "on_order"] == 25.0


def test_products_that_the_list_does_not_have():
    frames = shops.shop()
    frames["products"] = frames["products"].head(1)
    found = analyse(frames)
    assert any("product list does not have" in note.text("en") for note in found.notes)
    assert np.isnan(found.table.set_index("sku").loc["B", "cost"])


def test_a_cancelled_line_was_never_asked_for():
    frames = shops.shop()
    lines = frames["order_lines"].assign(buyer_id="x")
    wrong = lines.iloc[[5]].assign(quantity=5000, order_id="W1", paid_amount=1e5)
    back = lines.iloc[[5]].assign(quantity=-5000, order_id="W2", paid_amount=-1e5)
    found = analyse({**frames, "order_lines": pd.concat([lines, wrong, back], ignore_index=True)})
    assert found.shop.panel.units.max() == 2


def test_lines_that_take_back_against_a_loop():
    random, n = np.random.default_rng(4), 3000
    lines = pd.DataFrame(
        {
            "platform": "web",
            "order_id": [str(number) for number in range(n)],
            "sku": random.choice(["A", "B"], n),
            "buyer_id": random.choice(["u", "v", "w", ""], n),
            "paid_at": pd.Timestamp("2026-01-01") + pd.to_timedelta(random.integers(0, 40, n), unit="D"),
            "quantity": random.choice([-2.0, -1.0, 1.0, 2.0, 3.0], n, p=[0.1, 0.1, 0.4, 0.3, 0.1]),
        }
    )
    lines["ordered_at"] = lines["paid_at"]
    lines["paid_amount"] = lines["quantity"] * random.integers(5, 9, n)
    lines["refund_amount"] = np.where((lines["quantity"] > 0) & (random.random(n) < 0.1), lines["paid_amount"], np.nan)
    units, money, back = (dict[tuple[str, pd.Timestamp], float]() for _ in range(3))
    for (day, sku, buyer, _size), rows in lines.groupby(["paid_at", "sku", "buyer_id", lines["quantity"].abs()]):
        taken = int((rows["quantity"] < 0).sum())
        bought = rows[rows["quantity"] > 0]
        gone = min(taken, len(bought)) if buyer else 0
        size, key = abs(rows["quantity"].iloc[0]), (sku, day)
        units[key] = units.get(key, 0) + size * (len(bought) - gone)
        kept = (len(bought) - gone) / len(bought) if len(bought) else 0
        money[key] = money.get(key, 0) + bought["paid_amount"].sum() * kept
        refunded = size * bought["refund_amount"].notna().sum()
        back[key] = back.get(key, 0) + refunded + size * (taken - gone)
    found = analyse({"order_lines": lines}).shop.panel
    for row, sku in enumerate(found.skus):
        days = pd.date_range(found.start, periods=found.days)
        for values, told in ((found.units, units), (found.sales, money), (found.returned, back)):
            assert values[row] == pytest.approx([told.get((sku, day), 0) for day in days])


def test_what_nobody_counted_is_not_in_the_picture_of_cover():
    stock = analyse(shops.shop(stock=(("A", 9),)))
    assert stock.table.set_index("sku").loc["B", "alert"] == "unknown"
    assert list(figures.urgent(stock.table)["sku"]) == ["A"]


def test_a_return_is_no_missing_sale():
    frames = shops.shop()
    lines = frames["order_lines"].assign(buyer_id="x")
    back = lines.iloc[[5]].assign(quantity=-1, order_id="R", paid_amount=-10.0, ordered_at=pd.Timestamp("2026-02-03"))
    found = analyse({**frames, "order_lines": pd.concat([lines, back], ignore_index=True)})
    assert found.shop.panel.units[0].tolist() == [2.0] * 120
    assert found.shop.panel.returned.sum() == 1


def test_a_first_sale_yesterday():
    frames = shops.shop()
    fresh = pd.DataFrame({"sku": "N", "ordered_at": [pd.Timestamp("2026-04-29")], "quantity": [3]})
    lines = pd.concat([frames["order_lines"], shops.lines(fresh).assign(order_id="N1")], ignore_index=True)
    found = analyse({**frames, "order_lines": lines})
    row = found.table.set_index("sku").loc["N"]
    assert row["stage"] == "new"
    assert row["alert"] == "unknown"
    assert 0 < row["rate"] < 3


@pytest.mark.parametrize("days", [1, 20])
def test_too_short_a_history_is_told(days):
    with pytest.raises(DataError):
        analyse(shops.shop(days=days))


def test_orders_without_products_are_told():
    lines = shops.shop()["order_lines"].assign(sku=None)
    with pytest.raises(DataError):
        analyse({"order_lines": lines})
    with pytest.raises(DataError):
        analyse(open_data({"inventory_snapshots": shops.shop()["inventory_snapshots"]}))


@pytest.mark.parametrize("wrong", [{"target": 0.0}, {"order_days": 0}, {"review_days": 0}, {"default_lead": 0.5}])
def test_impossible_choices_are_told(wrong):
    with pytest.raises(SpecError):
        Spec(**wrong)
    with pytest.raises(SpecError):
        analyse(shops.shop(), Spec(rule="a_rule"))


def test_two_warehouses_are_one_stock():
    frames = shops.shop()
    frames["inventory_snapshots"] = pd.DataFrame(
        {"date": ["2026-04-30"] * 2, "sku": ["A"] * 2, "warehouse": ["x", "y"], "on_hand": [30, 31]}
    )
    found = analyse(frames)
    assert found.table.set_index("sku").loc["A", "on_hand"] == 61
    assert section(found).blocks


@pytest.mark.row(141, 142, 143, 145, 161)
def test_terms_of_suppliers():
    frames = shops.shop()
    orders = pd.DataFrame(
        {"po_id": ["1", "2"], "sku": ["A", "B"], "supplier": ["Mill", "Mill"],
         "ordered_on": ["2026-02-01", "2026-03-01"],
         "promised_on": ["2026-02-08"] * 2, "received_on": ["2026-02-08", "2026-03-09"], "quantity": [100, 53],
         "unit_cost": [8.0, 5.0], "status": "received"}
    )  # fmt: skip
    terms = pd.DataFrame(
        {"supplier": ["Mill", "Shed"], "credit_days": [10, None], "rebate_rate": [0.01, None],
         "ship48_rate": [0.9, 0.99],
         "ship48_orders": [400, 20], "chat_minutes": [2, 9], "return_days": [90, 10], "freight_share": [0.5, None],
         "return_loss_rate": [0.06, None], "samples_passed": [3, 2], "data_delay_minutes": [15, 16],
         "licence_until": ["2026-04-29", "2027-01-01"], "quality_report_until": ["2026-05-20", None],
         "environment_until": ["2028-01-01", "2028-01-01"], "inspection_until": ["2028-01-01", "2026-04-01"],
         "holiday_duty": [True, None]}
    )  # fmt: skip
    found = view.terms(open_data({**frames, "purchase_orders": orders, "suppliers": terms})).set_index("supplier")
    mill, shed = found.loc["Mill"], found.loc["Shed"]
    assert mill["bought"] == 800 + 265
    assert mill["cash_freed"] == pytest.approx(1065 / 365 * 10)
    assert mill["cash_more"] == pytest.approx(1065 / 365 * 20)
    assert mill["rebate"] == pytest.approx(10.65)
    verdicts = ["ship48_verdict", "chat_verdict", "data_verdict", "return_verdict", "loss_verdict", "sample_verdict"]
    assert mill[verdicts].tolist() == ["fail", "pass", "pass", "pass", "fail", "pass"]
    assert shed[verdicts].tolist() == ["too_few", "fail", "fail", "fail", "unknown", "fail"]
    assert (mill["expired"], mill["expiring"], shed["missing"]) == (
        "licence_until", "quality_report_until", "quality_report_until",
    )  # fmt: skip
    assert (mill["duty_verdict"], shed["duty_verdict"], shed["expired"]) == ("pass", "unknown", "inspection_until")
    assert view.terms(open_data(frames)).empty
