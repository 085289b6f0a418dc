"""What was found, in sentences a manager reads aloud, with money and advice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from ecops.finding import Amount, Confidence, Finding
from ecops.funnel.causes.cells import Cell, Floats
from ecops.funnel.causes.daily import Spread
from ecops.funnel.causes.onset import Onset, onset
from ecops.funnel.spec import Step, known_steps
from ecops.funnel.table import FunnelTable
from ecops.handbook import advice
from ecops.locale import LANGUAGES
from ecops.messages import Count, Message, Money, Number, Percent, Term, Value, write
from ecops.periods import Period
from ecops.statistics import critical_value, newcombe, wilson
from ecops.statistics.days import LEAST_DAYS
from ecops.statistics.decomposition import MixRate
from ecops.statistics.selection import after_selection
from ecops.words import too_few_days, where

UNDATED = Period(dt.date.min, dt.date.min)
"""The period of findings about a table without days, when nobody said which days it is about."""

_RULES = {"click": "ctr_low", "cart": "cart_low", "order": "order_low", "pay": "payment_low", "repeat": "repeat_low"}
_METRICS = {
    ("exposure", "click"): "ctr",
    ("visit", "cart"): "cart_rate",
    ("click", "cart"): "cart_rate",
    ("cart", "order"): "cart_to_order",
    ("visit", "order"): "order_rate",
    ("click", "order"): "order_rate",
    ("order", "pay"): "payment_rate",
    ("visit", "pay"): "pay_conversion",
    ("click", "pay"): "pay_conversion",
}
_INTERRUPTED = 1 / 3
"""From this relative drop on, a payment step is a broken channel before it is a weak one, also without a first day."""

_HIDDEN = 0.05
"""From this relative difference on, the rate before at today's mix is no rate that ever was, and is not told as one."""

EVERYTHING = Term(en="The whole shop", zh="全店")


def step_values(table: FunnelTable) -> Floats:
    """Money of one unit that completes a transition: later rates times an order's value, shape (transitions,)."""
    return _values(table, np.ones(len(table.segments), dtype=bool))


def _values(table: FunnelTable, members: np.ndarray) -> Floats:
    counts = table.counts[members].sum(0)[list(table.required)]
    value = float("nan")
    if table.amount is not None and counts[-1] > 0:
        value = float(np.nansum(table.amount[members]) / counts[-1])
        if not value > 0:
            value = float(np.nansum(table.amount) / max(table.counts[:, -1].sum(), 1.0))
    with np.errstate(invalid="ignore", divide="ignore"):
        later = counts[-1] / counts[1:]
    found: Floats = np.nan_to_num(later, posinf=0.0) * value
    return found


def kind_of(step: Step) -> str:
    """Which known step a step is, by its name, its events or its column; "" when none."""
    for name, known in known_steps().items():
        if step.name == name or set(step.columns) & set(known.columns):
            return name
    for name, known in known_steps().items():
        if set(step.events) & set(known.events):
            return name
    return "pay" if "pay" in step.name.casefold() or "支付" in step.name else ""


def rate_finding(
    cell: Cell, after: FunnelTable, before: FunnelTable, confidence: Confidence, least: tuple[float, float]
) -> Finding:
    """A step that changed in a part of the shop; `least` is the largest p-value and the smallest effect told."""
    # The interval of the raw rates, moved to the change at an unchanged mix, and widened for having been selected. What
    # these days would have had swings as much as days with the rate of before, however low theirs became.
    seen, unchanged = _reach(cell, cell.x1), _reach(cell, cell.expected * cell.n1)
    below, above = _selected(cell, least)
    change = cell.rate - cell.expected
    ci = (change - max(seen[0], unchanged[0]) * below, change + max(seen[1], unchanged[1]) * above)
    money = _amount(cell, after, *ci)
    headline = _rate_headline(cell, after, money, confidence)
    return _finding(cell, after, before.period or UNDATED, (ci, confidence, money), (headline, _evidence(cell)))


