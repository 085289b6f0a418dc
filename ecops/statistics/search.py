"""Every cell of a shop (platform x channel x device ...) tested at every depth, and the few that are the cause.

A broken cell drags all its parents along and a broken parent all its children. `find_causes` takes the cell with the
strongest evidence, removes it, tests what is left again, and so names each cause once.

The funnel looks for causes too (`ecops.funnel.causes.cells`). It shares the parts that are looked at
(`grouping.parts`), how much days differ (`days`), the correction for many comparisons and the interval of what was told
(`selection`). It does not share the choice, because the question is another one: here a few metrics of different kinds
(sums, rates, money a buyer), all of which can be known by day, compete for one place, and what counts is who moved the
money; there every step is a rate of the same kind whose evidence adds up exactly over segments, so a score can be held
against the price of choosing, a fixed benchmark can stand for the period before, and a table without any days is
allowed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from ecops import statistics as st
from ecops.statistics import changes
from ecops.statistics.changes import Change, Days
from ecops.statistics.grouping import parts
from ecops.statistics.selection import after_selection

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
FULL_DEPTH_LEAVES = 400
"""With more leaves only single dimensions and pairs are looked at; deeper cells are too small to tell anyway."""


@dataclass(frozen=True, slots=True)
class Node:
    """A cell: the dimension values that name it, empty for the whole scope."""

    subject: Mapping[str, str]
    leaves: frozenset[int]


@dataclass(frozen=True, slots=True)
class Series:
    """One metric by leaf and day.

    Attributes:
        metric: key in the registry.
        kind: how it is tested.
        numerator: shape (leaves, days); 0 where the leaf does not report it.
        denominator: same shape; ones for sums.
        cost: whether the metric is a share of GMV that is lost (refunds), not a factor of GMV.
    """

    metric: str
    kind: Literal["sum", "rate", "ratio"]
    numerator: Floats
    denominator: Floats
    cost: bool = False


@dataclass(frozen=True, slots=True)
class Cause:
    """A cell that changed.

    Attributes:
        series: what changed.
        node: where.
        change: the change there (arrays of one element).
        money: what the change is worth in the period, by the logarithmic mean of the cell's GMV.
        low: lower end of its 95 % interval.
        high: upper end.
        q_value: corrected over every cell and metric tested; of the larger cell when a smaller one stands for it.
        cutoff: largest p-value that would have been told; the intervals allow for it, see `after_selection`.
    """

    series: Series
    node: Node
    change: Change
    money: float
    low: float
    high: float
    q_value: float
    cutoff: float


def make_nodes(leaves: pd.DataFrame, dimensions: Sequence[str], depth: int | None = None) -> list[Node]:
    """Every combination of values of every set of dimensions; of cells with the same leaves the one named shortest.

    Args:
        leaves: one row a leaf, a column a dimension.
        dimensions: those that are looked at.
        depth: largest number of dimensions of a cell.
    """
    limit = depth or (len(dimensions) if len(leaves) <= FULL_DEPTH_LEAVES else 2)
    columns = {name: leaves[name].to_list() for name in dimensions}
    found = parts(columns, len(leaves), limit, unnamed=False)
    return [Node(part.subject, frozenset(part.rows.tolist())) for part in found]


def membership(nodes: Sequence[Node], count: int, removed: frozenset[int] = frozenset()) -> Floats:
    """Which leaves belong to which node, shape (nodes, leaves), without the removed ones."""
    matrix = np.zeros((len(nodes), count))
    for row, node in enumerate(nodes):
        matrix[row, list(node.leaves - removed)] = 1.0
    return matrix


def test_nodes(series: Series, members: Floats, days: Days) -> Change:
    """Change of a metric in every node.

    Rates and ratios of a node with several leaves are compared at the same mix of leaves (direct standardisation with
    the pooled shares), so that people who move between channels are not taken for a change of rate.
    """
    numerator, denominator = members @ series.numerator, members @ series.denominator
    if series.kind == "sum":
        return changes.compare_sums(numerator, days)
    raw = changes.compare_rates if series.kind == "rate" else changes.compare_ratios
    found = raw(numerator, denominator, days)
    several = (members @ (series.denominator.sum(1) > 0)) > 1
    if not several.any():
        return found
    return _standardised(series, members, days, found, several)


def _standardised(series: Series, members: Floats, days: Days, raw: Change, several: Bools) -> Change:
    x0, x1 = series.numerator[:, days.before].sum(1), series.numerator[:, days.after].sum(1)
    n0, n1 = series.denominator[:, days.before].sum(1), series.denominator[:, days.after].sum(1)
    both = (n0 > 0) & (n1 > 0)
    weight = members * np.where(both, n0 + n1, 0.0)
    share = changes.ratio(weight, weight.sum(1, keepdims=True))
    share = np.nan_to_num(share)
    r0, r1 = np.where(both, changes.ratio(x0, n0), 0.0), np.where(both, changes.ratio(x1, n1), 0.0)
    before, after = share @ r0, share @ r1
    if series.kind == "rate":
        pooled = changes.ratio(x0 + x1, n0 + n1)
        with np.errstate(invalid="ignore", divide="ignore"):
            leaf = np.where(both, pooled * (1 - pooled) * (1 / n0 + 1 / n1), 0.0)
        error = np.sqrt(share**2 @ leaf * raw.phi)
    else:
        # The daily noise of the whole node, around its standardised instead of its raw change.
        with np.errstate(invalid="ignore", divide="ignore"):
            width = np.log1p(raw.relative_high) - np.log1p(raw.relative_low)
            error = width / 2 / st.critical_value(df=raw.df) * before
    with np.errstate(invalid="ignore", divide="ignore"):
        p_value = st.two_sided((after - before) / error, raw.df)
        half = st.critical_value(df=raw.df) * error
        log_half = half / np.sqrt(before * after)
        log = np.log(after / before)
        relative_low, relative_high = np.expm1(log - log_half), np.expm1(log + log_half)
    usable = several & np.isfinite(p_value) & (before > 0) & (after > 0)

    def pick(new: Floats, old: Floats) -> Floats:
        return np.where(usable, new, old)

    return Change(
        before=pick(before, raw.before),
        after=pick(after, raw.after),
        low=pick(after - before - half, raw.low),
        high=pick(after - before + half, raw.high),
        relative_low=pick(relative_low, raw.relative_low),
        relative_high=pick(relative_high, raw.relative_high),
        p_value=pick(p_value, raw.p_value),
        base_before=raw.base_before,
        base_after=raw.base_after,
        phi=raw.phi,
        df=raw.df,
    )


@dataclass(frozen=True, slots=True)
class Guards:
    """What a change must be to be told.

    Attributes:
        alpha: level of the corrected test.
        effect: smallest relative change.
        money: smallest amount in the period, in the workspace's currency.
        explains: part of a parent's money a child must explain to stand for it.
    """

    alpha: float = 0.05
    effect: float = 0.05
    money: float = 0.0
    explains: float = 0.8


class Cells:
    """Every cell tested for every metric; each test is made once, however often it is asked for.

    Args:
        tested: metrics, all by the same leaves and days.
        nodes: cells, see `make_nodes`.
        gmv: money by leaf and day, shape (leaves, days).
        days: which days are compared.
    """

    def __init__(self, tested: Sequence[Series], nodes: Sequence[Node], gmv: Floats, days: Days) -> None:
        self.tested, self.nodes, self.days = tested, nodes, days
        self.money = _Money(gmv, days)
        self._made: dict[tuple[str, tuple[frozenset[int], ...], frozenset[int]], _Tested] = {}

    def test(self, series: Series, nodes: Sequence[Node], removed: frozenset[int] = frozenset()) -> _Tested:
        """The change of a metric in cells without the removed leaves, and what it is worth with its interval."""
        key = series.metric, tuple(node.leaves for node in nodes), removed
        if key not in self._made:
            members = membership(nodes, len(self.money.before), removed)
            change = test_nodes(series, members, self.days)
            self._made[key] = change, self.money.worth(series, change, members)
        return self._made[key]


_Tested = tuple[Change, tuple[Floats, Floats, Floats]]


def find_causes(cells: Cells, guards: Guards) -> list[Cause]:
    """The cells that changed, each cause once, with q-values (Benjamini-Hochberg) over every cell and metric.

    Args:
        cells: where to look.
        guards: what is worth telling.
    """
    found: list[Cause] = []
    removed: dict[str, frozenset[int]] = {series.metric: frozenset() for series in cells.tested}
    for _ in range(12):
        made = [cells.test(series, cells.nodes, removed[series.metric]) for series in cells.tested]
        p_values = np.stack([change.p_value for change, _ in made])
        q_values = st.benjamini_hochberg(p_values)
        best = _best(made, q_values, guards)
        if best is None:
            break
        row, place = best
        series = cells.tested[row]
        node = _narrowed(series, cells.nodes[place], cells, removed[series.metric], guards)
        cutoff = guards.alpha * float((q_values < guards.alpha).sum() / np.isfinite(p_values).sum())
        found = _with(found, _cause(series, node, cells, float(q_values[row, place]), cutoff, guards), guards)
        removed[series.metric] |= node.leaves
    return _joined(found, cells, guards)


def _joined(found: list[Cause], cells: Cells, guards: Guards) -> list[Cause]:
    """Causes that together are a whole parent, all moving alike, told as the parent."""
    for node in sorted(cells.nodes, key=lambda item: -len(item.leaves)):
        for metric in {cause.series.metric for cause in found}:
            inside = [cause for cause in found if cause.series.metric == metric and cause.node.leaves <= node.leaves]
            if len(inside) < 2:
                continue
            carrying = frozenset(np.flatnonzero(inside[0].series.denominator.sum(1) > 0).tolist())
            covered = frozenset().union(*(cause.node.leaves for cause in inside))
            moves = [abs(float(cause.change.relative[0])) for cause in inside]
            alike = len({cause.money > 0 for cause in inside}) == 1 and min(moves) >= max(moves) / 2
            if alike and covered >= node.leaves & carrying:
                weakest = max(inside, key=lambda cause: cause.q_value)
                whole = _cause(weakest.series, node, cells, weakest.q_value, weakest.cutoff, guards)
                found = [*(cause for cause in found if not any(cause is part for part in inside)), whole]
    return found


class _Money:
    """GMV of a set of leaves before and after, and the logarithmic mean that turns log changes into money."""

    def __init__(self, gmv: Floats, days: Days) -> None:
        self.before = np.nan_to_num(gmv)[:, days.before].sum(1)
        self.after = np.nan_to_num(gmv)[:, days.after].sum(1)

    def mean(self, members: Floats) -> Floats:
        """Logarithmic mean of the GMV of each row of `members`; 0 where one side has none."""
        old, new = members @ self.before, members @ self.after
        with np.errstate(invalid="ignore", divide="ignore"):
            log = np.log(new / old)
            mean = np.where(log == 0, old, (new - old) / log)
        return np.where((old > 0) & (new > 0), mean, 0.0)

    def worth(self, series: Series, change: Change, members: Floats) -> tuple[Floats, Floats, Floats]:
        """What a change brings in money, and its 95 % interval.

        A factor of GMV is worth `L(G1, G0) * ln(after / before)`, as in LMDI; a cost is worth its points of the GMV.
        """
        if series.cost:
            sales = members @ self.after
            return -sales * (change.after - change.before), -sales * change.high, -sales * change.low
        mean = self.mean(members)
        with np.errstate(invalid="ignore", divide="ignore"):
            log = np.log(change.after / change.before)
            value, low, high = mean * log, mean * np.log1p(change.relative_low), mean * np.log1p(change.relative_high)
        # The limit of LMDI: a factor that fell to nothing takes everything with it.
        gone = (change.after == 0) & (change.before > 0)
        return np.where(gone, -(members @ self.before), value), low, high


def _best(made: Sequence[_Tested], evidence: Floats, guards: Guards) -> tuple[int, int] | None:
    """Metric and cell with the strongest evidence that passes every guard."""
    chosen: tuple[float, float, int, int] | None = None
    for row, (change, (money, _, _)) in enumerate(made):
        worth = np.abs(money)
        good = (evidence[row] < guards.alpha) & (np.abs(change.relative) >= guards.effect) & (worth >= guards.money)
        for place in np.flatnonzero(good & np.isfinite(worth)):
            rank = (float(change.p_value[place]), -float(worth[place]))
            if chosen is None or rank < chosen[:2]:
                chosen = (*rank, row, int(place))
    return None if chosen is None else chosen[2:]


def _narrowed(series: Series, node: Node, cells: Cells, removed: frozenset[int], guards: Guards) -> Node:
    """The smallest part of `node` that carries its change while the rest hardly moved; `node` itself when none does."""
    best = node
    for child in cells.nodes:
        if not child.leaves < best.leaves or not child.leaves - removed:
            continue
        rest = Node({}, node.leaves - child.leaves - removed)
        change, (worth, _, _) = cells.test(series, [node, child, rest], removed)
        with np.errstate(invalid="ignore", divide="ignore"):
            log = np.nan_to_num(np.log(change.after / change.before))
        explains = bool(worth[0]) and worth[1] / worth[0] >= guards.explains
        if explains and change.p_value[1] < guards.alpha and abs(log[2]) < abs(log[1]) / 2:
            best = child
    return best


def _cause(series: Series, node: Node, cells: Cells, q_value: float, cutoff: float, guards: Guards) -> Cause:
    change, (value, _, _) = cells.test(series, [node])
    told = _told(change, cutoff, guards)
    members = membership([node], len(cells.money.before))
    _, low, high = (float(part[0]) for part in cells.money.worth(series, told, members))
    return Cause(series, node, told, float(value[0]), low, high, q_value, cutoff)


def _told(change: Change, cutoff: float, guards: Guards) -> Change:
    """A change with intervals that allow for its being told only because its p-value and its size passed."""
    with np.errstate(invalid="ignore", divide="ignore"):
        log = np.log(change.after / change.before)
        reach = st.critical_value(df=change.df)
        error = (np.log1p(change.relative_high) - np.log1p(change.relative_low)) / 2 / reach
        least = np.maximum(st.critical_value(1 - cutoff, change.df), np.log1p(guards.effect) / error)
    inside = after_selection(log, error, change.df, least)
    known = np.isfinite(inside.low)
    low, high = (np.where(known, np.expm1(np.where(known, end, 0.0)), np.nan) for end in inside)
    return replace(
        change,
        relative_low=np.where(known, low, change.relative_low),
        relative_high=np.where(known, high, change.relative_high),
        low=np.where(known, change.before * low, change.low),
        high=np.where(known, change.before * high, change.high),
    )


def _with(found: list[Cause], cause: Cause, guards: Guards) -> list[Cause]:
    """Add a cause; of a parent and a child of the same metric and direction only one stays.

    The child can only be the older one: what was told is removed, so nothing inside it is found again.
    """
    kept = []
    for other in found:
        same = other.series.metric == cause.series.metric and other.money * cause.money > 0
        if same and other.node.leaves < cause.node.leaves:
            if abs(other.money) >= guards.explains * abs(cause.money):
                return found
            continue
        kept.append(other)
    return [*kept, cause]
