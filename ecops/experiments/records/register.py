"""What was tested, why, by whom, how often it was looked at, and what was decided: nothing is ever overwritten.

Every look at a running test gives chance another opportunity. Each one is written down, so that `analyse` can set the
limits for all looks together. The register is the stream "experiments" in the journal of a workspace.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

from ecops.errors import SpecError, unknown_name
from ecops.experiments.design.spec import OWN, Experiment, presets
from ecops.handbook import roles
from ecops.messages import Message
from ecops.store import journal

if TYPE_CHECKING:
    from ecops.store.state import State

STREAM = "experiments"

UNNAMED = "unnamed"
"""Name in the register of the only experiment of a file that names none."""

Outcome = Literal["", "shipped", "kept", "repeated"]
"""What was decided: nothing yet, rolled out, the old version kept, or to be repaired and run again."""

Stage = Literal["planned", "running", "decided"]


@dataclass(frozen=True, slots=True)
class Looked:
    """One look at the read-out.

    Attributes:
        at: when, UTC.
        actor: who looked.
        users: users in all arms then.
        last_day: last day of the data then; None without dates.
        horizon: users up to which the error of all looks was spent then; NaN where nobody wrote it down.
        planned: users that were planned then; None when nothing was.
        verdict: kind of the verdict that was shown, see `decide.Kind`.
    """

    at: dt.datetime
    actor: str
    users: float
    last_day: dt.date | None
    verdict: str
    horizon: float = math.nan
    planned: float | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """One experiment as it stands in the register.

    Attributes:
        name: as it is written in the data; `UNNAMED` where the data names none.
        hypothesis: why the change should work.
        owner: role, a key of `ecops/handbook/roles.toml`; person: who, in free words.
        goal: key of a preset metric or of a figure of the file; "" until said.
        baseline: the goal before the test, in its unit; NaN until said.
        minimum_lift: relative change the test is to find; NaN until said.
        planned_sample: users in all arms agreed on before the start; None when nothing was planned.
        whole: whether a test without a plan was said to be over, so that nobody waits for more.
        control: the arm the others are compared with; "" for the usual one.
        weights: arm -> planned traffic; empty until said.
        control_share: planned share of the traffic that stays with the control, the other arms sharing the rest
            equally; NaN until said. For plans made before the names of the arms are known.
        guardrails: (metric, largest acceptable relative loss).
        also: metrics to be told beside the goal; empty for the usual ones.
        less: figures of the file of which less is better.
        margin: gross margin as a share; NaN until said, which counts sales.
        monthly_traffic: users a month whom the decision will meet; NaN until said.
        decision: see `Outcome`; reason: why; decided_on: which day.
        action: id of the action that asked for the test or carries its result out; "" when there is none.
        looks: looks that count, users increasing.
        created: when it was written down, UTC.
    """

    name: str
    hypothesis: str = ""
    owner: str = "operations"
    person: str = ""
    goal: str = ""
    baseline: float = math.nan
    minimum_lift: float = math.nan
    planned_sample: float | None = None
    whole: bool = False
    control: str = ""
    weights: Mapping[str, float] = field(default_factory=dict)
    control_share: float = math.nan
    guardrails: tuple[tuple[str, float], ...] = ()
    also: tuple[str, ...] = ()
    less: tuple[str, ...] = ()
    margin: float = math.nan
    monthly_traffic: float = math.nan
    decision: Outcome = ""
    reason: str = ""
    decided_on: dt.date | None = None
    action: str = ""
    looks: tuple[Looked, ...] = ()
    created: dt.datetime | None = None

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise SpecError(
                Message("An experiment needs a name."), Message("Take the name that stands in the file of the test.")
            )
        if self.owner not in roles():
            raise unknown_name(Message("The role"), self.owner, roles())
        if self.decision not in get_args(Outcome):
            raise unknown_name(Message("The decision"), self.decision, [name for name in get_args(Outcome) if name])
        for key in (*([self.goal] if self.goal else []), *(key for key, _ in self.guardrails), *self.also):
            if key not in presets() and not key.startswith(OWN):
                raise unknown_name(Message("The metric"), key, presets())
        if math.isfinite(self.control_share) and not 0 < self.control_share < 1:
            raise SpecError(
                Message("The share of the old version must lie between 0 and 100%."), Message("Write 0.9 for 90%.")
            )
        if self.planned_sample is not None and not self.planned_sample >= 4:
            raise SpecError(Message("The planned sample must be a number of users."))

    @property
    def stage(self) -> Stage:
        """planned: nobody has looked yet. running: looked at, nothing decided. decided."""
        return "decided" if self.decision else "running" if self.looks else "planned"

    def split(self, spec: Experiment) -> tuple[Mapping[str, float], bool]:
        """Planned traffic of each arm, and whether anybody said so."""
        if self.weights:
            return dict(self.weights), True
        if not self.control_share > 0:
            return spec.arms, spec.split_known
        control = self.control or spec.control
        rest = (1 - self.control_share) / max(1, len(spec.arms) - 1)
        return {arm: self.control_share if arm == control else rest for arm in spec.arms}, True

    def applied_to(self, spec: Experiment) -> Experiment:
        """`spec` with what the register knows: plan, arms, guardrails and the looks taken before this one.

        Args:
            spec: as proposed from the data.
        """
        # Only what was planned before the first look is a plan.
        first = self.looks[0] if self.looks else None
        late = first is not None and first.planned is None
        assumed = None if first is None or not late else first.horizon
        if assumed is not None and not assumed > 0:
            assumed = self.planned_sample
        arms, said = self.split(spec)
        # A figure that a newer file no longer has cannot be judged.
        known = {*presets(), *(figure.key for figure in spec.figures)}
        goal = self.goal if self.goal in known else spec.goal
        rails = tuple(rail for rail in self.guardrails if rail[0] in known) or spec.guardrails
        told = [key for key in self.also if key in known] or spec.secondary
        return replace(
            spec,
            goal=goal,
            control=self.control or spec.control,
            arms=arms,
            split_known=said,
            guardrails=rails,
            secondary=tuple(key for key in told if key != goal and key not in dict(rails)),
            figures=tuple(replace(figure, less_is_better=figure.key in self.less) for figure in spec.figures),
            margin=self.margin if self.margin > 0 else spec.margin,
            monthly_traffic=self.monthly_traffic if self.monthly_traffic > 0 else spec.monthly_traffic,
            minimum_lift=self.minimum_lift if self.minimum_lift > 0 else spec.minimum_lift,
            planned_sample=self.planned_sample if self.planned_sample is not None else spec.planned_sample,
            assumed_sample=assumed,
            whole=self.whole and self.planned_sample is None,
            looks=tuple(look.users for look in self.looks),
        )


_TOLD = frozenset(Trial.__slots__) - {"name", "looks", "created"}


class Register:
    """The experiments of one workspace.

    Args:
        state: state database of the workspace.
    """

    def __init__(self, state: State) -> None:
        self._state = state

    def trials(self) -> list[Trial]:
        """Every experiment as it stands, oldest first."""
        by_name: dict[str, list[journal.Entry]] = {}
        for entry in journal.read(self._state, STREAM):
            by_name.setdefault(entry.subject, []).append(entry)
        return [_trial(name, entries) for name, entries in by_name.items()]

    def trial(self, name: str) -> Trial | None:
        """One experiment; None when nobody has written about it."""
        entries = self.history(name)
        return _trial(name, entries) if entries else None

    def history(self, name: str) -> list[journal.Entry]:
        """Every entry about an experiment, oldest first."""
        return journal.read(self._state, STREAM, name)

    def write(self, name: str, actor: str, **fields: Any) -> Trial:
        """Set fields of an experiment, new or known; what others set meanwhile in other fields stays.

        Args:
            name: as it is written in the data.
            actor: who says so.
            **fields: any field of `Trial` but looks.

        Raises:
            SpecError: a field is unknown or its value not possible, or the planned sample would change after a look.
        """
        told = _plain(fields)
        entries = self.history(name)
        before = _trial(name, entries) if entries else None
        after = _trial(name, entries, told)
        if before is not None and before.looks and before.planned_sample not in {None, after.planned_sample}:
            raise SpecError(
                Message("The planned sample cannot change any more: the test was already looked at."),
                Message("A plan changed after a look protects from nothing. Start the count anew for a new test."),
            )
        journal.append(self._state, STREAM, name, told, actor)
        return after

    def look(
        self,
        name: str,
        actor: str,
        users: float,
        verdict: str,
        last_day: dt.date | None = None,
        horizon: float = math.nan,
    ) -> bool:
        """Write down that the read-out was looked at; looking again at the same users is the same look.

        Args:
            name: as it is written in the data.
            actor: who looked.
            users: users in all arms.
            verdict: kind of the verdict that was shown.
            last_day: last day of the data.
            horizon: `Looks.horizon` of the read-out, by which later looks are judged where nothing was planned.

        Returns:
            Whether this was a new look.
        """
        trial = self.trial(name)
        if trial is not None and trial.looks and users <= trial.looks[-1].users:
            return False
        told = {
            "look": {
                "users": users,
                "verdict": verdict,
                "last_day": last_day.isoformat() if last_day else None,
                "horizon": horizon if math.isfinite(horizon) else None,
            }
        }
        journal.append(self._state, STREAM, name, told, actor)
        return True

    def decide(self, name: str, actor: str, decision: Outcome, reason: str = "", action: str = "") -> Trial:
        """Write down what was decided.

        Raises:
            SpecError: there is no such decision.
        """
        fields: dict[str, Any] = {"decision": decision, "reason": reason, "decided_on": dt.datetime.now(dt.UTC).date()}
        return self.write(name, actor, **fields, **({"action": action} if action else {}))

    def restart(self, name: str, actor: str, reason: str) -> Trial:
        """Count looks from now on: the data under this name belongs to a new test.

        Raises:
            SpecError: there is no such experiment.
        """
        if not self.history(name):
            raise unknown_name(Message("The experiment"), name, [trial.name for trial in self.trials()])
        told = {"restart": reason, "decision": "", "reason": "", "decided_on": None, "whole": False}
        journal.append(self._state, STREAM, name, told, actor)
        return _trial(name, self.history(name))


def _plain(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields as JSON can hold them."""
    unknown = sorted(set(fields) - _TOLD)
    if unknown:
        raise unknown_name(Message("The field"), unknown[0], _TOLD)

    def plain(value: Any) -> Any:
        if isinstance(value, dt.date):
            return value.isoformat()
        return None if isinstance(value, float) and not math.isfinite(value) else value

    told: dict[str, Any] = json.loads(json.dumps({name: plain(value) for name, value in fields.items()}))
    return told


