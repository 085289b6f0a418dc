"""Prices and titles worth trying, each as a test that is sized and can be written down as planned."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ecops.competitors.market.coverage import Coverage
from ecops.competitors.pricing.place import MOST_STEP
from ecops.competitors.view import Prices, Standing
from ecops.finding import Trial
from ecops.messages import Count, Message, Money, Percent
from ecops.statistics.comparisons import trials_needed

if TYPE_CHECKING:
    from ecops.competitors.standing.products import ProductFigures

Kind = Literal["price", "title"]

MOST = 5
"""Ideas of a kind."""

TITLE_LIFT = 0.1
"""Relative change of the rate that a test of a title is sized for."""

_METRICS = {"click_rate": "ctr", "conversion_rate": "conversion"}
"""What tests call these rates."""


@dataclass(frozen=True, slots=True)
class Idea:
    """One thing to try.

    Attributes:
        kind: what is changed.
        sku: of which product.
        text: the change and what it has to bring.
        trial: the test; None where no rate of the product is known to size it with.
    """

    kind: Kind
    sku: str
    text: Message
    trial: Trial | None


def ideas(
    standing: Standing | None, prices: Prices | None, covered: Coverage | None, figures: ProductFigures | None
) -> tuple[Idea, ...]:
    """Prices outside the band and titles that lack a searched word, best sellers and most searched words first.

    Args:
        standing: our own rates, where a product's are not known.
        prices: see `ecops.competitors.view.prices`.
        covered: see `ecops.competitors.market.coverage`.
        figures: figures of single products.
    """
    rates = _Rates(standing, figures)
    found: list[Idea] = []
    if prices is not None:
        rows = prices.places.to_dict("records")
        found += [idea for row in rows if (idea := price_idea(row, prices, rates)) is not None][:MOST]
    if covered is not None:
        found += [title_idea(row, rates) for row in covered.lacking.head(MOST).to_dict("records")]
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Rates:
    """The rate that a test starts from: the product's own, else the shop's."""

    standing: Standing | None
    figures: ProductFigures | None

    def of(self, sku: str, *names: str) -> tuple[str, float]:
        """Key of the first metric that is known, and its value; ("", NaN) when none is."""
        known: Mapping[str, Any] = self.figures.own.get(sku, {}) if self.figures is not None else {}
        for where in (known, self.standing.own if self.standing is not None else {}):
            for name in names:
                if name in where and 0 < where[name].value < 1:
                    return _METRICS[name], float(where[name].value)
        return "", math.nan


def price_idea(row: Mapping[str, Any], prices: Prices, rates: _Rates) -> Idea | None:
    """Towards the band, by at most 20 % and never below the floor; None for prices that should stay.

    The test has to show the change of conversion at which the gross profit (the takings, where the cost is not known)
    stays what it is: less is a loss, more a gain.
    """
    if row["step"] not in {"raise", "lower", "test"}:
        return None
    sku, price, cost = str(row["sku"]), float(row["price"]), float(row["cost"])
    wanted = wanted_price(row)
    if not math.isfinite(wanted) or abs(wanted / price - 1) < 0.01:
        return None
    cost = cost if 0 < cost < min(price, wanted) else 0.0
    lift = (price - cost) / (wanted - cost) - 1
    sentence = (
        Message("{product}: try {wanted} instead of {price}. Conversion may fall by {lift} before it costs money.")
        if lift < 0
        else Message("{product}: try {wanted} instead of {price}. Conversion has to rise by {lift} to pay for it.")
    )
    text = Message(
        sentence.id,
        product=str(row["title"]),
        wanted=Money(wanted, prices.currency),
        price=Money(price, prices.currency),
        lift=Percent(abs(lift)),
    )
    return Idea("price", sku, text, _sized(f"price_{sku}", text, rates.of(sku, "conversion_rate"), lift))


def wanted_price(row: Mapping[str, Any]) -> float:
    """The price to try: what the rule says, else one careful step to the near end of the band."""
    price, target = float(row["price"]), float(row["target"])
    if math.isfinite(target):
        return round(target, 2)
    if row["verdict"] == "above":
        floor = float(row["floor"])
        least = max(float(row["high"]), price * (1 - MOST_STEP))
        return round(min(max(least, floor) if math.isfinite(floor) else least, price), 2)
    if row["verdict"] == "below":
        return round(min(float(row["low"]), price * (1 + MOST_STEP)), 2)
    return math.nan


def title_idea(row: Mapping[str, Any], rates: _Rates) -> Idea:
    """A searched word that stands in no title of ours, into the title that comes nearest to it."""
    sku = str(row["sku"])
    text = Message(
        "Put “{word}” into the title of {product}: it was searched {n} times in four weeks and no title holds it.",
        word=str(row["word"]),
        product=str(row["title"]),
        n=Count(float(row["searches"])),
    )
    rate = rates.of(sku, "click_rate", "conversion_rate")
    return Idea("title", sku, text, _sized(f"title_{sku}_{row['word']}", text, rate, TITLE_LIFT))


def _sized(name: str, hypothesis: Message, rate: tuple[str, float], lift: float) -> Trial | None:
    key, baseline = rate
    if not key or not 0 < baseline * (1 + lift) < 1:
        return None
    sample = 2 * float(trials_needed(baseline, lift))
    return Trial(name, hypothesis, key, baseline, abs(lift), sample) if math.isfinite(sample) else None
