"""Tiers, actions, coupons, the list with its hold-back and its read-out, and names that come back for one download."""

import datetime as dt
import tempfile

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import ecops
from ecops import customers
from ecops.customers.programme.tiers import nudge_text
from ecops.errors import DataError, MappingError, SpecError
from ecops.periods import Period
from tests.customers.conftest import shop


def segmented(book):
    return customers.segment(customers.score(customers.rfm(book)))


@pytest.fixture(scope="module")
def book():
    generator = np.random.default_rng(8)
    start = pd.Timestamp("2026-01-01")
    rows = []
    for who in range(600):
        for _ in range(1 + generator.poisson(1.5)):
            day = start + pd.Timedelta(days=int(generator.integers(0, 300)))
            rows.append((f"b{who:03d}", day, float(generator.integers(20, 400))))
    return customers.order_book(shop(rows))


@pytest.mark.data
@pytest.mark.row(101)
@pytest.mark.row(104)
def test_uci_tiers_and_who_is_one_order_away(uci_clean):
    ranks = customers.tiers(uci_clean)
    table = ranks.table().set_index("tier")
    assert table["customers"].to_dict() == {"silver": 2328, "gold": 896, "black": 1114}
    assert table["money"].round(2).tolist() == [1356225.46, 1209166.07, 6346016.37]
    assert table["near"].tolist()[:2] == [835, 388]
    near = customers.nudges(uci_clean, ranks)
    assert near["next_tier"].value_counts().to_dict() == {"gold": 835, "black": 388}
    assert near["reaches"].isna().all()


@pytest.mark.row(101)
@pytest.mark.row(102)
@pytest.mark.row(103)
def test_the_three_ladders_of_the_handbooks():
    found = customers.ladders()
    assert {key: [tier.key for tier in ladder.tiers] for key, ladder in found.items()} == {
        "orders": ["silver", "gold", "black"],
        "cards": ["silver", "gold", "diamond"],
        "value": ["silver", "gold", "diamond"],
    }
    assert [tier.least for tier in found["orders"].tiers] == [(1,), (3,), (5,)]
    assert "free repair" in found["cards"].tiers[2].benefit.en
    assert found["value"].benchmark == "customer.high_value_share"


def test_tiers_by_hand():
    rows = [
        (name, f"2026-01-{day:02d}", 10)
        for name, n in (("a", 1), ("b", 2), ("c", 4), ("d", 6))
        for day in range(1, n + 1)
    ]
    book = customers.order_book(shop(rows))
    ranks = customers.tiers(book)
    assert ranks.place.tolist() == [0, 0, 1, 2]
    assert ranks.missing()[:3].tolist() == [2, 1, 1]
    assert np.isnan(ranks.missing()[3])
    assert customers.nudges(book, ranks)["customer"].tolist() == ["c", "b"]
    assert customers.nudges(book, ranks, within=2)["missing"].tolist() == [1, 1, 2]
    own = customers.tiers(book, thresholds=(2, 4, 7))
    assert own.place.tolist() == [-1, 0, 1, 1]
    assert own.table()["customers"].tolist() == [1, 2, 0]
    gold = ranks.ladder.tiers[1]
    assert str(nudge_text(gold, 1)) == "One more order and you are Gold: dedicated service and priority shipping."
    assert str(nudge_text(gold, 2)).startswith("2 more orders")
    assert nudge_text(gold, 1).text("zh") == "再下 1 单即可升级为金卡：专属客服、优先发货。"
    with pytest.raises(SpecError, match="must rise"):
        customers.tiers(book, thresholds=(3, 3, 5))
    with pytest.raises(SpecError, match="by value"):
        customers.nudges(book, customers.tiers(book, "value"))


