"""The commands `experiment` and `plan`. They stand outside the capability so that other commands start without it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ecops.errors import SpecError, unknown_name
from ecops.locale import as_language
from ecops.messages import Count, Message, Money, Percent, write
from ecops.terminal import JsonOption, LanguageOption, reported, say_json
from ecops.terminal import mapped as read_mapping

if TYPE_CHECKING:
    from ecops.experiments import Decision, Experiment, Readout
    from ecops.experiments.reading.workspace import Held
    from ecops.sources import Inspection
    from ecops.store import Wishes

app = typer.Typer()


@app.command()
@reported
def experiment(  # noqa: PLR0913, PLR0917 - one argument an option
    file: Annotated[Path, typer.Argument(help="One row a user, or totals by arm (and day): CSV or Parquet.")],
    name: Annotated[str, typer.Option("--name", help="Which experiment, where the file holds several.")] = "",
    goal: Annotated[str, typer.Option("--goal", help="The metric that decides, such as conversion.")] = "",
    control: Annotated[str, typer.Option("--control", help="The arm that stayed as it was.")] = "",
    split: Annotated[
        list[str] | None,
        typer.Option("--split", help="arm=planned share of the users, such as A=90; once for each arm."),
    ] = None,
    planned: Annotated[
        float | None, typer.Option("--planned", help="Users in all arms agreed on before the start.")
    ] = None,
    over: Annotated[
        bool, typer.Option("--over", help="The test is over: nobody waits for more users. Limits stay as they are.")
    ] = False,
    any_time: Annotated[
        bool, typer.Option("--any-time", help="Limits for looking at any time, a little wider; needs --planned.")
    ] = False,
    look: Annotated[
        list[float] | None, typer.Option("--look", help="Users at an earlier look; may be repeated.")
    ] = None,
    guardrail: Annotated[
        list[str] | None, typer.Option("--guardrail", help="metric=largest loss, such as aov=0.05; repeatable.")
    ] = None,
    also: Annotated[
        list[str] | None, typer.Option("--also", help="A metric or number of the file to be told too; repeatable.")
    ] = None,
    margin: Annotated[float, typer.Option("--margin", help="Gross margin as a share; 1 counts sales.")] = 1.0,
    traffic: Annotated[
        float | None, typer.Option("--traffic", help="Users a month whom the decision will meet.")
    ] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option("--map", help="variant=HEADER: which column of the file is which; repeatable."),
    ] = None,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Say whether to ship: one sentence with money, and what it rests on."""
    from ecops.experiments import decide, tally_of
    from ecops.experiments.records.judging import judged

    _possible(
        ("--planned", planned, planned is None or planned >= 4),
        *(("--look", users, users > 0) for users in look or ()),
        ("--margin", margin, 0 < margin <= 1),
        ("--traffic", traffic, traffic is None or traffic > 0),
    )
    data, held = _opened(file, name, read_mapping(columns or []))
    whole = over and planned is None
    changes: dict[str, Any] = {"planned_sample": planned, "whole": whole, "margin": margin, "monthly_traffic": traffic}
    if any_time:
        changes["monitoring"] = "always_valid"
    spec = _split(_changed(held, changes, goal, control, guardrail or [], also or []), split or [])
    readout = judged(tally_of(data, spec), spec, tuple(look or ())).readout
    decision = decide(readout)
    if as_json:
        return say_json(_answer(readout, decision, language))
    _say(decision.headline, language)
    if decision.action is not None:
        _say(Message("Advice: {advice}", advice=decision.action.text), language)
    if held.guessed and not control:
        _say(
            Message(
                "No name says which version is the old one; {arm} was taken for it. Say it with --control.",
                arm=spec.control,
            ),
            language,
        )
    for check in readout.checks:
        if check.level != "green":
            _say(check.text, language)
    for sentence in (*decision.reasons, *decision.adjusted, *readout.notes):
        _say(sentence, language)
    return None


