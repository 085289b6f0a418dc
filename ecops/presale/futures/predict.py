"""What may come of a presale: deposits, balances paid, spot sales behind them, goods that come back.

Every future is drawn whole: one completion, one conversion, one uplift, then the counts that they lead to, so that what
belongs together stays together. All products of a call share the fortunes of the campaign and differ in their counts.
"""

from __future__ import annotations

import functools
import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ecops.errors import SpecError
from ecops.messages import Message
from ecops.presale.campaigns.series import Floats, Series, usable
from ecops.presale.futures.beliefs import Belief, believed
from ecops.presale.futures.conversion import Conversion, conversion_of, kept_of
from ecops.presale.futures.counts import binomial, poisson
from ecops.presale.futures.curve import completion_curve
from ecops.presale.spec import Spec

_TOTAL_SD = 0.5
"""Spread of the log of a product's deposits between its campaigns, where few campaigns tell it."""

_GROWTH_SD = 0.3
"""Shops grow and shrink between campaigns by about so much (log): no first guess is worth more."""

_UPLIFT_SD = 0.3
"""Spread of the log uplift between campaigns, where few campaigns tell it."""

_BACK = 7
"""Deposits are held against what was predicted so many days ago."""

_SHORT = 14
"""In a window of at most so many days one day is enough to predict the next ones from."""

_BREAK = 10.0
"""No break of the pace counts as larger than so many times."""

_ROUGH = 500
"""Futures that tell whether the pace has broken."""


@dataclass(frozen=True, slots=True)
class Demand:
    """Spot demand on usual days.

    Attributes:
        rate: units a day expected on the days to cover, without the event.
        variation: coefficient of variation of the mean over these days, beyond chance: what the forecast gets wrong.
    """

    rate: float
    variation: float = 0.3

    def __post_init__(self) -> None:
        if not (np.isfinite(self.rate) and self.rate >= 0 and np.isfinite(self.variation) and self.variation >= 0):
            raise SpecError(
                Message("The usual demand must be a number of units a day, 0 or more."),
                Message("Give the average daily sales without presale."),
            )


@dataclass(frozen=True, slots=True)
class Prediction:
    """Futures of one product, equally likely; arrays of units, shape (draws,).

    Attributes:
        deposits: units with a deposit when the window closes.
        paid: of them, units that are paid and not cancelled before shipping.
        spot: units sold without presale on the days to cover.
        returned: units that come back early enough to be sold again on these days.
        need: stock that all of this needs: paid + spot - returned.
        conversion: the share of deposits that is paid, across campaigns.
        uplift: log of the uplift of spot demand.
        campaigns: past campaigns that told about completion; 0 means that the shape of the window is a guess.
    """

    deposits: Floats
    paid: Floats
    spot: Floats
    returned: Floats
    need: Floats
    conversion: Conversion
    uplift: Belief
    campaigns: int

    def interval(self, what: str = "need", share: float = 0.9) -> tuple[float, float]:
        """Units between which the outcome lies with probability `share`.

        Args:
            what: deposits, paid, spot, returned or need.
            share: of the futures inside.
        """
        low, high = np.quantile(self._drawn(what), ((1 - share) / 2, (1 + share) / 2), method="inverted_cdf")
        return float(low), float(high)

    def quantile(self, probability: float, what: str = "need") -> float:
        """Units that suffice with a probability."""
        return float(np.quantile(self._drawn(what), probability, method="inverted_cdf"))

    def mean(self, what: str = "need") -> float:
        """Units expected."""
        return float(self._drawn(what).mean())

    def cover(self, units: float) -> float:
        """Share of the futures in which so many units suffice."""
        return float((self.need <= units + 1e-9).mean())

    def _drawn(self, what: str) -> Floats:
        if what not in {"deposits", "paid", "spot", "returned", "need"}:
            raise SpecError(
                Message("{name} is not predicted.", name=what),
                Message("Known are: {names}.", names="deposits, paid, spot, returned, need"),
            )
        found: Floats = getattr(self, what)
        return found


