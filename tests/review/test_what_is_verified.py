"""What the verification of an action is given, and what is said where there is nothing to verify."""

import dataclasses
import datetime as dt
import math
from types import SimpleNamespace

import numpy as np
import pytest

from ecops.messages import Message, Named
from ecops.metrics.registry import metric
from ecops.review import follow_up
from ecops.review.decisions import outcomes
from ecops.review.decisions.actions import Action
from ecops.review.decisions.verification import verify
from ecops.review.series import Daily

BEGAN = dt.date(2026, 11, 2)


def day(offset):
    return BEGAN + dt.timedelta(days=offset)


PLACES = tuple({"channel": channel, "platform": "douyin"} for channel in ("search", "live", "card", "feed"))


def action(**changes):
    plain = {
        "id": "a1", "title": "换支付通道", "owner": "operations", "metric": "payment_rate", "state": "done",
        "began": BEGAN, "subject": {"channel": "live", "platform": "douyin"}, "currency": "CNY",
    }  # fmt: skip
    return Action(**(plain | changes))


class Tables:
    """Tables of which only the calendar is asked."""

    def __init__(self, calendar=None):
        self.calendar, self.asked = calendar, {}

    def has(self, table):
        return table == "calendar" and self.calendar is not None

    def query(self, _, values):
        self.asked = values
        return SimpleNamespace(to_pylist=lambda: self.calendar)


@pytest.fixture
def given(monkeypatch):
    """What is asked of the series and given to the verification; the places sell 80 of 100 a day for 5 each."""
    seen = {}

    def read(_, key, by, span):
        seen.update(key=key, by=by, span=span)
        days = tuple(day(offset) for offset in range(-70, 14))
        shape = (len(seen.get("places", PLACES)), len(days))
        return Daily(metric(key), seen.get("places", PLACES), days, np.full(shape, 80.0), np.full(shape, 100.0),
                     np.full(shape, 400.0), np.ones(shape, dtype=bool))  # fmt: skip

    def verified(treated, controls, start, **further):
        seen.update(treated=treated, controls=controls, start=start, **further)
        return verify(treated, controls, start, **further)

    monkeypatch.setattr(outcomes.series, "read", read)
    monkeypatch.setattr(outcomes, "verify", verified)
    return seen


def test_the_verification_is_given_the_place_and_those_beside_it(given):
    item = follow_up(Tables(), action(subject={"channel": "live", "platform": "douyin", "step": "cart", "arm": "b",
                                               "experiment": "x"}, expected_weekly=70.0), day(14))  # fmt: skip
    assert (given["key"], sorted(given["by"])) == ("payment_rate", ["channel", "platform"])
    assert list(given["controls"]) == ["0", "2", "3"]
    assert (given["start"], given["direction"], given["currency"], given["expected_weekly"]) == (BEGAN, "up", "CNY", 70)
    # 400 of money for 80 that paid.
    assert given["worth"] == 5
    assert (given["known"].events, given["known"].overlapping, given["known"].later) == ((), [], {})
    assert given["treated"]["numerator"].tolist() == [80.0] * 84
    assert (item.standing, item.metric) == (item.outcome.verdict, metric("payment_rate").label)
    assert item.sentence.text("en").startswith("No evidence yet")
    follow_up(Tables(), action(metric="refund_rate"), day(14))
    assert (given["direction"], given["worth"]) == ("down", -1)


@pytest.mark.parametrize(
    ("since", "today", "first", "last"),
    [
        (None, 14, -14 - 182, 13), (None, 28, -14 - 182, 27), (None, 29, -14 - 182, 27), (None, 90, -14 - 182, 27),
        (-7, 5, -14 - 182, 4), (-14, 5, -14 - 182, 4), (-20, 5, -20 - 182, 4),
    ],
)  # fmt: skip
def test_half_a_year_before_the_trouble_and_four_weeks_since_are_read(given, since, today, first, last):
    follow_up(Tables(), action(troubled_since=None if since is None else day(since)), day(today))
    assert (given["span"].start, given["span"].end) == (day(first), day(last))
    assert given["known"].troubled_since == (None if since is None else day(since))


@pytest.mark.parametrize(
    ("other", "beside", "overlaps", "later"),
    [
        ({}, "023", True, {}),
        ({"id": "a1"}, "023", False, {}),
        ({"state": "dropped"}, "023", False, {}),
        ({"state": "doing", "began": None}, "023", False, {}),
        ({"metric": "value_per_buyer"}, "023", False, {}),
        ({"metric": "pay_conversion"}, "023", True, {}),
        # The days read end on the 13th.
        ({"began": day(13)}, "023", True, {}),
        ({"began": day(14)}, "023", False, {}),
        ({"began": day(-28)}, "023", True, {}),
        ({"began": day(-29)}, "023", False, {}),
        # In the whole platform, in a part of the place, in everything.
        ({"subject": {"platform": "douyin"}}, "", True, {}),
        ({"subject": {"platform": "douyin"}, "began": day(8)}, "023", True, dict.fromkeys("023", day(8))),
        ({"subject": {"channel": "live", "platform": "douyin", "device": "ios"}}, "023", True, {}),
        ({"subject": {}}, "023", False, {}),
        ({"subject": {"step": "cart"}}, "023", False, {}),
        # Beside it: at once, six days later, a week later, in another platform.
        ({"subject": {"channel": "card"}}, "03", False, {}),
        ({"subject": {"channel": "card"}, "began": day(-60)}, "03", False, {}),
        ({"subject": {"channel": "card"}, "began": day(6)}, "03", False, {}),
        ({"subject": {"channel": "card"}, "began": day(7)}, "023", False, {"2": day(7)}),
        ({"subject": {"channel": "card", "platform": "jd"}}, "023", False, {}),
        ({"subject": {"channel": "card", "device": "ios"}}, "03", False, {}),
    ],
)
def test_other_actions_overlap_or_take_their_place_from_those_beside_it(given, other, beside, overlaps, later):
    second = action(**({"id": "a2", "title": "满减"} | other))
    follow_up(Tables(), action(), day(14), [second])
    assert "".join(given["controls"]) == beside
    assert given["known"].overlapping == (["满减"] if overlaps else [])
    assert given["known"].later == later


