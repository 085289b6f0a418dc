"""Members and others, channels and their cost, what customers say of themselves: as far as their tables are there."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from ecops.customers import answers
from ecops.customers.retention.members import Compared
from ecops.customers.retention.reviewed import SURE
from ecops.errors import DataError
from ecops.messages import Count, Message, Money, Number, Percent, Points
from ui.customers import programme
from ui.customers.choices import Looked, segment_labels
from ui.parts import cites, empty, errors, kept, tables
from ui.parts.tables import Shape
from ui.parts.text import _, paragraphs, plain, say


def members(looked: Looked) -> None:
    """Members and the community against others of the same history, and how much is known of customers."""
    listed, surveyed, given = looked.answer(answers.lists)
    if not listed:
        st.caption(
            _(
                "With a customer list (member level, community, points, sign-up day) this place compares members with "
                "others who bought alike, and draws the persona of a segment."
            )
        )
        empty.reports(("customers",))
    else:
        _gaps(looked)
        _known(looked)
    if listed or looked.answer(answers.reviewed):
        _persona(looked, listed)
    if surveyed:
        _said(looked)
    if looked.answer(answers.reviewed):
        _reasons(looked)
    if given:
        _coupons(looked)


def _gaps(looked: Looked) -> None:
    """Members and the community against others, and beside it what the handbooks quote of other shops."""
    pairs = [(by, looked.answer(answers.compared, looked.asked.until, by)) for by in ("level", "community")]
    shown = [(by, found) for by, found in pairs if found is not None]
    for by, found in shown:
        _gap(found, by)
    if not shown:
        return
    st.caption(say(shown[0][1].warning))
    quoted = looked.answer(answers.quoted)
    st.caption(
        _(
            "The handbooks quote for orientation: points and birthday gifts keep {points} more members, a customer "
            "system raises the lifetime value by {crm}. Other shops' figures, of how many customers nobody says; put "
            "what you have seen in their place.",
            points=Percent(quoted["points_retention"]),
            crm=Percent(quoted["crm_value"]),
        )
    )
    cites.show(answers.QUOTED[:2])


def _gap(found: Compared, by: str) -> None:
    named = {
        "members": Percent(found.members.value),
        "others": Percent(found.others.value),
        "days": found.days,
        "raw": Points(found.raw),
        "matched": Points(found.matched),
        "low": Points(found.low),
        "high": Points(found.high),
    }
    if by == "level":
        text = _(
            "{members} of the members ordered in the last {days} days, {others} of the others: {raw}. Among those who "
            "bought alike before it is {matched} ({low} to {high}).",
            **named,
        )
    else:
        text = _(
            "{members} of the community ordered in the last {days} days, {others} of the others: {raw}. Among those "
            "who bought alike before it is {matched} ({low} to {high}).",
            **named,
        )
    st.markdown(text)


def _known(looked: Looked) -> None:
    table = looked.answer(answers.known, looked.asked.until)
    owed = looked.answer(answers.owed)
    filled = _("{share} of the profile is filled (15 dimensions).", share=Percent(float(table["filled"].mean())))
    if math.isfinite(owed.outstanding):
        owing = _(
            "{points} points are not used yet; all of them would cost {cost} at a hundredth each.",
            points=Count(owed.outstanding),
            cost=Money(owed.cost, looked.currency),
        )
    else:
        owing = _("The customer list has no points.")
    told = [f"{filled} {owing}"]
    brought = looked.answer(answers.brought)
    if brought is not None:
        told.append(
            _(
                "Each customer brings {factor} new ones: {each} invitations, {rate} of the invited bought.",
                factor=Number(brought.factor, 2),
                each=Number(brought.each, 2),
                rate=Percent(brought.conversion),
            )
        )
    st.markdown(paragraphs(*told))


def _persona(looked: Looked, listed: bool) -> None:
    names = segment_labels(looked)
    key = st.selectbox(_("Persona of"), list(names), format_func=names.__getitem__, key="persona_of", width=240)
    with errors.explained():
        card = looked.answer(answers.person, looked.asked, str(key))
        st.markdown(
            _(
                "{n} customers: last order {days} days ago, {orders} orders, {money} (the middle of each).",
                n=Count(card.customers),
                days=Count(card.days_since_last),
                orders=Count(card.frequency),
                money=Money(card.money, looked.currency),
            )
        )
        if card.traits.empty:
            if listed:
                st.caption(_("Too few of them are on the list to say more."))
        else:
            shapes = {
                "trait": Shape(_("Trait")),
                "value": Shape(_("Most frequent")),
                "share": Shape(_("Share"), "percent"),
                "known": Shape(_("Known of"), "count"),
            }
            tables.show(kept.of(_trait_rows, card.traits), key="persona", shapes=shapes)
        if looked.answer(answers.reviewed):
            _reviewed(looked, str(key))


def _trait_rows(traits: pd.DataFrame) -> pd.DataFrame:
    labels = {name: plain(tables.labels([name]).get(name, name)) for name in traits["trait"]}
    return traits.assign(trait=traits["trait"].map(labels))


def _reviewed(looked: Looked, key: str) -> None:
    """What reviews say about the products that a segment buys."""
    table = looked.answer(answers.said_of, looked.asked, key)
    if table.empty:
        st.caption(_("None of the products they bought has a review."))
        return
    shapes = {
        "title": Shape(_("Product with reviews")),
        "buyers": Shape(_("Of them bought it"), "count"),
        "share": Shape(_("Share"), "percent"),
        "reviews": Shape(_("Reviews"), "count"),
        "bad": Shape(_("Bad reviews"), "percent"),
        "complaint": Shape(_("Newest bad review")),
        "praise": Shape(_("Newest good review")),
    }
    tables.show(tables.only(table, shapes), key="persona_reviews", shapes=shapes)


def _reasons(looked: Looked) -> None:
    """Products whose buyers stayed away more often than others, and what is complained of."""
    table = looked.answer(answers.reasons, looked.asked.until)
    if table.empty:
        return
    first = kept.of(_worst, table)()
    if first is None:
        st.markdown(_("No reviewed product's buyers stayed away more often than others, beyond chance."))
    else:
        st.markdown(
            _(
                "Of {n} who bought {product}, {gone} stayed away in the last 90 days, against {others} of the others; "
                "{bad} of its {reviews} reviews are bad.",
                n=Count(first["buyers"]),
                product=str(first["title"]),
                gone=Percent(first["gone"]),
                others=Percent(first["others"]),
                bad=Percent(first["bad"]),
                reviews=Count(first["reviews"]),
            )
        )
    shapes = {
        "title": Shape(_("Product with reviews")),
        "buyers": Shape(_("Customers"), "count"),
        "gone": Shape(_("Stayed away"), "percent"),
        "others": Shape(_("Stayed away, of the others"), "percent"),
        "difference": Shape(_("Difference in points (95% interval)"), "figure"),
        "reviews": Shape(_("Reviews"), "count"),
        "bad": Shape(_("Bad reviews"), "percent"),
        "complaint": Shape(_("Newest bad review")),
    }
    tables.show(kept.of(_reason_rows, table, tuple(shapes)), key="churn_reasons", shapes=shapes)
    st.caption(
        _(
            "A review names a product, not a buyer: this says what those who stayed away had bought and what buyers "
            "complain of there, not why each of them left."
        )
    )


def _reason_rows(table: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    return programme.with_interval(table)[list(columns)]


def _worst(table: pd.DataFrame) -> pd.Series | None:
    """The first product whose buyers surely stayed away more often; None where there is none."""
    worst = table[(table["q_value"] < SURE) & (table["difference"] > 0)]
    return None if worst.empty else worst.iloc[0]


def _said(looked: Looked) -> None:
    found = looked.answer(answers.asked_people)
    if found.n:
        st.markdown(
            _(
                "Net promoter score {nps} ({low} to {high}, {n} answers).",
                nps=Number(found.nps * 100, 0),
                low=Number(found.low * 100, 0),
                high=Number(found.high * 100, 0),
                n=Count(found.n),
            )
        )
    if not found.answers.empty:
        shapes = {
            "question": Shape(_("Question")),
            "answer": Shape(_("Answer")),
            "people": Shape(_("People"), "count"),
            "share": Shape(_("Share"), "percent"),
            "low": Shape(_("at least (95%)"), "percent"),
            "high": Shape(_("at most (95%)"), "percent"),
        }
        tables.show(found.answers.head(200), key="survey", shapes=shapes)


def _coupons(looked: Looked) -> None:
    shapes = {
        "campaign": Shape(_("Campaign")),
        "kind": Shape(_("Kind")),
        "issued": Shape(_("Given out"), "count"),
        "scanned": Shape(_("Scanned"), "count"),
        "redeemed": Shape(_("Used"), "count"),
        "scan_rate": Shape(_("Scan rate"), "percent"),
        "redeem_rate": Shape(_("Rate of use"), "percent"),
        "low": Shape(_("at least (95%)"), "percent"),
        "high": Shape(_("at most (95%)"), "percent"),
    }
    tables.show(looked.answer(answers.given_out), key="coupons", shapes=shapes)
    programme.after_cards(looked)


def _channel_rows(table: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    named = table.assign(channel=[name or say(Message("not given")) for name in table["channel"]])
    return named[list(columns)]


def channels(looked: Looked) -> None:
    """What customers won through each channel brought and cost."""
    months = int(st.slider(_("Months after the first order"), 1, 12, 6, key="ltv_months", width=280))
    try:
        table: pd.DataFrame = looked.answer(answers.by_channel, looked.asked.until, months)
    except DataError as error:
        st.caption(f"{say(error.what)} {say(error.hint) if error.hint is not None else ''}")
        return
    shapes = {
        "channel": Shape(_("Channel of the first order")),
        "customers": Shape(_("Customers"), "count"),
        "ltv": Shape(_("Net sales each"), "money"),
        "low": Shape(_("at least (95%)"), "money"),
        "high": Shape(_("at most (95%)"), "money"),
    }
    spent = bool(table["spent"].notna().any())
    if spent:
        shapes |= {
            "spent": Shape(_("Spent on the channel"), "money"),
            "cac": Shape(_("Cost of a customer"), "money"),
            "ratio": Shape(_("LTV / CAC"), "number"),
            "payback": Shape(_("Month it is earned back"), "count"),
        }
    tables.show(kept.of(_channel_rows, table, tuple(shapes)), key="ltv_cac", shapes=shapes, currency=looked.currency)
    if spent:
        st.caption(_("Only customers who have lived through the whole span; earned back at a gross margin of 35%."))
        st.caption(
            _(
                "The handbooks quote that a shop's own community won customers for {share} less; a figure of other "
                "shops, of how many customers nobody says.",
                share=Percent(looked.answer(answers.quoted)["community_cost"]),
            )
        )
        cites.show(answers.QUOTED[2:])
    else:
        st.caption(
            _(
                "Only customers who have lived through the whole span. No advertising bears the name of one of these "
                "channels, so what a customer cost is not known by channel."
            )
        )