@pytest.mark.row(104)
def test_the_probability_of_one_more_order_is_that_of_the_forecast(book):
    value = customers.fit_value(book)
    assert value.status != "too_small"
    ranks = customers.tiers(book)
    near = customers.nudges(book, ranks, value, benefit_cost=8.0)
    forecast = value.predict(30).frame(book).set_index("customer")
    expected = value.purchases.buys(value.past, 30)
    frame = forecast.assign(one=expected)
    assert near["reaches"].to_numpy() == pytest.approx(frame.loc[near["customer"], "one"].to_numpy())
    assert near["benefit_cost"].to_numpy() == pytest.approx(8 * near["reaches"].to_numpy())
    assert (near["reaches"].diff().dropna() <= 1e-12).all()


@pytest.mark.row(105)
@pytest.mark.row(106)
@pytest.mark.row(107)
@pytest.mark.row(119)
def test_every_segment_has_exactly_one_action(book):
    for scheme in ("grid11", "cn8"):
        keys = [key for play in customers.plays() for key in play.segments[scheme]]
        assert sorted(keys) == sorted(entry.key for entry in customers.schemes()[scheme].segments)
        found = segmented(book) if scheme == "grid11" else customers.segment(segmented(book).scores, scheme)
        planned = customers.plan(book, found)
        assert sum(len(entry.customers) for entry in planned) == len(found.rfm)
        assert sum(entry.money for entry in planned) == pytest.approx(found.rfm.money.sum())
        coupons = {entry.play.key: entry.what_if for entry in planned}
        assert coupons["threshold"] is not None
        assert all(worked is None for key, worked in coupons.items() if key != "threshold")


def test_a_threshold_coupon_by_hand():
    rows = [("a", "2026-01-20", 250), ("b", "2026-01-21", 150), ("c", "2025-12-01", 50), ("d", "2026-01-25", 150)]
    book = customers.order_book(shop(rows))
    found = customers.what_if(book, np.arange(4), customers.Coupon(199, 30), margin=0.4, days=30)
    assert (found.orders, found.basket, found.leak, found.reachable, found.base) == (4, 150, 0.25, 0.5, 0.75)
    # Nobody adds: 0.4 * 150 - 30 * 0.25 = 52.5 an order; everybody within reach does: 0.4 * 174.5 - 30 * 0.75 = 47.3.
    assert found.break_even == pytest.approx((0.75 * 60 / 52.5, 0.75 * 60 / 47.3))
    assert np.isnan(found.profit).all()
    assert found.cost == pytest.approx(4 * 0.75 * 30 * 0.25)
    asked = customers.what_if(book, np.arange(4), customers.Coupon(199, 30), margin=0.4, response=0.9)
    assert asked.profit == pytest.approx((4 * (0.9 * 52.5 - 45), 4 * (0.9 * 47.3 - 45)))
    at_even = customers.what_if(book, np.arange(4), customers.Coupon(), margin=0.4, response=found.break_even[0])
    assert at_even.profit[0] == pytest.approx(0)
    with pytest.raises(SpecError, match="takes off less"):
        customers.Coupon(30, 30)
    with pytest.raises(SpecError, match="shares"):
        customers.what_if(book, np.arange(4), customers.Coupon(), margin=35)


@pytest.mark.row(125)
def test_the_list_holds_back_a_share_of_every_segment_and_comes_out_again(book):
    found = segmented(book)
    planned = customers.plan(book, found)
    first = customers.audience(book, found, planned, holdback=0.2, seed=3)
    again = customers.audience(book, found, planned, holdback=0.2, seed=3)
    assert first.rows.equals(again.rows)
    other = customers.audience(book, found, planned, holdback=0.2, seed=4)
    assert not first.rows["group"].equals(other.rows["group"])
    assert len(first.rows) == len(found.rfm) == first.rows["customer"].nunique()
    by_segment = first.rows.assign(held=first.rows["group"] == "held_back").groupby("segment")["held"]
    assert (by_segment.sum() == np.round(by_segment.size() * 0.2)).all()
    assert set(first.reached()).isdisjoint(first.rows.loc[first.rows["group"] == "held_back", "customer"])
    one = customers.audience(book, found, planned, actions=["threshold"], holdback=0)
    assert set(one.rows["action"]) == {"threshold"}
    assert "Nobody is held back" in str(one.notes[0])
    few = customers.audience(book, found, planned, actions=["threshold"], holdback=0.05)
    assert "least for a read-out" in str(few.notes[0])
    with pytest.raises(SpecError, match="not planned"):
        customers.audience(book, found, planned, actions=["gifts"])


