"""What would the result be if traffic, conversion or value changed? Exact, beside the base case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecops import statistics as st
from ecops.errors import SpecError, unknown_name
from ecops.messages import Message

if TYPE_CHECKING:
    import pandas as pd

    from ecops.metrics.analysis import Kpis

FACTORS = ("visitors", "conversion", "value")
"""Factors of GMV: people, a rate between 0 and 1, money a buyer."""


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A base case and a scenario.

    Attributes:
        table: one row a factor and one for "gmv": `factor`, `base`, `scenario`, `difference`.
        base: GMV of the base case, money.
        scenario: GMV of the scenario, money.
        low: lower end of the 95 % interval of the difference; NaN when the base has no noise to take it from.
        high: upper end.
    """

    table: pd.DataFrame
    base: float
    scenario: float
    low: float
    high: float

    @property
    def difference(self) -> float:
        """Scenario minus base, money."""
        return self.scenario - self.base


def what_if(base: Kpis | Mapping[str, float], **changes: float) -> WhatIf:
    """Change factors of GMV by shares and see what it does.

    `GMV = visitors x conversion x value`, so the scenario is the product of the changed factors, exactly. The interval
    is that of a later period like this one: the relative noise of two weeks' GMV, carried to the difference.

    Args:
        base: figures of a period (`ecops.growth.kpis`), or a mapping of the three factors.
        **changes: relative change of a factor: `visitors=+0.1` is ten per cent more.

    Raises:
        SpecError: a factor that does not exist, a change below -100 %, a conversion above 1, or a base without traffic.

    >>> case = what_if({"visitors": 100_000, "conversion": 0.03, "value": 200}, visitors=0.1, conversion=-0.05)
    >>> case.base, round(case.scenario, 2), round(case.difference, 2)
    (600000.0, 627000.0, 27000.0)
    """
    import pandas as pd

    values, error = _base(base)
    wrong = next((name for name in FACTORS if not values[name] >= 0), None)
    if wrong is not None or values["conversion"] > 1:
        raise SpecError(
            Message(
                "A base of {value} for {name} means nothing.",
                name=wrong or "conversion",
                value=values[wrong or "conversion"],
            ),
            Message("Visitors and value are 0 or more, conversion is a share between 0 and 1."),
        )
    for name, change in changes.items():
        if name not in FACTORS:
            raise unknown_name(Message("The factor"), name, FACTORS)
        if not change >= -1:
            raise SpecError(Message("A factor cannot fall by more than everything."), Message("Give -1 or more."))
    scenario = {name: values[name] * (1 + changes.get(name, 0.0)) for name in FACTORS}
    if scenario["conversion"] > 1:
        raise SpecError(Message("The conversion of the scenario is above 100%."), Message("Raise it by less."))
    old, new = (float(np.prod([side[name] for name in FACTORS])) for side in (values, scenario))
    rows = [*((name, values[name], scenario[name]) for name in FACTORS), ("gmv", old, new)]
    table = pd.DataFrame(rows, columns=["factor", "base", "scenario"])
    table["difference"] = table["scenario"] - table["base"]
    half = abs(new - old) * error * float(st.critical_value())
    return WhatIf(table, old, new, new - old - half, new - old + half)


def _base(base: Kpis | Mapping[str, float]) -> tuple[dict[str, float], float]:
    """The factors, and the relative standard error of the GMV they make; NaN when there is none."""
    if isinstance(base, Mapping):
        for name in FACTORS:
            if name not in base:
                raise unknown_name(Message("The factor"), name, tuple(map(str, base)))
        return {name: float(base[name]) for name in FACTORS}, float("nan")
    keys = {"visitors": "visitors", "conversion": "pay_conversion", "value": "value_per_buyer"}
    gmv = base["gmv"]
    values = {name: base[key].value for name, key in keys.items()}
    if not np.isclose(np.prod(list(values.values())), gmv.value):
        # Some days lack a factor; only on the others do the factors make up GMV.
        values = {name: base[key].like for name, key in keys.items()}
    if base.basis != "traffic" or not all(np.isfinite(value) for value in values.values()):
        raise SpecError(
            Message("Without visitors there is no conversion to change."), Message("Load the daily traffic report.")
        )
    if not np.isfinite(gmv.high) or not gmv.previous:
        return values, float("nan")
    relative_half = (gmv.high - gmv.low) / 2 / gmv.previous
    return values, relative_half / float(st.critical_value())