def _trial(name: str, entries: Sequence[journal.Entry], more: Mapping[str, Any] | None = None) -> Trial:
    values: dict[str, Any] = {}
    looks: list[Looked] = []
    for entry in entries:
        if "restart" in entry.fields:
            looks = []
        if "look" in entry.fields:
            told = entry.fields["look"]
            # Two readers who open the same data at once both write; the second is no look of its own.
            if not looks or told["users"] > looks[-1].users:
                day = dt.date.fromisoformat(told["last_day"]) if told["last_day"] else None
                spent = math.nan if told.get("horizon") is None else float(told["horizon"])
                planned = values.get("planned_sample")
                looks.append(Looked(entry.at, entry.actor, told["users"], day, told["verdict"], spent, planned))
        values |= {key: value for key, value in entry.fields.items() if key in _TOLD}
    values |= more or {}
    for key in ("baseline", "minimum_lift", "margin", "monthly_traffic", "control_share"):
        if values.get(key) is None:
            values.pop(key, None)
    if isinstance(values.get("decided_on"), str):
        values["decided_on"] = dt.date.fromisoformat(values["decided_on"])
    values |= {name: tuple(values.get(name) or ()) for name in ("also", "less")}
    values["guardrails"] = tuple((key, float(margin)) for key, margin in values.get("guardrails") or ())
    return Trial(name=name, looks=tuple(looks), created=entries[0].at if entries else None, **values)
