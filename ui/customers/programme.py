"""The goal of repeat purchases, what customers are drawn to, member days, and what cards did."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from ecops.customers import answers
from ecops.customers.programme import rhythm
from ecops.customers.retention.repeat import Share
from ecops.messages import Count, Message, Number, Percent
from ecops.periods import ONE_DAY
from ui.customers.choices import Looked
from ui.parts import kept, tables
from ui.parts.tables import Shape
from ui.parts.text import _, paragraphs, plain, say, small


def goal(looked: Looked) -> None:
    """Repeat purchases of twelve months against the goal, with the community beside the others."""
    found = looked.answer(answers.goal, looked.asked.until)
    if not found.rate.n:
        return
    words = {"rate": _share(found.rate), "goal": Percent(found.goal), "n": Count(found.missing)}
    verdict = {
        "reached": _("{rate} of the customers of the last 12 months ordered twice or more: the goal of {goal} is "
                     "reached.", **words),
        "missed": _("{rate} of the customers of the last 12 months ordered twice or more; the goal is {goal}; a "
                    "second order of {n} more customers would reach it.", **words),
        "open": _("{rate} of the customers of the last 12 months ordered twice or more; whether the goal of {goal} is "
                  "reached is not certain yet.", **words),
    }[found.verdict]  # fmt: skip
    told = [verdict]
    if found.community is not None and found.others is not None and found.community.n and found.others.n:
        told.append(
            _(
                "In the community {community}, others {others}; who joins likes the shop more to begin with.",
                community=_share(found.community),
                others=_share(found.others),
            )
        )
    quoted = _(
        "The handbooks quote for orientation: {community} in a community, {ordinary} otherwise, {crm} with a "
        "customer system. They are other shops' figures.",
        **{name: Percent(value) for name, value in found.references.items()},
    )
    told.append(small(quoted))
    if found.days < 365:
        covered = _("The data cover {days} days of the twelve months, so the rate will still rise.", days=found.days)
        told.append(small(covered))
    st.markdown(paragraphs(*told))


def _share(found: Share) -> Message:
    return Message(
        "{rate} ({low} to {high})", rate=Percent(found.value), low=Percent(found.low), high=Percent(found.high)
    )


def interests(looked: Looked) -> None:
    """What customers are drawn to, who only looked, and where they live."""
    rows = looked.answer(answers.drawn, looked.asked.until)
    if not len(rows):
        st.caption(_("Interests need products with a category, in orders or in a log of visits."))
        return
    shapes = {"category": Shape(_("Drawn most to")), "people": Shape(_("People"), "count")}
    looks = bool(rows["waiting"].sum())
    if looks:
        shapes |= {
            "bought": Shape(_("Bought of it"), "percent"),
            "waiting": Shape(_("Looked only"), "count", _("An audience: drawn to it and never bought of it.")),
        }
    if rows["region"].astype(bool).any():
        shapes |= {"region": Shape(_("Stands out in"))}
    tables.show(kept.of(_interest_rows, rows, tuple(shapes)), "interests", shapes)
    told = [] if looks else [_("Everybody here bought of it: nobody is known who only looked.")]
    weighed = _(
        "Looks weigh 1, favourites 3, carts 4, purchases 5, over half a year; a region is named when it is beyond "
        "chance."
    )
    st.caption(paragraphs(*told, weighed))


def _interest_rows(rows: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    shown = rows.head(20)
    regions = [
        plain(Message("{region}, {lift} times the usual", region=row.region, lift=Number(row.lift, 2)))
        if row.region
        else "—"
        for row in shown.itertuples()
    ]
    return shown.assign(region=regions)[list(columns)]


def _day_rows(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "day": [plain(label) for label in rows["label"]],
            "held": rows["held"],
            "orders": rows["orders"],
            "usual": rows["usual"],
            "ratio": tables.intervals(rows, ("ratio", "low", "high"), tables.twice),
        }
    )


def days(looked: Looked) -> None:
    """Member and community days: what they brought before, and which ones come."""
    rows = looked.answer(answers.member_days, looked.asked.until)
    tables.show(
        kept.of(_day_rows, rows),
        "member_days",
        {
            "day": Shape(_("Kind of day")),
            "held": Shape(_("Times"), "count"),
            "orders": Shape(_("Orders a day"), "number"),
            "usual": Shape(_("Usual"), "number"),
            "ratio": Shape(_("Over the usual (95% interval)"), "figure"),
        },
    )
    coming = kept.of(rhythm.ahead, looked.asked.until + ONE_DAY)()
    st.caption(
        _(
            "The days are the handbooks' and stand for yours: {n} of them come within four weeks. Load this file on "
            "the data page, changed to your own days, and the charts of every page mark them.",
            n=len(coming),
        )
    )
    tables.downloads({_("Member days"): coming}, "ecops_member_days", "member_days_file")


def with_interval(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with their difference written in points, its interval beside it; the unit stands in the header."""
    written = tables.intervals(rows, ("difference", "low", "high"), _in_points)
    return rows.assign(difference=written)


def _in_points(share: float) -> str:
    return f"{share * 100:+.1f}"


def after_cards(looked: Looked) -> None:
    """Whether whoever used a card ordered again more often."""
    rows = looked.answer(answers.after_cards, looked.asked.until)
    if not len(rows):
        return
    columns = ["campaign", "used_people", "used_rate", "other_people", "other_rate", "difference"]
    tables.show(
        with_interval(rows)[columns],
        "card_effects",
        {
            "campaign": Shape(_("Campaign")),
            "used_people": Shape(_("Used it"), "count"),
            "used_rate": Shape(_("Ordered again in 30 days"), "percent"),
            "other_people": Shape(_("Only got it"), "count"),
            "other_rate": Shape(_("Of these ordered again"), "percent"),
            "difference": Shape(_("Difference in points (95% interval)"), "figure"),
        },
    )
    st.caption(say(Message("Nobody was drawn by lot, so this is the most that the cards can have done.")))
