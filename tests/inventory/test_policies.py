"""Rules and their replay: a naive replay of one product, the handbooks' numbers, promises kept on grocery data."""

from typing import ClassVar

import numpy as np
import pytest

from ecops.errors import DataError, SpecError
from ecops.inventory import frontier, handbook_rules, replay, rules
from ecops.inventory.forecasting.lead_time import Due, at, history
from ecops.inventory.policies.replay import Replay, simulate
from ecops.inventory.policies.rules import Bounds, Situation, rule
from ecops.inventory.policies.worth import worth
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


def test_replayed_orders_come_in_the_suppliers_packs():
    # One a day: at seven days' sales 23 are ordered up to 30; the pack of 20 makes two of it, the minimum 50.
    panel = shops.made(np.ones((3, 240)))
    lots = {"moq": np.array([np.nan, 0.0, 50.0]), "pack": np.array([0.0, 20.0, np.nan])}
    run = replay(panel, "cover_days", 3, days=112, options=lots)
    assert (run.ordered / run.orders).tolist() == [23, 40, 50]
    assert run.lost.sum() == 0
    assert run.stock.tolist() == sorted(run.stock)


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


def weekends(products=250, days=380, seed=3):
    random = np.random.default_rng(seed)
    week = np.array([0.6, 0.7, 0.8, 0.9, 1.2, 1.6, 1.2])[np.arange(days) % 7]
    units = random.poisson(random.gamma(1.5, 2.0, products)[:, None] * week + 0.2).astype(float)
    units[:, 0] += 1
    return shops.made(units)


@pytest.mark.parametrize("review", [1, 7])
@pytest.mark.parametrize("lead", [3, 10])
def test_the_promise_holds_however_often_the_stock_is_looked_at(review, lead):
    found = replay(weekends(), "learned", lead, options={"review": review})
    assert 0.93 <= found.cycle_service <= 0.97


def test_a_look_a_week_orders_on_its_days_alone():
    panel = shops.poisson(12, 260, seed=4, mean=8.0)
    case = Situation(panel, np.full(12, 3.0), np.zeros(12), 0.95, 14.0, 160, review=np.where(np.arange(12) < 6, 7, 1))
    always = Bounds(np.full((12, 261), 1e3), np.full((12, 261), 1e3))
    found = simulate(case, always)
    # What was sold is ordered at each of the fourteen looks after the first day, and only then.
    assert found.orders[:6].tolist() == [14.0] * 6
    assert found.ordered[:6] == pytest.approx(panel.demand[:6, 160:258].sum(axis=1))
    assert (found.orders[6:] > 14).all()
    with pytest.raises(SpecError):
        replay(panel, "learned", 7, options={"review": 0})


def test_the_errors_of_looks_are_what_one_would_count_by_hand():
    panel = shops.poisson(1, 300, seed=6, mean=5.0)
    lead, review, order_days = 5, 7, 14.0
    past = history(panel, lead + review)
    found = at(past, panel.days, windows=4, due=Due(order_days, review))
    errors = []
    looks = int(np.ceil(1.5 * order_days / review)) + 1
    for number in range(8):
        start = panel.days - lead - review - looks * review - 5 * number
        goods = past.level[0, start] * order_days
        for look in range(start + review, start + looks * review + 1, review):
            beyond = panel.demand[0, start:look].sum() - goods
            if look + lead > panel.days:
                break
            if beyond >= 0:
                asked = beyond + panel.demand[0, look : look + lead].sum()
                known = look - review
                expected = past.level[0, known] * past.factor(known)[0]
                errors.append((asked - expected) / past.spreads(known)[0, 0])
                break
    assert len(errors) > 4
    assert found.errors[0] == pytest.approx(np.sort(errors))


def test_what_rules_cost_beside_each_other():
    def run(key, lost, stock):
        nothing = np.zeros(12)
        return Replay(key, nothing + 100, lost, nothing, nothing, stock, nothing, nothing, 56)

    random = np.random.default_rng(1)
    flat = np.full(12, 10.0)
    runs = {
        "learned": run("learned", np.zeros(12), flat),
        "starving": run("starving", np.full(12, 8.0) + random.normal(0, 1, 12), flat),
        "even": run("even", random.normal(0, 5, 12), flat),
        "lean": run("lean", np.zeros(12), flat / 2),
    }
    profit, holding = np.full(12, 3.0), np.full(12, 0.01)
    found = worth(runs, profit, holding).set_index("rule")
    lost = runs["starving"].lost.sum() * 3 / 2
    assert found.loc["starving", "lost"] == pytest.approx(lost)
    assert found.loc["learned", "held"] == pytest.approx(12 * 10 * 0.01 * 28)
    apart = runs["starving"].lost * 3 / 2
    reach = 2.200985 * apart.std(ddof=1) * np.sqrt(12)
    assert found.loc["starving", ["low", "high"]].tolist() == pytest.approx([lost - reach, lost + reach], rel=1e-6)
    assert found["verdict"].to_dict() == {
        "learned": "base", "starving": "dearer", "even": "unproven", "lean": "cheaper",
    }  # fmt: skip
    few = {
        key: Replay(key, *(getattr(one, name)[:5] for name in Replay.__slots__[1:-1]), 56) for key, one in runs.items()
    }
    assert set(worth(few, profit[:5], holding[:5])["verdict"]) == {"base", "unproven"}


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
