"""What raising a step would bring, and which products lose buyers, against loops over segments and products."""

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ecops.funnel import Step, cart_pay_products, from_table
from ecops.funnel.causes.products import beta_prior
from ecops.funnel.causes.whatif import raise_step

STEPS = ["visitors", Step("clicks", optional=True), "cart_users", "order_buyers", "pay_buyers"]


def random_table(random, days, money):
    """Up to five segments over some days, with segments that nobody got through and one that counts more later."""
    rows = []
    for place, channel in enumerate("abcde"[: random.integers(1, 6)]):
        for device in "mp"[: random.integers(1, 3)]:
            stop = random.choice([1, 2, 3, 4, 9], p=[0.1, 0.05, 0.05, 0.1, 0.7])
            for day in range(days):
                counts = [int(random.integers(0, 400))]
                for share in (0.9, 0.5, 0.6, 1.1 if place == 3 else 0.7):
                    counts.append(round(counts[-1] * random.uniform(0.6, 1) * share) if len(counts) < stop else 0)
                amount = counts[-1] * random.choice([0.0, 40.0, 90.0], p=[0.1, 0.6, 0.3])
                rows.append((dt.date(2026, 11, 1) + dt.timedelta(day), channel, device, *counts, amount))
    names = [
        "date",
        "channel",
        "device",
        "visitors",
        "clicks",
        "cart_users",
        "order_buyers",
        "pay_buyers",
        "pay_amount",
    ]
    data = pd.DataFrame(rows, columns=names)
    return from_table(data if money else data.drop(columns="pay_amount"), STEPS, by=["channel", "device"])


def naive(table, step, points, where, level):
    """(steps, difference, error times the critical value, rate, raised, capped), one segment after the other."""
    counts, money, size = table.counts, table.amount is not None, len(table.segments)
    position = table.names.index(step)
    base, last = table.base[position], counts.shape[1] - 1
    total = counts.sum(0)

    def share(s, stop):
        if counts[s, position]:
            return counts[s, stop] / counts[s, position]
        return total[stop] / total[position] if total[position] else 0.0

    def value(s):
        if not money:
            return 1.0
        if counts[s, last] and table.amount[s] > 0:
            return table.amount[s] / counts[s, last]
        return table.amount.sum() / total[last] if total[last] else 0.0

    gained, variance, capped = np.zeros(last + 1), 0.0, False
    entered = reached = added_up = difference = 0.0
    for s in range(size):
        names = dict(zip(table.by, table.segments[s], strict=True))
        if any(names[name] != wanted for name, wanted in where.items()):
            continue
        entered, reached = entered + counts[s, base], reached + counts[s, position]
        if not counts[s, base]:
            continue
        rate = counts[s, position] / counts[s, base]
        held = min(max(rate + points, 0.0), max(rate, 1.0))
        capped |= abs(held - rate - points) > 1e-12
        added = counts[s, base] * (held - rate)
        added_up += added
        for place in table.required:
            gained[place] += added * share(s, place) if place >= position else 0.0
        worth = share(s, last) * value(s)
        difference += added * worth
        if not counts[s, position]:
            continue
        if len(table.days) >= 5:
            daily = table.daily_amount if money else table.daily[:, :, last]
            missed = [daily[d, s] - worth * table.daily[d, s, position] for d in range(len(table.days))]
            one = sum(m * m for m in missed) * len(missed) / (len(missed) - 1)
        else:
            part = min(share(s, last), 1.0)
            one = counts[s, position] * part * value(s) ** 2 * (1 - part + money)
        variance += added**2 * one / counts[s, position] ** 2
    days = len(table.days)
    tail = 1 - (1 - level) / 2
    critical = stats.t.ppf(tail, days - 1) if days >= 5 else stats.norm.ppf(tail)
    reach = critical * math.sqrt(variance)
    return (
        [gained[p] for p in table.required],
        difference,
        reach,
        reached / entered,
        (reached + added_up) / entered,
        capped,
    )


