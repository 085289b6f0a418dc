"""On which key figure are we ahead of peers or behind them, how sure is that, and what is the gap worth?

Percentile = (peers below + half of those equal) / peers, with a Jeffreys interval Beta(k + 1/2, n - k + 1/2) (Brown,
Cai and DasGupta 2001). A verdict is given only when that interval leaves out 50 % and the interval of our own figure
leaves out the median of the peers. The interval of the median is that of order statistics, which needs no shape of the
distribution; the interval of a gap joins both by squares (Zou and Donner 2008).
"""

from __future__ import annotations

import functools
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ecops.errors import DataError, SpecError, unknown_name
from ecops.messages import Count, Message, Term
from ecops.statistics import benjamini_hochberg
from ecops.statistics.intervals import wilson

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Verdict = Literal["ahead", "behind", "no_evidence", "few", "unknown"]

FEWEST = 5
"""Fewer peers are shown as dots, without a percentile."""

_ODD = 5.0
"""A peer further from the median than so many robust standard deviations is named, in case of a slip of the pen."""

_FLOOR = {"logit": 0.02, "log": 0.01}
"""Least spread on the scale of comparison, so that equal peers do not make every shop extreme."""


@dataclass(frozen=True, slots=True)
class Kpi:
    """How one key figure is compared; the fields are those of `kpis.toml`."""

    key: str
    metric: str
    scale: Literal["logit", "log"]
    better: Literal["high", "low"]
    factor: str
    rule: str

    @property
    def label(self) -> Term:
        """What people call it."""
        from ecops.tables import table

        return table("peer_kpis")[self.key].label

    @property
    def is_rate(self) -> bool:
        """Whether it is a share."""
        return self.scale == "logit"


@functools.cache
def kpis() -> Mapping[str, Kpi]:
    """Every key figure by the name of its column."""
    entries = tomllib.loads((Path(__file__).parent / "kpis.toml").read_text("utf-8"))
    return {key: Kpi(key, **entry) for key, entry in entries.items()}


@dataclass(frozen=True, slots=True)
class Own:
    """One key figure of ours.

    Attributes:
        value: in the unit of the figure, a rate as a share; NaN when not known.
        low, high: its interval; equal to the value when it is counted in full, NaN when nothing is known of its error.
        n: cases behind it; 0 when not known.
    """

    value: float
    low: float = math.nan
    high: float = math.nan
    n: int = 0

    @classmethod
    def of_counts(cls, successes: float, trials: float, confidence: float = 0.9) -> Own:
        """A rate with its Wilson interval."""
        if not trials > 0:
            return cls(math.nan)
        low, high = wilson(successes, trials, level=confidence)
        return cls(successes / trials, float(low), float(high), int(trials))


@dataclass(frozen=True, slots=True)
class Gaps:
    """Our key figures beside those of peers.

    Attributes:
        table: one row a figure that both sides have, the dearest gap first. kpi; own, own_low, own_high; n_peers; q25,
            median, q75, top (mean of the best quarter), median_low, median_high; percentile, percentile_low,
            percentile_high (share of peers below us, turned where less is better; NaN below `FEWEST` peers); robust_z
            (positive is good); gap_abs (ours - median), gap_rel; verdict (see `Verdict`); q_value (that the median peer
            is like us, corrected for all figures); money, money_low, money_high (what the median would bring in the
            span of the figures; negative where we are ahead; NaN where a gap has no price).
        peers: names of the shops compared with.
        confidence: coverage of all intervals.
        notes: what was left out, and peers whose figure looks like a slip of the pen.
    """

    table: pd.DataFrame
    peers: tuple[str, ...]
    confidence: float
    notes: tuple[Message, ...]


