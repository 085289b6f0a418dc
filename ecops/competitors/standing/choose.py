"""Against whom do we compare: shops of our tier, and among them three to five by name with the reason for each."""

from __future__ import annotations

import functools
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ecops.errors import DataError, SpecError, unknown_name
from ecops.handbook import parameter
from ecops.messages import Count, Message, Number, Percent

if TYPE_CHECKING:
    import pandas as pd

PRICE_TOLERANCE = 0.10
SALES_RATIO = 3.0
RISING = 0.5
"""Rules of practice: a direct rival's price lies within 10 % and its sales within a factor of three; a rising one's
sales grew by half within a month."""

KINDS = ("direct", "lost_to", "rising", "leading")


@dataclass(frozen=True, slots=True)
class PeerSet:
    """Who we compare with.

    Attributes:
        shops: one row a shop of the table: shop, tier, same_tier, kind ("direct", "lost_to", "rising", "leading" or
            ""), chosen (one of the few named ones), price_ratio, sales_ratio, growth (NaN when not known).
        reasons: shop -> why it was chosen.
        tier: our tier; "" when not known.
        notes: what could not be told.
    """

    shops: pd.DataFrame
    reasons: Mapping[str, Message]
    tier: str
    notes: tuple[Message, ...]

    @property
    def same_tier(self) -> tuple[str, ...]:
        """Shops of our tier, or all of them when tiers are not known."""
        return tuple(self.shops.loc[self.shops["same_tier"], "shop"])

    @property
    def chosen(self) -> tuple[str, ...]:
        """The few named ones."""
        return tuple(self.shops.loc[self.shops["chosen"], "shop"])


@functools.cache
def schemes() -> Mapping[str, Any]:
    """Ways to cut shops into tiers, see `tiers.toml`."""
    return tomllib.loads((Path(__file__).parent / "tiers.toml").read_text("utf-8"))


def assign_tier(sales: Any, scheme: str = "taobao7") -> np.ndarray:
    """The tier of each shop, 1 the smallest, by its place among all of them.

    Args:
        sales: of 30 days, one a shop, money.
        scheme: "taobao7" or "quantile5".

    Returns:
        Tiers, shape (shops,); NaN where sales are not known; a shop without sales is of tier 1.

    Raises:
        SpecError: no such scheme.
        DataError: too few shops to cut so fine.
    """
    if scheme not in schemes():
        raise unknown_name(Message("The scheme"), scheme, schemes())
    values = np.asarray(sales, dtype=np.float64)
    known = np.isfinite(values)
    fewest = int(schemes()[scheme]["fewest"])
    if known.sum() < fewest:
        raise DataError(
            Message("{n} shops are too few for these tiers; {fewest} are needed.", n=int(known.sum()), fewest=fewest),
            Message("Use the tiers that the platform shows."),
        )
    ordered = np.sort(values[known])
    share = np.searchsorted(ordered, values, side="left") / len(ordered)
    tier = np.searchsorted(np.array(schemes()[scheme]["cuts"]), share, side="right") + 1.0
    return np.where(known, np.where(values > 0, tier, 1.0), np.nan)


def peers(
    own: Mapping[str, float],
    shops: pd.DataFrame,
    *,
    tier: str = "",
    before: pd.DataFrame | None = None,
    price_tolerance: float = PRICE_TOLERANCE,
    sales_ratio: float = SALES_RATIO,
    most: int | None = None,
) -> PeerSet:
    """Choose peers: all shops of our tier for the percentiles, three to five by name for a closer look.

    Args:
        own: our `sales` of the span and `price` of a unit; both may be missing.
        shops: one row a shop: `shop`; optional `tier`, `pay_amount` (or visitors, conversion_rate and order_value, of
            which sales are the product), `price`, `lost_buyers` (how many of our leavers bought there).
        tier: ours; when "" that of the shops whose sales are nearest to ours.
        before: the same table of the span before, for growth.
        price_tolerance: a direct rival's price lies within this share of ours.
        sales_ratio: and its sales within this factor.
        most: shops chosen by name; the handbook's 5 when None.

    Raises:
        SpecError: a rule is not positive, or `tier` is none of the table.
    """
    import pandas as pd

    if not price_tolerance > 0 or not sales_ratio > 1:
        raise SpecError(Message("The tolerance is above 0 and the ratio above 1."), Message("Use 0.1 and 3."))
    count = int(parameter("competitor.peers_high")) if most is None else most
    sales, price = sales_of(shops), _numbers(shops, "price")
    tiers = shops["tier"].fillna("").astype(str) if "tier" in shops else pd.Series("", index=shops.index)
    ours = tier or _nearest_tier(own.get("sales", math.nan), sales, tiers)
    if tier and tier not in set(tiers):
        raise unknown_name(Message("The tier"), tier, sorted(set(tiers) - {""}))
    with np.errstate(invalid="ignore", divide="ignore"):
        table = pd.DataFrame(
            {
                "shop": shops["shop"].astype(str).to_numpy(),
                "tier": tiers.to_numpy(),
                "same_tier": (tiers == ours).to_numpy() if ours else np.ones(len(shops), dtype=bool),
                "price_ratio": price / own.get("price", math.nan),
                "sales_ratio": sales / own.get("sales", math.nan),
                "growth": _growth(shops, sales, before),
                "lost": _numbers(shops, "lost_buyers"),
                "sales": sales,
            }
        )
    table["kind"] = _kinds(table, price_tolerance, sales_ratio)
    table, reasons = _choose(table, count)
    notes = []
    if not ours:
        notes.append(Message("No tier is known, so every shop counts as a peer."))
    if not table["price_ratio"].notna().any():
        notes.append(Message("Prices of peers are not known, so nobody is chosen by price."))
    return PeerSet(table.drop(columns=["lost", "sales"]), reasons, ours, tuple(notes))


