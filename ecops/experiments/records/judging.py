"""An experiment of the data with what is known of it, judged the same on the page, in the review and by the command."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ecops.experiments.analysis import analyse

if TYPE_CHECKING:
    from ecops.experiments.design.spec import Experiment
    from ecops.experiments.reading.tally import Tally
    from ecops.experiments.reading.workspace import Held
    from ecops.experiments.records.register import Trial
    from ecops.experiments.results.readout import Readout


@dataclass(frozen=True, slots=True)
class Judged:
    """One experiment as it was judged.

    Attributes:
        spec: with plan, arms, metrics and looks of the register.
        readout: see `analyse`.
        planned: whether a sample was agreed on, or the test is over.
    """

    spec: Experiment
    readout: Readout
    planned: bool


def asked(held: Held, trial: Trial | None) -> Experiment:
    """What is to be judged: as the data proposes it, changed by what the register knows, with its money measured.

    Args:
        held: the experiment as the data has it.
        trial: the same in the register; None when nobody wrote about it.

    Raises:
        EcopsError: there is one arm only, or no figure that could decide.
    """
    proposed = held.spec()
    return held.with_money(proposed if trial is None else trial.applied_to(proposed))


def judge(tally: Tally, held: Held, trial: Trial | None) -> Judged:
    """Judge an experiment by what the register knows of it: its plan and the looks taken so far.

    Args:
        tally: its data, from `tally_of`.
        held: the experiment as the data has it.
        trial: the same in the register.
    """
    return judged(tally, asked(held, trial), tuple(look.users for look in trial.looks) if trial else ())


def judged(tally: Tally, spec: Experiment, looked: tuple[float, ...] = ()) -> Judged:
    """Judge an experiment that was looked at before.

    Without a plan, the sample that the smallest change worth having needs stands in for one from the first look on.
    That nobody came lately is no plan, and neither is the word that the test is over: whoever ends a test when it looks
    good has chosen its sample by the result.

    Args:
        tally: its data, from `tally_of`.
        spec: what is to be judged.
        looked: users in all arms at each earlier look, increasing.
    """
    spec = replace(spec, looks=looked)
    return Judged(spec, analyse(tally, spec), spec.planned_sample is not None or spec.whole)
