"""Rules and their replay: a naive replay of one product, the handbooks' numbers, promises kept on grocery data."""

from typing import ClassVar

import numpy as np
import pytest

from ecops.errors import DataError, SpecError
from ecops.inventory import frontier, handbook_rules, replay, rules
from ecops.inventory.policies.replay import simulate
from ecops.inventory.policies.rules import Bounds, Situation, rule
from tests.inventory import data, shops


def slow_replay(demand, reorder, upto, lead):
    """One product, one day after the other."""
    hand, pipeline, lost, cycles, broken, short, stock = upto[0], {}, 0.0, 0, 0, False, 0.0
    for day, wanted in enumerate(demand):
        came = pipeline.pop(day, 0.0)
        if came:
            cycles += 1
            broken += short
            short = False
            hand += came
        position = hand + sum(pipeline.values())
        if position <= reorder[day] and upto[day] > position:
            pipeline[day + lead] = pipeline.get(day + lead, 0.0) + upto[day] - position
        missing = max(wanted - hand, 0.0)
        lost += missing
        short |= missing > 0
        hand = max(hand - wanted, 0.0)
        stock += hand
    return lost, cycles + short, broken + short, stock / len(demand)


@pytest.mark.parametrize("lead", [1, 4, 9])
@pytest.mark.parametrize("key", ["cover_days", "learned"])
def test_a_replay_is_what_one_would_do_by_hand(key, lead):
    panel = shops.poisson(12, 260, seed=4, mean=1.0)
    case = Situation(panel, np.full(12, float(lead)), np.zeros(12), 0.95, 14.0, 160)
    bounds = rule(key).bounds(case)
    found = simulate(case, bounds, key)
    for row in range(12):
        lost, cycles, broken, stock = slow_replay(
            panel.demand[row, 160:], bounds.reorder[row, 160:], bounds.upto[row, 160:], lead
        )
        assert found.lost[row] == pytest.approx(lost)
        assert (found.cycles[row], found.broken[row]) == (cycles, broken)
        assert found.stock[row] == pytest.approx(stock)


def test_enough_stock_never_runs_out_and_none_always_does():
    panel = shops.poisson(10, 200)
    case = Situation(panel, np.full(10, 5.0), np.zeros(10), 0.95, 14.0, 100)
    full = np.full((10, 201), 1e6)
    assert simulate(case, Bounds(full, full)).fill_rate == 1.0
    nothing = simulate(case, Bounds(full * 0, full * 0))
    assert nothing.fill_rate == 0.0
    assert nothing.cycle_service == 0.0


@pytest.mark.row(127, 128, 129, 130, 131, 133)
def test_the_handbooks_rules_are_theirs_word_for_word():
    units = np.full((1, 120), 20.0)
    panel = shops.made(units)
    case = Situation(panel, np.array([7.0]), np.zeros(1), 0.95, 14.0, 100)
    now = {key: tuple(float(bound[0, -1]) for bound in one.bounds(case)) for key, one in handbook_rules().items()}
    assert now["cover_days"] == (140, 600)
    assert now["alarm_days"] == (60, 600)
    assert now["least_units"] == (50, 650)
    # Safety stock = daily sales x cycle = 140, on top of what sells until the goods arrive.
    assert now["cycle_stock"] == (140 + 140, 280 + 280)
    own = handbook_rules({"inventory.reorder_cover_days": 10})["cover_days"]
    assert own.bounds(case).reorder[0, -1] == 200
    assert "10" in own.meaning.text("en")


def test_random_lead_times_are_those_that_were_asked():
    panel = shops.poisson(200, 300, mean=5.0)
    calm, wild = (replay(panel, "cover_days", 10, lead_sd=sd, days=112) for sd in (0.0, 4.0))
    again = replay(panel, "cover_days", 10, lead_sd=4.0, days=112)
    assert wild.fill_rate == again.fill_rate
    assert wild.fill_rate < calm.fill_rate


def test_the_future_leaves_no_trace():
    panel, other = shops.poisson(20, 260), shops.poisson(20, 260)
    other.demand[:, 200:] *= 5
    for key in rules():
        cases = [Situation(one, np.full(20, 6.0), np.zeros(20), 0.95, 14.0, 150) for one in (panel, other)]
        now, then = (rule(key).bounds(case) for case in cases)
        assert np.array_equal(now.reorder[:, :201], then.reorder[:, :201]), key


def test_a_rule_on_sold_units_starves_what_it_lets_run_out():
    """The death spiral: stock-outs hide demand, and the rule orders less and less."""
    random = np.random.default_rng(2)
    units = random.poisson(6.0, (80, 400)).astype(float)
    true = shops.made(units)
    censored = shops.made(units)
    run = replay(true, "cover_days", 14, days=182)
    lost = run.lost / np.maximum(run.demand, 1)
    censored.demand[:, 218:] *= (1 - lost)[:, None]
    case = Situation(true, np.full(80, 14.0), np.zeros(80), 0.95, 14.0, 218)
    hidden = rule("cover_days").bounds(Situation(censored, case.lead_time, case.lead_sd, 0.95, 14.0, 218))
    assert simulate(case, hidden).fill_rate < run.fill_rate - 0.02


def test_frontier_marks_the_rules_as_they_stand():
    panel = shops.poisson(60, 300)
    found = frontier(panel, list(rules().values()), 7.0, days=84, value=np.full(60, 10.0))
    now = found.points[found.points["chosen"]]
    assert sorted(now["rule"]) == sorted(rules())
    learned = found.points[found.points["rule"] == "learned"].sort_values("setting")
    assert learned["cycle_service"].is_monotonic_increasing
    assert learned["stock_value"].is_monotonic_increasing
    alone = replay(panel, "learned", 7.0, days=84)
    assert float(now.set_index("rule").loc["learned", "cycle_service"]) == pytest.approx(alone.cycle_service)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"lead_time": 0}, SpecError),
        ({"lead_time": np.nan}, SpecError),
        ({"lead_sd": -1}, SpecError),
        ({"target": 1.5}, SpecError),
        ({"days": 0}, DataError),
        ({"days": 190}, DataError),
    ],
)
def test_impossible_replays_are_told(arguments, error):
    with pytest.raises(error):
        replay(shops.poisson(5, 200), "cover_days", **{"lead_time": 7, **arguments})
    with pytest.raises(SpecError):
        replay(shops.poisson(5, 200), "a_rule")


class TestGrocery:
    pytestmark: ClassVar = [*data.needs_grocery, pytest.mark.slow]

    @pytest.mark.parametrize("lead", [3, 7, 14, 21])
    def test_the_learned_rule_keeps_its_promise(self, lead):
        whole = data.grocery()
        regular = data.regular(whole, whole.days - 112)
        chosen = regular
        found = replay(chosen, "learned", lead)
        assert 0.93 <= found.cycle_service <= 0.97
        if lead >= 7:
            assert replay(chosen, "cover_days", lead).cycle_service < 0.6
            assert replay(chosen, "textbook", lead).cycle_service < found.cycle_service
