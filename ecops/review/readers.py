"""Who reads which parameter of the handbooks: capabilities, goals, benchmarks."""

from __future__ import annotations

from collections.abc import Mapping

from ecops.capability import capabilities
from ecops.messages import Term
from ecops.metrics.beside import benchmarks
from ecops.metrics.told import completeness
from ecops.review import goals
from ecops.review.meetings import checklists

_GOALS = Term(en="Goals by stage", zh="阶段目标")
_BENCHMARKS = Term(en="Benchmarks", zh="参考基准")
_LISTS = Term(en="Countdown to a promotion", zh="大促倒计时")
_COMPLETENESS = Term(en="Data completeness", zh="数据完整度")


def readers() -> Mapping[str, tuple[Term, ...]]:
    """Key of a parameter -> what it decides, for every parameter that somebody says it reads."""
    found: dict[str, list[Term]] = {}
    told = [(guest.label, guest.cites) for guest in capabilities().values()]
    for label, keys in (
        *told,
        (_GOALS, goals.cites()),
        (_BENCHMARKS, benchmarks.CITES),
        (_COMPLETENESS, completeness.CITES),
        (_LISTS, checklists.cites()),
    ):
        for key in keys:
            found.setdefault(key, []).append(label)
    return {key: tuple(labels) for key, labels in found.items()}
