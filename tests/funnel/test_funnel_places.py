"""Where products are clicked, by which way purchases come, what advertising returns, who the people of a log are."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.stats.proportion import proportion_confint

from ecops.funnel.causes.diagnosis import usual_dispersion
from ecops.funnel.leaks import journeys, pictures, placements, resources
from ecops.funnel.workspace import shop_funnel
from ecops.handbook.own import TOPIC
from ecops.periods import ONE_DAY, Period
from ecops.store.inputs import open_data

DAY = dt.date(2026, 11, 10)
ONE = Period(DAY, DAY)


def at(hour, day=0):
    return dt.datetime.combine(DAY, dt.time(hour)) + dt.timedelta(days=day)


def placed():
    rows = [
        ("首页", "1", "CUP", 1000, 60), ("首页", "2", "CUP", 500, 20), ("首页", "10", "CUP", 400, 4),
        ("搜索", "1", "CUP", 2000, 50), ("首页", "1", "PAN", 1000, 20),
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["surface", "slot", "sku", "impressions", "clicks"])
    return open_data({"placements_daily": frame.assign(date=pd.Timestamp(DAY), platform="taobao")})


@pytest.mark.row(316)
def test_the_click_rate_of_every_surface_and_slot_by_hand():
    rows = placements.clicks_by_place(placed(), ONE)
    assert rows[["surface", "slot", "impressions", "clicks"]].to_numpy().tolist() == [
        ["搜索", "1", 2000.0, 50.0], ["首页", "1", 2000.0, 80.0], ["首页", "2", 500.0, 20.0],
        ["首页", "10", 400.0, 4.0],
    ]  # fmt: skip
    assert rows["rate"].tolist() == [0.025, 0.04, 0.04, 0.01]
    # The interval is Wilson's of the share of cases that the usual swing of days leaves.
    phi = usual_dispersion()
    low, high = proportion_confint(80 / phi, 2000 / phi, method="wilson")
    assert rows.loc[1, ["low", "high"]].tolist() == pytest.approx([low, high], abs=1e-9)
    assert placements.places_told(rows).text("en") == "首页, slot 1 is clicked most (4.0%), 首页, slot 10 least (1.0%)."
    assert placements.clicks_by_place(
        open_data({"traffic_daily": pd.DataFrame({"date": [], "platform": []})}), ONE
    ).empty


@pytest.mark.row(67, 316)
def test_a_heat_map_shows_where_one_product_is_clicked():
    data = placed()
    assert placements.placed_products(data, ONE)["product"].tolist() == ["CUP", "PAN"]
    rows = placements.clicks_by_place(data, ONE, "PAN")
    assert rows[["surface", "slot", "rate"]].to_numpy().tolist() == [["首页", "1", 0.02]]
    (heat,) = pictures.click_map(placements.clicks_by_place(data, ONE)).data
    assert list(heat["x"]) == ["1", "2", "10"]
    cells = dict(zip(heat["y"], np.array(heat["z"], dtype=float), strict=True))
    assert cells["首页"].tolist() == [0.04, 0.04, 0.01]
    assert cells["搜索"][0] == 0.025
    assert np.isnan(cells["搜索"][1:]).all()


def log(rows):
    events = pd.DataFrame(rows, columns=["user_id", "event", "happened_at", "channel"])
    return {"events": events.assign(platform="douyin", event_id=[str(place) for place in range(len(events))])}


@pytest.mark.row(19, 198)
def test_shares_of_conversion_paths_by_hand():
    data = open_data(
        log(
            [
                ("ann", "view", at(1), "live"), ("ann", "cart", at(2), "live"), ("ann", "view", at(3), "search"),
                ("ann", "cart", at(4), "live"), ("ann", "pay", at(5), "live"),
                ("ben", "cart", at(1), "live"), ("ben", "pay", at(2), "live"),
                ("cid", "cart", at(1), "live"), ("cid", "pay", at(9), "live"), ("cid", "pay", at(10), "search"),
                ("dan", "cart", at(1), "live"),
                ("eve", "view", at(1, -8), "live"), ("eve", "pay", at(3), None),
            ]
        )
    )  # fmt: skip
    rows = journeys.conversion_paths(data, ONE)
    told = {(row["entry"], row["path"]): row["purchases"] for row in rows.to_dict("records")}
    # Ann looked first, whatever she did again; Cid's second purchase and Eve's after eight days stand alone.
    looked = next(path for entry, path in told if path.count("→") == 2)
    assert looked.split(" → ")[1:] == ["cart", "pay"]
    assert told == {("live", "cart → pay"): 2, ("live", looked): 1, ("search", "pay"): 1, ("", "pay"): 1}
    assert rows["share"].tolist() == [0.4, 0.2, 0.2, 0.2]
    low, high = proportion_confint(2, 5, method="wilson")
    assert rows.loc[0, ["low", "high"]].tolist() == pytest.approx([low, high])
    short = journeys.conversion_paths(data, ONE, most=1)
    assert short[["path", "purchases"]].to_numpy().tolist() == [["cart → pay", 2], ["", 3]]


def spending(days=56, seed=3):
    random = np.random.default_rng(seed)
    rows = []
    for place in range(days):
        day = DAY - (days - 1 - place) * ONE_DAY
        weekday = 1 + 0.3 * (day.weekday() >= 5)
        for link, base, roi in (("strong", 100.0, 6.0), ("weak", 80.0, 1.0)):
            cost = base * weekday * float(random.uniform(0.6, 1.4))
            rows.append((day, "taobao", link, cost, roi * cost + 200 * weekday + float(random.normal(0, 20))))
    return pd.DataFrame(rows, columns=["date", "platform", "channel", "cost", "paid_amount"])


@pytest.mark.row(50, 196)
def test_the_strongest_links_come_first_with_what_one_unit_more_brought():
    spent = spending()
    rows, span = resources.resources(open_data({"ad_spend_daily": spent}), Period(DAY, DAY))
    assert span.days == resources.DAYS
    assert rows["link"].tolist() == ["strong", "weak"]
    sums = spent.groupby("channel")[["cost", "paid_amount"]].sum()
    assert rows["roi"].tolist() == pytest.approx((sums["paid_amount"] / sums["cost"]).tolist())
    assert rows["share"].tolist() == pytest.approx((sums["cost"] / sums["cost"].sum()).tolist())
    # The average holds what comes without advertising; one unit more brings the planted return.
    for row, planted in zip(rows.to_dict("records"), (6.0, 1.0), strict=True):
        assert row["marginal_low"] < planted < row["marginal_high"]
        assert row["roi"] > planted + 1
    assert rows["first"].tolist() == [True, True]
    assert rows["last"].tolist() == [False, False]
    dear = open_data({"ad_spend_daily": spent})
    dear.choices = {TOPIC: {"finance.sku_roi_min": {"value": 5.0, "source": ""}}}
    judged, _ = resources.resources(dear, Period(DAY, DAY))
    assert (judged["first"].tolist(), judged["last"].tolist()) == ([True, False], [False, True])
    assert resources.resources_told(rows).text("en").startswith("Guarantee Taobao, strong first (")


@pytest.mark.row(50)
def test_one_unit_more_is_the_slope_of_an_independent_library():
    part = spending()[lambda rows: rows["channel"] == "strong"]
    found = resources.marginal(part["date"].to_numpy(), part["cost"].to_numpy(), part["paid_amount"].to_numpy())
    days = pd.get_dummies([day.weekday() for day in part["date"]], dtype=float).to_numpy()
    design = np.column_stack([part["cost"], days])
    fit = sm.OLS(part["paid_amount"].to_numpy(), design).fit(
        cov_type="HAC", cov_kwds={"maxlags": resources.LAGS, "use_correction": True}, use_t=True
    )
    assert found[0] == pytest.approx(fit.params[0])
    assert found[1:] == pytest.approx(tuple(fit.conf_int()[0]), rel=1e-6)


def test_too_few_days_and_flat_spend_say_nothing_of_one_unit_more():
    part = spending(days=20)[lambda rows: rows["channel"] == "weak"]
    days = part["date"].to_numpy()
    assert np.isnan(resources.marginal(days, part["cost"].to_numpy(), part["paid_amount"].to_numpy())).all()
    part = spending()[lambda rows: rows["channel"] == "weak"]
    assert np.isnan(resources.marginal(part["date"].to_numpy(), np.full(56, 9.0), part["paid_amount"].to_numpy())).all()


@pytest.mark.row(86)
def test_new_and_returning_people_age_and_gender_stand_in_one_funnel():
    rows = []
    for place in range(40):
        user = f"u{place}"
        if place < 10:
            rows += [(user, "view", at(1, -9), "live"), (user, "pay", at(2, -9), "live")]
        rows += [(user, "view", at(1), "live")]
        rows += [(user, "pay", at(2), "live")] if place % 2 == 0 else []
    people = pd.DataFrame(
        {"platform": "douyin", "customer_id": [f"u{place}" for place in range(40)],
         "gender": ["f" if place % 4 < 2 else "m" for place in range(40)], "age_band": ["25-34"] * 40}
    )  # fmt: skip
    bought = pd.DataFrame(
        {"platform": ["jd"], "order_id": ["1"], "buyer_id": ["u39"], "paid_at": [pd.Timestamp(at(1, -30))],
         "ordered_at": [pd.Timestamp(at(1, -30))], "paid_amount": [9.0], "status": ["paid"], "quantity": [1.0],
         "sku": ["A"]}
    )  # fmt: skip
    data = open_data({**log(rows), "customers": people, "order_lines": bought})
    plain = shop_funnel(data, ONE, basis="events")
    assert not {"people", "gender"} & set(plain.after.by)
    told = shop_funnel(data, ONE, basis="events", people=True).after
    assert set(told.by) == {"people", "gender"}
    by = told.along("people")
    counts = {segment: by.counts[place].tolist() for place, (segment,) in enumerate(by.segments)}
    # Ten had paid in the log before, one more by the orders; every other one pays today.
    assert counts == {"returning_people": [11.0, 5.0], "new_people": [29.0, 15.0]}
