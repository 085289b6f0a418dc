"""What reviews add to strengths, weaknesses, opportunities and threats: only what is proven, with its numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecops.competitors.reviews.comparing import LEAST_REVIEWS
from ecops.competitors.reviews.opinions import Opinions, compared
from ecops.competitors.telling.strengths import Line, Side
from ecops.messages import Message, Percent

if TYPE_CHECKING:
    import pandas as pd

_MOST = 3


def lines(found: Opinions | None) -> tuple[Line, ...]:
    """Lines for `swot`: complaints and praise that differ from the rivals', and complaints that are new.

    A complaint that rivals' buyers have more of is an opportunity, one that ours have more of a weakness; praise that
    ours give more often is a strength; a new complaint of ours is a threat.
    """
    if found is None:
        return ()
    told: list[Line] = []
    own = int(found.rows["own"].sum())
    if found.rivals and own >= LEAST_REVIEWS:
        complaints, praise = compared(found, "", "complaint"), compared(found, "", "praise")
        told += _lines(complaints, "better", "O")
        told += _lines(complaints, "worse", "W")
        told += _lines(praise, "better", "S")
    for row in found.new[found.new["confirmed"].astype(bool)].head(_MOST).to_dict("records"):
        text = Message(
            "New complaint of our buyers: {topic}, {now} of reviews after {then}.",
            topic=str(row["topic"]),
            now=Percent(float(row["now_share"])),
            then=Percent(float(row["then_share"])),
        )
        told.append(Line("T", text, float(row["now_share"]), f"topic:{row['topic']}"))
    return tuple(told)


def _lines(table: pd.DataFrame, verdict: str, side: Side) -> list[Line]:
    rows = table[table["verdict"] == verdict].head(_MOST)
    return [
        Line(side, _text(side, row), float(row["difference"]), f"topic:{row['topic']}")
        for row in rows.to_dict("records")
    ]


def _text(side: Side, row: dict[str, object]) -> Message:
    fields = {
        "topic": str(row["topic"]),
        "own": Percent(float(row["own_share"])),  # type: ignore[arg-type]
        "rival": Percent(float(row["rival_share"])),  # type: ignore[arg-type]
    }
    if side == "S":
        return Message("Our buyers praise {topic} in {own} of reviews, rivals' in {rival}.", **fields)
    if side == "W":
        return Message("Our buyers complain of {topic} in {own} of reviews, rivals' in {rival}.", **fields)
    return Message("Rivals' buyers complain of {topic} in {rival} of reviews, ours in {own}.", **fields)
