"""The worked numbers of the handbook and of the notes, naive references, and oracles of scipy."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from ecops.errors import SpecError
from ecops.presale import (
    Conversion,
    Demand,
    Economics,
    Series,
    Spec,
    capacity,
    completion_curve,
    conversion_prior,
    gamma_update,
    gate,
    handbook_equivalent,
    order,
    outcome,
    predict,
    track,
    two_orders,
)  # fmt: skip
from ecops.presale.decisions.order import best_stock, profits
from ecops.presale.futures.beliefs import believed
from ecops.presale.futures.counts import binomial, poisson

DAY = dt.date(2026, 5, 1)
PAST = ([820, 1200, 640, 950], [731, 1010, 589, 836])
KNOWN = Conversion(95.94, 12.67, 10_000)
"""A conversion that no doubt about its parameters blurs."""


def closed(total, sku="A", name="past", days=10, paid=None, **rest):
    share = np.ones(days)
    share[:2] += 2
    share[-1] += 1
    units = np.floor(total * share / share.sum())
    units[0] += total - units.sum()
    paid = round(0.88 * total) if paid is None else paid
    return Series(name, sku, DAY, days, tuple(units), DAY + dt.timedelta(days), paid=paid, expired=total - paid, **rest)


def done(total=1000):
    return Series("now", "A", DAY, 1, (float(total),), DAY + dt.timedelta(1))


@pytest.fixture(scope="module")
def thousand():
    """1,000 deposits, 50 a day besides with a mean that is off by 15 % and chance beyond Poisson's."""
    return predict(done(), (), Demand(50.0, 0.24), Spec(uplift=1.0, uplift_spread=0.0), KNOWN)


def test_the_between_campaign_beta():
    prior = conversion_prior(*PAST)
    assert (round(prior.a, 2), round(prior.b, 2)) == (95.94, 12.67)
    # By hand: variance of the rates less what chance among buyers adds.
    rates = np.array(PAST[1]) / np.array(PAST[0])
    top = rates.mean() * (1 - rates.mean())
    size = top / (rates.var(ddof=1) - top * np.mean(1 / np.array(PAST[0]))) - 1
    assert prior.a == pytest.approx(rates.mean() * size)
    assert prior.mean == pytest.approx(0.8834, abs=1e-4)


def test_five_hundred_deposits():
    paid = Conversion(95.94, 12.67, 4).paid(500)
    assert float(paid.mean()) == pytest.approx(441.67, abs=0.01)
    assert float(paid.std()) == pytest.approx(16.91, abs=0.01)
    assert float(paid.sf(419)) == pytest.approx(0.8978, abs=1e-4)
    assert float(paid.sf(439)) == pytest.approx(0.5805, abs=1e-4)
    assert (paid.ppf(0.05), paid.ppf(0.95)) == (412, 467)
    thousand = Conversion(95.94, 12.67, 4).paid(1000)
    assert (float(thousand.mean()), float(thousand.std())) == pytest.approx((883.34, 32.28), abs=0.01)
    assert (thousand.ppf(0.95), thousand.ppf(0.99)) == (932, 947)


def test_draws_agree_with_the_exact_distribution():
    drawn = predict(done(500), (), None, None, KNOWN).paid
    exact = Conversion(95.94, 12.67, 4).paid(500)
    assert drawn.mean() == pytest.approx(float(exact.mean()), abs=0.6)
    assert drawn.std() == pytest.approx(float(exact.std()), rel=0.04)
    assert (drawn >= 420).mean() == pytest.approx(0.8978, abs=0.015)


def test_few_campaigns_leave_more_doubt_than_many():
    few, many = (Conversion(95.94, 12.67, n).draws(20_000).std() for n in (3, 10_000))
    assert few > 1.2 * many
    assert conversion_prior([], []).campaigns == 0
    assert conversion_prior([], []).sd > 0.15
    assert conversion_prior([100], [90]).sd > conversion_prior(*PAST).sd
    alike = conversion_prior([1e5] * 3, [88_000] * 3)
    assert alike.a + alike.b == pytest.approx(200)


