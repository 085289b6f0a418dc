"""Which step in which segment really changed: every cell tested, and the fewest cells that explain the change.

A *node* is a part of the shop: everything, one value of a dimension, or up to three values of different dimensions. The
change of a step's rate in a node is measured inside its smallest segments (Cochran, Mantel and Haenszel), so that a
shift between segments is never taken for a change of rates. The parts `U` and `V` of the statistic add up.

The parts of the shop, the correction and the noise of the days are those of `ecops.statistics.search`; why
the choice among the changed ones is not is said there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecops.funnel.causes.daily import Spread
from ecops.statistics import benjamini_hochberg, two_proportions, two_sided
from ecops.statistics.grouping import parts

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

MAX_DEPTH = 3
"""Dimensions fixed at most."""

_SMALL = 5.0
_PRICE = 6.0
_MOST = 0.8
"""Share of a node's change from which on a part of it, or several, can stand for it."""


class Step2x2(NamedTuple):
    """One step in the smallest segments: who entered (n) and went on (x), before (0) and after (1), shape (segments,).

    `rate` holds fixed rates to compare with instead of a period before (x0 and n0 are then 0), else None.
    """

    x0: Floats
    n0: Floats
    x1: Floats
    n1: Floats
    rate: float | None = None

    @property
    def weight(self) -> Floats:
        """How much each segment counts in `parts`: U / weight is the change of the rate."""
        if self.rate is not None:
            return self.n1
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.nan_to_num(self.n0 * self.n1 / (self.n0 + self.n1))

    @property
    def parts(self) -> tuple[Floats, Floats, Floats]:
        """U (weighted change), V (its variance) and the units gained or lost at the present base, by segment."""
        if self.rate is not None:
            gained = self.x1 - self.n1 * self.rate
            return gained, self.n1 * self.rate * (1 - self.rate), gained
        with np.errstate(invalid="ignore", divide="ignore"):
            # Not known, and no change, where nobody entered in one of the periods.
            change = np.nan_to_num(self.x1 / self.n1 - self.x0 / self.n0)
            pooled = np.nan_to_num((self.x0 + self.x1) / (self.n0 + self.n1))
        weight = self.weight
        return weight * change, weight * pooled * (1 - pooled), self.n1 * change

    def only(self, mask: Flags) -> Step2x2:
        """The same with nothing outside `mask`."""
        x0, n0, x1, n1 = (np.where(mask, part, 0.0) for part in self[:4])
        return Step2x2(x0, n0, x1, n1, self.rate)


@dataclass(frozen=True, slots=True)
class Node:
    """A part of the shop.

    Attributes:
        subject: (dimension, value) pairs; empty for everything.
        siblings: number of nodes that split the shop by the same dimensions.
        members: the smallest segments in it, shape (segments,).
        family: number of the combination of dimensions.
    """

    subject: tuple[tuple[str, str], ...]
    siblings: int
    members: Flags
    family: int

    @property
    def depth(self) -> int:
        """How many dimensions are fixed."""
        return len(self.subject)


@dataclass(frozen=True, slots=True)
class Cell:
    """One step in one node, tested.

    Attributes:
        node, step: where; `step` is the position among the transitions tested.
        x0, n0, x1, n1: who went on and who entered, before and after; x0 and n0 are NaN against a fixed rate.
        expected: rate expected at today's mix of segments: the rates before, weighted with today's entrants.
        rate: rate after.
        gained: units gained (negative: lost) at the step because the rate changed.
        score: squared test statistic.
        p_value, q_value: q is corrected for all cells tested together.
        dispersion, df: variance inflation used and its degrees of freedom.
        tests: how many tests are corrected together.
    """

    node: Node
    step: int
    x0: float
    n0: float
    x1: float
    n1: float
    expected: float
    rate: float
    gained: float
    score: float
    p_value: float
    q_value: float
    dispersion: float
    df: float
    tests: int

    @property
    def effect(self) -> float:
        """Relative change of the rate."""
        return self.rate / self.expected - 1 if self.expected > 0 else float("inf") if self.rate > 0 else 0.0


def nodes(by: Sequence[str], segments: Sequence[tuple[str, ...]], depth: int = MAX_DEPTH) -> list[Node]:
    """Every node that holds a different set of segments, from everything to single combinations."""
    columns = {name: [segment[place] for segment in segments] for place, name in enumerate(by)}
    found = []
    for part in parts(columns, len(segments), depth):
        members = np.zeros(len(segments), dtype=bool)
        members[part.rows] = True
        found.append(Node(tuple(part.subject.items()), part.siblings, members, part.family))
    return found