def test_every_customer_is_held_back_equally_often(book):
    found = segmented(book)
    planned = customers.plan(book, found)
    draws = [
        customers.audience(book, found, planned, holdback=0.3, seed=seed).rows["group"] == "held_back"
        for seed in range(300)
    ]
    often = np.mean(draws, axis=0)
    target = customers.audience(book, found, planned, holdback=0.3).rows
    share = (target["group"] == "held_back").groupby(target["segment"]).transform("mean")
    assert np.abs(often - share).max() < 5 * np.sqrt(0.25 / 300)


def after(reached_rate, held_rate, many=2000):
    """A list and the orders since: so many of each group ordered for 100."""
    groups = ["reached"] * many + ["held_back"] * (many // 4)
    rows = pd.DataFrame({"customer": [f"c{n:05d}" for n in range(len(groups))], "group": groups, "segment": "new"})
    history = [(name, "2026-01-01", 50) for name in rows["customer"]]
    chosen = rows.groupby("group").cumcount()
    rate = rows["group"].map({"reached": reached_rate * many, "held_back": held_rate * many // 4})
    later = [(name, "2026-02-10", 100) for name in rows.loc[chosen < rate, "customer"]]
    return rows, customers.order_book(shop([*history, *later, ("z", "2026-02-28", 1)]))


FEBRUARY = Period(dt.date(2026, 2, 1), dt.date(2026, 2, 28))


def test_what_the_action_brought():
    rows, book = after(0.12, 0.06)
    found = customers.readout(book, rows, FEBRUARY)
    assert (found.reached, found.held, found.reached_rate, found.held_rate) == (2000, 500, 0.12, 0.06)
    assert found.verdict == "worked"
    # statsmodels.stats.proportion.confint_proportions_2indep(240, 2000, 30, 500, method="newcomb").
    from statsmodels.stats.proportion import confint_proportions_2indep

    assert (found.low, found.high) == pytest.approx(
        confint_proportions_2indep(240, 2000, 30, 500, method="newcomb"), abs=1e-9
    )
    assert found.each == pytest.approx(6.0)
    assert found.money == pytest.approx(12_000)
    assert found.money_low < found.money < found.money_high
    assert "12.0%" in str(found.headline)
    assert customers.readout(book, rows, FEBRUARY, segment="new").reached == 2000


def test_an_action_without_effect_seldom_worked_also_where_orders_are_of_very_different_size():
    """One list, drawn 400 times anew, nothing done: verdicts and money hold their 5 %."""
    generator = np.random.default_rng(3)
    share = np.repeat([0.4, 0.3, 0.2, 0.1, 0.05], 400)
    buys = np.flatnonzero(generator.random(2000) < share)
    history = [(f"c{who:04d}", "2026-01-10", 100) for who in range(2000)]
    later = [(f"c{who:04d}", "2026-02-10", float(np.exp(generator.normal(4, 1.5)))) for who in buys]
    book = customers.order_book(shop([*history, *later, ("z", "2026-02-28", 1)]))
    names = [f"c{who:04d}" for who in range(2000)]
    told, covered, more = 0, 0, 0
    for _ in range(400):
        group = np.full(2000, "reached", dtype=object)
        for stratum in range(5):
            group[stratum * 400 + generator.choice(400, 40, replace=False)] = "held_back"
        found = customers.readout(book, pd.DataFrame({"customer": names, "group": group}), FEBRUARY)
        told += found.verdict in {"worked", "harmed"}
        covered += found.money_low <= 0 <= found.money_high
        more += found.money_low > 0
    assert told <= 20 + 13  # 5 % of 400, and three standard errors
    assert covered >= 380 - 13
    assert more <= 20


@pytest.mark.parametrize(
    ("reached", "held", "verdict"), [(0.08, 0.08, "no_effect"), (0.05, 0.12, "harmed"), (0.12, 0.02, "insufficient")]
)
def test_verdicts(reached, held, verdict):
    rows, book = after(reached, held)
    assert customers.readout(book, rows, FEBRUARY).verdict == verdict


def test_a_list_that_is_none_is_said():
    rows, book = after(0.1, 0.1, many=200)
    with pytest.raises(DataError, match="group"):
        customers.readout(book, rows.drop(columns="group"), FEBRUARY)
    with pytest.raises(DataError, match="Both groups"):
        customers.readout(book, rows[rows["group"] == "reached"], FEBRUARY)
    with pytest.raises(DataError, match="known up to"):
        customers.readout(book, rows, Period(FEBRUARY.start, dt.date(2026, 4, 1)))


NAMES = [f"买家_{n:02d}号" for n in range(12)]


def export():
    lines = ["订单编号,买家会员名,订单状态,买家实际支付金额,订单付款时间,订单创建时间"]
    lines += [
        f"38010000{n:04d},{name},交易成功,{100 + n}.00,2026-05-{1 + n:02d} 10:00:00,2026-05-{1 + n:02d} 09:00:00"
        for n, name in enumerate(NAMES)
    ]
    return "\n".join(lines).encode("gb18030")


@pytest.mark.row(125)
def test_names_come_back_for_one_download_and_stay_nowhere(tmp_path, monkeypatch):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    shop_folder = ecops.Workspace.open(tmp_path / "shop")
    shop_folder.load(export(), name="orders.csv", source="taobao_orders")
    book = customers.order_book(shop_folder)
    wanted = book.names(np.array([0, 3, 5]))
    assert not set(wanted) & set(NAMES), "the store knows no names"
    file = customers.reidentify(shop_folder, export(), wanted, actor="owner@shop", name="orders.csv")
    names = file.decode("utf-8-sig").split()[1:]
    assert len(names) == 3
    assert set(names) <= set(NAMES)
    # The same hash as on load: exactly the wanted ones came back.
    rows = shop_folder.query("select buyer_id, order_id from sales_lines").to_pydict()
    known = dict(zip(rows["buyer_id"], rows["order_id"], strict=True))
    assert sorted(known[who][-4:] for who in wanted) == sorted(f"{NAMES.index(name):04d}" for name in names)
    last = shop_folder.audit_trail()[-1]
    assert (last.action, last.actor) == ("export", "owner@shop")
    assert '"rows":3' in last.detail
    assert_nowhere(NAMES, tmp_path)
    assert [path for path in scratch.rglob("*") if path.is_file()] == []


def assert_nowhere(names, folder):
    """No file holds one of the names, as it is or in the columns of a Parquet file, which are packed."""
    seen = 0
    for path in (path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        if content[:4] == b"PAR1":
            content += str(pq.read_table(path).to_pydict()).encode()
        seen += 1
        for name in names:
            assert name.encode() not in content, path
            assert name.encode("gb18030") not in content, path
    assert seen


def test_files_without_the_names_are_said(tmp_path):
    shop_folder = ecops.Workspace.open(tmp_path / "shop")
    shop_folder.load(export(), name="orders.csv", source="taobao_orders")
    with pytest.raises(DataError, match="None of the customers"):
        customers.reidentify(shop_folder, export(), ["0" * 32], name="orders.csv")
    with pytest.raises(MappingError, match="names buyers"):
        customers.reidentify(shop_folder, "日期,商品,件数\n2026-05-01,a,1\n".encode(), ["0" * 32], name="x.csv")