def sales_of(shops: pd.DataFrame) -> np.ndarray:
    """Sales of each shop: as given, else visitors x conversion x order value; NaN when neither is known."""
    given = _numbers(shops, "pay_amount")
    product = _numbers(shops, "visitors") * _numbers(shops, "conversion_rate") * _numbers(shops, "order_value")
    return np.where(np.isfinite(given), given, product)


def _numbers(frame: pd.DataFrame, name: str) -> np.ndarray:
    if name not in frame:
        return np.full(len(frame), np.nan)
    return np.asarray(frame[name].to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)


def _nearest_tier(sales: float, of_shops: np.ndarray, tiers: pd.Series[Any]) -> str:
    """The tier whose median sales are nearest to ours, by ratio."""
    if not sales > 0:
        return ""
    import pandas as pd

    known = pd.DataFrame({"tier": tiers.to_numpy(), "sales": of_shops})
    known = known[(known["tier"] != "") & (known["sales"] > 0)]
    if known.empty:
        return ""
    away = np.abs(np.log(known.groupby("tier")["sales"].median() / sales))
    return str(away.idxmin())


def _growth(shops: pd.DataFrame, sales: np.ndarray, before: pd.DataFrame | None) -> np.ndarray:
    if before is None or before.empty:
        return np.full(len(shops), np.nan)
    earlier = dict(zip(before["shop"].astype(str), sales_of(before), strict=True))
    then = np.array([earlier.get(name, np.nan) for name in shops["shop"].astype(str)], dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(then > 0, sales / then - 1, np.nan)


def _kinds(table: pd.DataFrame, tolerance: float, ratio: float) -> np.ndarray:
    near = (table["price_ratio"] - 1).abs() <= tolerance + 1e-9
    alike = table["sales_ratio"].between(1 / ratio, ratio)
    direct = (near & alike) | (table["price_ratio"].isna() & alike & table["same_tier"])
    leading = table["sales"] >= table["sales"].nlargest(3).min() if table["sales"].notna().any() else near & False
    return np.select(
        [table["lost"] > 0, direct, table["growth"] >= RISING, leading], ["lost_to", "direct", "rising", "leading"], ""
    )


def _choose(table: pd.DataFrame, most: int) -> tuple[pd.DataFrame, dict[str, Message]]:
    """Those who take our buyers first, then the nearest in sales, then who grows and who leads."""
    rank = {kind: place for place, kind in enumerate(("lost_to", "direct", "rising", "leading"))}
    away = np.abs(np.log(table["sales_ratio"].where(table["sales_ratio"] > 0))).fillna(99.0)
    order = table.assign(rank=table["kind"].map(rank), away=away, wanted=-table["lost"].fillna(0.0))
    order = order[order["rank"].notna()].sort_values(["rank", "wanted", "away", "shop"], kind="stable").head(most)
    reasons = {str(row.shop): _reason(row) for row in order.itertuples()}
    return table.assign(chosen=table["shop"].isin(list(reasons))), reasons


def _reason(row: Any) -> Message:
    if row.kind == "lost_to":
        return Message("{n} of the buyers we lost bought there.", n=Count(row.lost))
    if row.kind == "rising":
        return Message("Grew by {growth} within a span.", growth=Percent(row.growth))
    if row.kind == "leading":
        return Message("One of the three largest in the table.")
    if math.isfinite(row.price_ratio):
        return Message(
            "Price within 10 % of ours and {ratio} times our sales.", ratio=Number(float(row.sales_ratio), 1)
        )
    return Message("Same tier and {ratio} times our sales.", ratio=Number(float(row.sales_ratio), 1))
