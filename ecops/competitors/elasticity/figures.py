"""The picture of a what-if: gross profit a week over the price, with what is not allowed in grey."""

from __future__ import annotations

import numpy as np

from ecops.charts import Figure, Look, pale, title
from ecops.competitors.elasticity.reprice import Scenario
from ecops.messages import Message, write


def scenario(found: Scenario, look: Look | None = None) -> Figure:
    """Gain in gross profit a week against today's price, with the 95 % interval of the elasticity."""
    look = look or Look()
    ink = look.ink
    table = found.table
    price = table["price"].to_numpy(np.float64)
    figure = look.figure()
    figure.add_scatter(
        x=np.concatenate([price, price[::-1]]),
        y=np.concatenate([table["high"].to_numpy(np.float64), table["low"].to_numpy(np.float64)[::-1]]),
        fill="toself", fillcolor=pale(ink.benchmark, 0.25), line={"width": 0}, hoverinfo="skip",
        name=write(Message("95% interval"), look.language),
    )  # fmt: skip
    gain = table["gain"].to_numpy(np.float64)
    for allowed, colour in ((False, ink.muted), (True, ink.text)):
        rows = (table["allowed"] == allowed).to_numpy()
        name = Message("allowed price") if allowed else Message("outside the guard rails")
        figure.add_scatter(
            x=price[rows], y=gain[rows], mode="markers", marker={"color": colour, "size": 7 if allowed else 5},
            name=write(name, look.language), hovertemplate="%{x:.2f}: %{y:,.0f}<extra></extra>",
        )  # fmt: skip
    figure.add_hline(y=0, line={"color": ink.benchmark, "width": 1})
    figure.add_vline(x=found.price, line={"color": ink.benchmark, "dash": "dash", "width": 1})
    title(
        figure,
        found.verdict,
        Message("Gross profit a week more or less than at today's price (dashed), by price."),
        look.language,
    )
    figure.update_layout(height=340, legend={"orientation": "h", "y": -0.2})
    return figure
