"""From a business question to its figures, the page that answers it, and the method."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ecops.messages import Term

Kind = Literal["descriptive", "diagnostic", "predictive"]


@dataclass(frozen=True, slots=True)
class Question:
    """One question.

    Attributes:
        question: as a manager asks it.
        kind: descriptive (what is), diagnostic (why), predictive (what will be).
        metrics: keys of the figures that answer it.
        page: stem of the page's script.
        method: how it is answered.
    """

    question: Term
    kind: Kind
    metrics: tuple[str, ...]
    page: str
    method: Term


@functools.cache
def questions() -> tuple[Question, ...]:
    """Every question, in the order of the file."""
    entries = tomllib.loads(Path(__file__).with_name("questions.toml").read_text("utf-8"))["questions"]
    return tuple(
        Question(Term(**one["question"]), one["kind"], tuple(one["metrics"]), one["page"], Term(**one["method"]))
        for one in entries
    )
