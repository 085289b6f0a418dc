"""Every planted truth can be measured in the files with plain pandas, and truths.toml tells its size rightly."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from .shipped import number, table
from .test_quiet import z_of_rates
from .test_reconciles import units_sold


def span(frame: pd.DataFrame, start: Any, end: Any) -> pd.DataFrame:
    return frame[(frame["date"] >= str(start)) & (frame["date"] <= str(end))]


def before_and_after(frame: pd.DataFrame, truth: dict[str, Any]) -> tuple[pd.DataFrame, pd.DataFrame]:
    return span(frame, truth["compare_start"], truth["compare_end"]), span(frame, truth["start"], truth["end"])


def test_payment_failure(truths: dict[str, Any], traffic: pd.DataFrame, paid: pd.DataFrame) -> None:
    truth = truths["payment_failure"]
    mobile = traffic[(traffic["platform"] == "douyin") & (traffic["device"] == "mobile")]
    old, new = (part[["orders", "pays"]].sum() for part in before_and_after(mobile, truth))
    assert old["pays"] / old["orders"] == pytest.approx(0.76, abs=0.04)
    assert new["pays"] / new["orders"] == pytest.approx(0.37, abs=0.04)
    assert (old["orders"], new["orders"], old["pays"], new["pays"]) == tuple(
        truth[name] for name in ("orders_before", "orders_after", "pays_before", "pays_after")
    )
    z = z_of_rates((old["pays"], new["pays"]), (old["orders"], new["orders"]))
    assert z == pytest.approx(truth["z"], abs=0.06)
    assert z < -8
    usual, _ = before_and_after(paid[(paid["platform"] == "douyin") & (paid["device"] == "mobile")], truth)
    lost = new["orders"] * old["pays"] / old["orders"] - new["pays"]
    assert -lost * usual["amount"].mean() == pytest.approx(truth["money"], abs=1)
    # Every mobile channel fails, both weeks do, and the unpaid orders show it too.
    for _, part in span(mobile, truth["start"], truth["end"]).groupby("channel"):
        assert part["pays"].sum() / part["orders"].sum() < 0.5
    weekly = span(mobile, "2026-11-02", "2026-11-08")[["orders", "pays"]].sum()
    assert weekly["pays"] / weekly["orders"] < 0.5
    orders = table("douyin_orders.zip").drop_duplicates("主订单编号")
    late = orders[(orders["订单提交时间"] >= "2026-11-02") & (orders["APP渠道"] == "抖音")]
    assert (late["支付完成时间"] != "").mean() == pytest.approx(truth["rate_after"], abs=0.0001)


def test_payment_failure_in_the_event_log() -> None:
    events = table("events.csv.gz")
    cell = events[(events["platform"] == "douyin") & (events["device"] == "mobile")]
    people = {
        (step, late): set(part["session_id"])
        for (step, late), part in cell.groupby(["event", cell["event_time"] >= "2026-11-02"])
    }
    rates = [len(people["pay", late]) / len(people["order", late]) for late in (False, True)]
    assert rates[0] > 0.65
    assert rates[1] < 0.55
    z = z_of_rates(
        (len(people["pay", False]), len(people["pay", True])), (len(people["order", False]), len(people["order", True]))
    )
    assert z < -2.5


def test_events_are_a_clean_funnel() -> None:
    events = table("events.csv.gz")
    steps = {name: place for place, name in enumerate(("exposure", "click", "cart", "order", "pay"))}
    order = events.assign(step=events["event"].map(steps)).sort_values(["session_id", "step"])
    times = order.groupby("session_id")["event_time"]
    assert times.apply(lambda stamps: stamps.is_monotonic_increasing and stamps.is_unique).all()
    assert (order.groupby("session_id")["step"].max() + 1 == order.groupby("session_id")["step"].nunique()).all()
    assert events["event_time"].is_monotonic_increasing


def test_mix_shift(truths: dict[str, Any], traffic: pd.DataFrame) -> None:
    truth = truths["mix_shift"]
    taobao = traffic[traffic["platform"] == "taobao"].assign(
        channel=lambda frame: frame["channel"] + "|" + frame["device"]
    )
    old, new = (
        part.groupby("channel")[["visitors", "carts", "pays"]].sum() for part in before_and_after(taobao, truth)
    )
    rates = (old["pays"] / old["visitors"], new["pays"] / new["visitors"])
    assert (rates[1] < rates[0]).all()
    totals = [part["pays"].sum() / part["visitors"].sum() for part in (old, new)]
    assert abs(z_of_rates((old["pays"].sum(), new["pays"].sum()), (old["visitors"].sum(), new["visitors"].sum()))) < 1
    shares = [part["visitors"] / part["visitors"].sum() for part in (old, new)]
    rate = float(((shares[0] + shares[1]) / 2 * (rates[1] - rates[0])).sum())
    mix = float(((shares[1] - shares[0]) * (rates[0] + rates[1]) / 2).sum())
    assert rate + mix == pytest.approx(totals[1] - totals[0], abs=1e-12)
    assert rate == pytest.approx(truth["rate_effect"], abs=1e-5)
    assert mix == pytest.approx(truth["mix_effect"], abs=1e-5)
    assert rate < -0.15 * totals[0]
    for entry in truth["channels"]:
        name = f"{entry['channel']}|{entry['device']}"
        z = z_of_rates((old["carts"][name], new["carts"][name]), (old["visitors"][name], new["visitors"][name]))
        assert z == pytest.approx(entry["cart_z"], abs=0.06)
        assert z < -2
    # What happens after the cart has not changed in any source.
    for name in old.index:
        assert abs(z_of_rates((old["pays"][name], new["pays"][name]), (old["carts"][name], new["carts"][name]))) < 2.5
    assert truth["money"] < -10_000


def test_cart_high_pay_low(truths: dict[str, Any]) -> None:
    truth = truths["cart_high_pay_low"]
    report = pd.concat([table("sycm_products.zip"), table("sycm_products_newest.xls")])
    figures = ["商品访客数", "商品加购人数", "支付买家数"]
    items = report[figures].apply(number).groupby(report["货号"]).sum()
    items["carted"] = items["商品加购人数"] / items["商品访客数"]
    items["paid"] = items["支付买家数"] / items["商品加购人数"]
    own = items.loc[truth["sku"]]
    assert tuple(own[figures]) == (truth["visitors"], truth["carts"], truth["pays"])
    usual = items.drop(index=[truth["sku"], "NW-X04"])
    usual = usual[usual["商品加购人数"] >= 30]
    assert own["carted"] > 1.6 * usual["carted"].max()
    assert own["paid"] < 0.5 * usual["paid"].min()
    rest = items.drop(index=[truth["sku"], truths["stock_out"]["sku"]])[figures].sum()
    money = own["商品加购人数"] * (rest["支付买家数"] / rest["商品加购人数"] - own["paid"]) * truth["price"]
    assert -money == pytest.approx(truth["money"], abs=1)


def test_stock_out(truths: dict[str, Any]) -> None:
    truth = truths["stock_out"]
    sold = pd.Series({date: units for (date, sku), units in units_sold().items() if sku == truth["sku"]})
    assert sold[str(truth["start"]) :].sum() == truth["units_sold"] == 0
    usual = sold.sort_index()["2026-10-08":"2026-11-04"].sum() / 28
    assert usual == pytest.approx(truth["units_per_day_before"], abs=0.005)
    assert usual * truth["days"] * truth["price"] == pytest.approx(-truth["money"], abs=1)
    counts = table("inventory.xlsx")
    stock = number(counts[counts["商家编码"] == truth["sku"]].set_index("盘点日期")["在库数量"])
    assert (stock["2026-11-05":] == 0).all()
    assert stock["2026-11-03"] > 0
    others = counts[(counts["商家编码"] != truth["sku"]) & (counts["盘点日期"] >= "2026-10-26")]
    assert number(others["在库数量"]).min() > 0
    orders = table("purchase_orders.xlsx")
    pending = orders[(orders["商家编码"] == truth["sku"]) & (orders["到货日期"] == "")]
    assert list(pending["承诺到货日"]) == [str(truth["pending_promised_on"])]


def test_lapsed_customers(truths: dict[str, Any], paid: pd.DataFrame) -> None:
    truth = truths["lapsed_customers"]
    taobao = paid[paid["platform"] == "taobao"]
    group = taobao[taobao["buyer"].isin(truth["buyers"])]
    assert group["buyer"].nunique() == truth["customers"] == len(truth["buyers"])
    assert group["date"].max() == str(truth["last_order"]) <= "2026-06-14"
    assert len(group) == truth["orders"]
    assert group.groupby("buyer")["order"].count().median() >= 7
    spent = taobao.groupby("buyer")["amount"].sum()
    assert spent[truth["buyers"]].median() > spent.quantile(0.95)
    # Before they stop, hardly anybody else of their kind is gone for as long.
    counts = taobao.groupby("buyer")["order"].count()
    loyal = counts[counts >= 7].index.difference(truth["buyers"])
    last = taobao[taobao["buyer"].isin(loyal)].groupby("buyer")["date"].max()
    assert (last < "2026-06-15").mean() < 0.5


def test_idle_stock(truths: dict[str, Any]) -> None:
    sold, counts = units_sold(), table("inventory.xlsx")
    last = counts[counts["盘点日期"] == "2026-11-15"].set_index("商家编码")
    recent: dict[str, float] = {}
    for (date, sku), units in sold.items():
        if date >= "2026-08-18":
            recent[sku] = recent.get(sku, 0) + units
    assert min(recent, key=lambda sku: recent[sku]) == "NW-X04"
    for name in ("slow_mover", "dead_stock"):
        truth = truths[name]
        assert recent.get(truth["sku"], 0) == truth["units_last_90_days"]
        assert int(last.loc[truth["sku"], "在库数量"]) == truth["stock"]
        assert truth["money"] == -truth["stock"] * truth["unit_cost"]
    assert set(last.index) - set(recent) == {truths["dead_stock"]["sku"]}


def test_late_supplier(truths: dict[str, Any]) -> None:
    truth = truths["late_supplier"]
    orders = table("purchase_orders.xlsx")
    done = orders[orders["到货日期"] != ""]
    late = done["到货日期"] > done["承诺到货日"]
    own = done["供应商"] == truth["supplier"]
    assert (int(own.sum()), int(late[own].sum())) == (truth["deliveries"], truth["late"])
    assert late[own].mean() > 0.2
    assert late[~own].mean() < 0.03
    defects, units = number(done["次品数量"]), number(done["采购数量"])
    rates = [defects[rows].sum() / units[rows].sum() for rows in (own, ~own)]
    assert rates == pytest.approx([truth["defect_rate"], truth["others_defect_rate"]], abs=0.0001)
    assert rates[0] > 0.01 > rates[1]


def test_presale_balance_rate(truths: dict[str, Any]) -> None:
    truth = truths["presale_balance_rate"]
    rows = table("presale_deposits.csv")
    past = rows[rows["尾款件数"] != ""]
    made, paid = number(past["定金件数"]).sum(), number(past["尾款件数"]).sum()
    assert (made, paid) == (truth["deposits"], truth["paid"])
    assert paid / made == pytest.approx(truth["rate"], abs=0.0001)
    assert number(past["未付尾款件数"]).sum() == made - paid
    still_open = rows[rows["尾款件数"] == ""]
    assert list(still_open["预售活动"].unique()) == [truth["open_campaign"]]
    assert number(still_open["定金件数"]).sum() == truth["open_deposits"]
    # The paid balances are orders of the balance days.
    orders = table("taobao_orders.zip")
    assert (orders["分阶段订单信息"] != "").sum() == paid


def test_rival_price_cut(truths: dict[str, Any]) -> None:
    truth = truths["rival_price_cut"]
    history = table("price_history.csv")
    rival = history[history["店铺"] == truth["rival"]]
    moved = rival.groupby("商品ID")["到手价"].nunique()
    assert list(moved[moved > 1].index) == ["M125"]
    prices = number(rival[rival["商品ID"] == "M125"].set_index("日期")["到手价"])
    assert set(prices[:"2026-10-25"]) == {truth["price_before"]}
    assert set(prices["2026-10-26":]) == {truth["price_after"]}


def arms(name: str) -> tuple[pd.Series, pd.Series]:
    rows = table(f"{name}.csv.gz")
    assert rows["user_id"].is_unique
    bought = rows["converted"] == "1"
    return bought.groupby(rows["variant"]).sum(), bought.groupby(rows["variant"]).size()


@pytest.mark.parametrize("name", ["ab_win", "ab_srm", "ab_flat", "ab_early"])
def test_experiments_are_as_written(name: str, truths: dict[str, Any]) -> None:
    truth = truths[name]
    buyers, people = arms(name)
    assert tuple(people) == (truth["users_control"], truth["users_treatment"])
    assert tuple(buyers) == (truth["buyers_control"], truth["buyers_treatment"])
    assert z_of_rates(tuple(buyers), tuple(people)) == pytest.approx(truth["z"], abs=0.006)
    half = people.sum() / 2
    assert ((people - half) ** 2 / half).sum() == pytest.approx(truth["sample_ratio_chi2"], abs=0.01)


def test_experiments_have_their_verdict(truths: dict[str, Any]) -> None:
    chi2_limit, z_limit = 10.83, 1.96  # p = .001 with one degree of freedom, p = .05 two-sided
    assert truths["ab_win"]["z"] > 3
    assert truths["ab_srm"]["sample_ratio_chi2"] > chi2_limit
    assert truths["ab_srm"]["z"] > z_limit
    assert abs(truths["ab_flat"]["z"]) < 0.5
    for name in ("ab_win", "ab_flat", "ab_early"):
        assert truths[name]["sample_ratio_chi2"] < 3.84
    rows = table("ab_early.csv.gz")
    first = rows[rows["exposed_at"] < "2026-10-26"]
    bought = (first["converted"] == "1").groupby(first["variant"])
    z = z_of_rates(tuple(bought.sum()), tuple(bought.size()))
    assert z == pytest.approx(truths["ab_early"]["z_first_week"], abs=0.006)
    assert z > z_limit
    assert abs(truths["ab_early"]["z"]) < 1.5


def test_covariate_is_balanced_and_useful() -> None:
    rows = table("ab_win.csv.gz")
    before, revenue = number(rows["pre_revenue"]), number(rows["revenue"])
    means = before.groupby(rows["variant"]).mean()
    error = (before.groupby(rows["variant"]).var() / before.groupby(rows["variant"]).size()).sum() ** 0.5
    assert before.corr(revenue) > 0.1
    assert abs(means["treatment"] - means["control"]) < 3 * error
