"""What the review names on the sample shop: each planted truth once, and nothing else for sure."""

import datetime as dt
import importlib
import math
import pkgutil
import tomllib

import pytest

import ecops
import sample_data
from ecops import review
from ecops.finding import Finding
from ecops.messages import Message
from ecops.periods import Period
from ecops.review import collect, collecting, rank
from ecops.review.causes import Places, corrected, once, weekly_money
from ecops.store import journal

WEEK = Period(dt.date(2026, 11, 9), dt.date(2026, 11, 15))
TRUTHS = tomllib.loads((sample_data.FOLDER.parent / "truths.toml").read_text("utf-8"))


def sure(findings):
    return [item for item in findings if item.confidence == "confirmed"]


def test_each_planted_truth_once_in_the_order_of_money_and_nothing_else(shop):
    found = sure(collect(shop, WEEK))
    assert [(item.metric, dict(item.subject)) for item in found] == [
        ("conversion", {"experiment": "ab_win", "arm": "treatment"}),
        ("cart_rate", {"platform": "taobao", "step": "cart"}),  # mix_shift
        ("payment_rate", {"platform": "douyin", "device": "mobile", "step": "pay"}),  # payment_failure
        ("pay_conversion", {"platform": "taobao", "sku": "NW-E03"}),  # cart_high_pay_low
        ("conversion", {"experiment": "ab_srm", "arm": "treatment"}),
    ]
    money = [abs(weekly_money(item.money, item.period.days)) for item in found]
    assert money == sorted(money, reverse=True)


def test_what_the_meeting_writes_down_sends_nobody_back_to_work(tmp_path, monkeypatch):
    workspace = ecops.Workspace.open(tmp_path)
    asked = []
    monkeypatch.setattr(collecting, "_collected", lambda *given: asked.append(given) or ())
    for stream in collecting.WRITTEN_LATER:
        collect(workspace, WEEK)
        journal.append(workspace.state, stream, "one", {"removed": True}, "me")
    collect(workspace, WEEK)
    assert len(asked) == 1
    for stream in ("experiments", "product_pairs", "choices", "of_a_guest"):
        journal.append(workspace.state, stream, "topic/one", {"removed": True}, "me")
        collect(workspace, WEEK)
    assert len(asked) == 5


def test_the_streams_of_the_review_are_those_that_come_later():
    modules = [importlib.import_module(found.name) for found in pkgutil.walk_packages(review.__path__, "ecops.review.")]
    assert {module.STREAM for module in modules if hasattr(module, "STREAM")} == set(collecting.WRITTEN_LATER)


def test_the_truths_are_told_with_their_numbers(shop):
    mix, payment, product = [item for item in sure(collect(shop, WEEK)) if item.area != "experiments"]
    truth = TRUTHS["payment_failure"]
    assert payment.period == Period(truth["start"], truth["end"])
    assert payment.after == pytest.approx(84 / 232)
    assert payment.money.low <= truth["money"] / 2 <= payment.money.high  # both weeks of it
    truth = TRUTHS["mix_shift"]
    assert mix.period == Period(truth["start"], truth["end"])
    assert mix.after / mix.before == pytest.approx(truth["planned_cart_factor"], abs=0.03)
    # The truth counts every step after the cart too, which chance lowered; the cart alone explains most of it.
    assert truth["money"] / 4 < mix.money.value < truth["money"] / 8
    # What hides it is told with it: that other visitors came.
    assert any("isitors" in note.text("en") for note in mix.notes)
    assert product.before > product.after
    assert TRUTHS["cart_high_pay_low"]["money"] / 6 == pytest.approx(product.money.value, rel=0.15)


def test_experiments_without_a_winner_are_not_called_sure(shop):
    states = {item.subject["experiment"]: item.confidence for item in collect(shop, WEEK) if item.area == "experiments"}
    # Nothing is planned in this shop's register, so no sample of it is complete.
    assert states == {
        "ab_srm": "confirmed",
        "ab_win": "confirmed",
        "ab_flat": "insufficient",
        "ab_early": "insufficient",
    }


def test_week_against_week_alone_does_not_see_what_lasts_two_weeks(shop):
    assert [item.kind for item in sure(collect(shop, WEEK, spans=(1,)))] == ["experiment", "product", "data"]


def test_a_quiet_week_is_quiet(shop):
    quiet = collect(shop, Period(dt.date(2026, 9, 28), dt.date(2026, 10, 4)))
    assert [item for item in sure(quiet) if item.area in {"growth", "funnel"} and item.kind != "product"] == []


def test_no_finding_touches_another_of_the_same_mechanism(shop):
    found = [item for item in collect(shop, WEEK) if item.compare is not None]
    causes = [(item.metric, tuple(sorted(item.subject.items())), item.after > item.before) for item in found]
    assert len(set(causes)) == len(causes)


