"""Parameters, benchmarks and goals on the command line."""

from __future__ import annotations

import datetime as dt
import math
from typing import Annotated, Any, cast

import typer

from ecops import terminal
from ecops.errors import SpecError
from ecops.messages import Message
from ecops.terminal import JsonOption, LanguageOption, StateOption, WorkspaceOption

app = typer.Typer()

ACTOR = "command line"
KeyArgument = Annotated[str, typer.Argument(help="Its key, or a part of its name to search for; all when not given.")]
MetricArgument = Annotated[str, typer.Argument(help="Key of the metric, for example pay_conversion.")]


@app.command(name="parameter")
@terminal.reported
def parameter_command(  # noqa: PLR0913, PLR0917 - the options of a command
    key: KeyArgument = "",
    value: Annotated[str, typer.Argument(help="New value; 5% for a share.")] = "",
    reason: Annotated[str, typer.Option("--reason", help="Why it is changed.")] = "",
    source: Annotated[str, typer.Option("--source", help="Where the new value comes from.")] = "",
    reset: Annotated[bool, typer.Option("--reset", help="Go back to the handbook's value.")] = False,
    preset: Annotated[str, typer.Option("--preset", help="Take over the values of a trade: home, fashion, ...")] = "",
    history: Annotated[bool, typer.Option("--history", help="Show who changed what, when and why.")] = False,
    workspace: WorkspaceOption = None,
    state: StateOption = None,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """List the handbook's parameters, change one with its reason, or show what was changed."""
    from ecops import handbook

    shop = terminal.open_workspace(workspace or terminal.existing(), state)
    if preset:
        handbook.adopt(preset, shop, actor=ACTOR)
    elif reset:
        handbook.reset(key, shop, reason=reason, actor=ACTOR)
    elif value:
        handbook.set(key, _number(value), shop, reason=reason, source=source, actor=ACTOR)
    if history:
        _history(shop, key, language, as_json)
        return
    told = handbook.cited(list(handbook.presets()[preset].numbers) if preset else _found(key), shop)
    if as_json:
        terminal.say_json({"parameters": [_plain(one, language) for one in told]})
        return
    for one in told:
        terminal.say(Message("{key}  {told}", key=one.parameter.key, told=one.told), language)


def _found(wanted: str) -> list[str]:
    """Keys of the parameters whose key or name holds what was asked for."""
    from ecops.handbook import catalogue

    if wanted in catalogue.parameters():
        return [wanted]
    keys = [key for key, entry in catalogue.parameters().items() if catalogue.matches(entry, wanted)]
    if not keys:
        catalogue.known(wanted)
    return keys


def _number(text: str) -> float:
    bare = text.strip().replace("%", "")
    try:
        found = float(bare) / (100 if "%" in text else 1)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise SpecError(Message("{text} is no number.", text=text), Message("Write 0.05 or 5%."))
    return found


def _history(shop: Any, key: str, language: str, as_json: bool) -> None:
    from ecops import handbook

    changes = handbook.history(shop, key or None)
    if as_json:
        terminal.say_json({"changes": [_change(change, language) for change in changes]})
        return
    for change in changes:
        entry = handbook.parameters()[change.key]
        said = {"at": change.at, "label": entry.label, "actor": change.actor, "reason": change.reason or "—"}
        if change.value is None:
            terminal.say(Message("{at} {actor}: {label} back to the handbook. {reason}", **said), language)
        else:
            said["value"] = entry.written(change.value)
            terminal.say(Message("{at} {actor}: {label} {value}. {reason}", **said), language)
    if not changes:
        terminal.say(Message("Nothing was changed yet."), language)


def _change(change: Any, language: str) -> dict[str, Any]:
    from ecops.messages import write

    told = {name: getattr(change, name) for name in ("key", "at", "actor", "value")}
    return {**told, "reason": write(change.reason, language), "source": write(change.source, language)}


def _plain(one: Any, language: str) -> dict[str, Any]:
    from ecops.messages import write
    from ecops.review.readers import readers

    entry = one.parameter
    return {
        "key": entry.key,
        "label": write(entry.label, language),
        "area": entry.area,
        "unit": entry.unit,
        "value": one.value,
        "own": one.own,
        "own_source": write(one.source, language),
        "handbook_value": entry.value,
        "handbook": entry.source,
        "row": entry.row,
        "as_of": entry.as_of,
        "decides": [write(label, language) for label in readers().get(entry.key, ())],
    }


@app.command(name="benchmark")
@terminal.reported
def benchmark_command(  # noqa: PLR0913, PLR0917 - the options of a command
    metric: Annotated[str, typer.Argument(help="Key of the metric; all when not given.")] = "",
    value: Annotated[str, typer.Argument(help="A value to write down; 5.8% for a share.")] = "",
    source: Annotated[str, typer.Option("--source", help="Where the value comes from.")] = "",
    scope: Annotated[str, typer.Option("--scope", help="industry or tier.")] = "industry",
    population: Annotated[str, typer.Option("--population", help="Whose value it is, in words.")] = "",
    statistic: Annotated[str, typer.Option("--statistic", help="average, median or top.")] = "average",
    day: Annotated[str, typer.Option("--day", help="Day the value is of, as 2026-10-31.")] = "",
    remove: Annotated[str, typer.Option("--remove", help="Id of a value to take back.")] = "",
    workspace: WorkspaceOption = None,
    state: StateOption = None,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """List reference values of metrics, write one down, or take one back."""
    from ecops.metrics.beside import benchmarks

    shop = terminal.open_workspace(workspace or terminal.existing(), state)
    if remove:
        benchmarks.remove_benchmark(shop, remove, actor=ACTOR)
    elif value:
        given = benchmarks.Benchmark(
            metric,
            _number(value),
            cast("benchmarks.Scope", scope),
            population,
            statistic,
            _day(day) if day else None,
            source,
            "own",
        )
        benchmarks.write_benchmark(shop, given, actor=ACTOR)
    found = benchmarks.benchmarks(shop.data(), metric or None)
    if as_json:
        terminal.say_json({"benchmarks": [_benchmark(one, language) for one in found]})
        return
    for one in found:
        terminal.say(_told(one, shop.currency), language)


def _told(one: Any, currency: str) -> Message:
    from ecops.metrics.registry import metric
    from ecops.words import written

    return Message(
        "{metric}: {value} ({who}; {source}) {name}",
        metric=metric(one.metric).label,
        value=written(one.metric, one.value, currency),
        who=one.who,
        source=one.source,
        name=one.id if one.origin == "own" else "",
    )


def _benchmark(one: Any, language: str) -> dict[str, Any]:
    from ecops.messages import write

    return {
        "id": one.id,
        "metric": one.metric,
        "value": one.value,
        "scope": one.scope,
        "population": write(one.population, language),
        "statistic": one.statistic,
        "day": one.day,
        "source": write(one.source, language),
        "origin": one.origin,
    }


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise SpecError(Message("{text} is no day.", text=text), Message("Write it as 2026-10-31.")) from None


@app.command(name="goal")
@terminal.reported
def goal_command(  # noqa: PLR0913, PLR0917 - the options of a command
    metric: Annotated[str, typer.Argument(help="Key of the metric; all goals when not given.")] = "",
    value: Annotated[str, typer.Argument(help="What is wanted, a sum a week; 5% for a share.")] = "",
    by: Annotated[str, typer.Option("--by", help="Day by which, as 2027-05-31.")] = "",
    owner: Annotated[str, typer.Option("--owner", help="Role that owns it.")] = "lead",
    branch: Annotated[
        str, typer.Option("--branch", help="A branch of sales: customers:new, category:NAME or product:CODE.")
    ] = "",
    remove: Annotated[bool, typer.Option("--remove", help="Give the goal up.")] = False,
    workspace: WorkspaceOption = None,
    state: StateOption = None,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Agree on a goal for a metric, see how far each one is and the pace it needs, or give one up."""
    from ecops.review import Targets
    from ecops.review.branches.figures import part

    shop = terminal.open_workspace(workspace or terminal.existing(), state)
    targets = Targets(shop.state)
    if remove:
        whose, who = part(branch) if branch else (None, "")
        targets.remove(ACTOR, metric, who, whose)
    elif value:
        _agree(shop, targets, metric, _number(value), (by, owner, branch))
    told = _progress(shop, targets, "" if remove else metric)
    if as_json:
        terminal.say_json({"goals": [_goal(one) for one in told]})
        return
    for one in told:
        terminal.say(_goal_sentence(one, shop.currency), language)
    if not told:
        terminal.say(Message("There are no goals yet."), language)


def _week(shop: Any) -> Any:
    from ecops.periods import last_full_week

    return last_full_week(terminal.last_day(shop.data()))


def _agree(shop: Any, targets: Any, key: str, value: float, agreed: tuple[str, str, str]) -> None:
    from ecops.errors import unknown_name
    from ecops.handbook import roles
    from ecops.metrics import kpis
    from ecops.metrics.registry import metric
    from ecops.review import Target
    from ecops.review.branches.figures import part, parts

    by, owner, branch = agreed
    metric(key)
    if owner not in roles():
        raise unknown_name(Message("The role"), owner, roles())
    if not by:
        raise SpecError(Message("A goal needs the day by which it is due."), Message("Add --by 2027-05-31."))
    week = _week(shop)
    if branch:
        whose, who = part(branch)
        known = parts(shop.data(), week)
        if (whose, who) not in known or key not in known[whose, who][1]:
            raise SpecError(
                Message("This branch has no {metric} in these days.", metric=metric(key).label),
                Message("Choose another figure or another branch."),
            )
        targets.set(ACTOR, Target(key, value, _day(by), week.end, known[whose, who][1][key], owner, who, whose))
        return
    found = kpis(shop.data(), week).kpis
    now = found[key].value if key in found else math.nan
    targets.set(ACTOR, Target(key, value, _day(by), week.end, now, owner))


def _progress(shop: Any, targets: Any, key: str) -> list[Any]:
    from ecops.metrics import kpis
    from ecops.review.branches.figures import branches
    from ecops.review.goals import PARTS, progress

    every = [target for target in (*targets.all(), *targets.parts()) if key in ("", target.metric)]
    if not every:
        return []
    week = _week(shop)
    found = kpis(shop.data(), week).kpis
    whole = [
        progress(target, found[target.metric].value if target.metric in found else math.nan, week.end)
        for target in every
        if target.level not in PARTS
    ]
    return [*whole, *(one for _, one in branches(shop.data(), week, every))]


def _goal(one: Any) -> dict[str, Any]:
    return {
        "metric": one.target.metric,
        "whose": one.target.level,
        "who": one.target.who,
        "goal": one.target.value,
        "due": one.target.due,
        "owner": one.target.owner,
        "value": one.value,
        "expected": one.expected,
        "slope_a_week": one.slope,
        "weeks_left": one.weeks_left,
        "state": one.state,
    }


def _goal_sentence(one: Any, currency: str) -> Message:
    from ecops.metrics.registry import metric
    from ecops.review.week.deck import PROGRESS
    from ecops.words import written

    key, who = one.target.metric, one.target.who
    return Message(
        "{metric}: {value} of {goal} by {day}, {state}; {slope} a week needed.",
        metric=Message("{who}, {metric}", who=who, metric=metric(key).label) if who else metric(key).label,
        value=written(key, one.value, currency),
        goal=written(key, one.target.value, currency),
        day=one.target.due,
        state=PROGRESS[one.state],
        slope=written(key, abs(one.slope), currency),
    )