def predict(
    now: Series,
    past: Sequence[Series] = (),
    demand: Demand | None = None,
    spec: Spec | None = None,
    conversion: Conversion | None = None,
) -> Prediction:
    """Draw the futures of one product in a running campaign.

    Args:
        now: what is known today.
        past: campaigns that are over, of this product and of others.
        demand: usual spot demand; none when None.
        spec: uplift, halo, cannibal, cancel (without it past campaigns tell, where they do), returns, draws, seed.
        conversion: share of deposits that is paid; that of the past campaigns when None.
    """
    chosen = spec or Spec()
    count = chosen.draws
    random = np.random.default_rng((chosen.seed, zlib.crc32(now.sku.encode())))
    analogues = usable(past, now.sku)
    deposits = _deposits(now, past, analogues, 1.0, count, chosen.seed, random, pace_of(now, past, chosen))
    rate = conversion or conversion_of(analogues)
    promised = _paid(now, deposits, rate, chosen, random)
    paid = _kept(promised, analogues, chosen, random)
    uplift = uplift_of(past, now.sku, chosen)
    spot = _spot(demand, paid, uplift, chosen, random)
    back = (chosen.returns or 0.0) * max(1 - chosen.return_days / chosen.cover_days, 0.0)
    returned = paid + spot - binomial(random, paid + spot, 1 - back) if back > 0 else np.zeros(count)
    return Prediction(
        deposits,
        paid,
        spot,
        returned,
        paid + spot - returned,
        rate,
        uplift,
        len(completion_curve(analogues).past),
    )


def deposits_by(
    now: Series, past: Sequence[Series], upto: float, spec: Spec | None = None, pace: float = 1.0
) -> Floats:
    """Futures of the deposits by a share `upto` of the window, shape (draws,); for `pace` see `pace_of`."""
    chosen = spec or Spec()
    random = np.random.default_rng((chosen.seed, zlib.crc32(now.sku.encode())))
    return _deposits(now, past, usable(past, now.sku), upto, chosen.draws, chosen.seed, random, pace)


def origin_of(now: Series, back: int = _BACK) -> Series | None:
    """What was known `back` days ago, of a window of few days at a third of those seen; None where it is too early."""
    known = max(now.seen - back, math.ceil(now.seen / 3))
    early = known < 1 or known >= now.seen or (known < 2 and now.days > _SHORT)
    return None if early else now.until(known)


