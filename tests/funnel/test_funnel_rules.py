"""Every rule about what lies behind the steps fires on a small shop made for it and stays silent on its twin."""

import pytest

from ecops import Workspace
from ecops.capability import capabilities
from ecops.experiments.records.register import Register
from ecops.funnel.leaks.rules import rule_findings
from ecops.metrics.daily import opened
from tests.funnel import shops


def fired(**tables):
    found = rule_findings(opened(tables), shops.WEEK)
    return {finding.action.rule: finding for finding in found}


PAIRS = {
    "search_no_result": ("search_words", shops.words(lost=True), shops.words()),
    "payment_interrupted": ("payment_attempts", shops.payments(1, late=0.15), shops.payments(1)),
    "platform_payment_gap": ("order_lines", shops.orders(1, douyin=0.75), shops.orders(1)),
    "ad_roi_low": ("ad_spend_daily", shops.campaigns(1, weak=1.5), shops.campaigns(1)),
    "channel_quality": ("traffic_daily", shops.sources(1, dwell=9.0, depth=1.2, pays=0.0005), shops.sources(1)),
    "bounce_high": ("traffic_daily", shops.sources(2, bounce=0.5), shops.sources(2)),
    "launch_review": ("traffic_daily", shops.items(1), shops.items(1, new=False)),
}


@pytest.mark.parametrize("rule", PAIRS)
def test_a_rule_fires_on_its_shop_and_is_silent_on_the_twin(rule):
    table, shop, twin = PAIRS[rule]
    found = fired(**{table: shop})
    assert set(found) == {rule}
    assert fired(**{table: twin}) == {}


@pytest.mark.row(82)
def test_words_without_result_are_named_with_how_often():
    finding = fired(search_words=shops.words(lost=True))["search_no_result"]
    assert finding.headline.text("en") == "1 word found nothing, searched for 140 times: 电热毯."
    # 126 people searched for it; 56 of 560 who found something paid.
    assert "10.0% paid" in finding.notes[0].text("en")
    assert "about 13 buyers" in finding.notes[0].text("en")
    assert "titles and keywords" in finding.action.text.text("en")


@pytest.mark.row(68, 83)
def test_more_failed_payments_name_the_first_reason():
    finding = fired(payment_attempts=shops.payments(1, late=0.15))["payment_interrupted"]
    assert finding.after > 0.1 > finding.before
    assert "银行卡限额" in finding.evidence.text("en")
    assert finding.money.value < 0


@pytest.mark.row(84)
def test_a_platform_that_pays_less_leads_to_a_test_with_its_size():
    from statsmodels.stats.power import NormalIndPower
    from statsmodels.stats.proportion import proportion_effectsize

    finding = fired(order_lines=shops.orders(1, douyin=0.75))["platform_payment_gap"]
    assert dict(finding.subject) == {"platform": "douyin"}
    assert finding.ci[1] < 0
    assert finding.money.low < finding.money.value < finding.money.high < 0
    assert finding.notes[0].text("en").startswith("Test to plan: instant discount or reminder against nothing")
    half = (finding.before + finding.after) / 2
    needed = NormalIndPower().solve_power(proportion_effectsize(half, finding.after), power=0.8, alpha=0.05)
    said = int(finding.notes[0].params["n"].value)
    assert said == pytest.approx(needed, rel=0.05)


@pytest.mark.row(84)
def test_the_test_of_a_platform_is_written_down_as_planned(tmp_path):
    finding = fired(order_lines=shops.orders(1, douyin=0.75))["platform_payment_gap"]
    state = Workspace.open(tmp_path / "shop").state
    planner = next(guest for guest in capabilities().values() if guest.plan is not None)
    for _ in range(2):
        assert planner.plan(state, finding.trial, "app", "en") == "payment_reminder_douyin"
    (trial,) = Register(state).trials()
    assert (trial.name, trial.goal, trial.stage) == ("payment_reminder_douyin", "payment_rate", "planned")
    assert trial.planned_sample == 2 * finding.notes[0].params["n"].value
    assert trial.baseline * (1 + trial.minimum_lift) == pytest.approx((finding.before + finding.after) / 2)
    assert trial.hypothesis.endswith("lets more of the orders of Douyin be paid.")


def test_a_gap_that_is_new_is_a_change_and_not_a_standing_one():
    lines = shops.orders(1)
    late = (lines["platform"] == "douyin") & (lines["ordered_at"].dt.date >= shops.WEEK.start)
    lines.loc[late & (lines.index % 3 == 0), "paid_at"] = None
    assert fired(order_lines=lines) == {}


@pytest.mark.row(66)
def test_a_poor_source_is_asked_about_and_never_judged():
    finding = fired(traffic_daily=shops.sources(1, dwell=9.0, depth=1.2, pays=0.0005))["channel_quality"]
    assert finding.confidence == "watch"
    assert finding.headline.text("en").endswith("(short stay · few pages · hardly any payments).")
    assert "not a verdict" in finding.evidence.text("en")


@pytest.mark.row(16, 79)
def test_bounce_that_rose_leads_to_a_check_and_a_test():
    finding = fired(traffic_daily=shops.sources(2, bounce=0.5))["bounce_high"]
    assert finding.after == pytest.approx(0.5, abs=0.02)
    assert finding.before == pytest.approx(0.4, abs=0.02)
    assert finding.action.text.text("en") == "Check load speed and the first screen, then test main image and keywords."


@pytest.mark.row(72, 80)
def test_a_home_page_above_the_industry_is_told():
    finding = fired(page_loads=shops.pages(home=0.45))["bounce_high"]
    assert finding.headline.text("en") == (
        "首页: 45% leave after this page; 38% is the industry's figure of the handbooks."
    )
    assert "main image and keywords" in finding.action.text.text("en")
    assert finding.parameters == ("funnel.bounce_industry",)
    assert fired(page_loads=shops.pages(home=0.38)) == {}
