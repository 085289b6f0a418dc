"""The parameters behind a review: which handbook numbers, or the shop's own, decided its findings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ecops.finding import Finding
from ecops.handbook import cited, overrides
from ecops.messages import Message, Value
from ecops.reports.model import Section, Table


def listed(finding: Finding, shop: Any = None) -> Value:
    """The parameters that decided a finding, in one line.

    Args:
        finding: that names some.
        shop: see `ecops.handbook.overrides`; the handbooks' values when None.
    """
    told: Value = ""
    for one in cited(finding, shop):
        told = Message("{first}; {second}", first=told, second=one.told) if told else one.told
    return told


def decided(findings: Sequence[Finding], shop: Any = None) -> list[Section]:
    """The parameters that decided the findings, and every other one that the shop changed; nothing where there is none.

    Args:
        findings: of the review.
        shop: see `ecops.handbook.overrides`.
    """
    keys = [*(key for finding in findings for key in finding.parameters), *overrides(shop)]
    rows = tuple(
        (
            one.parameter.label,
            one.parameter.written(one.value),
            one.parameter.written(one.parameter.value),
            Message("{handbook}, row {row}", handbook=one.parameter.source, row=one.parameter.row),
            one.source or (Message("your own") if one.own else Message("handbook")),
        )
        for one in cited(keys, shop)
    )
    if not rows:
        return []
    columns = (
        Message("Parameter"), Message("Value"), Message("In the handbook"), Message("Handbook and row"),
        Message("Source of the value"),
    )  # fmt: skip
    return [Section(Message("Parameters that decided"), (Table(columns, rows),))]
