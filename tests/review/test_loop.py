"""The whole loop: finding, action, next week's export, verified outcome; a useless action is not called a success."""

import datetime as dt
import shutil

import numpy as np
import pytest

from ecops import Workspace
from ecops.periods import Period
from ecops.review import ActionLog, collect, follow_up, weekly
from ecops.review.week.agenda import last_day
from ecops.store import Wishes

WEEK = Period(dt.date(2026, 11, 9), dt.date(2026, 11, 15))
NEXT = WEEK.shifted(7)
REPAIRED = dt.date(2026, 11, 16)
COLUMNS = ("visitors", "cart_users", "order_buyers", "pay_buyers")
HEALTHY = 0.785
"""Order to payment on Douyin mobile before it failed, see sample_data/truths.toml."""


def next_week(workspace, platform, seed):
    """An export of one platform for the week after: drawn anew from the last week, with the payment repaired."""
    generator = np.random.default_rng(seed)
    rows = workspace.query(
        "select date, channel, coalesce(device, '') as device, visitors, cart_users, order_buyers, pay_buyers, "
        "pay_amount from traffic_daily "
        "where platform = $platform and level = 'source' and date between $start and $end order by all",
        platform=platform,
        start=WEEK.start,
        end=WEEK.end,
    ).to_pandas()
    value = rows["pay_amount"].sum() / rows["pay_buyers"].sum()
    lines = ["日期,渠道,终端,访客数,加购人数,下单人数,支付人数,支付金额"]
    rates = {}
    for key, part in rows.groupby(["channel", "device"]):
        sums = part[list(COLUMNS)].sum()
        rates[key] = [
            sums[top] / sums[below] if sums[below] else 0.0 for top, below in zip(COLUMNS[1:], COLUMNS, strict=False)
        ]
        if platform == "douyin" and key[1] == "mobile":
            rates[key][2] = HEALTHY
    for row in rows.itertuples():
        people = [generator.poisson(row.visitors)]
        for rate in rates[row.channel, row.device]:
            people.append(generator.binomial(people[-1], rate))
        day = row.date + dt.timedelta(days=7)
        device = {"mobile": "移动端", "desktop": "PC端", "": ""}[row.device]
        lines.append(f"{day:%Y-%m-%d},{row.channel},{device},{','.join(map(str, people))},{people[-1] * value:.2f}")
    return "\n".join([*lines, ""]).encode()


@pytest.fixture(scope="module")
def loop(shop, tmp_path_factory):
    """The shop with a decision on the payment failure, a useless one, and the week after."""
    folder = tmp_path_factory.mktemp("loop") / "shop"
    shutil.copytree(shop.folder, folder)
    own_shop = Workspace.open(folder)
    log = ActionLog(own_shop.state)
    (failure,) = [item for item in collect(own_shop, WEEK) if item.subject.get("platform") == "douyin"]
    repair = log.add_from(failure, "li", "换支付通道", person="小王", due=dt.date(2026, 11, 18))
    useless = log.add(
        "li", title="换按钮颜色", owner="design", metric="payment_rate", expected_weekly=500.0,
        subject={"platform": "taobao", "channel": "手淘搜索"},
    )  # fmt: skip
    # The files of the platforms carry what sample_data's own loader adds to them.
    for seed, platform in enumerate(("taobao", "douyin", "jd", "shopify")):
        export = next_week(own_shop, platform, seed)
        with own_shop.inspect(export, f"{platform}_next.csv") as inspection:
            ((grid, matches),) = inspection.sheets
            best = next(match.mapping for match in matches if match.table == "traffic_daily")
            name = own_shop.query(
                "select any_value(shop) as shop from traffic_daily where platform = $platform", platform=platform
            )["shop"][0].as_py()
            mapping = best.with_constants(platform=platform, shop=name, level="source")
            own_shop.load_inspected(inspection, Wishes(mapping={grid.name: mapping}))
    for action in (repair, useless):
        log.change(action.id, "li", state="done", began=REPAIRED)
    return own_shop, log, repair.id, useless.id


@pytest.mark.row(30)
def test_the_repair_is_verified_and_the_useless_action_is_not(loop):
    workspace, _, repair, useless = loop
    assert last_day(workspace.data()) == NEXT.end
    review = weekly(workspace)
    assert review.week == NEXT
    outcomes = {item.action.id: item for item in review.followups}
    # Nobody had the same trouble, and it is no better than it was before: a careful manager says no more.
    assert outcomes[repair].standing == "recovered"
    assert outcomes[useless].standing in {"no_evidence", "did_not_work"}
    outcome = outcomes[repair].outcome
    assert outcome.trouble == Period(dt.date(2026, 11, 2), dt.date(2026, 11, 15))
    assert outcome.baseline.end == dt.date(2026, 11, 1)
    assert outcome.before == pytest.approx(0.785, abs=0.03)
    assert outcome.during == pytest.approx(84 / 232)
    assert outcome.ci[0] < 0 < outcome.ci[1]
    assert outcome.onset.timing == "fits"
    assert abs((outcome.onset.day - REPAIRED).days) <= 2
    # 81 orders in the week after, 84 of 232 of which would have been paid in the trouble.
    assert outcome.recovered.low > 0
    assert outcome.recovered.low < outcome.recovered.value < outcome.recovered.high
    assert outcome.earned is None
    assert outcomes[repair].sentence.text("en").startswith("Recovered, cause not proven")
    assert "the timing fits" in outcomes[repair].sentence.text("en")


def test_before_a_week_has_passed_nothing_is_claimed(loop):
    workspace, log, repair, _ = loop
    found = follow_up(workspace.data(), log.action(repair), REPAIRED + dt.timedelta(days=5))
    assert found.standing == "too_early"


def test_last_weeks_review_still_says_what_was_known_then(loop):
    workspace, *_ = loop
    review = weekly(workspace, week=WEEK)
    assert review.followups == ()
    assert {item.standing for item in review.decisions} == {"open"}


def test_a_settled_action_stays_in_the_review_and_out_of_the_decisions(loop):
    workspace, log, repair, _ = loop
    log.change(repair, "li", state="verified")
    review = weekly(workspace)
    assert repair in {item.action.id for item in review.followups}
    assert review.decisions == ()