def _reach(cell: Cell, went_on: float) -> tuple[float, float]:
    """How far the interval of the change reaches down and up when so many of today's went on."""
    low, high = newcombe((cell.x0, cell.n0), (went_on, cell.n1), dispersion=cell.dispersion, df=cell.df)
    raw = went_on / cell.n1 - cell.x0 / cell.n0
    return float(raw - low), float(high - raw)


def _selected(cell: Cell, least: tuple[float, float]) -> tuple[float, float]:
    """How many times longer each half of the usual interval must be, because only large changes are told."""
    cutoff, effect = least
    size = abs(cell.rate - cell.expected)
    if not cell.score > 0 or not size > 0:
        return 1.0, 1.0
    error, sign = size / cell.score**0.5, np.sign(cell.rate - cell.expected)
    bar = max(float(critical_value(1 - cutoff, cell.df)), effect * cell.expected / error)
    ends = after_selection(sign * size, error, cell.df, bar)
    reach = float(critical_value(df=cell.df)) * error
    return float((sign * size - ends.low) / reach), float((ends.high - sign * size) / reach)


def unsure(dispersion: float | None) -> Message:
    """Why nothing can be confirmed: the dispersion is assumed, or (None) too few days tell their memory."""
    if dispersion is None:
        return too_few_days(LEAST_DAYS)
    return Message(
        "The table has no days, so how much they differ is assumed: counts are taken to vary {times} times as much as "
        "by chance. Nothing can be confirmed on an assumption; give the counts by day, or another value.",
        times=Number(dispersion, 1),
    )


def unconfirmed(finding: Finding, reason: Message) -> Finding:
    """The finding to be watched only, with the reason."""
    params = dict(finding.headline.params)
    if "certainty" in params:
        params["certainty"] = CONFIDENCE["watch"]
    headline = Message(finding.headline.id, **params)
    return replace(finding, confidence="watch", headline=headline, notes=(*finding.notes, reason))


def _evidence(cell: Cell) -> Message:
    """The counts behind a change of rate; beside what today's mix led to expect where the rates before hide it."""
    if _hidden(cell):
        return Message(
            "{on_after} of {entered_after} now; at the rates before it would be {expected}.",
            on_after=Count(cell.x1),
            entered_after=Count(cell.n1),
            expected=Count(cell.n1 * cell.expected),
        )
    return Message(
        "{on_after} of {entered_after} after, {on_before} of {entered_before} before.",
        on_after=Count(cell.x1),
        entered_after=Count(cell.n1),
        on_before=Count(cell.x0),
        entered_before=Count(cell.n0),
    )


def _hidden(cell: Cell) -> bool:
    """Whether the rate before at today's mix of segments is another one than the rate that was."""
    return cell.n0 > 0 and cell.expected > 0 and abs(cell.x0 / cell.n0 / cell.expected - 1) >= _HIDDEN


def told_apart(one: float, other: float, least: int | None = None) -> tuple[Percent, Percent]:
    """Two rates with so many digits, `least` or more, that a reader sees which is larger."""
    more = range((least or 0) + 1, 5)
    pairs = [(Percent(one, digits), Percent(other, digits)) for digits in (least, *more)]
    return next((pair for pair in pairs if not read_alike(*pair)), pairs[0])


def read_alike(one: Value, other: Value) -> bool:
    """Whether two values read the same in a language of the product."""
    return any(write(one, language) == write(other, language) for language in LANGUAGES)


def gap_finding(cell: Cell, after: FunnelTable, confidence: Confidence) -> Finding:
    """A step that stays below a benchmark."""
    low, high = (float(end) for end in wilson(cell.x1, cell.n1, dispersion=cell.dispersion, df=cell.df))
    money = _amount(cell, after, low - cell.expected, high - cell.expected)
    base, step = _ends(cell, after)
    headline = Message(
        "{place}: {rate} go on from {base} to {step}, the benchmark is {benchmark}{money}.",
        place=_place(cell),
        base=base.term,
        step=step.term,
        rate=Percent(cell.rate),
        benchmark=Percent(cell.expected),
        money=_money_words(money, "gap"),
    )
    evidence = Message("{on} of {entered} went on.", on=Count(cell.x1), entered=Count(cell.n1))
    ci = (low - cell.expected, high - cell.expected)
    return _finding(cell, after, None, (ci, confidence, money), (headline, evidence))


