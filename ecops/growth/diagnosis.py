"""Why did the business change? Traffic first, then conversion, then retention: each cause once, in money, tested."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ecops.finding import Finding
from ecops.growth import findings
from ecops.growth.explain import Explanation, explain
from ecops.growth.verdict import leading, verdict
from ecops.messages import Message
from ecops.metrics.analysis import Scope, _Figures, read_scope
from ecops.metrics.daily import DIMENSIONS, is_whole, once
from ecops.metrics.panel import Basis, Panel, aliases_of
from ecops.metrics.people import FACTORS, UNNAMED_FACTORS
from ecops.metrics.registry import metric
from ecops.periods import Compare, Period
from ecops.statistics import changes
from ecops.statistics.decomposition import Decomposition, MixRate, decompose, mix_rate
from ecops.statistics.search import Cause, Cells, Guards, Series, find_causes, make_nodes

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
SPLITS = ("platform", "shop", "channel", "device")
"""Dimensions in which causes are looked for, where the data has them."""

_CAUSES = ("sales", "orders", "traffic")
"""Sources of the metrics in which causes are looked for; people cannot be added up over segments."""

MINIMUM_SHARE = 0.002
"""A cause must move at least this part of GMV to be told; the caller may ask for another amount."""


@dataclass(frozen=True, slots=True)
class Block:
    """One step of the handbook's order of diagnosis.

    Attributes:
        name: "traffic", "conversion" or "retention".
        metric: key of the metric that stands for it.
        before: its value in the comparison; NaN when unknown.
        after: its value in the period.
        money: what its change is worth, NaN when unknown.
        confidence: "confirmed" when a finding of this block is, "watch" likewise, "unchanged", or "unknown".
        first: whether it is the first block, in the handbook's order, with a confirmed loss.
    """

    name: Literal["traffic", "conversion", "retention"]
    metric: str
    before: float
    after: float
    money: float
    confidence: Literal["confirmed", "watch", "unchanged", "unknown"]
    first: bool = False


_SURE = 0.05
"""A change of GMV with a smaller p-value is more than its usual swing."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What changed, why, and how sure.

    Attributes:
        period: what was looked at.
        compare: what it is compared with.
        basis: what GMV stands on.
        currency: ISO code of the money.
        before: GMV of the comparison on the compared days; NaN when there are none.
        after: GMV of the period on the same days.
        tree: change of GMV by factor, those of `Kpis.factors`; None when a factor is unknown.
        segments: the same by segment and factor, with "mix" as a factor; None without segments.
        dimensions: dimensions that explain the change, best first.
        mix: conversion split into rate and mix along `mix_by`; None on the basis of orders.
        mix_by: segment columns of `mix`.
        blocks: traffic, conversion, retention, always all three.
        findings: defects of the data first, then confirmed, watch and insufficient ones, each by money.
        verdict: one sentence to read aloud.
        notes: what a reader must know.
        usual: whether the change of GMV alone lies within its usual swing.
        part: whether only a part of the shop was asked, or that cannot be told.
    """

    period: Period
    compare: Period
    basis: Basis
    currency: str
    before: float
    after: float
    tree: Decomposition | None
    segments: Decomposition | None
    dimensions: tuple[Explanation, ...]
    mix: MixRate | None
    mix_by: tuple[str, ...]
    blocks: tuple[Block, ...]
    findings: tuple[Finding, ...]
    verdict: Message
    notes: tuple[Message, ...]
    usual: bool = False
    part: bool = False

    def told(self, found: Sequence[Finding]) -> Diagnosis:
        """The same with its causes as several capabilities tell them together; those that moved GMV stand first."""
        ordered = leading(findings.of_part(found) if self.part else found, self.after - self.before)
        turned = self.mix is not None and self.mix.reversed
        gmv = (self.before, self.after)
        sentence = verdict(gmv, self.currency, ordered, mix_first=turned, usual=self.usual)
        return replace(self, findings=ordered, verdict=sentence)

    @property
    def confirmed(self) -> tuple[Finding, ...]:
        """Causes that hold after correction for every comparison made; empty means nothing changed beyond chance."""
        return tuple(item for item in self.findings if item.confidence == "confirmed" and item.kind != "data")


def diagnose(
    data: Any, period: Period, compare: Compare = "previous", *, minimum_money: float | None = None
) -> Diagnosis:
    """Find out why GMV changed, tell each cause once, and say nothing where nothing changed beyond chance.

    Args:
        data: a workspace, a table, a path, or a mapping of canonical tables, as for `ecops.growth.kpis`.
        period: the days to explain.
        compare: "previous" (环比), "last_week" (上周同期) or "last_year" (去年同期).
        minimum_money: smallest amount in the period worth telling; 0.2 % of GMV when None.

    Raises:
        EcopsError: the data cannot be opened, or the comparison does not exist.
    """
    whole = read_scope(data, period, compare)
    found: Diagnosis = once(
        whole.data, ("diagnosis", period, whole.compare, minimum_money), lambda: _diagnosed(whole, minimum_money)
    )
    return found


def _diagnosed(whole: Scope, minimum_money: float | None) -> Diagnosis:
    figures = _Figures(whole)
    before, after = _gmv(whole)
    notes = findings.notes_of(whole)
    defects = findings.data_findings(whole)
    if not whole.basis or not len(whole.days.after) or not (before > 0 or after > 0):
        return _nothing(whole, before, after, defects, notes)
    split = _detail(whole)
    leaves, dimensions = _leaves(split)
    guards = Guards(money=max(before, after) * MINIMUM_SHARE if minimum_money is None else minimum_money)
    causes, seen = searched(split, guards)
    shift, shift_by = _mix(split, leaves, dimensions)
    told = findings.tell(whole, split, causes, (shift, shift_by), guards)
    told += findings.watch(whole, seen)
    told += findings.retention(figures, guards)
    if not whole.days.tell:
        told = [findings.unconfirmed(item, whole) for item in told]
    told += findings.too_little(figures)
    tree = _tree(figures)
    part = not is_whole(whole.data)
    ordered = findings.ranked([*defects, *(findings.of_part(told) if part else told)])
    blocks = _blocks(figures, tree, ordered)
    usual = _within_its_swing(figures)
    turned = shift is not None and shift.reversed
    return Diagnosis(
        whole.period,
        whole.compare,
        whole.basis,
        whole.currency,
        before,
        after,
        tree,
        _segment_tree(split, leaves, dimensions),
        _explained(split, leaves, dimensions),
        shift,
        shift_by,
        blocks,
        ordered,
        verdict((before, after), whole.currency, ordered, mix_first=turned, usual=usual),
        notes,
        usual,
        part,
    )


def searched(split: Scope, guards: Guards) -> tuple[list[Cause], list[Cause]]:
    """The causes in a scope split by `SPLITS`: those that are certain, and others that are worth an eye."""
    leaves, dimensions = _leaves(split)
    gmv = np.nan_to_num(split.panel.measures[aliases_of(split.basis)["gmv"]])
    cells = Cells(_series(split), make_nodes(leaves, dimensions), gmv, split.days)
    causes = find_causes(cells, guards)
    seen = find_causes(cells, replace(guards, alpha=findings.WATCH_LEVEL))
    return causes, [cause for cause in seen if not _same_place(cause, causes)]


def _nothing(
    whole: Scope, before: float, after: float, defects: Sequence[Finding], notes: tuple[Message, ...]
) -> Diagnosis:
    """The diagnosis when nothing can be compared."""
    nan = float("nan")
    unknown = (
        Block("traffic", "visitors", nan, nan, nan, "unknown"),
        Block("conversion", "pay_conversion", nan, nan, nan, "unknown"),
        Block("retention", "repeat_share", nan, nan, nan, "unknown"),
    )
    verdict = Message("There is nothing to compare: the two periods have no days with figures in common.")
    return Diagnosis(
        whole.period, whole.compare, whole.basis, whole.currency, before, after, None, None, (), None, (), unknown,
        tuple(defects), verdict, notes,
    )  # fmt: skip


def _within_its_swing(figures: _Figures) -> bool:
    """Whether the change of GMV, tested by itself, may be chance."""
    found = figures.figures(metric("gmv"))
    change = found[1] if found is not None else None
    return change is not None and bool(change.p_value[0] >= _SURE)


def _gmv(scope: Scope) -> tuple[float, float]:
    name = aliases_of(scope.basis)["gmv"]
    if name not in scope.panel.measures or not len(scope.days.after):
        return float("nan"), float("nan")
    values = np.nan_to_num(scope.panel.measures[name])
    return float(values[:, scope.days.before].sum()), float(values[:, scope.days.after].sum())


def _detail(whole: Scope) -> Scope:
    """The same comparison split as far as the data goes, on the days of the whole."""
    split = read_scope(whole.data, whole.period, whole.compare, SPLITS, only=_CAUSES)
    days = changes.Days(
        split.panel.positions(whole.coverage.compare_days),
        split.panel.positions(whole.coverage.period_days),
        split.days.history,
        split.days.weekday,
        split.days.number,
    )
    rows = _used_leaves(split.panel, whole.basis)
    panel = Panel(
        split.panel.leaves.loc[rows].reset_index(drop=True),
        split.panel.leaves.loc[rows].reset_index(drop=True),
        np.arange(int(rows.sum()), dtype=np.int64),
        split.panel.days,
        {name: values[rows] for name, values in split.panel.measures.items()},
        SPLITS,
    )
    return Scope(
        whole.data, whole.period, whole.compare, panel, whole.coverage, days, whole.basis, whole.currency, split.sources
    )


def _used_leaves(panel: Panel, basis: Basis) -> NDArray[np.bool_]:
    """Leaves that carry the basis: those with visitors or payments, or those with sales or orders."""
    names = ("visitors", "pay_amount") if basis == "traffic" else ("gross_sales", "placed_orders")
    used = np.zeros(len(panel.leaves), dtype=bool)
    for name in names:
        if name in panel.measures:
            used |= np.nansum(panel.measures[name], axis=1) > 0
    return used


def _leaves(split: Scope) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Leaf names and the dimensions that tell leaves apart."""
    leaves = split.panel.leaves[list(SPLITS)]
    return leaves, tuple(name for name in SPLITS if len(set(leaves[name])) > 1)