@pytest.mark.parametrize(
    ("mean", "rate"), [(3.0, None), (11.0, None), (200.0, None), (30, 0.88), (100, 0.88), (900, 0.97)]
)
def test_quick_counts_are_like_exact_ones(mean, rate):
    random, n = np.random.default_rng(1), 40_000
    given = np.full(n, float(mean))
    drawn = poisson(random, given) if rate is None else binomial(random, given, np.full(n, rate))
    exact = stats.poisson(mean) if rate is None else stats.binom(mean, rate)
    shares = np.array([0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99])
    assert np.abs(np.quantile(drawn, shares, method="inverted_cdf") - exact.ppf(shares)).max() <= 1
    assert drawn.mean() == pytest.approx(exact.mean(), abs=4 * exact.std() / np.sqrt(n))
    assert drawn.std() == pytest.approx(exact.std(), rel=0.02)


def test_rare_losses_are_taken_off_the_whole():
    kept = binomial(np.random.default_rng(1), np.full(40_000, 400.0), 0.95)
    assert kept.mean() == pytest.approx(380, abs=0.1)
    assert kept.max() <= 400
    assert binomial(np.random.default_rng(1), np.full(1000, 2.0), 0.9).min() == 0


@pytest.mark.row(134)
def test_the_handbook_rule_and_what_it_covers(thousand):
    rule = handbook_equivalent(thousand, 50.0)
    assert rule.quantity == 1550
    assert thousand.quantile(0.5) == pytest.approx(1226, rel=0.01)
    assert thousand.quantile(0.95) == pytest.approx(1406, rel=0.02)
    assert rule.cover == pytest.approx(0.996, abs=0.004)
    assert rule.leftover - rule.short == pytest.approx(1550 - thousand.need.mean(), abs=1e-6)
    event = predict(done(), (), Demand(50.0, 0.24), Spec(uplift=1.5, uplift_spread=0.3), KNOWN)
    assert event.quantile(0.9) == pytest.approx(1692, rel=0.05)
    assert event.quantile(0.95) == pytest.approx(1808, rel=0.05)
    assert handbook_equivalent(event, 50.0).cover == pytest.approx(0.78, abs=0.05)


def test_the_factor_is_recalibrated_from_history(thousand):
    past = [closed(800, paid=700, spot=300.0, base=20.0), closed(400, paid=360, spot=100.0, base=20.0)]
    rule = handbook_equivalent(thousand, 50.0, past=past)
    assert rule.learned == pytest.approx((700 + 360 + 300 + 100 - 2 * 7 * 20) / 1200)
    assert rule.campaigns == 2
    assert rule.needed == pytest.approx((thousand.quantile(0.9) - 350) / 1000)
    assert handbook_equivalent(thousand, 50.0, overrides={"inventory.presale_uplift": 1.0}).quantity == 1350


@pytest.mark.parametrize(
    ("money", "ratio"), [((100, 40, 20, 10), 0.778), ((100, 70, 10, 0), 0.333), ((100, 40, 5, 30), 0.72)]
)
def test_critical_ratios(money, ratio):
    assert Economics(*money).ratio == pytest.approx(ratio, abs=5e-4)


def drawn(need, paid=0.0):
    base = predict(done(1), (), None, Spec(draws=len(need)))
    need = np.asarray(need, dtype=float)
    return replace(base, need=need, paid=np.broadcast_to(np.asarray(paid, dtype=float), need.shape).copy())


def test_the_newsvendor_of_snyder_and_shen():
    # Example 4.2: r=1, c=.3, v=.12, N(50, 8) and Poisson(50).
    money = Economics(1.0, 0.3, 0.12, service=0.01)
    normal = drawn(stats.norm(50, 8).ppf((np.arange(20_000) + 0.5) / 20_000))
    assert best_stock(normal, money) == pytest.approx(56.604, abs=0.01)
    assert float(profits(normal, np.array([56.604]), money)[0]) == pytest.approx(33.0024, abs=0.001)
    poisson = drawn(stats.poisson(50).ppf((np.arange(20_000) + 0.5) / 20_000))
    assert best_stock(poisson, money) == 56
    assert float(profits(poisson, np.array([56.0]), money)[0]) == pytest.approx(33.20276, abs=0.002)


