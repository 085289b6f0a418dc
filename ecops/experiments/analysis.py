"""From data and spec to a readout: every comparison, check and amount an experiment needs before anyone decides."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations
from typing import Any

from ecops.errors import DataError, EcopsError, SpecError
from ecops.experiments.design.spec import Experiment, Metric
from ecops.experiments.looks.monitoring import reach, where, widen
from ecops.experiments.reading.measure import Wanted, measure
from ecops.experiments.reading.source import open_source
from ecops.experiments.reading.tally import Tally
from ecops.experiments.reading.totals import is_totals, read_totals
from ecops.experiments.results import comparisons as compare
from ecops.experiments.results.checks import data_checks, result_checks
from ecops.experiments.results.money import stakes
from ecops.experiments.results.readout import Looks, MetricResult, Readout
from ecops.experiments.results.slices import path, segment_effects, trends, weekdays
from ecops.experiments.statistics.bayes import posterior, posterior_counts
from ecops.experiments.statistics.capping import Cap
from ecops.experiments.statistics.effects import Effect
from ecops.experiments.statistics.margins import non_inferiority
from ecops.experiments.telling.words import adjustments_made, too_few
from ecops.messages import Message
from ecops.statistics import benjamini_hochberg


def analyse(data: Any, spec: Experiment) -> Readout:
    """Everything there is to know about an experiment; `decide` makes a verdict of it.

    Args:
        data: a `Workspace`, a pandas or polars frame, an Arrow table, the path of a Parquet or CSV file, or a `Tally`
            of the same columns (then nothing is read again: changing alpha, looks, prior, margin or horizon costs
            milliseconds). One row a user, or totals by arm, or totals by arm and day.
        spec: what to compare and how.

    Raises:
        EcopsError: the data cannot be read, lacks a column, or holds one arm only. What can be read but not be tested
            is a refusal in the readout.
    """
    tally = data if isinstance(data, Tally) else tally_of(data, spec)
    _check_arms(tally, spec)
    users = sum(tally.users.get(arm, 0) for arm in (spec.control, *spec.treatments))
    caps = _caps(tally, spec)
    singles = {arm: compare.attempt(tally, spec, spec.goal_metric, arm, caps) for arm in spec.treatments}
    effects = {arm: effect for arm, effect in singles.items() if isinstance(effect, Effect)}
    looks = where(spec, users, next(iter(effects.values()), None))
    wide = widen(spec, users, effects, looks.horizon)
    results = (
        *(_goal(tally, spec, arm, wide.get(arm), singles[arm], caps) for arm in spec.treatments),
        *_guardrails(tally, spec, caps, looks),
        *_secondary(tally, spec, caps),
    )
    segments, segment_tests = segment_effects(tally, spec, caps)
    slopes = trends(tally, spec, caps)
    week = weekdays(tally, spec, caps)
    money, money_notes = stakes(tally, spec, results, caps, looks)
    return Readout(
        spec=spec,
        kind=tally.kind,
        first_day=tally.first_day,
        last_day=tally.last_day,
        users=tally.users,
        checks=(*data_checks(tally, spec), *result_checks(spec, results, caps, (slopes, week), looks)),
        looks=looks,
        conversions=_conversions(tally, spec),
        results=results,
        stakes=money,
        segments=segments,
        segment_tests=segment_tests,
        path=path(tally, spec, caps, looks.horizon),
        trends=slopes,
        weekdays=week,
        caps=caps,
        adjustments=adjustments_made(spec, looks, results, caps),
        notes=money_notes,
        currency=spec.currency or tally.currency,
    )


def tally_of(data: Any, spec: Experiment) -> Tally:
    """The data boiled down, to be kept and given to `analyse` again with a changed spec."""
    source = open_source(data, ("experiment_units", "experiment_totals"), spec.arm)
    if is_totals(source, spec):
        return read_totals(source, spec)
    names = source.schema.names
    return measure(source, wanted(spec, names))


def wanted(spec: Experiment, names: Any) -> Wanted:
    """The columns an experiment needs of a table with columns `names`."""
    pairs: list[tuple[str, str]] = []
    values: list[str] = []
    history: list[str] = []
    for metric in spec.metrics:
        past = spec.covariates_of(metric)
        own = [column for column in (metric.column, metric.below, *past) if column]
        values += own
        history += past
        pairs += combinations(own, 2)
    ordered = tuple(dict.fromkeys(values))
    return Wanted(
        unit=spec.unit if spec.unit in names else "",
        arm=spec.arm,
        date=spec.date if spec.date in names else "",
        values=ordered,
        pairs=tuple(dict.fromkeys(pairs)),
        flags=frozenset(metric.column for metric in spec.metrics if metric.kind == "proportion"),
        history=frozenset(history),
        capped=tuple(dict.fromkeys(metric.column for metric in spec.metrics if metric.cap)),
        segments=spec.segments,
        experiment=spec.name,
    )


def _check_arms(tally: Tally, spec: Experiment) -> None:
    found = [arm for arm in (spec.control, *spec.treatments) if tally.users.get(arm, 0) > 0]
    if len(tally.users) == 1 and len(spec.treatments) + 1 > len(found):
        raise DataError(
            Message("The data holds one arm only: {name}.", name=next(iter(tally.users))),
            Message("Upload all arms, the control included."),
        )
    if spec.control not in found or len(found) < 2:
        raise SpecError(
            Message("The arms of the experiment are not those of the data."),
            Message("The data holds: {names}.", names=", ".join(list(tally.users)[:10])),
        )


def _caps(tally: Tally, spec: Experiment) -> dict[str, Cap]:
    return {
        metric.column: tally.columns[metric.column].cap()
        for metric in spec.metrics
        if metric.cap and metric.column in tally.columns
    }


def _result(
    tally: Tally, spec: Experiment, metric: Metric, arm: str, caps: Mapping[str, Cap]
) -> tuple[Effect | EcopsError, Effect | None, Effect | None]:
    # The effect, the same uncapped, and the same without covariates.
    single = compare.attempt(tally, spec, metric, arm, caps)
    return single, *_beside(tally, spec, metric, arm, caps, isinstance(single, Effect))


def _beside(
    tally: Tally, spec: Experiment, metric: Metric, arm: str, caps: Mapping[str, Cap], tested: bool
) -> tuple[Effect | None, Effect | None]:
    if not tested or tally.totals is not None:
        return None, None
    capped = metric.cap and caps[metric.column].capped > 0
    uncapped = compare.attempt(tally, spec, metric, arm, {}) if capped else None
    adjusted = bool(spec.covariates_of(metric))
    plain = compare.compare_arms(tally, spec, metric, arm, caps, adjust=False) if adjusted else None
    return uncapped if isinstance(uncapped, Effect) else None, plain


def _goal(
    tally: Tally,
    spec: Experiment,
    arm: str,
    effect: Effect | None,
    single: Effect | EcopsError,
    caps: Mapping[str, Cap],
) -> MetricResult:
    metric = spec.goal_metric
    if effect is None:
        refusal = single.what if isinstance(single, EcopsError) else None
        return MetricResult(metric, arm, "goal", None, refusal=refusal)
    uncapped, plain = _beside(tally, spec, metric, arm, caps, tested=True)
    if effect.method == "exact":
        counts = (effect.n_control, effect.n_control * effect.control)
        treated = (effect.n_treatment, effect.n_treatment * effect.treatment)
        belief = posterior_counts(counts, treated)
        if metric.less_is_better:
            belief = replace(
                belief,
                better=1 - belief.better,
                loss_if_shipped=belief.loss_if_kept,
                loss_if_kept=belief.loss_if_shipped,
            )
    else:
        belief = posterior(effect, spec.prior, less_is_better=metric.less_is_better)
    return MetricResult(metric, arm, "goal", effect, uncapped, plain, posterior=belief)


def _guardrails(tally: Tally, spec: Experiment, caps: Mapping[str, Cap], looks: Looks) -> list[MetricResult]:
    found = []
    # One-sided at alpha = one side of a two-sided test at 2 alpha, with the same looks.
    critical = reach(spec, looks.users, 2 * spec.alpha, looks.horizon)
    for metric, margin in spec.guardrail_metrics:
        for arm in spec.treatments:
            single, uncapped, plain = _result(tally, spec, metric, arm, caps)
            if isinstance(single, EcopsError) or single.lacking > 1:
                found.append(MetricResult(metric, arm, "guardrail", None, refusal=_refusal(spec, metric, arm, single)))
                continue
            rail = non_inferiority(single, margin, spec.alpha, less_is_better=metric.less_is_better, critical=critical)
            found.append(MetricResult(metric, arm, "guardrail", single, uncapped, plain, guardrail=rail))
    return found


def _secondary(tally: Tally, spec: Experiment, caps: Mapping[str, Cap]) -> list[MetricResult]:
    others = spec.metrics[1 + len(spec.guardrails) :]
    found = []
    for metric in others:
        for arm in spec.treatments:
            single, uncapped, plain = _result(tally, spec, metric, arm, caps)
            if isinstance(single, EcopsError) or single.lacking > 1:
                found.append(MetricResult(metric, arm, "secondary", None, refusal=_refusal(spec, metric, arm, single)))
            else:
                found.append(MetricResult(metric, arm, "secondary", single, uncapped, plain))
    q_values = benjamini_hochberg([result.effect.p_value if result.effect else math.nan for result in found])
    return [replace(result, q_value=float(q)) for result, q in zip(found, q_values, strict=True)]


def _refusal(spec: Experiment, metric: Metric, arm: str, single: Effect | EcopsError) -> Message:
    return single.what if isinstance(single, EcopsError) else too_few(spec, metric, arm, single)


def _conversions(tally: Tally, spec: Experiment) -> dict[str, float]:
    goal = spec.goal_metric
    arms = (spec.control, *spec.treatments)
    if tally.totals is not None:
        column = goal.total_below if goal.kind == "ratio" else goal.total or goal.column
        if goal.unit == "money" and goal.kind == "mean":
            column = "conversions" if tally.totals.has("conversions") else "orders"
        return {arm: tally.totals.sum(arm, column) for arm in arms}
    cells = tally.moments()[""]
    return {arm: cells[arm].having(goal.below or goal.column) if arm in cells else 0.0 for arm in arms}