def test_the_second_time_asks_nobody(shop, monkeypatch):
    collecting._answers.clear()
    asked = []
    ask = collecting._asked
    monkeypatch.setattr(collecting, "_asked", lambda guest, *more: asked.append(guest.key) or ask(guest, *more))
    first = collect(shop, WEEK)
    assert asked
    asked.clear()
    assert collect(shop, WEEK) == first
    assert asked == []


def finding(metric="payment_rate", confidence="confirmed", **changes):
    values = {
        "area": "growth", "kind": "rate", "subject": {"platform": "a"}, "metric": metric, "period": WEEK,
        "compare": WEEK.shifted(-7), "before": 0.5, "after": 0.4, "ci": (-0.12, -0.08), "q_value": 0.001, "n": 100,
        "confidence": confidence, "money": None, "headline": Message("x"), "evidence": Message("x"),
    }  # fmt: skip
    return Finding(**{**values, **changes})


LEAVES = Places(
    ({"platform": "a", "device": "m", "channel": "live"}, {"platform": "b", "device": "m", "channel": "card"})
)


def test_the_same_cause_seen_by_two_areas_is_one_and_the_funnel_tells_it():
    step = finding(area="funnel", subject={"platform": "a", "step": "pay"}, ci=(-0.2, 0.0))
    assert once([finding(), step], LEAVES) == (step,)


def test_a_step_stands_for_the_whole_conversion_that_it_moves():
    whole = finding("pay_conversion", subject={}, ci=(-0.101, -0.099))
    assert once([whole, finding()], LEAVES) == (finding(),)


def test_parents_and_children_are_one_with_the_stronger_evidence():
    parent = finding(subject={}, ci=(-0.2, 0.0))
    child = finding(subject={"channel": "live"}, ci=(-0.11, -0.09))
    assert once([parent, child], LEAVES) == (child,)


def test_what_has_turned_since_is_a_note_of_the_turn():
    fortnight = Period(WEEK.start - dt.timedelta(days=7), WEEK.end)
    old = finding(period=fortnight, compare=fortnight.shifted(-14), headline=Message("It fell."))
    turn = finding(before=0.3, after=0.5, ci=(0.15, 0.25))
    (told,) = once([old, turn], LEAVES)
    assert (told.after, told.notes[0].params["headline"]) == (0.5, Message("It fell."))
    # A turn that is not sure, one elsewhere, and one of a part only leave it standing.
    for other in (
        finding(before=0.3, after=0.5, confidence="watch"),
        finding(before=0.3, after=0.5, subject={"platform": "b"}),
        finding(before=0.3, after=0.5, subject={"platform": "a", "channel": "live"}),
    ):
        assert len(once([old, other], LEAVES)) == 2


def test_other_places_other_directions_and_other_mechanisms_stay():
    found = [
        finding(),
        finding(subject={"platform": "b"}),
        finding(subject={"channel": "card"}, after=0.6),
        finding("cart_rate"),
        finding("visitors", kind="traffic"),
    ]
    assert set(map(id, once(found, LEAVES))) == set(map(id, found))


def test_more_spans_ask_for_more():
    strong, weak = corrected(finding(q_value=0.01), 3), corrected(finding(q_value=0.02), 3)
    assert (strong.confidence, strong.q_value) == ("confirmed", pytest.approx(0.03))
    assert (weak.confidence, weak.q_value) == ("watch", pytest.approx(0.06))
    assert corrected(finding(q_value=math.nan), 3).confidence == "confirmed"


def test_rank_puts_certainty_before_money():
    from ecops.finding import Amount

    def paid(value, horizon, confidence):
        return finding(confidence=confidence, money=Amount(value, value, value, "CNY", horizon))

    year, week = paid(-10_400, "year", "confirmed"), paid(-300, "week", "confirmed")
    seen = paid(9_000, "week", "watch")
    assert rank([seen, year, finding(confidence="insufficient"), week]) == (
        week, year, seen, finding(confidence="insufficient"),
    )  # fmt: skip


def test_traffic_that_hides_a_fall_of_rates_is_told_with_it():
    from ecops.finding import Amount

    leaves = Places(tuple({"platform": "a", "device": "m", "channel": name} for name in ("live", "card")))
    fall = finding(money=Amount(-500, -600, -400, "CNY", "week"))
    rise = finding("visitors", kind="traffic", subject={"channel": "live"}, before=100, after=300, ci=(150, 250),
                   money=Amount(900, 800, 999, "CNY", "week"), headline=Message("More came."))  # fmt: skip
    (told,) = once([rise, fall], leaves)
    assert (told.metric, told.notes) == ("payment_rate", (Message("More came."),))
    # The same rise beside it, or over the whole place, is a cause of its own.
    beside = Places((*leaves.leaves, {"platform": "b", "device": "m", "channel": "live"}))
    assert len(once([rise, fall], beside)) == 2
    assert len(once([rise, fall], Places(leaves.leaves[:1]))) == 2
