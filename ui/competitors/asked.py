"""What the page of rivals is asked, and its answer: which platform, which tier, up to which day."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import streamlit as st

from ecops.competitors import view
from ecops.competitors.market.view import Market, market
from ecops.competitors.matching import answers
from ecops.competitors.reviews.view import opinions
from ecops.competitors.telling import asking
from ecops.competitors.telling.findings import verdict
from ecops.competitors.telling.ideas import Idea
from ecops.competitors.telling.profiles import Profile
from ecops.competitors.telling.profiles import profiles as told
from ecops.competitors.view import Prices, Standing
from ecops.finding import Finding
from ecops.messages import Count, Message
from ui.parts import empty, kept
from ui.parts.text import _, plain, say
from ui.state import address, scope, workspaces

NEEDED = ("peer_kpis", "listings", "price_history", "rival_indices", "search_terms", "reviews")

EXAMPLE = (
    {
        "周期": "2026-10-01",
        "店铺": "同行甲",
        "层级": "第四层级",
        "访客数": "52000",
        "支付转化率": "2.4%",
        "客单价": "128",
    },
    {
        "周期": "2026-10-01",
        "店铺": "同行乙",
        "层级": "第四层级",
        "访客数": "44500",
        "支付转化率": "2.3%",
        "客单价": "141",
    },
)
"""Two rows of a table of peers, as people fill it in."""


@dataclass(frozen=True)
class Asked:
    """One question and its answer.

    Attributes:
        until: nothing later is looked at; None for everything there is.
        tier: peers of this tier alone, "" for all of the table.
        standing: our figures beside those of peers; None without a table of peers.
        prices: our prices beside those of rivals; None without listings and history.
        market: everything around.
        currency: of the shop.
        answered: position of the newest answer about pairs.
    """

    until: dt.date | None
    tier: str
    standing: Standing | None
    prices: Prices | None
    market: Market
    currency: str
    answered: int

    @property
    def verdict(self) -> Message:
        """The sentence above the page."""
        told: Message = kept.of(verdict, self.standing)()
        return told

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is worth an action."""
        return tuple(workspaces.answer(findings, self.until, self.tier, self.answered))


def prices(data: object, until: dt.date | None, _answered: int) -> Prices | None:
    """Our prices beside those of rivals, for `workspaces.answer`; who confirms a pair asks anew."""
    return view.prices(data, until)


def findings(data: object, until: dt.date | None, tier: str, _answered: int) -> tuple[Finding, ...]:
    """What is worth an action up to a day, for `workspaces.answer`."""
    return tuple(asking.told(data, None, until, tier))


def ideas(data: object, until: dt.date | None, tier: str, _answered: int) -> tuple[Idea, ...]:
    """Prices and titles worth a test, for `workspaces.answer`."""
    return asking.to_try(data, until, tier)


def profiles(data: object, until: dt.date | None, tier: str, _answered: int) -> tuple[Profile, ...]:
    """The leading shops, for `workspaces.answer`."""
    return told(view.standing(data, until, tier), view.prices(data, until), market(data, until), opinions(data, until))


def has_any(data: object) -> bool:
    """Whether any table about rivals has rows, for `workspaces.answer`."""
    return any(data.has(table) for table in NEEDED)  # type: ignore[attr-defined]


def currency(data: object) -> str:
    """The currency of the shop, for `workspaces.answer`."""
    return str(data.currency)  # type: ignore[attr-defined]


def ask() -> Asked | None:
    """The answer for the reader's choices; teach and return None when there is nothing about rivals."""
    if not workspaces.answer(has_any):
        empty.show(Message("Nothing about peers or rivals has been loaded yet."), NEEDED, EXAMPLE)
        return None
    chosen = scope.current()
    until = chosen.period.end if chosen is not None and st.session_state.get("span") == "custom" else None
    tiers = ["", *workspaces.answer(view.tiers)]
    address.adopt_one("ctier", tiers, "")
    tier = str(st.session_state["ctier"])
    answered = answers.newest(workspaces.current().state)
    return Asked(
        until,
        tier,
        workspaces.answer(view.standing, until, tier),
        workspaces.answer(prices, until, answered),
        workspaces.answer(market, until),
        workspaces.answer(currency),
        answered,
    )


def line(asked: Asked) -> None:
    """The small line under the title: which span, how many peers, how many listings."""
    parts = []
    if asked.standing is not None:
        parts += [
            _("peers of {span}", span=asked.standing.spans.newest.range),
            _("{n} peers", n=len(asked.standing.gaps.peers)),
        ]
    shelf = asked.market.shelf
    if shelf is not None:
        parts.append(_("{n} listings", n=Count(len(shelf.rows))))
    if workspaces.is_sample():
        parts.append(_("sample shop"))
    st.caption(" · ".join(parts))
    chosen = scope.current()
    if chosen is not None and chosen.where:
        st.caption(_("Peers and rivals are compared by their own platform, so the filters above do not apply here."))


def tier_choice(asked: Asked) -> None:
    """Which peers: all of the table, or one tier."""
    tiers = ["", *workspaces.answer(view.tiers)]
    if len(tiers) < 2:
        return
    st.segmented_control(
        _("Peer shops"),
        tiers,
        format_func=lambda name: plain(name) if name else _("All peers"),
        key="ctier",
        required=True,
        label_visibility="collapsed",
    )
    address.publish("ctier", [asked.tier] if asked.tier else [])


def notes(asked: Asked) -> None:
    """What must be known of the figures."""
    if asked.standing is not None:
        for note in asked.standing.notes:
            st.caption(say(note))