def test_profits_agree_with_a_loop():
    random = np.random.default_rng(3)
    paid = random.poisson(80, 300).astype(float)
    futures = drawn(paid + random.poisson(30, 300), paid)
    money = Economics(100.0, 55.0, 20.0, 5.0, 30.0)
    for stock in (0.0, 70.0, 110.5, 160.0):
        whole = 0.0
        for need, promised in zip(futures.need, paid, strict=True):
            sold = min(need, stock)
            late = max(promised - stock, 0)
            whole += 100 * sold + 20 * (stock - sold) - 55 * stock - 30 * late - 5 * (need - sold - late)
        assert float(profits(futures, np.array([stock]), money)[0]) == pytest.approx(whole / 300)
    best = best_stock(futures, money)
    grid = profits(futures, np.arange(0.0, 250.0), money)
    assert grid.max() == pytest.approx(float(profits(futures, np.array([best]), money)[0]))


def test_late_presales_cost_more_than_spot_buyers_who_find_nothing():
    random = np.random.default_rng(4)
    paid = random.poisson(80, 2000).astype(float)
    futures = drawn(paid, paid)
    assert best_stock(futures, Economics(100, 60, 30, penalty=80)) > best_stock(futures, Economics(100, 60, 30))


def test_the_order_respects_stock_packs_and_the_smallest_order(thousand):
    money = Economics(100.0, 40.0, 20.0, 10.0, 30.0)
    plain = order(thousand, money)
    assert plain.total == plain.committed + plain.speculative
    assert plain.committed == thousand.quantile(0.95, "paid")
    packed = order(thousand, replace(money, pack=100.0))
    assert packed.quantity % 100 == 0
    assert abs(packed.quantity - plain.quantity) <= 100
    assert order(thousand, replace(money, available=5000.0)).reason == "enough"
    huge = order(thousand, replace(money, moq=1e6))
    assert (huge.quantity, huge.reason) == (0.0, "unworthy")
    least = order(thousand, replace(money, moq=1600.0))
    assert (least.quantity, least.reason) == (1600.0, "moq")
    assert least.gain > 0
    part = order(thousand, replace(money, available=800.0))
    assert part.quantity == plain.quantity - 800
    assert outcome(thousand, plain.quantity, money).cover == pytest.approx(thousand.cover(plain.quantity))


def test_the_promise_has_a_price():
    alone = predict(done(), (), None, None, KNOWN)
    money = Economics(100.0, 90.0, 10.0)
    assert order(alone, replace(money, service=0.99)).promise_cost > order(alone, money).promise_cost > 0
    assert order(alone, money).reason == "service"


def test_two_orders_beat_one_when_the_second_is_not_much_dearer():
    now = closed(600).until(4)
    past = [closed(total, name=str(total)) for total in (500, 700, 600)]
    found = predict(now, past, Demand(5.0))
    money = Economics(100.0, 60.0, 20.0, penalty=20.0, late_premium=0.02)
    both = two_orders(found, money)
    assert both.gain > 0
    assert both.first < order(found, money).quantity
    dear = two_orders(found, replace(money, late_premium=0.6))
    assert dear.second < both.second
    assert dear.profit < both.profit


def test_completion_is_learned_and_a_guess_without_history():
    past = [closed(500, name=str(place)) for place in range(4)]
    curve = completion_curve(past)
    true = past[0].by(0.4) / past[0].total
    assert curve.share(0.4) == pytest.approx(true, abs=0.03)
    assert completion_curve([]).share(0.4) == pytest.approx(0.4)
    assert completion_curve([]).belief(0.4).scale > 2 * curve.belief(0.4).scale * 0.9
    assert list(curve.path([0, 0.5, 1])) == sorted(curve.path([0, 0.5, 1]))