def _finding(
    cell: Cell,
    after: FunnelTable,
    compare: Period | None,
    numbers: tuple[tuple[float, float], Confidence, Amount | None],
    sentences: tuple[Message, Message],
) -> Finding:
    ci, confidence, money = numbers
    headline, evidence = sentences
    base, step = _ends(cell, after)
    kinds = kind_of(base), kind_of(step)
    began = _onset(cell, after)
    return Finding(
        area="funnel",
        kind="rate",
        subject={**dict(cell.node.subject), "step": step.name},
        metric=_METRICS.get(kinds, "step_rate"),
        period=after.period or UNDATED,
        compare=compare,
        before=cell.expected,
        after=cell.rate,
        ci=ci,
        q_value=cell.q_value,
        n=int(cell.n1),
        confidence=confidence,
        money=money,
        headline=headline,
        evidence=evidence,
        action=advice(_rule(cell, kinds[1], began)) if cell.gained < 0 else None,
        notes=(*_since(cell, after, began), *_notes(cell)),
    )


def _onset(cell: Cell, after: FunnelTable) -> Onset | None:
    """Since which day of the period, when the change began inside it; a gap to a benchmark has no beginning."""
    if after.daily is None or not cell.n0 > 0:
        return None
    base, step = (after.required[cell.step + place] for place in (0, 1))
    by_day = after.daily[:, cell.node.members].sum(1)
    usual = cell.x0 / cell.n0
    found = onset(by_day[:, step], by_day[:, base], usual, cell.dispersion)
    return found if found is not None and (found.since - usual) * cell.gained > 0 else None


def _since(cell: Cell, after: FunnelTable, found: Onset | None) -> tuple[Message, ...]:
    """The first day of a change as a sentence."""
    if found is None:
        return ()
    days = len(after.days) - found.day
    value = float(_values(after, cell.node.members)[cell.step])
    money = (found.since - cell.x0 / cell.n0) * found.entered * value * 7 / days
    since, until = told_apart(found.since, found.until)
    words: dict[str, Value] = {
        "day": after.days[found.day],
        "since": since,
        "until": until,
        "money": Money(abs(money), after.currency),
    }
    if not np.isfinite(money) or days < 7:
        return (Message("It began on {day}: {since} since then, {until} before.", **words),)
    if money < 0:
        return (Message("It began on {day}: {since} since then, {until} before; about {money} lost a week.", **words),)
    return (Message("It began on {day}: {since} since then, {until} before; about {money} more a week.", **words),)


def _notes(cell: Cell) -> tuple[Message, ...]:
    notes = []
    if cell.dispersion > 1.5:
        notes.append(Message("Days differ more than chance; the interval allows for it."))
    if _hidden(cell):
        notes.append(_as_a_whole(cell.x0 / cell.n0, cell.x1 / cell.n1, cell.expected - cell.rate))
    return tuple(notes)


def _as_a_whole(then: float, now: float, gap: float) -> Message:
    """What a reader finds who divides the counts of both spans, and why it is not `gap`."""
    told = {"raw": Percent(then), "after": Percent(now)}
    if read_alike(told["raw"], told["after"]):
        return Message("As a whole it is unchanged at {after}: the mix of segments hides the change.", **told)
    if abs(then - now) < abs(gap):
        return Message(
            "As a whole it went from {raw} to {after}: the mix of segments hides a part of the change.", **told
        )
    return Message("As a whole it went from {raw} to {after}: a part of that is the mix of segments.", **told)


def _ends(cell: Cell, table: FunnelTable) -> tuple[Step, Step]:
    return table.steps[table.required[cell.step]], table.steps[table.required[cell.step + 1]]