def _series(split: Scope) -> list[Series]:
    """The metrics that are tested: how many came, each step they took, and what they paid."""
    measures = split.panel.measures
    if split.basis == "traffic":
        steps = _steps(measures)
        value = _pair(measures, "pay_amount", "pay_buyers")
        return [_sum(measures, "visitors"), *steps, Series("value_per_buyer", "ratio", *value)]
    told = []
    if "placed_orders" in measures:
        told.append(_sum(measures, "placed_orders"))
        placed, paid = (np.nan_to_num(measures[name]) for name in ("placed_orders", "paid_orders"))
        if (paid < placed).any():
            told.append(Series("order_payment_rate", "rate", paid, placed))
    told.append(Series("order_value", "ratio", *_pair(measures, "gross_sales", "orders")))
    if np.nansum(measures["refunds"]) > 0:
        told.append(Series("refund_rate", "ratio", *_pair(measures, "refunds", "gross_sales"), cost=True))
    return told


def _sum(measures: Mapping[str, Floats], name: str) -> Series:
    values = np.nan_to_num(measures[name])
    return Series(name, "sum", values, np.ones_like(values))


def _pair(measures: Mapping[str, Floats], numerator: str, denominator: str) -> tuple[Floats, Floats]:
    """Two measures where both are known, 0 elsewhere."""
    x, n = measures[numerator], measures[denominator]
    both = np.isfinite(x) & np.isfinite(n)
    return np.where(both, x, 0.0), np.where(both, n, 0.0)