def test_gamma_update_lies_between_guess_and_extrapolation():
    seen, guess, done_ = 90.0, 100.0, 0.5
    values = [float(gamma_update(seen, guess, done_, strength)) for strength in (0, 5, 50, 1e9)]
    assert values == sorted(values, reverse=True)
    assert values[0] == pytest.approx(90)
    assert values[-1] == pytest.approx(50, abs=1e-3)
    with pytest.raises(SpecError):
        gamma_update(1, 1, 0.5, -1)


def test_the_posterior_of_deposits_agrees_with_a_plain_sampler():
    """Rejection: draw the whole and the completion, keep what gives exactly the deposits seen."""
    from ecops.presale.futures.curve import completion_curve as learn
    from ecops.presale.futures.predict import first_guess

    past = [closed(total, name=str(total)) for total in (60, 80, 110)]
    now = closed(70).until(4)
    found = predict(now, past).deposits
    guess, strength = first_guess(past, "A")
    random = np.random.default_rng(1)
    draws = 400_000
    belief = learn(past).belief(now.elapsed)
    z = np.clip(random.standard_t(belief.degrees, draws), -4, 4)
    share = 1 / (1 + np.exp(-(belief.location + belief.scale * z)))
    whole = random.gamma(strength, guess / strength, draws)
    hit = random.poisson(whole * share) == now.total
    assert hit.sum() > 2000
    final = now.total + random.poisson(whole[hit] * (1 - share[hit]))
    assert found.mean() == pytest.approx(final.mean(), rel=0.02)
    assert np.quantile(found, [0.05, 0.5, 0.95]) == pytest.approx(np.quantile(final, [0.05, 0.5, 0.95]), abs=3)


def test_a_belief_agrees_with_the_textbook():
    values = np.array([0.1, 0.5, 0.3, 0.7])
    found = believed(values, sd=0.0001, weight=1e-9)
    # With hardly any prior it is the prediction interval of a normal sample, but for the prior's degree of freedom.
    assert found.location == pytest.approx(values.mean())
    assert found.scale == pytest.approx(values.std(ddof=1) * np.sqrt(3 / 4) * np.sqrt(1 + 1 / 4), rel=1e-3)
    assert believed([], sd=0.4).n == 0
    assert believed(values, within=1e6, sd=0.2).location == pytest.approx(0, abs=0.01)


def test_halo_cannibalism_cancellations_and_returns_move_the_need():
    spec = Spec(uplift=1.0, uplift_spread=0.0)
    means = {
        name: predict(done(), (), Demand(50.0, 0.24), replace(spec, **change), KNOWN).mean()
        for name, change in {
            "none": {}, "halo": {"halo": 0.1}, "cannibal": {"cannibal": 0.1}, "cancel": {"cancel": 0.05},
            "returns": {"returns": 0.2, "return_days": 3},
        }.items()
    }  # fmt: skip
    assert means["halo"] - means["none"] == pytest.approx(88, rel=0.05)
    assert means["none"] - means["cannibal"] == pytest.approx(88, rel=0.05)
    assert means["none"] - means["cancel"] == pytest.approx(44, rel=0.05)
    assert means["none"] - means["returns"] == pytest.approx(0.2 * 4 / 7 * means["none"], rel=0.03)


def test_payments_known_already_bound_the_futures():
    paying = replace(done(100), paid=60.0, expired=5.0)
    found = predict(paying, [closed(400, name=str(place)) for place in range(3)])
    assert found.paid.min() >= 60
    assert found.paid.max() <= 95
    settled = predict(replace(done(100), paid=80.0, expired=20.0))
    assert set(settled.paid) == {80.0}


@pytest.mark.row(135)
def test_the_gate_of_a_new_product():
    past = [closed(total, sku=sku, name=sku) for sku, total in (("B", 500), ("C", 700), ("D", 600))]
    now = closed(480, sku="new").until(6)
    found = gate(now, past)
    assert found.target == 500
    assert found.progress == pytest.approx(now.total / 500)
    assert 0.05 < found.probability < 0.95
    assert found.early <= found.day <= found.late <= now.closes
    assert found.early > DAY + dt.timedelta(now.seen - 1)
    assert gate(now, past, target=100).probability == 1
    assert gate(now, past, target=100).day is None
    assert gate(now, past, break_even=50).verdict == "go"
    assert gate(now, past, break_even=2000).verdict == "no_go"
    assert found.paid_low < found.paid < found.paid_high