@app.command()
@reported
def plan(  # noqa: PLR0913, PLR0917 - one argument an option
    metric: Annotated[str, typer.Option("--metric", help="conversion, uv_value, aov, ctr, ...")] = "conversion",
    rate: Annotated[
        float | None,
        typer.Option("--rate", help="Today's rate as a share; 0.03, or the handbook's bounce, if left."),
    ] = None,
    control_share: Annotated[
        float | None,
        typer.Option("--control-share", help="Share of users who keep the old version."),
    ] = None,
    order_value: Annotated[float | None, typer.Option("--order-value", help="Today's value of an order.")] = None,
    lift: Annotated[
        float | None, typer.Option("--lift", help="Smallest relative change worth having; a suggestion if left.")
    ] = None,
    traffic: Annotated[float, typer.Option("--traffic", help="Users a day that enter the test.")] = 1000.0,
    arms: Annotated[int, typer.Option("--arms", help="Versions, the old one included.")] = 2,
    looks: Annotated[int, typer.Option("--looks", help="Times you want to look.")] = 4,
    power: Annotated[float, typer.Option("--power", help="Chance to find such a change.")] = 0.8,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Plan a test: users, days, looks, and what waiting costs."""
    from ecops.experiments.design.drafting import ALPHA, BASES, UNITS, Draft, bounce_aim
    from ecops.experiments.design.spec import preset

    usual, change = 0.03, preset(metric).suggested_lift
    if metric == "bounce_rate":
        usual, change = bounce_aim(today=math.nan if rate is None else rate)
    rate, change = usual if rate is None else rate, change if lift is None else lift
    _possible(
        ("--rate", rate, 0 < rate < 1 or BASES.get(metric) == "order"),
        ("--order-value", order_value, order_value is None or order_value > 0),
        ("--lift", lift, 0 < change < 1),
        ("--traffic", traffic, traffic > 0),
        ("--looks", looks, 1 <= looks <= 400),
        ("--power", power, ALPHA < power < 1),
        ("--control-share", control_share, control_share is None or 0 < control_share < 1),
    )
    value, share = (math.nan if given is None else given for given in (order_value, control_share))
    draft = Draft(
        metric,
        rate,
        value,
        lift=change,
        users_per_day=traffic,
        arms=arms,
        looks=looks,
        power=power,
        control_share=share,
    )
    found, caveat = draft.plan(), draft.caveat()
    if as_json:
        told = {name: getattr(found, name) for name in found.__slots__}
        told["caveat"] = caveat and caveat.text(as_language(language))
        return say_json({"metric": metric, "lift": change, **told, "waiting_a_week": draft.waiting()})
    _say(
        Message(
            "{n} {unit}, {days} days: then a change of {lift} or more is found {power} of the time.",
            n=Count(found.users),
            unit=UNITS[metric],
            days=Count(found.days),
            lift=Percent(change),
            power=Percent(power),
        ),
        language,
    )
    if caveat is not None:
        _say(caveat, language)
    if math.isfinite(draft.waiting()):
        _say(Message("A week of waiting forgoes about {money}.", money=Money(draft.waiting())), language)
    return None


def _possible(*options: tuple[str, float | None, bool]) -> None:
    """Refuse the first option whose value cannot be, by the name under which it was typed."""
    for option, value, good in options:
        if not good and value is not None:
            raise SpecError(
                Message("{name} is {value}, which is not possible.", name=option, value=f"{value:g}"),
                Message("Shares are written as 0.05 for 5%; counts must be larger than 0."),
            )


def _say(sentence: Message, language: str) -> None:
    from ecops.experiments.telling.report import readable

    typer.echo(readable(sentence).text(as_language(language)))


def _opened(file: Path, name: str, mapped: Mapping[str, str]) -> tuple[Any, Held]:
    """The data of a file, read as the app would load it, and the experiment in it that is meant."""
    from ecops.experiments.reading.workspace import experiments_in
    from ecops.store.inputs import open_export

    data: Any = file
    if file.is_file() and file.suffix.lower() != ".parquet":
        data = open_export(file, lambda inspection: _wishes(inspection, mapped))
    found = {held.name: held for held in experiments_in(data)}
    if name and name not in found:
        raise unknown_name(Message("The experiment"), name, found)
    if not name and len(found) > 1:
        raise SpecError(
            Message("The file holds several experiments."),
            Message("Choose one of: {names}.", names=", ".join(sorted(found)[:10])),
        )
    return data, found[name] if name else next(iter(found.values()))


def _wishes(inspection: Inspection, mapped: Mapping[str, str]) -> Wishes:
    """The sheets of a file that hold a test, each as rows of users or as totals."""
    from ecops.sources.recognition.detect import propose
    from ecops.sources.registry import source
    from ecops.store import Answers, Wishes

    plans = {}
    for grid, _ in inspection.sheets:
        users, totals = (
            {*mapped, *propose(source(f"generic_experiment_{kind}"), grid).columns} for kind in ("units", "totals")
        )
        if "variant" in users or len(inspection.sheets) == 1:
            summed = "users" in totals and "unit_id" not in users
            plans[grid.name] = f"generic_experiment_{'totals' if summed else 'units'}"
    return Wishes(plans, sheets=list(plans), answers=Answers(columns=mapped) if mapped else None)


def _changed(
    held: Held, changes: Mapping[str, Any], goal: str, control: str, guardrails: list[str], also: list[str]
) -> Experiment:
    from dataclasses import replace

    spec = held.spec()
    figures = {str(figure.label): figure.key for figure in spec.figures}
    rails = tuple((figures.get(key, key), loss) for key, loss in map(_rail, guardrails))
    chosen = figures.get(goal, goal) or spec.goal_metric.key
    told = (*spec.secondary, *(figures.get(key, key) for key in also))
    left = tuple(dict.fromkeys(key for key in told if key != chosen and key not in dict(rails)))
    spec = replace(spec, **changes, goal=chosen, control=control or spec.control, guardrails=rails, secondary=left)
    return held.with_money(spec)


def _split(spec: Experiment, shares: list[str]) -> Experiment:
    """The experiment with the split that was planned, where it was said."""
    from dataclasses import replace

    if not shares:
        return spec
    said: dict[str, float] = {}
    for text in shares:
        arm, _, share = text.rpartition("=")
        if arm not in spec.arms:
            raise unknown_name(Message("The arm"), arm or text, spec.arms)
        try:
            said[arm] = float(share.removesuffix("%"))
        except ValueError:
            raise SpecError(
                Message("{text} is not a share of the users.", text=text), Message("Write arm=share, such as A=90.")
            ) from None
    left = [arm for arm in spec.arms if arm not in said]
    if left:
        raise SpecError(
            Message("The planned share of {names} is missing.", names=", ".join(left)),
            Message("Say it for every arm: --split A=90 --split B=10."),
        )
    return replace(spec, arms={arm: said[arm] for arm in spec.arms}, split_known=True)


def _rail(text: str) -> tuple[str, float]:
    metric, _, margin = text.partition("=")
    try:
        return metric, float(margin or "0.05")
    except ValueError:
        raise SpecError(
            Message("{text} is not a guardrail.", text=text), Message("Write metric=loss, such as aov=0.05.")
        ) from None


def _answer(readout: Readout, decision: Decision, language: str) -> dict[str, Any]:
    from ecops.experiments.telling.report import readable

    def told(sentence: Message) -> str:
        return readable(sentence).text(as_language(language))

    stake = decision.stake
    return {
        "experiment": readout.spec.name,
        "verdict": decision.kind,
        "arm": decision.arm,
        "choose": decision.choose,
        "headline": told(decision.headline),
        "advice": decision.action and write(decision.action.text, as_language(language)),
        "reasons": [told(reason) for reason in decision.reasons],
        "chance_wrong": decision.chance_wrong,
        "gain_a_month": stake and {"value": stake.gain.value, "low": stake.gain.low, "high": stake.gain.high},
        "currency": readout.currency,
        "users": dict(readout.users),
        "first_day": readout.first_day,
        "last_day": readout.last_day,
        "next_look": decision.next_look,
        "checks": [{"key": check.key, "level": check.level, "text": told(check.text)} for check in readout.checks],
        "metrics": [
            {
                "metric": result.metric.key,
                "label": write(result.metric.label, as_language(language)),
                "arm": result.arm,
                "role": result.role,
                "control": result.effect and result.effect.control,
                "treatment": result.effect and result.effect.treatment,
                "difference": result.effect and result.effect.difference,
                "low": result.effect and result.effect.low,
                "high": result.effect and result.effect.high,
                "lift": result.effect and result.effect.lift.value,
                "p_value": result.effect and result.effect.p_value,
                "guardrail": result.guardrail and result.guardrail.status,
                "refusal": result.refusal and told(result.refusal),
            }
            for result in readout.results
        ],
        "adjusted": [told(sentence) for sentence in decision.adjusted],
        "notes": [told(sentence) for sentence in readout.notes],
    }