def _rule(cell: Cell, kind: str, began: Onset | None) -> str:
    if kind == "pay" and (began is not None or cell.effect <= -_INTERRUPTED):
        return "payment_interrupted"
    return _RULES.get(kind, "conversion_low")


def _amount(cell: Cell, after: FunnelTable, low: float, high: float) -> Amount | None:
    """Units gained or lost times what one was worth later on, a week when the days are known."""
    value = float(_values(after, cell.node.members)[cell.step])
    if not np.isfinite(value):
        return None
    weekly = after.period is not None and after.period.days >= 7
    scale = value * (7 / after.period.days if weekly and after.period else 1.0)
    horizon: Literal["week", "period"] = "week" if weekly else "period"
    ends = sorted((low * cell.n1 * scale, high * cell.n1 * scale))
    return Amount(cell.gained * scale, ends[0], ends[1], after.currency, horizon)


def _place(cell: Cell) -> Value:
    return where({name: value or "?" for name, value in cell.node.subject}) if cell.node.subject else EVERYTHING


def _rate_headline(cell: Cell, after: FunnelTable, money: Amount | None, confidence: Confidence) -> Message:
    base, step = _ends(cell, after)
    before, now = told_apart(cell.expected, cell.rate)
    unsure = confidence == "confirmed" and money is not None and _crosses(money)
    values = {
        "place": _place(cell),
        "base": base.term,
        "step": step.term,
        "before": before,
        "after": now,
        "money": _money_words(money, "loss" if cell.gained < 0 else "gain"),
        "certainty": Message("confirmed, but not its amount") if unsure else CONFIDENCE[confidence],
    }
    if [name for name, _ in cell.node.subject] == ["device"]:
        return _on_device(cell, values)
    if _hidden(cell):
        return Message(
            "{place}: at today's mix of sources, {base} to {step} should be {before}, and is {after}{money}, "
            "{certainty}.",
            **values,
        )
    if cell.gained < 0:
        return Message("{place}: {base} to {step} fell from {before} to {after}{money}, {certainty}.", **values)
    return Message("{place}: {base} to {step} rose from {before} to {after}{money}, {certainty}.", **values)


def _on_device(cell: Cell, values: dict[str, Value]) -> Message:
    """The headline of a device, which is no name that a sentence begins with."""
    if _hidden(cell):
        return Message(
            "On {place}, {base} to {step} should be {before} at today's mix of sources, and is {after}{money}, "
            "{certainty}.",
            **values,
        )
    if cell.gained < 0:
        return Message("On {place}, {base} to {step} fell from {before} to {after}{money}, {certainty}.", **values)
    return Message("On {place}, {base} to {step} rose from {before} to {after}{money}, {certainty}.", **values)


CONFIDENCE = {
    "confirmed": Message("confirmed"),
    "watch": Message("to be watched"),
    "insufficient": Message("too little data"),
}


def _crosses(money: Amount) -> bool:
    """Whether it may as well be nothing."""
    return money.low <= 0 <= money.high


def _money_words(money: Amount | None, kind: Literal["loss", "gain", "gap"]) -> Value:
    """The money as a part of a sentence, for example ", about ¥42k lost (¥31k to ¥53k)"; nothing without money."""
    if money is None:
        return ""
    values = {"money": Money(abs(money.value), money.currency), "range": interval_words(money)}
    if money.horizon == "week":
        sentences = {
            "loss": Message(", about {money} a week lost{range}", **values),
            "gain": Message(", about {money} a week won{range}", **values),
            "gap": Message(", closing the gap is worth about {money} a week{range}", **values),
        }
    else:
        sentences = {
            "loss": Message(", about {money} lost{range}", **values),
            "gain": Message(", about {money} won{range}", **values),
            "gap": Message(", closing the gap is worth about {money}{range}", **values),
        }
    return sentences[kind]


