"""Points, invitations, coupons, package cards and questionnaires: the figures of a member programme."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ecops.customers.retention.members import customer_list
from ecops.errors import DataError
from ecops.messages import Message
from ecops.statistics.intervals import critical_value, wilson

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class PointsOwed:
    """Points that are not used yet.

    Attributes:
        outstanding, used: points; NaN where the list does not tell.
        redeemed_share: used of all ever given; NaN when none, or not told.
        cost: what the outstanding points would cost if all were used; expected: if as large a share is used as so far.
    """

    outstanding: float
    used: float
    redeemed_share: float
    cost: float
    expected: float


def points(data: Any, point_value: float = 0.01) -> PointsOwed:
    """Points outstanding and what they would cost.

    Args:
        data: with the customer list.
        point_value: money of a point.

    Raises:
        DataError: no customer list.
    """
    rows = customer_list(data)
    # A list without such a column does not say that nobody has, or ever used, a point.
    left, used = (
        float(np.nansum(rows[name].to_numpy())) if rows[name].null_count < rows.num_rows else math.nan
        for name in ("points", "points_used")
    )
    redeemed = used / (used + left) if used + left > 0 else math.nan
    return PointsOwed(left, used, redeemed, left * point_value, left * point_value * redeemed)


@dataclass(frozen=True, slots=True)
class Referral:
    """How far customers bring customers.

    Attributes:
        invitations, joined: people invited, and those of them who bought.
        each: invitations a customer of the list. conversion: share of the invited who bought, with low and high (95 %).
        factor: each times conversion: new customers that a customer brings. Above 1 the shop grows by itself.
    """

    invitations: float
    joined: float
    each: float
    conversion: float
    low: float
    high: float
    factor: float


def referral(data: Any) -> Referral:
    """The referral factor: invitations times conversion.

    Raises:
        DataError: no customer list, or nobody invited anybody.
    """
    rows = customer_list(data)
    invited, joined = (float(np.nansum(rows[name].to_numpy())) for name in ("invited", "joined"))
    if not invited:
        raise DataError(Message("The customer list has no invitations."), Message("Load a list with invitations."))
    ends = wilson(min(joined, invited), invited)
    each = invited / rows.num_rows
    return Referral(invited, joined, each, joined / invited, float(ends.low), float(ends.high), joined / rows.num_rows)


def coupons(data: Any) -> pd.DataFrame:
    """Coupons and package cards by campaign.

    Returns:
        One row a campaign, the largest first: campaign, kind, issued, scanned, redeemed, scan_rate (NaN where no scans
        were noted), redeem_rate with low and high (95 %, Wilson).

    Raises:
        DataError: there are none.
    """
    from ecops.engine import load_sql
    from ecops.metrics.daily import opened

    ready = opened(data)
    if not ready.has("coupon_redemptions"):
        raise DataError(Message("There are no coupons or package cards."), Message("Load a list of them first."))
    rows: pd.DataFrame = ready.query(load_sql("ecops.customers.queries", "coupon_rates")).to_pandas()
    ends = wilson(rows["redeemed"], rows["issued"])
    # Used and never scanned: a coupon without a code, or a list without that column.
    unscanned = (rows["scanned"] == 0) & (rows["redeemed"] > 0)
    return rows.assign(
        scan_rate=(rows["scanned"] / rows["issued"]).mask(unscanned),
        redeem_rate=rows["redeemed"] / rows["issued"],
        low=ends.low,
        high=ends.high,
    )


CARD_DAYS = 30


def card_effects(data: Any, end: dt.date, days: int = CARD_DAYS) -> pd.DataFrame:
    """Whether whoever used a coupon or package card ordered again more often than who only got it.

    Nobody was drawn by lot: who scans a card likes the shop more to begin with, so the difference is an upper end of
    what cards do, not their effect.

    Args:
        data: anything `ecops.metrics.daily.opened` takes.
        end: last day of the data; people whose days are not over are left out.
        days: within how many an order counts.

    Returns:
        campaign, used_people, used_rate, other_people, other_rate (ordered again, of those who used it and of the
        others), difference with low and high (95 %, Newcombe); campaigns that have both kinds of people.
    """
    from ecops.engine import load_sql
    from ecops.metrics.daily import opened
    from ecops.statistics.intervals import newcombe

    rows = opened(data).query(load_sql("ecops.customers.queries", "card_effects"), {"end": end, "days": days})
    table = rows.to_pandas().pivot_table(index="campaign", columns="used", values=["people", "again"])
    table = table.reindex(columns=[(name, used) for name in ("people", "again") for used in (0, 1)]).dropna()
    others, users = ((table["again", used], table["people", used]) for used in (0, 1))
    ends = newcombe(others, users)
    found = table.index.to_frame(index=False).assign(
        used_people=users[1].to_numpy(),
        used_rate=(users[0] / users[1]).to_numpy(),
        other_people=others[1].to_numpy(),
        other_rate=(others[0] / others[1]).to_numpy(),
        low=ends.low,
        high=ends.high,
    )
    return found.assign(difference=found["used_rate"] - found["other_rate"]).reset_index(drop=True)


@dataclass(frozen=True, eq=False)
class Survey:
    """What people answered.

    Attributes:
        nps: promoters less detractors, in shares, with low and high (95 %); NaN when nobody was asked. n: who answered.
        answers: one row a question and answer: question, answer, people, share with low and high (95 %, Wilson).
    """

    nps: float
    low: float
    high: float
    n: int
    answers: pd.DataFrame


def survey(data: Any) -> Survey:
    """Answers question by question, reasons of churn among them, and the net promoter score.

    Raises:
        DataError: there is no survey.
    """
    from ecops.engine import load_sql
    from ecops.metrics.daily import opened

    ready = opened(data)
    if not ready.has("surveys"):
        raise DataError(Message("There is no questionnaire."), Message("Load its answers first."))
    rows: pd.DataFrame = ready.query(load_sql("ecops.customers.queries", "survey_answers")).to_pandas()
    asked = rows["question"].str.casefold() == "nps"
    found = rows[asked].set_index("answer")["people"]
    n = int(found.sum())
    nps = low = high = math.nan
    if n:
        up, down = (float(found.get(name, 0)) / n for name in ("promoter", "detractor"))
        nps = up - down
        half = float(critical_value()) * math.sqrt(max(up + down - nps**2, 0.0) / n)
        low, high = nps - half, nps + half
    others = rows[~asked]
    total = others.groupby("question")["people"].transform("sum")
    ends = wilson(others["people"], total)
    answers = others.assign(share=others["people"] / total, low=ends.low, high=ends.high)
    return Survey(nps, low, high, n, answers.reset_index(drop=True))