def test_the_first_of_several_actions_beside_it_counts(given):
    others = [action(id=f"a{offset}", subject={"channel": "card"}, began=day(offset)) for offset in (9, 8, 10)]
    follow_up(Tables(), action(), day(14), others)
    assert given["known"].later == {"2": day(8)}
    follow_up(Tables(), action(), day(14), [*others, action(id="b", subject={"channel": "card"}, began=day(2))])
    assert "".join(given["controls"]) == "03"


def test_an_action_in_the_whole_shop_overlaps_with_every_other(given):
    given["places"] = ({},)
    whole = action(subject={})
    for other in (action(id="a2"), action(id="a2", subject={})):
        follow_up(Tables(), whole, day(14), [other])
        assert (given["known"].overlapping, given["controls"]) == (["换支付通道"], {})


def test_the_calendar_is_asked_for_the_days_read(given):
    row = {"name": "专场", "name_en": "Brand day", "kind": "promotion", "platform": "douyin", "sku": None,
           "starts_on": day(0), "ends_on": day(1)}  # fmt: skip
    given["places"] = ({"platform": "jd"}, {"platform": "douyin"})
    tables = Tables([row, row | {"platform": "jd"}, row | {"platform": None}])
    follow_up(tables, action(subject={"platform": "douyin"}), day(14))
    assert tables.asked == {"start": day(-196), "end": day(13)}
    (event,) = given["known"].events
    assert (event.name, event.start, event.end) == (Named("专场", "Brand day"), day(0), day(1))


@pytest.mark.usefixtures("given")
@pytest.mark.parametrize(
    ("changes", "standing", "sentence"),
    [
        ({"state": "dropped", "note": "太贵"}, "dropped", "Dropped: 太贵"),
        ({"state": "dropped"}, "dropped", "Dropped."),
        ({"state": "open", "began": None}, "open", "Not in force yet, without a due date."),
        ({"state": "open", "began": None, "due": day(14)}, "open", "Due on 16 Nov."),
        ({"state": "open", "began": None, "due": day(13)}, "overdue", "Overdue since 15 Nov and not in force."),
        ({"state": "open", "began": day(14)}, "open", "Not in force yet, without a due date."),
        ({"metric": "nonsense"}, "unknown", "It cannot be verified: there is no metric called nonsense. Choose another "
                                            "one for this action."),
        ({"subject": {"channel": "elsewhere"}}, "unknown", "It cannot be verified: the data has no Order to payment "
                                                           "for elsewhere in "),
        ({"experiment": "ab_9"}, "experiment", "The experiment ab_9 has no data yet."),
    ],
)  # fmt: skip
def test_where_there_is_nothing_to_verify_it_is_said_why(changes, standing, sentence):
    item = follow_up(Tables(), action(**changes), day(14))
    assert item.standing == standing
    assert item.sentence.text("en").startswith(sentence)
    assert (item.outcome, item.finding) == (None, None)
    assert item.metric == (None if "metric" in changes else metric("payment_rate").label)


@pytest.mark.usefixtures("given")
def test_an_action_of_yesterday_is_in_force_and_too_young():
    item = follow_up(Tables(), action(began=day(13)), day(14))
    assert (item.standing, item.outcome.controls) == ("too_early", 0)
    assert item.sentence.text("en").startswith("Too early to say.")


def test_data_that_has_not_the_metric_at_all_is_said(monkeypatch):
    monkeypatch.setattr(outcomes.series, "read", lambda *_: None)
    assert follow_up(Tables(), action(), day(14)).standing == "unknown"


def test_the_test_that_an_action_waits_for_answers_for_it(monkeypatch):
    from tests.review.test_proof import found

    asked = []

    def settle(answer):
        def settled(_, name, end):
            asked.append((name, end))
            return answer

        return settled

    told = dataclasses.replace(found(), headline=Message("It won."))
    other = dataclasses.replace(found(), headline=Message("It lost."))
    guests = {
        "without": SimpleNamespace(settle=None, speaks=lambda _: True),
        "silent": SimpleNamespace(settle=settle(other), speaks=lambda _: False),
        "unknown": SimpleNamespace(settle=settle(None), speaks=lambda _: True),
        "knows": SimpleNamespace(settle=settle(told), speaks=lambda _: True),
    }
    monkeypatch.setattr(outcomes, "capabilities", lambda: guests)
    item = follow_up(Tables(), action(experiment="ab_9"), day(14))
    assert (item.standing, item.sentence.text("en"), item.finding) == ("experiment", "It won.", told)
    assert asked == [("ab_9", day(13))] * 2


@pytest.mark.parametrize(
    ("key", "worth"),
    [("gmv", 1), ("refunds", -1), ("ad_cost", -1), ("value_per_buyer", 1), ("order_value", 1), ("uv_value", 1),
     ("refund_rate", -1), ("visitors", 5)],
)  # fmt: skip
def test_a_unit_is_worth_itself_or_the_sales_that_come_with_it(given, key, worth):
    follow_up(Tables(), action(metric=key), day(14))
    assert given["worth"] == worth
    assert math.isnan(given["expected_weekly"])
