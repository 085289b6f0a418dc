"""What was found, in sentences a manager reads aloud, with money and advice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Literal

import numpy as np

from ecops.finding import Amount, Confidence, Finding
from ecops.funnel.cells import Cell, Floats
from ecops.funnel.onset import onset
from ecops.funnel.spec import Step, known_steps
from ecops.funnel.table import FunnelTable
from ecops.growth.decomposition import MixRate
from ecops.growth.statistics import newcombe, wilson
from ecops.handbook import advice
from ecops.messages import Count, Message, Money, Percent, Term, Value
from ecops.periods import Period

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
_INTERRUPTED = 0.2
"""From this relative drop on, a payment step is a broken channel before it is a weak one."""

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


def rate_finding(cell: Cell, after: FunnelTable, before: FunnelTable, confidence: Confidence) -> Finding:
    """A step that changed in a part of the shop."""
    low, high = (
        float(end) for end in newcombe((cell.x0, cell.n0), (cell.x1, cell.n1), dispersion=cell.dispersion, df=cell.df)
    )
    # The interval of the raw rates, moved to the change at an unchanged mix.
    shift = (cell.rate - cell.expected) - (cell.x1 / cell.n1 - cell.x0 / cell.n0)
    money = _amount(cell, after, low + shift, high + shift)
    headline = _rate_headline(cell, after, money, confidence)
    evidence = Message(
        "{on_after} of {entered_after} after, {on_before} of {entered_before} before.",
        on_after=Count(cell.x1),
        entered_after=Count(cell.n1),
        on_before=Count(cell.x0),
        entered_before=Count(cell.n0),
    )
    ci = (low + shift, high + shift)
    return _finding(cell, after, before.period or UNDATED, (ci, confidence, money), (headline, evidence))


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
    down = cell.gained < 0
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
        action=advice(_rule(cell, kinds[1])) if down else None,
        notes=(*_since(cell, after), *_notes(cell)),
    )


def _since(cell: Cell, after: FunnelTable) -> tuple[Message, ...]:
    """Since which day of the period, when the change began inside it; a gap to a benchmark has no beginning."""
    if after.daily is None or not cell.n0 > 0:
        return ()
    base, step = (after.required[cell.step + place] for place in (0, 1))
    by_day = after.daily[:, cell.node.members].sum(1)
    usual = cell.x0 / cell.n0
    found = onset(by_day[:, step], by_day[:, base], usual, cell.dispersion)
    if found is None or (found.since - usual) * cell.gained <= 0:
        return ()
    days = len(after.days) - found.day
    value = float(_values(after, cell.node.members)[cell.step])
    money = (found.since - usual) * found.entered * value * 7 / days
    words: dict[str, Value] = {
        "day": after.days[found.day],
        "since": Percent(found.since),
        "until": Percent(found.until),
        "money": Money(abs(money), after.currency),
    }
    if not np.isfinite(money) or days < 7:
        return (Message("It began on {day}: {since} since then, {until} before.", **words),)
    if money < 0:
        return (Message("It began on {day}: {since} since then, {until} before; about {money} lost a week.", **words),)
    return (Message("It began on {day}: {since} since then, {until} before; about {money} more a week.", **words),)


def _notes(cell: Cell) -> tuple[Message, ...]:
    if cell.dispersion > 1.5:
        return (Message("Days differ more than chance; the interval allows for it."),)
    return ()


def _ends(cell: Cell, table: FunnelTable) -> tuple[Step, Step]:
    return table.steps[table.required[cell.step]], table.steps[table.required[cell.step + 1]]


def _rule(cell: Cell, kind: str) -> str:
    if kind == "pay" and cell.effect <= -_INTERRUPTED:
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
    return " · ".join(value or "?" for _, value in cell.node.subject) or EVERYTHING


def _rate_headline(cell: Cell, after: FunnelTable, money: Amount | None, confidence: Confidence) -> Message:
    base, step = _ends(cell, after)
    values = {
        "place": _place(cell),
        "base": base.term,
        "step": step.term,
        "before": Percent(cell.expected),
        "after": Percent(cell.rate),
        "money": _money_words(money, "loss" if cell.gained < 0 else "gain"),
        "certainty": CONFIDENCE[confidence],
    }
    if cell.gained < 0:
        return Message("{place}: {base} to {step} fell from {before} to {after}{money}, {certainty}.", **values)
    return Message("{place}: {base} to {step} rose from {before} to {after}{money}, {certainty}.", **values)


CONFIDENCE = {
    "confirmed": Message("confirmed"),
    "watch": Message("to be watched"),
    "insufficient": Message("too little data"),
}


def _money_words(money: Amount | None, kind: Literal["loss", "gain", "gap"]) -> Value:
    """The money as a part of a sentence, for example ", about ¥42k lost (¥31k to ¥53k)"; nothing without money."""
    if money is None:
        return ""
    low, high = sorted((abs(money.low), abs(money.high)))
    values = {
        "money": Amount(abs(money.value), low, high, money.currency).money,
        "range": Amount(0.0, low, high, money.currency).interval,
    }
    if money.horizon == "week":
        sentences = {
            "loss": Message(", about {money} a week lost ({range})", **values),
            "gain": Message(", about {money} a week won ({range})", **values),
            "gap": Message(", closing the gap is worth about {money} a week ({range})", **values),
        }
    else:
        sentences = {
            "loss": Message(", about {money} lost ({range})", **values),
            "gain": Message(", about {money} won ({range})", **values),
            "gap": Message(", closing the gap is worth about {money} ({range})", **values),
        }
    return sentences[kind]


def mix_finding(after: FunnelTable, before: FunnelTable, mix: MixRate, q_value: float) -> Finding:
    """The whole conversion changed because other segments came, not because any converts differently."""
    first, last = after.required[0], after.required[-1]
    x0, n0, x1, n1 = (float(t.counts[:, k].sum()) for t in (before, after) for k in (last, first))
    low, high = (float(end) for end in newcombe((x0, n0), (x1, n1)))
    shift = mix.mix - mix.total
    value = float(after.order_value.mean()) if after.amount is None else float(np.nansum(after.amount) / max(x1, 1.0))
    money = None
    if np.isfinite(value):
        scale = n1 * value
        money = Amount(mix.mix * scale, (low + shift) * scale, (high + shift) * scale, after.currency, "period")
    values = {
        "base": after.steps[first].term,
        "step": after.steps[last].term,
        "before": Percent(mix.before),
        "after": Percent(mix.after),
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
    evidence = Message(
        "{segment} went from {before} to {after} of those who entered.",
        segment=" · ".join(str(moved[name]) for name in after.by),
        before=Percent(float(moved["share_before"])),
        after=Percent(float(moved["share_after"])),
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