def examined(
    places: Sequence[Node],
    steps: Sequence[Step2x2],
    spread: Sequence[Sequence[Spread]],
    extra: Sequence[float] = (),
) -> tuple[list[Cell], list[float]]:
    """Every node x step, corrected for all of them and for the `extra` tests made at the same time.

    Nodes are nested, so one cause at one step makes many cells significant. Were all cells one family, that cause would
    lower the bar for every other step. Each step and each extra test is therefore a family of its own (Benjamini and
    Hochberg inside, Bonferroni across).

    Args:
        places: the nodes.
        steps: the transitions.
        spread: how much each node swings by itself, for each transition.
        extra: p-values.

    Returns:
        The cells, and the q-values of `extra`.
    """
    families = len(steps) + len(extra)
    corrected: list[Cell] = []
    for position, (step, swings) in enumerate(zip(steps, spread, strict=True)):
        made = [_cell(node, position, step, swing) for node, swing in zip(places, swings, strict=True)]
        cells = [cell for cell in made if cell is not None]
        q_values = np.minimum(1.0, families * benjamini_hochberg([cell.p_value for cell in cells]))
        corrected += [
            replace(cell, q_value=float(q), tests=families * len(cells))
            for cell, q in zip(cells, q_values, strict=True)
        ]
    return corrected, [min(1.0, families * p) for p in extra]


def _cell(node: Node, position: int, step: Step2x2, swing: Spread) -> Cell | None:
    inside = step.only(node.members)
    u, v, gained = (float(part.sum()) for part in inside.parts)
    x0, n0, x1, n1 = (float(part.sum()) for part in inside[:4])
    if n1 <= 0 or (step.rate is None and n0 <= 0):
        return None
    dispersion, freedom = swing
    score = u * u / (v * dispersion) if v else 0.0
    p_value = float(two_sided(np.sqrt(score), freedom))
    if step.rate is None:
        pooled = (x0 + x1) / (n0 + n1)
        if min(pooled, 1 - pooled) * min(n0, n1) < _SMALL:
            exact = float(two_proportions((x0, n0), (x1, n1), dispersion=dispersion, df=freedom))
            p_value = max(p_value, exact)
    else:
        x0 = n0 = float("nan")
    rate = x1 / n1
    return Cell(
        node, position, x0, n0, x1, n1, rate - gained / n1, rate, gained, score, p_value, 1.0, dispersion, freedom, 1
    )


class Guards(NamedTuple):
    """What a change must be to be told.

    Attributes:
        alpha: level of a single test.
        false_discovery: q-value below which a cell is confirmed.
        min_effect: relative change of the rate.
        min_loss: money, lost or gained.
        value: money of one unit at each step.
    """

    alpha: float
    false_discovery: float
    min_effect: float
    min_loss: float
    value: Floats

    def passes(self, cell: Cell) -> bool:
        """Whether the change is large enough, however certain."""
        money = abs(cell.gained) * self.value[cell.step]
        return abs(cell.effect) >= self.min_effect and (not np.isfinite(money) or money >= self.min_loss)

    def least(self, cell: Cell, cells: Sequence[Cell], level: float | None = None) -> tuple[float, float]:
        """The largest p-value and the smallest relative effect with which a cell would have been told."""
        asked = self.false_discovery if level is None else level
        told = sum(other.step == cell.step and other.q_value < asked for other in cells)
        return asked * max(told, 1) / cell.tests, self.min_effect


def causes(cells: Sequence[Cell], steps: Sequence[Step2x2], guards: Guards) -> list[Cell]:
    """The fewest cells that explain the changed ones.

    For each step the node with the best score is taken, where a node that had to be chosen among m pays 2 ln m; it is
    narrowed to the part that moved alone; then its segments are set aside and the rest is tested again. A node whose
    rest still makes 80 % of its change is told beside the parts of it that were. Three or more siblings that moved the
    same way and make at least 80 % of their parent's change are told as the parent.
    """
    found: list[Cell] = []
    for position, step in enumerate(steps):
        candidates = [
            c for c in cells if c.step == position and c.q_value < guards.false_discovery and guards.passes(c)
        ]
        found += _merged(_chosen(candidates, step, guards), [c for c in cells if c.step == position], guards)
    return found


def _chosen(candidates: list[Cell], step: Step2x2, guards: Guards) -> list[Cell]:
    open_segments = np.ones(len(step.n1), dtype=bool)
    taken: list[Cell] = []
    while candidates:
        left = [(c, _again(c, step, open_segments, guards)) for c in candidates]
        alive = [(c, score) for c, score in left if score is not None]
        if not alive:
            break
        best, _ = max(
            alive, key=lambda entry: (entry[1] - _price(entry[0].node), -entry[0].node.depth, entry[0].node.subject)
        )
        best = _narrowed(best, [c for c, _ in alive], step, guards)
        chosen = _pair(best, [c for c, _ in alive], step, guards) or [best]
        taken += chosen
        for cell in chosen:
            open_segments &= ~cell.node.members
        candidates = [c for c, _ in alive if not any(c is one for one in chosen)]
    return taken


