"""Growth's causes as findings: one sentence each, with money, certainty and the handbook's advice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ecops import statistics as st
from ecops.finding import Advice, Amount, Confidence, Finding, Kind
from ecops.messages import Count, Message, Money, Percent, Points, Value
from ecops.metrics.panel import basis_difference, basis_note, days_of
from ecops.metrics.reasons import coverage_notes, data_notes, gap_message, place_of
from ecops.metrics.registry import metric
from ecops.statistics import changes
from ecops.statistics.search import Cause, Guards
from ecops.words import PART, WHOLE, too_few_days, where, written

if TYPE_CHECKING:
    from ecops.metrics.analysis import Scope, _Figures
    from ecops.statistics.decomposition import MixRate

_RULES = {
    "visitors": "traffic_low",
    "placed_orders": "traffic_low",
    "cart_rate": "cart_low",
    "cart_to_order": "order_low",
    "order_rate": "order_low",
    "payment_rate": "payment_low",
    "order_payment_rate": "payment_low",
    "pay_conversion": "conversion_low",
    "value_per_buyer": "value_low",
    "order_value": "value_low",
    "refund_rate": "refund_high",
    "repeat_share": "repeat_low",
}
_KINDS: Mapping[str, Kind] = {
    "visitors": "traffic",
    "placed_orders": "traffic",
    "value_per_buyer": "value",
    "order_value": "value",
    "refund_rate": "value",
    "repeat_share": "retention",
}
INTERRUPTED = -0.2
"""A payment rate that fell by more than this looks like a failure of the payment itself, not like hesitation."""

MIX_LEVEL = 0.01
"""A shift of mix is one test beside those of the cells, so it must pass a stricter one than they together."""

WATCH_LEVEL = 0.2
"""Corrected level up to which a change is worth an eye; silent weeks then show one in five times, not three each."""

WATCHED = 3
"""At most so many changes are told that would only hold alone."""


def of_part(found: Sequence[Finding]) -> list[Finding]:
    """Findings of a part of the shop, none of which may speak of the whole shop."""
    return [replace(item, headline=_of_part(item.headline)) for item in found]


def _of_part(value: Value) -> Value:
    if isinstance(value, Message):
        return Message(value.id, **{name: _of_part(inner) for name, inner in value.params.items()})
    return PART if value == WHOLE else value


def _advice(rule: str) -> Advice:
    from ecops.handbook import advice

    return advice(rule)


def _headline(cause: Cause, currency: str) -> Message:
    key = cause.series.metric
    before, after = float(cause.change.before[0]), float(cause.change.after[0])
    values: dict[str, Value] = {
        "where": where(cause.node.subject),
        "metric": metric(key).label,
        "before": written(key, before, currency),
        "after": written(key, after, currency),
        "money": Money(abs(cause.money), currency),
    }
    if after < before and cause.money < 0:
        return Message("{where}: {metric} fell from {before} to {after}, about {money} lost in the period.", **values)
    if after < before:
        return Message("{where}: {metric} fell from {before} to {after}, about {money} gained in the period.", **values)
    if cause.money < 0:
        return Message("{where}: {metric} rose from {before} to {after}, about {money} lost in the period.", **values)
    return Message("{where}: {metric} rose from {before} to {after}, about {money} gained in the period.", **values)


def _finding(scope: Scope, cause: Cause, confidence: Confidence) -> Finding:
    key, change = cause.series.metric, cause.change
    relative = float(change.relative[0])
    rule = _RULES[key]
    if rule == "payment_low" and relative <= INTERRUPTED:
        rule = "payment_interrupted"
    evidence = Message(
        "{change} ({low} to {high}) against the comparison, {base_before} before and {base_after} now.",
        change=Percent(relative, signed=True),
        low=Percent(float(change.relative_low[0]), signed=True),
        high=Percent(float(change.relative_high[0]), signed=True),
        base_before=Count(float(change.base_before[0])),
        base_after=Count(float(change.base_after[0])),
    )
    notes: tuple[Message, ...] = ()
    if len(cause.node.leaves) > 1 and cause.series.kind != "sum":
        notes = (Message("Compared at the same mix of platforms, channels and devices in both periods."),)
    return Finding(
        area="growth",
        kind=_KINDS.get(key, "rate"),
        subject=dict(cause.node.subject),
        metric=key,
        period=scope.period,
        compare=scope.compare,
        before=float(change.before[0]),
        after=float(change.after[0]),
        ci=(float(change.low[0]), float(change.high[0])),
        q_value=cause.q_value,
        n=len(scope.days.after) if cause.series.kind == "sum" else int(change.base_after[0]),
        confidence=confidence,
        money=Amount(cause.money, cause.low, cause.high, scope.currency),
        headline=_headline(cause, scope.currency),
        evidence=evidence,
        action=_advice(rule) if cause.money < 0 else None,
        notes=notes,
    )


def tell(
    whole: Scope, split: Scope, causes: Sequence[Cause], mix: tuple[MixRate | None, tuple[str, ...]], guards: Guards
) -> list[Finding]:
    """Confirmed causes as findings.

    A shift of mix stands for the traffic changes that make it. A segment that is gone is lost traffic and not mix, so
    there it is the other way round.
    """
    shift = None if mix[0] is None else _mix_finding(whole, split, mix[0], mix[1][0], guards)
    made_of = [cause for cause in causes if cause.series.metric == "visitors" and set(cause.node.subject) == {*mix[1]}]
    if shift is None or any(cause.change.after[0] == 0 for cause in made_of):
        return [_finding(whole, cause, "confirmed") for cause in causes]
    kept = [cause for cause in causes if not any(cause is part for part in made_of)]
    return [shift, *(_finding(whole, cause, "confirmed") for cause in kept)]


def _mix_finding(whole: Scope, split: Scope, shift: MixRate, dimension: str, guards: Guards) -> Finding | None:
    """The shift of mix when it moved conversion by more than chance; None otherwise."""
    if not shift.before > 0 or abs(shift.mix) < guards.effect * shift.before:
        return None
    measures, days = split.panel.measures, split.days
    both = np.isfinite(measures["pay_buyers"]) & np.isfinite(measures["visitors"])
    codes, names = split.panel.leaves[dimension].factorize()
    sums = np.eye(len(names))[codes].T
    buyers, visitors = (sums @ np.where(both, measures[name], 0.0) for name in ("pay_buyers", "visitors"))
    used = np.r_[days.before, days.after]
    usual = changes.ratio(buyers[:, used].sum(1), visitors[:, used].sum(1))
    # At fixed rates of the segments only their mix moves conversion; against that, only their rates do.
    at_mix = np.nan_to_num(usual) @ visitors
    moved = changes.compare_ratios(at_mix[None, :], visitors.sum(0, keepdims=True), days)
    rates = changes.compare_ratios(buyers.sum(0, keepdims=True), at_mix[None, :], days)
    # Told apart from the cells that are corrected together, so asked for more.
    if not moved.p_value[0] < MIX_LEVEL:
        return None
    reach = (moved.high - moved.low)[0] / 2
    low, high = shift.mix - reach, shift.mix + reach
    old, new = (float(np.nan_to_num(measures["pay_amount"])[:, place].sum()) for place in (days.before, days.after))
    scale = (old + new) / (shift.before + shift.after)
    money = Amount(scale * shift.mix, scale * low, scale * high, whole.currency)
    if abs(money.value) < guards.money:
        return None
    return Finding(
        area="growth",
        kind="mix",
        subject={},
        metric="pay_conversion",
        period=whole.period,
        compare=whole.compare,
        before=shift.before,
        # What the mix alone made of it; the rates' part is in the evidence.
        after=shift.before + shift.mix,
        ci=(low, high),
        q_value=float("nan"),
        n=int(visitors[:, days.after].sum()),
        confidence="confirmed",
        money=money,
        headline=mix_sentence(shift, dimension, rates_moved=bool(rates.p_value[0] < guards.alpha)),
        evidence=Message(
            "Conversion changed by {total}: {rate} inside the segments, {mix} by the mix.",
            total=Points(shift.total),
            rate=Points(shift.rate),
            mix=Points(shift.mix),
        ),
        action=_advice("mix_shift"),
    )


def mix_sentence(shift: MixRate, dimension: str, *, rates_moved: bool) -> Message:
    """The verdict of mix against rate in words; of rates that moved by chance only, nothing is said."""
    from ecops.metrics.daily import DIMENSIONS

    values: dict[str, Value] = {
        "dimension": DIMENSIONS[dimension],
        "before": Percent(shift.before),
        "after": Percent(shift.after),
        "mix": Points(shift.mix),
    }
    if not rates_moved:
        return Message("The mix of visitors by {dimension} moved conversion by {mix}.", **values)
    if shift.reversed and shift.total > 0:
        return Message(
            "Every {dimension} converts worse, yet the total rose from {before} to {after}: all of the rise comes from "
            "the mix of visitors.",
            **values,
        )
    if shift.reversed:
        return Message(
            "Every {dimension} converts better, yet the total fell from {before} to {after}: all of the fall comes "
            "from the mix of visitors.",
            **values,
        )
    if shift.rate * shift.mix < 0:
        return Message(
            "The mix of visitors by {dimension} moved conversion by {mix} and hides that the rates went the other way.",
            **values,
        )
    return Message("The mix of visitors by {dimension} moved conversion by {mix}.", **values)


def watch(whole: Scope, causes: Sequence[Cause]) -> list[Finding]:
    """The largest losses and gains that would hold alone but not after correction."""
    largest = sorted(causes, key=lambda cause: -abs(cause.money))[:WATCHED]
    return [_finding(whole, cause, "watch") for cause in largest]


def unconfirmed(item: Finding, whole: Scope) -> Finding:
    """A finding of a shop whose history is too short to know how its days differ: to be watched, with the reason."""
    if item.confidence != "confirmed":
        return item
    reason = too_few_days(whole.days.least)
    return replace(item, confidence="watch", notes=(*item.notes, reason))


def retention(figures: _Figures, guards: Guards) -> list[Finding]:
    """The share of returning buyers when it changed by more than chance."""
    found = figures.figures(metric("repeat_share"))
    if found is None or found[1] is None:
        return []
    change, scope = found[1], figures.scope
    relative, p_value = float(change.relative[0]), float(change.p_value[0])
    if not (p_value < guards.alpha and abs(relative) >= guards.effect):
        return []
    before, after = float(change.before[0]), float(change.after[0])
    fell = after < before
    values: dict[str, Value] = {"before": Percent(before), "after": Percent(after)}
    return [
        Finding(
            area="growth",
            kind="retention",
            subject={},
            metric="repeat_share",
            period=scope.period,
            compare=scope.compare,
            before=before,
            after=after,
            ci=(float(change.low[0]), float(change.high[0])),
            q_value=p_value,
            n=int(change.base_after[0]),
            # A block of one test of its own, so nothing is corrected; a stricter level keeps it quiet.
            confidence="confirmed" if p_value < guards.alpha / 5 else "watch",
            money=None,
            headline=Message("The share of returning buyers fell from {before} to {after}.", **values)
            if fell
            else Message("The share of returning buyers rose from {before} to {after}.", **values),
            evidence=Message(
                "{base_before} buyers before and {base_after} now.",
                base_before=Count(float(change.base_before[0])),
                base_after=Count(float(change.base_after[0])),
            ),
            action=_advice("repeat_low") if fell else None,
        )
    ]


VISIBLE_EFFECT = 0.3
"""Where not even a change of this size could be seen, the data is called too little."""


def too_little(figures: _Figures) -> list[Finding]:
    """Conversion when there are too few visitors to see even a large change, with what would be enough."""
    key = "pay_conversion" if figures.basis == "traffic" else "order_payment_rate"
    found = figures.figures(metric(key))
    if found is None or found[1] is None:
        return []
    change, scope = found[1], figures.scope
    before, base = float(change.before[0]), float(change.base_after[0])
    needed = float(st.trials_needed(before, VISIBLE_EFFECT, dispersion=change.phi[0])) if 0 < before < 1 else 0.0
    if not base < needed < float("inf"):
        return []
    days = np.ceil((needed - base) / base * len(scope.days.after)) if base else float("inf")
    return [
        Finding(
            area="growth",
            kind="rate",
            subject={},
            metric=key,
            period=scope.period,
            compare=scope.compare,
            before=before,
            after=float(change.after[0]),
            ci=(float(change.low[0]), float(change.high[0])),
            q_value=float("nan"),
            n=int(base),
            confidence="insufficient",
            money=None,
            headline=Message(
                "Too little data to say whether {metric} changed: about {more} more are needed, {days} days at the "
                "present rate.",
                metric=metric(key).label,
                more=Count(needed - base),
                days=Count(float(days)),
            ),
            evidence=Message("The base is {base} so far.", base=Count(base)),
        )
    ]


def data_findings(whole: Scope) -> list[Finding]:
    """Defects of the data, told before anything else."""
    messages = [gap_message(gap) for gap in whole.coverage.gaps]
    messages += basis_note(basis_difference(whole.panel, whole.period))
    messages += _impossible_rates(whole)
    return [_defect(whole, message) for message in messages]


_NESTED = (("pay_buyers", "order_buyers"), ("pay_buyers", "visitors"), ("order_buyers", "visitors"),
           ("cart_users", "visitors"), ("clicks", "impressions"))  # fmt: skip


def _impossible_rates(whole: Scope) -> list[Message]:
    """Steps that more people left than entered."""
    from ecops.tables import table

    panel, found = whole.panel, []
    place = panel.positions(days_of(whole.period))
    for top, bottom in _NESTED:
        if not {top, bottom} <= set(panel.measures):
            continue
        x, n = panel.measures[top][:, place], panel.measures[bottom][:, place]
        both = np.isfinite(x) & np.isfinite(n)
        many, few = np.where(both, x, 0).sum(1), np.where(both, n, 0).sum(1)
        found += [
            Message(
                "{place}: {top} is larger than {bottom}, so a rate is above 100%. The columns count different things.",
                place=place_of(*panel.leaves.loc[row, ["platform", "shop"]]),
                top=table("traffic_daily")[top].label,
                bottom=table("traffic_daily")[bottom].label,
            )
            for row in np.flatnonzero(many > few)
        ]
    return found


def _defect(whole: Scope, message: Message) -> Finding:
    nan = float("nan")
    return Finding(
        area="growth",
        kind="data",
        subject={},
        metric="data_completeness",
        period=whole.period,
        compare=whole.compare,
        before=nan,
        after=nan,
        ci=(nan, nan),
        q_value=nan,
        n=len(whole.coverage.period_days),
        confidence="confirmed",
        money=None,
        headline=message,
        evidence=Message(
            "{count} of {total} days are compared.",
            count=Count(len(whole.coverage.period_days)),
            total=Count(whole.period.days),
        ),
        action=_advice("data_quality"),
    )


def notes_of(whole: Scope) -> tuple[Message, ...]:
    """What a reader must know about the comparison."""
    notes = [
        *data_notes(whole.data),
        *coverage_notes(whole.coverage, whole.period),
        *basis_note(basis_difference(whole.panel, whole.period)),
    ]
    if whole.basis == "traffic" and whole.period.days > 1:
        notes.append(Message("Visitors are counted once a day; a sum over days is not a number of different people."))
    return tuple(notes)


ORDER: Mapping[str, int] = {"confirmed": 1, "watch": 2, "insufficient": 3}
"""In which order findings are told."""


def ranked(found: Sequence[Finding]) -> tuple[Finding, ...]:
    """Defects of the data first, then by confidence, then by money."""

    def rank(item: Finding) -> tuple[int, float]:
        worth = 0.0 if item.money is None else abs(item.money.value)
        return (0 if item.kind == "data" else ORDER[item.confidence], -worth)

    return tuple(sorted(found, key=rank))