@pytest.mark.row(160)
def test_capacity_is_the_upper_bound_of_all_products_together():
    past = [replace(closed(500, name=str(place)), peak_share=share) for place, share in enumerate((0.3, 0.5))]
    both = [predict(closed(total, sku=sku).until(5), past) for sku, total in (("A", 300), ("B", 500))]
    found = capacity(both, past, DAY, usual=100.0)
    units = both[0].paid + both[1].paid
    assert found.total == np.quantile(units, 0.95, method="inverted_cdf")
    assert found.peak == np.ceil(found.total * 0.5)
    assert found.times == pytest.approx((found.peak + 100) / 100)
    assert not found.guessed
    assert capacity(both, [], DAY).guessed
    # Products of one campaign share its fortune: their sum is wider than if they did not.
    assert np.corrcoef(both[0].deposits, both[1].deposits)[0, 1] > 0.3


@pytest.mark.row(158)
def test_the_path_is_held_against_its_band():
    past = [closed(total, name=str(total), days=20) for total in (400, 500, 450)]
    whole = closed(460, days=20)
    quiet = track(whole.until(14), past)
    assert quiet.state == "inside"
    assert quiet.origin == DAY + dt.timedelta(6)
    assert quiet.table["deposits"].notna().sum() == 14
    assert set(quiet.table["told"]) == {"", "origin", "today"}
    ahead = quiet.table[quiet.table["told"] == "today"]
    assert (ahead["high"].diff().dropna() >= 0).all()
    units = np.array(whole.deposits)
    units[7:14] = 0
    fallen = track(replace(whole, deposits=tuple(units)).until(14), past)
    assert (fallen.state, fallen.p < 0.1) == ("below", True)
    units[7:14] = 120
    risen = track(replace(whole, deposits=tuple(units)).until(14), past)
    assert risen.state == "above"
    assert track(whole.until(2), past).state == "early"


def test_the_same_seed_gives_the_same_futures(thousand):
    again = predict(done(), (), Demand(50.0, 0.24), Spec(uplift=1.0, uplift_spread=0.0), KNOWN)
    np.testing.assert_array_equal(thousand.need, again.need)
    other = predict(done(), (), Demand(50.0, 0.24), Spec(uplift=1.0, uplift_spread=0.0, seed=1), KNOWN)
    assert (thousand.need != other.need).any()


@pytest.mark.parametrize(
    "wrong",
    [
        {"price": 10, "cost": 10}, {"price": 10, "cost": 5, "salvage": 6}, {"price": 10, "cost": 5, "service": 1.0},
        {"price": 10, "cost": 5, "moq": -1}, {"price": 10, "cost": 5, "penalty": float("nan")},
    ],
)  # fmt: skip
def test_impossible_money_is_refused(wrong):
    with pytest.raises(SpecError):
        Economics(**wrong)


@pytest.mark.parametrize(
    "wrong",
    [{"halo": -0.1}, {"margin": 1.0}, {"margin": 0.0}, {"cover_days": 0}, {"cover_days": 91}, {"uplift": 0.0},
     {"service": 1.0}, {"draws": 5}, {"cancel": 1.0}, {"uplift": float("inf")}, {"penalty": float("nan")}],
)  # fmt: skip
def test_impossible_choices_are_refused(wrong):
    with pytest.raises(SpecError):
        Spec(**wrong)


def test_impossible_histories_are_refused(thousand):
    with pytest.raises(SpecError):
        conversion_prior([10], [11])
    with pytest.raises(SpecError):
        Demand(-1.0)
    with pytest.raises(SpecError):
        replace(done(), days=0)
    with pytest.raises(SpecError):
        thousand.interval("profit")