def _narrowed(best: Cell, candidates: list[Cell], step: Step2x2, guards: Guards) -> Cell:
    """The part of a node that makes at least 80 % of its change, where it moved and the rest of the node did not.

    The part and the rest are compared with each other (a test of heterogeneity), so that a node that moved as a whole
    is not narrowed to its largest part.
    """
    found: list[tuple[float, Cell]] = []
    for part in candidates:
        rest = best.node.members & ~part.node.members
        if not rest.any() or (part.node.members & ~best.node.members).any():
            continue
        if not _mostly(part.gained, best.gained):
            continue
        (change, variance), (other, other_variance) = (_change(step.only(m)) for m in (part.node.members, rest))
        error = np.sqrt((variance + other_variance) * best.dispersion)
        found.append((float(two_sided((change - other) / error, best.df)), part))
    if not found:
        return best
    p_value, part = min(found, key=lambda entry: (entry[0], entry[1].node.depth, entry[1].node.subject))
    return _narrowed(part, candidates, step, guards) if p_value < guards.alpha else best


def _change(step: Step2x2) -> tuple[float, float]:
    """The weighted mean change of the rate over segments, and its variance; 0 and infinity when there is none."""
    u, v, _ = (float(part.sum()) for part in step.parts)
    weight = float(step.weight.sum())
    return (u / weight, v / weight**2) if weight else (0.0, float("inf"))


def _pair(best: Cell, candidates: list[Cell], step: Step2x2, guards: Guards) -> list[Cell] | None:
    """Two parts of a node that explain its change better than the node itself, when the rest of it did not move."""
    inside = [c for c in candidates if c.gained * best.gained > 0 and not (c.node.members & ~best.node.members).any()]
    found: list[tuple[float, list[Cell]]] = []
    for one, other in combinations(inside, 2):
        if one.node.family != other.node.family or one.node.siblings < 3:
            continue
        gain = one.score + other.score - _price(one.node) - _price(other.node) - _PRICE
        if gain <= best.score - _price(best.node) or not _mostly(one.gained + other.gained, best.gained):
            continue
        rest = step.only(best.node.members & ~one.node.members & ~other.node.members)
        u, v, _ = (float(part.sum()) for part in rest.parts)
        moved = v and u * best.gained > 0 and two_sided(u / np.sqrt(v * best.dispersion), best.df) < guards.alpha
        if not moved:
            found.append((gain, [one, other]))
    return max(found, key=lambda entry: entry[0])[1] if found else None


def _price(node: Node) -> float:
    return 2 * float(np.log(node.siblings)) + _PRICE * max(0, node.depth - 1)


def _again(cell: Cell, step: Step2x2, open_segments: Flags, guards: Guards) -> float | None:
    """The score of what is left of a node, None when that no longer counts as the same change."""
    members = cell.node.members & open_segments
    if members.sum() == cell.node.members.sum():
        return cell.score
    left = _cell(replace(cell.node, members=members), cell.step, step, Spread(cell.dispersion, cell.df))
    if left is None or not _mostly(left.gained, cell.gained):
        return None
    return left.score if abs(left.effect) >= guards.min_effect and left.p_value < guards.alpha else None


def _mostly(part: float, whole: float) -> bool:
    """Whether a part of a change goes the same way and makes most of it."""
    return part * whole >= _MOST * whole**2


def _merged(taken: list[Cell], everything: Sequence[Cell], guards: Guards) -> list[Cell]:
    """Siblings told as their parent where they are most of it."""
    for parent in sorted(everything, key=lambda cell: cell.node.depth):
        whole = parent.node
        inside = [c for c in taken if c.node is not whole and not (c.node.members & ~whole.members).any()]
        same = [c for c in inside if c.gained * parent.gained > 0]
        told = len(same) >= 3 and _mostly(sum(c.gained for c in same), parent.gained)
        if told and parent.q_value < guards.false_discovery and guards.passes(parent):
            return _merged(
                [c for c in taken if c not in (parent, *same)] + [parent],
                [c for c in everything if c is not parent],
                guards,
            )
    return taken


WATCH_LEVEL = 0.2
"""Corrected level up to which a change is worth an eye; weeks without any change then show one in five times."""


def watched(cells: Sequence[Cell], confirmed: Sequence[Cell], guards: Guards) -> list[Cell]:
    """Cells that are nearly certain after the correction, away from anything confirmed, the strongest first."""
    closed = [(c.step, c.node.members) for c in confirmed]
    found: list[Cell] = []
    for cell in sorted(cells, key=lambda c: (c.p_value, c.node.depth)):
        if not guards.false_discovery <= cell.q_value < WATCH_LEVEL or not guards.passes(cell):
            continue
        if not any(step == cell.step and (members & cell.node.members).any() for step, members in closed):
            found.append(cell)
            closed.append((cell.step, cell.node.members))
    return found