_CHAINS = (
    (("cart_rate", "cart_users", "visitors"), ("cart_to_order", "order_buyers", "cart_users"),
     ("payment_rate", "pay_buyers", "order_buyers")),
    (("order_rate", "order_buyers", "visitors"), ("payment_rate", "pay_buyers", "order_buyers")),
    (("pay_conversion", "pay_buyers", "visitors"),),
)  # fmt: skip
"""Step rates whose product is payment conversion, the most detailed first."""


def _steps(measures: Mapping[str, Floats]) -> list[Series]:
    """Step rates; every leaf takes the most detailed chain that it reports and whose steps narrow."""
    shape = measures["visitors"].shape
    free = np.ones(shape[0], dtype=bool)
    parts: dict[str, tuple[Floats, Floats]] = {}
    for chain in _CHAINS:
        names = ["visitors", *(step[1] for step in chain)]
        if not all(name in measures for name in names):
            continue
        sums = np.stack([np.nansum(measures[name], axis=1) for name in names])
        fits = free & (sums > 0).all(0) & (np.diff(sums, axis=0) <= 0).all(0)
        free &= ~fits
        for key, top, bottom in chain:
            x, n = _pair(measures, top, bottom)
            # A day on which more people leave a step than enter it cannot be a rate of people.
            fine = fits[:, None] & (x <= n)
            old = parts.get(key, (np.zeros(shape), np.zeros(shape)))
            parts[key] = old[0] + np.where(fine, x, 0.0), old[1] + np.where(fine, n, 0.0)
    return [Series(key, "rate", *pair) for key, pair in parts.items() if pair[1].any()]


def _same_place(cause: Cause, others: Sequence[Cause]) -> bool:
    """Whether a cause touches one of `others`: the same metric in overlapping cells."""
    return any(cause.series.metric == other.series.metric and cause.node.leaves & other.node.leaves for other in others)


def _tree(figures: _Figures) -> Decomposition | None:
    """GMV change by factor over the whole scope."""
    sides: tuple[dict[str, float], dict[str, float]] = ({}, {})
    factors = figures.factors
    for key in factors:
        found = figures.figures(metric(key))
        if found is None or found[1] is None:
            return None
        sides[0][key], sides[1][key] = float(found[1].before[0]), float(found[1].after[0])
    if not all(np.isfinite(value) and value >= 0 for side in sides for value in side.values()):
        return None
    return decompose(*sides, factors)