def compare_kpis(
    own: Mapping[str, Own | float | tuple[float, float]],
    peers: pd.DataFrame,
    *,
    figures: Sequence[str] | None = None,
    min_peers: int = FEWEST,
    confidence: float = 0.9,
    target: Literal["median", "top"] = "median",
) -> Gaps:
    """Our key figures beside those of peers, one row a shop.

    Args:
        own: name of the figure (see `kpis`) -> `Own`, a plain number, or (successes, trials) of a rate.
        peers: one row a shop: `shop` and any columns of `peer_kpis`.
        figures: which to compare; all that both sides have when None.
        min_peers: fewer get no percentile and no verdict; never below 5.
        confidence: coverage of every interval.
        target: what the money is worked out to: the median peer, or the mean of the best quarter.

    Raises:
        DataError: the rows are index values of a platform, which can never be turned into money, or a shop stands in
            two rows.
        SpecError: no such figure.
    """
    import pandas as pd

    if "is_index" in peers and peers["is_index"].fillna(False).astype(bool).any():
        raise DataError(
            Message("These are index values of a platform, not amounts: they give ranks and ratios, never money."),
            Message("Compare them with the index of your own shop instead, or load a table of real figures."),
            {"table": "peer_kpis", "column": "is_index"},
        )
    names = tuple(peers["shop"].astype(str)) if "shop" in peers else ()
    if len(set(names)) < len(names):
        raise DataError(
            Message("A shop stands in two rows."), Message("Choose one span, one row a shop."), {"table": "peer_kpis"}
        )
    if not 0 < confidence < 1:
        raise SpecError(Message("Confidence is a share between 0 and 1."), Message("Write 90 % as 0.9."))
    wanted = tuple(figures) if figures is not None else tuple(kpis())
    mine = {name: _as_own(name, own[name], confidence) for name in wanted if name in own}
    notes: list[Message] = []
    rows = []
    for name, ours in mine.items():
        entry = _known(name)
        if name not in peers or not math.isfinite(ours.value):
            continue
        values, impossible = _clean(peers[name].to_numpy(dtype=np.float64, na_value=np.nan), entry)
        if impossible:
            notes.append(
                Message("{n} values of {kpi} are impossible and were left out.", n=Count(impossible), kpi=entry.label)
            )
        if not np.isfinite(values).any():
            continue
        odd = _odd(values, entry)
        notes += [
            Message("{kpi} of {shop} lies far from all others; check it.", kpi=entry.label, shop=names[place])
            for place in np.flatnonzero(odd)
            if names
        ]
        rows.append(_row(entry, ours, values[np.isfinite(values)], max(min_peers, FEWEST), confidence))
    table = _table(rows, mine, target)
    return Gaps(table if len(table) else pd.DataFrame(table), names, confidence, tuple(notes))


def _known(name: str) -> Kpi:
    if name not in kpis():
        raise unknown_name(Message("The figure"), name, kpis())
    return kpis()[name]


def _as_own(name: str, value: Any, confidence: float) -> Own:
    _known(name)
    if isinstance(value, Own):
        return value
    if isinstance(value, tuple):
        return Own.of_counts(float(value[0]), float(value[1]), confidence)
    return Own(float(value))


def _clean(values: Floats, entry: Kpi) -> tuple[Floats, int]:
    """Values that can be, and how many cannot: rates above 1 or below 0, amounts that are not positive."""
    wrong = (values < 0) | (values > 1) if entry.is_rate else values <= 0
    return np.where(wrong, np.nan, values), int(wrong.sum())


def _scaled(values: Floats | float, entry: Kpi) -> Floats:
    """On the scale where spread is alike: logarithm of odds of rates, logarithm of amounts."""
    raw = np.asarray(values, dtype=np.float64)
    if entry.scale == "log":
        return np.log(raw)
    held = np.clip(raw, 1e-4, 1 - 1e-4)
    result: Floats = np.log(held / (1 - held))
    return result


def _spread(values: Floats, entry: Kpi) -> tuple[float, float]:
    """Median and robust standard deviation (1.4826 MAD) on the scale of comparison."""
    scaled = _scaled(values, entry)
    middle = float(np.median(scaled))
    return middle, max(1.4826 * float(np.median(np.abs(scaled - middle))), _FLOOR[entry.scale])


def _odd(values: Floats, entry: Kpi) -> NDArray[np.bool_]:
    there = np.isfinite(values)
    if there.sum() < FEWEST:
        return np.zeros(len(values), dtype=bool)
    middle, spread = _spread(values[there], entry)
    with np.errstate(invalid="ignore"):
        result: NDArray[np.bool_] = np.abs(_scaled(values, entry) - middle) > _ODD * spread
    return result


def jeffreys(successes: float, trials: int, confidence: float) -> tuple[float, float]:
    """Jeffreys interval of a share, 0 and 1 where nothing or everything is on one side.

    >>> [round(end, 3) for end in jeffreys(2, 5, 0.9)]
    [0.128, 0.739]
    """
    from scipy import special

    tail = (1 - confidence) / 2
    low = special.betaincinv(successes + 0.5, trials - successes + 0.5, tail)
    high = special.betaincinv(successes + 0.5, trials - successes + 0.5, 1 - tail)
    return 0.0 if successes == 0 else float(low), 1.0 if successes == trials else float(high)


