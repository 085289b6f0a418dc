"""Promises of the diagnosis of growth: silent when nothing changed, power, and money that covers what was lost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from ecops.growth.board.outlook import ahead
from ecops.growth.board.unusual import WATCHED as DAILY
from ecops.growth.board.unusual import judge
from ecops.growth.diagnosis import MINIMUM_SHARE, SPLITS, searched
from ecops.growth.findings import WATCHED
from ecops.metrics.analysis import Scope
from ecops.metrics.panel import Coverage, Panel, history_days
from ecops.periods import Period
from ecops.statistics.changes import Days, compare_sums
from ecops.statistics.search import Cause, Guards
from tools.calibrate.promises import Held, Promise
from tools.calibrate.shops import END, Effect, Shape, Shop, simulate


def days_of(shop: Shop, span: int) -> Days:
    """The last `span` days against those before, with the history that the diagnosis reads."""
    count = len(shop.dates)
    number = np.array([day.toordinal() for day in shop.dates])
    place = np.arange(count)
    back = count - span - place
    history = np.where((back > span) & (back <= history_days(_period(span))), 0, -1)
    return Days(place[count - 2 * span : count - span], place[count - span :], history, (number - 1) % 7, number)


def _period(span: int) -> Period:
    return Period(END - dt.timedelta(days=span - 1), END)


def scope_of(shop: Shop, span: int) -> Scope:
    """The shop as the diagnosis sees it when it has read everything."""
    import pandas as pd

    period = _period(span)
    names = [(platform, "one", channel, device) for platform, channel, device in shop.names]
    leaves = pd.DataFrame(names, columns=list(SPLITS), dtype=object)
    place = np.arange(len(leaves), dtype=np.int64)
    panel = Panel(leaves, leaves, place, shop.dates, shop.measures, SPLITS)
    days = days_of(shop, span)
    covered = Coverage(shop.dates[-span:], shop.dates[-2 * span : -span], ())
    data = None
    return Scope(data, period, period.compared("previous"), panel, covered, days, "traffic", "CNY", frozenset())  # type: ignore[arg-type]


def told(shop: Shop, span: int) -> tuple[list[Cause], list[Cause]]:
    """Confirmed and watched causes; with a history too short to confirm all of them are watched."""
    scope = scope_of(shop, span)
    gmv = shop.measures["pay_amount"]
    largest = max(gmv[:, scope.days.before].sum(), gmv[:, scope.days.after].sum())
    sure, seen = searched(scope, Guards(money=largest * MINIMUM_SHARE))
    return (sure, seen[:WATCHED]) if scope.days.tell else ([], [*sure, *seen[:WATCHED]])


def _shops(shape: Shape, cases: int, seed: int, effect: Effect | None = None) -> Iterator[Shop]:
    for child in np.random.SeedSequence(seed).spawn(cases):
        yield simulate(shape, np.random.default_rng(child), effect)


def silent(shape: Shape, span: int) -> Callable[[int, int], Held]:
    """How often nothing is confirmed in a shop in which nothing changed."""

    def scene(cases: int, seed: int) -> Held:
        return Held(sum(not told(shop, span)[0] for shop in _shops(shape, cases, seed)), cases)

    return scene


def watched(shape: Shape, span: int) -> Callable[[int, int], Held]:
    """How many findings are to be watched in a span without any change."""

    def scene(cases: int, seed: int) -> Held:
        counts = np.array([len(told(shop, span)[1]) for shop in _shops(shape, cases, seed)], dtype=float)
        return Held(float(counts.sum()), cases, float(counts.var()))

    return scene


def beyond_swing(shape: Shape, span: int) -> Callable[[int, int], Held]:
    """How often GMV alone is said to have moved beyond its usual swing.

    Each shop by itself: in one call they would pass for series of one shop, which tell each other how days differ.
    """

    def scene(cases: int, seed: int) -> Held:
        days = days_of(simulate(shape, seed), span)
        gmv = (shop.measures["pay_amount"].sum(0, keepdims=True) for shop in _shops(shape, cases, seed))
        return Held(sum(bool(compare_sums(one, days).p_value[0] < 0.05) for one in gmv), cases)

    return scene


def found(shape: Shape, effect: Effect, span: int = 7) -> Callable[[int, int], Held]:
    """How often a true change of one platform is confirmed there."""

    def scene(cases: int, seed: int) -> Held:
        return Held(
            sum(_hit(told(shop, span)[0], shop, effect) is not None for shop in _shops(shape, cases, seed, effect)),
            cases,
        )

    return scene


def _hit(causes: list[Cause], shop: Shop, effect: Effect) -> Cause | None:
    metric = {"visitors": "visitors", "pay_buyers": "payment_rate", "cart_users": "cart_rate"}[effect.what]
    touched = frozenset(np.flatnonzero(shop.lost > 0).tolist())
    return next((cause for cause in causes if cause.series.metric == metric and cause.node.leaves == touched), None)


def no_day_flagged(shape: Shape, span: int) -> Callable[[int, int], Held]:
    """How often no day is called unusual in a shop in which nothing happened."""

    def scene(cases: int, seed: int) -> Held:
        quiet = 0
        for shop in _shops(shape, cases, seed):
            scope = scope_of(shop, span)
            whole = replace(scope, panel=scope.panel.split(()))
            told = judge(whole, scope.period, DAILY, np.zeros(len(shop.dates), dtype=bool))
            quiet += not any(p_value <= 0.05 for *_, p_value in told)
        return Held(quiet, cases)

    return scene


def foreseen(shape: Shape) -> Callable[[int, int], Held]:
    """How often the interval of the next four weeks holds what they bring."""

    def scene(cases: int, seed: int) -> Held:
        held = asked = 0
        for shop in _shops(shape, cases, seed):
            known = replace(
                shop,
                dates=shop.dates[28:],  # four weeks later: the same weekdays, and the end where the scope expects it
                measures={name: values[:, :-28] for name, values in shop.measures.items()},
            )
            scope = scope_of(known, 28)
            found = ahead(replace(scope, panel=scope.panel.split(())))
            if found is not None and np.isfinite(found[1]):
                asked += 1
                held += found[1] <= float(shop.measures["pay_amount"][:, -28:].sum()) <= found[2]
        return Held(held, asked, asked=asked / cases)

    return scene


def covered(shape: Shape, effect: Effect, span: int = 7) -> Callable[[int, int], Held]:
    """Of the true changes confirmed in the right place, how many have a money interval that holds what was lost."""

    def scene(cases: int, seed: int) -> Held:
        hits = right = 0
        for shop in _shops(shape, cases, seed, effect):
            cause = _hit(told(shop, span)[0], shop, effect)
            if cause is not None:
                hits += 1
                right += cause.low <= -float(shop.lost.sum()) <= cause.high
        return Held(right, hits)

    return scene


PLAIN = Shape()
NOISY = replace(PLAIN, common=0.1, own=0.1)
LONG = replace(PLAIN, days=140)
SPLIT = replace(PLAIN, channels=4, devices=2, visitors=280_000)
ONE = replace(PLAIN, platforms=1)


def _promises() -> Iterator[Promise]:
    for span in (7, 14, 28):
        for memory in (0.0, 0.3, 0.6, 0.8):
            name = f"{span}.memory{round(10 * memory)}"
            shape = replace(LONG, memory=memory)
            yield Promise(
                f"growth.silent.{name}", "nothing is confirmed when nothing changed", 0.95, 1, silent(shape, span)
            )
            yield Promise(
                f"growth.swing.{name}", "GMV beyond its usual swing", 0.04, 0.06, beyond_swing(shape, span), 2000
            )
    for name, shape, span in (
        ("memory0", LONG, 7),
        ("memory6", replace(LONG, memory=0.6), 7),
        ("month", replace(LONG, memory=0.3), 28),
        ("small", replace(LONG, visitors=4_000, memory=0.4), 7),
        ("trend", replace(LONG, trend=0.01), 7),
    ):
        promised = "no day is called unusual when nothing happened"
        yield Promise(f"growth.days.{name}", promised, 0.95, 1, no_day_flagged(shape, span))
    ahead_of = replace(PLAIN, days=168)
    for name, shape in (
        ("memory0", ahead_of),
        ("memory6", replace(ahead_of, memory=0.6)),
        ("small", replace(ahead_of, visitors=4_000, memory=0.3)),
    ):
        promised = "the interval of the next four weeks holds what they bring"
        yield Promise(f"growth.ahead.{name}", promised, 0.93, 0.985, foreseen(shape))
    rough = {
        "one_platform": ONE,
        "one_platform.memory6": replace(ONE, memory=0.6),
        "memory7": replace(PLAIN, memory=0.7),
        "memory8": replace(PLAIN, memory=0.8),
        "split": SPLIT,
        "split.memory5": replace(SPLIT, memory=0.5),
        "rates_remember": replace(SPLIT, memory=0.6, rate_common=0.06),
        "promotions": replace(PLAIN, memory=0.3, promotions=((30, 3, 1.8), (20, 1, 2.5))),
        "trend": replace(PLAIN, trend=0.01),
        "turnover": replace(SPLIT, turnover=0.2),
        "tiny": replace(PLAIN, visitors=200),
        "small": replace(PLAIN, visitors=4_000, memory=0.4),
        "large": replace(SPLIT, visitors=400_000, memory=0.4),
        "heavy": replace(PLAIN, tail=1.6),
        "noisy.memory3": replace(NOISY, memory=0.3),
    }
    for name, shape in rough.items():
        yield Promise(f"growth.silent.{name}", "nothing is confirmed when nothing changed", 0.95, 1, silent(shape, 7))
    for name, shape in (("split", SPLIT), ("memory6", replace(SPLIT, memory=0.6)), ("plain", PLAIN)):
        yield Promise(f"growth.watch.{name}", "findings to watch in a silent week", 0, 0.5, watched(shape, 7))
    for factor in (0.9, 0.8, 0.7):
        for what in ("visitors", "pay_buyers"):
            effect = Effect(what, factor, 7, platform=1)
            lost = round(100 * (1 - factor))
            yield Promise(
                f"growth.covers.{what}.{lost}",
                "money of a confirmed finding holds what was lost",
                0.93,
                0.97,
                covered(PLAIN, effect),
                1000,
            )
    effect = Effect("visitors", 0.8, 7, platform=1)
    yield Promise(
        "growth.power.visitors", "a fall of 20 % of one of three platforms is found", 0.85, 1, found(PLAIN, effect)
    )
    effect = Effect("pay_buyers", 0.8, 7, platform=1)
    yield Promise(
        "growth.power.rate", "a fall of 20 % of one of three platforms is found", 0.85, 1, found(PLAIN, effect)
    )


PROMISES = tuple(_promises())
