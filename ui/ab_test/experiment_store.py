"""The register of the chosen workspace, and the hypotheses in it."""

from __future__ import annotations

from ecops.experiments.records.register import Register, Trial
from ecops.messages import Term
from sample_data import loading
from ui.parts.text import clean, plain
from ui.state import workspaces

ACTOR = "app"


def register() -> Register:
    """The register of the chosen workspace."""
    return Register(workspaces.current().state)


def hypothesis(trial: Trial | None) -> str:
    """Why the change should work, as plain text; the sample shop's in the reader's language."""
    if trial is None:
        return ""
    if workspaces.is_sample() and trial.name in loading.experiments():
        words = loading.experiments()[trial.name]["hypothesis"]
        return plain(Term(en=words["en"], zh=words["zh"]))
    return clean(trial.hypothesis)