def median_interval(values: Floats, confidence: float) -> tuple[float, float]:
    """Interval of the median by order statistics; (NaN, NaN) where too few values can give that much confidence.

    >>> median_interval(np.arange(1.0, 11.0), 0.95)
    (2.0, 9.0)
    """
    from scipy import special

    size = len(values)
    # The r-th smallest and the r-th largest hold the median unless fewer than r of n coins fall on one side.
    covered = 1 - 2 * special.bdtr(np.arange(size // 2, dtype=np.float64), size, 0.5)
    fitting = np.flatnonzero(covered >= confidence)
    if not len(fitting):
        return math.nan, math.nan
    ordered, place = np.sort(values), int(fitting[-1])
    return float(ordered[place]), float(ordered[size - 1 - place])


def _row(entry: Kpi, ours: Own, values: Floats, min_peers: int, confidence: float) -> dict[str, Any]:
    size = len(values)
    q25, median, q75 = (float(value) for value in np.quantile(values, [0.25, 0.5, 0.75]))
    best = np.sort(values)[:: 1 if entry.better == "low" else -1][: max(1, round(size / 4))]
    middle, spread = _spread(values, entry)
    sign = 1.0 if entry.better == "high" else -1.0
    row: dict[str, Any] = {
        "kpi": entry.key,
        "own": ours.value,
        "own_low": ours.low,
        "own_high": ours.high,
        "n_peers": size,
        "q25": q25,
        "median": median,
        "q75": q75,
        "top": float(best.mean()),
        "percentile": math.nan,
        "percentile_low": math.nan,
        "percentile_high": math.nan,
        "robust_z": sign * (float(_scaled(ours.value, entry)) - middle) / spread if ours.value > 0 else math.nan,
        "gap_abs": ours.value - median,
        "gap_rel": ours.value / median - 1 if median else math.nan,
        "verdict": "few",
        "p_value": math.nan,
    }
    row["median_low"], row["median_high"] = median_interval(values, confidence)
    if size < min_peers:
        row["robust_z"] = math.nan
        return row
    below = sign * (ours.value - values)
    count = float((below > 0).sum() + 0.5 * (below == 0).sum())
    row["percentile"] = count / size
    row["percentile_low"], row["percentile_high"] = jeffreys(count, size, confidence)
    row["verdict"] = _verdict(row, sign)
    row["p_value"] = _sign_test(count, size)
    return row


def _verdict(row: Mapping[str, Any], sign: float) -> Verdict:
    if not (math.isfinite(row["own_low"]) and math.isfinite(row["own_high"])):
        return "unknown"
    above, under = row["own_low"] > row["median"], row["own_high"] < row["median"]
    good, bad = (above, under) if sign > 0 else (under, above)
    if row["percentile_low"] > 0.5 and good:
        return "ahead"
    if row["percentile_high"] < 0.5 and bad:
        return "behind"
    return "no_evidence"


def _sign_test(count: float, size: int) -> float:
    """Two-sided probability that a median shop has so few, or so many, peers below it; half counts are given away."""
    from scipy import special

    fewer = math.ceil(min(count, size - count) - 1e-9)
    return min(1.0, 2 * float(special.bdtr(fewer, size, 0.5)))


def _table(rows: list[dict[str, Any]], mine: Mapping[str, Own], target: str) -> pd.DataFrame:
    import pandas as pd

    from ecops.competitors.standing.money import priced

    names = (
        "kpi", "own", "own_low", "own_high", "n_peers", "q25", "median", "q75", "top", "median_low", "median_high",
        "percentile", "percentile_low", "percentile_high", "robust_z", "gap_abs", "gap_rel", "verdict", "q_value",
        "money", "money_low", "money_high",
    )  # fmt: skip
    if not rows:
        return pd.DataFrame({name: [] for name in names})
    table = pd.DataFrame(rows)
    table["q_value"] = benjamini_hochberg(table["p_value"].to_numpy(dtype=np.float64))
    worth = [priced(kpis()[row["kpi"]], row, mine, target) for row in rows]
    table[["money", "money_low", "money_high"]] = np.array(worth, dtype=np.float64)
    size = table["money"].fillna(-math.inf)
    return table.assign(order=size).sort_values("order", ascending=False, kind="stable", ignore_index=True)[list(names)]