def interval_words(money: Amount) -> Value:
    """The interval in brackets, with the way each end goes where it holds 0; none where both ends read alike."""
    low, high = (Money(size, money.currency) for size in sorted((abs(money.low), abs(money.high))))
    if _crosses(money):
        lost, won = Money(-money.low, money.currency), Money(money.high, money.currency)
        return Message(" (95% interval: {lost} lost to {won} more)", lost=lost, won=won)
    return "" if read_alike(low, high) else Message(" ({low} to {high})", low=low, high=high)


def mix_finding(after: FunnelTable, before: FunnelTable, mix: MixRate, q_value: float, swing: Spread) -> Finding:
    """The whole conversion changed because other segments came, not because any converts differently."""
    first, last = after.required[0], after.required[-1]
    x0, n0, x1, n1 = (float(t.counts[:, k].sum()) for t in (before, after) for k in (last, first))
    low, high = (float(end) for end in newcombe((x0, n0), (x1, n1), dispersion=swing.phi, df=swing.df))
    shift = mix.mix - mix.total
    value = float(after.order_value.mean()) if after.amount is None else float(np.nansum(after.amount) / max(x1, 1.0))
    money = None
    if np.isfinite(value):
        scale = n1 * value
        money = Amount(mix.mix * scale, (low + shift) * scale, (high + shift) * scale, after.currency, "period")
    then, now = told_apart(mix.before, mix.after)
    values = {
        "base": after.steps[first].term,
        "step": after.steps[last].term,
        "before": then,
        "after": now,
        "share": Percent(min(1.0, mix.mix / mix.total)),
    }
    if mix.reversed and mix.total > 0:
        headline = Message(
            "Every segment got worse; {base} to {step} rose from {before} to {after} only because the mix changed.",
            **values,
        )
    elif mix.reversed:
        headline = Message(
            "Every segment got better; {base} to {step} fell from {before} to {after} only because the mix changed.",
            **values,
        )
    elif mix.total < 0:
        headline = Message(
            "{base} to {step} fell from {before} to {after}; {share} of it is the mix of segments.",
            **values,
        )
    else:
        headline = Message(
            "{base} to {step} rose from {before} to {after}; {share} of it is the mix of segments.",
            **values,
        )
    moved = mix.segments.assign(moved=mix.segments["share_after"] - mix.segments["share_before"])
    moved = moved.loc[moved["moved"].abs().sort_values(ascending=False, kind="stable").index].iloc[0]
    then, now = told_apart(float(moved["share_before"]), float(moved["share_after"]))
    evidence = Message(
        "{segment} went from {before} to {after} of those who entered.",
        segment=where({name: str(moved[name]) for name in after.by}),
        before=then,
        after=now,
    )
    return Finding(
        area="funnel",
        kind="mix",
        subject={"step": after.names[last]},
        metric=_METRICS.get((kind_of(after.steps[first]), kind_of(after.steps[last])), "step_rate"),
        period=after.period or UNDATED,
        compare=before.period or UNDATED,
        before=mix.before,
        after=mix.after,
        ci=(low, high),
        q_value=q_value,
        n=int(n1),
        confidence="confirmed",
        money=money,
        headline=headline,
        evidence=evidence,
        action=advice("mix_shift"),
    )


def verdict(
    findings: Sequence[Finding], after: FunnelTable, before: FunnelTable | None, mix: MixRate | None
) -> Message:
    """The sentence for the top of the page."""
    if findings:
        mixed = next((finding for finding in findings if finding.kind == "mix"), None)
        if mixed is not None and mix is not None and mix.reversed:
            return mixed.headline
        return findings[0].headline
    if before is None:
        return Message("No step lies below the benchmark beyond chance.")
    first = after.required[0]
    entered = [float(table.counts[:, first].sum()) for table in (before, after)]
    if before.period and after.period:
        entered[0] *= after.period.days / before.period.days
    change = entered[1] / entered[0] - 1 if entered[0] else 0.0
    if abs(change) >= 0.1:
        return Message(
            "The steps convert as before; {change} at the first step ({step}) is traffic, not conversion.",
            change=Percent(change, signed=True),
            step=after.steps[first].term,
        )
    return Message("Nothing changed beyond chance.")