def pace_of(now: Series, past: Sequence[Series], spec: Spec | None = None) -> float:
    """Deposits of the last days over those that past campaigns let expect, where both cannot be reconciled; else 1.

    A rival's price war or a stopped campaign is nothing that past campaigns tell. Whether such a break lasts nobody
    knows: the futures hold every pace between this one and the usual one.
    """
    origin = None if now.closed else origin_of(now)
    if origin is None:
        return 1.0
    expected = deposits_by(origin, past, now.elapsed, replace(spec or Spec(), draws=_ROUGH)) - origin.total
    came = now.total - origin.total
    low, middle, high = np.sort(expected)[[_ROUGH // 20, _ROUGH // 2, -_ROUGH // 20 - 1]]
    if low <= came <= high:
        return 1.0
    return float(np.clip((came + 0.5) / (middle + 0.5), 1 / _BREAK, _BREAK))


def _deposits(
    now: Series,
    past: Sequence[Series],
    analogues: Sequence[Series],
    upto: float,
    count: int,
    seed: int,
    random: np.random.Generator,
    pace: float = 1.0,
) -> Floats:
    """Units with a deposit by `upto`: what is there and what still comes.

    The whole is a gamma distributed first guess, from the product's own past campaigns; completion is logit-normal with
    learned parameters; what was seen is Poisson. The posterior is drawn exactly: completions are resampled by how well
    they explain what was seen, the whole is gamma given each of them.
    """
    seen = now.total
    if now.elapsed >= upto:
        return np.full(count, seen)
    order = _shuffled(count, seed, 1)
    guess, strength = first_guess(past, now.sku, upto)
    if now.seen == 0:
        whole = random.standard_gamma(strength, count) * (guess / strength) if strength else np.zeros(count)
        return poisson(random, whole)
    curve = completion_curve(analogues)
    done = 1 / (1 + np.exp(-curve.belief(now.elapsed, upto).draws(count)))
    done = np.clip(done, 1e-6, 1 - 1e-9)
    prior = strength / guess if strength else 0.0
    if strength:
        weight = seen * np.log(done) - (strength + seen) * np.log(prior + done)
        share = np.cumsum(np.exp(weight - weight.max()))
        # Systematic resampling keeps the order, and with it what products of one campaign have in common.
        done = done[np.searchsorted(share, (np.arange(count) + 0.5) / count * share[-1])]
    done = done[order]
    # Without any first guess half a unit stands in, so that no deposit yet does not mean none ever.
    whole = random.standard_gamma(seen + (strength or 0.5), count) / (prior + done)
    rest = whole * (1 - done)
    if pace != 1.0:
        rest = rest * pace ** ((_shuffled(count, seed, 6) + 0.5) / count)
    return seen + poisson(random, rest)


def first_guess(past: Sequence[Series], sku: str, upto: float = 1.0) -> tuple[float, float]:
    """Deposits expected before any has come, and the worth of this guess as the shape of a gamma distribution.

    Returns:
        (units, shape); (0, 0) for a product that was in no campaign before.
    """
    own = [series.by(upto) for series in past if series.sku == sku and series.closed]
    own = [units for units in own if units > 0]
    if not own:
        return 0.0, 0.0
    belief = believed([math.log(units) for units in own], [1 / units for units in own], sd=_TOTAL_SD, weight=0.0)
    spread = belief.scale**2 + _GROWTH_SD**2
    return float(np.exp(belief.location + spread / 2)), 1 / spread


def uplift_of(past: Sequence[Series], sku: str, spec: Spec) -> Belief:
    """Log of spot units on the covered days over usual ones: own campaigns drawn to no uplift, or as chosen."""
    if spec.uplift is not None:
        return Belief(float(np.log(spec.uplift)), spec.uplift_spread, 30.0, 0)
    told = [
        (series.spot, series.base * spec.cover_days)
        for series in past
        if series.sku == sku and series.spot > 0 and series.base > 0
    ]
    ratios = [math.log(spot / usual) for spot, usual in told]
    # 28 days of usual sales tell the base.
    within = [1 / spot + spec.cover_days / (28 * usual) for spot, usual in told]
    return believed(ratios, within, sd=_UPLIFT_SD)


def _paid(now: Series, deposits: Floats, conversion: Conversion, spec: Spec, random: np.random.Generator) -> Floats:
    """Units paid of the deposits, at least those that are paid and at most those that are not forfeited."""
    count = len(deposits)
    if now.settled:
        return np.full(count, min(now.paid, now.total))
    rate = conversion.draws(count, spec.seed)
    drawn = binomial(random, deposits, rate)
    floor = now.paid if np.isfinite(now.paid) else 0.0
    lost = now.expired if np.isfinite(now.expired) else 0.0
    if floor <= 0 and lost <= 0:
        return drawn
    # Futures that contradict what is known already are struck out; a few that are left stand for all.
    fits = np.flatnonzero((drawn >= floor) & (drawn <= deposits - lost))
    if len(fits) >= count // 100:
        drawn = drawn[fits[random.integers(len(fits), size=count)]] if now.closed else drawn
    return np.clip(drawn, np.minimum(floor, deposits), np.maximum(deposits - lost, 0))


def _kept(promised: Floats, analogues: Sequence[Series], spec: Spec, random: np.random.Generator) -> Floats:
    """Units of the paid ones that are not cancelled before shipping."""
    if spec.cancel is None:
        kept = kept_of(analogues)
        if kept.campaigns:
            # The seed after next: what is cancelled has no share in the fortunes of what is paid.
            return binomial(random, promised, kept.draws(len(promised), spec.seed + 2))
    cancelled = spec.supposed("cancel")
    return binomial(random, promised, 1 - cancelled) if cancelled > 0 else promised


def _spot(demand: Demand | None, paid: Floats, uplift: Belief, spec: Spec, random: np.random.Generator) -> Floats:
    """Units sold without presale on the days to cover."""
    count = len(paid)
    if demand is None or demand.rate <= 0:
        return np.zeros(count)
    factor = np.exp(uplift.draws(count))[_shuffled(count, spec.seed, 3)]
    mean = np.maximum(demand.rate * spec.cover_days - spec.cannibal * paid, 0.0) + spec.halo * paid
    if demand.variation > 0:
        shape = 1 / demand.variation**2
        factor = factor * random.standard_gamma(shape, count) / shape
    return poisson(random, mean * factor)


@functools.lru_cache(maxsize=16)
def _shuffled(count: int, seed: int, purpose: int) -> NDArray[np.int64]:
    """One order of the draws for one purpose: the same for all products, so that they share a campaign's fortune."""
    return np.random.default_rng((seed, purpose)).permutation(count)