def _factor_table(split: Scope, leaves: pd.DataFrame, places: NDArray[np.int64]) -> pd.DataFrame:
    """Factors of GMV by leaf on some days; different buyers are counted a day, so leaves use orders there."""
    measures = split.panel.measures
    names: tuple[str, ...] = ("orders", "gross_sales")
    keys: tuple[str, ...] = UNNAMED_FACTORS
    if split.basis == "traffic":
        names, keys = ("visitors", "pay_buyers", "pay_amount"), FACTORS["traffic"]
    sums = [np.nan_to_num(measures[name])[:, places].sum(1) for name in names]
    # What was paid where nobody is known to have bought or come is not lost: one bought then, and as many came.
    least = (sums[-1] > 0).astype(np.float64)
    for place in reversed(range(len(sums) - 1)):
        sums[place] = least = np.where(sums[place] > 0, sums[place], least)
    columns = {keys[0]: sums[0]}
    for key, top, bottom in zip(keys[1:], sums[1:], sums[:-1], strict=True):
        columns[key] = np.where(sums[-1] > 0, changes.ratio(top, bottom), 0.0)
    return leaves.assign(**columns)


def _segment_tree(split: Scope, leaves: pd.DataFrame, dimensions: Sequence[str]) -> Decomposition | None:
    if not dimensions:
        return None
    tables = [_factor_table(split, leaves, place) for place in (split.days.before, split.days.after)]
    factors = FACTORS["traffic"] if split.basis == "traffic" else UNNAMED_FACTORS
    return decompose(tables[0], tables[1], factors, by=SPLITS, shares=True)


def _explained(split: Scope, leaves: pd.DataFrame, dimensions: Sequence[str]) -> tuple[Explanation, ...]:
    gmv = np.nan_to_num(split.panel.measures[aliases_of(split.basis)["gmv"]])
    sides = [gmv[:, place].sum(1) for place in (split.days.before, split.days.after)]
    cells = {}
    for name in dimensions:
        values, place = np.unique(leaves[name].to_numpy(), return_inverse=True)
        before, after = (np.bincount(place, side).tolist() for side in sides)
        cells[name] = dict(zip(map(str, values), zip(before, after, strict=True), strict=True))
    return explain(cells)


def _mix(split: Scope, leaves: pd.DataFrame, dimensions: Sequence[str]) -> tuple[MixRate | None, tuple[str, ...]]:
    """Payment conversion split into rate and mix along the dimension whose mix moved it most."""
    if split.basis != "traffic" or not dimensions:
        return None, ()
    tables = []
    for place in (split.days.before, split.days.after):
        x, n = _pair(split.panel.measures, "pay_buyers", "visitors")
        tables.append(leaves.assign(pay_buyers=x[:, place].sum(1), visitors=n[:, place].sum(1)))
    old, new = tables
    found = [(mix_rate(old, new, rate=("pay_buyers", "visitors"), by=name), (name,)) for name in dimensions]
    return max(found, key=lambda item: (abs(item[0].mix), -DIMENSION_ORDER[item[1][0]]))


DIMENSION_ORDER = {name: place for place, name in enumerate(DIMENSIONS)}


def _blocks(figures: _Figures, tree: Decomposition | None, told: Sequence[Finding]) -> tuple[Block, ...]:
    """Traffic, conversion and retention with what each is worth; value per buyer belongs to none of them."""
    traffic = figures.basis == "traffic"
    names = (
        ("traffic", figures.factors[0]),
        ("conversion", "pay_conversion" if traffic else "order_payment_rate"),
        ("retention", "repeat_share"),
    )
    parts = tree.by_factor if tree is not None else {}
    blocks: list[Block] = []
    found_first = False
    for name, key in names:
        result = figures.figures(metric(key))
        change = result[1] if result is not None else None
        before, after = (float(change.before[0]), float(change.after[0])) if change is not None else (float("nan"),) * 2
        mine = [item for item in told if item.block == name]
        confirmed = any(item.confidence == "confirmed" for item in mine)
        lost = any(item.confidence == "confirmed" and item.money is not None and item.money.value < 0 for item in mine)
        confidence: Literal["confirmed", "watch", "unchanged", "unknown"] = (
            "confirmed"
            if confirmed
            else "watch"
            if any(item.confidence == "watch" for item in mine)
            else "unknown"
            if np.isnan(before) or np.isnan(after)
            else "unchanged"
        )
        blocks.append(
            Block(name, key, before, after, float(parts.get(key, np.nan)), confidence, lost and not found_first)  # type: ignore[arg-type]
        )
        found_first = found_first or lost
    return tuple(blocks)
