"""The picture of a cause shows what its sentence says, with the numbers of the tables."""

import dataclasses
import datetime as dt
import math

import pandas as pd
import pytest

from ecops.finding import Amount, Finding
from ecops.messages import Message, Percent, Term
from ecops.periods import Period
from ecops.review import weekly
from ecops.review.week.deck import causes
from ecops.review.week.proof import picture
from ecops.store.inputs import open_data

AFTER = Period(dt.date(2026, 11, 2), dt.date(2026, 11, 15))
BEFORE = Period(dt.date(2026, 10, 19), dt.date(2026, 11, 1))
START = dt.date(2026, 10, 5)


@pytest.fixture(scope="module")
def review(shop):
    return weekly(shop)


def traffic():
    """Two channels that pay 10 % and 2 % before, 8 % and 1 % after, while most people now come by the better one."""
    rows = []
    for number in range(42):
        day = START + dt.timedelta(days=number)
        late = day >= AFTER.start
        for channel, people, buyers in (
            ("search", 800 if late else 200, 64 if late else 20),
            ("feed", 200 if late else 800, 2 if late else 16),
        ):
            rows.append({
                "date": day, "platform": "taobao", "shop": "s", "channel": channel, "level": "shop",
                "visitors": people, "pay_buyers": buyers, "order_buyers": buyers, "pay_amount": 100.0 * buyers,
            })  # fmt: skip
    return open_data({"traffic_daily": pd.DataFrame(rows)})


def found(**changes):
    told = Finding(
        area="growth",
        kind="rate",
        subject={"platform": "taobao"},
        metric="pay_conversion",
        period=AFTER,
        compare=BEFORE,
        before=0.036,
        after=0.066,
        ci=(0.02, 0.04),
        q_value=0.001,
        n=14_000,
        confidence="confirmed",
        money=Amount(1_000.0, 500.0, 1_500.0, "CNY", "week"),
        headline=Message("{metric} rose", metric="x"),
        evidence=Message("{text}", text="x"),
    )
    return dataclasses.replace(told, **changes)


def test_a_rate_stands_by_day_over_six_weeks_with_both_periods_marked():
    chart = picture(found(), traffic())
    assert (chart.kind, chart.unit, len(chart.categories)) == ("line", "percent", 42)
    assert (chart.categories[0], chart.categories[-1]) == (START, AFTER.end)
    daily, before, after = chart.series
    assert daily.values == pytest.approx([0.036] * 28 + [0.066] * 14)
    assert [math.isfinite(value) for value in before.values] == [False] * 14 + [True] * 14 + [False] * 14
    assert [math.isfinite(value) for value in after.values] == [False] * 28 + [True] * 14
    assert (before.values[20], after.values[30]) == (0.036, 0.066)
    assert (daily.pale, before.benchmark, after.benchmark) == (True, True, False)
    assert str(chart.title).endswith("3.6% before, 6.6% now")


def test_a_sum_is_told_as_its_mean_a_day():
    chart = picture(found(metric="visitors", kind="traffic", before=14_000, after=14_000), traffic())
    assert chart.unit == "count"
    assert chart.series[1].values[20] == 1_000
    assert str(chart.title) == "Visitors a day: 1,000 before, 1,000 now"


def test_a_longer_comparison_is_shown_from_its_first_day():
    compare, period = Period(dt.date(2026, 10, 5), dt.date(2026, 10, 25)), Period(dt.date(2026, 10, 26), AFTER.end)
    chart = picture(found(compare=compare, period=period, before=0.036, after=0.055), traffic())
    assert chart.categories[0] == dt.date(2026, 10, 5)
    far = found(compare=Period(dt.date(2025, 11, 3), dt.date(2025, 11, 16)))
    assert picture(far, traffic()).kind == "bar"


def test_a_change_at_the_same_mix_is_proven_by_the_parts():
    chart = picture(found(before=0.084, after=0.066), traffic())
    assert chart.kind == "bar"
    assert [str(category) for category in chart.categories] == ["search 10.0% → 8.0%", "feed 2.0% → 1.0%"]
    before, after = chart.series
    assert (before.values, after.values) == (pytest.approx((0.1, 0.02)), pytest.approx((0.08, 0.01)))
    # Wilson's interval of 280 of 2,800 and 896 of 11,200, from statsmodels.
    assert (before.low[0], before.high[0]) == (pytest.approx(0.08944, abs=1e-4), pytest.approx(0.11164, abs=1e-4))
    assert (after.low[0], after.high[0]) == (pytest.approx(0.07512, abs=1e-4), pytest.approx(0.08517, abs=1e-4))
    assert "8.4% would be expected, 6.6% is reached" in str(chart.title)


def test_a_shift_of_mix_shows_the_shares():
    told = Message("The mix of visitors by {dimension} moved it.", dimension=Term(en="channel", zh="渠道"))
    chart = picture(found(kind="mix", subject={}, headline=told), traffic())
    assert chart.kind == "bar"
    shares = {
        str(category).split()[0]: (chart.series[0].values[place], chart.series[1].values[place])
        for place, category in enumerate(chart.categories)
    }
    assert shares == {"search": pytest.approx((0.2, 0.8)), "feed": pytest.approx((0.8, 0.2))}


def test_without_tables_or_place_the_finding_itself_is_drawn():
    for data, subject in ((None, {"platform": "taobao"}), (traffic(), {"platform": "jd"}), (traffic(), {"x": "y"})):
        chart = picture(found(subject=subject), data)
        assert [series.values for series in chart.series] == [(0.036,), (0.066,)]
        assert (chart.series[1].low, chart.series[1].high) == ((pytest.approx(0.056),), (pytest.approx(0.076),))


def test_a_test_shows_both_groups_in_the_unit_it_speaks_in():
    inner = Message("{metric} from {before} to {after}", metric="Conversion", before=Percent(0.1), after=Percent(0.12))
    told = Message("{name}: {what}", name="new button", what=inner)
    chart = picture(found(kind="experiment", metric="own", compare=None, headline=told, before=0.1, after=0.12))
    assert chart.unit == "percent"
    assert [str(series.name) for series in chart.series] == ["Control group: 10.0%", "Treatment: 12.0%"]
    assert str(chart.title) == "Conversion: 10.0% in the control group, 12.0% with the change"


def test_a_product_is_held_against_what_is_usual():
    nan = float("nan")
    chart = picture(found(kind="product", compare=None, ci=(nan, nan), before=0.05, after=0.01, n=1_000))
    assert [str(series.name) for series in chart.series] == ["Usual: 5.0%", "This one: 1.0%"]
    # Wilson's interval of 10 of 1,000, from statsmodels.
    assert (chart.series[1].low, chart.series[1].high) == (
        (pytest.approx(0.00544, abs=1e-5),),
        (pytest.approx(0.0183, abs=1e-4),),
    )


def test_what_has_no_figures_has_no_picture():
    assert picture(found(before=math.nan, after=math.nan, compare=None)) is None


def test_every_cause_of_the_sample_has_its_picture_with_its_own_numbers(review, shop):
    kinds = {}
    for finding in causes(review):
        chart = picture(finding, shop)
        kinds[finding.headline.text("zh")[:6]] = chart.kind
        assert all(len(series.values) == len(chart.categories) for series in chart.series)
    assert kinds == {"ab_win": "bar", "淘宝「访客→": "bar", "抖音 · 移": "line", "多功能电煮锅": "bar"}
