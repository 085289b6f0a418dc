"""The picture of complaints and praise: ours to one side, the rival's to the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ecops.charts import Figure, Look, title
from ecops.messages import Count, Message

if TYPE_CHECKING:
    import pandas as pd

_MOST = 12


def compared(table: pd.DataFrame, look: Look | None = None) -> Figure | None:
    """Difference of the shares of reviews that name each topic, ours less the rival's, with its interval.

    Args:
        table: see `compare_topics`; the proven differences are drawn first.
        look: of the reader.

    Returns:
        None without any topic.
    """
    rows = table.assign(open=table["verdict"] == "open").sort_values("open", kind="stable").head(_MOST)
    if rows.empty:
        return None
    look = look or Look()
    ink = look.ink
    value = rows["difference"].to_numpy(np.float64) * 100
    colours = {"worse": ink.loss, "better": ink.gain, "open": ink.muted}
    figure = look.figure()
    figure.add_bar(
        y=[str(word) for word in rows["topic"]], x=value, orientation="h",
        marker={"color": [colours[str(name)] for name in rows["verdict"]]},
        error_x={"type": "data", "symmetric": False, "array": rows["high"].to_numpy(np.float64) * 100 - value,
                 "arrayminus": value - rows["low"].to_numpy(np.float64) * 100, "thickness": 1.5, "width": 0,
                 "color": ink.muted},
        hovertemplate="%{y}: %{x:+.1f}<extra></extra>",
    )  # fmt: skip
    figure.add_vline(x=0, line={"color": ink.benchmark, "width": 1})
    worse, better = (int((table["verdict"] == name).sum()) for name in ("worse", "better"))
    told = (
        Message("Worse than the rival on {worse} topics, better on {better}.", worse=Count(worse), better=Count(better))
        if worse or better
        else Message("No topic is proven to differ from the rival.")
    )
    title(
        figure,
        told,
        Message("Share of reviews that name the topic, ours less theirs, in points; grey is not proven."),
        look.language,
    )
    figure.update_yaxes(autorange="reversed", type="category")
    figure.update_layout(showlegend=False, height=max(200, 70 + 34 * len(rows)))
    return figure
