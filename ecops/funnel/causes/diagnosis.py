"""Where do we lose orders: quality first, then money, then the cells that really changed, then what to do."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from ecops.errors import SpecError, unknown_name
from ecops.finding import Finding
from ecops.funnel.causes.cells import (
    WATCH_LEVEL,
    Cell,
    Flags,
    Floats,
    Guards,
    Node,
    Step2x2,
    causes,
    examined,
    nodes,
    watched,
)
from ecops.funnel.causes.daily import Spread, daily_of, enough, measured, spreads
from ecops.funnel.causes.quality import quality
from ecops.funnel.table import FunnelTable, Issue, worst_first
from ecops.funnel.telling import findings as words
from ecops.messages import Message
from ecops.periods import Period
from ecops.statistics import two_proportions
from ecops.statistics.decomposition import Decomposition, MixRate, decompose, mix_rate

MARGIN = 0.9
"""Cells are confirmed at this share of `alpha`, so that the promise of 95 % silent weeks holds with room: in 3,000
simulated weeks without change 96.3 % are silent, and a drop with mean z 3.84 is confirmed with power .78."""


@cache
def usual_dispersion() -> float:
    """How many times more than by chance counts of a funnel usually vary; from `usual.toml`, with its source."""
    return float(tomllib.loads((Path(__file__).parent / "usual.toml").read_text("utf-8"))["dispersion"]["usual"])


MIX_SHARE = 0.7
"""A change of the whole conversion is told as a change of mix when the mix makes at least this share of it."""


@dataclass(frozen=True)
class Diagnosis:
    """What changed in a funnel, why, and what it costs.

    Attributes:
        verdict: one sentence for the top of the page.
        findings: causes, the most money first; empty when nothing changed beyond chance. They are confirmed, or to be
            watched, with the reason, where nobody can know how much the days differ by themselves.
        watch: cells that are nearly certain after the correction for all comparisons.
        issues: what the data does that a reader must know first, worst first.
        money: the change split by factor ("entered", "mix", a factor a step, "order_value") and segment, in money, or
            in units of the last step when no money is known; adds up exactly. None without a table before,
            or when somebody stands at a step that nobody could reach.
        mix: the change of the whole conversion, split into mix and rate; None without segments or a table before.
        cells: every cell tested, one row each: `step`, the dimensions ("" where not fixed), `before`, `after`, `n`,
            `p_value`, `q_value`, `gained` (units), `money`.
        after, before: the tables compared.
    """

    verdict: Message
    findings: tuple[Finding, ...]
    watch: tuple[Finding, ...]
    issues: tuple[Issue, ...]
    money: Decomposition | None
    mix: MixRate | None
    cells: pd.DataFrame
    after: FunnelTable
    before: FunnelTable | None

    def __iter__(self) -> Iterator[Finding]:
        """The findings, the most money first."""
        return iter(self.findings)


def diagnose(
    after: FunnelTable,
    before: FunnelTable | None = None,
    benchmark: Mapping[str, float] | FunnelTable | None = None,
    *,
    alpha: float = 0.05,
    min_effect: float = 0.05,
    min_loss: float = 0.0,
    period: Period | None = None,
    compare: Period | None = None,
) -> Diagnosis:
    """Find the cells that explain a change, or a gap to a benchmark.

    Args:
        after: the funnel now. Its `past` tells how much days differ by themselves; without any days its `dispersion` is
            assumed, and what rests on it is never confirmed.
        before: the same funnel to compare with, with the same steps and dimensions.
        benchmark: rates to hold the steps against, by the name of the step they lead to, or a funnel that has them.
            With `before`, only steps that did not change are held against it.
        alpha: chance that a comparison without any change speaks at all; see `MARGIN`.
        min_effect: smallest relative change of a rate worth telling.
        min_loss: smallest money worth telling, over the period.
        period: days of `after`, when its table has none.
        compare: days of `before`, when its table has none.

    Raises:
        SpecError: nothing to compare with, or tables with different steps or dimensions.
    """
    _check(after, before, benchmark, alpha)
    noise = Noise(_like(after.past, after), after.dispersion or usual_dispersion())
    after = replace(after, period=period or after.period)
    if before is not None:
        before = replace(before, period=compare or before.period)
    issues = _issues(after, before)
    found: list[Finding] = []
    watch: list[Finding] = []
    cells: list[Cell] = []
    money = mix = None
    told: list[tuple[int, Flags]] = []
    after_aligned, before_aligned = after, before
    if before is not None:
        after_aligned, before_aligned = _aligned(after, before)
        if _is_chain(after_aligned) and _is_chain(before_aligned):
            money, mix = _money(after_aligned, before_aligned), _mix(after_aligned, before_aligned)
        guards = Guards(alpha, MARGIN * alpha, min_effect, min_loss, words.step_values(after))
        noise = replace(noise, history=_like(noise.history, after_aligned))
        cells, mix_q, mix_spread = _tested(after_aligned, before_aligned, noise)
        steps = _steps(after_aligned, before_aligned)
        confirmed = causes(cells, steps, guards)
        told = [(cell.step, cell.node.members) for cell in confirmed]
        found = [
            words.rate_finding(cell, after_aligned, before_aligned, "confirmed", guards.least(cell, cells))
            for cell in confirmed
        ]
        watch = [
            words.rate_finding(cell, after_aligned, before_aligned, "watch", guards.least(cell, cells, WATCH_LEVEL))
            for cell in watched(cells, confirmed, guards)
        ]
        found += _mix_finding(after_aligned, before_aligned, mix, (mix_q, mix_spread), guards)
    if benchmark is not None:
        guards = Guards(alpha, MARGIN * alpha, min_effect, min_loss, words.step_values(after))
        gaps, gap_watch, gap_cells = _gaps(after_aligned, benchmark, guards, told, noise)
        found, watch, cells = found + gaps, watch + gap_watch, cells + gap_cells
    found = _held(found, after, before, noise)
    ranked = tuple(sorted(found, key=lambda f: (-abs(f.money.value) if f.money else 0.0, f.q_value)))
    return Diagnosis(
        verdict=words.verdict(ranked, after, before, mix),
        findings=ranked,
        watch=tuple(watch),
        issues=issues,
        money=money,
        mix=mix,
        cells=_cell_table(cells, after_aligned),
        after=after,
        before=before,
    )


def _held(found: list[Finding], after: FunnelTable, before: FunnelTable | None, noise: Noise) -> list[Finding]:
    """The findings, to be watched only where nobody can know how much the days differ."""
    known = measured(after, before)
    if known and enough(before, noise.history):
        return found
    reason = words.unsure(None if known else noise.dispersion)
    return [words.unconfirmed(finding, reason) for finding in found]


def _like(past: FunnelTable | None, after: FunnelTable) -> FunnelTable | None:
    """The days before over the segments of the funnel; None where they are of another funnel."""
    if past is None or past.names != after.names or past.by != after.by:
        return None
    return _placed(past, after.segments)


def _check(
    after: FunnelTable, before: FunnelTable | None, benchmark: Mapping[str, float] | FunnelTable | None, alpha: float
) -> None:
    if not 0 < alpha < 1:
        raise SpecError(Message("alpha must lie between 0 and 1."), Message("Usual is 0.05."))
    if after.dispersion is not None and not after.dispersion >= 1:
        raise SpecError(
            Message("The dispersion is {value}.", value=str(after.dispersion)),
            Message(
                "Write how many times more than by chance the counts vary: 1 or more, usual is {usual}.",
                usual=str(usual_dispersion()),
            ),
        )
    if before is None and benchmark is None:
        raise SpecError(
            Message("There is nothing to compare with."), Message("Give the funnel before, or a benchmark.")
        )
    if before is not None and before.names != after.names:
        raise SpecError(
            Message(
                "The two funnels have different steps: {after} and {before}.",
                after=", ".join(after.names),
                before=", ".join(before.names),
            ),
            Message("Make both with the same steps."),
        )
    if before is not None and before.by != after.by:
        raise SpecError(
            Message("The two funnels are split differently."), Message("Make both with the same dimensions.")
        )
    if isinstance(benchmark, Mapping):
        for name, rate in benchmark.items():
            if name not in after.names[1:]:
                raise unknown_name(Message("The step"), name, after.names[1:])
            if not 0 < rate < 1:
                raise SpecError(
                    Message("The benchmark of {step} is {rate}.", step=name, rate=str(rate)),
                    Message("Write a rate as a share: 0.05 for 5%."),
                )


def _issues(after: FunnelTable, before: FunnelTable | None) -> tuple[Issue, ...]:
    found = {(issue.kind, issue.severity): issue for issue in (quality(before) if before is not None else ())}
    found |= {(issue.kind, issue.severity): issue for issue in quality(after)}
    return worst_first(found.values())


def _aligned(after: FunnelTable, before: FunnelTable) -> tuple[FunnelTable, FunnelTable]:
    """Both tables over the segments of either."""
    segments = tuple(sorted(set(after.segments) | set(before.segments)))
    if segments == after.segments == before.segments:
        return after, before
    return _placed(after, segments), _placed(before, segments)


def _placed(table: FunnelTable, segments: tuple[tuple[str, ...], ...]) -> FunnelTable:
    """The table over these segments; what it has of others is left out."""
    place = {segment: i for i, segment in enumerate(segments)}
    to = np.zeros((len(segments), len(table.segments)))
    for own, segment in enumerate(table.segments):
        if segment in place:
            to[place[segment], own] = 1
    return replace(
        table,
        segments=segments,
        counts=to @ table.counts,
        amount=None if table.amount is None else to @ np.nan_to_num(table.amount),
        daily=None if table.daily is None else np.einsum("ts,dsk->dtk", to, table.daily),
        daily_amount=None if table.daily_amount is None else np.nan_to_num(table.daily_amount) @ to.T,
    )


def _usable(table: FunnelTable, step: int, base: int) -> Flags:
    """Segments where a step does not have more units than the one before: others have no rate."""
    usable: Flags = table.counts[:, step] <= table.counts[:, base]
    return usable


def _steps(after: FunnelTable, before: FunnelTable) -> list[Step2x2]:
    """Every transition between required steps, in the smallest segments."""
    found = []
    for base, step in zip(after.required, after.required[1:], strict=False):
        whole = Step2x2(before.counts[:, step], before.counts[:, base], after.counts[:, step], after.counts[:, base])
        found.append(whole.only(_usable(after, step, base) & _usable(before, step, base)))
    return found


@dataclass(frozen=True)
class Noise:
    """What is known about days that differ by themselves: more days, or an assumed dispersion where there are none."""

    history: FunnelTable | None
    dispersion: float

    def of(
        self, places: Sequence[Node], ends: tuple[int, int], after: FunnelTable, before: FunnelTable | None
    ) -> list[Spread]:
        """How much the step from `ends[0]` to `ends[1]` swings by itself in each node."""
        daily = daily_of(ends[1], ends[0], after, before, self.history)
        if daily is None:
            return [Spread(self.dispersion, np.inf)] * len(places)
        return spreads([node.members for node in places], daily)


def _tested(after: FunnelTable, before: FunnelTable, noise: Noise) -> tuple[list[Cell], float, Spread]:
    """Every cell, and of the whole conversion the q-value (corrected with them; NaN without segments) and the swing."""
    places = nodes(after.by, after.segments)
    steps = _steps(after, before)
    pairs = list(zip(after.required, after.required[1:], strict=False))
    spread = [noise.of(places, ends, after, before) for ends in pairs]
    first, last = after.required[0], after.required[-1]
    (swing,) = noise.of(places[:1], (first, last), after, before)
    x0, n0, x1, n1 = (float(t.counts[:, k].sum()) for t in (before, after) for k in (last, first))
    p_value = float(two_proportions((x0, n0), (x1, n1), dispersion=swing.phi, df=swing.df))
    cells, q_values = examined(places, steps, spread, extra=[p_value] if after.by else [])
    return cells, next(iter(q_values), float("nan")), swing


def _is_chain(table: FunnelTable) -> bool:
    """Whether the counts are a product of rates: nobody at a step whose base is empty, and anybody at the first."""
    pairs = zip(table.required, table.required[1:], strict=False)
    broken = any((table.counts[table.counts[:, base] == 0, step] > 0).any() for base, step in pairs)
    return not broken and bool(table.counts[:, table.required[0]].sum() > 0)


def _mix(after: FunnelTable, before: FunnelTable) -> MixRate | None:
    if not after.by:
        return None
    last, first = after.required[-1], after.required[0]
    frames = [
        pd.DataFrame(list(table.segments), columns=list(table.by)).assign(
            on=table.counts[:, last], entered=table.counts[:, first]
        )
        for table in (before, after)
    ]
    return mix_rate(frames[0], frames[1], rate=("on", "entered"), by=list(after.by))


def _mix_finding(
    after: FunnelTable, before: FunnelTable, mix: MixRate | None, tested: tuple[float, Spread], guards: Guards
) -> list[Finding]:
    """The change of the whole conversion when it is mostly a change of mix."""
    q_value, swing = tested
    if mix is None or not np.isfinite(q_value) or q_value >= guards.false_discovery or not mix.before > 0:
        return []
    large = abs(mix.total / mix.before) >= guards.min_effect
    if not large or mix.mix * mix.total <= 0 or abs(mix.mix) < MIX_SHARE * abs(mix.total):
        return []
    finding = words.mix_finding(after, before, mix, q_value, swing)
    too_little = finding.money is not None and abs(finding.money.value) < guards.min_loss
    return [] if too_little else [finding]


def _money(after: FunnelTable, before: FunnelTable) -> Decomposition:
    """The change in money by factor and segment; `before` is scaled to the length of `after`."""
    scale = after.period.days / before.period.days if after.period and before.period else 1.0
    with_money = after.amount is not None and before.amount is not None
    names = ["entered", *(after.names[step] for step in after.required[1:])] + (["order_value"] if with_money else [])
    frames = []
    for table, factor in ((before, scale), (after, 1.0)):
        frame = pd.DataFrame(
            [list(s) for s in table.segments], columns=list(table.by), index=range(len(table.segments))
        )
        frame["entered"] = table.counts[:, table.required[0]] * factor
        for base, step in zip(table.required, table.required[1:], strict=False):
            with np.errstate(invalid="ignore", divide="ignore"):
                frame[table.names[step]] = np.nan_to_num(table.counts[:, step] / table.counts[:, base])
        if with_money:
            frame["order_value"] = _own_value(table)
        frames.append(frame)
    return decompose(frames[0], frames[1], names, by=list(after.by) or None, shares=bool(after.by))


def _own_value(table: FunnelTable) -> Floats:
    """Money of one unit at the last step; the mean where a segment has none, so that its factor is not 0."""
    return np.nan_to_num(table.order_value)


def _gaps(
    after: FunnelTable,
    benchmark: Mapping[str, float] | FunnelTable,
    guards: Guards,
    told: list[tuple[int, Flags]],
    noise: Noise,
) -> tuple[list[Finding], list[Finding], list[Cell]]:
    """Steps below a benchmark, where no change was told already."""
    rates = _rates(benchmark) if isinstance(benchmark, FunnelTable) else dict(benchmark)
    places = nodes(after.by, after.segments)
    pairs = list(zip(after.required, after.required[1:], strict=False))
    nothing = np.zeros(len(after.segments))
    steps, spread, held = [], [], []
    for position, (base, step) in enumerate(pairs):
        rate = rates.get(after.names[step], float("nan"))
        if not 0 < rate < 1 or any(position == where for where, _ in told):
            continue
        whole = Step2x2(nothing, nothing, after.counts[:, step], after.counts[:, base], rate)
        steps.append(whole.only(_usable(after, step, base)))
        spread.append(noise.of(places, (base, step), after, None))
        held.append(position)
    cells, _ = examined(places, steps, spread)
    local = guards._replace(value=guards.value[held])
    below = [cell for cell in cells if cell.gained < 0]
    confirmed = causes(below, steps, local)
    watch = watched(below, confirmed, local)

    def placed(cell: Cell) -> Cell:
        return replace(cell, step=held[cell.step])

    return (
        [words.gap_finding(placed(cell), after, "confirmed") for cell in confirmed],
        [words.gap_finding(placed(cell), after, "watch") for cell in watch],
        [placed(cell) for cell in cells],
    )


def _rates(table: FunnelTable) -> dict[str, float]:
    whole = table.distinct
    return {
        table.names[step]: float(whole[step] / whole[base])
        for base, step in zip(table.required, table.required[1:], strict=False)
        if whole[base]
    }


def _cell_table(cells: list[Cell], after: FunnelTable) -> pd.DataFrame:
    value = words.step_values(after)
    rows = []
    for cell in cells:
        subject = dict(cell.node.subject)
        rows.append(
            {
                "step": after.names[after.required[cell.step + 1]],
                **{name: subject.get(name, "") for name in after.by},
                "depth": cell.node.depth,
                "before": cell.expected,
                "after": cell.rate,
                "n": cell.n1,
                "p_value": cell.p_value,
                "q_value": cell.q_value,
                "gained": cell.gained,
                "money": cell.gained * value[cell.step],
            }
        )
    return pd.DataFrame(rows)