@pytest.mark.parametrize("days", [4, 5])
@pytest.mark.parametrize("money", [True, False])
def test_raising_a_step_against_one_segment_after_the_other(days, money):
    random = np.random.default_rng(10 * days + money)
    for _ in range(4):
        table = random_table(random, days, money)
        for step in ("cart_users", "order_buyers", "pay_buyers"):
            points, level = float(random.choice([0.02, -0.05, 0.3, -0.9])), float(random.choice([0.8, 0.95]))
            for where in ({}, {"channel": "a"}, {"device": "m"}, {"channel": "a", "device": "m"}):
                inside = table.only(**where).counts.sum(0)
                if not inside[table.base[table.names.index(step)]]:
                    continue
                case = raise_step(table, step, points, where, level=level)
                gained, difference, reach, rate, raised, capped = naive(table, step, points, where, level)
                assert case.steps["step"].tolist() == ["visitors", "cart_users", "order_buyers", "pay_buyers"]
                assert case.steps["difference"].tolist() == pytest.approx(gained)
                assert case.steps["base"].tolist() == table.counts.sum(0)[list(table.required)].tolist()
                assert (case.steps["scenario"] - case.steps["base"]).tolist() == pytest.approx(gained)
                assert case.difference == pytest.approx(difference)
                assert (case.low, case.high) == pytest.approx((difference - reach, difference + reach), abs=1e-9)
                assert (case.rate, case.raised, case.capped) == (pytest.approx(rate), pytest.approx(raised), capped)
                base = table.amount.sum() if money else table.counts[:, -1].sum()
                assert (case.base, case.with_money) == (pytest.approx(base), money)


def products(random):
    """Products in categories of very different sizes, some in two rows, some that cannot be, some that nobody saw."""
    rows = []
    for kind, number in (("x", int(random.integers(18, 24))), ("y", int(random.integers(1, 9))), ("z", 21)):
        for n in range(number):
            seen = int(random.choice([0, 40, 700, 3_000], p=[0.05, 0.25, 0.5, 0.2]))
            carts = random.binomial(seen, float(random.beta(8, 70)) * random.choice([1, 2]))
            pays = random.binomial(carts, float(random.beta(20, 40)) * random.choice([0.4, 1]))
            if random.random() < 0.05:
                pays = carts + 1
            rows += [
                (f"{kind}{n}", kind, seen, carts, pays, pays * random.choice([0.0, 30.0, 80.0]))
            ] * random.integers(1, 3)
    return pd.DataFrame(rows, columns=["item_id", "kind", "visitors", "cart_users", "pay_buyers", "pay_amount"])


@pytest.mark.parametrize("category", ["kind", None])
def test_products_against_one_product_after_the_other(category):
    random = np.random.default_rng(8)
    named = []
    for _ in range(3):
        data = products(random)
        sums, prices = {}, data["pay_amount"].sum() / data["pay_buyers"].sum()
        for row in data.itertuples():
            old = sums.get(row.item_id, (row.kind if category else "", 0, 0, 0, 0.0))
            new = (row.visitors, row.cart_users, row.pay_buyers, row.pay_amount)
            sums[row.item_id] = (old[0], *(a + b for a, b in zip(old[1:], new, strict=True)))
        usable = {name: one for name, one in sums.items() if one[1] and one[2] <= one[1] and one[3] <= one[2]}
        expected = []
        for name, (kind, seen, carts, pays, amount) in usable.items():
            own = [one for one in usable.values() if one[0] == kind]
            like = np.array([one[1:4] for one in (own if len(own) >= 20 else usable.values())], dtype=float).T
            (a, b), (c, d) = beta_prior(like[1], like[0]), beta_prior(like[2], like[1])
            high = stats.beta(a + carts, b + seen - carts).sf(a / (a + b))
            low = stats.beta(c + pays, d + carts - pays).cdf(0.75 * c / (c + d))
            rate = pays / carts if carts else 0.0
            raw = carts / seen > a / (a + b) and carts and rate < 0.75 * c / (c + d)
            price = amount / pays if pays else prices
            stake = carts * (c / (c + d) - rate) * price
            tier = "confirmed" if high > 0.9 and low > 0.9 else "watch" if raw else ""
            if tier:
                expected.append((tier, -stake, name, high, low, c / (c + d)))
        found = cart_pay_products(data, category=category)
        assert found["product"].tolist() == [one[2] for one in sorted(expected)]
        assert found["tier"].tolist() == [one[0] for one in sorted(expected)]
        for row, one in zip(found.itertuples(), sorted(expected), strict=True):
            assert (row.money_at_stake, row.p_cart_high, row.p_pay_low, row.expected_pay_rate) == pytest.approx(
                (-one[1], *one[3:])
            )
        named += found["tier"].tolist()
    assert {"confirmed", "watch"} <= set(named)


def test_where_nobody_paid_there_is_no_money_at_stake():
    data = pd.DataFrame({"item_id": list("abc"), "visitors": [900, 900, 900], "cart_users": [10, 20, 300],
                         "pay_buyers": 0, "pay_amount": 0.0})  # fmt: skip
    found = cart_pay_products(data)
    assert found["product"].tolist() == ["c"]
    assert found["money_at_stake"].tolist() == [0.0]
